//! Georeferences of the images to predict: from the file itself or from a world file beside it.

use std::collections::BTreeMap;

use crate::{
    formats::{
        Format,
        geo::{Auxiliary, Beside, GeoRef, OwnPlace, PlaceRemark, ellipsoid::distance_m, placed},
    },
    protocol::GeoInfo,
};

/// Longest sidecar that is read, bytes.
const MAX_SIDECAR_BYTES: usize = 256 << 10;

/// World files and projections that came with the images, by path without their extension.
#[derive(Default)]
pub(super) struct Sidecars {
    world: BTreeMap<String, String>,
    projection: BTreeMap<String, String>,
    /// By the image's whole path.
    auxiliary: BTreeMap<String, Auxiliary>,
}

/// What a file beside an image is.
enum Kind {
    World,
    Projection,
    Auxiliary,
    /// Written by GIS programs and not needed: thumbnails, styles.
    Other,
}

fn kind(path: &str) -> Option<(String, Kind)> {
    let lower = path.to_lowercase();
    if let Some(image) = lower.strip_suffix(".aux.xml") {
        return Some((image.to_owned(), Kind::Auxiliary));
    }
    if lower.ends_with(".ovr") || lower.ends_with(".qml") || lower.ends_with(".cpg") {
        return Some((String::new(), Kind::Other));
    }
    let (stem, extension) = lower.rsplit_once('.')?;
    let world = [
        "pgw", "pngw", "jgw", "jpgw", "jpegw", "tfw", "tifw", "tiffw", "bpw", "gfw", "wpw", "webpw", "wld",
    ];
    if world.contains(&extension) {
        Some((stem.to_owned(), Kind::World))
    } else if extension == "prj" {
        Some((stem.to_owned(), Kind::Projection))
    } else {
        None
    }
}

impl Sidecars {
    /// Takes a sidecar in; `false` if the file is none.
    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> bool {
        let Some((stem, kind)) = kind(path) else {
            return false;
        };
        let text = || String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_SIDECAR_BYTES)]).into_owned();
        match kind {
            Kind::World => drop(self.world.insert(stem, text())),
            Kind::Projection => drop(self.projection.insert(stem, text())),
            Kind::Auxiliary => drop(self.auxiliary.insert(stem, Auxiliary::read(bytes))),
            Kind::Other => {}
        }
        true
    }

    /// What the `.prj` beside a file says.
    pub(super) fn projection_of(&self, path: &str) -> Option<&str> {
        let lower = path.to_lowercase();
        let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
        self.projection.get(stem).map(String::as_str)
    }

    /// The value that means nothing, of each band of an image, by the auxiliary file beside it.
    pub(super) fn nodata_of(&self, image_path: &str) -> &[f64] {
        let auxiliary = self.auxiliary.get(&image_path.to_lowercase());
        auxiliary.map(Auxiliary::nodata).unwrap_or_default()
    }

    /// Where an image lies, by what it says itself and what lies beside it.
    pub(super) fn of(
        &self,
        image_path: &str,
        format: Option<Format>,
        own: &OwnPlace,
    ) -> (Option<GeoRef>, Option<PlaceRemark>) {
        let lower = image_path.to_lowercase();
        let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
        let beside = Beside {
            aux: self.auxiliary.get(&lower),
            world: self.world.get(stem).map(String::as_str),
            prj: self.projection.get(stem).map(String::as_str),
            world_first: matches!(format, Some(Format::Png | Format::Gif | Format::Bmp)),
        };
        placed(own, beside)
    }
}

/// What the page shows of a georeference, and what is remarkable about it, of an image of `width` x `height` pixels.
pub(super) fn describe(geo: &GeoRef, remark: Option<PlaceRemark>, width: u32, height: u32) -> GeoInfo {
    let crs = geo.crs().ok();
    let to = crs.as_ref().and_then(|crs| crs.to_lon_lat().ok());
    let at = |x: f64, y: f64| to.as_ref().and_then(|to| to.lon_lat(geo.to_map(x, y)));
    let (w, h) = (f64::from(width), f64::from(height));
    let between = |a: [f64; 2], b: [f64; 2]| distance_m(at(a[0], a[1])?, at(b[0], b[1])?);
    let pair = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| [a, b]);
    GeoInfo {
        epsg: geo.epsg,
        pixel_m: pair(
            // Over a hundred pixels, so that rounding does not show.
            between([w / 2.0 - 50.0, h / 2.0], [w / 2.0 + 50.0, h / 2.0]).map(|m| m / 100.0),
            between([w / 2.0, h / 2.0 - 50.0], [w / 2.0, h / 2.0 + 50.0]).map(|m| m / 100.0),
        ),
        ground_m: pair(
            between([0.0, h / 2.0], [w, h / 2.0]),
            between([w / 2.0, 0.0], [w / 2.0, h]),
        ),
        middle: at(w / 2.0, h / 2.0),
        crs: crs.map(|crs| crs.name),
        rotated: geo.is_rotated(),
        unknown_crs: geo.crs().is_err().then(|| geo.keys.name()).flatten(),
        negative_scale: remark == Some(PlaceRemark::NegativeScale),
    }
}

/// Side of a pixel in units of the map, where those are metres: what programs that work on the map itself compare. Not the
/// ground's (a metre of Web Mercator is less); `None` in degrees, feet and systems not known.
pub(super) fn map_pixel_m(geo: &GeoRef) -> Option<f64> {
    geo.crs().ok().filter(|crs| !crs.geographic && crs.unit_m == 1.0)?;
    let [x, y] = geo.pixel_size();
    let side = (x * y).sqrt();
    (side.is_finite() && side > 0.0).then_some(side)
}

/// Side of a pixel on the ground in metres, of an oblong one the mean; `None` where the reference system is not known.
pub(super) fn pixel_m(geo: &GeoRef, width: u32, height: u32) -> Option<f64> {
    let [x, y] = describe(geo, None, width, height).pixel_m?;
    let side = (x * y).sqrt();
    (side.is_finite() && side > 0.0).then_some(side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::geo::GeoKeys;

    /// PROJ's scale of Web Mercator at 47 degrees north is 1.4635: 0.30 m of the map are 0.205 m of the ground.
    #[test]
    fn metres_of_the_map_are_not_those_of_the_ground() {
        let at = |epsg, pixel: f64| {
            let place = [950_000.0, pixel, 0.0, 5_942_000.0, 0.0, -pixel];
            GeoRef::new(place, Some(epsg), GeoKeys::default()).expect("placed")
        };
        let web = at(3857, 0.3);
        let ground = pixel_m(&web, 256, 256).expect("known");
        assert!((ground - 0.205).abs() < 0.001, "{ground}");
        assert!(map_pixel_m(&web).is_some_and(|m| (m - 0.3).abs() < 1e-12));
        // Degrees, US survey feet, not known.
        for epsg in [4326, 2263, 2950] {
            assert_eq!(map_pixel_m(&at(epsg, 0.3)), None, "{epsg}");
        }
    }

    #[test]
    fn a_world_file_places_the_image_beside_it() {
        let mut sidecars = Sidecars::default();
        assert!(sidecars.add("a/Tile.PGW", b"0.5\n0\n0\n-0.5\n500000.25\n5399999.75\n"));
        assert!(sidecars.add("a/tile.prj", b"PROJCS[\"WGS_1984_UTM_Zone_33N\"]"));
        assert!(sidecars.add("a/tile.png.aux.xml", b"<PAMDataset/>"));
        assert!(!sidecars.add("a/tile.png", b""));
        let of = |path| sidecars.of(path, Some(Format::Png), &OwnPlace::default()).0;
        let geo = of("a/tile.png").expect("placed");
        assert_eq!(geo.epsg, Some(32633));
        assert_eq!(of("b/tile.png"), None);
        let info = describe(&geo, None, 2000, 1000);
        let [w, h] = info.ground_m.expect("known");
        assert!((w - 1000.0).abs() < 5.0 && (h - 500.0).abs() < 3.0, "{w} {h}");
        let [x, y] = info.pixel_m.expect("known");
        assert!((x - 0.5).abs() < 0.005 && (y - 0.5).abs() < 0.005, "{x} {y}");
        assert_eq!(info.crs.as_deref(), Some("WGS 84 / UTM zone 33N"));
    }
}
