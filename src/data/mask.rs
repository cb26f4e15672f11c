//! From mask pixels to 0 and 1: the rules, the rule a data set suggests, the colours it holds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::formats::raster::{Raster, Samples, luma};

/// How a mask pixel becomes foreground.
///
/// Except under [`MaskRule::NotBlack`], a transparent pixel is background whatever its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskRule {
    /// Luma at or above `at` is foreground; `at` 0 takes everything opaque.
    Threshold { at: u8, invert: bool },
    /// The seed's: everything that is not exactly opaque black.
    NotBlack { invert: bool },
    /// One colour of a palette or class map. In masks with more than 256 colours (JPEG) neighbours of the
    /// colour count too.
    Colour { rgb: [u8; 3], invert: bool },
}

impl Default for MaskRule {
    fn default() -> Self {
        MaskRule::Threshold { at: 128, invert: false }
    }
}

impl MaskRule {
    pub fn inverted(self) -> bool {
        match self {
            MaskRule::Threshold { invert, .. } | MaskRule::NotBlack { invert } | MaskRule::Colour { invert, .. } => {
                invert
            }
        }
    }
}

/// Colours listed at most.
pub const MAX_COLOURS: usize = 32;
/// Pixels looked at for the survey of all masks; beyond that every n-th pixel is.
const MAX_SURVEY_PIXELS: u64 = 16_000_000;
/// Different colours kept count of; JPEG masks have a hundred thousand.
const MAX_COUNTED: usize = 65_536;
/// Upper bits of a band that tell colours apart once so many are counted: 2^15 counts more at most.
const COARSE_BITS: u32 = 5;
/// Alpha below this is transparent.
pub(super) const OPAQUE: u8 = 128;
/// A pixel whose bands differ by more than this has a colour.
const GREY_SPREAD: u8 = 24;
/// Per-band distance that still counts as the chosen colour where a mask was stored with loss.
const LOSSY_DISTANCE: u8 = 48;

/// Masks of 16 bits whose numbers all fit 8 are class numbers or were widened: they stay what they are.
/// Scaling them by 1/257 would make an empty mask of 0 and 1.
pub(super) fn as_8_bit(mask: &Raster) -> Cow<'_, Raster> {
    match &mask.samples {
        Samples::U16(v) if v.iter().all(|s| *s <= 255) => {
            let samples = Samples::U8(v.iter().map(|s| *s as u8).collect());
            Cow::Owned(Raster {
                samples,
                ..mask.header_only()
            })
        }
        _ => Cow::Borrowed(mask),
    }
}

/// Calls `see` with every `step`-th pixel.
pub(super) fn each_pixel(mask: &Raster, step: u64, mut see: impl FnMut([u8; 4])) {
    let width = u64::from(mask.width.max(1));
    let mut at = 0u64;
    while at < mask.pixels() {
        see(mask.rgba8_at((at % width) as u32, (at / width) as u32));
        at += step;
    }
}

/// What the masks hold, counted once.
pub(super) struct Survey {
    /// Opaque pixels by colour. Colours that come when [`MAX_COUNTED`] are there count for the first one like them.
    pub(super) counts: BTreeMap<[u8; 3], u64>,
    /// That first one, by its upper bits.
    alike: BTreeMap<[u8; 3], [u8; 3]>,
    total: u64,
    transparent: u64,
}

pub(super) fn survey(masks: &[&Raster]) -> Survey {
    let pixels: u64 = masks.iter().map(|m| m.pixels()).sum();
    // Odd, so that a step does not fall into step with a common width.
    let step = pixels.div_ceil(MAX_SURVEY_PIXELS).max(1) | 1;
    let mut s = Survey {
        counts: BTreeMap::new(),
        alike: BTreeMap::new(),
        total: 0,
        transparent: 0,
    };
    for mask in masks {
        let mask = as_8_bit(mask);
        // Masks are mostly runs: count a run before looking it up.
        let mut run: ([u8; 3], u64) = ([0; 3], 0);
        each_pixel(&mask, step, |[r, g, b, a]| {
            s.total += 1;
            if a < OPAQUE {
                s.transparent += 1;
            } else if run.0 == [r, g, b] {
                run.1 += 1;
            } else {
                s.count(run);
                run = ([r, g, b], 1);
            }
        });
        s.count(run);
    }
    s
}

impl Survey {
    fn count(&mut self, (rgb, n): ([u8; 3], u64)) {
        if n == 0 {
            return;
        }
        // The noise of the first masks must not keep a class of later ones from being seen.
        let colour = if self.counts.len() < MAX_COUNTED || self.counts.contains_key(&rgb) {
            rgb
        } else {
            *self.alike.entry(rgb.map(|v| v >> (8 - COARSE_BITS))).or_insert(rgb)
        };
        *self.counts.entry(colour).or_default() += n;
    }

    pub(super) fn opaque(&self) -> u64 {
        self.total - self.transparent
    }

    /// Colours, most frequent first.
    pub(super) fn ranked(&self) -> Vec<([u8; 3], u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(rgb, n)| (*rgb, *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        all
    }

    pub(super) fn share(&self, n: u64) -> f64 {
        n as f64 / self.opaque().max(1) as f64
    }

    /// Hardly a pixel has a colour; a few do where grey masks were saved as JPEG.
    pub(super) fn is_grey(&self) -> bool {
        let coloured = self.counts.iter().filter(|(rgb, _)| has_colour(**rgb));
        self.share(coloured.map(|(_, n)| n).sum()) < 0.005
    }
}

pub(super) fn has_colour([r, g, b]: [u8; 3]) -> bool {
    r.max(g).max(b) - r.min(g).min(b) > GREY_SPREAD
}

fn grey([r, g, b]: [u8; 3]) -> u8 {
    luma(r.into(), g.into(), b.into()) as u8
}

/// The rule the masks themselves suggest. Looks at a bounded number of pixels.
///
/// Grey masks get the middle of their range as threshold (0/255: 128, 0/1: 1); drawings on a transparent ground
/// everything opaque; coloured layers on black the seed's rule; class maps their most frequent colour.
pub fn suggest(masks: &[&Raster]) -> MaskRule {
    let s = survey(masks);
    if s.opaque() == 0 {
        return MaskRule::default();
    }
    let see_through = s.transparent as f64 / s.total as f64;
    if s.is_grey() {
        return suggest_grey(&s, see_through);
    }
    if see_through > 0.01 && !s.counts.contains_key(&[0, 0, 0]) {
        return MaskRule::Threshold { at: 0, invert: false };
    }
    let black = s.counts.get(&[0, 0, 0]).copied().unwrap_or(0);
    if s.share(black) > 0.2 {
        return MaskRule::NotBlack { invert: false };
    }
    let ranked = s.ranked();
    let colours: Vec<[u8; 3]> = ranked
        .iter()
        .map(|(rgb, _)| *rgb)
        .filter(|rgb| has_colour(*rgb))
        .collect();
    let main = ranked.iter().filter(|(_, n)| s.share(*n) >= 0.01).count();
    // Of two colours the larger one is the ground.
    let pick = if main == 2 && ranked.len() >= 2 && has_colour(ranked[0].0) && has_colour(ranked[1].0) {
        1
    } else {
        0
    };
    let rgb = colours.get(pick).or(colours.first()).copied().unwrap_or([255; 3]);
    MaskRule::Colour { rgb, invert: false }
}

fn suggest_grey(s: &Survey, see_through: f64) -> MaskRule {
    let levels: BTreeSet<u8> = s.counts.keys().map(|rgb| grey(*rgb)).collect();
    let low = levels.first().copied().unwrap_or(0);
    let high = levels.last().copied().unwrap_or(0);
    let at = if see_through > 0.01 && low == high {
        0
    } else if low == high {
        // One level only: all background or all foreground.
        if (1..128).contains(&high) { high } else { 128 }
    } else if low == 0 && high <= 32 && levels.len() > 2 {
        // Class numbers: any class is foreground.
        1
    } else {
        (u16::from(low) + u16::from(high)).div_ceil(2) as u8
    };
    MaskRule::Threshold { at, invert: false }
}

/// Foreground by `rule`, 0 or 1 a pixel, row by row.
pub fn apply(mask: &Raster, rule: MaskRule) -> Vec<u8> {
    let mask = as_8_bit(mask);
    let invert = rule.inverted();
    let mut out = Vec::with_capacity(mask.pixels() as usize);
    let mut put = |hit: bool| out.push(u8::from(hit != invert));
    match rule {
        MaskRule::Threshold { at, .. } => {
            each_pixel(&mask, 1, |[r, g, b, a]| put(a >= OPAQUE && grey([r, g, b]) >= at));
        }
        MaskRule::NotBlack { .. } => each_pixel(&mask, 1, |p| put(p != [0, 0, 0, 255])),
        MaskRule::Colour { rgb, .. } => {
            let reach = if is_lossy(&mask) { LOSSY_DISTANCE } else { 0 };
            let near = |a: u8, b: u8| a.abs_diff(b) <= reach;
            each_pixel(&mask, 1, |[r, g, b, a]| {
                put(a >= OPAQUE && near(r, rgb[0]) && near(g, rgb[1]) && near(b, rgb[2]));
            });
        }
    }
    out
}

/// More than 256 colours are no class map: the mask went through a lossy format or was smoothed.
fn is_lossy(mask: &Raster) -> bool {
    let mut seen = BTreeSet::new();
    let mut last = None;
    each_pixel(mask, 1, |p| {
        if last != Some(p) && seen.len() <= 256 {
            seen.insert(p);
        }
        last = Some(p);
    });
    seen.len() > 256
}

/// Colours of the masks with their share of the opaque pixels, most frequent first, at most [`MAX_COLOURS`].
pub fn colours(masks: &[&Raster]) -> Vec<([u8; 3], f64)> {
    let s = survey(masks);
    s.ranked()
        .into_iter()
        .take(MAX_COLOURS)
        .map(|(rgb, n)| (rgb, s.share(n)))
        .collect()
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
