//! The operators as traits that extend Burn's backends.
//!
//! [`NetOps`] is what a forward pass calls; it exists for every device and, with hand-written
//! backward passes, under autodiff. [`GradOps`] is what those backward passes, the optimizer and
//! the data pipeline call; it is never differentiated.

use burn::backend::{Backend, backend_extension, tensor::FloatTensor};

/// Differentiable operators of the network.
#[backend_extension(Flex, Autodiff, Cube: cfg(target_arch = "wasm32"))]
pub trait NetOps: Backend {
    /// 'Same' convolution, stride 1, then optionally ReLU.
    ///
    /// `x`: `[b, h, w, c_in]`, `weight`: `[k, k, c_in, c_out]` with k of 1, 2 or 3, `bias`: `[c_out]`.
    /// Padding as in Keras: 1 on each side for k = 3, one row and column at the bottom and right for k = 2.
    fn conv2d_same(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;

    /// Nearest upsampling by 2, then a 2x2 'same' convolution, then optionally ReLU.
    ///
    /// `x`: `[b, h, w, c_in]`, `weight`: `[2, 2, c_in, c_out]`; the output is `[b, 2h, 2w, c_out]`.
    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;

    /// 2x2 maximum, stride 2. An odd last row or column is dropped, as Keras's `valid` pooling does.
    fn max_pool2x2(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Two tensors of the same pixels side by side along the channels.
    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Batch normalisation with the statistics of this batch over all but the last axis.
    ///
    /// Gives the output and, outside the gradient, mean and `1 / sqrt(variance + eps)`, each `[c]`.
    fn batch_norm_stats(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

pub use super::cpu::AdamStep;

/// Gradients of [`NetOps`], the optimizer step and the batched warp.
#[backend_extension(Flex, Cube: cfg(target_arch = "wasm32"))]
pub trait GradOps: Backend {
    /// `gy` where the ReLU's output `y` is positive, else 0.
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradient of [`NetOps::conv2d_same`] for `x`.
    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradients of [`NetOps::conv2d_same`] for weight and bias.
    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// Gradient of [`NetOps::up_conv2d`] for `x`.
    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradients of [`NetOps::up_conv2d`] for weight and bias.
    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// The first `channels` of the last axis and the others: the gradient of [`NetOps::concat`].
    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// Gradient of [`NetOps::max_pool2x2`]; of equal maxima the first in row-major order gets all of it.
    fn max_pool2x2_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradients of [`NetOps::batch_norm_stats`] for `x`, `gamma` and `beta`.
    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// `relu(conv(x) + bias) * scale + shift`: [`NetOps::conv2d_same`] and, in inference, the batch norm after it.
    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// Affine warp of a batch, bilinear, coordinates clamped to the image; see [`crate::kernels::warp`].
    ///
    /// `images`: `[b, h, w, c]`, `matrices`: `[b, 6]` from output to input pixels; gives `[b, out_px, out_px, c]`.
    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self>;
    /// About `flop` multiply-adds on registers, no memory: what the device can do at all. `x` is `[n]`, as is the result.
    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self>;
    /// One Adam step on a flat parameter `[n]`; gives the new parameter and moments.
    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
