//! The one way in: what a dropped file is, by its name and its bytes, for training and prediction alike.

mod georefs;
mod sidecars;
mod tile_names;

pub use georefs::GeoRefs;

use super::pair::{is_beside, is_junk, is_unusable_data};
use crate::{
    formats::{
        DecodeError, ImageFile, Limits,
        annotations::{self, Annotations},
        is_image,
        sidecars::{SidecarKind, sidecar},
        vector::{flatgeobuf, geojson, gpkg, json_kinds, kml, osm, shapefile},
    },
    geo::Polygons,
};

/// A dropped file, told apart. It holds the bytes where somebody needs them yet: they are moved, never copied.
pub enum Incoming {
    /// Left behind by an operating system or archiver, or hidden.
    Junk,
    /// Belongs to another file, by its path as [`sidecar`] gives it.
    Sidecar {
        kind: SidecarKind,
        owner: String,
        bytes: Vec<u8>,
    },
    /// Polygons, or why they cannot be read.
    Outlines(Result<Polygons, String>),
    /// The layers of a file, each its name and its polygons.
    Layers(Vec<(String, Result<Polygons, String>)>),
    /// The main file of a Shapefile, to be read when the others of it are there.
    Shapefile(Vec<u8>),
    /// Lies beside the data of a data set, and needs no word.
    PassedOver,
    /// Boxes, points or classes that are no masks: what they are.
    Annotations(&'static str),
    /// Outlines by image, in its pixels, or why they cannot be read.
    Annotated(Result<Annotations, String>),
    Image(ImageFile),
    /// None of these, or an image that cannot be read.
    Refused(DecodeError),
}

/// Tells a file apart. The name decides over sidecars and outlines, the bytes over images: a picture is one whatever it
/// is called. `takes_outlines`: polygons become masks; else they, and what belongs to a Shapefile, are nothing that is
/// known here.
pub fn sort(path: &str, bytes: Vec<u8>, takes_outlines: bool, limits: &Limits) -> Incoming {
    if is_junk(path) {
        return Incoming::Junk;
    }
    let bytes = match takes_outlines {
        true => match outlines(path, bytes) {
            Ok(outlines) => return outlines,
            Err(bytes) => bytes,
        },
        false => bytes,
    };
    if let Some((kind, owner)) = sidecar(path) {
        use SidecarKind::{OfShapefile, RecordList, Table};
        if takes_outlines || !matches!(kind, Table | RecordList | OfShapefile) {
            return Incoming::Sidecar { kind, owner, bytes };
        }
    }
    if is_beside(path) && !is_image(&bytes) {
        if takes_outlines && let Some(read) = annotations::read(path, &bytes) {
            return Incoming::Annotated(read.map_err(|e| e.to_string()));
        }
        return match annotations::kind(path, &bytes) {
            Some(kind) => Incoming::Annotations(kind),
            None => Incoming::PassedOver,
        };
    }
    match ImageFile::open(bytes, limits) {
        Ok(file) => Incoming::Image(file),
        Err(error) => Incoming::Refused(error),
    }
}

/// The polygons of a file, if it holds some by its name or its bytes; else its bytes.
fn outlines(path: &str, mut bytes: Vec<u8>) -> Result<Incoming, Vec<u8>> {
    if geojson::is_geojson(path) {
        return Ok(Incoming::Outlines(match is_unusable_data(path) {
            true => Err("by its name it shows what could not be seen (UDM), not buildings".to_owned()),
            false => geojson::read(bytes).map_err(|e| e.to_string()),
        }));
    }
    // A picture of such a name keeps its bytes.
    if geojson::may_be_geojson(path) && !is_image(&bytes) {
        if let Some(read) = geojson::read_if_geojson(&mut bytes) {
            return Ok(Incoming::Outlines(read.map_err(|e| e.to_string())));
        }
        if let Some(kind) = json_kinds::other_map(&bytes) {
            let what = format!("it is {kind}, which is not read here");
            return Ok(Incoming::Outlines(Err(what)));
        }
    }
    if kml::is_kml(path) {
        return Ok(Incoming::Outlines(kml::read(&bytes).map_err(|e| e.to_string())));
    }
    if osm::is_osm(path) {
        return Ok(Incoming::Outlines(osm::read(&bytes).map_err(|e| e.to_string())));
    }
    if flatgeobuf::is_flatgeobuf(path) {
        return Ok(Incoming::Outlines(flatgeobuf::read(&bytes).map_err(|e| e.to_string())));
    }
    if gpkg::is_gpkg(path) || gpkg::is_sqlite(&bytes) {
        return Ok(match gpkg::read(&bytes) {
            Err(error) => Incoming::Outlines(Err(error.to_string())),
            Ok(layers) => {
                let told = |(name, read): gpkg::Layer| (name, read.map_err(|e| e.to_string()));
                Incoming::Layers(layers.into_iter().map(told).collect())
            }
        });
    }
    match shapefile::is_shp(path) {
        true => Ok(Incoming::Shapefile(bytes)),
        false => Err(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::grey8_png;

    /// What each is told as, in a word.
    fn told(path: &str, bytes: &[u8], takes_outlines: bool) -> String {
        match sort(path, bytes.to_vec(), takes_outlines, &Limits::default()) {
            Incoming::Junk => "junk".into(),
            Incoming::Sidecar { kind, owner, .. } => format!("{kind:?} of {owner}"),
            Incoming::Outlines(read) => format!("outlines, read: {}", read.is_ok()),
            Incoming::Layers(layers) => format!("{} layers", layers.len()),
            Incoming::Shapefile(_) => "shapefile".into(),
            Incoming::PassedOver => "passed over".into(),
            Incoming::Annotations(kind) => kind.into(),
            Incoming::Annotated(read) => format!("annotated, read: {}", read.is_ok()),
            Incoming::Image(file) => file.facts().format.name.into(),
            Incoming::Refused(error) => error.to_string(),
        }
    }

    #[test]
    fn a_file_is_the_same_for_training_and_prediction_but_for_outlines() {
        let png = grey8_png(&[0; 4], 2, 2).expect("a picture");
        let none = br#"{"type": "FeatureCollection", "features": []}"#;
        let unknown = DecodeError::UnknownFormat.to_string();
        let unknown = unknown.as_str();
        let same: [(&str, &[u8], &str); 12] = [
            ("a/.DS_Store", b"x", "junk"),
            ("a.png", &png, "PNG"),
            // The bytes decide.
            ("a.txt", &png, "PNG"),
            ("a.tif", b"words", unknown),
            ("a.png", b"", "the file is empty"),
            ("b/A.TFW", b"1", "WorldFile of b/a"),
            ("a.tif.aux.xml", b"1", "Auxiliary of a.tif"),
            ("a.tif.msk", b"1", "MissingMask of a.tif"),
            ("a.prj", b"1", "Projection of a"),
            ("a.ovr", b"1", "Unused of a"),
            ("readme.txt", b"words", "passed over"),
            ("coco.json", br#"{"images": [], "annotations": []}"#, "COCO annotations"),
        ];
        for (path, bytes, expected) in same {
            for takes_outlines in [true, false] {
                assert_eq!(told(path, bytes, takes_outlines), expected, "{path}");
            }
        }
        let labelme = br#"{"shapes": [{"points": [[0, 0], [1, 0], [1, 1]]}], "imagePath": "a.png"}"#;
        let apart: [(&str, &[u8], [&str; 2]); 11] = [
            ("a.fgb", b"words", ["outlines, read: false", unknown]),
            ("a.kml", b"<kml/>", ["outlines, read: true", unknown]),
            ("a.osm", b"<osm/>", ["outlines, read: false", unknown]),
            ("a.gpkg", b"words", ["outlines, read: false", unknown]),
            ("a.json", labelme, ["annotated, read: true", "LabelMe annotations"]),
            ("a.geojson", none, ["outlines, read: true", unknown]),
            ("a.json", none, ["outlines, read: true", "passed over"]),
            ("a.geojson", b"words", ["outlines, read: false", unknown]),
            ("a.shp", b"words", ["shapefile", unknown]),
            ("a.dbf", b"words", ["Table of a", unknown]),
            ("a.sbn", b"words", ["OfShapefile of a", unknown]),
        ];
        for (path, bytes, expected) in apart {
            let both = [true, false].map(|takes_outlines| told(path, bytes, takes_outlines));
            assert_eq!(both, expected, "{path}");
        }
    }
}
