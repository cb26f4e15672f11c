//! What the numbers in a data set's masks mean, found over all masks together: a tile alone cannot say.
//!
//! Whole numbers are class codes unless they count objects (each number one small region, many of them) or are levels of
//! grey between two ends. Fractions are shares of one scale for the whole set.

use std::collections::BTreeMap;

use super::mask_value::{NumberScale, holds_numbers};
use crate::formats::raster::Raster;

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberKind {
    /// Brightness, or too few different ones to tell: 0 and 1, 0 and 255.
    #[default]
    Levels,
    /// Each number is a class.
    Codes,
    /// Each number but 0 is an object; all are foreground.
    Objects {
        /// Different numbers in the mask that has most.
        most: u32,
    },
    /// From nothing to certain.
    Probabilities,
}

/// The meaning of a set's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Numbers {
    pub kind: NumberKind,
    pub scale: NumberScale,
    /// Somebody has said that the numbers are classes: none of them means "not labelled".
    pub are_classes: bool,
}

/// The largest number a class can have.
pub const MAX_CODE: f32 = 65535.0;
/// Pixels looked at in all; beyond that fewer of each mask's rows are.
const MAX_PIXELS: u64 = 32_000_000;
/// Different numbers counted at most.
const MAX_COUNTED: usize = 70_000;
/// From so many different numbers on they can be objects, whatever they are called.
const MANY: usize = 33;
/// Fewer than this are classes, even where each fills one region.
const FEW: usize = 7;
/// Share of the numbers of all masks that fill one region each, from which they are objects.
const ONE_REGION: f64 = 0.8;
/// Share of the pixels that the ground between objects takes at least.
const GROUND: f64 = 0.05;
/// Mean share of a mask that an object takes at most.
const SMALL: f64 = 0.05;
/// Share of a mask's pixels near the two ends of its levels, from which those between are edges.
const AT_THE_ENDS: f64 = 0.8;
/// Share of neighbours that are equal, below which numbers run smoothly.
const SMOOTH: f64 = 0.3;

/// What one mask holds.
#[derive(Default)]
struct MaskFacts {
    counts: BTreeMap<u32, u64>,
    /// Numbers but 0, regions of equal ones, and their pixels.
    numbers: u64,
    one_region: u64,
    /// Numbers are 1, 2, 3, ... without a gap.
    consecutive: bool,
}

/// What all masks hold.
#[derive(Default)]
struct Facts {
    /// By the bits of a float that is not negative, which sort as the numbers do.
    counts: BTreeMap<u32, u64>,
    masks: Vec<MaskFacts>,
    pixels: u64,
    /// Pixels with a right neighbour that has data, and those that equal it.
    neighbours: u64,
    equal: u64,
    fractions: bool,
    missing: u64,
}

/// Finds the meaning of the numbers in these masks. Colours play no part. `are_classes`: somebody has said that numbers are
/// classes, as polygons with a class have.
pub fn find(masks: &[&Raster], are_classes: bool) -> Numbers {
    let (floats, integers): (Vec<&Raster>, Vec<&Raster>) = masks
        .iter()
        .copied()
        .filter(|m| holds_numbers(m))
        .partition(|m| m.is_float);
    let (floats, integers) = (Facts::of(&floats), Facts::of(&integers));
    let (float_kind, float_scale) = floats.kind();
    let (integer_kind, integer_scale) = integers.kind();
    let (integer_kind, integer_scale) = match are_classes {
        true => (NumberKind::Codes, None),
        false => (integer_kind, integer_scale),
    };
    let kind = match (integer_kind, float_kind) {
        (NumberKind::Levels, other) => other,
        (kind, _) => kind,
    };
    // Where what has data is of one number only, or is objects, it is the foreground, drawn on nothing.
    let objects = matches!(kind, NumberKind::Objects { .. });
    let several = floats.counts.len() + integers.counts.len() > 1 && !objects;
    Numbers {
        kind,
        are_classes,
        scale: NumberScale {
            integers: integer_scale,
            floats: float_scale,
            missing_is_unlabelled: several && floats.missing + integers.missing > 0,
        },
    }
}

/// The first number of a mask that no class can have, read by these meanings.
pub fn unfit(mask: &Raster, numbers: &Numbers) -> Option<f32> {
    let scale = if mask.is_float {
        numbers.scale.floats
    } else {
        numbers.scale.integers
    };
    if !holds_numbers(mask) {
        return None;
    }
    let objects = matches!(numbers.kind, NumberKind::Objects { .. });
    let fits = |n: f32| match scale {
        // What is beyond the scale of the others is no level.
        Some([low, high]) => (low..=high).contains(&n),
        None => n >= 0.0 && n.fract() == 0.0 && (objects || n <= MAX_CODE),
    };
    let bands = usize::from(mask.bands).max(1);
    let (pixels, alpha) = (mask.pixels() as usize, mask.has_alpha());
    (0..pixels)
        .filter(|p| !alpha || mask.samples.number(p * bands + 1) > 0.0)
        .map(|p| mask.samples.number(p * bands))
        .find(|n| !fits(*n))
}

impl Facts {
    fn of(masks: &[&Raster]) -> Facts {
        let pixels: u64 = masks.iter().map(|m| m.pixels()).sum();
        let share = (MAX_PIXELS as f64 / pixels.max(1) as f64).min(1.0);
        let mut facts = Facts::default();
        for mask in masks {
            facts.add(mask, share);
        }
        facts
    }

    /// Takes in the middle rows of a mask, `share` of all.
    fn add(&mut self, mask: &Raster, share: f64) {
        let (width, height) = (mask.width as usize, mask.height as usize);
        let rows = ((height as f64 * share) as usize).clamp(1, height.max(1));
        let first = (height - rows.min(height)) / 2;
        let bands = usize::from(mask.bands).max(1);
        let mut numbers = vec![f32::NAN; width * rows];
        for (i, number) in numbers.iter_mut().enumerate() {
            let at = (first * width + i) * bands;
            if !mask.has_alpha() || mask.samples.number(at + 1) > 0.0 {
                *number = mask.samples.number(at);
            }
        }
        let mut one = MaskFacts::default();
        for row in numbers.chunks_exact(width.max(1)) {
            let mut last = f32::NAN;
            for n in row.iter().copied() {
                if n.is_nan() {
                    self.missing += 1;
                } else {
                    self.pixels += 1;
                    self.fractions |= n.fract() != 0.0;
                    self.neighbours += u64::from(!last.is_nan());
                    self.equal += u64::from(last == n);
                    // What no class can have is told of where it is.
                    if n >= 0.0 && (one.counts.len() < MAX_COUNTED || one.counts.contains_key(&n.to_bits())) {
                        *one.counts.entry((n + 0.0).to_bits()).or_default() += 1;
                    }
                }
                last = n;
            }
        }
        for (number, n) in &one.counts {
            if self.counts.len() < MAX_COUNTED || self.counts.contains_key(number) {
                *self.counts.entry(*number).or_default() += n;
            }
        }
        one.count_regions(&numbers, width);
        self.masks.push(one);
    }

    fn largest(&self) -> f32 {
        self.counts.keys().next_back().map_or(0.0, |bits| f32::from_bits(*bits))
    }

    /// What the numbers are, and the scale of levels.
    fn kind(&self) -> (NumberKind, Option<[f32; 2]>) {
        let largest = self.largest();
        if self.counts.len() <= 2 && largest > MAX_CODE {
            // 0 and all bits of a wider type.
            return (NumberKind::Levels, Some([0.0, largest]));
        }
        if self.fractions {
            let top = [1.0, 100.0, 255.0, 65535.0].into_iter().find(|top| largest <= *top);
            return (NumberKind::Probabilities, Some([0.0, top.unwrap_or(largest)]));
        }
        // Before objects: on smoothed edges a level can be as rare as an object's number.
        let levels = self.are_levels();
        if !levels && let Some(most) = self.objects() {
            return (NumberKind::Objects { most }, None);
        }
        let equal = self.equal as f64 / self.neighbours.max(1) as f64;
        let many = self.counts.len() > 256 && equal < SMOOTH;
        if largest <= 255.0 {
            // Of 8 bits it depends on colours in other masks too: `class_detect` looks.
            return (NumberKind::Levels, None);
        }
        if levels || many {
            let top = [1000.0, 10_000.0, MAX_CODE].into_iter().find(|top| largest <= *top);
            return (NumberKind::Levels, Some([0.0, top.unwrap_or(largest)]));
        }
        (NumberKind::Codes, None)
    }

    /// Whether numbers up to 65535 are black, white and what lies between: 8 bits widened by 257, or edges.
    fn are_levels(&self) -> bool {
        if self.largest() != MAX_CODE {
            return false;
        }
        let number = |bits: &u32| f32::from_bits(*bits);
        if self.counts.keys().all(|bits| number(bits) % 257.0 == 0.0) {
            return true;
        }
        let near = |bits: &u32| number(bits) < MAX_CODE / 16.0 || number(bits) > MAX_CODE * 15.0 / 16.0;
        let ends: u64 = self.counts.iter().filter(|(bits, _)| near(bits)).map(|(_, n)| n).sum();
        let low = self.counts.keys().next().is_some_and(|bits| number(bits) == 0.0);
        low && self.counts.len() > 64 && ends as f64 > AT_THE_ENDS * self.pixels as f64
    }

    /// Numbers of the mask that has most, if each is an object.
    fn objects(&self) -> Option<u32> {
        // The ground is 0, or declared to be no data.
        let background = self.counts.get(&0).copied().unwrap_or(0) + self.missing;
        let numbers = self.counts.keys().filter(|bits| **bits != 0).count();
        let pixels = self.pixels + self.missing;
        if numbers < FEW || (background as f64) < GROUND * pixels as f64 || background == 0 {
            return None;
        }
        let with = || self.masks.iter().filter(|m| m.numbers > 0);
        let (all, one_region) = with().fold((0, 0), |(n, one), m| (n + m.numbers, one + m.one_region));
        let share = (pixels - background) as f64 / pixels.max(1) as f64;
        // Mean over all masks; each has its pixels by its numbers.
        let size = share * self.masks.len() as f64 / all.max(1) as f64;
        let single = one_region as f64 >= ONE_REGION * all as f64;
        if !single || size > SMALL {
            return None;
        }
        // A few can be classes whose regions happen to be one each: then they do not count through.
        let counted = with().filter(|m| m.consecutive).count() * 5 >= with().count() * 4;
        let disjoint = all == numbers as u64 && with().count() > 1;
        if numbers < MANY && !counted && !disjoint {
            return None;
        }
        with().map(|m| m.numbers as u32).max()
    }
}

impl MaskFacts {
    /// Regions of equal numbers but 0, neighbours at corners included: a thin object stays one.
    fn count_regions(&mut self, numbers: &[f32], width: usize) {
        let height = numbers.len() / width.max(1);
        let mut seen = vec![false; numbers.len()];
        let mut regions: BTreeMap<u32, u64> = BTreeMap::new();
        let mut stack = Vec::new();
        for start in 0..numbers.len() {
            let n = numbers[start];
            if seen[start] || n.is_nan() || n <= 0.0 {
                continue;
            }
            if regions.len() < MAX_COUNTED || regions.contains_key(&n.to_bits()) {
                *regions.entry(n.to_bits()).or_default() += 1;
            }
            seen[start] = true;
            stack.push(start);
            while let Some(at) = stack.pop() {
                let (y, x) = (at / width, at % width);
                for ny in y.saturating_sub(1)..(y + 2).min(height) {
                    for nx in x.saturating_sub(1)..(x + 2).min(width) {
                        let next = ny * width + nx;
                        if !seen[next] && numbers[next] == n {
                            seen[next] = true;
                            stack.push(next);
                        }
                    }
                }
            }
        }
        self.numbers = regions.len() as u64;
        self.one_region = regions.values().filter(|n| **n == 1).count() as u64;
        let whole = regions.keys().map(|bits| f32::from_bits(*bits));
        self.consecutive = whole.zip(1..).all(|(n, i)| n == i as f32);
    }
}

#[cfg(test)]
#[path = "mask_numbers_tests.rs"]
mod tests;
