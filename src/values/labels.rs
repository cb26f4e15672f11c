//! How mask pixels become labels, and the classes there are.

use serde::{Deserialize, Serialize};

use super::Boundary;

/// How a mask pixel becomes foreground (1) or background (0), or one of several classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MaskRule {
    /// Luma (0 to 255), or the number of a single band (0 to 65535), at or above `at` is foreground.
    Threshold { at: u16, invert: bool },
    /// Classic's rule: everything that is not exactly opaque black is foreground.
    NotBlack { invert: bool },
    /// One colour of a palette or class map is foreground.
    Colour {
        rgb: [u8; 3],
        invert: bool,
        /// The number, where the masks hold numbers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
    },
    /// Each colour of the legend is a class; colours of one name are one class.
    Classes {
        legend: Vec<LegendEntry>,
        /// The rule of foreground and background for all that the legend does not list: those are its first two classes.
        /// None: that is not labelled. The page's own edits of a legend keep the one in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rest: Option<Box<MaskRule>>,
        /// Pixels between objects are of the class [`super::BOUNDARY_CLASS`], which the legend has. The page's own edits of a
        /// legend keep what is in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boundary: Option<Boundary>,
    },
}

/// A colour or number of the masks and the class it stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct LegendEntry {
    /// As the masks hold it. Numbers are greys, those above 255 a colour that stands for them.
    pub rgb: [u8; 3],
    /// The number in the file, where the masks hold numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// As it is drawn; another colour where the masks hold class numbers.
    pub shown: [u8; 3],
    pub name: String,
    /// Its pixels are not labelled: they count neither in the loss nor in any metric.
    pub ignored: bool,
    /// Share of the opaque pixels of all masks; what the page sends here is not looked at.
    pub share: f64,
}

/// What the network tells apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ClassInfo {
    pub name: String,
    pub rgb: [u8; 3],
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ColourShare {
    pub rgb: [u8; 3],
    /// The number in the file, where the masks hold numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    pub share: f64,
}
