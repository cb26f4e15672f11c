//! What a preset stands for.

use super::{
    Augmentation, BestBy, Calibration, Channels, ForegroundWeight, Head, Loss, NormStatistics, Preset, Sampling,
    Schedule, TrainConfig,
};

impl TrainConfig {
    /// The settings of a preset.
    ///
    /// `Classic` is the classic pipeline: `unetNorm` at width 64 on grey 256x256 tiles, BCE, Adam 1e-4, batch 2, 50 steps an
    /// epoch, no validation, the weights of the lowest training loss. Its 1000 epochs are 30 here; the field takes what
    /// one likes.
    pub fn of(preset: Preset) -> Self {
        let usual = TrainConfig {
            preset,
            ..TrainConfig::default()
        };
        match preset {
            Preset::Balanced => usual,
            Preset::Fast => TrainConfig { base: 8.0, ..usual },
            Preset::Classic => TrainConfig {
                base: 64.0,
                head: Head::TwoChannels,
                channels: Channels::Grey,
                tile_px: 256.0,
                sampling: Sampling::Classic,
                batch: 2.0,
                steps_per_epoch: 50.0,
                lr: 1e-4,
                loss: Loss::Bce,
                foreground_weight: ForegroundWeight::Off,
                augmentation: Augmentation::Classic,
                dropout: 0.5,
                val_share: 0.0,
                validate_every: 50.0,
                keep_best: BestBy::TrainingLoss,
                schedule: Schedule::Constant,
                norm_statistics: NormStatistics::Keras,
                calibration: Calibration::Off,
                ..usual
            },
        }
    }
}
