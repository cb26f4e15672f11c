//! The classes that palette or colours of masks suggest.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::classes::{Labelling, Legend, LegendEntry, MAX_CLASSES, NOISE_DISTANCE, distance};
use super::mask::{MAX_COLOURS, Survey, as_8_bit, survey};
use crate::formats::raster::Raster;

/// Masks with more colours than this went through a lossy format or were smoothed.
const LOSSY_COLOURS: usize = 256;
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
    /// The labelling somebody chose, for these masks: JPEG files can come after a legend was edited, and each file
    /// changes the shares.
    pub fn update(&self, chosen: &Labelling) -> Labelling {
        let Labelling::Classes(chosen) = chosen else {
            return chosen.clone();
        };
        let mut legend = Legend {
            entries: chosen.entries.clone(),
            lossy: self.legend.lossy,
        };
        for entry in &mut legend.entries {
            entry.share = 0.0;
        }
        let found = self.legend.entries.iter().map(|e| (e.rgb, e.share));
        for (rgb, share) in found.chain(self.rare()) {
            if let Some(entry) = legend.entry_of(rgb) {
                legend.entries[entry].share += share;
            }
        }
        Labelling::Classes(Arc::new(legend))
    }

    /// The strays that could not be a class, with their shares: [`Detected::compare`] adds others.
    fn rare(&self) -> impl Iterator<Item = ([u8; 3], f64)> + '_ {
        let is_rare = |(rgb, _): &([u8; 3], f64)| self.legend.entries.iter().all(|e| e.rgb != *rgb);
        self.strays.iter().copied().filter(is_rare)
    }

    /// Takes the colours that could be classes but that `legend` says nothing of among the strays, instead of those of
    /// another legend before: it can be older than the files that hold them.
    pub fn compare(&mut self, legend: Option<&Legend>) {
        self.strays = self.rare().collect();
        let Some(legend) = legend else { return };
        let found = self.legend.entries.iter();
        let unknown = found.filter(|e| legend.entry_of(e.rgb).is_none());
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
fn shown(i: usize) -> [u8; 3] {
    let colour = SHOWN[i % SHOWN.len()];
    let dim = (i / SHOWN.len()) as u16;
    colour.map(|v| (u16::from(v) * 2 / (2 + dim)) as u8)
}
