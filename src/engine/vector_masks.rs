//! Masks drawn from GeoJSON or a Shapefile: an extract of a map, dropped beside placed images, becomes their masks.
//!
//! A file with the name of an image is for that image, any other for all images that it lies on. All files of an image
//! are drawn together, in the order of their paths, so that an image's own file and a general one add up: no polygon is
//! left out because another file has some, and where two overlap the later path lies on top. Where nothing is drawn on
//! an image within the extent of a file, or a file with its name has no geometry, its mask is background.
//! The files of a data set are kept and drawn again with every drop, so that a name is one class in all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    georef::{self, Sidecars},
    inputs,
};
use crate::{
    data::{
        alignment::Place,
        pair::{ImageNames, is_junk, is_unusable_data},
    },
    formats::{
        Format,
        geo::{GeoRef, OwnPlace, PlaceRemark},
        header, sniff,
        tiff::TiffImage,
        vector::{Polygons, geojson, json_kinds, shapefile},
    },
    protocol::{Event, VectorInfo},
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

/// Images by path, what lies beside them, and the polygons of GeoJSON files and Shapefiles.
#[derive(Default)]
pub(super) struct VectorMasks {
    images: BTreeMap<String, Placed>,
    sidecars: Sidecars,
    /// Files read, or why they could not be.
    pub(super) layers: BTreeMap<String, Result<Polygons, String>>,
    /// Shapefiles that wait for what belongs to them.
    shapes: BTreeMap<String, Vec<u8>>,
    /// Their tables and lists of records by path in lower case.
    tables: BTreeMap<String, Vec<u8>>,
    most_bands: usize,
    /// Something came since the last drawing.
    is_stale: bool,
    /// Images that a mask is drawn for.
    pub(super) drawn: BTreeSet<String>,
    /// What was said of the files at the last drawing.
    pub(super) said: Vec<Event>,
    /// What of the files is in the masks since then.
    pub(super) told: Vec<VectorInfo>,
}

impl VectorMasks {
    /// The images that a mask is drawn for now.
    pub(super) fn set_drawn(&mut self, images: BTreeSet<String>) {
        self.drawn = images;
    }

    /// What was said and told of the files at the last drawing.
    pub(super) fn remember(&mut self, said: &[Event], told: &[VectorInfo]) {
        self.said = said.to_vec();
        self.told = told.to_vec();
    }

    /// Looks at a file dropped for training. `true` if it is no image and need not be decoded.
    pub(super) fn note(&mut self, path: &str, bytes: &mut Vec<u8>) -> bool {
        if is_junk(path) {
            return true;
        }
        self.is_stale = true;
        if geojson::is_geojson(path) {
            let bytes = std::mem::take(bytes);
            let read = match is_unusable_data(path) {
                true => Err("by its name it shows what could not be seen (UDM), not buildings".to_owned()),
                false => geojson::read(&bytes).map_err(|e| e.to_string()),
            };
            self.layers.insert(path.to_owned(), read);
            return true;
        }
        if geojson::may_be_geojson(path)
            && let Some(read) = geojson::read_if_geojson(bytes)
        {
            bytes.clear();
            self.layers.insert(path.to_owned(), read.map_err(|e| e.to_string()));
            return true;
        }
        if geojson::may_be_geojson(path)
            && let Some(kind) = json_kinds::other_map(bytes)
        {
            let what = format!("it is {kind}, which is not read here");
            self.layers.insert(path.to_owned(), Err(what));
            return true;
        }
        if shapefile::is_shp(path) {
            self.shapes.insert(path.to_owned(), std::mem::take(bytes));
            return true;
        }
        if shapefile::is_dbf(path) || shapefile::is_shx(path) {
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

    /// Where an image lies, by itself or by what lies beside it.
    pub(super) fn geo(&self, path: &str) -> Option<GeoRef> {
        self.place(path)?.geo
    }

    /// Whether the rows of an image run west to east from north to south.
    pub(super) fn is_north_up(&self, path: &str) -> bool {
        self.geo(path).is_some_and(|geo| {
            let [_, right, across, _, along, down] = geo.transform;
            right > 0.0 && down < 0.0 && across.abs() * 5.0 < right && along.abs() * 5.0 < -down
        })
    }

    fn place(&self, path: &str) -> Option<Place> {
        let image = self.images.get(path)?;
        let (geo, remark) = self.sidecars.of(path, image.format, &image.own);
        Some(Place { geo, remark })
    }

    /// Values that mean nothing by files beside the images, by path.
    pub(super) fn nodata(&self) -> BTreeMap<String, Vec<f64>> {
        let all = self.images.keys().map(|path| (path, self.sidecars.nodata_of(path)));
        let some = all.filter(|(_, values)| !values.is_empty());
        some.map(|(path, values)| (path.clone(), values.to_vec())).collect()
    }

    /// Where each image and each mask that came as an image lies, by path.
    pub(super) fn places(&self) -> BTreeMap<String, Place> {
        let place = |path: &String| Some((path.clone(), self.place(path)?));
        self.images.keys().filter_map(place).collect()
    }

    /// Why there is no placed image, where one has control points.
    pub(super) fn unplaced(&self) -> String {
        let said = self.images.keys().find_map(|path| match self.place(path)?.remark? {
            PlaceRemark::ControlPoints { residual_px } => Some(format!(
                "; the control points of {path} fit no plane: {residual_px:.1} pixels off"
            )),
            _ => None,
        });
        format!("no image with a place on the ground{}", said.unwrap_or_default())
    }

    /// Width and height of an image in pixels.
    pub(super) fn size(&self, path: &str) -> Option<[u32; 2]> {
        self.images.get(path).map(|image| [image.width, image.height])
    }

    /// Reads what waits; `false` if nothing came since the last time, or there is nothing to draw.
    pub(super) fn begin_drawing(&mut self) -> bool {
        self.read_shapefiles();
        std::mem::take(&mut self.is_stale) && !(self.layers.is_empty() && self.drawn.is_empty())
    }

    /// Reads the Shapefiles that came; those that miss their projection are tried again with the next drop.
    fn read_shapefiles(&mut self) {
        for (path, bytes) in std::mem::take(&mut self.shapes) {
            let lower = path.to_lowercase();
            let beside = |ending| self.tables.get(&format!("{}.{ending}", lower.trim_end_matches(".shp")));
            let [table, list] = ["dbf", "shx"].map(|ending| beside(ending).map(Vec::as_slice));
            let projection = self.sidecars.projection_of(&path);
            let read = shapefile::read(&bytes, table, projection, list);
            if matches!(read, Err(shapefile::ShapefileError::NoProjection)) {
                self.shapes.insert(path.clone(), bytes);
            }
            self.layers.insert(path, read.map_err(|e| e.to_string()));
        }
        if self.shapes.is_empty() {
            self.tables.clear();
        }
    }

    /// The images that were decoded, for looking up which a file is for.
    pub(super) fn index(&self, is_held: impl Fn(&str) -> bool) -> Index<'_> {
        let images: Vec<&str> = self
            .images
            .keys()
            .map(String::as_str)
            .filter(|path| is_held(path))
            .collect();
        let paths: Vec<String> = images.iter().map(|path| (*path).to_owned()).collect();
        Index {
            names: ImageNames::new(&paths),
            placed: images.iter().copied().filter(|path| self.geo(path).is_some()).collect(),
            images,
        }
    }
}

/// Images by name, and those that lie on the ground.
pub(super) struct Index<'a> {
    names: ImageNames,
    images: Vec<&'a str>,
    placed: BTreeSet<&'a str>,
}

impl<'a> Index<'a> {
    /// Images that have the name of a file of polygons.
    pub(super) fn named_like(&self, vector: &str) -> Vec<&'a str> {
        let same = self.names.like(vector).into_iter();
        same.filter_map(|i| self.images.get(i).copied()).collect()
    }

    /// Images that a file of polygons is for: the one of its name, or all that lie on the ground.
    pub(super) fn images_of(&self, vector: &str) -> Vec<&'a str> {
        let mut same = self.named_like(vector);
        same.retain(|path| self.placed.contains(path));
        if same.is_empty() {
            self.placed.iter().copied().collect()
        } else {
            same
        }
    }
}

/// The median; `None` if the greatest is more than a quarter above the least.
fn median_if_alike(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let median = *all.get(all.len() / 2)?;
    (all.last()? / all.first()? <= 1.25).then_some(median)
}

/// Size, own georeference and bands of an image; of its pixels at most some of an alpha are looked at.
fn placed(bytes: &[u8]) -> Option<Placed> {
    let format = sniff(bytes)?;
    if format == Format::Tiff {
        // Only the directory is read; the copy is short-lived.
        let image = TiffImage::open(std::sync::Arc::new(bytes.to_vec())).ok()?;
        return Some(Placed {
            bands: inputs::bands_of(&image),
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
        assert_eq!(masks.index(|_| true).images_of("buildings.geojson"), ["a.png", "b.png"]);
        assert_eq!(masks.index(|_| true).images_of("B_mask.geojson"), ["b.png"]);
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
