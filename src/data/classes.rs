//! Masks of several classes: the legend that palette or colours suggest, and pixels to class numbers.
//!
//! A legend is a list of colours, each with a name. Colours of one name are one class; an ignored
//! colour, a transparent pixel and a colour that is not in the legend are not labelled: they take no
//! part in loss or metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mask::{MAX_COLOURS, MaskRule, OPAQUE, Survey, as_8_bit, each_pixel, survey};
use crate::formats::raster::Raster;

/// Class number of a pixel that is not labelled.
pub const UNLABELLED: u8 = 255;
/// Classes at most; the head has two features for each.
pub const MAX_CLASSES: usize = 16;
/// Longest name of a class in characters.
pub const MAX_NAME_CHARS: usize = 60;

/// Masks with more colours than this went through a lossy format or were smoothed.
const LOSSY_COLOURS: usize = 256;
/// Per-band distance that is still noise around a class colour of a lossy mask.
const NOISE_DISTANCE: u8 = 48;
/// Share of the opaque pixels below which a colour of exact masks is a stray.
const STRAY_SHARE: f64 = 2e-4;
/// The same for lossy masks, where edges between classes mix their own colours.
const LOSSY_STRAY_SHARE: f64 = 5e-3;
/// Share of the pixels that the classes must cover to be suggested.
const COVERED: f64 = 0.97;
/// The same for grey masks, where smoothed edges of a binary mask look like more levels.
const COVERED_GREY: f64 = 0.999;
/// Share of the pixels up to which grey levels between black and white are smoothed edges; of real masks of buildings
/// 2 to 4 % lie on an edge, of cell membranes 8 %.
const SMOOTHED: f64 = 0.1;
/// Grey levels up to this are class numbers, not brightness.
const MAX_CLASS_NUMBER: u8 = 32;
/// The usual number, beside those of classes, for "not labelled".
const IGNORE_NUMBER: [u8; 3] = [255; 3];
/// Colours that class numbers are shown in, told apart by the colour-blind (Okabe and Ito 2008), then repeated darker.
const SHOWN: [[u8; 3]; 8] = [
    [0x99, 0x99, 0x99],
    [0xE6, 0x9F, 0x00],
    [0x56, 0xB4, 0xE9],
    [0x00, 0x9E, 0x73],
    [0xF0, 0xE4, 0x42],
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0xCC, 0x79, 0xA7],
];

/// One colour of the masks and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// As the masks hold it.
    pub rgb: [u8; 3],
    /// As it is drawn; differs where the masks hold class numbers.
    pub shown: [u8; 3],
    pub name: String,
    /// Its pixels count as not labelled.
    pub ignored: bool,
    /// Share of the opaque pixels of all masks, noise included.
    pub share: f64,
}

/// A class: what the network tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    pub name: String,
    pub rgb: [u8; 3],
}

/// The colours of a data set's masks, in the order of the class numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Legend {
    pub entries: Vec<LegendEntry>,
    /// Neighbouring colours belong to an entry too.
    pub lossy: bool,
}

/// How mask pixels become labels.
#[derive(Debug, Clone, PartialEq)]
pub enum Labelling {
    /// 0 and 1.
    Binary(MaskRule),
    /// Class numbers and [`UNLABELLED`].
    Classes(Arc<Legend>),
}

impl Default for Labelling {
    fn default() -> Self {
        Labelling::Binary(MaskRule::default())
    }
}

impl Labelling {
    /// A label a pixel, row by row.
    pub fn apply(&self, mask: &Raster) -> Vec<u8> {
        match self {
            Labelling::Binary(rule) => super::mask::apply(mask, *rule),
            Labelling::Classes(legend) => legend.apply(mask),
        }
    }

    pub fn legend(&self) -> Option<&Legend> {
        match self {
            Labelling::Binary(_) => None,
            Labelling::Classes(legend) => Some(legend),
        }
    }

    /// The same for masks that are lossy or not: JPEG files can come after a legend was edited.
    pub fn for_masks(&self, lossy: bool) -> Labelling {
        match self {
            Labelling::Classes(legend) if legend.lossy != lossy => Labelling::Classes(Arc::new(Legend {
                entries: legend.entries.clone(),
                lossy,
            })),
            _ => self.clone(),
        }
    }
}

/// Why a legend cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegendError {
    #[error("{0} classes; at least 2 are needed")]
    TooFew(usize),
    #[error("{0} classes; at most {MAX_CLASSES} are possible")]
    TooMany(usize),
}

impl Legend {
    /// A legend as a person edited it: names trimmed, nameless ones numbered, repeated colours dropped.
    ///
    /// # Errors
    /// If it has fewer than two classes or too many.
    pub fn edited(entries: Vec<LegendEntry>, lossy: bool) -> Result<Self, LegendError> {
        let mut kept: Vec<LegendEntry> = Vec::new();
        let tidy = |name: &str| -> String { name.trim().chars().take(MAX_NAME_CHARS).collect() };
        let mut taken: BTreeSet<String> = entries.iter().map(|e| tidy(&e.name)).collect();
        for (place, mut entry) in entries.into_iter().take(MAX_COLOURS).enumerate() {
            entry.name = tidy(&entry.name);
            if entry.name.is_empty() {
                // Where class numbers begin with 0, the name by place is that of the next class and would join the two.
                let mut names = std::iter::once(place + 1).chain(0..).map(|n| format!("class {n}"));
                entry.name = names.find(|name| !taken.contains(name)).unwrap_or_default();
                taken.insert(entry.name.clone());
            }
            if kept.iter().all(|k| k.rgb != entry.rgb) {
                kept.push(entry);
            }
        }
        let legend = Legend { entries: kept, lossy };
        match legend.classes().len() {
            n @ ..2 => Err(LegendError::TooFew(n)),
            n if n > MAX_CLASSES => Err(LegendError::TooMany(n)),
            _ => Ok(legend),
        }
    }

    /// The classes by number: one for each name that is not ignored, in the colour of its first entry.
    pub fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<Class> = Vec::new();
        for entry in self.entries.iter().filter(|e| !e.ignored) {
            if classes.iter().all(|c| c.name != entry.name) {
                classes.push(Class {
                    name: entry.name.clone(),
                    rgb: entry.shown,
                });
            }
        }
        classes
    }

    /// Class number of every entry.
    fn numbers(&self) -> Vec<u8> {
        let classes = self.classes();
        let number = |e: &LegendEntry| classes.iter().position(|c| !e.ignored && c.name == e.name);
        let all = self.entries.iter();
        all.map(|e| number(e).map_or(UNLABELLED, |n| n as u8)).collect()
    }

    /// The entry a colour belongs to: its own, or, in lossy masks, the nearest one within the noise.
    fn entry_of(&self, rgb: [u8; 3]) -> Option<usize> {
        if let Some(own) = self.entries.iter().position(|e| e.rgb == rgb) {
            return Some(own);
        }
        if !self.lossy {
            return None;
        }
        let near = self.entries.iter().map(|e| distance(e.rgb, rgb)).enumerate();
        near.filter(|(_, d)| *d <= NOISE_DISTANCE)
            .min_by_key(|(_, d)| *d)
            .map(|(i, _)| i)
    }

    /// The class of every pixel, row by row.
    pub fn apply(&self, mask: &Raster) -> Vec<u8> {
        let mask = as_8_bit(mask);
        let numbers = self.numbers();
        let mut known: BTreeMap<[u8; 3], u8> = BTreeMap::new();
        let mut out = Vec::with_capacity(mask.pixels() as usize);
        let mut last = ([0; 3], self.number_of([0; 3], &numbers));
        each_pixel(&mask, 1, |[r, g, b, a]| {
            let rgb = [r, g, b];
            if rgb != last.0 {
                // Lossy masks hold the same few thousand colours over and over.
                if known.len() > 1 << 16 {
                    known.clear();
                }
                let number = *known.entry(rgb).or_insert_with(|| self.number_of(rgb, &numbers));
                last = (rgb, number);
            }
            out.push(if a < OPAQUE { UNLABELLED } else { last.1 });
        });
        out
    }

    fn number_of(&self, rgb: [u8; 3], numbers: &[u8]) -> u8 {
        let entry = self.entry_of(rgb).and_then(|e| numbers.get(e));
        entry.copied().unwrap_or(UNLABELLED)
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    let bands = a.iter().zip(b).map(|(a, b)| a.abs_diff(b));
    bands.max().unwrap_or(0)
}

/// What the masks hold, as classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detected {
    /// Every colour that can be a class, most frequent first; class numbers ascending. Ignored are those beyond
    /// [`MAX_CLASSES`] and 255 beside class numbers.
    pub legend: Legend,
    /// Colours in no class, with their share, most frequent first, at most [`MAX_COLOURS`]: too rare for one, or
    /// unknown to the legend in force.
    pub strays: Vec<([u8; 3], f64)>,
    /// The masks are class maps, not drawings of one thing.
    pub suggested: bool,
}

impl Detected {
    /// Takes the colours that could be classes but that `legend` says nothing of among the strays, instead of those of
    /// another legend before: it can be older than the files that hold them.
    pub fn compare(&mut self, legend: Option<&Legend>) {
        let found = &self.legend.entries;
        self.strays.retain(|(rgb, _)| found.iter().all(|e| e.rgb != *rgb));
        let Some(legend) = legend else { return };
        let unknown = found.iter().filter(|e| legend.entry_of(e.rgb).is_none());
        self.strays.extend(unknown.map(|e| (e.rgb, e.share)));
        self.strays.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        self.strays.truncate(MAX_COLOURS);
    }
}

/// Pixels that [`has_areas_between`] looks at in all.
const AREA_PIXELS: u64 = 4_000_000;
/// Share of the grey pixels in the midst of others from which they are areas, not edges: those are one or two pixels wide.
const IN_THE_MIDST: f64 = 0.05;

/// Whether greys between black and white fill areas somewhere: a class that is rare, not smoothed edges.
fn has_areas_between(masks: &[&Raster]) -> bool {
    let pixels: u64 = masks.iter().map(|m| m.pixels()).sum();
    let step = pixels.div_ceil(AREA_PIXELS).max(1) | 1;
    let (mut between, mut within) = (0u64, 0u64);
    for mask in masks {
        let mask = as_8_bit(mask);
        let is_between = |x: u32, y: u32| (1..255).contains(&mask.rgba8_at(x, y)[0]);
        let width = u64::from(mask.width.max(1));
        for at in (0..mask.pixels()).step_by(step as usize) {
            let (x, y) = ((at % width) as u32, (at / width) as u32);
            if !is_between(x, y) {
                continue;
            }
            between += 1;
            let inside =
                (1..mask.width.saturating_sub(1)).contains(&x) && (1..mask.height.saturating_sub(1)).contains(&y);
            within += u64::from(inside && (0..9).all(|k| is_between(x + k % 3 - 1, y + k / 3 - 1)));
        }
    }
    within as f64 > IN_THE_MIDST * between as f64
}

/// Finds the classes of masks. Looks at a bounded number of pixels.
pub fn detect(masks: &[&Raster]) -> Detected {
    let s = survey(masks);
    if s.opaque() == 0 {
        return Detected::default();
    }
    let lossy = s.counts.len() > LOSSY_COLOURS;
    let grey = s.is_grey();
    let (mut main, strays) = gather(&s, lossy);
    let numbers = grey && are_numbers(&main);
    let classes = || main.iter().filter(|(rgb, _)| !(numbers && *rgb == IGNORE_NUMBER));
    let covered = s.share(main.iter().map(|(_, n)| n).sum());
    let enough = if grey { COVERED_GREY } else { COVERED };
    let drawing = grey && (lossy || !numbers && is_smoothed(&s, &main) && !has_areas_between(masks));
    let suggested = main.len() >= 3 && classes().count() <= MAX_CLASSES && covered >= enough && !drawing;
    // A legend that nobody could take would never be seen, nor edited.
    let learnt: BTreeSet<[u8; 3]> = classes().take(MAX_CLASSES).map(|(rgb, _)| *rgb).collect();
    main.truncate(MAX_COLOURS);
    if numbers {
        main.sort_unstable_by_key(|(rgb, _)| *rgb);
    }
    let entries = main.iter().enumerate().map(|(i, (rgb, n))| LegendEntry {
        rgb: *rgb,
        // By number, not by place: it stays when other numbers come between.
        shown: if numbers { shown(rgb[0].into()) } else { *rgb },
        name: if numbers {
            format!("class {}", rgb[0])
        } else {
            format!("class {}", i + 1)
        },
        ignored: !learnt.contains(rgb),
        share: s.share(*n),
    });
    Detected {
        legend: Legend {
            entries: entries.collect(),
            lossy,
        },
        strays: strays
            .iter()
            .take(MAX_COLOURS)
            .map(|(rgb, n)| (*rgb, s.share(*n)))
            .collect(),
        suggested,
    }
}

type Counted = Vec<([u8; 3], u64)>;

/// Grey levels that are class numbers: all are small, but for 255 beside two others. 0 and 255 are black and white.
fn are_numbers(main: &Counted) -> bool {
    let small = main.iter().filter(|(rgb, _)| rgb[0] <= MAX_CLASS_NUMBER).count();
    let ignored = main.iter().any(|(rgb, _)| *rgb == IGNORE_NUMBER);
    small == main.len() || (ignored && small >= 2 && small + 1 == main.len())
}

/// Black and white with so little between that it is the edges, smoothed.
fn is_smoothed(s: &Survey, main: &Counted) -> bool {
    let (ends, between): (Counted, Counted) = main.iter().partition(|(rgb, _)| [[0; 3], [255; 3]].contains(rgb));
    ends.len() == 2 && s.share(between.iter().map(|(_, n)| n).sum()) < SMOOTHED
}

/// Colours frequent enough for a class, noise added to the colour it surrounds, and the others.
fn gather(s: &Survey, lossy: bool) -> (Counted, Counted) {
    let mut groups: Counted = Vec::new();
    for (rgb, n) in s.ranked() {
        let near = |(centre, _): &([u8; 3], u64)| lossy && distance(*centre, rgb) <= NOISE_DISTANCE;
        if let Some(group) = groups.iter().position(near) {
            groups[group].1 += n;
        } else if groups.len() < 4 * MAX_COLOURS {
            // More groups than could be shown would only be searched in vain.
            groups.push((rgb, n));
        }
    }
    groups.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let least = if lossy { LOSSY_STRAY_SHARE } else { STRAY_SHARE };
    groups.into_iter().partition(|(_, n)| s.share(*n) >= least)
}

/// The colour class number `i` is drawn in.
pub fn shown(i: usize) -> [u8; 3] {
    let colour = SHOWN[i % SHOWN.len()];
    let dim = (i / SHOWN.len()) as u16;
    colour.map(|v| (u16::from(v) * 2 / (2 + dim)) as u8)
}

/// Pixels of every class, and of none in the last place.
pub fn counts(labels: &[u8], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes + 1];
    for label in labels {
        counts[usize::from(*label).min(classes)] += 1;
    }
    counts
}

#[cfg(test)]
#[path = "classes_tests.rs"]
mod tests;
