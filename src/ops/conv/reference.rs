//! The 'same' convolution of stride 1: what it is.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, TensorMetadata, autodiff::checkpoint::strategy::CheckpointStrategy,
        backend_extension, tensor::FloatTensor,
    },
    tensor::Tensor,
};

use super::shape::ConvShape;
use crate::ops::{
    autodiff,
    relu_mask::reference::{ReluMaskOps, relu_mask_plain},
};

/// The convolution a network is trained with.
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "webgpu"))]
pub trait ConvOps: Backend {
    /// 'Same' convolution, stride 1, then optionally ReLU.
    ///
    /// `x`: `[b, h, w, c_in]`, `weight`: `[k, k, c_in, c_out]` with k of 1, 2 or 3, `bias`: `[c_out]`.
    /// Padding as in Keras: 1 on each side for k = 3, one row and column at the bottom and right for k = 2.
    fn conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
}

/// Its gradients, and its form in inference; never differentiated.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait ConvGradOps: ReluMaskOps {
    /// Gradient of [`ConvOps::conv2d`] (without ReLU) for `x`.
    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradients of [`ConvOps::conv2d`] (without ReLU) for weight and bias.
    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// `relu(conv(x) + bias) * scale + shift`: [`ConvOps::conv2d`] and, in inference, the batch norm after it.
    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// The output from `x`, `weight` and `bias`, and whether a ReLU follows.
type Forward<T> = fn(T, T, T, bool) -> T;

/// The gradients of a convolution with bias, without its ReLU.
#[derive(Debug, Clone)]
pub struct ConvGrads<T> {
    /// For the input, from those of the output and the weight.
    pub data: fn(T, T) -> T,
    /// For weight and bias, from the input, the gradient of the output and the kernel's side.
    pub weight: fn(T, T, usize) -> (T, T),
}

/// A convolution with bias and optionally a ReLU as a step of the graph; `inputs` are `x`, `weight` and `bias`.
pub fn conv_step<B: ConvGradOps, C: CheckpointStrategy>(
    inputs: [FloatTensor<Autodiff<B, C>>; 3],
    relu: bool,
    forward: Forward<FloatTensor<B>>,
    grads: ConvGrads<FloatTensor<B>>,
) -> FloatTensor<Autodiff<B, C>> {
    let ([x, weight, bias], nodes) = autodiff::parts::<B, C, _>(inputs);
    let y = forward(x.clone(), weight.clone(), bias, relu);
    // The output is kept only if a ReLU followed.
    let saved = (x, weight, relu.then(|| y.clone()), grads);
    autodiff::step::<B, C, _, _>(
        nodes,
        y,
        saved,
        |(x, weight, y, grads), gy, [wants_x, wants_weight, wants_bias]| {
            let gy = match y {
                Some(y) => B::relu_mask(y, gy),
                None => gy,
            };
            let k = weight.shape()[0];
            let gx = wants_x.then(|| (grads.data)(gy.clone(), weight));
            let (gw, gb) = (wants_weight || wants_bias).then(|| (grads.weight)(x, gy, k)).unzip();
            [gx, gw, gb]
        },
    )
}

impl<B: ConvOps + ConvGradOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let grads = ConvGrads {
            data: B::conv2d_data_grad,
            weight: B::conv2d_weight_grad,
        };
        conv_step::<B, C>([x, weight, bias], relu, <B as ConvOps>::conv2d, grads)
    }
}

/// 'Same' convolution with bias; `weight` is `[k, k, c_in, c_out]`, k of 1, 2 or 3.
pub fn conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, relu: bool) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as ConvOps>::conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        relu,
    ))
}

/// `relu(conv(x) + bias) * scale + shift`: a 'same' convolution and the batch norm after it. Not differentiable.
pub fn conv2d_norm(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, scale: Tensor<1>, shift: Tensor<1>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as ConvGradOps>::conv2d_norm(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
    ))
}

/// Calls `f(output, tap, input)` for every output pixel and every tap inside the image, all counted in pixels and taps.
fn for_each_tap(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    let pad = (s.k - 1) / 2;
    for b in 0..s.batch {
        for oy in 0..s.height {
            for ox in 0..s.width {
                for ky in 0..s.k {
                    for kx in 0..s.k {
                        let (iy, ix) = ((oy + ky).wrapping_sub(pad), (ox + kx).wrapping_sub(pad));
                        if iy < s.height && ix < s.width {
                            let output = (b * s.height + oy) * s.width + ox;
                            let input = (b * s.height + iy) * s.width + ix;
                            f(output, ky * s.k + kx, input);
                        }
                    }
                }
            }
        }
    }
}

/// `y = relu?(x * w + bias)`.
pub fn conv2d_plain(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool) -> Vec<f32> {
    let mut y: Vec<f64> = (0..s.batch * s.height * s.width)
        .flat_map(|_| bias.iter().map(|b| f64::from(*b)))
        .collect();
    for_each_tap(s, |output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                y[output * s.c_out + co] +=
                    f64::from(x[input * s.c_in + ci]) * f64::from(w[(tap * s.c_in + ci) * s.c_out + co]);
            }
        }
    });
    y.into_iter()
        .map(|v| if relu { v.max(0.0) as f32 } else { v as f32 })
        .collect()
}

/// The gradient with respect to the input.
pub fn conv2d_data_grad_plain(s: &ConvShape, gy: &[f32], w: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0f64; s.batch * s.height * s.width * s.c_in];
    for_each_tap(s, |output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                gx[input * s.c_in + ci] +=
                    f64::from(gy[output * s.c_out + co]) * f64::from(w[(tap * s.c_in + ci) * s.c_out + co]);
            }
        }
    });
    gx.into_iter().map(|v| v as f32).collect()
}

/// The gradients with respect to weights and bias.
pub fn conv2d_weight_grad_plain(s: &ConvShape, x: &[f32], gy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut gw = vec![0.0f64; s.k * s.k * s.c_in * s.c_out];
    for_each_tap(s, |output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                gw[(tap * s.c_in + ci) * s.c_out + co] +=
                    f64::from(x[input * s.c_in + ci]) * f64::from(gy[output * s.c_out + co]);
            }
        }
    });
    let gb = sum_rows(gy, s.c_out);
    (
        gw.into_iter().map(|v| v as f32).collect(),
        gb.into_iter().map(|v| v as f32).collect(),
    )
}

/// Gradients for input, weight and bias of a convolution with ReLU whose output was `y`.
pub fn conv2d_relu_grads_plain(
    s: &ConvShape,
    x: &[f32],
    w: &[f32],
    y: &[f32],
    gy: &[f32],
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let masked = relu_mask_plain(y, gy);
    let (gw, gb) = conv2d_weight_grad_plain(s, x, &masked);
    (conv2d_data_grad_plain(s, &masked, w), gw, gb)
}

/// Sums over rows, per channel.
fn sum_rows(x: &[f32], c: usize) -> Vec<f64> {
    (0..c)
        .map(|i| x.iter().skip(i).step_by(c).map(|v| f64::from(*v)).sum())
        .collect()
}
