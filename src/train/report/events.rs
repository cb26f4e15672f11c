//! What a session tells.

use serde::{Deserialize, Serialize};

pub use crate::values::{ImageScore, Metrics, Phase, PreviewItem, RunFigures, StepFigures, ValidationFigures};
use crate::{
    infer::InferError,
    model::ConfigError,
    train::health::watch::Failure,
    values::{self, CurvePoint},
};

/// Why a session ended, as saved runs write it: by other words than [`values::EndReason`], and never by a failed device.
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
    pub figures: RunFigures,
}

#[derive(Debug)]
pub enum SessionEvent {
    Phase(Phase),
    Step(StepFigures),
    Validation {
        figures: ValidationFigures,
        /// Every image that was looked at.
        images: Vec<ImageScore>,
        /// Of the held-back images (of the training ones where there are none); empty for several classes.
        curve: Vec<CurvePoint>,
    },
    Preview {
        step: u32,
        items: Vec<PreviewItem>,
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
