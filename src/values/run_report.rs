//! What a run tells while it goes on, and at its end.

use serde::{Deserialize, Serialize};

use super::Metrics;

/// What a run is at.
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

/// How training goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct StepFigures {
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

/// A validation that was done, as the curve and saved runs hold it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ValidationFigures {
    pub step: u32,
    /// `None` if there is no validation set.
    pub validation: Option<Metrics>,
    /// The same over (at most 8 of) the training images.
    pub training: Metrics,
    /// These weights were the best so far.
    pub best: bool,
    pub best_step: u32,
    pub elapsed_ms: f64,
    /// Pixels with a label that the figures are of, on the images held back (on those trained on where there are none);
    /// runs from before labels were painted do not say.
    #[serde(default)]
    pub labelled_px: u64,
    /// Labels are painted, and too few of them are measured to rely on the figures.
    #[serde(default)]
    pub too_few_labels: bool,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RunFigures {
    pub steps: u32,
    pub epochs: f64,
    pub loss_first: f64,
    pub loss_last: f64,
    pub best_step: u32,
    /// Metrics of the best weights.
    pub validation: Option<Metrics>,
    pub training: Option<Metrics>,
    pub ms_per_step: f64,
    pub elapsed_ms: f64,
}

/// An image, or a crop of one, beside its truth and what the network says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
