//! Where an image lies on the ground: the affine transform from pixels, and the reference system (CRS).
//!
//! Sources: OGC GeoTIFF 1.1 (keys and tags), Esri's world files, GDAL's auxiliary files.

pub mod crs;
pub mod ellipsoid;
mod esri;

pub use crs::{Crs, CrsError, ToLonLat};

/// GeoKeys that are looked at.
mod key {
    pub const MODEL_TYPE: u16 = 1024;
    pub const RASTER_TYPE: u16 = 1025;
    pub const GEODETIC_CRS: u16 = 2048;
    pub const PROJECTED_CRS: u16 = 3072;
}

/// "User-defined" and "undefined" in GeoKeys.
const NO_CODE: [u16; 2] = [0, 32767];

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

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoKeys {
    pub directory: Vec<u16>,
    pub doubles: Vec<f64>,
    pub ascii: String,
}

impl GeoKeys {
    /// Key, location, count, value: four numbers each after a header of four.
    fn short(&self, key: u16) -> Option<u16> {
        self.directory
            .chunks_exact(4)
            .skip(1)
            .find(|entry| entry[0] == key && entry[1] == 0)
            .map(|entry| entry[3])
    }

    fn set_short(&mut self, key: u16, value: u16) {
        for entry in self.directory.chunks_exact_mut(4).skip(1) {
            if entry[0] == key && entry[1] == 0 {
                entry[3] = value;
            }
        }
    }

    /// Keys of a CRS known by its code alone.
    pub fn of_epsg(epsg: u32) -> GeoKeys {
        let Ok(code) = u16::try_from(epsg) else {
            return GeoKeys::default();
        };
        let geographic = crs::is_geographic(epsg);
        let (model, code_key) = if geographic {
            (2, key::GEODETIC_CRS)
        } else {
            (1, key::PROJECTED_CRS)
        };
        let mut directory = vec![1, 1, 0, 3];
        for (key, value) in [(key::MODEL_TYPE, model), (key::RASTER_TYPE, 1), (code_key, code)] {
            directory.extend([key, 0, 1, value]);
        }
        GeoKeys {
            directory,
            ..GeoKeys::default()
        }
    }
}

impl GeoRef {
    /// From GeoTIFF's tags: pixel scale, tie points, transformation, keys. `None` if they place nothing.
    pub fn from_keys(
        scale: &[f64],
        ties: &[f64],
        matrix: &[f64],
        directory: &[u16],
        doubles: &[f64],
        ascii: &str,
    ) -> Option<GeoRef> {
        let mut keys = GeoKeys {
            directory: directory.to_vec(),
            doubles: doubles.to_vec(),
            ascii: ascii.to_owned(),
        };
        let mut transform = match (scale, ties, matrix) {
            // Row-major 4 x 4.
            (_, _, [a, b, _, c, d, e, _, f, ..]) => [*c, *a, *b, *f, *d, *e],
            ([sx, sy, ..], [column, row, _, x, y, ..], _) => [x - column * sx, *sx, 0.0, y + row * sy, 0.0, -sy],
            ([], ties, _) if ties.len() >= 18 => fit(ties)?,
            _ => return None,
        };
        if transform.iter().any(|v| !v.is_finite()) || transform[1] * transform[5] == transform[2] * transform[4] {
            return None;
        }
        if keys.short(key::RASTER_TYPE) == Some(2) {
            // The tie point is the middle of a pixel; from here on it is the corner.
            transform[0] -= (transform[1] + transform[2]) / 2.0;
            transform[3] -= (transform[4] + transform[5]) / 2.0;
            keys.set_short(key::RASTER_TYPE, 1);
        }
        let code = |key| keys.short(key).filter(|code| !NO_CODE.contains(code)).map(u32::from);
        // A user-defined projection on a known datum is not that datum's own CRS.
        let projected = keys.short(key::MODEL_TYPE) == Some(1) || keys.short(key::PROJECTED_CRS).is_some();
        let epsg = if projected {
            code(key::PROJECTED_CRS)
        } else {
            code(key::GEODETIC_CRS)
        };
        Some(GeoRef { transform, epsg, keys })
    }

    /// From a world file and the text of a `.prj`, if there is one.
    pub fn from_world_file(text: &str, prj: Option<&str>) -> Option<GeoRef> {
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map(|part| part.replace(',', ".").parse().ok())
            .collect::<Option<_>>()?;
        let [a, d, b, e, x, y] = numbers[..] else {
            return None;
        };
        // Its last two lines are the middle of the first pixel.
        let transform = [x - (a + b) / 2.0, a, b, y - (d + e) / 2.0, d, e];
        if transform.iter().any(|v| !v.is_finite()) || a * e == b * d {
            return None;
        }
        let epsg = prj.and_then(crs::epsg_of_wkt);
        let keys = epsg.map(GeoKeys::of_epsg).unwrap_or_default();
        Some(GeoRef { transform, epsg, keys })
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
        let srs = self
            .epsg
            .map_or_else(String::new, |code| format!("  <SRS>EPSG:{code}</SRS>\n"));
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

/// The affine transform nearest to three tie points or more, by least squares.
fn fit(ties: &[f64]) -> Option<[f64; 6]> {
    let points: Vec<[f64; 4]> = ties.chunks_exact(6).map(|t| [t[0], t[1], t[3], t[4]]).collect();
    let n = points.len() as f64;
    let mean = |i: usize| points.iter().map(|p| p[i]).sum::<f64>() / n;
    let [column, row, x, y] = [mean(0), mean(1), mean(2), mean(3)];
    let sum = |f: &dyn Fn(f64, f64, f64, f64) -> f64| {
        points
            .iter()
            .map(|p| f(p[0] - column, p[1] - row, p[2] - x, p[3] - y))
            .sum::<f64>()
    };
    let (cc, cr, rr) = (
        sum(&|c, _, _, _| c * c),
        sum(&|c, r, _, _| c * r),
        sum(&|_, r, _, _| r * r),
    );
    let determinant = cc * rr - cr * cr;
    if determinant.abs() < 1e-9 {
        return None;
    }
    let solve = |by_column: f64, by_row: f64| {
        [
            (by_column * rr - by_row * cr) / determinant,
            (by_row * cc - by_column * cr) / determinant,
        ]
    };
    let [a, b] = solve(sum(&|c, _, x, _| c * x), sum(&|_, r, x, _| r * x));
    let [d, e] = solve(sum(&|c, _, _, y| c * y), sum(&|_, r, _, y| r * y));
    Some([x - a * column - b * row, a, b, y - d * column - e * row, d, e])
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

    #[test]
    fn four_tie_points_are_an_affine() {
        let geo = turned();
        let ties: Vec<f64> = [[0.0, 0.0], [100.0, 0.0], [0.0, 80.0], [100.0, 80.0]]
            .iter()
            .flat_map(|[c, r]| {
                let [x, y] = geo.to_map(*c, *r);
                [*c, *r, 0.0, x, y, 0.0]
            })
            .collect();
        let back = GeoRef::from_keys(&[], &ties, &[], &geo.keys.directory, &[], "").expect("placed");
        near(back.transform, TURNED);
        assert_eq!(back.epsg, Some(32633));
        assert_eq!(GeoRef::from_keys(&[], &[0.0; 24], &[], &[], &[], ""), None);
    }

    #[test]
    fn points_are_moved_to_corners() {
        let mut keys = GeoKeys::of_epsg(4326);
        keys.set_short(key::RASTER_TYPE, 2);
        let geo = GeoRef::from_keys(
            &[0.5, 0.25, 0.0],
            &[0.0, 0.0, 0.0, 10.0, 50.0, 0.0],
            &[],
            &keys.directory,
            &[],
            "",
        )
        .expect("placed");
        near(geo.transform, [9.75, 0.5, 0.0, 50.125, 0.0, -0.25]);
        assert_eq!(geo.keys.short(key::RASTER_TYPE), Some(1));
    }
}
