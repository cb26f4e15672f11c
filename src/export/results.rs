//! Results as map layers and tables: GeoTIFF, GeoJSON, areas.

use super::{
    coco::coco,
    prediction_map::PredictionMap,
    vector::{Between, Classes, Geojson, VectorOptions},
};
use crate::values::BOUNDARY_CLASS;
use crate::{
    formats::{
        Parts,
        tiff::{self, GeoTiffSpec, WriteError},
    },
    geo::{GeoRef, ToLonLat, ellipsoid::ring_area_m2},
};

/// In a class file: nothing was measured here.
pub const NODATA_CLASS: u8 = 255;
/// In a probability file: nothing was measured here.
const NODATA_PROBABILITY: f32 = -1.0;

impl PredictionMap {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.probability.bytes() + self.labels.as_ref().map_or(0, |l| l.numbers.len())
    }

    /// The smallest 16-bit step that counts as foreground.
    pub(super) fn cut(threshold: f32) -> u16 {
        (f64::from(threshold.clamp(0.0, 1.0)) * 65535.0).round() as u16
    }

    /// Class of a pixel: 0 background, 1 foreground, or the number of one of several classes; [`NODATA_CLASS`] where
    /// nothing was measured.
    pub fn class_at(&self, threshold: f32) -> impl Fn(usize, usize) -> u8 + '_ {
        let (cut, width) = (Self::cut(threshold), self.width as usize);
        move |y, x| {
            let at = y * width + x;
            if self.missing.as_ref().is_some_and(|m| m.get(at)) {
                return NODATA_CLASS;
            }
            match &self.labels {
                Some(labels) => labels.numbers.get(at).copied().unwrap_or(NODATA_CLASS),
                None => self.probability.get(at).map_or(NODATA_CLASS, |p| u8::from(p >= cut)),
            }
        }
    }

    fn spec<'a>(&'a self, nodata: Option<f64>, palette: Option<&'a [[u8; 3]]>) -> GeoTiffSpec<'a> {
        GeoTiffSpec {
            width: self.width as usize,
            height: self.height as usize,
            geo: self.geo.as_ref(),
            nodata,
            palette,
        }
    }

    /// The first class that outlines and areas are made of: where there are several, none is background.
    pub fn first_class(&self) -> u8 {
        u8::from(self.labels.is_none())
    }

    /// 8-bit mask, 0 or 255, as GeoTIFF; of several classes their numbers. This and the next three give the file's
    /// beginning (see [`Parts::finish`]).
    ///
    /// # Errors
    /// If compressing fails.
    pub fn mask_tiff(&self, threshold: f32, parts: Parts) -> Result<Vec<u8>, WriteError> {
        let class = self.class_at(threshold);
        if let Some(labels) = &self.labels {
            return self.classes_tiff(threshold, &labels.palette, parts);
        }
        let value = |y, x| if class(y, x) == 1 { 255u8 } else { 0 };
        tiff::write(self.spec(None, None), value, parts)
    }

    /// Class numbers with their colours and nodata, as GeoTIFF.
    ///
    /// # Errors
    /// If compressing fails.
    pub fn classes_tiff(&self, threshold: f32, palette: &[[u8; 3]], parts: Parts) -> Result<Vec<u8>, WriteError> {
        let class = self.class_at(threshold);
        tiff::write(self.spec(Some(f64::from(NODATA_CLASS)), Some(palette)), class, parts)
    }

    /// Probability 0 to 1 in 32-bit floats, -1 as nodata, as GeoTIFF.
    ///
    /// # Errors
    /// If compressing fails.
    pub fn probability_tiff(&self, parts: Parts) -> Result<Vec<u8>, WriteError> {
        let width = self.width as usize;
        let value = |y: usize, x: usize| {
            let at = y * width + x;
            match self.probability.get(at) {
                Some(p) if !self.missing.as_ref().is_some_and(|m| m.get(at)) => f32::from(p) / 65535.0,
                _ => NODATA_PROBABILITY,
            }
        };
        tiff::write(self.spec(Some(f64::from(NODATA_PROBABILITY)), None), value, parts)
    }

    /// Calls `work` with the map that outlines are drawn of; `names` are those of the classes that the model tells apart.
    pub fn with_classes<T>(&self, threshold: f32, names: &[String], work: impl FnOnce(&Classes) -> T) -> T {
        let class = self.class_at(threshold);
        let width = self.width as usize;
        let sureness = |y: usize, x: usize| self.probability.get(y * width + x).map_or(0, |p| (p >> 8) as u8);
        let between = names.iter().position(|name| name == BOUNDARY_CLASS);
        let between = between.filter(|number| *number > 0 && self.labels.is_some());
        work(&Classes {
            size: [self.height as usize, width],
            first: self.first_class(),
            count: names.len(),
            class: &class,
            between: between.map(|number| Between {
                class: number as u8,
                sureness: &sureness,
            }),
            geo: self.geo.as_ref(),
        })
    }

    /// Polygons of the foreground as GeoJSON.
    pub fn geojson(&self, threshold: f32, names: &[String], options: VectorOptions, parts: Parts) -> Vec<u8> {
        let mut file = Geojson::new(false, parts);
        self.with_classes(threshold, names, |classes| file.add("", classes, names, options));
        file.finish()
    }

    /// Regions of the foreground as COCO's annotations.
    pub fn coco(&self, threshold: f32, names: &[String], options: VectorOptions, parts: Parts) -> Vec<u8> {
        self.with_classes(threshold, names, |classes| {
            // In pixels: what its projection does not reach is an annotation all the same.
            let classes = Classes { geo: None, ..*classes };
            coco(&self.file_name, &classes, names, options, parts)
        })
    }

    /// Area of a pixel in the middle on the ellipsoid, m2, where the reference system is known.
    pub fn pixel_m2(&self) -> Option<f64> {
        let geo = self.geo.as_ref()?;
        let to = geo.crs().ok()?.to_lon_lat().ok()?;
        pixel_m2(geo, &to, self.width, self.height as usize / 2)
    }

    /// Pixels of each class of `classes` and, where the reference system is known, their area on the ellipsoid in m2.
    pub fn areas(&self, threshold: f32, classes: usize) -> Vec<(u64, Option<f64>)> {
        let class = self.class_at(threshold);
        let ground = self
            .geo
            .as_ref()
            .and_then(|geo| Some((geo, geo.crs().ok()?.to_lon_lat().ok()?)));
        let mut all = vec![(0u64, ground.is_some().then_some(0.0)); classes];
        for y in 0..self.height as usize {
            let mut counts = vec![0u64; classes];
            for x in 0..self.width as usize {
                if let Some(n) = counts.get_mut(usize::from(class(y, x))) {
                    *n += 1;
                }
            }
            let pixel_m2 = ground.as_ref().and_then(|(geo, to)| pixel_m2(geo, to, self.width, y));
            for ((pixels, area), n) in all.iter_mut().zip(counts) {
                *pixels += n;
                *area = area.zip(pixel_m2).map(|(sum, one)| sum + one * n as f64);
            }
        }
        all
    }
}

/// Area of the pixel in the middle of a row. Along a row of an image the scale changes far less than a millionth.
fn pixel_m2(geo: &GeoRef, to: &ToLonLat, width: u32, row: usize) -> Option<f64> {
    let (x, y) = (f64::from(width / 2), row as f64);
    let ring = [[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]].map(|[x, y]| to.lon_lat(geo.to_map(x, y)));
    Some(ring_area_m2(&ring.into_iter().collect::<Option<Vec<_>>>()?))
}

/// A cell of a CSV file (RFC 4180); a leading `=`, `+`, `-` or `@` must not become a formula.
pub fn csv_cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pixel_set::PixelSet, *};
    use crate::geo::GeoKeys;

    fn example() -> PredictionMap {
        PredictionMap {
            width: 3,
            height: 2,
            probability: vec![0, 40000, 65535, 10, 20, 50000].into(),
            geo: Some(GeoRef {
                transform: [15.0, 1e-4, 0.0, 48.0, 0.0, -1e-4],
                epsg: Some(4326),
                keys: GeoKeys::of_epsg(4326),
            }),
            missing: PixelSet::from_flags([true, false, false, false, false, false].into_iter()),
            ..PredictionMap::default()
        }
    }

    #[test]
    fn layers_keep_place_and_nodata() {
        let map = example();
        let open = |bytes: Vec<u8>| tiff::TiffImage::open(std::rc::Rc::new(bytes)).expect("opened");
        let read = |bytes: Vec<u8>| {
            let image = open(bytes);
            assert_eq!(image.geo, map.geo);
            let mut out = vec![0.0; 6];
            let window = tiff::Window {
                y: 0,
                x: 0,
                height: 2,
                width: 3,
            };
            image.visit(window, &[0], &mut |at, v| out[at] = v).expect("read");
            out
        };
        assert_eq!(
            read(map.mask_tiff(0.5, Parts::whole()).expect("written")),
            [0., 255., 255., 0., 0., 255.]
        );
        let classes = map
            .classes_tiff(0.5, &[[0; 3], [255, 0, 0]], Parts::whole())
            .expect("written");
        assert_eq!(read(classes), [255., 1., 1., 0., 0., 1.]);
        let p = read(map.probability_tiff(Parts::whole()).expect("written"));
        assert_eq!(p[0], -1.0);
        assert!((p[1] - 40000.0 / 65535.0).abs() < 1e-6);
    }

    #[test]
    fn areas_are_counted_on_the_ellipsoid() {
        let areas = example().areas(0.5, 2);
        assert_eq!((areas[0].0, areas[1].0), (2, 3));
        // 1e-4 degrees at 48 north: 11.12 m by 7.46 m.
        let one = areas[1].1.expect("placed") / 3.0;
        assert!((one - 82.9).abs() < 0.3, "{one}");
        assert_eq!(PredictionMap { geo: None, ..example() }.areas(0.5, 2)[1], (3, None));
    }

    #[test]
    fn cells_are_no_formulas() {
        assert_eq!(csv_cell("=cmd()"), "'=cmd()");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("plain"), "plain");
    }
}
