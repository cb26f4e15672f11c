//! Which numbers of images of more than 8 bits are black and which are white.

use serde::{Deserialize, Serialize};

/// Which numbers are black and which are white in images of more than 8 bits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RangeChoice {
    /// One range found over all images of a data set.
    #[default]
    Together,
    /// These numbers, black and white of each band that is shown; one for all bands.
    Fixed { bands: Vec<[f64; 2]> },
    /// Each image from its own 2nd to its own 98th percentile: the same number differs from image to image.
    EachAlone,
    /// As versions did that knew no range of a data set: TIFF each alone, PNG from 0 to 65535.
    AsBefore,
}
