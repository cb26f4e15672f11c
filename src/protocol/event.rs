//! Engine -> page.

use serde::{Deserialize, Serialize};

use super::*;

/// Something the page should show. Events of a run carry its id; the page drops those of another.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    Device(DeviceInfo),
    /// A file was read (or refused); `done` counts both.
    Reading {
        purpose: Purpose,
        done: u32,
        path: String,
    },
    Dataset(Dataset),
    /// The findings of the data set as last reported, once all of it was looked at.
    Findings {
        findings: Vec<Finding>,
    },
    Inputs {
        inputs: Vec<Input>,
        /// They lie beside each other on one grid of pixels, and can be predicted as one map.
        #[serde(default)]
        mosaic: Option<MosaicInfo>,
    },
    /// Some file has more than three bands, so there is a choice, or bands were chosen that are no picture. `shown`: as in [`Command::SetBands`].
    Bands {
        most: u32,
        shown: Vec<u32>,
        /// Bands that all images to train on have; 0 where there are none.
        #[serde(default)]
        common: u32,
        /// What the file with the most calls them; empty where it says nothing.
        #[serde(default)]
        names: Vec<String>,
    },
    Config(ConfigReport),
    /// None where the settings cannot be used or there is nothing to train on.
    Tiles {
        row: u32,
        tiles: Vec<TrainTile>,
    },
    RunStarted {
        run_id: u32,
        config: TrainConfig,
        train: Vec<u32>,
        /// A single image of which a part is held back is in both lists.
        validation: Vec<u32>,
        steps_total: u32,
        steps_per_epoch: u32,
        parameters: u32,
        /// Empty for foreground and background.
        classes: Vec<ClassInfo>,
        /// It began with the weights of the model that was there.
        continued: bool,
    },
    /// Follows `run_started` where a saved run goes on: what was before.
    RunResumed {
        run_id: u32,
        /// Steps done.
        step: u32,
        /// Step and mean loss up to it since the point before.
        losses: Vec<[f64; 2]>,
        validations: Vec<ValidationReport>,
        elapsed_ms: f64,
    },
    Phase {
        run_id: u32,
        phase: Phase,
    },
    Step(StepReport),
    Validation(ValidationReport),
    Preview {
        run_id: u32,
        step: u32,
        items: Vec<PreviewItem>,
    },
    /// The output did not depend on the image; `tries` sets of fresh weights were drawn, the last from `seed`.
    #[serde(rename = "mended")]
    Reinitialized {
        run_id: u32,
        step: u32,
        tries: u32,
        seed: u32,
    },
    RunEnded(RunEnd),
    /// The model in memory changed (loaded, trained) or is absent.
    Model {
        model: Option<ModelInfo>,
    },
    PredictProgress {
        done: u32,
        total: u32,
        elapsed_ms: f64,
        /// Of the image at work, where it has several.
        tiles_done: u32,
        tiles_total: u32,
    },
    /// One image is predicted.
    Result(PredictionResult),
    PredictDone {
        total: u32,
        cancelled: bool,
    },
    /// A file asked for: `bytes`, followed by those of the [`Event::FilePart`]s posted before.
    File {
        name: String,
        mime: String,
        #[serde(with = "serde_bytes")]
        #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
        bytes: Vec<u8>,
        /// How many parts have to have come.
        parts: u32,
        /// The result it was made from, if any.
        result: Option<u32>,
    },
    /// A piece of a large file that is being made. Posted at once, never returned.
    FilePart {
        #[serde(with = "serde_bytes")]
        #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
        bytes: Vec<u8>,
    },
    Picture(Picture),
    /// Answers [`Command::DrawOutlines`].
    Outlines(DrawnOutlines),
    /// Answers [`Command::PaintLabels`].
    Labels(LabelsTold),
    /// Answers [`Command::ReadLabels`]: class numbers, [`UNLABELLED`](super::UNLABELLED) where there is none.
    LabelPixels(LabelPixels),
    /// Answers [`Command::PredictView`]: the probability, 0 to 255, or class numbers.
    ViewPrediction(ViewPrediction),
    /// Answers [`Command::SuggestLabels`]: the best first.
    Suggestions {
        places: Vec<LabelPlace>,
    },
    /// Classes were added while a run is under way: it goes on with these.
    RunClasses {
        run_id: u32,
        classes: Vec<ClassInfo>,
    },
    Fault(Fault),
    /// The engine panicked and must be replaced. Posted by the panic hook, never returned.
    Fatal {
        message: String,
    },
}
