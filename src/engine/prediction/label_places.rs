//! Places of images where a label would help most, by what a network thinks of them.

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
/// What a place loses that looks like one already chosen, on the scale of its score.
const LIKENESS_COST: f64 = 0.5;
/// Distance of two places' looks at which they count as different.
const APPEARANCE_DISTANCE: f64 = 0.15;

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
    /// The square it lies in, by its number.
    square: usize,
    path: &'a str,
    area: Area,
    score: f64,
    /// Mean colour and mean of the map.
    appearance: [f64; 4],
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

/// Squares that fill an image, as far as whole ones do; all of a smaller image.
pub(super) fn places(image: &Raster, side: u32) -> Vec<Area> {
    let starts = |n: u32| {
        let count = (n / side).max(1);
        let room = n.saturating_sub(side);
        (0..count).map(move |i| if count == 1 { room / 2 } else { room / (count - 1) * i })
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
    let part = area.cut(values, width as usize);
    part.iter().sum::<f64>() / part.len().max(1) as f64
}

impl<'a> Square<'a> {
    /// An area of an image with its labels; `None` if enough of it is labelled.
    pub(super) fn new(path: &'a str, image: Raster, area: Area, labels: Vec<u8>) -> Option<Self> {
        let is_open = !is_done(&labels);
        is_open.then_some(Self {
            path,
            image,
            area,
            labels,
        })
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

    /// What a candidate is of.
    pub(super) fn part(&self, candidate: &Candidate) -> Self {
        let area = candidate.area;
        let labels = self.within(area).cut(&self.labels, self.area.width as usize);
        Self {
            path: self.path,
            image: self.image.clone(),
            area,
            labels,
        }
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
    pub(super) fn unseen(&self, number: usize) -> Candidate<'a> {
        Candidate {
            square: number,
            path: self.path,
            area: self.area,
            score: 0.0,
            appearance: [0.0; 4],
        }
    }

    /// The places in it of which the network is the least sure, none over another.
    pub(super) fn places(&self, number: usize, seen: &Seen, side: u32) -> Vec<Candidate<'a>> {
        let step = side / 4;
        let starts = |first: u32, n: u32| {
            (0..=n.saturating_sub(side))
                .step_by(step.max(1) as usize)
                .map(move |at| first + at)
        };
        let mut all: Vec<(f64, Area)> = Vec::new();
        for top in starts(self.area.top, self.area.height) {
            for left in starts(self.area.left, self.area.width) {
                let (height, width) = (side.min(self.area.height), side.min(self.area.width));
                let area = Area {
                    top,
                    left,
                    height,
                    width,
                };
                let own = self.within(area);
                if !is_done(&own.cut(&self.labels, self.area.width as usize)) {
                    all.push((mean(&seen.unsure, self.area.width, own), area));
                }
            }
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut out: Vec<Candidate> = Vec::new();
        for (_, area) in all {
            if out.len() < OF_A_SQUARE && !out.iter().any(|other| other.area.meets(&area)) {
                out.push(self.candidate(number, seen, area));
            }
        }
        out
    }

    /// All of it as a place.
    pub(super) fn whole(&self, number: usize, seen: &Seen) -> Candidate<'a> {
        self.candidate(number, seen, self.area)
    }

    fn candidate(&self, number: usize, seen: &Seen, area: Area) -> Candidate<'a> {
        let own = self.within(area);
        let mut colour = [0.0; 3];
        let step = (area.width / 16).max(1) as usize;
        let mut count = 0.0f64;
        for y in (area.top..area.end()[0] as u32).step_by(step) {
            for x in (area.left..area.end()[1] as u32).step_by(step) {
                let [r, g, b, _] = self.image.rgba8_at(x, y);
                for (sum, value) in colour.iter_mut().zip([r, g, b]) {
                    *sum += f64::from(value) / 255.0;
                }
                count += 1.0;
            }
        }
        let [r, g, b] = colour.map(|sum| sum / count.max(1.0));
        Candidate {
            square: number,
            path: self.path,
            area,
            score: mean(&seen.unsure, self.area.width, own),
            appearance: [r, g, b, mean(&seen.answer, self.area.width, own)],
        }
    }
}

impl Candidate<'_> {
    /// Number of the square that it lies in.
    pub(super) fn square(&self) -> usize {
        self.square
    }

    /// How unsure the network is, 0 to 1.
    pub(super) fn score(&self) -> f64 {
        self.score
    }

    fn likeness(&self, other: &Self) -> f64 {
        let squares = self
            .appearance
            .iter()
            .zip(&other.appearance)
            .map(|(a, b)| (a - b) * (a - b));
        let distance = squares.sum::<f64>().sqrt();
        (1.0 - distance / APPEARANCE_DISTANCE).max(0.0)
    }

    fn is_near(&self, other: &Self) -> bool {
        let around = self.area.width.max(self.area.height) / 2;
        self.path == other.path
            && self
                .area
                .grown(around, &Area::whole(u32::MAX, u32::MAX))
                .meets(&other.area)
    }
}

/// The best places, one after the other: each is weighed against those that were chosen before.
pub(super) fn chosen(mut candidates: Vec<Candidate>, count: usize, of_an_image: usize) -> Vec<LabelPlace> {
    let mut taken: Vec<Candidate> = Vec::new();
    while taken.len() < count {
        let worth = |one: &Candidate| {
            let alike = taken.iter().map(|other| one.likeness(other)).fold(0.0, f64::max);
            one.score * (1.0 - LIKENESS_COST * alike)
        };
        candidates.retain(|one| {
            let of_image = taken.iter().filter(|other| other.path == one.path).count();
            of_image < of_an_image && !taken.iter().any(|other| one.is_near(other))
        });
        let mut best: Option<(usize, f64)> = None;
        for (at, one) in candidates.iter().enumerate() {
            let own = worth(one);
            // Those that come first win among equals.
            if best.is_none_or(|(_, worth)| own > worth) {
                best = Some((at, own));
            }
        }
        let Some((at, _)) = best else { break };
        taken.push(candidates.remove(at));
    }
    let place = |one: Candidate| LabelPlace {
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
        Square::new("a.png", image, Area::whole(SIDE, SIDE), labels).expect("it is open")
    }

    /// Sure but for two squares of 32 pixels, at the lower left and the upper right.
    fn map() -> Vec<f32> {
        let is_unsure = |x, y| (x < 32 && y >= 96) || (x >= 96 && y < 32);
        let at = |at: u32| if is_unsure(at % SIDE, at / SIDE) { 0.4 } else { 0.001 };
        (0..SIDE * SIDE).map(at).collect()
    }

    fn best(square: &Square) -> Area {
        let places = square.places(0, &Seen::new(square, &map(), 1), 32);
        let scores: Vec<f64> = places.iter().map(Candidate::score).collect();
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
    fn a_square_of_which_enough_is_labelled_is_none() {
        let image = || Raster::from_u8(10, 10, 1, vec![9; 100]).expect("an image");
        let of = |count: usize| {
            let labels = (0..100).map(|at| if at < count { 0 } else { UNLABELLED }).collect();
            Square::new("a.png", image(), Area::whole(10, 10), labels)
        };
        assert!(of(20).is_some() && of(21).is_none());
    }

    #[test]
    fn places_are_chosen_apart_and_unlike_each_other() {
        let candidate = |top, score, grey| Candidate {
            square: 0,
            path: "a.png",
            area: Area {
                top,
                left: 0,
                height: 32,
                width: 32,
            },
            score,
            appearance: [grey, grey, grey, 0.5],
        };
        let all = vec![
            candidate(0, 0.9, 0.2),
            candidate(40, 0.8, 0.9),
            candidate(100, 0.7, 0.2),
            candidate(200, 0.5, 0.6),
        ];
        let tops = chosen(all, 2, 9).iter().map(|place| place.top).collect::<Vec<_>>();
        // The second is beside the first, the third looks like it.
        assert_eq!(tops, [0, 200]);
    }
}
