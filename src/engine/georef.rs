//! Georeferences of images, as they are told and measured.

use crate::{
    geo::{GeoRef, GeoRefRemark, ellipsoid::distance_m},
    protocol::GeoInfo,
};

/// What the page shows of a georeference, and what is remarkable about it, of an image of `width` x `height` pixels.
pub(super) fn describe(geo: &GeoRef, remark: Option<GeoRefRemark>, width: u32, height: u32) -> GeoInfo {
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
        negative_scale: remark == Some(GeoRefRemark::NegativeScale),
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
    use crate::geo::GeoKeys;

    /// PROJ's scale of Web Mercator at 47 degrees north is 1.4635: 0.30 m of the map are 0.205 m of the ground.
    #[test]
    fn metres_of_the_map_are_not_those_of_the_ground() {
        let at = |epsg, pixel: f64| {
            let transform = [950_000.0, pixel, 0.0, 5_942_000.0, 0.0, -pixel];
            GeoRef::new(transform, Some(epsg), GeoKeys::default()).expect("placed")
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
    fn a_placed_image_is_described_on_the_ground() {
        let transform = [500_000.0, 0.5, 0.0, 5_400_000.0, 0.0, -0.5];
        let geo = GeoRef::new(transform, Some(32633), GeoKeys::default()).expect("placed");
        let info = describe(&geo, None, 2000, 1000);
        let [w, h] = info.ground_m.expect("known");
        assert!((w - 1000.0).abs() < 5.0 && (h - 500.0).abs() < 3.0, "{w} {h}");
        let [x, y] = info.pixel_m.expect("known");
        assert!((x - 0.5).abs() < 0.005 && (y - 0.5).abs() < 0.005, "{x} {y}");
        assert_eq!(info.crs.as_deref(), Some("WGS 84 / UTM zone 33N"));
    }
}
