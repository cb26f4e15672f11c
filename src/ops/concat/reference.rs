//! Two tensors side by side along the channels: what it is.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, TensorMetadata, autodiff::checkpoint::strategy::CheckpointStrategy,
        backend_extension, tensor::FloatTensor,
    },
    tensor::Tensor,
};

use crate::ops::autodiff;

/// The concatenation.
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "webgpu"))]
pub trait ConcatOps: Backend {
    /// Two tensors of the same pixels side by side along the channels.
    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Its gradient.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait ConcatGradOps: Backend {
    /// The first `channels` of the last axis and the others: the gradient of [`ConcatOps::concat`].
    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl<B: ConcatOps + ConcatGradOps, C: CheckpointStrategy> ConcatOps for Autodiff<B, C> {
    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let ([a, b], nodes) = autodiff::parts::<B, C, _>([a, b]);
        let channels = a.shape()[3];
        autodiff::step::<B, C, _, _>(nodes, B::concat(a, b), channels, |channels, gy, _| {
            let (ga, gb) = B::split(gy, channels);
            [Some(ga), Some(gb)]
        })
    }
}

/// Two tensors `[b, h, w, ..]` side by side along the channels.
pub fn concat(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as ConcatOps>::concat(a.into_dispatch(), b.into_dispatch()))
}

/// `[pixels, ca]` and `[pixels, cb]` as `[pixels, ca + cb]`.
pub fn concat_plain(a: &[f32], ca: usize, b: &[f32], cb: usize) -> Vec<f32> {
    let pixels = a.len().checked_div(ca).or(b.len().checked_div(cb)).unwrap_or(0);
    (0..pixels)
        .flat_map(|i| a[i * ca..][..ca].iter().chain(&b[i * cb..][..cb]))
        .copied()
        .collect()
}

/// The inverse of [`concat_plain`].
pub fn split_plain(joined: &[f32], ca: usize, cb: usize) -> (Vec<f32>, Vec<f32>) {
    let rows = || joined.chunks_exact((ca + cb).max(1));
    (
        rows().flat_map(|row| &row[..ca]).copied().collect(),
        rows().flat_map(|row| &row[ca..]).copied().collect(),
    )
}
