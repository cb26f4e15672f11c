//! A prediction as it is held for its downloads.

use super::{pixel_set::PixelSet, quantized_map::QuantizedMap};
use crate::{geo::GeoRef, values::Metrics};

/// A prediction of one image, held to be downloaded.
#[derive(Debug, Clone, Default)]
pub struct PredictionMap {
    /// The image's, without ending.
    pub name: String,
    /// The image's, with ending.
    pub file_name: String,
    pub width: u32,
    pub height: u32,
    /// At the size of the input; of several classes that of the chosen one.
    pub probability: QuantizedMap,
    /// Of a model of several classes.
    pub labels: Option<Labels>,
    /// Of Classic: width, height and `round(p * 65535)` of its 256x256 map, which is what its 16-bit file holds.
    pub classic_map: Option<(u32, u32, Vec<u16>)>,
    /// Where the image lies on the ground.
    pub geo: Option<GeoRef>,
    /// Pixels where nothing was measured: transparent or nodata.
    pub missing: Option<PixelSet>,
    /// Where the truth is known.
    pub metrics: Option<Metrics>,
}

/// Class numbers at the size of the input, and the colour of each class.
#[derive(Debug, Clone)]
pub struct Labels {
    pub numbers: Vec<u8>,
    pub palette: Vec<[u8; 3]>,
}
