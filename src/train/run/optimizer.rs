//! Adam over a model's named parameters, textbook form (Kingma and Ba 2015, algorithm 1).

use burn::tensor::{Device, Gradients, Tensor};

use super::clip;
use crate::{
    model::UNet,
    ops::{self, AdamStep},
    values::TrainConfig,
};

/// What a step does beside its rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamConfig {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    /// Largest norm of all gradients together, to which larger ones are clipped; 0 = whatever it is.
    pub clip_norm: f64,
}

impl Default for AdamConfig {
    /// Keras's constants, nothing clipped: the classic pipeline's.
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-7,
            clip_norm: 0.0,
        }
    }
}

impl From<&TrainConfig> for AdamConfig {
    fn from(config: &TrainConfig) -> Self {
        Self {
            clip_norm: config.clip_norm,
            ..Self::default()
        }
    }
}

/// First and second moments of every trainable tensor, flat, in the model's order.
#[derive(Debug, Clone)]
pub struct Adam {
    config: AdamConfig,
    moments: Vec<Option<(Tensor<1>, Tensor<1>)>>,
    steps: u32,
}

impl Adam {
    pub fn new(config: AdamConfig, model: &mut UNet) -> Self {
        let device: Device = model.device();
        let zeros = |n| Tensor::zeros([n], &device);
        let moments = model
            .parameter_sizes()
            .into_iter()
            .map(|(_, n)| Some((zeros(n), zeros(n))))
            .collect();
        Self {
            config,
            moments,
            steps: 0,
        }
    }

    /// Forgets the moments of the parameters that `which` names.
    pub fn forget(&mut self, model: &mut UNet, which: impl Fn(&str) -> bool) {
        let device: Device = model.device();
        let zeros = |n| Tensor::zeros([n], &device);
        for (slot, (name, n)) in self.moments.iter_mut().zip(model.parameter_sizes()) {
            if which(&name) {
                *slot = Some((zeros(n), zeros(n)));
            }
        }
    }

    /// Steps done, and first and second moments of every trainable tensor, flat, in the model's order.
    ///
    /// Drop them before the next step: while they are held it cannot update in place.
    pub fn state(&self) -> (u32, Vec<(Tensor<1>, Tensor<1>)>) {
        (self.steps, self.moments.iter().flatten().cloned().collect())
    }

    /// Puts a [`state`](Self::state) back. The moments must be as many and as long as this model's.
    pub fn restore(&mut self, steps: u32, moments: Vec<(Tensor<1>, Tensor<1>)>) {
        self.steps = steps;
        self.moments = moments.into_iter().map(Some).collect();
    }

    /// Applies the gradients of `tracked` to `model`. A tensor without gradient stays as it is.
    pub fn step(&mut self, model: &mut UNet, mut tracked: UNet, grads: &mut Gradients, lr: f64) {
        self.steps += 1;
        let t = f64::from(self.steps);
        let step = AdamStep {
            lr: lr as f32,
            beta1: self.config.beta1 as f32,
            beta2: self.config.beta2 as f32,
            eps: self.config.eps as f32,
            correction1: (1.0 / (1.0 - ops::scalar::powf(self.config.beta1, t))) as f32,
            correction2: (1.0 / (1.0 - ops::scalar::powf(self.config.beta2, t))) as f32,
        };
        let mut gradients = tracked.take_gradients(grads);
        if self.config.clip_norm > 0.0 {
            clip::by_global_norm(&mut gradients, self.config.clip_norm);
        }
        let mut gradients = gradients.into_iter();
        // The tracked copy shares the weights' buffers; without it they can be updated in place.
        drop(tracked);
        let moments = &mut self.moments;
        model.update_parameters(|number, param| {
            let gradient = gradients.next().flatten();
            let slot = moments.get_mut(number);
            match (gradient, slot.and_then(Option::take)) {
                (Some(gradient), Some((m, v))) => {
                    let (param, m, v) = ops::adam(param, gradient, m, v, step);
                    moments[number] = Some((m, v));
                    param
                }
                (_, kept) => {
                    if let Some(slot) = moments.get_mut(number) {
                        *slot = kept;
                    }
                    param
                }
            }
        });
    }
}
