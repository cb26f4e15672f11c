//! Multiply-adds on registers, no memory: what it is. There is no plain version, because its numbers mean nothing.

use burn::{
    backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};

/// The ceiling, for benchmarks.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait MultiplyAddsOps: Backend {
    /// About `flop` multiply-adds on registers, no memory: what the device can do at all. `x` is `[n]`, as is the result.
    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self>;
}

/// About `flop` multiply-adds, shared by as many invocations as `x` has values.
pub fn multiply_adds(x: Tensor<1>, flop: u64) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as MultiplyAddsOps>::multiply_adds(x.into_dispatch(), flop))
}
