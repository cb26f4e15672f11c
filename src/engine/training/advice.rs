//! What would help a run that ended ill.

use crate::{
    protocol::{Advice, Architecture, ForegroundWeight, Loss, Retry, TrainConfig},
    train::Failure,
};

/// Smallest learning rate a setting may have.
const LEAST_LR: f64 = 1e-8;

/// The settings with the one change that is most likely to help.
pub(super) fn retry(failure: Failure, config: &TrainConfig) -> Retry {
    let normed = config.architecture == Architecture::UnetNorm;
    let balanced = config.loss == Loss::BceDice
        && (config.foreground_weight == ForegroundWeight::Auto || !config.class_weights.is_empty());
    let advice = match failure {
        Failure::NotFinite | Failure::Diverged => Advice::LowerRate,
        Failure::Constant if !balanced => Advice::Balance,
        Failure::Constant | Failure::DeadOutput if !normed => Advice::BatchNorm,
        Failure::Constant | Failure::DeadOutput => Advice::LowerRate,
    };
    let mut config = config.clone();
    match advice {
        Advice::LowerRate => {
            config.lr = (config.lr / 10.0).max(LEAST_LR);
            config.clip_norm = if config.clip_norm > 0.0 {
                config.clip_norm.min(1.0)
            } else {
                1.0
            };
        }
        Advice::BatchNorm => {
            config.architecture = Architecture::UnetNorm;
            // The small network's tiles may be too odd for the deeper one.
            let unit = config.depth.exp2();
            config.tile_px = (config.tile_px / unit).ceil() * unit;
        }
        Advice::Balance => {
            config.loss = Loss::BceDice;
            if config.class_weights.is_empty() {
                config.foreground_weight = ForegroundWeight::Auto;
            }
        }
    }
    Retry { advice, config }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Preset;

    #[test]
    fn each_failure_has_a_change_that_differs() {
        for preset in [Preset::Classic, Preset::Balanced, Preset::Fast] {
            let config = TrainConfig::of(preset);
            for failure in [
                Failure::NotFinite,
                Failure::Diverged,
                Failure::DeadOutput,
                Failure::Constant,
            ] {
                let retry = retry(failure, &config);
                assert_ne!(retry.config, config, "{preset:?} {failure:?}");
            }
        }
        let classic = TrainConfig::of(Preset::Classic);
        assert_eq!(retry(Failure::Constant, &classic).advice, Advice::Balance);
        let plain = TrainConfig {
            architecture: Architecture::Unet,
            ..classic
        };
        assert_eq!(retry(Failure::DeadOutput, &plain).advice, Advice::BatchNorm);
        let lower = retry(Failure::Diverged, &plain).config;
        assert!((lower.lr / plain.lr - 0.1).abs() < 1e-9);
        assert_eq!(lower.clip_norm, 1.0);
        let clipped = TrainConfig {
            clip_norm: 0.2,
            ..plain.clone()
        };
        assert_eq!(retry(Failure::Diverged, &clipped).config.clip_norm, 0.2);
        let small = TrainConfig {
            architecture: Architecture::UnetSmall,
            tile_px: 100.0,
            ..plain
        };
        assert_eq!(retry(Failure::DeadOutput, &small).config.tile_px, 112.0);
    }
}
