//! Outlines as the page draws them, and whether they can be laid on a map.

use serde::{Deserialize, Serialize};

/// Whether a result's image has a place on the ground.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ResultPlace {
    /// Outlines would be in pixels.
    #[default]
    None,
    /// In a reference system that is not known here: GeoTIFFs keep it, outlines would be in pixels.
    Unknown,
    /// Outlines are in longitude and latitude.
    Known,
}

/// The outlines of one result at a threshold: those that its GeoJSON file would hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct DrawnOutlines {
    pub result: u32,
    pub threshold: f32,
    pub count: u32,
    pub area_px: f64,
    /// On the ellipsoid, where the image's place is known.
    pub area_m2: Option<f64>,
    /// Columns and rows of the corners in pixels of the image, as little-endian 32-bit floats, x before y; each ring ends
    /// with a pair of NaN and is not closed.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))]
    pub corners: Vec<u8>,
    /// Of so many of them, from the top; the rest is too much to draw.
    pub drawn: u32,
    /// Made of every so many pixels of a large scene, 1 for all: where not, the figures are about right.
    pub every_px: u32,
}
