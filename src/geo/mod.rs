//! Where images and polygons lie on the ground: the affine transform from pixels, the reference system (CRS), the ellipsoid, and
//! polygons burnt into an image's pixels.
//!
//! Plain numbers and texts that files of many formats hold; it knows none of the formats.
//!
//! Sources: OGC GeoTIFF 1.1 (keys and tags), Esri's world files, GDAL's auxiliary files.

pub mod aux_xml;
pub mod crs;
pub mod ellipsoid;
mod esri;
mod esri_codes;
mod geo_keys;
mod georef;
mod grid;
mod own_georef;
pub mod polygons;
mod rasterise;
pub(crate) mod ring;
mod wkt;
mod wkt_tree;

pub use aux_xml::{Auxiliary, Beside, resolve};
pub use crs::{Crs, CrsError, ToLonLat};
pub use geo_keys::GeoKeys;
pub use georef::GeoRef;
pub use grid::{Layout, OffGrid};
pub use own_georef::{GeoRefRemark, OwnGeoRef};
pub(crate) use polygons::class_of_number;
pub use polygons::{Class, ClassError, LeftOut, Polygons};
pub use rasterise::{Cover, Fate, ProjectError, Projected};
