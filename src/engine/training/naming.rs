//! What a model is of, from the names of files and folders: its class, its scene, and a name for its file.

use super::object_sizes::least_object_px;
use crate::{
    engine::{Engine, georef, run_state::Run},
    export::safe_file_name,
    protocol::ModelAbout,
};

/// Things that people map, as one of them is called. A name is only guessed from words of this list: a wrong class in
/// everybody's GeoJSON would be worse than "foreground".
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "building", "house", "home", "roof", "rooftop", "hut", "shed", "barn", "tent", "shelter", "greenhouse", "tower",
    "tank", "silo", "bridge", "dam", "wall", "fence", "hedge", "ruin", "settlement", "slum", "road", "street",
    "track", "path", "highway", "pavement", "sidewalk", "railway", "runway", "parking", "water", "river", "stream",
    "canal", "lake", "pond", "pool", "reservoir", "flood", "wetland", "marsh", "mangrove", "coast", "beach", "tree",
    "forest", "wood", "woodland", "canopy", "crown", "palm", "deadwood", "deadtree", "shrub", "bush", "grass",
    "vegetation", "meadow", "pasture", "field", "parcel", "crop", "cropland", "farmland", "orchard", "vineyard",
    "garden", "park", "landslide", "glacier", "snow", "ice", "cloud", "shadow", "burn", "fire", "quarry", "mine",
    "dump", "landfill", "panel", "car", "vehicle", "truck", "ship", "boat", "vessel", "plane", "aircraft", "animal",
    "plant", "weed", "crack", "cell", "nucleus",
];

/// Words that belong to the thing behind them.
#[rustfmt::skip]
const QUALITIES: &[&str] = &[
    "damaged", "destroyed", "intact", "residential", "industrial", "commercial", "informal", "paved", "unpaved",
    "dirt", "gravel", "solar", "pv", "photovoltaic", "swimming", "burnt", "burned", "dead", "flooded", "green",
    "flat", "tiled", "metal", "parked", "fishing", "irrigated", "abandoned", "dry", "sea", "surface", "storage",
    "shipping",
];

/// Words whose last letters are no plural.
const NO_PLURALS: &[&str] = &["grass"];

/// Names of folders that say nothing of the place.
#[rustfmt::skip]
const NO_SCENES: &[&str] = &[
    "image", "images", "img", "imgs", "train", "training", "val", "valid", "validation", "test", "data", "dataset",
    "tile", "tiles", "rgb", "input", "inputs", "src", "source", "picture", "pictures", "mask", "masks", "label",
    "labels", "sample", "samples",
];

/// Longest part of a file's name that comes from elsewhere, characters.
const MAX_PART: usize = 40;
/// Longest name that people may give, characters.
pub(super) const MAX_NAME: usize = 100;

/// Lower-case words of a name, divided at everything that is no letter and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphabetic() || (was_lower && c.is_uppercase()) {
            all.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(last) = all.last_mut()
        {
            last.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    all.retain(|word| !word.is_empty());
    all
}

/// The thing a word names, be it in the plural.
fn thing(word: &str) -> Option<&'static str> {
    let known = |word: &str| THINGS.iter().copied().find(|one| *one == word);
    if NO_PLURALS.contains(&word) {
        return known(word);
    }
    let plural = |from: &str, to: &str| word.strip_suffix(from).and_then(|stem| known(&format!("{stem}{to}")));
    known(word)
        .or_else(|| plural("s", ""))
        .or_else(|| plural("es", ""))
        .or_else(|| plural("ies", "y"))
        .or_else(|| plural("i", "us"))
}

/// `osm_buildings` -> `building`, `damagedHouses` -> `damaged house`.
fn class_in(name: &str) -> Option<String> {
    let words = words(name);
    let at = words.iter().rposition(|word| thing(word).is_some())?;
    let thing = thing(&words[at])?;
    let quality = at.checked_sub(1).and_then(|before| words.get(before));
    Some(match quality.filter(|word| QUALITIES.contains(&word.as_str())) {
        Some(quality) => format!("{quality} {thing}"),
        None => thing.to_owned(),
    })
}

/// What the foreground seems to be, by the paths of the masks: the file's own name, else the nearest folder's that says
/// something. Empty if nothing does, or if they contradict each other.
pub(super) fn class_of<'a>(masks: impl Iterator<Item = &'a str>) -> String {
    let of = |path: &str| path.rsplit('/').find_map(class_in);
    let mut found: Option<String> = None;
    for class in masks.filter_map(of) {
        match &found {
            None => found = Some(class),
            Some(other) if *other == class => {}
            Some(_) => return String::new(),
        }
    }
    found.unwrap_or_default()
}

/// More than one of a thing.
fn plural(class: &str) -> String {
    match class {
        _ if [
            "water",
            "vegetation",
            "grass",
            "parking",
            "farmland",
            "cropland",
            "snow",
            "ice",
            "deadwood",
            "pavement",
        ]
        .iter()
        .any(|mass| class.ends_with(mass)) =>
        {
            class.to_owned()
        }
        "aircraft" => class.to_owned(),
        _ if class.ends_with("us") => format!("{}i", &class[..class.len() - 2]),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| class.ends_with(end)) => format!("{class}es"),
        _ if class.ends_with('y') && !["ay", "ey", "oy"].iter().any(|end| class.ends_with(end)) => {
            format!("{}ies", &class[..class.len() - 1])
        }
        _ => format!("{class}s"),
    }
}

/// The image a model was trained on, or the folder that holds them all.
pub(super) fn scene_of<'a>(images: impl Iterator<Item = &'a str>) -> String {
    let images: Vec<&str> = images.take(1000).collect();
    let stem = |path: &str| {
        let base = path.rsplit('/').next().unwrap_or(path);
        base.rsplit_once('.').map_or(base, |(stem, _)| stem).to_owned()
    };
    if let [one] = images.as_slice() {
        return clipped(&stem(one), MAX_PART);
    }
    let Some(first) = images.first() else {
        return String::new();
    };
    let shared = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let common = images.iter().map(shared).min().unwrap_or(0);
    let folders = first
        .get(..common)
        .and_then(|path| path.rsplit_once('/'))
        .map_or("", |(folders, _)| folders);
    let says = |part: &&str| !part.is_empty() && !NO_SCENES.contains(&part.to_lowercase().as_str());
    clipped(folders.rsplit('/').find(says).unwrap_or_default(), MAX_PART)
}

/// A name for the file: what, where, how good, when.
pub(super) fn default_name(class: &str, classes: usize, scene: &str, iou: Option<f64>, date: &str) -> String {
    let what = match classes {
        0 | 1 if class.is_empty() => "model".to_owned(),
        0 | 1 => plural(class),
        n => format!("{n}-classes"),
    };
    let iou = iou.filter(|iou| iou.is_finite());
    let iou = iou.map_or_else(String::new, |iou| format!("iou{:.0}", (100.0 * iou).clamp(0.0, 100.0)));
    let parts = [what.as_str(), scene, iou.as_str(), date];
    let some: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    file_stem(&some.join("-"))
}

/// A name as a file's, without what some system refuses and without blanks; `model` if nothing is left.
pub(in crate::engine) fn file_stem(name: &str) -> String {
    let blank = |c: char| {
        if c.is_whitespace() || c == '/' || c == '\\' {
            '_'
        } else {
            c
        }
    };
    let clean = clipped(
        &safe_file_name(&name.trim().chars().map(blank).collect::<String>()),
        MAX_NAME,
    );
    let clean = clean.trim_matches(['_', '-', '.', ' ']);
    if clean.is_empty() {
        "model".to_owned()
    } else {
        clean.to_owned()
    }
}

/// The first characters of a text, control characters left out.
pub(super) fn clipped(text: &str, most: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(most).collect()
}

impl Engine {
    /// What the foreground of the data set seems to be; empty of several classes.
    pub(in crate::engine) fn suggested_class(&self) -> String {
        if !self.data.set.classes().is_empty() {
            return String::new();
        }
        let usable = self.data.set.pairs.iter().filter(|pair| pair.is_usable());
        class_of(usable.map(|pair| pair.mask_path.as_str()))
    }

    /// What a run's model is of.
    pub(super) fn about_run(&self, run: &Run) -> ModelAbout {
        let class_name = match run.config().class_name.trim() {
            "" => self.suggested_class(),
            name => clipped(name, MAX_PART),
        };
        let usable = || self.data.set.pairs.iter().filter(|pair| pair.is_usable());
        let scene = scene_of(usable().map(|pair| pair.image_path.as_str()));
        let middle = usable().find_map(|pair| {
            let [width, height] = self.data.vectors.size(&pair.image_path)?;
            georef::describe(&self.data.vectors.geo(&pair.image_path)?, None, width, height).middle
        });
        let date = self.host.today.as_ref().map(|today| today()).unwrap_or_default();
        let (train, validation) = run.session().split();
        let iou = run.session().best_iou();
        ModelAbout {
            name: default_name(&class_name, self.data.set.classes().len(), &scene, iou, &date),
            class_name: if self.data.set.classes().is_empty() {
                class_name
            } else {
                String::new()
            },
            scene,
            middle,
            date,
            train_pairs: train.len() as u32,
            validation_pairs: validation.len() as u32,
            iou,
            least_object_px: least_object_px(&self.data.set, train),
            held_back_part: validation.iter().any(|pair| train.contains(pair)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_off_names() {
        for (path, class) in [
            ("osm_buildings.geojson", "building"),
            ("gis_osm_buildings_a_free_1.shp", "building"),
            ("BuildingFootprints.geojson", "building"),
            ("x/damaged_houses/masks/12.png", "damaged house"),
            ("solar-panels/12_mask.png", "solar panel"),
            ("roads/masks/tile_3.png", "road"),
            ("grass.tif", "grass"),
            ("canopies.geojson", "canopy"),
            ("nuclei/a.png", "nucleus"),
            ("buses.geojson", ""),
            ("export.geojson", ""),
            ("masks/12.png", ""),
            ("gaza_2024_final.geojson", ""),
        ] {
            assert_eq!(class_of([path].into_iter()), class, "{path}");
        }
        assert_eq!(class_of(["roads/1.png", "roads/2.png"].into_iter()), "road");
        assert_eq!(class_of(["roads/1.png", "rivers/2.png"].into_iter()), "");
    }

    #[test]
    fn a_scene_is_an_image_or_a_folder() {
        assert_eq!(scene_of(["a/camp_ortho.tif"].into_iter()), "camp_ortho");
        assert_eq!(
            scene_of(["ramallah/images/1.png", "ramallah/images/2.png"].into_iter()),
            "ramallah"
        );
        assert_eq!(scene_of(["images/1.png", "images/2.png"].into_iter()), "");
        assert_eq!(scene_of(["1.png", "2.png"].into_iter()), "");
        assert_eq!(scene_of(std::iter::empty()), "");
    }

    #[test]
    fn a_file_says_what_it_holds() {
        let name = default_name("building", 1, "camp_ortho", Some(0.9), "2026-11-29");
        assert_eq!(name, "buildings-camp_ortho-iou90-2026-11-29");
        assert_eq!(default_name("", 1, "", None, ""), "model");
        assert_eq!(default_name("", 6, "town", Some(f64::NAN), ""), "6-classes-town");
        assert_eq!(
            default_name("solar panel", 0, "", Some(0.615), "2026-11-29"),
            "solar_panels-iou62-2026-11-29"
        );
        for (one, many) in [
            ("canopy", "canopies"),
            ("bush", "bushes"),
            ("water", "water"),
            ("nucleus", "nuclei"),
            ("railway", "railways"),
        ] {
            assert_eq!(plural(one), many);
        }
        assert_eq!(file_stem("../a b?.x"), "a_b_.x");
        assert_eq!(file_stem(" \u{1} "), "model");
    }
}
