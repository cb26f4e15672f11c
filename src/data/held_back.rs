//! A part of one image held back for validation, where there is no other image to hold back.
//!
//! The part is a strip across the whole image, or a block in a corner of it. Between it and what is trained on lies a gap,
//! so that nothing a prediction in the part sees was trained on, and no object reaches from one side to the other.

use serde::{Deserialize, Serialize};

pub use super::area::Area;
use super::{
    classes::UNLABELLED,
    dataset::Dataset,
    draw::{Draw, Stream},
    likeness::Likeness,
};

/// A strip narrower than this says little, pixels.
const MIN_STRIP_PX: u32 = 64;
/// Sides of a training tile that an image is long at least where it is cut: else too little of it is left.
const MIN_TILES: f64 = 2.5;
/// Positions tried along an axis at most.
const MAX_POSITIONS: usize = 8;
/// Parts this far from the whole image ([`Likeness::difference`]) are as good as each other: a tenth more, or less.
const ALIKE: f64 = 0.1;
/// What a strip costs that has a gap on both sides, on the same scale.
const INSIDE: f64 = 0.15;
/// Heights of blocks in corners, as powers of the share: lying, square, standing.
const HEIGHTS: [f64; 3] = [0.75, 0.5, 0.25];
/// Labelled pixels of a block as parts of those wanted, at least and at most.
const ENOUGH: [f64; 2] = [0.8, 1.25];
/// Pixels of the mask that are looked at.
const MAX_SAMPLED: f64 = 1e6;

/// A part of an image that is held back, and the parts that are trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    pub pair: usize,
    /// Measured and never trained on.
    pub area: Area,
    /// Pixels between the area and what is trained on. Neither trained on nor measured: predictions see them.
    pub gap_px: u32,
    /// The parts that tiles are cut from, the larger first; the second may be empty.
    pub train: [Area; 2],
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Of the labelled pixels, above 0 and below 1.
    pub share: f64,
    /// Side of a training tile.
    pub tile_px: usize,
    pub gap_px: usize,
    pub seed: u32,
}

impl HeldBack {
    /// A strip, or a block in a corner, that is like the whole image: it holds the classes in about that proportion,
    /// and as much ground that could be taken for them. Along an edge a village has fewer roads than in its middle, and
    /// a figure from there promises too much. Which of those is drawn by the seed, and one along an edge
    /// rather than one inside, since that has one gap. `None` if the image is too small.
    pub fn choose(data: &Dataset, pair: usize, wanted: &Wanted) -> Option<Self> {
        let (image, labels) = (data.image(pair)?, data.mask_labels(pair)?);
        let size = [image.height, image.width];
        let shares = wanted.share > 0.0 && wanted.share < 1.0;
        if !shares || labels.len() as u64 != image.pixels() {
            return None;
        }
        let classes = data.classes().len().max(2);
        let every = ((image.pixels() as f64 / MAX_SAMPLED).sqrt().ceil() as usize).max(1);
        let likeness = Likeness::new(image, labels, classes);
        let long = |length: u32| f64::from(length) >= MIN_TILES * wanted.tile_px as f64;
        let mut found: Vec<(f64, Self)> = Vec::new();
        for across in [true, false] {
            let length = if across { size[1] } else { size[0] };
            if !long(length) {
                continue;
            }
            for [from, to] in Counts::new(labels, size, classes, across, every).strips(wanted.share, length) {
                let cost = if from > 0 && to < length { INSIDE } else { 0.0 };
                let cut = Self::cut(pair, size, across, [from, to], wanted);
                found.extend(cut.map(|cut| (likeness.difference(&cut.area) + cost, cut)));
            }
        }
        if size.into_iter().all(long) {
            let enough = ENOUGH.map(|part| part * wanted.share);
            let holds_enough = |cut: &Self| (enough[0]..=enough[1]).contains(&likeness.labelled_share(&cut.area));
            let blocks = Self::blocks(pair, size, wanted).into_iter().filter(holds_enough);
            found.extend(blocks.map(|cut| (likeness.difference(&cut.area), cut)));
        }
        let alike: Vec<Self> = found.iter().filter(|(d, _)| *d <= ALIKE).map(|(_, cut)| *cut).collect();
        let drawn = Draw::new(wanted.seed, Stream::Split, 1, pair as u64).below(alike.len());
        let best = found
            .iter()
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, cut)| *cut);
        alike.get(drawn).copied().or(best)
    }

    /// Blocks of the share wanted in each corner of an image of `[height, width]`.
    fn blocks(pair: usize, size: [u32; 2], wanted: &Wanted) -> Vec<Self> {
        let gap_px = wanted.gap_px as u32;
        let mut blocks = Vec::new();
        for power in HEIGHTS {
            let shares = [wanted.share.powf(power), wanted.share.powf(1.0 - power)];
            let [height, width] = [0, 1].map(|axis| (f64::from(size[axis]) * shares[axis]).round() as u32);
            for (bottom, right) in [(false, false), (false, true), (true, false), (true, true)] {
                // From the block's end, or up to its start: rows (or columns) kept, given those of the block.
                let own = |far: bool, of: u32, all: u32| if far { [all - of, all] } else { [0, of] };
                let beyond = |far: bool, of: u32, all: u32| {
                    let kept = all.saturating_sub(of.saturating_add(gap_px));
                    if far { [0, kept] } else { [all - kept, all] }
                };
                // The other way round: what lies beside that.
                let beside = |far: bool, of: u32, all: u32| {
                    let [from, to] = beyond(far, of, all);
                    if far { [to, all] } else { [0, from] }
                };
                let area = |[top, bottom]: [u32; 2], [left, right]: [u32; 2]| Area {
                    top,
                    left,
                    height: bottom - top,
                    width: right - left,
                };
                let (rows, columns) = ((bottom, height, size[0]), (right, width, size[1]));
                let at = |f: &dyn Fn(bool, u32, u32) -> [u32; 2], (far, of, all): (bool, u32, u32)| f(far, of, all);
                // Cut on along the block's side or along its top: with the larger rectangle more tiles fit.
                let ways = [
                    [
                        area([0, size[0]], at(&beyond, columns)),
                        area(at(&beyond, rows), at(&beside, columns)),
                    ],
                    [
                        area(at(&beyond, rows), [0, size[1]]),
                        area(at(&beside, rows), at(&beyond, columns)),
                    ],
                ];
                let train = match ways[0][0].pixels() >= ways[1][0].pixels() {
                    true => ways[0],
                    false => ways[1],
                };
                blocks.extend(Self::with(
                    pair,
                    area(at(&own, rows), at(&own, columns)),
                    train,
                    size,
                    wanted,
                ));
            }
        }
        blocks
    }

    /// The strip of these columns (or rows), if enough is left to train on.
    fn cut(
        pair: usize,
        [height, width]: [u32; 2],
        across: bool,
        [from, to]: [u32; 2],
        wanted: &Wanted,
    ) -> Option<Self> {
        let strip = |[from, to]: [u32; 2]| match across {
            true => Area {
                left: from,
                width: to.saturating_sub(from),
                ..Area::whole(height, width)
            },
            false => Area {
                top: from,
                height: to.saturating_sub(from),
                ..Area::whole(height, width)
            },
        };
        let (length, gap_px) = (if across { width } else { height }, wanted.gap_px as u32);
        let sides = [
            [0, from.saturating_sub(gap_px)],
            [to.saturating_add(gap_px).min(length), length],
        ];
        Self::with(pair, strip([from, to]), sides.map(strip), [height, width], wanted)
    }

    /// The area with those of `train` that tiles fit in, if it and they are enough.
    fn with(pair: usize, area: Area, train: [Area; 2], [height, width]: [u32; 2], wanted: &Wanted) -> Option<Self> {
        let fits = |area: &Area| area.height.min(area.width) as usize >= wanted.tile_px;
        let mut train = train.map(|area| if fits(&area) { area } else { Area::default() });
        train.sort_by_key(|area| std::cmp::Reverse(area.pixels()));
        let left = train.iter().map(Area::pixels).sum::<u64>();
        let all = u64::from(height) * u64::from(width);
        // Half of what is not held back at least.
        let enough = left > 0 && 2 * left >= all.saturating_sub(area.pixels());
        (area.height.min(area.width) >= MIN_STRIP_PX && enough).then_some(Self {
            pair,
            area,
            gap_px: wanted.gap_px as u32,
            train,
        })
    }

    /// Whether the areas lie in the image and apart: what is read from a file may be anything.
    pub fn fits(&self, data: &Dataset) -> bool {
        let Some(image) = data.image(self.pair) else {
            return false;
        };
        let whole = Area::whole(image.height, image.width);
        let inside = self.train.iter().all(|area| area.is_empty() || area.is_inside(&whole));
        let apart = !self.train.iter().any(|area| area.meets(&self.area));
        !self.area.is_empty() && !self.train[0].is_empty() && self.area.is_inside(&whole) && inside && apart
    }

    /// Pixels that are trained on.
    pub fn train_pixels(&self) -> u64 {
        self.train.iter().map(Area::pixels).sum()
    }

    /// The part that a tile is cut from, by its pixels.
    pub fn part(&self, draw: &mut Draw) -> Area {
        let [first, second] = self.train;
        if second.is_empty() || (draw.below(self.train_pixels() as usize) as u64) < first.pixels() {
            first
        } else {
            second
        }
    }

    /// Labels of the held part at their places; all others are unknown.
    pub fn only_held(&self, labels: &[u8], width: usize) -> Vec<u8> {
        let mut out = vec![UNLABELLED; labels.len()];
        let [bottom, right] = self.area.end();
        for y in u64::from(self.area.top)..bottom {
            let from = y as usize * width;
            let row = from + self.area.left as usize..from + right as usize;
            if let (Some(to), Some(labels)) = (out.get_mut(row.clone()), labels.get(row)) {
                to.copy_from_slice(labels);
            }
        }
        out
    }

    /// Labels of the parts that are trained on.
    pub fn train_labels(&self, labels: &[u8], width: usize) -> Vec<u8> {
        self.train.iter().flat_map(|area| area.cut(labels, width)).collect()
    }
}

/// Labelled pixels of each class, by column (or row).
struct Counts {
    classes: usize,
    /// Columns (or rows) from one to the next.
    every: usize,
    /// `[line, class]`
    lines: Vec<u64>,
}

impl Counts {
    fn new(labels: &[u8], [height, width]: [u32; 2], classes: usize, across: bool, every: usize) -> Self {
        let (height, width) = (height as usize, width as usize);
        let length = if across { width } else { height };
        let mut lines = vec![0; length.div_ceil(every) * classes];
        for y in (0..height).step_by(every) {
            for x in (0..width).step_by(every) {
                let label = labels.get(y * width + x).copied().unwrap_or(UNLABELLED) as usize;
                let line = if across { x } else { y } / every;
                if label < classes
                    && let Some(count) = lines.get_mut(line * classes + label)
                {
                    *count += 1;
                }
            }
        }
        Self { classes, every, lines }
    }

    /// Strips that hold this share of the labelled pixels each, from one edge to the other: where images have a
    /// border of nothing, that counts for nothing.
    fn strips(&self, share: f64, length: u32) -> Vec<[u32; 2]> {
        let sums: Vec<u64> = self.lines.chunks(self.classes).map(|line| line.iter().sum()).collect();
        let all = sums.iter().sum::<u64>() as f64;
        let positions = ((1.0 / share) as usize).clamp(2, MAX_POSITIONS);
        let reach = |part: f64| {
            let mut sum = 0.0;
            let line = sums.iter().position(|n| {
                sum += *n as f64;
                sum >= part * all
            });
            // Behind the line that reaches it.
            ((line.unwrap_or(sums.len()) + 1) * self.every).min(length as usize) as u32
        };
        let strip = |position: usize| {
            let start = (1.0 - share) * position as f64 / (positions - 1) as f64;
            let from = if position == 0 { 0 } else { reach(start) };
            [
                from,
                if position + 1 == positions {
                    length
                } else {
                    reach(start + share)
                },
            ]
        };
        (0..positions).map(strip).collect()
    }
}

#[cfg(test)]
#[path = "held_back_tests.rs"]
mod tests;
