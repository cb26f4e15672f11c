//! Places of images where a label would help most, by what a network thinks of them.

use std::cmp::Ordering;

use crate::{
    data::{classes::UNLABELLED, held_back::Area},
    formats::raster::Raster,
    protocol::LabelPlace,
};

/// Places of a square that are kept of it.
const OF_A_SQUARE: usize = 4;
/// Labels say something of what lies in their cell of so many pixels, ...
const CELL_PX: u32 = 32;
/// ... where what the network is unsure of counts so much.
const CELL_WEIGHT: f64 = 0.3;
/// A place of which more is labelled is done.
const DONE_SHARE: f64 = 0.2;
/// Places are chosen among this share of them, the most unsure; among the others where those are not enough.
const UNSURE_SHARE: f64 = 0.5;
/// What a place looks like: mean colour, spread and grain of its brightness, mean and spread of the network's answer.
const LOOKS: usize = 7;
/// How far looks are from each other that say little of each other, in standard deviations over all places.
const LIKENESS_REACH: f64 = 1.5;

/// A part of an image that is looked at.
pub(super) struct Square<'a> {
    path: &'a str,
    image: Raster,
    area: Area,
    /// A byte a pixel, row by row.
    labels: Vec<u8>,
}

/// A place that could be labelled.
pub(super) struct Candidate<'a> {
    path: &'a str,
    area: Area,
    score: f64,
    looks: [f64; LOOKS],
}

/// What pixels count by the labels that are there, row by row.
fn weights(labels: &[u8], width: u32) -> Vec<f64> {
    let across = width.div_ceil(CELL_PX).max(1) as usize;
    let (width, side) = (width.max(1) as usize, CELL_PX as usize);
    let cell = |at: usize| at / width / side * across + at % width / side;
    let mut has_label = vec![false; across * (labels.len() / width).div_ceil(side)];
    for (at, _) in labels.iter().enumerate().filter(|(_, label)| **label != UNLABELLED) {
        if let Some(has_label) = has_label.get_mut(cell(at)) {
            *has_label = true;
        }
    }
    let weight = |(at, label): (usize, &u8)| match has_label.get(cell(at)) {
        _ if *label != UNLABELLED => 0.0,
        Some(true) => CELL_WEIGHT,
        _ => 1.0,
    };
    labels.iter().enumerate().map(weight).collect()
}

/// Whether enough of a place is labelled.
fn is_done(labels: &[u8]) -> bool {
    let labelled = labels.iter().filter(|label| **label != UNLABELLED).count();
    labelled as f64 > DONE_SHARE * labels.len() as f64
}

/// Squares that cover an image, the last ones over their neighbours where the sides are no multiple; all of a smaller image.
pub(super) fn places(image: &Raster, side: u32) -> Vec<Area> {
    let starts = |n: u32| {
        let count = n.div_ceil(side).max(1);
        let room = u64::from(n.saturating_sub(side));
        (0..count).map(move |i| (room * u64::from(i) / u64::from(count - 1).max(1)) as u32)
    };
    let at = |top: u32, left: u32| Area {
        top,
        left,
        height: side.min(image.height),
        width: side.min(image.width),
    };
    starts(image.height)
        .flat_map(|top| starts(image.width).map(move |left| at(top, left)))
        .collect()
}

/// What a network thinks of the pixels of a square.
pub(super) struct Seen {
    /// Entropy by the pixel's weight.
    unsure: Vec<f64>,
    /// Its answer, 0 to 1.
    answer: Vec<f64>,
}

impl Seen {
    /// `map`: a value a pixel of the square, or one for each of several classes.
    pub(super) fn new(square: &Square, map: &[f32], classes: usize) -> Self {
        let weights = weights(&square.labels, square.area.width);
        let values = || map.chunks_exact(classes.max(1));
        let most = if classes == 1 { 255.0 } else { classes as f64 };
        Self {
            unsure: values().zip(&weights).map(|(p, weight)| weight * entropy(p)).collect(),
            answer: values().map(|p| f64::from(as_byte(p)) / most).collect(),
        }
    }
}

/// Mean of an area of rows of `width` values; 0 of none.
fn mean(values: &[f64], width: u32, area: Area) -> f64 {
    mean_and_spread(&area.cut(values, width as usize))[0]
}

/// Mean and standard deviation; 0 of none.
fn mean_and_spread(values: &[f64]) -> [f64; 2] {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    [mean, (squares.sum::<f64>() / count).sqrt()]
}

impl<'a> Square<'a> {
    /// An area of an image with its labels.
    pub(super) fn new(path: &'a str, image: Raster, area: Area, labels: Vec<u8>) -> Self {
        Self {
            path,
            image,
            area,
            labels,
        }
    }

    /// Whether a place of this side is left in it of which not enough is labelled.
    pub(super) fn is_open(&self, side: u32) -> bool {
        self.windows(side).any(|area| self.is_place(area))
    }

    fn is_place(&self, area: Area) -> bool {
        !is_done(&self.within(area).cut(&self.labels, self.area.width as usize))
    }

    /// Squares of this side in it, a quarter of it apart; all of a smaller one.
    fn windows(&self, side: u32) -> impl Iterator<Item = Area> {
        let whole = self.area;
        let starts = move |first: u32, n: u32| {
            (0..=n.saturating_sub(side))
                .step_by((side / 4).max(1) as usize)
                .map(move |at| first + at)
        };
        let at = move |top, left| Area {
            top,
            left,
            height: side.min(whole.height),
            width: side.min(whole.width),
        };
        starts(whole.top, whole.height)
            .flat_map(move |top| starts(whole.left, whole.width).map(move |left| at(top, left)))
    }

    /// Path of the image.
    pub(super) fn path(&self) -> &'a str {
        self.path
    }

    pub(super) fn image(&self) -> &Raster {
        &self.image
    }

    /// What it is of the image.
    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// An area of the image as one of the square.
    fn within(&self, area: Area) -> Area {
        Area {
            top: area.top - self.area.top,
            left: area.left - self.area.left,
            ..area
        }
    }

    /// All of it, where nobody was asked.
    pub(super) fn unseen(&self) -> Candidate<'a> {
        Candidate {
            path: self.path,
            area: self.area,
            score: 0.0,
            looks: [0.0; LOOKS],
        }
    }

    /// The places in it of which the network is the least sure, none over another.
    pub(super) fn places(&self, seen: &Seen, side: u32) -> Vec<Candidate<'a>> {
        let open = self.windows(side).filter(|area| self.is_place(*area));
        let mut all: Vec<(f64, Area)> = open
            .map(|area| (mean(&seen.unsure, self.area.width, self.within(area)), area))
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut out: Vec<Candidate> = Vec::new();
        for (_, area) in all {
            if out.len() < OF_A_SQUARE && !out.iter().any(|other| other.area.meets(&area)) {
                out.push(self.candidate(seen, area));
            }
        }
        out
    }

    fn candidate(&self, seen: &Seen, area: Area) -> Candidate<'a> {
        let own = self.within(area);
        let answer = own.cut(&seen.answer, self.area.width as usize);
        let ([r, g, b, spread, grain], [mean_answer, answers]) = (self.picture(area), mean_and_spread(&answer));
        Candidate {
            path: self.path,
            area,
            score: mean(&seen.unsure, self.area.width, own),
            looks: [r, g, b, spread, grain, mean_answer, answers],
        }
    }

    /// Mean colour of an area, and spread and grain of its brightness, 0 to 1.
    fn picture(&self, area: Area) -> [f64; 5] {
        let step = (area.width / 64).max(1) as usize;
        let [bottom, right] = area.end().map(|end| (end as u32).saturating_sub(1));
        let rgb = |x: u32, y: u32| {
            let [r, g, b, _] = self.image.rgba8_at(x, y);
            [r, g, b].map(|value| f64::from(value) / 255.0)
        };
        let light = |[r, g, b]: [f64; 3]| (r + g + b) / 3.0;
        let (mut colour, mut lights, mut grain) = ([0.0; 3], Vec::new(), 0.0);
        for y in (area.top..bottom).step_by(step) {
            for x in (area.left..right).step_by(step) {
                let own = rgb(x, y);
                for (sum, value) in colour.iter_mut().zip(own) {
                    *sum += value;
                }
                let sides = [rgb(x + 1, y), rgb(x, y + 1)];
                grain += sides.map(|side| (light(own) - light(side)).abs()).iter().sum::<f64>();
                lights.push(light(own));
            }
        }
        let count = lights.len().max(1) as f64;
        let [r, g, b] = colour.map(|sum| sum / count);
        [r, g, b, mean_and_spread(&lights)[1], grain / count]
    }
}

impl Candidate<'_> {
    fn is_near(&self, other: &Self) -> bool {
        let around = self.area.width.max(self.area.height) / 2;
        self.path == other.path
            && self
                .area
                .grown(around, &Area::whole(u32::MAX, u32::MAX))
                .meets(&other.area)
    }
}

/// How much places say of each other, 0 to 1, row by row: by their looks, each in standard deviations over all of them.
fn likeness(candidates: &[Candidate]) -> Vec<f64> {
    let spreads: Vec<f64> = (0..LOOKS)
        .map(|of| mean_and_spread(&candidates.iter().map(|one| one.looks[of]).collect::<Vec<_>>())[1])
        .collect();
    let between = |a: &Candidate, b: &Candidate| {
        let looks = a.looks.iter().zip(&b.looks).zip(&spreads);
        let squares = looks.map(|((a, b), spread)| ((a - b) / spread.max(1e-6)).powi(2));
        (squares.sum::<f64>() / (-2.0 * LIKENESS_REACH * LIKENESS_REACH)).exp()
    };
    let rows = candidates.iter();
    rows.flat_map(|a| candidates.iter().map(move |b| between(a, b)))
        .collect()
}

/// The best places, one after the other: of which the network is unsure, and that stand for the most of what it is unsure of and
/// the ones before say nothing of (Yang et al. 2017, "Suggestive annotation": uncertainty first, then cover). What is like no
/// other place, as noise is, stands for little.
pub(super) fn chosen(candidates: &[Candidate], count: usize, of_an_image: usize) -> Vec<LabelPlace> {
    let alike = likeness(candidates);
    let mut scores: Vec<f64> = candidates.iter().map(|one| one.score).collect();
    scores.sort_by(f64::total_cmp);
    let rank = (scores.len() as f64 * UNSURE_SHARE) as usize;
    let least = scores.get(rank).copied().unwrap_or(0.0);
    // How much is known of each by those that were chosen.
    let mut known = vec![0.0f64; candidates.len()];
    let mut taken: Vec<&Candidate> = Vec::new();
    while taken.len() < count {
        let is_open = |one: &Candidate| {
            let of_image = taken.iter().filter(|other| other.path == one.path).count();
            of_image < of_an_image && !taken.iter().any(|other| one.is_near(other))
        };
        let rows = candidates.iter().zip(alike.chunks_exact(candidates.len().max(1)));
        let worth = rows.filter(|(one, _)| is_open(one)).map(|(one, row)| {
            let news = row.iter().zip(&known).map(|(alike, known)| (alike - known).max(0.0));
            let gain: f64 = news.zip(candidates).map(|(news, other)| news * other.score).sum();
            ((one.score >= least, gain, one.score), one, row)
        });
        // Those that come first win among equals.
        let best = worth.reduce(|best, other| {
            let order = other.0.0.cmp(&best.0.0);
            let order = order.then(other.0.1.total_cmp(&best.0.1));
            match order.then(other.0.2.total_cmp(&best.0.2)) {
                Ordering::Greater => other,
                _ => best,
            }
        });
        let Some((_, one, row)) = best else { break };
        for (known, alike) in known.iter_mut().zip(row) {
            *known = known.max(*alike);
        }
        taken.push(one);
    }
    let place = |one: &Candidate| LabelPlace {
        image: one.path.to_owned(),
        left: one.area.left,
        top: one.area.top,
        side_px: one.area.width.max(one.area.height),
        score: one.score,
    };
    taken.into_iter().map(place).collect()
}

/// How unsure an answer is: its entropy as a part of the largest, 0 to 1.
fn entropy(values: &[f32]) -> f64 {
    let of = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    match values {
        [p] => (of(f64::from(*p)) + of(1.0 - f64::from(*p))) / std::f64::consts::LN_2,
        _ => values.iter().map(|p| of(f64::from(*p))).sum::<f64>() / (values.len().max(2) as f64).ln(),
    }
}

/// A probability as 0 to 255, or the number of the likeliest class.
pub(super) fn as_byte(values: &[f32]) -> u8 {
    match values {
        [p] => (p * 255.0).round() as u8,
        _ => {
            let best =
                values.iter().enumerate().fold(
                    (0, f32::NEG_INFINITY),
                    |best, (class, p)| {
                        if *p > best.1 { (class, *p) } else { best }
                    },
                );
            best.0 as u8
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 128;

    fn square(labels: impl Fn(u32, u32) -> u8) -> Square<'static> {
        let image = Raster::from_u8(SIDE, SIDE, 1, vec![90; (SIDE * SIDE) as usize]).expect("an image");
        let labels = (0..SIDE * SIDE).map(|at| labels(at % SIDE, at / SIDE)).collect();
        Square::new("a.png", image, Area::whole(SIDE, SIDE), labels)
    }

    /// Sure but for two squares of 32 pixels, at the lower left and the upper right.
    fn map() -> Vec<f32> {
        let is_unsure = |x, y| (x < 32 && y >= 96) || (x >= 96 && y < 32);
        let at = |at: u32| if is_unsure(at % SIDE, at / SIDE) { 0.4 } else { 0.001 };
        (0..SIDE * SIDE).map(at).collect()
    }

    fn best(square: &Square) -> Area {
        let places = square.places(&Seen::new(square, &map(), 1), 32);
        let scores: Vec<f64> = places.iter().map(|place| place.score).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        places[0].area
    }

    #[test]
    fn a_place_is_cut_out_where_the_network_is_unsure_and_nothing_is_labelled() {
        let area = |top, left| Area {
            top,
            left,
            height: 32,
            width: 32,
        };
        assert_eq!(best(&square(|_, _| UNLABELLED)), area(0, 96));
        // One stroke says something of what is around it.
        let labelled = |x, y| {
            if (100..120).contains(&x) && y == 10 {
                1
            } else {
                UNLABELLED
            }
        };
        assert_eq!(best(&square(labelled)), area(96, 0));
    }

    #[test]
    fn a_square_is_open_as_long_as_a_place_in_it_is() {
        let image = || Raster::from_u8(10, 10, 1, vec![9; 100]).expect("an image");
        let of = |count: usize| {
            let labels = (0..100).map(|at| if at < count { 0 } else { UNLABELLED }).collect();
            Square::new("a.png", image(), Area::whole(10, 10), labels)
        };
        assert!(of(20).is_open(10) && !of(21).is_open(10));
        // Half of it is labelled, and the other half is as open as before.
        assert!(of(50).is_open(5) && !of(100).is_open(5));
    }

    #[test]
    fn squares_reach_every_pixel() {
        for (width, height) in [(500, 256), (257, 40), (1000, 511), (30, 30)] {
            let image = Raster::from_u8(width, height, 1, vec![0; (width * height) as usize]).expect("an image");
            let mut seen = vec![false; (width * height) as usize];
            for area in places(&image, 256) {
                for y in area.top..area.top + area.height {
                    let row = (y * width + area.left) as usize;
                    seen[row..row + area.width as usize].fill(true);
                }
            }
            assert!(seen.iter().all(|seen| *seen), "{width} x {height}");
        }
    }

    fn candidate(path: &'static str, top: u32, score: f64, grey: f64) -> Candidate<'static> {
        Candidate {
            path,
            area: Area {
                top,
                left: 0,
                height: 32,
                width: 32,
            },
            score,
            looks: [grey, grey, grey, 0.1, 0.1, 0.5, 0.2],
        }
    }

    fn tops(all: &[Candidate], count: usize, of_an_image: usize) -> Vec<u32> {
        chosen(all, count, of_an_image).iter().map(|place| place.top).collect()
    }

    #[test]
    fn places_are_chosen_apart_and_unlike_each_other() {
        let all = [
            candidate("a.png", 0, 0.9, 0.2),
            candidate("a.png", 40, 0.8, 0.9),
            candidate("a.png", 100, 0.8, 0.2),
            candidate("a.png", 200, 0.8, 0.6),
        ];
        // The second is beside the first, the third looks like it.
        assert_eq!(tops(&all, 2, 9), [0, 200]);
        // Those that are left come last.
        assert_eq!(tops(&all, 9, 9), [0, 200, 100]);
        assert_eq!(tops(&all, 9, 1), [0]);
        assert_eq!(tops(&[], 3, 1), [0; 0]);
    }

    #[test]
    fn what_stands_for_much_comes_before_what_is_like_nothing_else() {
        let alike = |at: u32| candidate("a.png", 100 * at, 0.7, 0.3 + 0.01 * f64::from(at));
        let all: Vec<_> = (0..5)
            .map(alike)
            .chain([
                candidate("b.png", 1000, 0.75, 0.95),
                candidate("c.png", 2000, 0.1, 0.32),
                candidate("d.png", 3000, 0.1, 0.33),
            ])
            .collect();
        // Of what one is sure of nothing is to be learnt, whatever it looks like; next comes the other kind.
        assert_eq!(tops(&all, 2, 9), [200, 1000]);
    }
}
