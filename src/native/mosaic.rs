//! Scenes that are one mosaic: where each lies in it, and which lie around it.

use serde_json::{Value, json};

use crate::{scenes::Scene, stop::Stop, voice::Voice};
use groundmask::{
    data::{
        held_back::Area,
        load::{self, GeoRefs, Incoming},
    },
    formats::Limits,
    geo::GeoRef,
    infer::Prediction,
    protocol::{Mosaic, MosaicPart},
};

/// How far pixels may lie beside those of the grid, in pixels: places are written with so many digits only.
const OFF_GRID_PX: f64 = 0.05;
/// Longest side that the engine takes, pixels.
const MAX_SIDE_PX: i64 = 1 << 24;
/// Beside an image, and nothing that says where it lies.
const NO_PLACES: [&str; 2] = [".ovr", ".msk"];

/// A grid of pixels that all scenes lie on.
pub struct Sheet {
    whole: Area,
    /// Of each scene.
    places: Vec<Area>,
}

impl Sheet {
    /// # Errors
    /// If a scene cannot be read (those around it would be predicted beside a hole), has no place on the ground, lies on
    /// another grid than the first, or so far away that the mosaic would be too large.
    pub fn of(scenes: &[Scene], voice: &Voice) -> Result<Self, Stop> {
        voice.note(&format!("Looking where {} scenes lie", scenes.len()));
        let mut georefs = GeoRefs::default();
        for scene in scenes {
            let has_place = |path: &str| {
                !NO_PLACES
                    .iter()
                    .any(|ending| path.to_ascii_lowercase().ends_with(ending))
            };
            let beside = scene.beside.iter().filter(|file| has_place(&file.path));
            for file in std::iter::once(&scene.image).chain(beside) {
                let bytes = file
                    .bytes()
                    .map_err(|why| Stop::failed(format!("{}: {why}", file.path)))?;
                match load::sort(&file.path, bytes, false, &Limits::default()) {
                    Incoming::Image(image) => georefs.add(&file.path, image.facts()),
                    Incoming::Sidecar { kind, owner, bytes } => georefs.add_sidecar(kind, owner, &bytes),
                    _ => {}
                }
            }
        }
        let mut grid = None;
        let mut corners = Vec::new();
        for scene in scenes {
            let path = &scene.image.path;
            let failed = |why: &str| Stop::failed(format!("{path}: {why}"));
            let size = georefs.size(path).ok_or_else(|| failed("it cannot be read"))?;
            let geo = georefs.geo(path).ok_or_else(|| failed("no place on the ground"))?;
            let (first, grid) = grid.get_or_insert_with(|| (path, geo.clone()));
            let corner =
                corner_on(grid, &geo, size).map_err(|why| failed(&format!("not on the grid of {first}: {why}")))?;
            corners.push((corner, size));
        }
        Self::laid_out(&corners).map_err(|far| {
            let path = scenes.get(far).map_or("", |scene| &scene.image.path);
            Stop::failed(format!(
                "{path}: so far from the others that the mosaic would have more than {MAX_SIDE_PX} pixels on a side"
            ))
        })
    }

    /// From the column and row of each scene's corner on the first one's grid, and its width and height.
    ///
    /// # Errors
    /// Which scene lies farthest from the others, if the mosaic would be too large.
    fn laid_out(corners: &[([i64; 2], [u32; 2])]) -> Result<Self, usize> {
        let start = |axis: usize| corners.iter().map(|(corner, _)| corner[axis]).min().unwrap_or_default();
        let end = |axis: usize| {
            corners
                .iter()
                .map(|(corner, size)| corner[axis] + i64::from(size[axis]))
                .max()
                .unwrap_or_default()
        };
        let [left, top] = [0, 1].map(start);
        let sides = [0, 1].map(|axis| end(axis) - start(axis));
        if sides.iter().any(|side| *side > MAX_SIDE_PX) {
            return Err(farthest(corners));
        }
        // Within the limit, as just seen.
        let px = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let area = |(corner, size): &([i64; 2], [u32; 2])| Area {
            top: px(corner[1] - top),
            left: px(corner[0] - left),
            height: size[1],
            width: size[0],
        };
        Ok(Self {
            whole: Area::whole(px(sides[1]), px(sides[0])),
            places: corners.iter().map(area).collect(),
        })
    }

    /// What it is, for the note on what results were made with.
    pub fn summary(&self) -> Value {
        let places: Vec<[u32; 4]> = (self
            .places
            .iter()
            .map(|place| [place.top, place.left, place.height, place.width]))
        .collect();
        let crc32 = crc32fast::hash(json!(places).to_string().as_bytes());
        json!({ "width": self.whole.width, "height": self.whole.height, "places_crc32": format!("{crc32:08x}") })
    }

    /// The scenes that the prediction of one looks at, by number, itself among them. `stride_px`: the
    /// network's.
    pub fn seen(&self, scene: usize, stride_px: usize) -> Vec<usize> {
        let Some(place) = self.places.get(scene) else {
            return Vec::new();
        };
        let whole = [self.whole.height, self.whole.width].map(|n| n as usize);
        let (_, seen) = Prediction::of_part(whole, *place, stride_px, 1, false);
        let all = self.places.iter().enumerate();
        all.filter(|(_, place)| place.meets(&seen))
            .map(|(number, _)| number)
            .collect()
    }

    /// The mosaic as the engine is told of it: some of its scenes.
    pub fn told(&self, scenes: &[Scene], some: &[usize]) -> Mosaic {
        let part = |number: &usize| {
            let (scene, place) = (scenes.get(*number)?, self.places.get(*number)?);
            Some(MosaicPart {
                path: scene.image.path.clone(),
                left: place.left,
                top: place.top,
            })
        };
        Mosaic {
            width: self.whole.width,
            height: self.whole.height,
            parts: some.iter().filter_map(part).collect(),
        }
    }
}

/// The scene whose corner is farthest from the middle one, by number.
fn farthest(corners: &[([i64; 2], [u32; 2])]) -> usize {
    let middle = [0, 1].map(|axis| {
        let mut all: Vec<i64> = corners.iter().map(|(corner, _)| corner[axis]).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    });
    let away = |(corner, _): &([i64; 2], [u32; 2])| (corner[0].abs_diff(middle[0])).max(corner[1].abs_diff(middle[1]));
    (0..corners.len())
        .max_by_key(|at| away(&corners[*at]))
        .unwrap_or_default()
}

/// Column and row of an image's first pixel on the grid of another.
///
/// # Errors
/// Why its pixels are not those of the grid, in words.
fn corner_on(grid: &GeoRef, geo: &GeoRef, [width, height]: [u32; 2]) -> Result<[i64; 2], String> {
    let is_same_system = match (grid.epsg, geo.epsg) {
        (Some(a), Some(b)) => a == b,
        _ => grid.keys == geo.keys,
    };
    if !is_same_system {
        return Err("another reference system".to_owned());
    }
    let at = |column: f64, row: f64| {
        let [x, y] = geo.to_map(column, row);
        grid.to_pixel(x, y)
    };
    let first = at(0.0, 0.0);
    let corner = first.map(f64::round);
    // Beyond it a number of pixels is none that is exact; which scene is too far is for the whole to say.
    if !corner.iter().all(|n| n.abs() < 1e15) {
        return Err("too far away".to_owned());
    }
    // The far corners too: pixels of another size or direction drift away.
    let (w, h) = (f64::from(width), f64::from(height));
    for (column, row) in [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)] {
        let [x, y] = at(column, row);
        let off = (x - corner[0] - column).abs().max((y - corner[1] - row).abs());
        if off.is_nan() || off > OFF_GRID_PX {
            return Err(format!("its pixels lie up to {off:.2} pixels beside it"));
        }
    }
    Ok(corner.map(|n| n as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundmask::geo::GeoKeys;

    fn geo(x: f64, y: f64, pixel: f64) -> GeoRef {
        GeoRef::new([x, pixel, 0.0, y, 0.0, -pixel], Some(32633), GeoKeys::default()).expect("placed")
    }

    #[test]
    fn pixels_lie_on_the_grid_or_are_refused() {
        let grid = geo(500_000.0, 5_400_000.0, 0.3);
        let size = [2000, 1000];
        let at = |x: f64, y: f64| corner_on(&grid, &geo(x, y, 0.3), size);
        assert_eq!(at(500_600.0, 5_399_700.0), Ok([2000, 1000]));
        assert_eq!(at(499_400.0 - 1e-4, 5_400_000.0), Ok([-2000, 0]));
        assert!(at(500_000.1, 5_400_000.0).is_err_and(|why| why.contains("0.33")));
        assert!(corner_on(&grid, &geo(500_000.0, 5_400_000.0, 0.3001), size).is_err());
        let other = GeoRef {
            epsg: Some(32632),
            ..grid.clone()
        };
        assert!(corner_on(&grid, &other, size).is_err());
    }

    #[test]
    fn the_mosaic_reaches_from_the_first_pixel_to_the_last() {
        let sheet = Sheet::laid_out(&[([0, 0], [600, 400]), ([-600, 0], [600, 400]), ([0, 400], [600, 900])]);
        let sheet = sheet.expect("places");
        assert_eq!(sheet.whole, Area::whole(1300, 1200));
        let last = sheet.places[2];
        assert_eq!([last.top, last.left, last.height, last.width], [400, 600, 900, 600]);
        assert_eq!(sheet.seen(1, 16), [0, 1, 2]);
        assert_eq!(sheet.seen(3, 16), Vec::<usize>::new());
    }

    #[test]
    fn a_scene_that_lies_elsewhere_is_named() {
        let at = |x: i64, y: i64| ([x, y], [600, 400]);
        let far = [at(0, 0), at(600, 0), at(-1_600_000, 54_000_000), at(0, 400)];
        assert_eq!(Sheet::laid_out(&far).err(), Some(2));
    }
}
