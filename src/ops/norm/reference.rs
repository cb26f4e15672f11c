//! Batch normalisation: what it is.

use burn::{
    backend::{
        Autodiff, AutodiffBackend, Backend, Dispatch, autodiff::checkpoint::strategy::CheckpointStrategy,
        backend_extension, tensor::FloatTensor,
    },
    tensor::Tensor,
};

use crate::ops::autodiff;

/// The normalisation a network is trained with.
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "webgpu"))]
pub trait NormOps: Backend {
    /// Batch normalisation with the statistics of this batch over all but the last axis.
    ///
    /// Gives the output and, outside the gradient, mean and `1 / sqrt(variance + eps)`, each `[c]`; the variance is the
    /// biased one.
    fn batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Its gradient.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait NormGradOps: Backend {
    /// Gradients of [`NormOps::batch_norm`] for `x`, `gamma` and `beta`.
    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl<B: NormOps + NormGradOps, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let ([x, gamma, beta], nodes) = autodiff::parts::<B, C, _>([x, gamma, beta]);
        let (y, mean, inv_std) = <B as NormOps>::batch_norm(x.clone(), gamma.clone(), beta, eps);
        let saved = (x, gamma, mean.clone(), inv_std.clone());
        let y = autodiff::step::<B, C, _, _>(nodes, y, saved, |(x, gamma, mean, inv_std), gy, _| {
            let (gx, g_gamma, g_beta) = B::batch_norm_grad(x, gamma, mean, inv_std, gy);
            [Some(gx), Some(g_gamma), Some(g_beta)]
        });
        (
            y,
            <Self as AutodiffBackend>::from_inner(mean),
            <Self as AutodiffBackend>::from_inner(inv_std),
        )
    }
}

/// Batch normalisation with this batch's statistics: output, mean and `1 / sqrt(variance + eps)`.
pub fn batch_norm(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, eps: f32) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let (y, mean, inv_std) =
        <Dispatch as NormOps>::batch_norm(x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch(), eps);
    (
        Tensor::from_dispatch(y),
        Tensor::from_dispatch(mean),
        Tensor::from_dispatch(inv_std),
    )
}

/// What [`batch_norm_plain`] gives: the output, the mean and `1 / sqrt(var + eps)` per channel.
pub struct BatchNorm {
    pub y: Vec<f32>,
    pub mean: Vec<f32>,
    pub inv_std: Vec<f32>,
}

/// Batch norm over rows with the batch's own (biased) statistics.
pub fn batch_norm_plain(rows: usize, c: usize, x: &[f32], gamma: &[f32], beta: &[f32], eps: f32) -> BatchNorm {
    let mut out = BatchNorm {
        y: vec![0.0; rows * c],
        mean: vec![0.0; c],
        inv_std: vec![0.0; c],
    };
    for i in 0..c {
        let column = || (0..rows).map(|r| f64::from(x[r * c + i]));
        let mean = column().sum::<f64>() / rows as f64;
        let variance = column().map(|v| (v - mean).powi(2)).sum::<f64>() / rows as f64;
        let inv_std = 1.0 / (variance + f64::from(eps)).sqrt();
        for (r, v) in column().enumerate() {
            out.y[r * c + i] = ((v - mean) * inv_std * f64::from(gamma[i]) + f64::from(beta[i])) as f32;
        }
        out.mean[i] = mean as f32;
        out.inv_std[i] = inv_std as f32;
    }
    out
}

/// Gradients of [`batch_norm_plain`] with respect to input, gamma and beta.
pub fn batch_norm_grad_plain(
    rows: usize,
    c: usize,
    x: &[f32],
    gamma: &[f32],
    mean: &[f32],
    inv_std: &[f32],
    gy: &[f32],
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let (mut gx, mut ggamma, mut gbeta) = (vec![0.0; rows * c], vec![0.0; c], vec![0.0; c]);
    for i in 0..c {
        let std = f64::from(inv_std[i]);
        let normal = |r: usize| (f64::from(x[r * c + i]) - f64::from(mean[i])) * std;
        let grad = |r: usize| f64::from(gy[r * c + i]);
        let dot: f64 = (0..rows).map(|r| grad(r) * normal(r)).sum();
        let sum: f64 = (0..rows).map(grad).sum();
        for r in 0..rows {
            let centred = grad(r) - (sum + normal(r) * dot) / rows as f64;
            gx[r * c + i] = (f64::from(gamma[i]) * std * centred) as f32;
        }
        ggamma[i] = dot as f32;
        gbeta[i] = sum as f32;
    }
    (gx, ggamma, gbeta)
}
