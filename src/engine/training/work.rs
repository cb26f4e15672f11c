//! How much work settings stand for, in multiply-adds: what the page estimates times by.

use super::settings::Split;
use crate::{
    engine::Engine,
    protocol::{Preset, TrainConfig},
    train::{Settings, forecast},
};

impl Engine {
    /// Multiply-adds of one validation.
    pub(super) fn validation_macs(&self, settings: &Settings, split: &Split) -> f64 {
        forecast::validation_macs(settings, &self.data.set, [&split.train, &split.validation])
    }

    /// Multiply-adds of a run of the classic preset on the present data.
    pub(super) fn classic_macs(&self) -> f64 {
        let (_, settings, split) = self.check(&TrainConfig::of(Preset::Classic));
        settings.map_or(0.0, |s| {
            f64::from(s.steps_total) * forecast::step_macs(&s)
                + f64::from(forecast::validations(&s)) * self.validation_macs(&s, &split)
        })
    }
}
