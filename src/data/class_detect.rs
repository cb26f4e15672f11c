//! The classes that palette or colours of masks suggest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::classes::{Labelling, Legend, LegendEntry, MAX_CLASSES, MAX_ENTRIES, NOISE_DISTANCE};
use super::mask::{MAX_COLOURS, Survey, survey};
use super::mask_numbers::{NumberKind, Numbers};
use super::mask_value::{MaskValue, NumberScale, each_value, holds_numbers};
use crate::formats::raster::Raster;

/// Masks with more colours than this went through a lossy format or were smoothed.
const LOSSY_COLOURS: usize = 256;
/// Share of the opaque pixels below which a colour of exact masks is a stray.
const STRAY_SHARE: f64 = 2e-4;
/// The same for lossy masks, where edges between classes mix their own colours.
const LOSSY_STRAY_SHARE: f64 = 5e-3;
/// Share of greys with an equal neighbour, above which they fill areas.
const AREAS: f64 = 0.6;
/// Share of black above which coloured masks are drawings on it.
const MUCH_BLACK: f64 = 0.2;
/// More grey levels than this are looked at for how they lie.
const SOME_GREYS: usize = 16;
/// Share of the pixels that the classes must cover to be suggested.
const COVERED: f64 = 0.97;
/// The same for grey masks, where smoothed edges of a binary mask look like more levels.
const COVERED_GREY: f64 = 0.999;
/// Share of the pixels up to which grey levels between black and white are smoothed edges; of real masks of buildings
/// 2 to 4 % lie on an edge, of cell membranes 8 %.
const SMOOTHED: f64 = 0.1;
/// Grey levels up to this are class numbers, not brightness.
const MAX_CLASS_NUMBER: u16 = 127;
/// The usual numbers, beside those of classes, for "not labelled".
const IGNORE_NUMBERS: [u16; 2] = [255, 65535];
/// Colours that class numbers are shown in, told apart by the colour-blind (Okabe and Ito 2008).
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

/// What the masks hold, as classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detected {
    /// Every colour that can be a class, most frequent first; class numbers ascending. Ignored are those beyond
    /// [`MAX_CLASSES`] and 255 beside class numbers.
    pub legend: Legend,
    /// Colours in no class, with their share, most frequent first, at most [`MAX_COLOURS`]: too rare for one, or
    /// unknown to the legend in force.
    pub strays: Vec<(MaskValue, f64)>,
    /// The masks are class maps, not drawings of one thing.
    pub suggested: bool,
    /// So many classes are there, more than [`MAX_CLASSES`].
    pub too_many: Option<usize>,
}

impl Detected {
    /// The labelling somebody chose, for these masks: JPEG files can come after a legend was edited, and each file
    /// changes the shares.
    pub fn update(&self, chosen: &Labelling) -> Labelling {
        let Labelling::Classes(chosen) = chosen else {
            return chosen.clone();
        };
        let mut legend = Legend {
            lossy: self.legend.lossy,
            ..chosen.as_ref().clone()
        };
        for entry in &mut legend.entries {
            entry.share = 0.0;
        }
        let found = self.legend.entries.iter().map(|e| (e.value, e.share));
        for (value, share) in found.chain(self.rare()) {
            if let Some(entry) = legend.entry_of(value) {
                legend.entries[entry].share += share;
            }
        }
        Labelling::Classes(Arc::new(legend))
    }

    /// The strays that could not be a class, with their shares: [`Detected::compare`] adds others.
    fn rare(&self) -> impl Iterator<Item = (MaskValue, f64)> + '_ {
        let is_rare = |(value, _): &(MaskValue, f64)| self.legend.entries.iter().all(|e| e.value != *value);
        self.strays.iter().copied().filter(is_rare)
    }

    /// Takes the colours that could be classes but that `legend` says nothing of among the strays, instead of those of
    /// another legend before: it can be older than the files that hold them.
    pub fn compare(&mut self, legend: Option<&Legend>) {
        self.strays = self.rare().collect();
        let Some(legend) = legend else { return };
        let found = self.legend.entries.iter();
        let unknown = found.filter(|e| legend.entry_of(e.value).is_none());
        self.strays.extend(unknown.map(|e| (e.value, e.share)));
        self.strays.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        self.strays.truncate(MAX_COLOURS);
    }
}

/// Pixels that [`has_areas_between`] looks at in all.
const AREA_PIXELS: u64 = 4_000_000;
/// Share of the grey pixels in the midst of others from which they are areas, not edges: those are one or two pixels wide.
const IN_THE_MIDST: f64 = 0.05;

/// Whether greys between black and white fill areas somewhere: a class that is rare, not smoothed edges.
fn has_areas_between(masks: &[&Raster], scale: &NumberScale) -> bool {
    let pixels: u64 = masks.iter().map(|m| m.pixels()).sum();
    let step = pixels.div_ceil(AREA_PIXELS).max(1) | 1;
    let (mut between, mut within) = (0u64, 0u64);
    for mask in masks {
        let mut is_between = Vec::with_capacity(mask.pixels() as usize);
        each_value(mask, scale, 1, |value, _| {
            is_between.push((1..255).contains(&value.level()))
        });
        let (width, height) = (mask.width as usize, mask.height as usize);
        for at in (0..is_between.len()).step_by(step as usize) {
            if !is_between[at] {
                continue;
            }
            between += 1;
            let (x, y) = (at % width, at / width);
            let inside = (1..width.saturating_sub(1)).contains(&x) && (1..height.saturating_sub(1)).contains(&y);
            within += u64::from(inside && (0..9).all(|k| is_between[(y + k / 3 - 1) * width + x + k % 3 - 1]));
        }
    }
    within as f64 > IN_THE_MIDST * between as f64
}

/// Finds the classes of masks. Looks at a bounded number of pixels. `names`: of the numbers that stand for a name.
pub fn detect(masks: &[&Raster], numbers: &Numbers, names: &BTreeMap<u16, String>) -> Detected {
    let s = survey(masks, &numbers.scale);
    if s.opaque() == 0 {
        return Detected::default();
    }
    let codes = numbers.kind == NumberKind::Codes;
    let lossy = s.counts.len() > LOSSY_COLOURS && !codes;
    let grey = s.is_grey();
    let all_numbers = grey && masks.iter().all(|m| holds_numbers(m)) && numbers.scale == unscaled(&numbers.scale);
    let (mut main, strays) = gather(&s, lossy, codes);
    let ignored = if all_numbers && !lossy && !numbers.are_classes {
        ignored_number(&main)
    } else {
        None
    };
    let numbered = all_numbers && (codes || are_numbers(&main, ignored));
    let classes = || main.iter().filter(|(value, _)| !(numbered && Some(*value) == ignored));
    let covered = s.share(main.iter().map(|(_, n)| n).sum());
    let enough = if grey { COVERED_GREY } else { COVERED };
    let smoothed = || is_smoothed(&s, &main) && !has_areas_between(masks, &numbers.scale);
    let runs = || main.len() > SOME_GREYS && !in_areas(masks, &numbers.scale);
    let drawing = !codes && grey && (lossy || runs() || !numbered && smoothed());
    let objects = matches!(numbers.kind, NumberKind::Objects { .. });
    let class_map = main.len() >= 3 && covered >= enough && !drawing && !objects;
    let count = classes().count();
    // Many greys are brightness unless they fill areas; so many colours are a picture.
    // Exact colours on little black are classes; on much black they can be objects, and are foreground.
    let ground = s.share(s.counts.get(&MaskValue::number(0)).copied().unwrap_or(0));
    let exact = all_numbers || masks.iter().all(|m| m.is_palette) || !lossy && !grey && ground <= MUCH_BLACK;
    let too_many = count > MAX_CLASSES && class_map && exact;
    let suggested = class_map && (count <= MAX_CLASSES || too_many)
        || main.len() >= 2 && !names.is_empty() && !objects
        || codes && two_codes(&main);
    // A legend that nobody could take would never be seen, nor edited.
    let learnt: BTreeSet<MaskValue> = classes().take(MAX_CLASSES).map(|(value, _)| *value).collect();
    main.truncate(MAX_ENTRIES);
    if numbered || all_numbers && suggested {
        main.sort_unstable_by_key(|(value, _)| *value);
    }
    let as_numbers = all_numbers && (numbered || suggested);
    // A few greys are told apart as they are.
    let many = as_numbers && main.len() > SOME_GREYS;
    let narrow_bits = masks
        .iter()
        .map(|m| m.source_bits)
        .max()
        .filter(|bits| matches!(bits, 2 | 4));
    let entries = main.iter().enumerate().map(|(i, (value, n))| {
        let number = value.as_number().filter(|_| as_numbers);
        // Of 2 and 4 bits the file's numbers were spread over 0 to 255.
        let code = number.map(|n| narrow_bits.map_or(n, |bits| n / (255 / ((1 << bits) - 1))));
        let name = number.and_then(|n| names.get(&n));
        LegendEntry {
            value: *value,
            code: code.filter(|_| name.is_none()),
            // By number, not by place: it stays when other numbers come between.
            shown: match number {
                Some(n) if numbered || many => shown(n.into()),
                _ => value.rgb(),
            },
            name: match (name, code) {
                (Some(name), _) => name.clone(),
                (None, Some(0)) if !names.is_empty() => BACKGROUND.to_owned(),
                (None, Some(code)) => format!("class {code}"),
                (None, None) => format!("class {}", i + 1),
            },
            ignored: !learnt.contains(value),
            share: s.share(*n),
        }
    });
    Detected {
        legend: Legend {
            entries: entries.collect(),
            lossy,
            rest: None,
            boundary: None,
        },
        strays: strays
            .iter()
            .take(MAX_COLOURS)
            .map(|(value, n)| (*value, s.share(*n)))
            .collect(),
        suggested,
        too_many: too_many.then_some(count),
    }
}

/// What lies outside of named polygons.
const BACKGROUND: &str = "background";

/// The same reading with numbers as they are.
fn unscaled(scale: &NumberScale) -> NumberScale {
    NumberScale {
        integers: None,
        floats: None,
        ..*scale
    }
}

type Counted = Vec<(MaskValue, u64)>;

/// The largest number, if it is the usual one for "not labelled" beside others that are smaller by far.
fn ignored_number(main: &Counted) -> Option<MaskValue> {
    let mut all: Vec<MaskValue> = main.iter().map(|(value, _)| *value).collect();
    all.sort_unstable();
    let last = all.pop()?;
    let next = all.last()?.as_number()?;
    let usual = IGNORE_NUMBERS.iter().find(|n| last.as_number() == Some(**n))?;
    // Of a few greys 255 is white.
    let apart = next <= 32 || *usual > 255 || all.len() > 5;
    (all.len() >= 2 && next <= usual / 2 && apart).then_some(last)
}

/// Two numbers above 255 and no 0: two classes. With 0 the other is foreground.
fn two_codes(main: &Counted) -> bool {
    main.len() == 2
        && main.iter().any(|(value, _)| value.level() > 255)
        && main.iter().all(|(value, _)| value.level() > 2)
}

/// Grey levels that are class numbers: all are small, but for one that is ignored. 0 and 255 are black and white.
fn are_numbers(main: &Counted, ignored: Option<MaskValue>) -> bool {
    let all = main.iter().filter(|(value, _)| Some(*value) != ignored);
    all.clone().count() > 0 && all.clone().all(|(value, _)| value.level() <= MAX_CLASS_NUMBER)
}

/// Black and white with so little between that it is the edges, smoothed.
fn is_smoothed(s: &Survey, main: &Counted) -> bool {
    let ends = [MaskValue::number(0), MaskValue::number(255)];
    let (ends, between): (Counted, Counted) = main.iter().partition(|(value, _)| ends.contains(value));
    ends.len() == 2 && s.share(between.iter().map(|(_, n)| n).sum()) < SMOOTHED
}

/// Whether the greys between dark and bright fill areas: most of them have an equal neighbour. Along edges and in what
/// was stored with loss they run from one to the next.
fn in_areas(masks: &[&Raster], scale: &NumberScale) -> bool {
    let (mut between, mut equal) = (0u64, 0u64);
    for mask in masks {
        let mut last = None;
        each_value(mask, scale, 1, |value, _| {
            if (17..=238).contains(&value.level()) {
                between += 1;
                equal += u64::from(last == Some(value));
            }
            last = Some(value);
        });
    }
    between == 0 || equal as f64 > AREAS * between as f64
}

/// Colours frequent enough for a class, noise added to the colour it surrounds, and the others. Of `codes` every one.
fn gather(s: &Survey, lossy: bool, codes: bool) -> (Counted, Counted) {
    let mut groups: Counted = Vec::new();
    for (value, n) in s.ranked() {
        let near = |(centre, _): &(MaskValue, u64)| lossy && centre.distance(value) <= NOISE_DISTANCE;
        if let Some(group) = groups.iter().position(near) {
            groups[group].1 += n;
        } else if codes || groups.len() < MAX_ENTRIES {
            // More groups than could be shown would only be searched in vain.
            groups.push((value, n));
        }
    }
    groups.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let least = match (codes, lossy) {
        (true, _) => 0.0,
        (_, true) => LOSSY_STRAY_SHARE,
        _ => STRAY_SHARE,
    };
    groups.into_iter().partition(|(_, n)| s.share(*n) >= least)
}

/// The colour class number `i` is drawn in: beyond the table hues by the golden angle, which keeps numbers near each other
/// apart, dark and light in turn.
fn shown(i: usize) -> [u8; 3] {
    if let Some(colour) = SHOWN.get(i) {
        return *colour;
    }
    let hue = i as f32 * 0.618_034 % 1.0 * 6.0;
    let (bright, pale) = [(0.85, 0.25), (0.65, 0.1), (1.0, 0.55)][i % 3];
    // Red, green and blue are full a third of the circle apart.
    [0.0, 2.0, 4.0].map(|middle: f32| {
        let apart = (hue - middle).abs();
        let level = (2.0 - apart.min(6.0 - apart)).clamp(0.0, 1.0);
        ((pale + (bright - pale) * level) * 255.0) as u8
    })
}
