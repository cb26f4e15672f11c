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
/// Longest side that a grid is laid out for, pixels.
const MAX_SIDE_PX: f64 = 1e9;

/// A grid of pixels that all scenes lie on.
pub struct Sheet {
    whole: Area,
    /// Of each scene; none of one that cannot be read, which is for its own prediction to say.
    places: Vec<Option<Area>>,
}

impl Sheet {
    /// # Errors
    /// If a scene has no place on the ground, or lies on another grid than the first.
    pub fn of(scenes: &[Scene], voice: &Voice) -> Result<Self, Stop> {
        voice.note(&format!("Looking where {} scenes lie", scenes.len()));
        let mut georefs = GeoRefs::default();
        for scene in scenes {
            for file in std::iter::once(&scene.image).chain(&scene.beside) {
                let Ok(bytes) = file.bytes() else { continue };
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
            let place = match georefs.size(path) {
                None => None,
                Some(size) => {
                    let geo = georefs.geo(path);
                    let geo = geo.ok_or_else(|| Stop::failed(format!("{path}: no place on the ground")))?;
                    let (first, grid) = grid.get_or_insert_with(|| (path, geo.clone()));
                    let corner = corner_on(grid, &geo, size)
                        .map_err(|why| Stop::failed(format!("{path}: not on the grid of {first}: {why}")))?;
                    Some((corner, size))
                }
            };
            corners.push(place);
        }
        Self::laid_out(&corners).ok_or_else(|| Stop::failed("no scene has a place"))
    }

    /// From the column and row of each scene's corner on the first one's grid, and its width and height.
    fn laid_out(corners: &[Option<([i64; 2], [u32; 2])>]) -> Option<Self> {
        let known = || corners.iter().flatten();
        let [left, top] = [0, 1].map(|axis| known().map(|(corner, _)| corner[axis]).min());
        let (left, top) = (left?, top?);
        let end = |axis: usize| known().map(|(corner, size)| corner[axis] + i64::from(size[axis])).max();
        let whole = Area::whole(u32::try_from(end(1)? - top).ok()?, u32::try_from(end(0)? - left).ok()?);
        let area = |(corner, size): &([i64; 2], [u32; 2])| {
            Some(Area {
                top: u32::try_from(corner[1] - top).ok()?,
                left: u32::try_from(corner[0] - left).ok()?,
                height: size[1],
                width: size[0],
            })
        };
        Some(Self {
            whole,
            places: corners.iter().map(|place| area(place.as_ref()?)).collect(),
        })
    }

    /// What it is, for the note on what results were made with.
    pub fn summary(&self) -> Value {
        let places: Vec<[u32; 4]> = self.places.iter().map(numbers).collect();
        let crc32 = crc32fast::hash(json!(places).to_string().as_bytes());
        json!({ "width": self.whole.width, "height": self.whole.height, "places_crc32": format!("{crc32:08x}") })
    }

    /// The scenes that the prediction of one looks at, by number, itself among them; nothing if it has no place.
    /// `stride_px`: the network's.
    pub fn seen(&self, scene: usize, stride_px: usize) -> Vec<usize> {
        let Some(Some(place)) = self.places.get(scene) else {
            return Vec::new();
        };
        let whole = [self.whole.height, self.whole.width].map(|n| n as usize);
        let (_, seen) = Prediction::of_part(whole, *place, stride_px, 1, false);
        let meets = |place: &Option<Area>| place.is_some_and(|place| place.meets(&seen));
        let all = self.places.iter().enumerate();
        all.filter(|(_, place)| meets(place))
            .map(|(number, _)| number)
            .collect()
    }

    /// The mosaic as the engine is told of it: some of its scenes.
    pub fn told(&self, scenes: &[Scene], some: &[usize]) -> Mosaic {
        let part = |number: &usize| {
            let (scene, place) = (scenes.get(*number)?, self.places.get(*number)?.as_ref()?);
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

fn numbers(place: &Option<Area>) -> [u32; 4] {
    place.map_or([0; 4], |place| [place.top, place.left, place.height, place.width])
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
    if !corner.iter().all(|n| n.abs() < MAX_SIDE_PX) {
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
        let sheet = Sheet::laid_out(&[
            Some(([0, 0], [600, 400])),
            None,
            Some(([-600, 0], [600, 400])),
            Some(([0, 400], [600, 900])),
        ]);
        let sheet = sheet.expect("places");
        assert_eq!(sheet.whole, Area::whole(1300, 1200));
        assert_eq!(numbers(&sheet.places[3]), [400, 600, 900, 600]);
        assert_eq!(sheet.seen(1, 16), Vec::<usize>::new());
        assert_eq!(sheet.seen(2, 16), [0, 2, 3]);
        assert_eq!(Sheet::laid_out(&[None]).map(|sheet| sheet.whole), None);
    }
}
