//! Page -> engine.

use serde::{Deserialize, Serialize};

use super::{
    ClassInfo, DeviceChoice, LabelFile, MaskRule, OutlineShift, Preset, RangeChoice, TrainConfig, USUAL_SMALLEST_PX,
    UnmappedPart,
};

/// One request to the engine. Commands are handled one at a time, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Choose and bring up the compute device. Answers with [`Event::Device`].
    Init {
        device: DeviceChoice,
        /// [`super::DeviceInfo::calibration`] of an earlier visit, so that kernels are not measured again.
        #[serde(default)]
        calibration: Option<String>,
    },
    /// One file of a drop. `path` is relative with `/` separators (`images/12.png`).
    AddFile {
        path: String,
        #[serde(with = "serde_bytes")]
        #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
        bytes: Vec<u8>,
        purpose: Purpose,
    },
    /// A file the page could not read at all (deleted, permission revoked, over the size limit).
    FileUnreadable {
        path: String,
        detail: String,
    },
    /// Bands of TIFFs to read from the next file on, by number from 1: one as grey, three as red, green, blue, two or 4 to
    /// 16 as they are, for a network over these ([`TrainConfig::bands`]), none for the usual ones. Files that are there
    /// have to be sent again. Images to predict are read with the bands of the model, if it has any; for one over the
    /// usual ones with those that were set last and not for a `network`.
    SetBands {
        bands: Vec<u32>,
        /// A network to be trained sees these: files without them are none of its data. Else people chose what is shown.
        #[serde(default)]
        network: bool,
    },
    /// Which numbers of images of more than 8 bits are black and white. Answers with [`Event::Dataset`].
    SetRange {
        range: RangeChoice,
    },
    /// All files of one drop were sent: pair, check, answer with [`Event::Dataset`] or [`Event::Inputs`].
    FilesDone {
        purpose: Purpose,
    },
    /// Replace the data set by the generated sample scenes.
    SampleScenes {
        seed: u32,
    },
    /// How mask pixels become foreground, for the whole data set. Answers with [`Event::Dataset`].
    SetMaskRule {
        rule: MaskRule,
    },
    /// Leave pairs out (or take them in again). Answers with [`Event::Dataset`].
    SetExcluded {
        pairs: Vec<u32>,
        excluded: bool,
    },
    /// Lay the masks of pairs where they belong: so many pixels to the right and down of where they came. Answers with
    /// [`Event::Dataset`].
    ShiftOutlines {
        shifts: Vec<OutlineShift>,
    },
    /// Take parts of masks for not labelled, or none (`on` false) of these pairs any more. Answers with
    /// [`Event::Dataset`].
    LeaveOutUnmapped {
        parts: Vec<UnmappedPart>,
        on: bool,
    },
    /// Which folders hold images and which masks: an answer to [`super::Dataset::question`]. Answers with
    /// [`Event::Dataset`].
    SetFolderRoles {
        images: String,
        masks: String,
    },
    /// All pairs that the user makes, as paths of image and mask, whatever their names; those of before are taken apart.
    /// Files that are not here yet find each other when they come. Answers with [`Event::Dataset`].
    PairByHand {
        pairs: Vec<[String; 2]>,
    },
    /// Forget data set (`train`) or the images to predict (`predict`).
    Clear {
        purpose: Purpose,
    },
    /// The settings a preset stands for. Answers with [`Event::Config`].
    PresetConfig {
        preset: Preset,
    },
    /// Check settings without starting. Answers with [`Event::Config`].
    CheckConfig {
        config: TrainConfig,
    },
    /// Tiles of the first steps of a run with these settings, `row` after `row`. Answers with [`Event::Tiles`].
    ShowTiles {
        config: TrainConfig,
        row: u32,
    },
    /// Start a run. Answers with [`Event::RunStarted`], or [`Event::Config`] with field errors.
    Start {
        config: TrainConfig,
    },
    /// The same, beginning with the weights of the model in memory, which must be of the same network.
    StartFromModel {
        config: TrainConfig,
    },
    Pause,
    Resume,
    /// End the run now; the best weights so far become the model.
    Stop,
    /// Predict all images of purpose `predict`, and, where asked, the validation pairs.
    Predict {
        validation: bool,
        threshold: f32,
        /// Mean over the mirrored and turned image: eight times the work.
        #[serde(default)]
        averaged: bool,
        /// See every image at the ground resolution that the model was trained at, where both are known.
        #[serde(default)]
        match_resolution: bool,
        /// Adapt the network's batch-norm statistics to these images, without changing the model.
        #[serde(default)]
        adapted: bool,
    },
    /// Predict one image of purpose `predict` as the part of a mosaic that it is: by the mosaic's own tiles, which see its
    /// neighbours, so that it comes out as in a prediction of the mosaic in one piece. At its own resolution.
    PredictPart {
        mosaic: Mosaic,
        /// Its path.
        image: String,
        threshold: f32,
        #[serde(default)]
        averaged: bool,
    },
    /// Predict all images of purpose `predict` as the one map that they are ([`super::Event::Inputs`] says whether they lie
    /// on one grid of pixels): one result, of which no tile's edge is seen. At their own resolution.
    PredictMosaic {
        /// The validation pairs too, each by itself.
        validation: bool,
        threshold: f32,
        #[serde(default)]
        averaged: bool,
        /// As in [`Command::Predict`].
        #[serde(default)]
        adapted: bool,
    },
    CancelPredict,
    /// One result as a file. Answers with [`Event::File`].
    Export {
        result: u32,
        kind: ExportKind,
        threshold: f32,
        #[serde(default)]
        outlines: Outlines,
    },
    /// The outlines of all results with a place on the ground as one GeoJSON file. Answers with [`Event::File`].
    ExportOutlines {
        threshold: f32,
        #[serde(default)]
        outlines: Outlines,
    },
    /// The outlines of one result, to be drawn over its image. Answers with [`Event::Outlines`].
    DrawOutlines {
        result: u32,
        threshold: f32,
        #[serde(default)]
        outlines: Outlines,
    },
    /// A table of all results: areas and metrics. Answers with [`Event::File`].
    ExportTable {
        threshold: f32,
    },
    /// The model in another program's format. Answers with [`Event::File`].
    ExportModel {
        format: ModelFormat,
        threshold: f32,
        /// What it is to be called; none: as it is ([`super::ModelAbout::name`]).
        #[serde(default)]
        name: Option<String>,
    },
    /// The model as a safetensors file with its configuration inside. Answers with [`Event::File`].
    SaveModel,
    /// Replace the model by a file written by `save_model`, or by Keras weights of Classic's networks. Answers with [`Event::Model`].
    LoadModel {
        name: String,
        #[serde(with = "serde_bytes")]
        #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
        bytes: Vec<u8>,
    },
    /// A pair's, an input's or an unpaired file's full picture, at most `max_px` on its longer side. Answers with [`Event::Picture`].
    Picture {
        of: PictureOf,
        index: u32,
        max_px: u32,
    },
    /// Which classes can be painted, the first of them background: 2 of a binary set, or those of a legend. Those that are
    /// there keep their numbers. Answers with [`Event::Dataset`].
    SetLabelClasses {
        classes: Vec<ClassInfo>,
    },
    /// Labels of a rectangle of an image, by its path: class numbers, [`super::UNLABELLED`] to take a label away,
    /// [`super::UNTOUCHED`] to leave one as it is. An image without a mask becomes a pair with its first patch: then the
    /// answer is [`Event::Dataset`], else [`Event::Labels`]. A run under way sees them at its next step.
    PaintLabels {
        image: String,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
        #[serde(with = "serde_bytes")]
        #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
        values: Vec<u8>,
        /// They correct what the network thought, and count more.
        #[serde(default)]
        corrected: bool,
    },
    /// The labels of a rectangle as they stand. Answers with [`Event::LabelPixels`].
    ReadLabels {
        image: String,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
    },
    /// What the run under way thinks of a rectangle of an image, or else the model. Answers with
    /// [`Event::ViewPrediction`].
    PredictView {
        image: String,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
    },
    /// Where a label would help most. Answers with [`Event::Suggestions`].
    SuggestLabels {
        count: u32,
    },
    /// The labels of one image, or of all, as a file or one for each. Answers with [`Event::File`].
    ExportLabels {
        kind: LabelFile,
        #[serde(default)]
        image: Option<String>,
    },
}

/// Images of purpose `predict` that lie on one grid of pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Mosaic {
    /// Pixels, at most 16,777,216.
    pub width: u32,
    pub height: u32,
    /// Those that the tiles of the wanted image see, itself among them; where they lie over each other, the last that has
    /// data counts.
    pub parts: Vec<MosaicPart>,
}

/// One image of a mosaic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct MosaicPart {
    /// Of the image.
    pub path: String,
    /// Where its first pixel lies in the mosaic.
    pub left: u32,
    pub top: u32,
}

/// What a dropped file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Train,
    Predict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum PictureOf {
    Pair,
    Input,
    /// An image or mask of [`super::Dataset::unpaired`].
    Unpaired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    /// 8-bit grey PNG, 0 or 255, thresholded, the size of the input.
    MaskPng,
    /// Classic's 16-bit grey PNG `<name>_predict.png`, `round(p * 65535)`.
    ProbabilityPng,
    /// The 8-bit mask as GeoTIFF.
    MaskTif,
    /// Class numbers with colours and nodata as GeoTIFF.
    ClassTif,
    /// Probability 0 to 1 as GeoTIFF, nodata -1.
    ProbabilityTif,
    /// Outlines of the foreground.
    Geojson,
    /// World file of the mask PNG.
    WorldFile,
    /// GDAL's auxiliary file of the mask PNG, with the reference system.
    AuxXml,
    /// Pixels, share and area of each class as a table.
    AreasCsv,
    /// Regions of each class as COCO's annotations of the image.
    CocoJson,
}

impl ExportKind {
    /// What follows the image's name in the file's.
    pub fn ending(self) -> &'static str {
        match self {
            Self::MaskPng => "_mask.png",
            Self::ProbabilityPng => "_predict.png",
            Self::MaskTif => "_mask.tif",
            Self::ClassTif => "_classes.tif",
            Self::ProbabilityTif => "_probability.tif",
            Self::Geojson => ".geojson",
            Self::WorldFile => "_mask.pgw",
            Self::AuxXml => "_mask.png.aux.xml",
            Self::AreasCsv => "_areas.csv",
            Self::CocoJson => "_coco.json",
        }
    }
}

/// How outlines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Outlines {
    /// Smaller areas are left out; holes stay.
    pub smallest: f64,
    pub unit: AreaUnit,
    /// Corners may move by this many pixels when lines are simplified; 0 keeps the pixels' edges.
    pub simplify_px: f64,
    /// Right angles where outlines nearly have them, as buildings do.
    #[serde(default)]
    pub right_angles: bool,
    /// Objects that touch become outlines of their own: along the class between them, or at their necks.
    #[serde(default)]
    pub separate: bool,
}

impl Default for Outlines {
    fn default() -> Self {
        Self {
            smallest: USUAL_SMALLEST_PX,
            unit: AreaUnit::Px,
            simplify_px: 0.0,
            right_angles: false,
            separate: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum AreaUnit {
    Px,
    /// Square metres on the ground; an image without a known place keeps the usual smallest area in pixels.
    M2,
}

/// A model file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ModelFormat {
    /// Ours, the one that can be loaded again.
    Safetensors,
    /// ONNX for images of any size.
    Onnx,
    /// ONNX with fixed tiles, as QGIS's Deepness plugin wants it.
    OnnxQgis,
    /// Keras's older HDF5 layout.
    Keras,
    /// NumPy arrays under Keras's names.
    KerasNpz,
}
