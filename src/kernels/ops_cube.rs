//! The operators on WebGPU: Burn's cubecl tensors in, the WGSL of [`super::gpu`] inside.

use burn::backend::{Cube, tensor::FloatTensor};

use super::{
    gpu,
    ops::{AdamStep, GradOps, NetOps},
};

impl NetOps for Cube {
    fn conv2d_same(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        gpu::conv_forward(x, weight, bias, relu)
    }

    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        gpu::up_conv_forward(x, weight, bias, relu)
    }

    fn max_pool2x2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::max_pool_forward(x)
    }

    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::concat(a, b)
    }

    fn batch_norm_stats(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        gpu::batch_norm_forward(x, gamma, beta, eps)
    }
}

impl GradOps for Cube {
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::relu_mask(y, gy)
    }

    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::conv_data_grad(gy, weight)
    }

    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        gpu::conv_weight_grad(x, gy, k)
    }

    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::up_conv_data_grad(gy, weight)
    }

    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        gpu::up_conv_weight_grad(x, gy)
    }

    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>) {
        gpu::split(joined, channels)
    }

    fn max_pool2x2_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        gpu::max_pool_backward(x, y, gy)
    }

    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        gpu::batch_norm_backward(x, gamma, mean, inv_std, gy)
    }

    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        gpu::conv_norm_forward(x, weight, bias, scale, shift)
    }

    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self> {
        gpu::warp(images, matrices, out_px, out_px)
    }

    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self> {
        gpu::multiply_adds(x, flop)
    }

    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        s: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        gpu::adam(
            param,
            grad,
            m,
            v,
            [s.lr, s.beta1, s.beta2, s.eps, s.correction1, s.correction2],
        )
    }
}
