//! Masks drawn from GeoJSON or a Shapefile: an extract of a map, dropped beside placed images, becomes their masks.

use std::collections::BTreeMap;

use super::{
    Engine, fault,
    georef::{self, Sidecars},
};
use crate::{
    data::{alignment::Place, pair::images_named_like},
    formats::{
        Format,
        geo::{GeoRef, OwnPlace, PlaceRemark},
        geojson::{GeoJsonError, Polygons, is_geojson},
        header, shapefile, sniff,
        tiff::TiffImage,
    },
    protocol::{Event, FaultCode, Stage},
};

/// Where an image to train on lies.
struct Placed {
    own: OwnPlace,
    format: Option<Format>,
    width: u32,
    height: u32,
    /// Bands that hold something measured; 0 where there is no choice.
    bands: usize,
}

/// Images by path, what lies beside them, and the GeoJSON files and Shapefiles not yet drawn.
#[derive(Default)]
pub(super) struct VectorMasks {
    images: BTreeMap<String, Placed>,
    sidecars: Sidecars,
    files: BTreeMap<String, Vec<u8>>,
    /// Tables of Shapefiles by their path in lower case.
    tables: BTreeMap<String, Vec<u8>>,
    most_bands: usize,
}

impl VectorMasks {
    /// Looks at a file dropped for training. `true` if it is no image and need not be decoded.
    pub(super) fn note(&mut self, path: &str, bytes: &mut Vec<u8>) -> bool {
        if is_geojson(path) || shapefile::is_shp(path) {
            self.files.insert(path.to_owned(), std::mem::take(bytes));
            return true;
        }
        if shapefile::is_dbf(path) {
            self.tables.insert(path.to_lowercase(), std::mem::take(bytes));
            return true;
        }
        if shapefile::is_companion(path) {
            return true;
        }
        if self.sidecars.add(path, bytes) {
            return true;
        }
        if let Some(placed) = placed(bytes) {
            self.most_bands = self.most_bands.max(placed.bands);
            self.images.insert(path.to_owned(), placed);
        }
        false
    }

    /// Most bands that an image had, alpha aside.
    pub(super) fn most_bands(&self) -> usize {
        self.most_bands
    }

    /// Ground resolution of these images in metres a pixel: the median of those that are placed; `None` if there are
    /// none, or if they differ by more than a quarter.
    pub(super) fn pixel_m<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Option<f64> {
        let known = |path: &str| {
            let image = self.images.get(path)?;
            georef::pixel_m(&self.geo(path)?, image.width, image.height)
        };
        median_if_alike(paths.filter_map(known).collect())
    }

    /// The same in units of the map, where those are metres; `None` too if one of the placed is in other units.
    pub(super) fn map_pixel_m<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Option<f64> {
        let placed = paths.filter_map(|path| self.geo(path));
        median_if_alike(placed.map(|geo| georef::map_pixel_m(&geo)).collect::<Option<_>>()?)
    }

    fn geo(&self, path: &str) -> Option<GeoRef> {
        self.place(path)?.geo
    }

    fn place(&self, path: &str) -> Option<Place> {
        let image = self.images.get(path)?;
        let (geo, remark) = self.sidecars.of(path, image.format, &image.own);
        Some(Place { geo, remark })
    }

    /// Where each image and each mask that came as an image lies, by path.
    pub(super) fn places(&self) -> BTreeMap<String, Place> {
        let place = |path: &String| Some((path.clone(), self.place(path)?));
        self.images.keys().filter_map(place).collect()
    }

    /// Why there is no placed image, where one has control points.
    fn unplaced(&self) -> String {
        let said = self.images.keys().find_map(|path| match self.place(path)?.remark? {
            PlaceRemark::ControlPoints { residual_px } => Some(format!(
                "; the control points of {path} fit no plane: {residual_px:.1} pixels off"
            )),
            _ => None,
        });
        format!("no image with a place on the ground{}", said.unwrap_or_default())
    }

    /// The polygons of a file.
    fn polygons(&self, path: &str, bytes: &[u8]) -> Result<Polygons, String> {
        if !shapefile::is_shp(path) {
            return Polygons::read(bytes).map_err(|e| e.to_string());
        }
        let lower = path.to_lowercase();
        let table = self.tables.get(&format!("{}.dbf", lower.trim_end_matches(".shp")));
        let projection = self.sidecars.projection_of(path);
        shapefile::read(bytes, table.map(Vec::as_slice), projection).map_err(|e| e.to_string())
    }

    /// Images that a file of polygons is for: the one of its name, or all that lie on the ground.
    fn images_of(&self, vector: &str) -> Vec<String> {
        let placed: Vec<String> = self
            .images
            .keys()
            .filter(|path| self.geo(path).is_some())
            .cloned()
            .collect();
        let same: Vec<String> = images_named_like(vector, &placed)
            .into_iter()
            .filter_map(|i| placed.get(i).cloned())
            .collect();
        if same.is_empty() { placed } else { same }
    }
}

/// The median; `None` if the greatest is more than a quarter above the least.
fn median_if_alike(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let median = *all.get(all.len() / 2)?;
    (all.last()? / all.first()? <= 1.25).then_some(median)
}

/// Size and own georeference of an image, from its header alone.
fn placed(bytes: &[u8]) -> Option<Placed> {
    let format = sniff(bytes)?;
    if format == Format::Tiff {
        // Only the directory is read; the copy is short-lived.
        let image = TiffImage::open(std::sync::Arc::new(bytes.to_vec())).ok()?;
        return Some(Placed {
            bands: image.measured_bands().len(),
            own: image.place.clone(),
            format: Some(format),
            width: image.width,
            height: image.height,
        });
    }
    let (width, height) = header::read(format, bytes).ok()?.size?;
    Some(Placed {
        own: OwnPlace::default(),
        format: Some(format),
        bands: 0,
        width,
        height,
    })
}

impl Engine {
    /// Draws the masks of the vector files of a drop; gives a fault for each that could not be used.
    pub(super) fn draw_vector_masks(&mut self) -> Vec<Event> {
        let mut faults = Vec::new();
        for (path, bytes) in std::mem::take(&mut self.vectors.files) {
            if let Err(detail) = self.draw(&path, &bytes) {
                faults.push(fault(FaultCode::VectorMask, Stage::Pair, Some(path), Some(detail)));
            }
        }
        self.vectors.tables.clear();
        faults
    }

    fn draw(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let polygons = self.vectors.polygons(path, bytes)?;
        let images = self.vectors.images_of(path);
        if images.is_empty() {
            return Err(self.vectors.unplaced());
        }
        let mut drawn = 0;
        let mut elsewhere = None;
        for image in images {
            let (Some(geo), Some(placed)) = (self.vectors.geo(&image), self.vectors.images.get(&image)) else {
                continue;
            };
            match polygons.mask(&geo, placed.width, placed.height) {
                Ok(mask) => {
                    self.builder.add_drawn(&image, path, mask);
                    drawn += 1;
                }
                Err(error @ GeoJsonError::Elsewhere(_)) => elsewhere = Some(error.to_string()),
                Err(error) => return Err(format!("{image}: {error}")),
            }
        }
        if drawn == 0 {
            return Err(elsewhere.unwrap_or_default());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_of_another_name_is_for_all() {
        let mut masks = VectorMasks::default();
        let world = b"1\n0\n0\n-1\n500000\n5400000\n";
        for name in ["a", "b", "c"] {
            let png = crate::formats::grey8_png(&[0; 4], 2, 2).expect("a picture");
            assert!(!masks.note(&format!("{name}.png"), &mut png.clone()));
            if name != "c" {
                assert!(masks.note(&format!("{name}.pgw"), &mut world.to_vec()));
            }
        }
        assert_eq!(masks.images_of("buildings.geojson"), ["a.png", "b.png"]);
        assert_eq!(masks.images_of("B_mask.geojson"), ["b.png"]);
        // Without a projection file nobody knows what the numbers mean.
        assert_eq!(masks.pixel_m(["a.png", "b.png"].into_iter()), None);
        for (name, zone) in [("a", "33N"), ("b", "33N"), ("c", "33N")] {
            let prj = format!("PROJCS[\"WGS_1984_UTM_Zone_{zone}\"]");
            assert!(masks.note(&format!("{name}.prj"), &mut prj.into_bytes()));
        }
        let side = masks.pixel_m(["a.png", "b.png", "c.png"].into_iter()).expect("placed");
        assert!((side - 1.0).abs() < 0.01, "{side}");
        assert!(masks.note("c.pgw", &mut b"2\n0\n0\n-2\n500000\n5400000\n".to_vec()));
        assert_eq!(masks.pixel_m(["a.png", "b.png", "c.png"].into_iter()), None);
    }
}
