//! What the page shows of runs, models and results.

use serde::{Deserialize, Serialize};

use super::{
    Architecture, AugmentRanges, Channels, ClassInfo, CurvePoint, EndReason, FieldError, Head, ImageScore, Metrics,
    OperatingPoint, PictureOf, RangeChoice, ResultPlace, Sampling, TrainConfig,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ConfigReport {
    pub config: TrainConfig,
    /// Empty = it can start.
    pub errors: Vec<FieldError>,
    pub parameters: f64,
    /// Estimated bytes for weights, optimizer state and activations.
    pub memory_bytes: f64,
    /// Multiply-adds of one training step (forward and backward).
    pub step_macs: f64,
    pub steps_total: f64,
    /// Validations of the whole run, that of its end included.
    #[serde(default)]
    pub validations: f64,
    /// Multiply-adds of one validation (forward alone).
    #[serde(default)]
    pub validation_macs: f64,
    /// Multiply-adds of a whole run of the classic preset on these data, for comparison; 0 where it cannot run.
    #[serde(default)]
    pub classic_macs: f64,
    pub train_pairs: u32,
    pub validation_pairs: u32,
    /// Places the pairs were divided by, 0 if they were not.
    pub places: u32,
    /// The part of the only image that is held back; that image then counts on both sides.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
    /// What the chosen augmentation draws from.
    pub augment: AugmentRanges,
}

/// A part of an image that is measured and not trained on, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct HeldBack {
    pub pair: u32,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    /// North is known to be up.
    pub north_up: bool,
    /// Of the image's pixels, 0 to 1.
    pub share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// First step: shaders are being compiled, buffers allocated.
    Compiling,
    Training,
    Validating,
    Paused,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct StepReport {
    pub run_id: u32,
    /// Steps done, from 1.
    pub step: u32,
    pub steps_total: u32,
    pub epoch: u32,
    /// Mean training loss since the last report.
    pub loss: f64,
    /// Pixel accuracy of the training batch at 0.5.
    pub accuracy: f64,
    pub images_per_s: f64,
    /// Median of the recent steps.
    pub ms_per_step: f64,
    pub elapsed_ms: f64,
    /// Time left with the validations to come; `None` until five steps were measured.
    pub left_ms: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ValidationReport {
    pub run_id: u32,
    pub step: u32,
    /// `None` if there is no validation set.
    pub validation: Option<Metrics>,
    /// The same over (at most 8 of) the training images.
    pub training: Metrics,
    pub best: bool,
    pub best_step: u32,
    pub elapsed_ms: f64,
    /// Every image that was looked at.
    pub images: Vec<ImageScore>,
    /// Precision and recall by threshold, of the held-back images (of the training ones where there are none); empty for
    /// several classes.
    pub curve: Vec<CurvePoint>,
    /// Pixels with a label that the figures are of, on the images held back (on those trained on where there are none).
    #[serde(default)]
    pub labelled_px: f64,
    /// Labels are painted, and too few of them are measured to rely on the figures.
    #[serde(default)]
    pub too_few_labels: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PreviewItem {
    pub pair: u32,
    pub name: String,
    /// From the validation set (else from the training set).
    pub validation: bool,
    /// Column and row of the image that the crop begins with, where it is one; `None` = all of the image.
    #[serde(default)]
    pub corner: Option<[u32; 2]>,
    pub width: u32,
    pub height: u32,
    pub iou: Option<f64>,
    /// As in [`Metrics`].
    pub threshold: Option<f64>,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub rgba: Vec<u8>,
    /// 0 or 255, or class numbers (255 = not labelled) where the run has classes.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub truth: Vec<u8>,
    /// Probability, 0 to 255, or class numbers.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub probability: Vec<u8>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RunEnd {
    pub run_id: u32,
    pub reason: EndReason,
    pub steps: u32,
    pub epochs: f64,
    pub loss_first: f64,
    pub loss_last: f64,
    pub best_step: u32,
    /// Metrics of the weights kept.
    pub validation: Option<Metrics>,
    pub training: Option<Metrics>,
    pub ms_per_step: f64,
    pub elapsed_ms: f64,
    /// What would help, where the run ended ill.
    pub retry: Option<Retry>,
}

/// Settings to try instead, and what was changed in them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Retry {
    pub advice: Advice,
    pub config: TrainConfig,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// A tenth of the learning rate, gradients clipped.
    LowerRate,
    /// The network with batch normalisation.
    BatchNorm,
    /// Dice beside cross-entropy, rare classes weighted.
    Balance,
}

/// What people want to know of a model beside its network. What is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(default)]
pub struct ModelAbout {
    /// What it is called, and its file without ending: `buildings-camp_ortho-iou90-2026-11-29`.
    pub name: String,
    /// What the foreground is ("building").
    pub class_name: String,
    /// The image or the folder it was trained on.
    pub scene: String,
    /// Longitude and latitude of the middle of a placed image it was trained on, degrees.
    pub middle: Option<[f64; 2]>,
    /// Day its training ended, `2026-11-29`.
    pub date: String,
    /// Pairs it was trained on, and those that were held back.
    pub train_pairs: u32,
    pub validation_pairs: u32,
    /// IoU of the weights, over the pairs held back; over (some of) those trained on where none were.
    pub iou: Option<f64>,
    /// Half of what the smallest objects it was trained on measure, pixels of its training images: outlines of less are
    /// hardly one of them.
    pub least_object_px: Option<f64>,
    /// A part of the only image was held back, which is counted on both sides.
    pub held_back_part: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ModelInfo {
    pub architecture: Architecture,
    pub base: u32,
    pub depth: u32,
    pub head: Head,
    pub channels: Channels,
    pub sampling: Sampling,
    pub tile_px: u32,
    pub parameters: u32,
    /// Steps its weights were trained for: those of the best validation, not of the whole run.
    pub steps: u32,
    pub name: String,
    /// Empty for foreground and background.
    pub classes: Vec<ClassInfo>,
    /// Ground resolution of what it was trained on, metres a pixel, where that is known.
    pub pixel_m: Option<f64>,
    /// How it sees numbers of more than 8 bits.
    pub ranges: RangeChoice,
    /// The same in metres of the map, as an ONNX file for QGIS says it; `None` where the map is in degrees or feet.
    pub map_pixel_m: Option<f64>,
    /// `None` for several classes and where nothing chose one: then it is 0.5.
    pub operating_point: Option<OperatingPoint>,
    /// What it is of.
    #[serde(default)]
    pub about: ModelAbout,
}

/// What an image was seen at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct GroundResolution {
    /// Of the image, metres a pixel.
    pub image_m: f64,
    /// Of what the model was trained on, metres a pixel.
    pub model_m: f64,
    /// The image was resampled to the model's resolution, and the result back.
    pub resampled: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PredictionResult {
    /// Number of this result, for `export` and file names.
    pub result: u32,
    pub name: String,
    /// A validation pair of the data set (with truth), else an input.
    pub pair: Option<u32>,
    pub input: Option<u32>,
    /// Where its outlines would lie.
    #[serde(default)]
    pub place: ResultPlace,
    pub width: u32,
    pub height: u32,
    /// Where the pair has a mask.
    pub metrics: Option<Metrics>,
    /// Where both resolutions are known and differ.
    pub resolution: Option<GroundResolution>,
    /// Picture for the page, at most 1024 px on its longer side; the three below share its size.
    pub view_width: u32,
    pub view_height: u32,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub rgba: Vec<u8>,
    /// Probability, 0 to 255, or class numbers.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub probability: Vec<u8>,
    /// 0 or 255, or class numbers; empty where there is no truth.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub truth: Vec<u8>,
    pub elapsed_ms: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Picture {
    pub of: PictureOf,
    pub index: u32,
    pub width: u32,
    pub height: u32,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub rgba: Vec<u8>,
    /// 0 or 255, or class numbers; empty for inputs.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub mask: Vec<u8>,
}
