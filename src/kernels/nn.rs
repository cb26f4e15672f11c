//! The operators as functions over [`Tensor`]: what model, training and data call.
//!
//! Shapes as in [`super::ops`]; every function works on both devices and, where it makes sense,
//! under autodiff.

use burn::{
    backend::Dispatch,
    tensor::{Tensor, TensorData},
};

use super::ops::{AdamStep, GradOps, NetOps};

/// 'Same' convolution with bias; `weight` is `[k, k, c_in, c_out]`, k of 1, 2 or 3.
pub fn conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, relu: bool) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as NetOps>::conv2d_same(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        relu,
    ))
}

/// Nearest upsampling by 2 and a 2x2 'same' convolution, as one operator.
pub fn up_conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, relu: bool) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as NetOps>::up_conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        relu,
    ))
}

/// 2x2 maximum, stride 2.
pub fn max_pool2d(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as NetOps>::max_pool2x2(x.into_dispatch()))
}

/// Two tensors `[b, h, w, ..]` side by side along the channels.
pub fn concat(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as NetOps>::concat(a.into_dispatch(), b.into_dispatch()))
}

/// Batch normalisation with this batch's statistics: output, mean and `1 / sqrt(variance + eps)`.
pub fn batch_norm(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, eps: f32) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let (y, mean, inv_std) =
        <Dispatch as NetOps>::batch_norm_stats(x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch(), eps);
    (
        Tensor::from_dispatch(y),
        Tensor::from_dispatch(mean),
        Tensor::from_dispatch(inv_std),
    )
}

/// `relu(conv(x) + bias) * scale + shift`: a 'same' convolution and the batch norm after it. Not differentiable.
pub fn conv2d_norm(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, scale: Tensor<1>, shift: Tensor<1>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as GradOps>::conv2d_norm(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
    ))
}

/// Batched affine warp: `images` `[b, h, w, c]`, one output-to-input matrix an image, output `[b, out_px, out_px, c]`.
pub fn warp(images: Tensor<4>, matrices: &[[f32; 6]], out_px: usize) -> Tensor<4> {
    let matrices = Tensor::<2>::from_data(
        TensorData::new(matrices.concat(), [matrices.len(), 6]),
        &images.device(),
    );
    Tensor::from_dispatch(<Dispatch as GradOps>::warp(
        images.into_dispatch(),
        matrices.into_dispatch(),
        out_px,
    ))
}

/// One Adam step on a flat parameter.
pub fn adam(
    param: Tensor<1>,
    grad: Tensor<1>,
    m: Tensor<1>,
    v: Tensor<1>,
    step: AdamStep,
) -> (Tensor<1>, Tensor<1>, Tensor<1>) {
    let (p, m, v) = <Dispatch as GradOps>::adam(
        param.into_dispatch(),
        grad.into_dispatch(),
        m.into_dispatch(),
        v.into_dispatch(),
        step,
    );
    (
        Tensor::from_dispatch(p),
        Tensor::from_dispatch(m),
        Tensor::from_dispatch(v),
    )
}
