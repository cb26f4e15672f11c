//! The georeference of an image.

use super::{
    crs::{Crs, CrsError},
    geo_keys::GeoKeys,
};

/// A georeference.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoRef {
    /// `x = t[0] + t[1] column + t[2] row`, `y = t[3] + t[4] column + t[5] row`, in GDAL's order; (0, 0) is the
    /// top left corner of the first pixel.
    pub transform: [f64; 6],
    /// EPSG code, if the file gives one.
    pub epsg: Option<u32>,
    /// The GeoKeys as they came, so that what is written has the same CRS even where we cannot name it.
    pub keys: GeoKeys,
}

impl GeoRef {
    /// `None` if the transform places nothing: it is not finite, or all pixels lie on a line.
    pub fn new(transform: [f64; 6], epsg: Option<u32>, keys: GeoKeys) -> Option<GeoRef> {
        let [_, a, b, _, d, e] = transform;
        let placed = transform.iter().all(|v| v.is_finite()) && a * e != b * d;
        placed.then_some(GeoRef { transform, epsg, keys })
    }

    /// Of an image that begins so many pixels farther to the right and down.
    #[must_use]
    pub fn moved(&self, right_px: f64, down_px: f64) -> GeoRef {
        let [x, y] = self.to_map(right_px, down_px);
        let mut moved = self.clone();
        (moved.transform[0], moved.transform[3]) = (x, y);
        moved
    }

    /// From a world file and the text of a `.prj`, if there is one.
    pub fn from_world_file(text: &str, prj: Option<&str>) -> Option<GeoRef> {
        let transform = Self::transform_of_world_file(text)?;
        let (epsg, keys) = prj.map(GeoKeys::of_text).unwrap_or_default();
        GeoRef::new(transform, epsg, keys)
    }

    /// The transform of a world file.
    pub(super) fn transform_of_world_file(text: &str) -> Option<[f64; 6]> {
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map(|part| part.replace(',', ".").parse().ok())
            .collect::<Option<_>>()?;
        let [a, d, b, e, x, y] = numbers[..] else {
            return None;
        };
        // Its last two lines are the middle of the first pixel.
        let transform = [x - (a + b) / 2.0, a, b, y - (d + e) / 2.0, d, e];
        GeoRef::new(transform, None, GeoKeys::default()).map(|geo| geo.transform)
    }

    /// Six lines: two steps of a column, two of a row, the middle of the first pixel.
    pub fn world_file(&self) -> String {
        let [x, a, b, y, d, e] = self.transform;
        let middle = [x + (a + b) / 2.0, y + (d + e) / 2.0];
        [a, d, b, e, middle[0], middle[1]]
            .map(|v| format!("{v:.15}\n"))
            .concat()
    }

    /// GDAL's auxiliary file beside a picture: QGIS and GDAL take CRS and transform from it.
    pub fn aux_xml(&self) -> String {
        let numbers: Vec<String> = self.transform.iter().map(|v| format!("{v:.15e}")).collect();
        let named = match (self.epsg, &self.keys.text) {
            (Some(code), _) => Some(format!("EPSG:{code}")),
            (None, Some(text)) => Some(escaped(text)),
            (None, None) => None,
        };
        let srs = named.map_or_else(String::new, |system| format!("  <SRS>{system}</SRS>\n"));
        format!(
            "<PAMDataset>\n{srs}  <GeoTransform>{}</GeoTransform>\n</PAMDataset>\n",
            numbers.join(", ")
        )
    }

    /// Map coordinates of a place in pixels.
    pub fn to_map(&self, column: f64, row: f64) -> [f64; 2] {
        let t = &self.transform;
        [t[0] + t[1] * column + t[2] * row, t[3] + t[4] * column + t[5] * row]
    }

    /// Column and row of a place on the map.
    pub fn to_pixel(&self, x: f64, y: f64) -> [f64; 2] {
        let t = &self.transform;
        let determinant = t[1] * t[5] - t[2] * t[4];
        let (dx, dy) = (x - t[0], y - t[3]);
        [
            (t[5] * dx - t[2] * dy) / determinant,
            (t[1] * dy - t[4] * dx) / determinant,
        ]
    }

    /// Sides of a pixel in the map's units.
    pub fn pixel_size(&self) -> [f64; 2] {
        let t = &self.transform;
        [t[1].hypot(t[4]), t[2].hypot(t[5])]
    }

    pub fn is_rotated(&self) -> bool {
        self.transform[2] != 0.0 || self.transform[4] != 0.0
    }

    /// The reference system, where it is one we can compute with.
    ///
    /// # Errors
    /// If the file names none, or one that is not known here.
    pub fn crs(&self) -> Result<Crs, CrsError> {
        Crs::from_epsg(self.epsg.ok_or(CrsError::None)?)
    }

    /// The same place seen at another size: `width` pixels where there were `from_width`, and so on.
    pub fn resized(&self, [from_width, from_height]: [usize; 2], [width, height]: [usize; 2]) -> GeoRef {
        let (fx, fy) = (
            from_width as f64 / width.max(1) as f64,
            from_height as f64 / height.max(1) as f64,
        );
        let [x, a, b, y, d, e] = self.transform;
        GeoRef {
            transform: [x, a * fx, b * fy, y, d * fx, e * fy],
            ..self.clone()
        }
    }
}

/// As text in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNED: [f64; 6] = [500_000.0, 0.3, 0.1, 5_400_000.0, 0.1, -0.3];

    fn turned() -> GeoRef {
        GeoRef {
            transform: TURNED,
            epsg: Some(32633),
            keys: GeoKeys::of_epsg(32633),
        }
    }

    fn near(a: [f64; 6], b: [f64; 6]) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
    }

    #[test]
    fn pixels_go_to_the_map_and_back() {
        let geo = turned();
        let [x, y] = geo.to_map(12.5, 700.0);
        let [column, row] = geo.to_pixel(x, y);
        assert!((column - 12.5).abs() < 1e-6 && (row - 700.0).abs() < 1e-6);
        assert!(geo.is_rotated());
    }

    #[test]
    fn world_files_go_out_and_in() {
        let back = GeoRef::from_world_file(&turned().world_file(), None).expect("six numbers");
        near(back.transform, TURNED);
        for bad in ["", "1 2 3 4 5", "a b c d e f", "0 0 0 0 1 1", "1 0 0 NaN 0 0"] {
            assert_eq!(GeoRef::from_world_file(bad, None), None, "{bad}");
        }
    }
}
