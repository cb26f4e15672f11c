//! Functions and sums that losses are made of: Burn's own, or the page's to the last bit where a process computes so
//! ([`crate::ops::Arithmetic`]).
//!
//! Burn's CPU sums run over four lanes in the page and one after the other natively, where its SIMD is left out, and its
//! `exp` and `ln` are the platform's. The gradients are those of Burn's graph, product by product.

use burn::tensor::{Tensor, activation};

#[cfg(not(target_arch = "wasm32"))]
pub(super) use as_in_the_page::{Function, PageOps, PageSoftmaxOps};

/// `e` to the power of each value.
pub fn exp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::each(x, Function::Exp);
    }
    x.exp()
}

/// `ln(1 + x)` of each value.
pub fn log1p<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::each(x, Function::Log1p);
    }
    x.log1p()
}

/// `1 / (1 + e^-x)` of each value.
pub fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::each(x, Function::Sigmoid);
    }
    activation::sigmoid(x)
}

/// Softmax along the last axis, as inference takes it; in the page's arithmetic it has no gradient.
pub fn softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::softmax(x);
    }
    activation::softmax(x, D - 1)
}

/// The logarithm of the softmax along the last axis.
pub fn log_softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::log_softmax(x);
    }
    activation::log_softmax(x, D - 1)
}

/// The sum of all values, `[1]`.
pub fn sum<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::sum(x);
    }
    x.sum()
}

/// The sums of the rows `[rows, columns]`, `[rows, 1]`.
pub fn sum_rows(x: Tensor<2>) -> Tensor<2> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::sum_last(x);
    }
    x.sum_dim(1)
}

/// The mean of all values, `[1]`.
pub fn mean<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    #[cfg(not(target_arch = "wasm32"))]
    if as_in_the_page::is_wanted() {
        return as_in_the_page::mean(x);
    }
    x.mean()
}

#[cfg(not(target_arch = "wasm32"))]
mod as_in_the_page {
    use burn::{
        backend::{
            Autodiff, Backend, Dispatch, TensorMetadata, autodiff::checkpoint::strategy::CheckpointStrategy,
            backend_extension, tensor::FloatTensor,
        },
        tensor::{Shape, Tensor},
    };

    use crate::ops::{
        autodiff,
        cpu::arithmetic::{Arithmetic, arithmetic},
    };

    /// What becomes of each value.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Function {
        Exp,
        Ln,
        Log1p,
        Sigmoid,
    }

    /// The page's functions and sums. They are the CPU's alone: no other device is used where a process computes so.
    #[backend_extension(Flex, Autodiff)]
    pub trait PageOps: Backend {
        /// `function` of each value.
        fn page_function(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self>;
        /// Sums along the last axis, which stays with length 1.
        fn page_sum_last(x: FloatTensor<Self>) -> FloatTensor<Self>;
        /// `count` times along the last axis, whose length is 1.
        fn page_repeat_last(x: FloatTensor<Self>, count: usize) -> FloatTensor<Self>;
        /// The sum of all, `[1]`.
        fn page_sum(x: FloatTensor<Self>) -> FloatTensor<Self>;
        /// The mean of all, `[1]`.
        fn page_mean(x: FloatTensor<Self>) -> FloatTensor<Self>;
    }

    /// What only inference calls.
    #[backend_extension(Flex)]
    pub trait PageSoftmaxOps: Backend {
        /// Softmax along the last axis.
        fn page_softmax(x: FloatTensor<Self>) -> FloatTensor<Self>;
    }

    impl<B: PageOps, C: CheckpointStrategy> PageOps for Autodiff<B, C> {
        fn page_function(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
            let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
            let y = B::page_function(x.clone(), function);
            autodiff::step::<B, C, _, _>(nodes, y.clone(), (x, y, function), |(x, y, function), gy, _| {
                [Some(match function {
                    Function::Exp => B::float_mul(gy, y),
                    Function::Ln => B::float_mul(gy, B::float_recip(x)),
                    Function::Log1p => B::float_mul(gy, B::float_recip(B::float_add_scalar(x, 1f32.into()))),
                    Function::Sigmoid => B::sigmoid_backward(y, gy),
                })]
            })
        }

        fn page_sum_last(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
            let shape = x.shape();
            autodiff::step::<B, C, _, _>(nodes, B::page_sum_last(x), shape, |shape, gy, _| {
                [Some(B::float_expand(gy, shape))]
            })
        }

        fn page_repeat_last(x: FloatTensor<Self>, count: usize) -> FloatTensor<Self> {
            let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
            autodiff::step::<B, C, _, _>(nodes, B::page_repeat_last(x, count), (), |(), gy, _| {
                [Some(B::page_sum_last(gy))]
            })
        }

        fn page_sum(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
            let shape = x.shape();
            autodiff::step::<B, C, _, _>(nodes, B::page_sum(x), shape, |shape, gy, _| {
                [Some(filled::<B>(gy, shape))]
            })
        }

        fn page_mean(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
            let shape = x.shape();
            autodiff::step::<B, C, _, _>(nodes, B::page_mean(x), shape, |shape, gy, _| {
                // Burn's gradient of a mean is a product with the reciprocal; its value is a quotient.
                let part = 1.0 / shape.num_elements() as f64;
                [Some(filled::<B>(B::float_mul_scalar(gy, part.into()), shape))]
            })
        }
    }

    /// The one value of `value` everywhere in `shape`.
    fn filled<B: Backend>(value: FloatTensor<B>, shape: Shape) -> FloatTensor<B> {
        let ones = Shape::from(vec![1; shape.num_dims()]);
        B::float_expand(B::float_reshape(value, ones), shape)
    }

    pub fn is_wanted() -> bool {
        arithmetic() != Arithmetic::Own
    }

    pub fn each<const D: usize>(x: Tensor<D>, function: Function) -> Tensor<D> {
        Tensor::from_dispatch(<Dispatch as PageOps>::page_function(x.into_dispatch(), function))
    }

    pub fn softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
        Tensor::from_dispatch(<Dispatch as PageSoftmaxOps>::page_softmax(x.into_dispatch()))
    }

    pub fn sum_last<const D: usize>(x: Tensor<D>) -> Tensor<D> {
        Tensor::from_dispatch(<Dispatch as PageOps>::page_sum_last(x.into_dispatch()))
    }

    pub fn sum<const D: usize>(x: Tensor<D>) -> Tensor<1> {
        Tensor::from_dispatch(<Dispatch as PageOps>::page_sum(x.into_dispatch()))
    }

    pub fn mean<const D: usize>(x: Tensor<D>) -> Tensor<1> {
        Tensor::from_dispatch(<Dispatch as PageOps>::page_mean(x.into_dispatch()))
    }

    /// Step by step as Burn has it; where Burn repeats the sums along the axis, its gradient is a sum of the page's too.
    pub fn log_softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
        let shifted = x.clone() - x.detach().max_dim(D - 1);
        let sums = sum_last(each(shifted.clone(), Function::Exp));
        let logs = each(sums, Function::Ln).into_dispatch();
        let repeated = <Dispatch as PageOps>::page_repeat_last(logs, shifted.dims()[D - 1]);
        shifted - Tensor::from_dispatch(repeated)
    }
}
