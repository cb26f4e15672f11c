//! The operators as functions over Burn's cubecl tensors: f32, NHWC, convolution weights `[k, k, c_in, c_out]`.
//! Inputs may be strided views; outputs are contiguous. Nothing here waits for the device.

use std::sync::atomic::{AtomicU8, Ordering};

use burn_cubecl::tensor::CubeTensor;

use super::launch::{dense, run};
use super::wgsl::{self, ConvShape, Variant};

static VARIANT: AtomicU8 = AtomicU8::new(0);

/// The kernel family all operators use from now on; the calibration sets it once for an adapter.
pub fn set_variant(variant: Variant) {
    let index = Variant::ALL.iter().position(|v| *v == variant).unwrap_or(0);
    VARIANT.store(index as u8, Ordering::Relaxed);
}

/// The kernel family in use.
pub fn variant() -> Variant {
    Variant::ALL
        .get(usize::from(VARIANT.load(Ordering::Relaxed)))
        .copied()
        .unwrap_or_default()
}

/// The sizes of a rank-`N` tensor; missing axes count as one.
fn dims<const N: usize>(tensor: &CubeTensor) -> [usize; N] {
    let shape = tensor.meta.shape();
    std::array::from_fn(|axis| shape.get(axis).copied().unwrap_or(1))
}

fn sizes(tensor: &CubeTensor) -> Vec<usize> {
    tensor.meta.shape().iter().copied().collect()
}

/// Sizes of a convolution over the grid of `image`, with the channels of `weight`.
fn conv_shape(image: &CubeTensor, weight: &CubeTensor, shrink: usize) -> ConvShape {
    let [batch, height, width, _] = dims(image);
    let [kernel, _, c_in, c_out] = dims(weight);
    ConvShape {
        batch,
        height: height / shrink,
        width: width / shrink,
        c_in,
        c_out,
        kernel,
    }
}

/// 'Same' convolution of x `[b, h, w, c_in]`, stride 1, Keras padding, plus bias, then ReLU if `relu`.
pub fn conv_forward(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, relu: bool) -> CubeTensor {
    let (x, weight, bias) = (dense(x), dense(weight), dense(bias));
    let shape = conv_shape(&x, &weight, 1);
    let [y] = run(wgsl::conv_forward(&shape, relu, variant()), &[&x, &weight, &bias]);
    y
}

/// [`conv_forward`] with ReLU, then `* scale + shift` per output channel, in one pass.
pub fn conv_norm_forward(
    x: CubeTensor,
    weight: CubeTensor,
    bias: CubeTensor,
    scale: CubeTensor,
    shift: CubeTensor,
) -> CubeTensor {
    let [x, weight, bias, scale, shift] = [x, weight, bias, scale, shift].map(dense);
    let shape = conv_shape(&x, &weight, 1);
    let plan = wgsl::conv_norm_forward(&shape, variant());
    let [y] = run(plan, &[&x, &weight, &bias, &scale, &shift]);
    y
}

/// Gradient of [`conv_forward`] (without ReLU) for x.
pub fn conv_data_grad(gy: CubeTensor, weight: CubeTensor) -> CubeTensor {
    let (gy, weight) = (dense(gy), dense(weight));
    let shape = conv_shape(&gy, &weight, 1);
    let [gx] = run(wgsl::conv_data_grad(&shape, variant()), &[&gy, &weight]);
    gx
}

/// Gradients of [`conv_forward`] (without ReLU) for the `kernel` x `kernel` weight and the bias.
pub fn conv_weight_grad(x: CubeTensor, gy: CubeTensor, kernel: usize) -> (CubeTensor, CubeTensor) {
    let (x, gy) = (dense(x), dense(gy));
    let ([batch, height, width, c_in], [_, _, _, c_out]) = (dims(&x), dims(&gy));
    let shape = ConvShape {
        batch,
        height,
        width,
        c_in,
        c_out,
        kernel,
    };
    let [gw, gb] = run(wgsl::conv_weight_grad(&shape, variant()), &[&x, &gy]);
    (gw, gb)
}

/// Nearest upsampling of x `[b, h, w, c_in]` by two, then a 2x2 'same' convolution plus bias, then ReLU if `relu`:
/// `[b, 2h, 2w, c_out]`, without making the upsampled tensor.
pub fn up_conv_forward(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, relu: bool) -> CubeTensor {
    let (x, weight, bias) = (dense(x), dense(weight), dense(bias));
    let shape = conv_shape(&x, &weight, 1);
    let [y] = run(wgsl::up_conv_forward(&shape, relu, variant()), &[&x, &weight, &bias]);
    y
}

/// Gradient of [`up_conv_forward`] (without ReLU) for x; gy is `[b, 2h, 2w, c_out]`.
pub fn up_conv_data_grad(gy: CubeTensor, weight: CubeTensor) -> CubeTensor {
    let (gy, weight) = (dense(gy), dense(weight));
    let shape = conv_shape(&gy, &weight, 2);
    let [gx] = run(wgsl::up_conv_data_grad(&shape, variant()), &[&gy, &weight]);
    gx
}

/// Gradients of [`up_conv_forward`] (without ReLU) for weight and bias.
pub fn up_conv_weight_grad(x: CubeTensor, gy: CubeTensor) -> (CubeTensor, CubeTensor) {
    let (x, gy) = (dense(x), dense(gy));
    let ([batch, height, width, c_in], [_, _, _, c_out]) = (dims(&x), dims(&gy));
    let shape = ConvShape {
        batch,
        height,
        width,
        c_in,
        c_out,
        kernel: 2,
    };
    let [gw, gb] = run(wgsl::up_conv_weight_grad(&shape, variant()), &[&x, &gy]);
    (gw, gb)
}

/// a `[b, h, w, ca]` and b `[b, h, w, cb]` side by side: `[b, h, w, ca + cb]`.
pub fn concat(a: CubeTensor, b: CubeTensor) -> CubeTensor {
    let (a, b) = (dense(a), dense(b));
    let [_, _, _, cb] = dims(&b);
    let [joined] = run(wgsl::concat(&dims(&a), cb), &[&a, &b]);
    joined
}

/// The first `channels` of `[b, h, w, c]` and the others: the gradient of [`concat`].
pub fn split(joined: CubeTensor, channels: usize) -> (CubeTensor, CubeTensor) {
    let joined = dense(joined);
    let [a, b] = run(wgsl::split(&dims(&joined), channels), &[&joined]);
    (a, b)
}

/// gy where the ReLU output y is positive, zero elsewhere.
pub fn relu_mask(y: CubeTensor, gy: CubeTensor) -> CubeTensor {
    let (y, gy) = (dense(y), dense(gy));
    let [g] = run(wgsl::relu_mask(&sizes(&y)), &[&y, &gy]);
    g
}

/// 2x2 maximum with stride two of `[b, h, w, c]`; an odd last row or column is left out.
pub fn max_pool_forward(x: CubeTensor) -> CubeTensor {
    let x = dense(x);
    let [y] = run(wgsl::max_pool_forward(&dims(&x)), &[&x]);
    y
}

/// Gradient of [`max_pool_forward`]; among equal maxima the first in row-major order takes all.
pub fn max_pool_backward(x: CubeTensor, y: CubeTensor, gy: CubeTensor) -> CubeTensor {
    let (x, y, gy) = (dense(x), dense(y), dense(gy));
    let [gx] = run(wgsl::max_pool_backward(&dims(&x)), &[&x, &y, &gy]);
    gx
}

/// Batch norm over all axes but the last, with the batch's own statistics: (y, mean `[c]`, 1 / sqrt(variance + eps) `[c]`).
pub fn batch_norm_forward(
    x: CubeTensor,
    gamma: CubeTensor,
    beta: CubeTensor,
    eps: f32,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let (x, gamma, beta) = (dense(x), dense(gamma), dense(beta));
    let plan = wgsl::batch_norm_forward(&sizes(&x), eps, variant());
    let [y, mean, inv_std] = run(plan, &[&x, &gamma, &beta]);
    (y, mean, inv_std)
}

/// Gradients of [`batch_norm_forward`] for x, gamma and beta.
pub fn batch_norm_backward(
    x: CubeTensor,
    gamma: CubeTensor,
    mean: CubeTensor,
    inv_std: CubeTensor,
    gy: CubeTensor,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let [x, gamma, mean, inv_std, gy] = [x, gamma, mean, inv_std, gy].map(dense);
    let plan = wgsl::batch_norm_backward(&sizes(&x), variant());
    let [gx, ggamma, gbeta] = run(plan, &[&x, &gamma, &mean, &inv_std, &gy]);
    (gx, ggamma, gbeta)
}

/// Sum over all axes but the last: `[c]`.
pub fn channel_sum(x: CubeTensor) -> CubeTensor {
    let x = dense(x);
    let shape = sizes(&x);
    let channels = shape.last().copied().unwrap_or(1);
    let pixels = shape.iter().product::<usize>() / channels.max(1);
    let [sum] = run(wgsl::channel_sum(pixels, channels, variant()), &[&x]);
    sum
}

/// Resamples images `[b, h, w, c]` by matrices `[b, 6]` from output to input pixels (row = m0 i + m1 j + m2, column = m3 i + m4 j + m5),
/// bilinear, coordinates clamped to the image: `[b, out_height, out_width, c]`.
pub fn warp(images: CubeTensor, matrices: CubeTensor, out_height: usize, out_width: usize) -> CubeTensor {
    let (images, matrices) = (dense(images), dense(matrices));
    let plan = wgsl::warp(&dims(&images), out_height, out_width);
    let [y] = run(plan, &[&images, &matrices]);
    y
}

/// About `flop` multiply-adds on registers, shared by as many invocations as x has values: the device's ceiling.
pub fn multiply_adds(x: CubeTensor, flop: u64) -> CubeTensor {
    let x = dense(x);
    let n = sizes(&x).iter().product();
    let [y] = run(wgsl::multiply_adds(n, flop), &[&x]);
    y
}

/// One Adam step, in place where the tensors are not shared: new (parameter, m, v).
/// `scalars`: learning rate, beta1, beta2, epsilon, 1 / (1 - beta1^t), 1 / (1 - beta2^t).
pub fn adam(
    param: CubeTensor,
    grad: CubeTensor,
    m: CubeTensor,
    v: CubeTensor,
    scalars: [f32; 6],
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let [param, m, v] = [param, m, v].map(|tensor| {
        let tensor = dense(tensor);
        // Somebody else still reads this memory (a clone of the parameter, say): leave theirs as it is.
        if tensor.can_mut() { tensor } else { tensor.copy() }
    });
    let grad = dense(grad);
    let n = sizes(&param).iter().product();
    let [] = run(wgsl::adam(n, scalars), &[&param, &grad, &m, &v]);
    (param, m, v)
}
