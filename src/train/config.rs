//! A run's settings, and whether a run can be made of what a person set.

use super::run::optimizer::AdamConfig;
use crate::{
    data::{
        augment::Augmentation,
        batches::{SampleSpec, Sampling},
        held_back::HeldBack,
        preprocess::{CLASSIC_TILE_PX, Channels},
    },
    formats::raster::MAX_BANDS,
    model::{Architecture, LossConfig, ModelConfig},
    ops::scalar::cos,
    values::{
        BestBy, Calibration, FIELDS, FieldError, FieldErrorCode, ForegroundWeight, Group, NormStatistics, Schedule,
        TrainConfig, not_a_multiple,
    },
};

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
    pub adam: AdamConfig,
    /// Without the weight of the foreground, which the data decide.
    pub loss: LossConfig,
    pub foreground_weight: ForegroundWeight,
    pub augmentation: Augmentation,
    pub validate_every: u32,
    pub best_by: BestBy,
    pub seed: u32,
    pub val_share: f64,
    pub schedule: Schedule,
    /// Steps over which the rate climbs from 0.
    pub warmup_steps: u32,
    /// Validations without improvement after which the run stops; 0 = never.
    pub patience: u32,
    /// Weight of a pixel by its class, background first; empty = as `foreground_weight` says.
    pub class_weights: Vec<f32>,
    pub norm_statistics: NormStatistics,
    pub calibration: Calibration,
    /// Of a single image, in both lists of pairs then: the part that is measured and the parts that are trained on.
    pub held_back: Option<HeldBack>,
}

/// One cycle climbs over this part of a run, ...
const CLIMB_DIVISOR: u32 = 10;
/// ... but no longer than so many steps: what a climb is for is over by then.
const LONGEST_CLIMB: u32 = 500;
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
        let warmup_steps = match (self.schedule, self.warmup_steps) {
            (Schedule::OneCycle, 0) => (self.steps_total / CLIMB_DIVISOR).min(LONGEST_CLIMB),
            (_, chosen) => chosen,
        };
        if step < warmup_steps {
            return self.lr * f64::from(step + 1) / f64::from(warmup_steps + 1);
        }
        if !matches!(self.schedule, Schedule::Cosine | Schedule::OneCycle) {
            return self.lr;
        }
        let length = self.steps_total.saturating_sub(warmup_steps).max(1);
        let done = f64::from(step - warmup_steps) / f64::from(length);
        let cosine = 0.5 * (1.0 + cos(std::f64::consts::PI * done.min(1.0)));
        self.lr * (LAST_LR_SHARE + (1.0 - LAST_LR_SHARE) * cosine)
    }
}

/// Steps between two validations where nobody chose: about twelve in a run, none too close or too far.
pub fn usual_interval(steps_total: u32) -> u32 {
    (steps_total / 12).clamp(10, 250)
}

/// All that is wrong with the settings for a data set of `classes`, in the order of the form.
fn problems(config: &TrainConfig, classes: usize) -> Vec<FieldError> {
    let ignored = |name: &str, group: Group| match name {
        "depth" => config.architecture == Architecture::UnetSmall,
        "tile_px" => config.sampling == Sampling::Classic,
        _ => group == Group::Augment && config.augmentation != crate::values::Augmentation::Own,
    };
    let mut found = Vec::new();
    for field in FIELDS.iter().filter(|field| !ignored(field.name(), field.group())) {
        found.extend(field.problem(config));
        found.extend(match field.name() {
            "tile_px" if config.is_within("tile_px") => not_a_multiple("tile_px", config.tile_px, tile_unit(config)),
            "sampling" if config.sampling == Sampling::Classic && classes > 1 => {
                Some(FieldError::new("sampling", FieldErrorCode::NeedsBinaryMasks))
            }
            "bands" => bands_problem(config),
            "boundary_px" if config.sampling == Sampling::Classic && config.boundary_px > 0.0 => {
                Some(FieldError::new("boundary_px", FieldErrorCode::NotInClassic))
            }
            // Foreground and background are two, though the network has one output for them.
            "class_weights" if ![0, classes.max(2)].contains(&config.class_weights.len()) => {
                Some(FieldError::new("class_weights", FieldErrorCode::WrongCount).with_value(classes.max(2) as f64))
            }
            _ => None,
        });
    }
    found
}

/// What is wrong with the list of bands, whatever the images have.
fn bands_problem(config: &TrainConfig) -> Option<FieldError> {
    let bands = &config.bands;
    let twice = (1..bands.len()).find(|at| bands[..*at].contains(&bands[*at]));
    if bands.len() > MAX_BANDS {
        return Some(FieldError::new("bands", FieldErrorCode::TooManyBands).with_value(MAX_BANDS as f64));
    }
    if let Some(at) = twice {
        return Some(FieldError::new("bands", FieldErrorCode::SameBand).with_value(bands[at]));
    }
    let is_classic = !bands.is_empty() && config.sampling == Sampling::Classic;
    is_classic.then(|| FieldError::new("bands", FieldErrorCode::NotInClassic))
}

/// What a tile's side has to be a multiple of, pixels: each pooling halves it.
fn tile_unit(config: &TrainConfig) -> f64 {
    let poolings = match config.architecture {
        Architecture::UnetSmall => 2.0,
        _ if config.is_within("depth") => config.depth,
        _ => 2.0,
    };
    poolings.exp2()
}

impl Settings {
    /// Settings of a run on a data set of so many classes, 0 or 1 where labels are 0 and 1. `pass_steps` is how many steps
    /// one pass over the training pixels takes, given the tile and the batch.
    ///
    /// # Errors
    /// All fields that cannot be used.
    pub fn checked(
        config: &TrainConfig,
        classes: usize,
        pass_steps: impl FnOnce(usize, usize) -> u32,
    ) -> Result<Self, Vec<FieldError>> {
        let errors = problems(config, classes);
        if !errors.is_empty() {
            return Err(errors);
        }
        let small = config.architecture == Architecture::UnetSmall;
        let tile_px = match config.sampling {
            Sampling::Classic => CLASSIC_TILE_PX,
            _ => config.tile_px as usize,
        };
        let batch = config.batch as usize;
        let channels = Channels::of(config.channels, config.bands.len());
        let steps_per_epoch = match config.steps_per_epoch as u32 {
            0 => pass_steps(tile_px, batch).max(1),
            chosen => chosen,
        };
        let steps_total = match config.steps as u32 {
            0 => steps_per_epoch.saturating_mul(config.epochs as u32).min(10_000_000),
            chosen => chosen,
        };
        let warmup_steps = config.warmup_steps as u32;
        if warmup_steps >= steps_total {
            // The rate set would never be reached.
            let max = f64::from(steps_total.saturating_sub(1));
            return Err(vec![FieldError::out_of_range("warmup_steps", 0.0, max)]);
        }
        Ok(Settings {
            model: ModelConfig {
                architecture: config.architecture,
                base: config.base as usize,
                depth: config.poolings(),
                channels: channels.count(),
                head: config.head,
                dropout: if small { 0.0 } else { config.dropout as f32 },
                classes: classes.max(1),
            },
            channels,
            tile_px,
            sampling: config.sampling,
            batch,
            steps_total,
            steps_per_epoch,
            lr: config.lr,
            adam: config.into(),
            loss: config.into(),
            foreground_weight: config.foreground_weight,
            augmentation: config.into(),
            validate_every: match config.validate_every as u32 {
                0 => usual_interval(steps_total),
                chosen => chosen,
            },
            best_by: config.keep_best,
            seed: config.seed as u32,
            val_share: config.val_share,
            schedule: config.schedule,
            warmup_steps,
            patience: config.patience as u32,
            class_weights: config.class_weights.iter().map(|w| *w as f32).collect(),
            calibration: config.calibration,
            norm_statistics: config.norm_statistics,
            held_back: None,
        })
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
pub(super) mod tests;
