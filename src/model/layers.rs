//! Convolution and batch normalisation with their tensors.

use burn::tensor::{Device, Tensor, TensorData};

use super::{config::BATCH_NORM_EPS, init::Init};
use crate::ops;

/// A convolution: `weight` `[k, k, c_in, c_out]`, `bias` `[c_out]`.
#[derive(Debug, Clone)]
pub struct Conv {
    pub weight: Tensor<4>,
    pub bias: Tensor<1>,
}

impl Conv {
    pub(super) fn he_normal(init: &mut Init, shape: [usize; 4], device: &Device) -> Self {
        Self::from_values(init.he_normal(shape), shape, device)
    }

    pub(super) fn glorot_uniform(init: &mut Init, shape: [usize; 4], device: &Device) -> Self {
        Self::from_values(init.glorot_uniform(shape), shape, device)
    }

    fn from_values(values: Vec<f32>, shape: [usize; 4], device: &Device) -> Self {
        Self {
            weight: Tensor::from_data(TensorData::new(values, shape), device),
            bias: Tensor::zeros([shape[3]], device),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>, relu: bool) -> Tensor<4> {
        ops::conv2d(x, self.weight.clone(), self.bias.clone(), relu)
    }

    /// With ReLU and the scale and shift of [`Norm::affine`].
    pub(super) fn forward_norm(&self, x: Tensor<4>, (scale, shift): (Tensor<1>, Tensor<1>)) -> Tensor<4> {
        ops::conv2d_norm(x, self.weight.clone(), self.bias.clone(), scale, shift)
    }

    pub(super) fn forward_up(&self, x: Tensor<4>) -> Tensor<4> {
        ops::up_conv2d(x, self.weight.clone(), self.bias.clone(), true)
    }
}

/// Batch normalisation as Keras does it: epsilon 1e-3, biased variance in the forward pass.
#[derive(Debug, Clone)]
pub struct Norm {
    pub gamma: Tensor<1>,
    pub beta: Tensor<1>,
    pub running_mean: Tensor<1>,
    pub running_var: Tensor<1>,
}

/// Statistics of one training batch, to be blended into the running ones.
#[derive(Debug, Clone)]
pub struct NormStats {
    pub mean: Tensor<1>,
    pub var: Tensor<1>,
}

impl Norm {
    pub(super) fn new(channels: usize, device: &Device) -> Self {
        Self {
            gamma: Tensor::ones([channels], device),
            beta: Tensor::zeros([channels], device),
            running_mean: Tensor::zeros([channels], device),
            running_var: Tensor::ones([channels], device),
        }
    }

    /// Normalises by the statistics of this batch.
    pub(super) fn forward_train(&self, x: Tensor<4>) -> (Tensor<4>, NormStats) {
        let (y, mean, inv_std) = ops::batch_norm(x, self.gamma.clone(), self.beta.clone(), BATCH_NORM_EPS);
        let inv_std = inv_std.inner();
        let var = (inv_std.clone() * inv_std).recip().sub_scalar(BATCH_NORM_EPS);
        (
            y,
            NormStats {
                mean: mean.inner(),
                var,
            },
        )
    }

    /// Scale and shift that normalise by the running statistics.
    pub(super) fn affine(&self) -> (Tensor<1>, Tensor<1>) {
        let scale = self.gamma.clone() * (self.running_var.clone().add_scalar(BATCH_NORM_EPS)).sqrt().recip();
        let shift = self.beta.clone() - self.running_mean.clone() * scale.clone();
        (scale, shift)
    }

    /// `running = momentum * running + (1 - momentum) * batch`.
    pub(super) fn blend(&mut self, stats: NormStats, momentum: f32) {
        let blend = |old: &Tensor<1>, new: Tensor<1>| old.clone().mul_scalar(momentum) + new.mul_scalar(1.0 - momentum);
        self.running_mean = blend(&self.running_mean, stats.mean);
        self.running_var = blend(&self.running_var, stats.var);
    }
}
