//! Georeference, as far as the page shows it.

use serde::{Deserialize, Serialize};

/// Where an image lies on the ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct GeoInfo {
    /// EPSG code of the reference system, if the file names one.
    pub epsg: Option<u32>,
    /// Its name; `None` if the code is not known here, and then neither longitudes nor areas can be given.
    pub crs: Option<String>,
    /// Sides of a pixel in the middle of the image, metres.
    pub pixel_m: Option<[f64; 2]>,
    /// Width and height of the image on the ground, metres.
    pub ground_m: Option<[f64; 2]>,
    /// Longitude and latitude of its middle, degrees.
    pub middle: Option<[f64; 2]>,
    pub rotated: bool,
    /// Name that the file gives a reference system whose code is not known.
    pub unknown_crs: Option<String>,
    /// Its vertical pixel scale is negative, which is read as GDAL and QGIS do: the sign dropped.
    pub negative_scale: bool,
}
