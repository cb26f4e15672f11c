//! Labels that people paint: what is asked, and what is told.

use serde::{Deserialize, Serialize};

/// A place that is worth labelling next: a square of an image, or all of the image along a side that is shorter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct LabelPlace {
    /// Path of the image.
    pub image: String,
    pub left: u32,
    pub top: u32,
    pub side_px: u32,
    /// How unsure the network is there on average, 0 to 1; 0 where there is none to ask.
    pub score: f64,
}

/// What labels are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum LabelFile {
    /// 8-bit PNG of class numbers with the classes' colours; 255, transparent, where nothing is labelled.
    MaskPng,
    /// Class numbers as GeoTIFF with colours; nodata 255 where nothing is labelled.
    ClassTif,
    /// Outlines of every class but the first, which is background.
    Geojson,
    /// Images and class numbers of all pairs in two folders, to be dropped again.
    Zip,
}

/// A rectangle of an image and a byte for each of its pixels, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct LabelPixels {
    /// Path of the image.
    pub image: String,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub values: Vec<u8>,
}

/// What a network thinks of a rectangle of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ViewPrediction {
    /// Path of the image.
    pub image: String,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    /// Probability of the foreground, 0 to 255, or class numbers; row by row.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub values: Vec<u8>,
    /// Steps that the weights have been trained for.
    pub step: u32,
}

/// How much of an image is labelled after a patch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct LabelsTold {
    /// Path of the image.
    pub image: String,
    /// Of all its pixels, 0 to 1.
    pub labelled_share: f64,
    /// As in [`super::Pair::foreground_share`].
    pub foreground_share: f64,
    /// Patches that were taken in for the whole data set: the run's next step sees them.
    pub painted_version: u32,
}
