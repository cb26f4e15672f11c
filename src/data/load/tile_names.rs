//! Where map tiles lie, by their names alone: `z/x/y`, `z-x-y`, `x-y-z` (with any signs and words between), `@2x`, numbers
//! with their letters (`x309606_y261636_z19`), Bing's quadkeys, and rows counted from the south (TMS) where a folder or
//! name says `tms`.
//!
//! One name of three numbers says little: a date or a place in a grid of one's own looks alike. So a reading holds for all
//! names of its form or for none; all tiles are square; and all lie where people live (81 degrees at
//! most): numbers of dates and grids end up at the poles. Source: OpenStreetMap's "Slippy map tilenames", Microsoft's
//! "Bing Maps Tile System", OSGeo's "Tile Map Service".

use std::collections::{BTreeMap, BTreeSet};

use crate::geo::{GeoKeys, GeoRef};

/// Half of a side of the square world of EPSG:3857, in its metres.
const HALF_WORLD: f64 = 20_037_508.342_789_244;
const WEB_MERCATOR: u32 = 3857;
/// Zoom of the tiles that are looked for; those below show whole countries.
const ZOOMS: std::ops::RangeInclusive<u32> = 10..=26;
/// Share of the world's square that is left out at the north and at the south (81 degrees).
const POLES: f64 = 0.1;

/// Crops of large images are cut at multiples of so much.
const LEAST_CROP_PX: u64 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tile {
    zoom: u32,
    x: u64,
    /// From the north.
    y: u64,
}

/// Whether there can be such a tile with people on it.
fn tile(zoom: u64, x: u64, y: u64, from_south: bool) -> Option<Tile> {
    let zoom = u32::try_from(zoom).ok().filter(|zoom| ZOOMS.contains(zoom))?;
    let side = 1u64 << zoom;
    if x >= side || y >= side {
        return None;
    }
    let y = if from_south { side - 1 - y } else { y };
    let share = (y as f64 + 0.5) / side as f64;
    (POLES..=1.0 - POLES).contains(&share).then_some(Tile { zoom, x, y })
}

/// How a name is made; the names of one form are read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Three numbers that end a path.
    Folders,
    /// Three numbers in the file's name.
    Flat,
    /// The same, each with its letter.
    Letters,
    /// One number of the digits 0 to 3.
    Quadkey,
}

/// The orders of three numbers, as places of zoom, x and y among them; the first that fits all names counts where others
/// fit too and have no fewer zooms.
const ORDERS: [[usize; 3]; 3] = [[0, 1, 2], [2, 0, 1], [0, 2, 1]];

struct Name {
    form: Form,
    /// Of [`Form::Letters`] in the order zoom, x, y.
    numbers: [u64; 3],
    /// Of a quadkey.
    key: Option<Tile>,
    from_south: bool,
}

impl Name {
    fn read(path: &str) -> Option<Name> {
        let mut parts = path.rsplit(['/', '\\']);
        let file = parts.next()?;
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let stem = ["@2x", "@3x", "@4x", "@1x"]
            .iter()
            .find_map(|end| stem.strip_suffix(end))
            .unwrap_or(stem);
        let lower = path.to_lowercase();
        let from_south = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == "tms");
        let name = |form, numbers| Name {
            form,
            numbers,
            key: None,
            from_south,
        };
        if let Some(y) = whole(stem)
            && let [Some(x), Some(z)] = [parts.next(), parts.next()].map(|part| part.and_then(whole))
        {
            return Some(name(Form::Folders, [z, x, y]));
        }
        if let Some(key) = quadkey(stem) {
            let mut name = name(Form::Quadkey, [0; 3]);
            name.key = key;
            return Some(name);
        }
        let numbers = numbers(stem);
        let [(a, first), (b, second), (c, third)] = numbers[..] else {
            return None;
        };
        let letters = [a, b, c].map(|letter| letter.map(|l| l.to_ascii_lowercase()));
        let at = |letter: char| letters.iter().position(|l| *l == Some(letter));
        let values = [first, second, third];
        match ['z', 'x', 'y'].map(at) {
            [Some(z), Some(x), Some(y)] => Some(name(Form::Letters, [values[z], values[x], values[y]])),
            _ => Some(name(Form::Flat, values)),
        }
    }

    fn tile(&self, order: [usize; 3]) -> Option<Tile> {
        match self.form {
            Form::Quadkey => self.key,
            _ => {
                let [z, x, y] = order.map(|at| self.numbers[at]);
                tile(z, x, y, self.from_south)
            }
        }
    }
}

fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The numbers of a name, each with the letter that stands alone before it; more than three are of no use.
fn numbers(stem: &str) -> Vec<(Option<char>, u64)> {
    let mut found = Vec::new();
    let mut rest = stem;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = rest[..start].trim_end_matches(['_', '-', '=', '.', ' ']);
        let mut letters = before.chars().rev();
        let letter = letters.next().filter(|c| c.is_ascii_alphabetic());
        let alone = letters.next().is_none_or(|c| !c.is_alphanumeric());
        let digits = rest[start..].find(|c: char| !c.is_ascii_digit());
        let end = digits.map_or(rest.len(), |length| start + length);
        let Some(number) = whole(&rest[start..end]) else {
            return Vec::new();
        };
        found.push((letter.filter(|_| alone), number));
        rest = &rest[end..];
        if found.len() > 3 {
            break;
        }
    }
    found
}

/// Bing's key: a digit a zoom, its first bit of y and its second of x. `None` if it is none, `Some(None)` if it is one of
/// no place that can be.
fn quadkey(stem: &str) -> Option<Option<Tile>> {
    let zoom = stem.len() as u32;
    if !ZOOMS.contains(&zoom) || !stem.bytes().all(|b| (b'0'..=b'3').contains(&b)) {
        return None;
    }
    let (mut x, mut y) = (0u64, 0u64);
    for digit in stem.bytes().map(|b| u64::from(b - b'0')) {
        (x, y) = (x << 1 | digit & 1, y << 1 | digit >> 1);
    }
    Some(tile(u64::from(zoom), x, y, false))
}

/// An image's path, its size in pixels, and what its name says.
type Named<'a> = (&'a str, [u32; 2], Name);

/// Where images lie by their names, of those with a path and a size in pixels; empty unless all names of a form, and the
/// sizes, agree that they are map tiles.
pub(super) fn places<'a>(images: impl Iterator<Item = (&'a str, Option<[u32; 2]>)>) -> BTreeMap<String, GeoRef> {
    let mut forms: BTreeMap<Form, Vec<Named>> = BTreeMap::new();
    for (path, size) in images {
        if let (Some(name), Some(size)) = (Name::read(path), size) {
            forms.entry(name.form).or_default().push((path, size, name));
        }
    }
    let mut found = BTreeMap::new();
    for (form, names) in forms {
        if names
            .iter()
            .any(|(_, [width, height], _)| width != height || *width == 0)
        {
            continue;
        }
        let orders = match form {
            Form::Letters | Form::Quadkey => &ORDERS[..1],
            // Rows before columns are ArcGIS's folders.
            Form::Folders => &[ORDERS[0], ORDERS[2]][..],
            Form::Flat => &ORDERS[..2],
        };
        let read = |order: &[usize; 3]| {
            names
                .iter()
                .map(|(.., name)| name.tile(*order))
                .collect::<Option<Vec<_>>>()
        };
        let readings = orders.iter().filter_map(read).filter(|tiles| !are_corners(tiles));
        // Tiles that people have together are of few zooms.
        let zooms = |tiles: &Vec<Tile>| tiles.iter().map(|tile| tile.zoom).collect::<BTreeSet<_>>().len();
        let Some(tiles) = readings.min_by_key(zooms) else {
            continue;
        };
        for ((path, [side, _], _), tile) in names.iter().zip(tiles) {
            found.extend(geo(tile, *side).map(|geo| ((*path).to_owned(), geo)));
        }
    }
    found
}

/// Whether numbers are the corners of crops, which are multiples of a length in pixels.
fn are_corners(tiles: &[Tile]) -> bool {
    let numbers = tiles.iter().flat_map(|tile| [tile.x, tile.y]);
    numbers.fold(0, common_divisor) >= LEAST_CROP_PX
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn geo(tile: Tile, side_px: u32) -> Option<GeoRef> {
    let side = 2.0 * HALF_WORLD / (1u64 << tile.zoom) as f64;
    let pixel = side / f64::from(side_px);
    let (x, y) = (tile.x as f64 * side - HALF_WORLD, HALF_WORLD - tile.y as f64 * side);
    GeoRef::new(
        [x, pixel, 0.0, y, 0.0, -pixel],
        Some(WEB_MERCATOR),
        GeoKeys::of_epsg(WEB_MERCATOR),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(paths: &[&str]) -> Vec<Option<[f64; 3]>> {
        let found = places(paths.iter().map(|path| (*path, Some([256, 256]))));
        let place = |path: &&str| found.get(*path).map(|geo| geo.transform).map(|t| [t[0], t[3], t[1]]);
        paths.iter().map(place).collect()
    }

    /// By mercantile 1.2: the tile (309606, 261636) of zoom 19, in Kampala.
    const HERE: [f64; 3] = [3_627_854.236_471_034_6, 38_830.010_368_868_71, 0.298_582_141_739];

    fn is_here(paths: &[&str]) -> bool {
        let near = |place: &Option<[f64; 3]>| {
            place.is_some_and(|place| place.iter().zip(HERE).all(|(a, b)| (a - b).abs() < 1e-3))
        };
        placed(paths).iter().all(near)
    }

    #[test]
    fn every_form_of_name_is_read() {
        for path in [
            "19/309606/261636.png",
            "set/images/19/309606/261636@2x.jpg",
            "19-309606-261636.png",
            "309606-261636-19.png",
            "image/tile_309606_261636_19.png",
            "z19_x309606_y261636.png",
            "a/X=309606,Y=261636,Z=19.png",
            "tms/19/309606/262651.png",
            "1223233322101100310.png",
        ] {
            assert!(is_here(&[path]), "{path}: {:?}", placed(&[path]));
        }
        // The folders of ArcGIS: the columns would be rows beyond the pole.
        assert!(placed(&["19/190001/520003.png"])[0].is_some());
    }

    #[test]
    fn other_numbers_are_no_place() {
        for path in [
            "2020-05-17.png",
            "tile_19_3_4.png",
            "3_4_12.png",
            "scene_12_1024_2048.png",
            "a/12/3/4.png",
            "309606-261636-19-2.png",
            "309606-261636.png",
            "0000000012.png",
            "a.png",
            "99999999999-1-2.png",
            "",
        ] {
            assert_eq!(placed(&[path]), [None], "{path}");
        }
    }

    #[test]
    fn the_whole_set_decides() {
        // One name fits both orders, all of them but one.
        let both = "15-12000-18.png";
        assert_eq!(placed(&[both]), [None]);
        let (here, odd) = ("309606-261636-19.png", "1-2-3.png");
        assert!(placed(&[here])[0].is_some());
        assert_eq!(placed(&[here, odd]), [None, None]);
        // Another form beside it is another matter; so is a name without numbers.
        assert!(
            placed(&[here, "19/309606/261636.png", "other.png"])[..2]
                .iter()
                .all(Option::is_some)
        );
        // One is not square; one has no size that is known.
        let paths = [here, "309607-261636-19.png"];
        for (sizes, count) in [
            ([Some([256, 256]), Some([512, 512])], 2),
            ([Some([256, 256]), Some([256, 250])], 0),
            ([Some([256, 256]), None], 1),
        ] {
            assert_eq!(places(paths.into_iter().zip(sizes)).len(), count, "{sizes:?}");
        }
        // Corners of crops are multiples of their side.
        let crops = ["a_12_1024_2048.png", "a_12_1536_2048.png"];
        assert_eq!(placed(&crops), [None, None]);
    }

    #[test]
    fn neighbours_touch() {
        let [Some(a), Some(b)] = placed(&["309606-261636-19.png", "309607-261637-19.png"])[..] else {
            panic!("placed");
        };
        assert!((a[0] + 256.0 * a[2] - b[0]).abs() < 1e-6 && (a[1] - 256.0 * a[2] - b[1]).abs() < 1e-6);
    }
}
