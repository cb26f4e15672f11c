//! One training step: batch in, loss out, weights moved. Shared by sessions, benchmarks and tests.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::optimizer::{Adam, AdamConfig};
use crate::{
    data::batches::{CpuBatch, unmarked},
    model::{ConfigError, LossConfig, UNet, loss_from_class_logits, loss_from_logits},
    ops,
    values::CORRECTED_WEIGHT,
};

/// Images and masks of one step on the device: `[b, h, w, c]` in 0..1 and `[b, h, w, 1]` of 0 or 1, or
/// `[b, h, w, classes]` with a 1 at the class of each labelled pixel. Where the images have pixels that nothing is known
/// of, a binary mask is `[b, h, w, 2]`, the second 1 where something is. Of a correction it is [`CORRECTED_WEIGHT`]
/// instead of that 1.
#[derive(Debug, Clone)]
pub struct Batch {
    pub images: Tensor<4>,
    pub masks: Tensor<4>,
}

impl Batch {
    /// Uploads a batch and augments it there: one warp over image and mask together, the mask
    /// re-binarised at 0.5 as in Classic, contrast and brightness on the image alone. A pixel blended from one that
    /// nothing is known of is not known either.
    pub fn upload(cpu: CpuBatch, channels: usize, device: &Device) -> Self {
        let (b, window_px) = (cpu.matrices.len(), cpu.window_px);
        let images: Tensor<4> =
            Tensor::from_data(TensorData::new(cpu.images, [b, window_px, window_px, channels]), device);
        let bands = (cpu.masks.len() / (b * window_px * window_px).max(1)).max(1);
        let binary =
            |values, device| Tensor::<4>::from_data(TensorData::new(values, [b, window_px, window_px, bands]), device);
        let identity =
            cpu.window_px == cpu.tile_px && cpu.matrices.iter().all(|m| *m == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let (images, masks) = if cpu.classes > 0 {
            let shape = [b, cpu.tile_px, cpu.tile_px, cpu.classes];
            let masks = Tensor::from_data(TensorData::new(one_hot(&cpu.labels, cpu.classes), shape), device);
            let warped = |images| ops::warp(images, &cpu.matrices, cpu.tile_px);
            (if identity { images } else { warped(images) }, masks)
        } else if identity {
            (images, weighed(binary(cpu.masks, device)))
        } else {
            let masks = binary(cpu.masks, device);
            let warped = ops::warp(Tensor::cat(vec![images, masks], 3), &cpu.matrices, cpu.tile_px);
            let band = |i: usize, cut: f32| warped.clone().narrow(3, channels + i, 1).greater_elem(cut).float();
            let masks = match bands {
                1 => band(0, 0.5),
                2 => Tensor::cat(vec![band(0, 0.5), band(1, 0.999)], 3),
                _ => weighed(Tensor::cat(vec![band(0, 0.5), band(1, 0.999), band(2, 0.5)], 3)),
            };
            (warped.narrow(3, 0, channels), masks)
        };
        let plain = cpu.gain_bias.iter().all(|g| *g == [1.0, 0.0]);
        let images = if plain {
            images
        } else {
            let column = |i: usize| {
                let values: Vec<f32> = cpu.gain_bias.iter().map(|g| g[i]).collect();
                Tensor::<4>::from_data(TensorData::new(values, [b, 1, 1, 1]), device)
            };
            (images * column(0) + column(1)).clamp(0.0, 1.0)
        };
        Self { images, masks }
    }
}

/// Of three bands, mask, known and corrected, the mask and the weights.
fn weighed(masks: Tensor<4>) -> Tensor<4> {
    if masks.dims()[3] < 3 {
        return masks;
    }
    let band = |at: usize| masks.clone().narrow(3, at, 1);
    let weight = band(2).mul_scalar(CORRECTED_WEIGHT - 1.0).add_scalar(1.0) * band(1);
    Tensor::cat(vec![band(0), weight], 3)
}

/// `[n, classes]`: 1 at each number's place, or the weight of a correction; nothing where the number is no class.
fn one_hot(labels: &[u8], classes: usize) -> Vec<f32> {
    let mut out = vec![0.0; labels.len() * classes];
    for (row, label) in out.chunks_exact_mut(classes).zip(labels) {
        let (class, is_correction) = unmarked(*label);
        if let Some(value) = row.get_mut(usize::from(class)) {
            *value = if is_correction { CORRECTED_WEIGHT } else { 1.0 };
        }
    }
    out
}

/// A model being trained: weights, optimizer and what a step needs besides data.
#[derive(Debug, Clone)]
pub struct Trainer {
    model: UNet,
    adam: Adam,
    loss: LossConfig,
    /// Weights by class, of a model of several; see [`loss_from_class_logits`].
    class_weights: Vec<f32>,
    lr: f64,
    seed: u32,
    steps: u32,
    /// Keras's fixed .99, as Classic has it; else the running statistics follow faster at first.
    keras_momentum: bool,
}

impl Trainer {
    pub fn new(mut model: UNet, loss: LossConfig, adam: AdamConfig, lr: f64, seed: u32, keras_momentum: bool) -> Self {
        let adam = Adam::new(adam, &mut model);
        Self {
            model,
            adam,
            loss,
            class_weights: Vec::new(),
            lr,
            seed,
            steps: 0,
            keras_momentum,
        }
    }

    /// Weights of the loss by class, of a model of several; empty = all alike. See [`loss_from_class_logits`].
    pub fn set_class_weights(&mut self, weights: Vec<f32>) {
        self.class_weights = weights;
    }

    /// Learning rate of the steps to come.
    pub fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    /// The model as it is now.
    pub fn model(&self) -> &UNet {
        &self.model
    }

    /// The same, to put other weights into it; the optimizer's moments stay.
    pub(in crate::train) fn model_mut(&mut self) -> &mut UNet {
        &mut self.model
    }

    /// Fresh weights drawn from `seed`, for the whole network or for its last two layers; their moments start anew.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub fn reinitialize(&mut self, seed: u32, whole: bool) -> Result<(), ConfigError> {
        let fresh = UNet::new(*self.model.config(), seed, &self.model.device())?;
        if whole {
            self.model = fresh;
        } else {
            self.model.take_head(fresh);
        }
        self.adam.forget(&mut self.model, |name| whole || UNet::is_head(name));
        Ok(())
    }

    /// Weight of a foreground pixel in the loss of the steps to come; see [`LossConfig`].
    pub fn set_foreground_weight(&mut self, weight: f32) {
        self.loss.foreground_weight = weight;
    }

    /// Goes on with more classes: see [`UNet::grown_to`]. The moments of the last layers start anew.
    pub fn grow_to(&mut self, fresh: UNet) {
        self.model = self.model.clone().grown_to(fresh);
        self.adam.forget(&mut self.model, UNet::is_head);
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Loss, with its graph, and share of pixels that are wrong, of those that are known.
    fn judge(&self, logits: Tensor<4>, masks: Tensor<4>) -> (Tensor<1>, Tensor<1>) {
        if self.model.config().classes == 1 {
            let loss = loss_from_logits(logits.clone(), masks.clone(), self.loss);
            let answer = logits.inner().greater_elem(0.0).float();
            if masks.dims()[3] == 1 {
                return (loss, (answer - masks).abs().mean());
            }
            let (mask, known) = (masks.clone().narrow(3, 0, 1), masks.narrow(3, 1, 1).clamp_max(1.0));
            let wrong = ((answer - mask).abs() * known.clone()).sum() / known.sum().clamp_min(1.0);
            return (loss, wrong);
        }
        let loss = loss_from_class_logits(logits.clone(), masks.clone(), self.loss, &self.class_weights);
        // Right where the label's logit is the largest; pixels without a label are in neither sum.
        let (logits, masks) = (logits.inner(), masks.clamp_max(1.0));
        let best = logits.clone().max_dim(3);
        let right = (logits.greater_equal(best).float() * masks.clone()).sum() / masks.sum().clamp_min(1.0);
        (loss, right.neg().add_scalar(1.0))
    }

    pub(in crate::train) fn adam(&self) -> &Adam {
        &self.adam
    }

    /// Goes on after `steps` steps with these moments; the weights are to be put into `model`.
    pub(in crate::train) fn restore(&mut self, steps: u32, adam_steps: u32, moments: Vec<(Tensor<1>, Tensor<1>)>) {
        self.steps = steps;
        self.adam.restore(adam_steps, moments);
    }

    /// One step. Gives a tensor `[2]` of loss and pixel accuracy, not read back.
    pub fn step(&mut self, batch: Batch) -> Tensor<1> {
        let tracked = self.model.tracked();
        let rate = self.model.config().dropout;
        let (device, seed, step) = (self.model.device(), self.seed, self.steps);
        let mut calls = 0u64;
        let mut dropout = |shape: [usize; 4]| {
            calls += 1;
            (rate > 0.0).then(|| dropout_mask(shape, rate, seed, (u64::from(step) << 8) | calls, &device))
        };
        let (logits, stats) = tracked.forward_train(batch.images, &mut dropout);
        let (loss, wrong) = self.judge(logits, batch.masks);
        let mut grads = loss.backward();
        self.adam.step(&mut self.model, tracked, &mut grads, self.lr);
        let momentum = if self.keras_momentum {
            0.99
        } else {
            // A mean over few batches early on: with .99 it takes ~460 steps to forget the start.
            (1.0 + step as f32) / (10.0 + step as f32)
        };
        self.model.blend_statistics(stats, momentum.min(0.99));
        self.steps += 1;
        Tensor::cat(vec![loss.inner(), wrong.neg().add_scalar(1.0)], 0)
    }
}

/// 0 with probability `rate`, else `1 / (1 - rate)`; the same for the same seed, step and call.
fn dropout_mask(shape: [usize; 4], rate: f32, seed: u32, stream: u64, device: &Device) -> Tensor<4> {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(seed) ^ 0x0D20_9007_0000_0000);
    rng.set_stream(stream);
    let cut = (f64::from(rate) * 4_294_967_296.0) as u64;
    let keep = 1.0 / (1.0 - rate);
    let values = (0..shape.iter().product())
        .map(|_| if u64::from(rng.next_u32()) < cut { 0.0 } else { keep })
        .collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, shape), device)
}
