//! Pairs looked at one by one for the faults of map data, and what follows for the data set.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::part::{self, Part};
use super::shift::{ShiftEstimate, Surface};
use super::{MAX_PX, UNKNOWN, View};
use crate::data::classes::UNLABELLED;
use crate::data::dataset::{Dataset, Pair};
use crate::data::preprocess;
use crate::formats::raster::Raster;

/// Pairs that are examined; more would take long and say the same.
const MAX_PAIRS: usize = 200;
/// How far outlines are looked for, metres.
const REACH_M: f64 = 15.0;
/// The same in pixels of the view: bounds, and where the ground's scale is not known.
const REACH_PX: [f64; 2] = [12.0, 60.0];
const REACH_UNKNOWN_PX: f64 = 40.0;
/// Smaller shifts are not worth a word: shadows and leaning walls look the same. Metres, pixels, and pixels where the
/// ground's scale is not known.
const LEAST_M: f64 = 2.0;
const LEAST_PX: f64 = 4.0;
const LEAST_UNKNOWN_PX: f64 = 6.0;
/// One that finds itself within so many pixels of where it lies is right as it is.
const RIGHT_PX: f64 = 3.0;

/// What was found of one pair.
#[derive(Debug, Clone)]
struct Examined {
    image: Arc<Raster>,
    labels: Arc<Vec<u8>>,
    surface: Option<Surface>,
    estimate: Option<ShiftEstimate>,
    least_px: f64,
    /// Pixels of the image to one of the view.
    factor: f64,
    parts: Vec<Part>,
}

/// What is known of the pairs of a data set.
#[derive(Debug, Default)]
pub struct MapFaults {
    examined: BTreeMap<String, Examined>,
}

/// Outlines that lie better elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    pub pair: usize,
    /// To the right and down from where they are, pixels of the image.
    pub by_px: [i32; 2],
}

/// What was found; each list may be empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub moves: Vec<Move>,
    /// Parts without outlines that look as if there was something to outline.
    pub unmapped: Vec<(usize, Vec<Part>)>,
}

impl MapFaults {
    /// The next pair that was not examined yet, as it is now.
    pub fn next(&self, data: &Dataset) -> Option<usize> {
        let of_files = |pair: &Pair| pair.is_usable() && pair.layer.is_none();
        let usable = data.pairs.iter().enumerate().filter(|(_, pair)| of_files(pair));
        usable
            .take(MAX_PAIRS)
            .find(|(_, pair)| !self.knows(pair))
            .map(|(at, _)| at)
    }

    fn knows(&self, pair: &Pair) -> bool {
        let examined = self.examined.get(&pair.image_path);
        examined.is_some_and(|l| Arc::ptr_eq(&l.image, &pair.image) && Arc::ptr_eq(&l.labels, &pair.labels))
    }

    /// Looks at a pair: a tenth of a second for a large one. `pixel_m`: ground resolution of its image, where known.
    pub fn inspect(&mut self, pair: &Pair, pixel_m: Option<f64>) {
        // What people have moved is where they want it, and what they left out they know of.
        let is_new = pair.adjustment.shift_px == [0, 0];
        let view = view(pair).filter(|_| is_new);
        let factor = view
            .as_ref()
            .map_or(1.0, |v| f64::from(pair.image.width) / v.size()[0].max(1) as f64);
        let view_m = pixel_m.map(|m| m * factor).filter(|m| m.is_finite() && *m > 0.0);
        let reach = view_m.map_or(REACH_UNKNOWN_PX, |m| (REACH_M / m).clamp(REACH_PX[0], REACH_PX[1]));
        let least_px = view_m.map_or(LEAST_UNKNOWN_PX, |m| (LEAST_M / m).max(LEAST_PX));
        let surface = view.as_ref().and_then(|view| {
            let [w, h] = view.size();
            let reach = reach.min(w.min(h) as f64 / 6.0);
            (reach >= least_px + 4.0)
                .then(|| Surface::new(view, reach as u32))
                .flatten()
        });
        let parts = match &view {
            Some(view) if pair.adjustment.left_out.is_empty() && pair.adjustment.area.is_none() => part::unmapped(view),
            _ => Vec::new(),
        };
        let examined = Examined {
            image: pair.image.clone(),
            labels: pair.labels.clone(),
            estimate: surface.as_ref().and_then(Surface::judge),
            surface,
            least_px,
            factor,
            parts,
        };
        self.examined.insert(pair.image_path.clone(), examined);
    }

    /// What the pairs examined say together; nothing while some wait.
    pub fn found(&mut self, data: &Dataset) -> Found {
        self.examined
            .retain(|path, _| data.pairs.iter().any(|pair| pair.image_path == *path));
        if self.next(data).is_some() {
            return Found::default();
        }
        let usable = data.pairs.iter().enumerate().filter(|(_, pair)| pair.is_usable());
        let known: Vec<(usize, &Examined)> = usable
            .filter_map(|(at, pair)| Some((at, self.examined.get(&pair.image_path)?)))
            .collect();
        let parts = known.iter().filter(|(_, examined)| !examined.parts.is_empty());
        Found {
            moves: moves(&known),
            unmapped: parts.map(|(at, examined)| (*at, examined.parts.clone())).collect(),
        }
    }
}

/// Those that are sure by themselves, and, where all together are sure, those that have too few outlines for it.
fn moves(known: &[(usize, &Examined)]) -> Vec<Move> {
    let by = |best: [f64; 2], examined: &Examined| best.map(|by| (by * examined.factor).round() as i32);
    let own = |examined: &Examined| {
        examined
            .estimate
            .filter(|v| v.is_shifted(examined.least_px))
            .map(|v| v.best_px)
    };
    let mut pools: Vec<(Surface, f64, f64)> = Vec::new();
    for (_, examined) in known {
        let Some(surface) = &examined.surface else { continue };
        let alike = |factor: f64| (factor / examined.factor - 1.0).abs() < 0.05;
        match pools
            .iter_mut()
            .find(|(pool, factor, _)| pool.is_like(surface) && alike(*factor))
        {
            Some((pool, ..)) => pool.add(surface),
            None => pools.push((surface.clone(), examined.factor, examined.least_px)),
        }
    }
    let pooled: Vec<(&Surface, f64, ShiftEstimate)> = pools
        .iter()
        .filter_map(|(pool, factor, least)| Some((pool, *factor, pool.judge().filter(|v| v.is_shifted(*least))?)))
        .collect();
    let one = |(pair, examined): &(usize, &Examined)| {
        if let Some(best) = own(examined) {
            return Some(Move {
                pair: *pair,
                by_px: by(best, examined),
            });
        }
        let is_right = examined
            .estimate
            .is_some_and(|v| v.best_px[0].hypot(v.best_px[1]) < RIGHT_PX && v.agreeing >= 3);
        let surface = examined.surface.as_ref().filter(|_| !is_right)?;
        let (.., estimate) = pooled
            .iter()
            .find(|(pool, factor, _)| pool.is_like(surface) && (factor / examined.factor - 1.0).abs() < 0.05)?;
        Some(Move {
            pair: *pair,
            by_px: by(estimate.best_px, examined),
        })
    };
    known.iter().filter_map(one).collect()
}

/// A pair as it is examined; `None` where there is nothing to tell apart.
fn view(pair: &Pair) -> Option<View> {
    let (width, height, rgba) = preprocess::thumbnail(&pair.image, MAX_PX);
    let [w, h] = [pair.image.width, pair.image.height].map(|n| n as usize);
    let labels = preprocess::resize_nearest_mask(&pair.labels, w, h, width as usize, height as usize);
    let mut counts = [0usize; 256];
    labels.iter().for_each(|label| counts[usize::from(*label)] += 1);
    counts[usize::from(UNLABELLED)] = 0;
    // Of several classes what is not the most frequent one stands out from it.
    let ground = match pair.labelling.legend() {
        None => 0,
        Some(_) => (0..256).max_by_key(|label| counts[*label])?,
    };
    let marks = labels.iter().map(|label| match *label {
        UNLABELLED => UNKNOWN,
        label => u8::from(usize::from(label) != ground),
    });
    View::new(width as usize, height as usize, rgba, marks.collect())
}
