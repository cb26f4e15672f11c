//! What the page shows of runs, models and results.

use serde::{Deserialize, Serialize};

use super::{
    Architecture, AugmentRanges, Band, Channels, ClassInfo, CurvePoint, EndReason, FieldError, Head, ImageScore,
    Metrics, OperatingPoint, PictureOf, RangeChoice, ResultPlace, RunFigures, Sampling, StepFigures, TrainConfig,
    ValidationFigures,
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
    pub held_back: Option<HeldBackInfo>,
    /// What the chosen augmentation draws from.
    pub augment: AugmentRanges,
}

/// A part of an image that is measured and not trained on, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct HeldBackInfo {
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

/// [`StepFigures`] of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct StepReport {
    pub run_id: u32,
    #[serde(flatten)]
    pub figures: StepFigures,
}

/// [`ValidationFigures`] of a run, and what is told of the newest validation alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ValidationReport {
    pub run_id: u32,
    #[serde(flatten)]
    pub figures: ValidationFigures,
    /// Every image that was looked at.
    pub images: Vec<ImageScore>,
    /// Precision and recall by threshold, of the held-back images (of the training ones where there are none); empty for
    /// several classes.
    pub curve: Vec<CurvePoint>,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RunEnd {
    pub run_id: u32,
    pub reason: EndReason,
    #[serde(flatten)]
    pub figures: RunFigures,
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
    /// Bands of its images that it sees, in this order; empty: as `channels` says.
    pub bands: Vec<Band>,
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

#[cfg(test)]
mod tests {
    use super::{super::Event, *};

    /// The page reads the figures from the event itself.
    #[test]
    fn figures_lie_beside_the_number_of_the_run() {
        let figures = StepFigures {
            step: 7,
            steps_total: 20,
            epoch: 2,
            loss: 0.5,
            accuracy: 0.75,
            images_per_s: 8.0,
            ms_per_step: 125.0,
            elapsed_ms: 900.0,
            left_ms: None,
        };
        let event = Event::Step(StepReport { run_id: 3, figures });
        let json = serde_json::to_value(&event).expect("written");
        assert_eq!(
            json,
            serde_json::json!({
                "type": "step", "run_id": 3, "step": 7, "steps_total": 20, "epoch": 2, "loss": 0.5, "accuracy": 0.75,
                "images_per_s": 8.0, "ms_per_step": 125.0, "elapsed_ms": 900.0, "left_ms": null,
            })
        );
        let back: Event = serde_json::from_value(json).expect("read");
        assert!(matches!(back, Event::Step(report) if report.run_id == 3 && report.figures.step == 7));
    }
}
