//! A run's settings.

use crate::{
    data::{
        augment::Augmentation,
        batches::{SampleSpec, Sampling},
        held_back::HeldBack,
        preprocess::Channels,
    },
    model::{Architecture, LossKind, ModelConfig},
};

/// Which weights a run ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepBest {
    ValidationIou,
    TrainingLoss,
}

/// How the learning rate goes over a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    Constant,
    /// Down to a twentieth along half a cosine.
    Cosine,
    /// Halved whenever validation has not improved for a while.
    Plateau,
}

/// How fast the running statistics of batch normalisation follow the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormStatistics {
    /// Momentum .99 from the first step on, as Keras has it: some 460 steps to forget the start.
    Keras,
    /// A mean over few batches at first, .99 in the end.
    Adaptive,
}

/// Settings as a person gives them: any number may be anything.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSettings {
    pub architecture: Architecture,
    pub base: f64,
    pub depth: f64,
    pub channels: Channels,
    pub tile_px: f64,
    pub sampling: Sampling,
    pub batch: f64,
    pub epochs: f64,
    pub steps_per_epoch: f64,
    pub steps: f64,
    pub lr: f64,
    pub loss: LossKind,
    pub weigh_foreground: bool,
    pub augmentation: Augmentation,
    pub dropout: f64,
    pub validate_every: f64,
    pub keep_best: KeepBest,
    pub seed: f64,
    pub val_share: f64,
    pub schedule: Schedule,
    pub warmup_steps: f64,
    pub patience: f64,
    pub clip_norm: f64,
    pub class_weights: Vec<f64>,
    pub norm_statistics: NormStatistics,
    /// Classes of the data set; 1 where labels are 0 and 1.
    pub classes: usize,
}

/// Settings a run can be made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub model: ModelConfig,
    pub channels: Channels,
    pub tile_px: usize,
    pub sampling: Sampling,
    pub batch: usize,
    pub steps_total: u32,
    pub steps_per_epoch: u32,
    pub lr: f64,
    pub loss: LossKind,
    pub weigh_foreground: bool,
    pub augmentation: Augmentation,
    pub validate_every: u32,
    pub keep_best: KeepBest,
    pub seed: u32,
    pub val_share: f64,
    pub schedule: Schedule,
    /// Steps over which the rate climbs from 0.
    pub warmup_steps: u32,
    /// Validations without improvement after which the run stops; 0 = never.
    pub patience: u32,
    /// Largest norm of all gradients together; 0 = any.
    pub clip_norm: f64,
    /// Weight of a pixel by its class, background first; empty = as `weigh_foreground` says.
    pub class_weights: Vec<f32>,
    pub norm_statistics: NormStatistics,
    /// Of a single image, in both lists of pairs then: the part that is measured and the parts that are trained on.
    pub held_back: Option<HeldBack>,
}

/// Share of the learning rate that a cosine leaves at the end of a run.
const LAST_LR_SHARE: f64 = 0.05;

impl Settings {
    /// How samples are cut and augmented.
    pub fn samples(&self) -> SampleSpec {
        SampleSpec {
            sampling: self.sampling,
            channels: self.channels,
            tile_px: self.tile_px,
            augmentation: self.augmentation,
            seed: self.seed,
            held_back: self.held_back,
        }
    }

    /// Learning rate of `step` (from 0) by the schedule, plateaus left aside. The cosine goes from `lr` down to a
    /// twentieth, which ends the last steps' jumping about (validation IoU moved by 0.05 from one check to the next without).
    pub fn lr_at(&self, step: u32) -> f64 {
        if step < self.warmup_steps {
            return self.lr * f64::from(step + 1) / f64::from(self.warmup_steps + 1);
        }
        if self.schedule != Schedule::Cosine {
            return self.lr;
        }
        let length = self.steps_total.saturating_sub(self.warmup_steps).max(1);
        let done = f64::from(step - self.warmup_steps) / f64::from(length);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos());
        self.lr * (LAST_LR_SHARE + (1.0 - LAST_LR_SHARE) * cosine)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Settings that can be used.
    pub(in crate::train) fn good() -> RawSettings {
        RawSettings {
            architecture: Architecture::UnetNorm,
            base: 8.0,
            depth: 4.0,
            channels: Channels::Rgb,
            tile_px: 128.0,
            sampling: Sampling::Crop,
            batch: 4.0,
            epochs: 3.0,
            steps_per_epoch: 0.0,
            steps: 0.0,
            lr: 1e-3,
            loss: LossKind::BceDice,
            weigh_foreground: true,
            augmentation: Augmentation::Strong,
            dropout: 0.0,
            validate_every: 0.0,
            keep_best: KeepBest::ValidationIou,
            seed: 1.0,
            val_share: 0.2,
            schedule: Schedule::Cosine,
            warmup_steps: 0.0,
            patience: 0.0,
            clip_norm: 0.0,
            class_weights: Vec::new(),
            norm_statistics: NormStatistics::Adaptive,
            classes: 1,
        }
    }

    #[test]
    fn the_rate_follows_its_schedule() {
        let settings = RawSettings { steps: 100.0, ..good() }.check(|_, _| 20).expect("usable");
        assert_eq!(settings.lr_at(0), 1e-3);
        assert!((settings.lr_at(50) / 1e-3 - 0.525).abs() < 1e-9);
        assert!((settings.lr_at(100) / 1e-3 - 0.05).abs() < 1e-9);
        let constant = RawSettings {
            schedule: Schedule::Constant,
            ..good()
        }
        .check(|_, _| 20)
        .expect("usable");
        assert_eq!(constant.lr_at(59), 1e-3);
        let warm = RawSettings {
            steps: 100.0,
            warmup_steps: 9.0,
            ..good()
        }
        .check(|_, _| 20)
        .expect("usable");
        assert!((warm.lr_at(0) / 1e-3 - 0.1).abs() < 1e-9);
        assert!((warm.lr_at(8) / 1e-3 - 0.9).abs() < 1e-9);
        assert_eq!(warm.lr_at(9), 1e-3);
        assert!((warm.lr_at(100) / 1e-3 - 0.05).abs() < 1e-9);
    }
}
