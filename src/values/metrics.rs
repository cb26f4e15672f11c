//! What is measured of weights.

use serde::{Deserialize, Deserializer, Serialize};

/// Metrics over whole images. A metric that is not defined (no such pixels) is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Metrics {
    /// Mean cross-entropy a labelled pixel.
    #[serde(deserialize_with = "number_or_nan")]
    pub loss: f64,
    pub accuracy: Option<f64>,
    /// Of the foreground; of several classes the mean over those that occur.
    pub iou: Option<f64>,
    pub f1: Option<f64>,
    /// By class; background and foreground where there are no others.
    pub class_iou: Vec<Option<f64>>,
    /// Probability from which on a pixel counts as foreground in all but the loss; `None` where there are several classes,
    /// and in runs saved before it was chosen, where it is 0.5.
    pub threshold: Option<f64>,
}

/// How one image came out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ImageScore {
    pub pair: u32,
    pub validation: bool,
    pub iou: Option<f64>,
    pub accuracy: Option<f64>,
}

/// Precision and recall of the pixels at or above a threshold; `None` where there are none to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct CurvePoint {
    pub threshold: f64,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
}

/// Where a model's probabilities are cut, and what was measured there, to six places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct OperatingPoint {
    /// The threshold with the largest IoU over the images it was chosen on.
    pub threshold: f64,
    /// Of the foreground, at the threshold.
    pub iou: Option<f64>,
    pub f1: Option<f64>,
    /// Chosen on images that were held back; on those trained on where there were none.
    pub held_out: bool,
    /// Precision and recall of the same images, thresholds ascending.
    pub curve: Vec<CurvePoint>,
    /// What the last layer's logits were mapped by, so that probabilities are shares; it is in the weights already. `None`:
    /// they are as they were trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<LogitMap>,
}

/// A straight line that logits are mapped by: `scale * logit + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct LogitMap {
    pub scale: f64,
    pub offset: f64,
}

impl LogitMap {
    /// Leaves logits as they are.
    pub const SAME: Self = Self {
        scale: 1.0,
        offset: 0.0,
    };

    pub fn of_logit(self, logit: f64) -> f64 {
        self.scale * logit + self.offset
    }
}

/// JSON has no NaN and writes it as null.
fn number_or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}
