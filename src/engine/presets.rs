//! What a preset stands for.

use super::convert;
use crate::{
    data::augment::Ranges,
    protocol::{
        Architecture, Augmentation, Channels, ForegroundWeight, KeepBest, Loss, NormStatistics, Preset, Sampling,
        Schedule, TrainConfig, ValBy,
    },
};

/// The settings of a preset.
///
/// `Seed` is the classic pipeline (seed-system.md): `unetNorm` at width 64 on grey 256x256 tiles,
/// BCE, Adam 1e-4, batch 2, 50 steps an epoch, no validation, the weights of the lowest training
/// loss. Its 1000 epochs are 30 here; the field takes what one likes.
pub fn config(preset: Preset) -> TrainConfig {
    let strong = convert::augment_ranges_out(Ranges::STRONG);
    let balanced = TrainConfig {
        preset,
        architecture: Architecture::UnetNorm,
        base: 16.0,
        depth: 4.0,
        channels: Channels::Rgb,
        tile_px: 128.0,
        sampling: Sampling::Crop,
        batch: 4.0,
        epochs: 30.0,
        steps_per_epoch: 0.0,
        steps: 0.0,
        lr: 1e-3,
        loss: Loss::BceDice,
        foreground_weight: ForegroundWeight::Auto,
        augmentation: Augmentation::Strong,
        // Where one's own begin.
        turn_deg: strong.turn_deg,
        shift_share: strong.shift_share,
        shear_deg: strong.shear_deg,
        zoom_share: strong.zoom_share,
        brightness: strong.brightness,
        contrast: strong.contrast,
        poses: strong.poses,
        dropout: 0.0,
        val_share: 0.2,
        val_by: ValBy::Share,
        val_names: Vec::new(),
        validate_every: 0.0,
        keep_best: KeepBest::ValidationIou,
        patience: 0.0,
        schedule: Schedule::Cosine,
        warmup_steps: 0.0,
        clip_norm: 0.0,
        class_weights: Vec::new(),
        norm_statistics: NormStatistics::Adaptive,
        seed: 1.0,
        class_name: String::new(),
    };
    match preset {
        Preset::Balanced => balanced,
        Preset::Fast => TrainConfig { base: 8.0, ..balanced },
        Preset::Seed => TrainConfig {
            base: 64.0,
            channels: Channels::Grey,
            tile_px: 256.0,
            sampling: Sampling::Seed,
            batch: 2.0,
            steps_per_epoch: 50.0,
            lr: 1e-4,
            loss: Loss::Bce,
            foreground_weight: ForegroundWeight::Off,
            augmentation: Augmentation::Seed,
            dropout: 0.5,
            val_share: 0.0,
            validate_every: 50.0,
            keep_best: KeepBest::TrainingLoss,
            schedule: Schedule::Constant,
            norm_statistics: NormStatistics::Keras,
            ..balanced
        },
    }
}
