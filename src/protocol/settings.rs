//! The settings of a run and what can be wrong with them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The classic pipeline, Keras-exact; people see it as "Classic".
    Seed,
    Balanced,
    Fast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    UnetNorm,
    Unet,
    UnetSmall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    Grey,
    Rgb,
}

/// How training tiles are cut from images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Random crops of `tile_px` at native resolution.
    Crop,
    /// The whole image resized (nearest) to one tile of `tile_px`.
    Resize,
    /// The seed's: top-left 512x512, zero padded, every second pixel to 256x256.
    Seed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Augmentation {
    Off,
    Seed,
    Strong,
    /// By the ranges of [`TrainConfig`].
    Own,
}

/// Which of the eight poses of a square a tile may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Poses {
    /// As it lies.
    #[default]
    One,
    /// Mirrored left to right or not.
    Mirrored,
    /// Quarter turns and mirrors.
    Eight,
}

/// How far an augmentation goes, either way; the fields are those of [`TrainConfig`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct AugmentRanges {
    pub turn_deg: f64,
    pub shift_share: f64,
    pub shear_deg: f64,
    pub zoom_share: f64,
    pub brightness: f64,
    pub contrast: f64,
    pub poses: Poses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    Bce,
    BceDice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ForegroundWeight {
    Off,
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum KeepBest {
    ValidationIou,
    TrainingLoss,
}

/// How pairs are divided into training and validation, where no names are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ValBy {
    /// At random.
    Share,
    /// Tiles that touch, by the numbers in their names, stay on one side.
    Place,
}

/// How the learning rate goes over a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    Constant,
    /// Down to a twentieth along half a cosine.
    Cosine,
    /// Halved whenever three validations brought nothing better.
    Plateau,
}

/// How fast the running statistics of batch normalisation follow the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum NormStatistics {
    /// Momentum .99 from the first step on.
    Keras,
    Adaptive,
}

/// All settings of a run. Numbers arrive as the page typed them and are checked in Rust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct TrainConfig {
    pub preset: Preset,
    pub architecture: Architecture,
    /// Filters of the first level, 4 to 64, a multiple of 4.
    pub base: f64,
    /// Number of poolings, 2 to 5 (`unet_small` is always 2).
    pub depth: f64,
    pub channels: Channels,
    /// Side of a square training tile in pixels, a multiple of `2^depth`, 32 to 1024.
    pub tile_px: f64,
    pub sampling: Sampling,
    /// Tiles per step, 1 to 64.
    pub batch: f64,
    pub epochs: f64,
    /// Steps of one epoch; 0 = as many as one pass over the training pixels takes.
    pub steps_per_epoch: f64,
    /// Total steps; 0 = `epochs * steps_per_epoch`.
    pub steps: f64,
    pub lr: f64,
    pub loss: Loss,
    pub foreground_weight: ForegroundWeight,
    pub augmentation: Augmentation,
    /// The largest turn either way, 0 to 180. This field and those to `poses` count where `augmentation` is `own`; runs
    /// saved by versions that had none of them read as 0.
    #[serde(default)]
    pub turn_deg: f64,
    /// Largest shift along an axis, of the tile's side, 0 to 0.5.
    #[serde(default)]
    pub shift_share: f64,
    /// 0 to 45.
    #[serde(default)]
    pub shear_deg: f64,
    /// 0.25: from 1 / 1.25 to 1.25 times the size; 0 to 1.
    #[serde(default)]
    pub zoom_share: f64,
    /// Most that values of 0 to 1 rise or fall, 0 to 0.5.
    #[serde(default)]
    pub brightness: f64,
    /// Share by which differences from mid-grey grow or shrink, 0 to 0.9.
    #[serde(default)]
    pub contrast: f64,
    #[serde(default)]
    pub poses: Poses,
    pub dropout: f64,
    /// Share of pairs held back for validation, 0 to 0.9. Ignored if `val_names` is not empty.
    pub val_share: f64,
    pub val_by: ValBy,
    /// Image file names (with or without folder) that make up the validation set.
    pub val_names: Vec<String>,
    /// Validate every so many steps; 0 = chosen from the run's length.
    pub validate_every: f64,
    pub keep_best: KeepBest,
    /// Validations without improvement after which the run stops; 0 = never.
    pub patience: f64,
    pub schedule: Schedule,
    /// Steps over which the rate climbs from 0.
    pub warmup_steps: f64,
    /// Largest norm of all gradients together; 0 = any.
    pub clip_norm: f64,
    /// Weight of a pixel by its class, background first; empty = as `foreground_weight` says.
    pub class_weights: Vec<f64>,
    pub norm_statistics: NormStatistics,
    /// Seed of split, initial weights, crops, augmentation and dropout; a whole number below 2^32.
    pub seed: f64,
    /// What the foreground is ("building"), for files and their names; empty: as the data suggest
    /// ([`super::Dataset::suggested_class`]). Runs saved before it have none.
    #[serde(default)]
    pub class_name: String,
}

/// A setting that cannot be used, for the message at its field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FieldError {
    /// Name of the [`TrainConfig`] field.
    pub field: String,
    pub code: FieldErrorCode,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// The multiple asked for, or another number the sentence needs.
    pub value: Option<f64>,
    /// A name the sentence needs (an unknown validation file, say).
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FieldErrorCode {
    NotANumber,
    NotWhole,
    OutOfRange,
    NotAMultiple,
    /// A name in `val_names` matches no pair.
    UnknownName,
    /// No pair is left for training.
    NoTrainingPairs,
    /// The device has no room for this model, tile and batch; `value` is a width that fits, if one does.
    DoesNotFit,
    /// The seed's pipeline knows foreground and background only.
    NeedsBinaryMasks,
    /// A list must have as many entries as there are classes. value: how many
    WrongCount,
    /// `val_by` place: no image name holds the numbers of a tile.
    NoPlaces,
}
