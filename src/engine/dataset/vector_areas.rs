//! Files of polygons that say what was mapped (an area of interest, a task) rather than what there is.

use std::collections::BTreeMap;

use crate::{
    data::adjustment::Area,
    geo::{Class, Crs, GeoRef, Polygons},
};

/// Polygons that an area has at most.
const MOST_POLYGONS: usize = 16;
/// Others for each of them, at least.
const OTHERS_EACH: usize = 4;
/// Share of another file's polygons that begin within: of a file that is called an area, and of any.
const NAMED_SHARE: f64 = 0.5;
const SHARE: f64 = 0.9;
/// Polygons of another file that are looked up.
const MOST_LOOKED_UP: usize = 2000;
/// Words in the names of files.
const NAMES: [&str; 8] = [
    "aoi",
    "extent",
    "boundary",
    "task",
    "tasks",
    "area",
    "perimeter",
    "mapped",
];

/// Of files that could be read, those that say what was mapped: they hold a few polygons around those of another.
pub(in crate::engine) fn areas<'a>(layers: &[(&'a str, &'a Polygons)]) -> Vec<&'a str> {
    let is_area = |path: &str, area: &Polygons| {
        let few = !area.is_empty() && area.len() <= MOST_POLYGONS;
        let named = is_named(path);
        if !few || !named && area.classes().any(|class| class != Class::None) {
            return false;
        }
        let around = |others: &Polygons| {
            others.len() >= (area.len() * OTHERS_EACH).max(5)
                && share_within(area, others) >= if named { NAMED_SHARE } else { SHARE }
        };
        layers.iter().any(|(other, others)| *other != path && around(others))
    };
    let found = layers.iter().filter(|(path, area)| is_area(path, area));
    found.map(|(path, _)| *path).collect()
}

fn is_named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphabetic());
    words.any(|word| NAMES.contains(&word))
}

/// Share of polygons whose first corner lies within an area.
fn share_within(area: &Polygons, others: &Polygons) -> f64 {
    let ways = (area.epsg != others.epsg).then(|| {
        let of = |epsg| Crs::from_epsg(epsg).and_then(|crs| crs.to_lon_lat()).ok();
        of(others.epsg).zip(of(area.epsg))
    });
    let rings: Vec<Vec<&[[f64; 2]]>> = area.rings().collect();
    let step = others.len().div_ceil(MOST_LOOKED_UP).max(1);
    let (mut looked_up, mut within) = (0usize, 0usize);
    for corner in others
        .rings()
        .step_by(step)
        .filter_map(|rings| rings.first()?.first().copied())
    {
        looked_up += 1;
        let point = match &ways {
            None => Some(corner),
            Some(ways) => ways
                .as_ref()
                .and_then(|(from, to)| to.from_lon_lat(from.lon_lat(corner)?)),
        };
        within += usize::from(point.is_some_and(|point| rings.iter().any(|rings| holds(rings, point))));
    }
    within as f64 / looked_up.max(1) as f64
}

/// Whether an odd number of rings goes around a point.
fn holds(rings: &[&[[f64; 2]]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    for ring in rings {
        let Some(mut before) = ring.last() else { continue };
        for corner in *ring {
            let (a, b) = (before, corner);
            if (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] {
                inside = !inside;
            }
            before = corner;
        }
    }
    inside
}

/// What areas leave of an image; `None` if none of them lies on it, or it lies within.
pub(in crate::engine) fn inside(areas: &[&Polygons], geo: &GeoRef, [width, height]: [u32; 2]) -> Option<Area> {
    let mut canvas = Vec::new();
    for area in areas {
        if let Ok(projected) = area.project(geo) {
            projected.draw(geo, [width, height], |_| 1, &mut canvas, &mut []);
        }
    }
    let some = canvas.contains(&1) && canvas.contains(&0);
    some.then(|| Area {
        width,
        height,
        inside: canvas.into_iter().map(|code| code as u8).collect(),
    })
}

/// A georeference under which everything lies so many pixels farther to the right and down.
pub(super) fn shifted(geo: &GeoRef, [dx, dy]: [i32; 2]) -> GeoRef {
    geo.moved(-f64::from(dx), -f64::from(dy))
}

/// Shifts by image.
pub(super) type Shifts = BTreeMap<String, [i32; 2]>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::vector::geojson;

    fn file(squares: &[[f64; 3]]) -> Polygons {
        let feature = |[x, y, side]: &[f64; 3]| {
            let (r, t) = (x + side, y + side);
            format!(
                r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{r},{y}],[{r},{t}],[{x},{t}],[{x},{y}]]]}}}}"#
            )
        };
        let all: Vec<String> = squares.iter().map(feature).collect();
        let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.join(","));
        geojson::read(text.as_bytes()).expect("polygons")
    }

    #[test]
    fn what_lies_around_the_others_is_an_area() {
        let houses: Vec<[f64; 3]> = (0..20).map(|i| [f64::from(i) * 0.01, 0.0, 0.001]).collect();
        let (houses, around, half) = (file(&houses), file(&[[-0.1, -0.1, 0.5]]), file(&[[-0.01, -0.01, 0.13]]));
        let found = |name: &'static str, area: &Polygons| areas(&[("buildings.geojson", &houses), (name, area)]).len();
        assert_eq!(found("x.geojson", &around), 1);
        assert_eq!(found("x.geojson", &half), 0);
        assert_eq!(found("camp_AOI.geojson", &half), 1);
        assert_eq!(found("the_area_2.geojson", &file(&[[3.0, 3.0, 0.1]])), 0);
        assert_eq!(found("more.geojson", &houses), 0);
        assert!(areas(&[("aoi.geojson", &around)]).is_empty());
    }
}
