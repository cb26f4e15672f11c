//! Where an image lies on the ground: the affine transform from pixels, and the reference system (CRS).
//!
//! Sources: OGC GeoTIFF 1.1 (keys and tags), Esri's world files, GDAL's auxiliary files.

pub mod aux_xml;
pub mod crs;
pub mod ellipsoid;
mod esri;
mod esri_codes;
mod geo_keys;
mod georef;
mod own_place;
mod wkt;
mod wkt_tree;

pub use aux_xml::{Auxiliary, Beside, placed};
pub use crs::{Crs, CrsError, ToLonLat};
pub use geo_keys::GeoKeys;
pub use georef::GeoRef;
pub use own_place::{OwnPlace, PlaceRemark};
