//! Nearest upsampling by two and a 2x2 'same' convolution as one operator: what it is.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, autodiff::checkpoint::strategy::CheckpointStrategy, backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};

use crate::ops::conv::{
    reference::{ConvGradOps, ConvGrads, conv_step, conv2d_data_grad_plain, conv2d_plain, conv2d_weight_grad_plain},
    shape::ConvShape,
};

/// The convolution after an upsampling.
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "webgpu"))]
pub trait UpConvOps: Backend {
    /// Nearest upsampling by 2, then a 2x2 'same' convolution, then optionally ReLU.
    ///
    /// `x`: `[b, h, w, c_in]`, `weight`: `[2, 2, c_in, c_out]`; the output is `[b, 2h, 2w, c_out]`.
    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
}

/// Its gradients.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait UpConvGradOps: Backend {
    /// Gradient of [`UpConvOps::up_conv2d`] (without ReLU) for `x`; `gy` is `[b, 2h, 2w, c_out]`.
    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradients of [`UpConvOps::up_conv2d`] (without ReLU) for weight and bias.
    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl<B: UpConvOps + UpConvGradOps + ConvGradOps, C: CheckpointStrategy> UpConvOps for Autodiff<B, C> {
    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let grads = ConvGrads {
            data: B::up_conv2d_data_grad,
            weight: |x, gy, _| B::up_conv2d_weight_grad(x, gy),
        };
        conv_step::<B, C>([x, weight, bias], relu, B::up_conv2d, grads)
    }
}

/// Nearest upsampling by 2 and a 2x2 'same' convolution, as one operator.
pub fn up_conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, relu: bool) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as UpConvOps>::up_conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        relu,
    ))
}

/// Nearest x2 upsampling of `[batch, h, w, c]`.
pub fn upsample(batch: usize, h: usize, w: usize, c: usize, x: &[f32]) -> Vec<f32> {
    let mut y = Vec::with_capacity(4 * x.len());
    for b in 0..batch {
        for oy in 0..2 * h {
            for ox in 0..2 * w {
                y.extend_from_slice(&x[((b * h + oy / 2) * w + ox / 2) * c..][..c]);
            }
        }
    }
    y
}

/// The transpose of [`upsample`]: sums of 2x2 blocks of `[batch, 2h, 2w, c]`.
fn fold(batch: usize, h: usize, w: usize, c: usize, gy: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0f64; batch * h * w * c];
    for b in 0..batch {
        for oy in 0..2 * h {
            for ox in 0..2 * w {
                for i in 0..c {
                    gx[((b * h + oy / 2) * w + ox / 2) * c + i] +=
                        f64::from(gy[((b * 2 * h + oy) * 2 * w + ox) * c + i]);
                }
            }
        }
    }
    gx.into_iter().map(|v| v as f32).collect()
}

/// Upsampling, then the convolution.
pub fn up_conv2d_plain(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool) -> Vec<f32> {
    conv2d_plain(
        &s.upsampled(),
        &upsample(s.batch, s.height, s.width, s.c_in, x),
        w,
        bias,
        relu,
    )
}

/// The gradient of [`up_conv2d_plain`] with respect to its input.
pub fn up_conv2d_data_grad_plain(s: &ConvShape, gy: &[f32], w: &[f32]) -> Vec<f32> {
    fold(
        s.batch,
        s.height,
        s.width,
        s.c_in,
        &conv2d_data_grad_plain(&s.upsampled(), gy, w),
    )
}

/// The gradients of [`up_conv2d_plain`] with respect to weights and bias.
pub fn up_conv2d_weight_grad_plain(s: &ConvShape, x: &[f32], gy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    conv2d_weight_grad_plain(&s.upsampled(), &upsample(s.batch, s.height, s.width, s.c_in, x), gy)
}
