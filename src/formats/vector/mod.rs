//! Polygons out of vector files: GeoJSON, Shapefiles, GeoPackages, FlatGeobuf, KML, OpenStreetMap.

mod crs_name;
mod dbf;
pub mod flatgeobuf;
pub mod geojson;
pub mod gpkg;
mod json;
pub mod json_kinds;
pub mod kml;
pub mod osm;
mod rings;
pub mod shapefile;
mod shapefile_parts;
mod wkb;
pub(super) mod xml;

/// Longitude and latitude on WGS 84.
const WGS_84: u32 = 4326;
