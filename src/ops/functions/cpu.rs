//! The functions and sums as the page's CPU has them: values one by one by the crate `libm`, sums as Burn's SIMD adds them
//! up in four lanes.

use burn::{
    backend::{Flex, TensorMetadata, ops::FloatTensorOps, tensor::FloatTensor},
    tensor::Shape,
};

use super::reference::{Function, PageOps, PageSoftmaxOps};
use crate::ops::cpu::tensor::{Dense, tensor};

/// Lanes of a register in the page.
const LANES: usize = 4;
/// Registers that a long sum runs over.
const REGISTERS: usize = 8;

/// The sum of `values` in the order of Burn's SIMD: eight registers in turn, added up in pairs; whole registers of the rest;
/// the halves of the register upon each other; what is left, by itself.
fn sum(values: &[f32]) -> f32 {
    let mut sums = [[0.0f32; LANES]; REGISTERS];
    let mut strides = values.chunks_exact(LANES * REGISTERS);
    for stride in &mut strides {
        for (sum, part) in sums.iter_mut().zip(stride.chunks_exact(LANES)) {
            add(sum, part);
        }
    }
    for half in [1, 2, 4] {
        for at in (0..REGISTERS).step_by(2 * half) {
            let other = sums[at + half];
            add(&mut sums[at], &other);
        }
    }
    let mut sum = sums[0];
    let mut rest = strides.remainder().chunks_exact(LANES);
    for part in &mut rest {
        add(&mut sum, part);
    }
    let across = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    across + rest.remainder().iter().sum::<f32>()
}

fn add(sum: &mut [f32; LANES], part: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(part) {
        *sum += *value;
    }
}

fn sigmoid(x: f32) -> f32 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::expf(-x))
    } else {
        let e = libm::expf(x);
        e / (1.0 + e)
    }
}

fn softmax(from: &[f32], to: &mut [f32]) {
    let max = from
        .iter()
        .fold(f32::NEG_INFINITY, |max, x| if *x > max { *x } else { max });
    let mut sum = 0.0;
    for (to, x) in to.iter_mut().zip(from) {
        *to = libm::expf(*x - max);
        sum += *to;
    }
    let part = 1.0 / sum;
    to.iter_mut().for_each(|value| *value *= part);
}

/// Floats of the last axis; of nothing 1, so that there is a length to cut by.
fn last_of(shape: &Shape) -> usize {
    shape.iter().next_back().map_or(1, |last| (*last).max(1))
}

impl PageOps for Flex {
    fn page_function(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        let of = match function {
            Function::Exp => libm::expf,
            Function::Ln => libm::logf,
            Function::Log1p => libm::log1pf,
            Function::Sigmoid => sigmoid,
        };
        let x = Dense::new(x);
        tensor(x.values().iter().map(|value| of(*value)).collect(), x.shape())
    }

    fn page_sum_last(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Dense::new(x);
        let mut dims: Vec<usize> = x.shape().iter().copied().collect();
        let last = last_of(&x.shape());
        if let Some(dim) = dims.last_mut() {
            *dim = 1;
        }
        tensor(x.values().chunks_exact(last).map(sum).collect(), dims)
    }

    fn page_repeat_last(x: FloatTensor<Self>, count: usize) -> FloatTensor<Self> {
        let mut dims: Vec<usize> = x.shape().iter().copied().collect();
        if let Some(dim) = dims.last_mut() {
            *dim = count;
        }
        Flex::float_expand(x, dims.into())
    }

    fn page_sum(x: FloatTensor<Self>) -> FloatTensor<Self> {
        tensor(vec![sum(Dense::new(x).values())], [1])
    }

    fn page_mean(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Dense::new(x);
        tensor(vec![sum(x.values()) / x.values().len() as f32], [1])
    }
}

impl PageSoftmaxOps for Flex {
    fn page_softmax(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Dense::new(x);
        let last = last_of(&x.shape());
        let mut out = vec![0.0; x.values().len()];
        for (from, to) in x.values().chunks_exact(last).zip(out.chunks_exact_mut(last)) {
            softmax(from, to);
        }
        tensor(out, x.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn a_sum_goes_by_lanes_then_halves_then_what_is_left() {
        // One after the other it would be 1.
        assert_eq!(sum(&[1e8, 1.0, -1e8, 1.0]), 2.0);
        // Lane by lane over two registers of the rest, then a value by itself, which 1e8 swallows.
        assert_eq!(sum(&[1e8, 0.0, 0.0, 0.0, -1e8, 0.0, 0.0, 0.0, 3.0]), 3.0);
        assert_eq!(sum(&[1e8, 0.0, 0.0, 0.0, 3.0]), 1e8);
        // Eight registers in pairs: the first and the second cancel before the third is added.
        let mut values = [0.0; 32];
        (values[0], values[4], values[8]) = (1e8, -1e8, 1.0);
        assert_eq!(sum(&values), 1.0);
        assert_eq!(sum(&[]), 0.0);
    }
}
