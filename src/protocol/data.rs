//! What the page shows of devices, data sets and inputs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ClassInfo, ColourShare, DeviceKind, DeviceReason, Fault, Finding, FolderQuestion, GeoInfo, LegendEntry, MaskRule,
    Note, PassedOver, RangeChoice, UnmappedPart, Unpaired, VectorInfo,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct DeviceInfo {
    pub kind: DeviceKind,
    /// What the adapter calls itself; "SIMD, 2 threads" for the CPU.
    pub adapter: String,
    pub software: bool,
    /// Why this device and not another; `None` when the first choice was taken.
    pub reason: Option<DeviceReason>,
    /// Largest relative difference of the self-test's convolution against the known values.
    pub self_test_error: f64,
    pub self_test_ms: f64,
    /// The family of kernels in use on WebGPU; the CPU has one.
    pub kernels: Option<String>,
    /// Milliseconds of a test convolution by the families measured just now; empty if the choice was remembered.
    pub calibration_ms: BTreeMap<String, f64>,
    /// To be kept by the page and given to the next [`super::Command::Init`].
    pub calibration: Option<String>,
    /// Limits worth showing, name -> value.
    pub limits: BTreeMap<String, f64>,
    pub protocol: u32,
    pub version: String,
}

/// The data set as the page shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Dataset {
    pub source: DataSource,
    pub pairs: Vec<Pair>,
    pub rule: MaskRule,
    /// The rule the data suggested; equals `rule` unless the user changed it.
    pub suggested_rule: MaskRule,
    /// Colours found in the masks, most frequent first, at most 32.
    pub colours: Vec<ColourShare>,
    /// How numbers of more than 8 bits become brightness; none where no image has them.
    pub ranges: Option<RangeInfo>,
    /// The numbers in the masks count objects: so many in the mask that has most.
    pub objects: Option<u32>,
    /// What the masks hold as classes, whichever rule is in force.
    pub detected: Vec<LegendEntry>,
    /// Colours in no class, most frequent first, at most 32: too rare for one, or unknown to the legend in force.
    pub strays: Vec<ColourShare>,
    /// The classes in force by number; empty where masks are foreground and background.
    pub classes: Vec<ClassInfo>,
    /// The classes that can be painted by number, the first of them background.
    #[serde(default)]
    pub label_classes: Vec<ClassInfo>,
    /// As in [`super::LabelsTold::painted_version`].
    #[serde(default)]
    pub painted_version: u32,
    /// What the foreground seems to be ("building"), by the names of mask files and folders; empty where they say nothing.
    #[serde(default)]
    pub suggested_class: String,
    /// What is wrong with the set as a whole, the most harmful first.
    pub findings: Vec<Finding>,
    /// Share of foreground pixels over all usable pairs, 0 to 1; of several classes the share that is labelled.
    pub foreground_share: f64,
    /// Files that became part of no pair, each with its cause.
    pub faults: Vec<Fault>,
    /// Folders with the same names, of which nobody knows what they hold.
    pub question: Option<FolderQuestion>,
    /// Images and masks that are in no pair and could be in one, in natural order of their paths.
    pub unpaired: Vec<Unpaired>,
    /// Pairs that the user made: paths of image and mask. Both files need not be here.
    pub by_hand: Vec<[String; 2]>,
    /// Files of outlines that are in the masks.
    pub vectors: Vec<VectorInfo>,
    /// Files that need no word.
    pub passed_over: PassedOver,
    /// Bytes held for decoded images.
    pub memory_bytes: f64,
    /// Tells data sets apart: the same for the same pixels in the same pairs, whatever the rule and the folders' names.
    pub fingerprint: String,
    /// The same as versions made it that stretched images of more than 8 bits one by one; none where it is no other.
    pub fingerprint_before: Option<String>,
}

/// The ranges of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RangeInfo {
    pub choice: RangeChoice,
    /// As it came out: never [`RangeChoice::Together`].
    pub used: RangeChoice,
    /// Images of more than 8 bits.
    pub images: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    None,
    Files,
    SampleScenes,
}

/// A training tile as the network gets it, and as it was cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct TrainTile {
    pub pair: u32,
    pub name: String,
    /// Side of the pictures in pixels.
    pub side_px: u32,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub rgba: Vec<u8>,
    /// 0 or 255, or class numbers (255 = not labelled).
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub mask: Vec<u8>,
    /// The same place without augmentation.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub cut_rgba: Vec<u8>,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub cut_mask: Vec<u8>,
    /// Clockwise, before it is mirrored.
    pub turned_deg: f64,
    /// Left to right.
    pub mirrored: bool,
    /// Above 1 what is seen is larger.
    pub zoom: f64,
    pub moved_px: f64,
    /// Change of a middling grey, -1 to 1.
    pub brighter: f64,
    /// Differences of brightness are so many times as large.
    pub contrast: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Pair {
    /// Position in [`Dataset::pairs`]; stable until the next `Dataset` event.
    pub index: u32,
    /// Common stem, for people.
    pub name: String,
    pub image_path: String,
    pub mask_path: String,
    pub width: u32,
    pub height: u32,
    pub bands: u32,
    pub bits: u32,
    pub foreground_share: f64,
    /// Left out by the user.
    pub excluded: bool,
    /// Cannot be used; the fault says why.
    pub blocked: Option<Fault>,
    /// Usable, but worth a look.
    pub notes: Vec<Note>,
    /// The mask was laid so many pixels to the right and down of where it came.
    pub moved_px: [i32; 2],
    /// Parts left out as nothing is mapped there.
    pub left_out: Vec<UnmappedPart>,
    /// Its labels were painted here, all of them or some.
    #[serde(default)]
    pub painted: bool,
    /// Share of its pixels that have a label, 0 to 1.
    #[serde(default)]
    pub labelled_share: f64,
    /// By which the image is known whatever its path: 16 hexadecimal digits of its pixels.
    #[serde(default)]
    pub image_id: String,
    /// Ground resolution, metres a pixel, where known.
    pub pixel_m: Option<f64>,
    /// Up is north.
    pub north_up: bool,
    pub thumb_width: u32,
    pub thumb_height: u32,
    /// RGBA.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub thumb_rgba: Vec<u8>,
    /// 0 or 255 a pixel, or a class number (255 = not labelled); same size as the thumbnail.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub thumb_mask: Vec<u8>,
}

/// All images to predict as one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct MosaicInfo {
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

/// An image to predict.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Input {
    pub index: u32,
    pub name: String,
    pub path: String,
    pub width: u32,
    pub height: u32,
    pub thumb_width: u32,
    pub thumb_height: u32,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub thumb_rgba: Vec<u8>,
    /// Where it lies on the ground.
    pub geo: Option<GeoInfo>,
}
