//! Masks drawn from GeoJSON or a Shapefile: an extract of a map, dropped beside placed images, becomes their masks.
//!
//! A file with the name of an image is for that image, any other for all images that it lies on. All files of an image
//! are drawn together, in the order of their paths, so that an image's own file and a general one add up: no polygon is
//! left out because another file has some, and where two overlap the later path lies on top. Where nothing is drawn on
//! an image within the extent of a file, or a file with its name has no geometry, its mask is background.
//! The files of a data set are kept and drawn again with every drop, so that a name is one class in all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::{load::GeoRefs, pair::ImageNames},
    engine::georef,
    formats::{
        annotations::Annotations,
        image::ImageFacts,
        sidecars::{SidecarKind, stem_of},
        vector::shapefile,
    },
    geo::{GeoRef, Polygons},
    protocol::{Event, VectorInfo},
};

/// Images by path, what lies beside them, and the polygons of GeoJSON files and Shapefiles.
#[derive(Default)]
pub(in crate::engine) struct VectorMasks {
    places: GeoRefs,
    /// Files read, or why they could not be.
    pub(in crate::engine) layers: BTreeMap<String, Result<Polygons, String>>,
    /// The same of files of labelling tools.
    pub(in crate::engine) annotated: BTreeMap<String, Result<Annotations, String>>,
    /// Shapefiles that wait for what belongs to them.
    shapes: BTreeMap<String, Vec<u8>>,
    /// Their tables and lists of records, by their path without the extension.
    tables: BTreeMap<(SidecarKind, String), Vec<u8>>,
    /// Something came since the last drawing.
    is_stale: bool,
    /// Images that a mask is drawn for.
    pub(in crate::engine) drawn: BTreeSet<String>,
    /// What was said of the files at the last drawing.
    pub(in crate::engine) said: Vec<Event>,
    /// What of the files is in the masks since then.
    pub(in crate::engine) told: Vec<VectorInfo>,
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

    /// Something came, whatever it is.
    pub(super) fn note_change(&mut self) {
        self.is_stale = true;
    }

    /// An image; one whose size only its pixels tell has no place.
    pub(super) fn add_image(&mut self, path: &str, facts: ImageFacts) {
        if facts.size.is_some() {
            self.places.add(path, facts);
        }
    }

    pub(super) fn add_layer(&mut self, path: String, read: Result<Polygons, String>) {
        self.layers.insert(path, read);
    }

    /// The layers of a file: one has its path, several are as files in it.
    pub(super) fn add_layers(&mut self, path: &str, layers: Vec<(String, Result<Polygons, String>)>) {
        let within = format!("{path}/");
        self.layers
            .retain(|known, _| known != path && !known.starts_with(&within));
        let alone = layers.len() == 1;
        for (name, read) in layers {
            let of = if alone {
                path.to_owned()
            } else {
                format!("{within}{name}")
            };
            self.layers.insert(of, read);
        }
    }

    pub(super) fn add_annotated(&mut self, path: String, read: Result<Annotations, String>) {
        self.annotated.insert(path, read);
    }

    /// Where polygons lie under a georeference, a box a file: left, top, right and bottom in pixels.
    pub(super) fn extents_px(&self, geo: &GeoRef) -> Vec<[f64; 4]> {
        let files = self.readable().into_iter();
        files
            .filter_map(|(_, polygons)| polygons.project(geo).ok()?.extent_px(geo))
            .collect()
    }

    /// Whether no file of outlines came.
    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.annotated.is_empty()
    }

    pub(super) fn add_shapefile(&mut self, path: String, bytes: Vec<u8>) {
        self.shapes.insert(path, bytes);
    }

    /// What lies beside an image or belongs to a Shapefile.
    pub(in crate::engine) fn add_sidecar(&mut self, kind: SidecarKind, owner: String, bytes: Vec<u8>) {
        match kind {
            SidecarKind::Table | SidecarKind::RecordList => drop(self.tables.insert((kind, owner), bytes)),
            _ => self.places.add_sidecar(kind, owner, &bytes),
        }
    }

    /// Where images lie.
    pub(in crate::engine) fn places(&self) -> &GeoRefs {
        &self.places
    }

    /// Ground resolution of these images in metres a pixel: the median of those that are placed; `None` if there are
    /// none, or if they differ by more than a quarter.
    pub(in crate::engine) fn pixel_m<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Option<f64> {
        let known = |path: &str| {
            let [width, height] = self.size(path)?;
            georef::pixel_m(&self.geo(path)?, width, height)
        };
        median_if_alike(paths.filter_map(known).collect())
    }

    /// The same in units of the map, where those are metres; `None` too if one of the placed is in other units.
    pub(in crate::engine) fn map_pixel_m<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Option<f64> {
        let placed = paths.filter_map(|path| self.geo(path));
        median_if_alike(placed.map(|geo| georef::map_pixel_m(&geo)).collect::<Option<_>>()?)
    }

    /// Where an image lies, by itself or by what lies beside it.
    pub(in crate::engine) fn geo(&self, path: &str) -> Option<GeoRef> {
        self.places.geo(path)
    }

    /// Whether the rows of an image run west to east from north to south.
    pub(in crate::engine) fn is_north_up(&self, path: &str) -> bool {
        self.geo(path).is_some_and(|geo| {
            let [_, right, across, _, along, down] = geo.transform;
            right > 0.0 && down < 0.0 && across.abs() * 5.0 < right && along.abs() * 5.0 < -down
        })
    }

    /// Width and height of an image in pixels.
    pub(in crate::engine) fn size(&self, path: &str) -> Option<[u32; 2]> {
        self.places.size(path)
    }

    /// Reads what waits; `false` if nothing came since the last time, or there is nothing to draw.
    pub(super) fn begin_drawing(&mut self) -> bool {
        self.read_shapefiles();
        std::mem::take(&mut self.is_stale) && !(self.is_empty() && self.drawn.is_empty())
    }

    /// Reads the Shapefiles that came; those that miss their projection are tried again with the next drop.
    fn read_shapefiles(&mut self) {
        for (path, bytes) in std::mem::take(&mut self.shapes) {
            let beside = |kind| self.tables.get(&(kind, stem_of(&path))).map(Vec::as_slice);
            let [table, list] = [SidecarKind::Table, SidecarKind::RecordList].map(beside);
            let projection = self.places.projection_of(&path);
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
            .places
            .paths()
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

    /// All of them.
    pub(in crate::engine) fn images(&self) -> &[&'a str] {
        &self.images
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{ImageFile, Limits, sidecars::sidecar};

    fn beside(masks: &mut VectorMasks, path: &str, text: &str) {
        let (kind, owner) = sidecar(path).expect("a sidecar");
        masks.add_sidecar(kind, owner, text.as_bytes().to_vec());
    }

    #[test]
    fn one_file_of_another_name_is_for_all() {
        let mut masks = VectorMasks::default();
        let world = "1\n0\n0\n-1\n500000\n5400000\n";
        for name in ["a", "b", "c"] {
            let png = crate::formats::grey8_png(&[0; 4], 2, 2).expect("a picture");
            let file = ImageFile::open(png, &Limits::default()).expect("opened");
            masks.add_image(&format!("{name}.png"), file.facts());
            if name != "c" {
                beside(&mut masks, &format!("{name}.pgw"), world);
            }
        }
        assert_eq!(masks.index(|_| true).images_of("buildings.geojson"), ["a.png", "b.png"]);
        assert_eq!(masks.index(|_| true).images_of("B_mask.geojson"), ["b.png"]);
        // Without a projection file nobody knows what the numbers mean.
        assert_eq!(masks.pixel_m(["a.png", "b.png"].into_iter()), None);
        for (name, zone) in [("a", "33N"), ("b", "33N"), ("c", "33N")] {
            let prj = format!("PROJCS[\"WGS_1984_UTM_Zone_{zone}\"]");
            beside(&mut masks, &format!("{name}.prj"), &prj);
        }
        let side = masks.pixel_m(["a.png", "b.png", "c.png"].into_iter()).expect("placed");
        assert!((side - 1.0).abs() < 0.01, "{side}");
        beside(&mut masks, "c.pgw", "2\n0\n0\n-2\n500000\n5400000\n");
        assert_eq!(masks.pixel_m(["a.png", "b.png", "c.png"].into_iter()), None);
    }
}
