//! Files of a data set beside its pairs.

use serde::{Deserialize, Serialize};

/// An image without a mask, or a mask without an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Unpaired {
    pub path: String,
    /// By its name, or because it has few colours.
    pub is_mask: bool,
    pub width: u32,
    pub height: u32,
    /// It says where it lies on the ground.
    pub placed: bool,
    /// As in [`super::Pair::image_id`].
    #[serde(default)]
    pub image_id: String,
    /// 0 where there are too many files to show all.
    pub thumb_width: u32,
    pub thumb_height: u32,
    /// RGBA.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub thumb_rgba: Vec<u8>,
}

/// What became of the outlines of a file. They add up to `outlines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct VectorInfo {
    pub file: String,
    pub outlines: u32,
    /// Drawn on one image or more.
    pub drawn: u32,
    /// On an image, but over the middle of no pixel.
    pub too_small: u32,
    /// On no image that the file is for.
    pub outside: u32,
    /// Images that some of them are drawn on, and the path of the first.
    pub images: u32,
    pub first_image: Option<String>,
    /// Images within its extent, or of its name, that none of them is drawn on: their masks are background.
    pub background: u32,
}

/// Files of a drop that are neither images nor outlines, and no fault: READMEs, lists of classes, scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PassedOver {
    pub files: u32,
    /// Their endings (".txt") or names, most frequent first, at most 6.
    pub kinds: Vec<String>,
}
