//! What is said of pairs, folders and a data set as a whole.

use serde::{Deserialize, Serialize};

use super::MaskRule;

/// A remark on a usable pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// Image and mask differ by one pixel; both were cropped to the common size.
    Cropped {
        width: u32,
        height: u32,
    },
    EmptyMask,
    FullMask,
    /// Of several classes, the whole mask holds one.
    OneClass,
    /// More than 4/5 foreground: perhaps the mask is inverted.
    MaybeInverted,
    MaskEqualsImage,
    /// Smaller than the tile; padded by its edge.
    /// First frame of an animation.
    FirstFrameOnly,
    /// Turned as its EXIF orientation says.
    ExifRotated,
    /// Alpha was dropped.
    AlphaIgnored,
    /// What the file calls alpha holds many values, as infrared would; until bands are chosen it counts as alpha.
    AlphaMayBeBand,
    /// The mask was mirrored or turned onto the image, as their georeferences say.
    MaskTurned,
    /// The mask's grid lies beside the image's: hundredths of a pixel of the image, and millimetres in the map's metres.
    MaskShifted {
        hundredths_px: u32,
        millimetres: Option<u32>,
    },
    /// The mask's pixels have this many hundredths of the side of the image's; the nearest one counts.
    MaskResampled {
        hundredths: u32,
    },
    /// The mask covers this part of the image; the rest is not labelled.
    MaskCovers {
        percent: u32,
    },
    /// The mask is larger than the image; its part was cut out.
    MaskCutOut,
    /// One of the two names no reference system, and by their numbers they do not lie on each other.
    PlacesNotCompared,
    /// Negative vertical pixel scale: the sign was dropped, as GDAL and QGIS do.
    NegativeScale,
    /// Control points that no affine transform meets (hundredths of a pixel off): the image has no place.
    ControlPoints {
        hundredths_px: u32,
    },
    /// The .aux.xml beside the file cannot be read.
    AuxUnreadable,
    /// The .aux.xml beside the file names a value without data, which is not looked at.
    AuxNodata,
    /// The same image as another pair.
    DuplicateOf {
        pair: u32,
    },
}

/// Which folder holds images, which masks?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FolderQuestion {
    /// The answers; one is right.
    pub options: Vec<FolderRoles>,
    /// The answer that the pictures suggest.
    pub suggested: Option<u32>,
    /// Files that wait for it.
    pub files: u32,
}

/// What folders hold. Each is one or more names, `/` between them, anywhere in a path; `*.png` at the end takes the files
/// of that ending alone, directly in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FolderRoles {
    pub images: String,
    pub masks: String,
}

/// Something wrong with the data set, what shows it and what fixes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Finding {
    pub code: FindingCode,
    /// The pairs that show it; the first is the picture.
    pub pairs: Vec<u32>,
    /// A share, or a number of pairs.
    pub value: Option<f64>,
    /// Sizes or a name that the sentence needs.
    pub detail: Option<String>,
    #[serde(rename = "mend")]
    pub fix: Fix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    EmptyMasks,
    FullMasks,
    /// value: share of foreground
    Inverted,
    SomeInverted,
    MaskIsImage,
    Copies,
    /// value: share of foreground
    TinyForeground,
    /// value: share of the labelled pixels; detail: the class
    RareClass,
    /// detail: "900 pixels and 4.20 MP"
    MixedSizes,
    MixedBands,
    MixedDepths,
    /// value: usable pairs
    TooFewPairs,
    /// As few, but large; value: their area on the ground in square metres, where that is known
    FewScenes,
    /// Outlines lie beside what the image shows.
    OutlinesShifted,
    /// They were moved.
    OutlinesMoved,
    /// Nothing is mapped where there is something to map; value: how much that looks like the mapped part, 1 = as much.
    PartUnmapped,
    /// Such a part was left out.
    PartLeftOut,
}

/// One change that fixes a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fix {
    /// Leave the pairs out.
    Exclude { pairs: Vec<u32> },
    /// Label the masks by another rule.
    Rule { rule: MaskRule },
    /// Change settings: name and value as the address writes them.
    Settings { settings: Vec<(String, String)> },
    /// Lay masks elsewhere (the command `shift_outlines`).
    Shift { shifts: Vec<OutlineShift> },
    /// Leave parts of masks out, or take them in again (the command `leave_out_unmapped`).
    LeaveOut { parts: Vec<UnmappedPart>, on: bool },
}

/// Where a mask is to lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct OutlineShift {
    pub pair: u32,
    /// To the right of where it came, pixels of the image.
    pub dx_px: i32,
    /// Down.
    pub dy_px: i32,
}

/// A rectangle of a picture in which nothing is mapped, as shares of its width and height, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct UnmappedPart {
    pub pair: u32,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}
