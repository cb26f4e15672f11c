//! From mask pixels to 0 and 1: the rules, the rule a data set suggests, the colours it holds.

use std::collections::{BTreeMap, BTreeSet};

use super::mask_numbers::{NumberKind, Numbers};
use super::mask_value::{MaskValue, NumberScale, each_value};
use crate::formats::raster::Raster;
use crate::values::UNLABELLED;

/// How a mask pixel becomes foreground.
///
/// Except under [`MaskRule::NotBlack`], a transparent pixel is background whatever its colour; one without data may be
/// not labelled instead ([`NumberScale::missing_is_unlabelled`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskRule {
    /// Luma, or the number of a single band, at or above `at` is foreground; `at` 0 takes everything opaque.
    Threshold { at: u16, invert: bool },
    /// Classic's: everything that is not exactly opaque black.
    NotBlack { invert: bool },
    /// One colour of a palette or class map. In masks with more than 256 colours (JPEG) neighbours of the
    /// colour count too.
    Colour { value: MaskValue, invert: bool },
}

impl Default for MaskRule {
    fn default() -> Self {
        MaskRule::Threshold { at: 128, invert: false }
    }
}

impl MaskRule {
    /// Whether opaque pixels of a value are foreground.
    pub fn is_foreground(self, value: MaskValue) -> bool {
        let hit = match self {
            MaskRule::Threshold { at, .. } => value.level() >= at,
            MaskRule::NotBlack { .. } => value != MaskValue::number(0),
            MaskRule::Colour { value: own, .. } => value == own,
        };
        hit != self.inverted()
    }

    /// The same in masks that were stored with loss, whose neighbours of a colour count too.
    pub(super) fn is_foreground_of_lossy(self, value: MaskValue) -> bool {
        match self {
            MaskRule::Colour { value: own, invert } => value.is_near(own, LOSSY_DISTANCE) != invert,
            _ => self.is_foreground(value),
        }
    }

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
/// Per-band distance that still counts as the chosen colour where a mask was stored with loss.
const LOSSY_DISTANCE: u8 = 48;

/// What the masks hold, counted once.
pub(super) struct Survey {
    /// Opaque pixels by colour. Colours that come when [`MAX_COUNTED`] are there count for the first one like them.
    pub(super) counts: BTreeMap<MaskValue, u64>,
    /// That first one, by its upper bits.
    alike: BTreeMap<MaskValue, MaskValue>,
    total: u64,
    transparent: u64,
}

pub(super) fn survey(masks: &[&Raster], scale: &NumberScale) -> Survey {
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
        // Masks are mostly runs: count a run before looking it up.
        let mut run = (MaskValue::number(0), 0);
        each_value(mask, scale, step, |value, opaque| {
            s.total += 1;
            if !opaque {
                s.transparent += 1;
            } else if run.0 == value {
                run.1 += 1;
            } else {
                s.count(run);
                run = (value, 1);
            }
        });
        s.count(run);
    }
    s
}

impl Survey {
    fn count(&mut self, (value, n): (MaskValue, u64)) {
        if n == 0 {
            return;
        }
        // The noise of the first masks must not keep a class of later ones from being seen.
        let known = if self.counts.len() < MAX_COUNTED || self.counts.contains_key(&value) {
            value
        } else {
            *self.alike.entry(value.coarse(COARSE_BITS)).or_insert(value)
        };
        *self.counts.entry(known).or_default() += n;
    }

    pub(super) fn opaque(&self) -> u64 {
        self.total - self.transparent
    }

    /// Colours, most frequent first.
    pub(super) fn ranked(&self) -> Vec<(MaskValue, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(value, n)| (*value, *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        all
    }

    pub(super) fn share(&self, n: u64) -> f64 {
        n as f64 / self.opaque().max(1) as f64
    }

    /// Hardly a pixel has a colour; a few do where grey masks were saved as JPEG.
    pub(super) fn is_grey(&self) -> bool {
        let coloured = self.counts.iter().filter(|(value, _)| value.has_colour());
        self.share(coloured.map(|(_, n)| n).sum()) < 0.005
    }
}

/// The rule the masks themselves suggest. Looks at a bounded number of pixels.
///
/// Objects with a number each are foreground; grey masks get the middle of their range as threshold (0/255: 128, 0/1:
/// 1); drawings on a transparent ground everything opaque; coloured layers on black Classic's rule; class maps their
/// most frequent colour.
pub fn suggest(masks: &[&Raster], numbers: &Numbers) -> MaskRule {
    if matches!(numbers.kind, NumberKind::Objects { .. }) {
        return MaskRule::Threshold { at: 1, invert: false };
    }
    let s = survey(masks, &numbers.scale);
    if s.opaque() == 0 {
        return MaskRule::default();
    }
    let see_through = s.transparent as f64 / s.total as f64;
    if s.is_grey() {
        return suggest_grey(&s, see_through, numbers);
    }
    let black = MaskValue::number(0);
    if see_through > 0.01 && !s.counts.contains_key(&black) {
        return MaskRule::Threshold { at: 0, invert: false };
    }
    if s.share(s.counts.get(&black).copied().unwrap_or(0)) > 0.2 {
        return MaskRule::NotBlack { invert: false };
    }
    let ranked = s.ranked();
    let colours: Vec<MaskValue> = ranked.iter().map(|(v, _)| *v).filter(|v| v.has_colour()).collect();
    let main = ranked.iter().filter(|(_, n)| s.share(*n) >= 0.01).count();
    // Of two colours the larger one is the ground.
    let pick = if main == 2 && ranked.len() >= 2 && ranked[0].0.has_colour() && ranked[1].0.has_colour() {
        1
    } else {
        0
    };
    let value = colours.get(pick).or(colours.first()).copied();
    MaskRule::Colour {
        value: value.unwrap_or(MaskValue::number(255)),
        invert: false,
    }
}

fn suggest_grey(s: &Survey, see_through: f64, numbers: &Numbers) -> MaskRule {
    let levels: BTreeSet<u16> = s.counts.keys().map(|value| value.level()).collect();
    let low = levels.first().copied().unwrap_or(0);
    let high = levels.last().copied().unwrap_or(0);
    let at = if numbers.kind == NumberKind::Probabilities {
        128
    } else if see_through > 0.01 && low == high {
        0
    } else if low == high {
        // One level only: all background or all foreground.
        if (1..128).contains(&high) { high } else { 128 }
    } else if low == 0 && levels.len() > 2 && (high <= 32 || numbers.kind == NumberKind::Codes) {
        // Class numbers: any class is foreground.
        1
    } else {
        (u32::from(low) + u32::from(high)).div_ceil(2) as u16
    };
    MaskRule::Threshold { at, invert: false }
}

/// Foreground by `rule`, row by row: 0, 1 or [`UNLABELLED`].
pub fn apply(mask: &Raster, rule: MaskRule, scale: &NumberScale) -> Vec<u8> {
    let invert = rule.inverted();
    let mut out = Vec::with_capacity(mask.pixels() as usize);
    let unlabelled = scale.missing_is_unlabelled && mask.alpha_is_missing;
    let mut put = |hit: bool, opaque: bool| {
        out.push(match opaque || !unlabelled {
            true => u8::from(hit != invert),
            false => UNLABELLED,
        });
    };
    match rule {
        MaskRule::Threshold { at, .. } => {
            each_value(mask, scale, 1, |v, opaque| put(opaque && v.level() >= at, opaque));
        }
        MaskRule::NotBlack { .. } => {
            let width = mask.width.max(1);
            let mut at = 0;
            each_value(mask, scale, 1, |_, opaque| {
                put(!mask.is_opaque_black(at % width, at / width), opaque);
                at += 1;
            });
        }
        MaskRule::Colour { value, .. } => {
            let reach = if is_lossy(mask, scale) { LOSSY_DISTANCE } else { 0 };
            each_value(mask, scale, 1, |v, opaque| {
                put(opaque && v.is_near(value, reach), opaque)
            });
        }
    }
    out
}

/// More than 256 colours are no class map: the mask went through a lossy format or was smoothed.
fn is_lossy(mask: &Raster, scale: &NumberScale) -> bool {
    let mut seen = BTreeSet::new();
    let mut last = None;
    each_value(mask, scale, 1, |value, _| {
        if last != Some(value) && seen.len() <= 256 {
            seen.insert(value);
        }
        last = Some(value);
    });
    seen.len() > 256
}

/// Values of the masks with their share of the opaque pixels, most frequent first, at most [`MAX_COLOURS`].
pub fn colours(masks: &[&Raster], scale: &NumberScale) -> Vec<(MaskValue, f64)> {
    let s = survey(masks, scale);
    s.ranked()
        .into_iter()
        .take(MAX_COLOURS)
        .map(|(value, n)| (value, s.share(n)))
        .collect()
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
