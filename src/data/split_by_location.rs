//! Dividing tiles by the location they show: tiles that touch stay on one side, or validation knows the ground.
//!
//! A name gives a tile's location by its numbers: `X-Y-ZOOM` as map servers count, else its last two numbers, columns and
//! rows or pixels. What stands before them names the sheet; tiles of different sheets do not touch.

use std::collections::{BTreeMap, BTreeSet};

use super::draw::{Draw, Stream};
use super::pair::without_extension;

/// Pairs divided by location.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocationSplit {
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
    /// Locations found; 0 if no name holds numbers.
    pub locations: usize,
}

/// Where a tile lies: its sheet, column and row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Tile {
    sheet: String,
    x: i64,
    y: i64,
    /// Of a map server's tile.
    zoom: Option<i64>,
}

/// Largest zoom level of map tiles; a third number up to this is one, if the map has such a tile.
const MAX_ZOOM: i64 = 24;
/// Validation may be this much larger than asked for, because locations are not torn apart.
const MOST_OVER: f64 = 1.5;
/// One location with more than this share of the tiles is cut in two, or nothing could be divided.
const LARGEST_SHARE: f64 = 0.5;

/// The tile a name tells of.
fn tile(path: &str) -> Option<Tile> {
    let stem = without_extension(path).unwrap_or(path);
    let base = stem.rsplit('/').next().unwrap_or(stem);
    let mut numbers: Vec<(usize, i64)> = Vec::new();
    let mut start = None;
    for (i, c) in base.char_indices().chain([(base.len(), ' ')]) {
        match (c.is_ascii_digit(), start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                // A number too long for a tile is none.
                numbers.push((from, base[from..i].parse().ok()?));
                start = None;
            }
            _ => {}
        }
    }
    let (from, x, y, zoom) = match *numbers.as_slice() {
        [(from, x), (_, y), (_, zoom)] if zoom <= MAX_ZOOM && x.min(y) > zoom && x.max(y) < 1 << zoom => {
            (from, x, y, Some(zoom))
        }
        [.., (from, x), (_, y)] => (from, x, y, None),
        _ => return None,
    };
    let kind = if zoom.is_some() { "of a map" } else { "" };
    Some(Tile {
        sheet: format!("{} {kind}", &base[..from]),
        x,
        y,
        zoom,
    })
}

/// Brings a map's tiles to the coarsest zoom there is, so that a tile and its children have one column and row.
fn level(tiles: &mut [(usize, Option<Tile>)]) {
    let mut coarsest: BTreeMap<String, i64> = BTreeMap::new();
    for tile in tiles.iter().filter_map(|(_, tile)| tile.as_ref()) {
        if let Some(zoom) = tile.zoom {
            let least = coarsest.entry(tile.sheet.clone()).or_insert(zoom);
            *least = zoom.min(*least);
        }
    }
    for tile in tiles.iter_mut().filter_map(|(_, tile)| tile.as_mut()) {
        if let (Some(zoom), Some(least)) = (tile.zoom, coarsest.get(&tile.sheet)) {
            (tile.x, tile.y) = (tile.x >> (zoom - least), tile.y >> (zoom - least));
            tile.zoom = Some(*least);
        }
    }
}

/// How far neighbours lie apart along x and y, by sheet: 1, or a tile's side where names count pixels.
fn steps(tiles: &[(usize, Option<Tile>)]) -> BTreeMap<&str, [i64; 2]> {
    let mut sheets: BTreeMap<&str, [BTreeSet<i64>; 2]> = BTreeMap::new();
    // Tiles of a map that are far apart do not touch, however regular their distances are.
    for tile in tiles
        .iter()
        .filter_map(|(_, tile)| tile.as_ref())
        .filter(|t| t.zoom.is_none())
    {
        let [x, y] = sheets.entry(&tile.sheet).or_default();
        x.insert(tile.x);
        y.insert(tile.y);
    }
    let sheets = sheets.into_iter();
    sheets
        .map(|(sheet, along)| (sheet, along.map(|all| step(&all))))
        .collect()
}

/// The greatest common divisor of the distances. That to the last one is left out where there are others: windows there
/// are often moved back to the image's edge.
fn step(all: &BTreeSet<i64>) -> i64 {
    let distances: Vec<i64> = all.iter().zip(all.iter().skip(1)).map(|(a, b)| b - a).collect();
    let regular = (distances.len().max(2) - 1).min(distances.len());
    distances[..regular].iter().fold(0, |a, b| divisor(a, *b)).max(1)
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// Divides `pairs` (number and image path) by `share` of validation and `seed`; both lists come out ascending.
///
/// Tiles of one sheet whose columns and rows differ by at most one step are one location, whatever their zoom. A location
/// with more than half of the tiles is cut across its longer side: one seam cannot be helped there. Pairs whose names
/// hold no tile are locations of their own. With a share above 0 and two locations, both sides get at least one.
pub fn split_by_location(pairs: &[(usize, String)], share: f64, seed: u32) -> LocationSplit {
    let mut tiles: Vec<(usize, Option<Tile>)> = pairs.iter().map(|(pair, path)| (*pair, tile(path))).collect();
    tiles.sort();
    level(&mut tiles);
    if tiles.iter().all(|(_, t)| t.is_none()) {
        return LocationSplit {
            train: tiles.into_iter().map(|(pair, _)| pair).collect(),
            ..LocationSplit::default()
        };
    }
    let mut locations = connected(&tiles);
    if let Some(largest) = (0..locations.len()).max_by_key(|i| locations[*i].len())
        && locations[largest].len() as f64 > LARGEST_SHARE * tiles.len() as f64
        && locations[largest].len() > 1
    {
        let whole = locations.swap_remove(largest);
        locations.extend(cut(whole, &tiles, share));
    }
    let count = locations.len();
    locations.sort();
    Draw::new(seed, Stream::Split, 1, 0).shuffle(&mut locations);
    let wanted = if share > 0.0 {
        tiles.len() as f64 * share.min(1.0)
    } else {
        0.0
    };
    let mut out = LocationSplit {
        locations: count,
        ..LocationSplit::default()
    };
    let mut rest = Vec::new();
    for location in locations {
        let (held, with) = (
            out.validation.len() as f64,
            (out.validation.len() + location.len()) as f64,
        );
        // Taken if that brings the share nearer without going far beyond it.
        if (with - wanted).abs() < (held - wanted).abs() && with <= MOST_OVER * wanted {
            out.validation.extend(location);
        } else {
            rest.push(location);
        }
    }
    // Locations too large for the share: the smallest must do, as long as one is left to train on.
    if wanted > 0.0 && out.validation.is_empty() && rest.len() > 1 {
        let smallest = (0..rest.len()).min_by_key(|i| rest[*i].len()).unwrap_or(0);
        out.validation = rest.swap_remove(smallest);
    }
    out.train = rest.concat();
    if out.train.is_empty() {
        std::mem::swap(&mut out.train, &mut out.validation);
    }
    for side in [&mut out.train, &mut out.validation] {
        side.iter_mut().for_each(|at| *at = tiles[*at].0);
    }
    out.train.sort_unstable();
    out.validation.sort_unstable();
    out
}

/// Groups of tiles that touch, as locations in `tiles`.
fn connected(tiles: &[(usize, Option<Tile>)]) -> Vec<Vec<usize>> {
    let steps = steps(tiles);
    let step = |tile: &Tile| steps.get(tile.sheet.as_str()).copied().unwrap_or([1; 2]);
    // Tiles within a step are in cells side by side.
    let cell = |tile: &Tile| {
        let [x, y] = step(tile);
        [tile.x / x, tile.y / y]
    };
    let mut at: BTreeMap<(&str, [i64; 2]), Vec<usize>> = BTreeMap::new();
    for (i, (_, tile)) in tiles.iter().enumerate() {
        if let Some(tile) = tile {
            at.entry((tile.sheet.as_str(), cell(tile))).or_default().push(i);
        }
    }
    let mut seen = vec![false; tiles.len()];
    let mut locations = Vec::new();
    for start in 0..tiles.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let (mut location, mut next) = (Vec::new(), vec![start]);
        while let Some(i) = next.pop() {
            location.push(i);
            let Some(tile) = &tiles[i].1 else { continue };
            let ([x, y], [step_x, step_y]) = (cell(tile), step(tile));
            let touches = |other: &Tile| (other.x - tile.x).abs() <= step_x && (other.y - tile.y).abs() <= step_y;
            for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                let beside = [x.saturating_add(dx), y.saturating_add(dy)];
                for &other in at.get(&(tile.sheet.as_str(), beside)).into_iter().flatten() {
                    if tiles[other].1.as_ref().is_some_and(touches) && !std::mem::replace(&mut seen[other], true) {
                        next.push(other);
                    }
                }
            }
        }
        location.sort_unstable();
        locations.push(location);
    }
    locations
}

/// Cuts one location across its longer side so that the smaller part is about `share` of it. Tiles of one column and row
/// show the same ground and stay together.
fn cut(mut location: Vec<usize>, tiles: &[(usize, Option<Tile>)], share: f64) -> Vec<Vec<usize>> {
    let coordinate = |i: usize, across: bool| tiles[i].1.as_ref().map_or(0, |t| if across { t.x } else { t.y });
    let length = |across: bool| {
        let all = location.iter().map(|i| coordinate(*i, across));
        all.clone().max().unwrap_or(0) - all.min().unwrap_or(0)
    };
    let across = length(true) >= length(false);
    location.sort_by_key(|i| (coordinate(*i, across), *i));
    let part = ((location.len() as f64 * share.clamp(0.1, 0.5)).round() as usize).clamp(1, location.len() - 1);
    let wanted = location.len() - part;
    // A line of tiles is not torn apart.
    let mut edges =
        (1..location.len()).filter(|i| coordinate(location[i - 1], across) < coordinate(location[*i], across));
    let Some(at) = edges.clone().rfind(|i| *i <= wanted).or_else(|| edges.next()) else {
        return vec![location];
    };
    let rest = location.split_off(at);
    vec![location, rest]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<(usize, String)> {
        names
            .iter()
            .enumerate()
            .map(|(i, n)| (i, format!("image/{n}.png")))
            .collect()
    }

    #[test]
    fn names_tell_the_location() {
        let at = |name: &str| tile(name).map(|t| (t.x, t.y));
        assert_eq!(at("z20/image/614005-412366-20.png"), Some((614_005, 412_366)));
        assert_eq!(at("austin12_3_7.tif"), Some((3, 7)));
        assert_eq!(at("r4c5"), Some((4, 5)));
        assert_eq!(at("image7.png"), None);
        assert_eq!(at("plain.png"), None);
        assert_eq!(at("1-99999999999999999999999.png"), None);
        assert_ne!(tile("a_1_2").unwrap().sheet, tile("b_1_2").unwrap().sheet);
    }

    #[test]
    fn tiles_that_touch_stay_together() {
        // Four locations of four tiles each, far apart.
        let names: Vec<String> = [(100, 100), (200, 100), (300, 300), (100, 400)]
            .iter()
            .flat_map(|(x, y)| (0..4).map(move |i| format!("{}-{}-20", x + i % 2, y + i / 2)))
            .collect();
        let pairs = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for seed in 0..20 {
            let split = split_by_location(&pairs, 0.25, seed);
            assert_eq!(split.locations, 4);
            assert_eq!((split.train.len(), split.validation.len()), (12, 4));
            let first = split.validation[0];
            assert_eq!(split.validation, (first..first + 4).collect::<Vec<_>>());
            assert_eq!(split, split_by_location(&pairs, 0.25, seed));
        }
        let differ = (1..20).any(|s| split_by_location(&pairs, 0.25, s) != split_by_location(&pairs, 0.25, 0));
        assert!(differ);
        assert!(split_by_location(&pairs, 0.0, 1).validation.is_empty());
    }

    /// Both tiles of a pair of names on one side, whatever the seed.
    fn together(pairs: &[(usize, String)], share: f64, one: &str, other: &str) -> bool {
        let number = |name: &str| {
            pairs
                .iter()
                .position(|(_, p)| p.ends_with(&format!("/{name}.png")))
                .unwrap()
        };
        (0..40).all(|seed| {
            let validation = split_by_location(pairs, share, seed).validation;
            validation.contains(&number(one)) == validation.contains(&number(other))
        })
    }

    #[test]
    fn pixel_offsets_touch_one_tile_apart() {
        // Four blocks of 2 x 2 tiles, and one moved back to the image's edge.
        for edge in [3072, 2712, 2713] {
            let names: Vec<String> = [(0, 0), (2048, 0), (0, 4096), (2048, 4096)]
                .iter()
                .flat_map(|(x, y)| (0..4).map(move |i| format!("t_{}_{}", x + 512 * (i % 2), y + 512 * (i / 2))))
                .chain([format!("t_{edge}_9999")])
                .collect();
            let pairs = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(split_by_location(&pairs, 0.3, 1).locations, 5, "{edge}");
            assert!(together(&pairs, 0.3, "t_0_0", "t_512_512"), "{edge}");
        }
        let rows: Vec<String> = ["t", "u", "v"]
            .iter()
            .flat_map(|sheet| [0, 512, 1024, 1288].map(|x| format!("{sheet}_{x}_0")))
            .collect();
        let pairs = named(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(split_by_location(&pairs, 0.3, 1).locations, 3);
        assert!(together(&pairs, 0.3, "t_0_0", "t_1288_0"));
    }

    #[test]
    fn a_tile_and_its_children_are_one_location() {
        let parents = [
            (309_606, 261_636),
            (309_640, 261_632),
            (309_680, 261_632),
            (309_720, 261_640),
        ];
        let names: Vec<String> = parents
            .iter()
            .flat_map(|(x, y)| {
                let children = (0..4).map(move |i| format!("z20/{}-{}-20", 2 * x + i % 2, 2 * y + i / 2));
                children.chain([format!("z19/{x}-{y}-19")])
            })
            .collect();
        let pairs = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(split_by_location(&pairs, 0.25, 1).locations, 4);
        for child in ["619212-523272-20", "619213-523273-20"] {
            assert!(together(&pairs, 0.25, "309606-261636-19", child));
        }
        // All there is shows one ground: nothing to hold back, rather than what was learnt.
        let split = split_by_location(&pairs[..5], 0.25, 1);
        assert_eq!((split.locations, split.validation.len()), (1, 0));
        // Two neighbours with two children each are divided between them.
        let pairs = named(&["8-8-4", "9-8-4", "16-16-5", "17-17-5", "18-16-5", "19-17-5"]);
        assert_eq!(split_by_location(&pairs, 0.5, 1).locations, 2);
        for (one, child) in [("8-8-4", "17-17-5"), ("9-8-4", "18-16-5")] {
            assert!(together(&pairs, 0.5, one, child));
        }
        // What no map has is no zoom: tile 5 of row 48 of a scene.
        let at = |name: &str| tile(name).map(|t| (t.x, t.y));
        assert_eq!(at("austin32_48_5"), Some((48, 5)));
        assert_eq!(
            at("9223372036854775807_9223372036854775807"),
            Some((i64::MAX, i64::MAX))
        );
        let ends = named(&["9223372036854775807_0", "0_9223372036854775807", "a_1_1"]);
        assert_eq!(split_by_location(&ends, 0.3, 1).validation.len(), 1);
    }

    #[test]
    fn one_field_of_tiles_is_cut_once() {
        let names: Vec<String> = (0..40).map(|i| format!("t_{}_{}", i % 10, i / 10)).collect();
        let pairs = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let split = split_by_location(&pairs, 0.2, 3);
        assert_eq!(split.locations, 2);
        assert!(!split.validation.is_empty() && !split.train.is_empty());
        // Whole columns: no validation column is left of a training one's right end.
        let column = |p: &usize| p % 10;
        let (low, high) = (
            split.validation.iter().map(column).min(),
            split.train.iter().map(column).max(),
        );
        let (other_low, other_high) = (
            split.train.iter().map(column).min(),
            split.validation.iter().map(column).max(),
        );
        assert!(low > high || other_low > other_high, "{split:?}");
    }

    #[test]
    fn names_without_numbers_have_no_location() {
        let split = split_by_location(&named(&["a", "b", "c"]), 0.5, 1);
        assert_eq!((split.locations, split.train.len(), split.validation.len()), (0, 3, 0));
        // A few among tiles are locations of their own.
        let split = split_by_location(&named(&["a", "1_1", "9_9"]), 0.34, 1);
        assert_eq!(split.locations, 3);
        assert_eq!(split.validation.len(), 1);
        assert_eq!(split_by_location(&named(&["5_5"]), 0.5, 1).train.len(), 1);
    }
}
