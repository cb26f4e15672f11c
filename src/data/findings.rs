//! What is wrong with a data set as a whole, before training: each finding with the pairs that show it, its numbers and
//! the one change that fixes it.

use std::collections::BTreeSet;

use super::classes;
use super::dataset::{Dataset, Pair};
use super::mask::MaskRule;
use super::pair_notes::{INVERTED_SHARE, Note};
use crate::values::FEW_PAIRS;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    EmptyMasks,
    FullMasks,
    /// All masks, `share` of whose pixels are foreground.
    Inverted {
        share: f64,
    },
    /// Single masks that are mostly foreground where the others are mostly background.
    SomeInverted,
    MaskIsImage,
    /// Pairs that show the same as an earlier one, or nearly so.
    Copies,
    TinyForeground {
        share: f64,
    },
    /// A class of several with few pixels.
    RareClass {
        class: usize,
        share: f64,
    },
    /// Pixels of the smallest and of the largest image.
    MixedSizes {
        smallest: u64,
        largest: u64,
    },
    MixedBands,
    MixedDepths,
    TooFewPairs {
        pairs: usize,
    },
    /// As few, but large enough to begin with: of `pixels` in all.
    FewScenes {
        pixels: u64,
    },
}

/// The change that fixes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fix {
    /// Leaves the finding's pairs out.
    Exclude,
    /// Labels the masks by this rule.
    Rule(MaskRule),
    /// Weighs rare pixels and adds Dice to the loss.
    Balance,
    /// Cuts tiles at native resolution, so that no image is stretched.
    Crop,
    /// Looks at brightness only.
    Grey,
    /// Turns, shifts and relights the few there are.
    Augment,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub cause: Cause,
    /// The pairs that show it; the first is the picture.
    pub pairs: Vec<usize>,
    pub fix: Fix,
}

/// Foreground below this share is easily ignored.
const TINY_SHARE: f64 = 0.01;
/// A class below this share of the labelled pixels is.
const RARE_SHARE: f64 = 0.005;
/// A mask above the first while most are below the second is probably inverted.
const ODD_ONE: (f64, f64) = (0.7, 0.3);
/// Images whose pixels differ by more than this factor.
const SIZE_FACTOR: u64 = 4;
/// Pixels of a single image from which on a part of it can be held back, and enough is left to begin with.
const ONE_SCENE_PX: u64 = 512 * 512;
/// Pixels in all from which on two or three images are no small set.
const FEW_SCENES_PX: u64 = 2 << 20;
/// Images compared with each other; the work grows with the square.
const MAX_COMPARED: usize = 1500;

/// Looks at all usable pairs; the most harmful findings come first.
pub fn examine(data: &Dataset) -> Vec<Finding> {
    // What people paint is theirs to finish.
    let of_files = |pair: &Pair| pair.is_usable() && !pair.is_only_painted();
    let usable: Vec<(usize, &Pair)> = data.pairs.iter().enumerate().filter(|(_, p)| of_files(p)).collect();
    let mut found = Vec::new();
    let mut say = |cause, pairs: Vec<usize>, fix| {
        if !pairs.is_empty() {
            found.push(Finding { cause, pairs, fix });
        }
    };
    let with = |note: Note| -> Vec<usize> {
        let these = usable.iter().filter(|(_, p)| p.notes.contains(&note));
        these.map(|(i, _)| *i).collect()
    };
    let all = || usable.iter().map(|(i, _)| *i).collect::<Vec<_>>();

    say(Cause::MaskIsImage, with(Note::MaskEqualsImage), Fix::Exclude);
    let binary = data.labelling.legend().is_none();
    let (empty, full, share) = (with(Note::EmptyMask), with(Note::FullMask), data.foreground_share());
    let inverted = binary && share > INVERTED_SHARE;
    // The rule is at fault, not the masks, where it is not the one the masks suggest and none or all is left.
    let wrong_rule =
        binary && data.rule != data.suggested_rule && (empty.len() == usable.len() || full.len() == usable.len());
    let rule_or_exclude = if wrong_rule {
        Fix::Rule(data.suggested_rule)
    } else {
        Fix::Exclude
    };
    say(Cause::EmptyMasks, empty.clone(), rule_or_exclude);
    if inverted {
        let fix = if wrong_rule {
            rule_or_exclude
        } else {
            Fix::Rule(turned(data.rule))
        };
        say(Cause::Inverted { share }, all(), fix);
    } else {
        say(Cause::FullMasks, full.clone(), rule_or_exclude);
        if binary {
            say(Cause::SomeInverted, odd_ones(&usable), Fix::Exclude);
        }
    }
    say(Cause::Copies, copies(&usable), Fix::Exclude);
    if binary && share > 0.0 && share < TINY_SHARE {
        let some = usable.iter().filter(|(_, p)| p.foreground_share > 0.0);
        say(
            Cause::TinyForeground { share },
            some.map(|(i, _)| *i).collect(),
            Fix::Balance,
        );
    }
    for (class, share, pairs) in rare_classes(data, &usable) {
        say(Cause::RareClass { class, share }, pairs, Fix::Balance);
    }
    let (minority, mixed) = minority(&usable, |p| if p.image.bands < 3 { 1 } else { 3 });
    if mixed {
        say(Cause::MixedBands, minority, Fix::Grey);
    }
    let (minority, mixed) = self::minority(&usable, |p| u64::from(p.image.source_bits > 8));
    if mixed {
        say(Cause::MixedDepths, minority, Fix::Exclude);
    }
    let pixels = |p: &Pair| p.image.pixels();
    if let (Some(small), Some(large)) = (
        usable.iter().min_by_key(|(_, p)| pixels(p)),
        usable.iter().max_by_key(|(_, p)| pixels(p)),
    ) && pixels(large.1) > SIZE_FACTOR * pixels(small.1)
    {
        let cause = Cause::MixedSizes {
            smallest: pixels(small.1),
            largest: pixels(large.1),
        };
        say(cause, vec![small.0, large.0], Fix::Crop);
    }
    if usable.len() < FEW_PAIRS {
        let all_pixels = usable.iter().map(|(_, p)| pixels(p)).sum();
        let enough = if usable.len() == 1 { ONE_SCENE_PX } else { FEW_SCENES_PX };
        let cause = match all_pixels >= enough {
            true => Cause::FewScenes { pixels: all_pixels },
            false => Cause::TooFewPairs { pairs: usable.len() },
        };
        say(cause, all(), Fix::Augment);
    }
    found
}

/// The rule with foreground and background changed over.
pub fn turned(rule: MaskRule) -> MaskRule {
    match rule {
        MaskRule::Threshold { at, invert } => MaskRule::Threshold { at, invert: !invert },
        MaskRule::NotBlack { invert } => MaskRule::NotBlack { invert: !invert },
        MaskRule::Colour { value, invert } => MaskRule::Colour { value, invert: !invert },
    }
}

/// Masks that are mostly foreground where most are mostly background.
fn odd_ones(usable: &[(usize, &Pair)]) -> Vec<usize> {
    let mut shares: Vec<f64> = usable.iter().map(|(_, p)| p.foreground_share).collect();
    shares.sort_by(f64::total_cmp);
    let median = shares.get(shares.len() / 2).copied().unwrap_or(0.0);
    if usable.len() < FEW_PAIRS || median >= ODD_ONE.1 {
        return Vec::new();
    }
    let odd = usable
        .iter()
        .filter(|(_, p)| p.foreground_share > ODD_ONE.0 && p.foreground_share < 1.0);
    odd.map(|(i, _)| *i).collect()
}

/// Pairs whose image shows what that of an earlier one does.
fn copies(usable: &[(usize, &Pair)]) -> Vec<usize> {
    let copy = |at: usize, (_, p): &(usize, &Pair)| {
        let shape = |p: &Pair| u64::from(p.image.width) * 1000 / u64::from(p.image.height.max(1));
        // What is left out already is no reason to leave out its copy.
        let used = |pair: usize| usable.binary_search_by_key(&pair, |(i, _)| *i).is_ok();
        let exact = p
            .notes
            .iter()
            .any(|n| matches!(n, Note::DuplicateOf { pair } if used(*pair as usize)));
        exact
            || at < MAX_COMPARED
                && usable[..at]
                    .iter()
                    .any(|(_, q)| shape(p).abs_diff(shape(q)) <= 10 && p.thumbprint.resembles(&q.thumbprint))
    };
    let found = usable.iter().enumerate().filter(|(at, pair)| copy(*at, pair));
    found.map(|(_, (i, _))| *i).collect()
}

/// Classes with few pixels: number, share of the labelled pixels, pairs that have them.
fn rare_classes(data: &Dataset, usable: &[(usize, &Pair)]) -> Vec<(usize, f64, Vec<usize>)> {
    let n = data.classes().len();
    let counts: Vec<(usize, Vec<u64>)> = usable
        .iter()
        .map(|(i, p)| (*i, classes::counts(&p.labels, n)))
        .collect();
    let labelled: u64 = counts.iter().flat_map(|(_, c)| &c[..n]).sum();
    let rare = (0..n).filter_map(|class| {
        let sum: u64 = counts.iter().map(|(_, c)| c[class]).sum();
        let share = sum as f64 / labelled.max(1) as f64;
        let mut pairs: Vec<&(usize, Vec<u64>)> = counts.iter().filter(|(_, c)| c[class] > 0).collect();
        pairs.sort_by_key(|(i, c)| (std::cmp::Reverse(c[class]), *i));
        (share < RARE_SHARE && sum > 0).then(|| (class, share, pairs.iter().map(|(i, _)| *i).collect()))
    });
    rare.collect()
}

/// The pairs of all kinds but the most frequent one, and whether there are several.
fn minority(usable: &[(usize, &Pair)], kind: impl Fn(&Pair) -> u64) -> (Vec<usize>, bool) {
    let kinds: BTreeSet<u64> = usable.iter().map(|(_, p)| kind(p)).collect();
    let count = |k: u64| usable.iter().filter(|(_, p)| kind(p) == k).count();
    let main = kinds.iter().copied().max_by_key(|k| count(*k));
    let others = usable.iter().filter(|(_, p)| Some(kind(p)) != main);
    (others.map(|(i, _)| *i).collect(), kinds.len() > 1)
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
