//! The ReLU's mask on the CPU: touches every float once, bound by memory.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::ReluMaskOps;
use crate::ops::cpu::{
    parallel::{self, Shared},
    simd::{Lanes, Work, dispatch},
    tensor::{Dense, tensor},
};

/// `out = gy` where the activation `y` is positive, else 0: the gradient through a ReLU, from its output.
pub fn relu_mask(y: &[f32], gy: &[f32], out: &mut [f32]) {
    assert_eq!(y.len(), gy.len(), "relu_mask: gradient length");
    assert_eq!(y.len(), out.len(), "relu_mask: output length");
    struct Mask<'a>(&'a [f32], &'a [f32], &'a mut [f32]);
    impl Work for Mask<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(y, gy, out) = self;
            let whole = y.len() - y.len() % V::N;
            for i in (0..whole).step_by(V::N) {
                // SAFETY: the three slices are equally long and i + N is within them. By hand because LLVM makes
                // a branch of the choice, which is mispredicted every other time.
                unsafe {
                    let gradient = V::load(gy.as_ptr().add(i));
                    gradient
                        .where_positive(V::load(y.as_ptr().add(i)))
                        .store(out.as_mut_ptr().add(i));
                }
            }
            for ((to, y), gy) in out[whole..].iter_mut().zip(&y[whole..]).zip(&gy[whole..]) {
                *to = if *y > 0.0 { *gy } else { 0.0 };
            }
        }
    }
    let to = Shared::new(out);
    parallel::for_ranges(y.len(), 16, 3, |range| {
        // SAFETY: ranges do not overlap.
        let out = unsafe { to.part(range.clone()) };
        dispatch(Mask(&y[range.clone()], &gy[range], out));
    });
}

impl ReluMaskOps for Flex {
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (y, gy) = (Dense::new(y), Dense::new(gy));
        let mut out = vec![0.0; y.values().len()];
        relu_mask(y.values(), gy.values(), &mut out);
        tensor(out, y.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{
        cpu::tests::{Random, dirty, on_all_lanes},
        relu_mask::reference::relu_mask_plain,
    };

    #[test]
    fn relu_mask_equals_the_reference() {
        on_all_lanes(check_relu_mask_equals_the_reference);
    }

    fn check_relu_mask_equals_the_reference(random: &mut Random) {
        let y: Vec<f32> = random.floats(1003).into_iter().map(|v| v.max(0.0)).collect();
        let gy = random.floats(1003);
        let mut out = dirty(1003);
        relu_mask(&y, &gy, &mut out);
        assert_eq!(out, relu_mask_plain(&y, &gy));
    }
}
