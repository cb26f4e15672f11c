//! The operators on the CPU: Burn's Flex tensors in, the slices of [`super::cpu`] inside.

use burn::{
    backend::{Flex, TensorMetadata, flex::FlexTensor, tensor::FloatTensor},
    tensor::{Shape, TensorData},
};

use super::{
    cpu::{self, ConvShape},
    ops::{AdamStep, GradOps, NetOps},
    warp::warp_reference,
};

/// A contiguous view; copies only if the tensor is a strided view of another.
struct Dense(FlexTensor);

impl Dense {
    fn new(tensor: FlexTensor) -> Self {
        Self(if tensor.as_slice::<f32>().is_some() {
            tensor
        } else {
            tensor.to_contiguous()
        })
    }

    fn values(&self) -> &[f32] {
        self.0.as_slice::<f32>().unwrap_or(&[])
    }

    fn dims<const D: usize>(&self) -> [usize; D] {
        let shape = self.0.shape();
        std::array::from_fn(|axis| shape[axis])
    }
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

/// The tensor as the only content of its buffer.
fn whole(tensor: FlexTensor) -> FlexTensor {
    let alone = tensor
        .as_slice::<f32>()
        .is_some_and(|values| values.len() == tensor.storage::<f32>().len());
    if alone { tensor } else { tensor.to_contiguous() }
}

fn conv_shape(x: &Dense, weight: &Dense) -> ConvShape {
    let [batch, height, width, c_in] = x.dims();
    let [k, _, _, c_out] = weight.dims();
    ConvShape {
        batch,
        height,
        width,
        c_in,
        c_out,
        k,
    }
}

impl NetOps for Flex {
    fn conv2d_same(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (Dense::new(x), Dense::new(weight), Dense::new(bias));
        let s = conv_shape(&x, &weight);
        let mut y = vec![0.0; s.batch * s.height * s.width * s.c_out];
        cpu::conv_forward(&s, x.values(), weight.values(), bias.values(), relu, &mut y);
        tensor(y, [s.batch, s.height, s.width, s.c_out])
    }

    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (Dense::new(x), Dense::new(weight), Dense::new(bias));
        let s = conv_shape(&x, &weight);
        let mut y = vec![0.0; s.batch * 4 * s.height * s.width * s.c_out];
        cpu::up_conv_forward(&s, x.values(), weight.values(), bias.values(), relu, &mut y);
        tensor(y, [s.batch, 2 * s.height, 2 * s.width, s.c_out])
    }

    fn max_pool2x2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Dense::new(x);
        let [b, h, w, c] = x.dims();
        let mut y = vec![0.0; b * (h / 2) * (w / 2) * c];
        cpu::max_pool_forward(b, h, w, c, x.values(), &mut y);
        tensor(y, [b, h / 2, w / 2, c])
    }

    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let (a, b) = (Dense::new(a), Dense::new(b));
        let ([batch, h, w, ca], [_, _, _, cb]) = (a.dims(), b.dims());
        let mut joined = vec![0.0; batch * h * w * (ca + cb)];
        cpu::concat_channels(batch * h * w, a.values(), ca, b.values(), cb, &mut joined);
        tensor(joined, [batch, h, w, ca + cb])
    }

    fn batch_norm_stats(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, beta) = (Dense::new(x), Dense::new(gamma), Dense::new(beta));
        let [b, h, w, c] = x.dims();
        let (mut y, mut mean, mut inv_std) = (vec![0.0; b * h * w * c], vec![0.0; c], vec![0.0; c]);
        cpu::batch_norm_forward(
            b * h * w,
            c,
            x.values(),
            gamma.values(),
            beta.values(),
            eps,
            &mut y,
            &mut mean,
            &mut inv_std,
        );
        (tensor(y, [b, h, w, c]), tensor(mean, [c]), tensor(inv_std, [c]))
    }
}

impl GradOps for Flex {
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (y, gy) = (Dense::new(y), Dense::new(gy));
        let mut out = vec![0.0; y.values().len()];
        cpu::relu_mask(y.values(), gy.values(), &mut out);
        tensor(out, y.0.shape())
    }

    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (Dense::new(gy), Dense::new(weight));
        let [batch, height, width, c_out] = gy.dims();
        let [k, _, c_in, _] = weight.dims();
        let s = ConvShape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        };
        let mut gx = vec![0.0; batch * height * width * c_in];
        cpu::conv_data_grad(&s, gy.values(), weight.values(), &mut gx);
        tensor(gx, [batch, height, width, c_in])
    }

    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (Dense::new(x), Dense::new(gy));
        let [batch, height, width, c_in] = x.dims();
        let [_, _, _, c_out] = gy.dims();
        let s = ConvShape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        };
        let (mut gw, mut gb) = (vec![0.0; k * k * c_in * c_out], vec![0.0; c_out]);
        cpu::conv_weight_grad(&s, x.values(), gy.values(), &mut gw, &mut gb);
        (tensor(gw, [k, k, c_in, c_out]), tensor(gb, [c_out]))
    }

    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (Dense::new(gy), Dense::new(weight));
        let [batch, height, width, c_out] = gy.dims();
        let [k, _, c_in, _] = weight.dims();
        let s = ConvShape {
            batch,
            height: height / 2,
            width: width / 2,
            c_in,
            c_out,
            k,
        };
        let mut gx = vec![0.0; batch * s.height * s.width * c_in];
        cpu::up_conv_data_grad(&s, gy.values(), weight.values(), &mut gx);
        tensor(gx, [batch, s.height, s.width, c_in])
    }

    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (Dense::new(x), Dense::new(gy));
        let [batch, height, width, c_in] = x.dims();
        let [_, _, _, c_out] = gy.dims();
        let s = ConvShape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k: 2,
        };
        let (mut gw, mut gb) = (vec![0.0; 4 * c_in * c_out], vec![0.0; c_out]);
        cpu::up_conv_weight_grad(&s, x.values(), gy.values(), &mut gw, &mut gb);
        (tensor(gw, [2, 2, c_in, c_out]), tensor(gb, [c_out]))
    }

    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let joined = Dense::new(joined);
        let [batch, h, w, c] = joined.dims();
        let (pixels, others) = (batch * h * w, c - channels);
        let (mut a, mut b) = (vec![0.0; pixels * channels], vec![0.0; pixels * others]);
        cpu::split_channels(pixels, joined.values(), &mut a, channels, &mut b, others);
        (tensor(a, [batch, h, w, channels]), tensor(b, [batch, h, w, others]))
    }

    fn max_pool2x2_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, y, gy) = (Dense::new(x), Dense::new(y), Dense::new(gy));
        let [b, h, w, c] = x.dims();
        let mut gx = vec![0.0; b * h * w * c];
        cpu::max_pool_backward(b, h, w, c, x.values(), y.values(), gy.values(), &mut gx);
        tensor(gx, [b, h, w, c])
    }

    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, mean, inv_std, gy) = (
            Dense::new(x),
            Dense::new(gamma),
            Dense::new(mean),
            Dense::new(inv_std),
            Dense::new(gy),
        );
        let [b, h, w, c] = x.dims();
        let (mut gx, mut g_gamma, mut g_beta) = (vec![0.0; b * h * w * c], vec![0.0; c], vec![0.0; c]);
        cpu::batch_norm_backward(
            b * h * w,
            c,
            x.values(),
            gamma.values(),
            mean.values(),
            inv_std.values(),
            gy.values(),
            &mut gx,
            &mut g_gamma,
            &mut g_beta,
        );
        (tensor(gx, [b, h, w, c]), tensor(g_gamma, [c]), tensor(g_beta, [c]))
    }

    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, weight, bias, scale, shift] = [x, weight, bias, scale, shift].map(Dense::new);
        let s = conv_shape(&x, &weight);
        let mut y = vec![0.0; s.batch * s.height * s.width * s.c_out];
        cpu::conv_norm_forward(
            &s,
            x.values(),
            weight.values(),
            bias.values(),
            scale.values(),
            shift.values(),
            &mut y,
        );
        tensor(y, [s.batch, s.height, s.width, s.c_out])
    }

    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self> {
        let (images, matrices) = (Dense::new(images), Dense::new(matrices));
        let [b, h, w, c] = images.dims();
        let rows: Vec<[f32; 6]> = matrices
            .values()
            .chunks_exact(6)
            .map(|m| std::array::from_fn(|i| m[i]))
            .collect();
        let mut out = vec![0.0; b * out_px * out_px * c];
        warp_reference(images.values(), [b, h, w, c], &rows, out_px, out_px, &mut out);
        tensor(out, [b, out_px, out_px, c])
    }

    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self> {
        let n = x.shape().num_elements();
        tensor(vec![cpu::multiply_adds(flop); n], [n])
    }

    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let grad = Dense::new(grad);
        // In place where nothing else holds the buffer (a kept best model may): `storage_mut` copies if so.
        let [mut param, mut m, mut v] = [param, m, v].map(whole);
        cpu::adam(
            param.storage_mut(),
            grad.values(),
            m.storage_mut(),
            v.storage_mut(),
            &step,
        );
        (param, m, v)
    }
}
