//! What a session tells.

use serde::{Deserialize, Serialize};

pub use crate::values::{ImageScore, Metrics};
use crate::{
    infer::InferError,
    model::ConfigError,
    train::health::watch::Failure,
    values::{self, CurvePoint},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionPhase {
    Compiling,
    Training,
    Validating,
}

/// A validation that was done, for the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationEvent {
    pub step: u32,
    /// `None` if there is no validation set.
    pub validation: Option<Metrics>,
    pub training: Metrics,
    /// These weights were the best so far.
    pub best: bool,
    pub best_step: u32,
    pub elapsed_ms: f64,
    /// Every image that was looked at; not kept for the curve.
    #[serde(skip)]
    pub images: Vec<ImageScore>,
    /// Of the held-back images (of the training ones where there are none); empty for several classes, not kept either.
    #[serde(skip)]
    pub curve: Vec<CurvePoint>,
    /// Pixels with a label that the figures are of; runs from before labels were painted do not say.
    #[serde(default)]
    pub labelled_px: u64,
    /// Labels are painted, and too few of them are measured to rely on the figures.
    #[serde(default)]
    pub too_few_labels: bool,
}

#[derive(Debug, Clone)]
pub struct StepEvent {
    pub step: u32,
    pub epoch: u32,
    pub loss: f64,
    pub accuracy: f64,
    pub images_per_s: f64,
    pub ms_per_step: f64,
    pub elapsed_ms: f64,
    pub left_ms: Option<f64>,
}

#[derive(Debug, Clone)]
pub struct Preview {
    pub pair: usize,
    pub validation: bool,
    /// Column and row of the image that a crop begins with; `None` = the whole image.
    pub corner: Option<[u32; 2]>,
    pub width: usize,
    pub height: usize,
    pub iou: Option<f64>,
    /// As in [`Metrics`].
    pub threshold: Option<f64>,
    pub rgba: Vec<u8>,
    /// 0 or 255, or class numbers.
    pub truth: Vec<u8>,
    /// 0 to 255, or class numbers.
    pub probability: Vec<u8>,
}

/// Why a session ended, as saved runs write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    Finished,
    Stopped,
    /// The validation did not improve for as long as was allowed.
    EarlyStopped,
    /// The run was ended because it could not go on well; the last good weights are kept.
    Ill(Failure),
}

impl From<EndReason> for values::EndReason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Finished => values::EndReason::Finished,
            EndReason::Stopped => values::EndReason::Stopped,
            EndReason::EarlyStopped => values::EndReason::EarlyStopped,
            EndReason::Ill(Failure::NotFinite) => values::EndReason::NotFinite,
            EndReason::Ill(Failure::Diverged) => values::EndReason::Diverged,
            EndReason::Ill(Failure::DeadOutput) => values::EndReason::DeadOutput,
            EndReason::Ill(Failure::Constant) => values::EndReason::Constant,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Ended {
    pub reason: EndReason,
    pub steps: u32,
    pub epochs: f64,
    pub loss_first: f64,
    pub loss_last: f64,
    pub best_step: u32,
    pub validation: Option<Metrics>,
    pub training: Option<Metrics>,
    pub ms_per_step: f64,
    pub elapsed_ms: f64,
}

#[derive(Debug)]
pub enum SessionEvent {
    Phase(SessionPhase),
    Step(StepEvent),
    Validation(ValidationEvent),
    Preview {
        step: u32,
        items: Vec<Preview>,
    },
    /// The output did not depend on the image; this many sets of fresh weights were tried, the last from `seed`.
    Reinitialized {
        step: u32,
        tries: u32,
        seed: u32,
    },
    Ended(Ended),
}

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Infer(#[from] InferError),
    #[error("reading the loss from the device failed: {0}")]
    Read(String),
}
