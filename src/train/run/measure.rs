//! What a validation looks at: whole images, the part that is held back of one, or, of images too large to be measured
//! whole every time, some blocks.
//!
//! All of it follows from the settings and the data alone: a run that was resumed measures the same pixels at the same steps.

use std::collections::VecDeque;

use crate::{
    data::{
        batches::Sampling,
        dataset::Dataset,
        draw::{Draw, Stream},
        held_back::Area,
        preprocess::CLASSIC_TILE_PX,
    },
    formats::raster::Raster,
    infer::{InputSpec, View},
    train::config::{Settings, usual_interval},
};

/// Training images that are validated too, to show overfitting; more would cost without telling more.
const TRAINING_SAMPLE: usize = 4;
/// Images of up to this many pixels are measured whole.
const SMALL_PX: u64 = 1 << 20;
/// Longest side of a block in pixels: with what the network sees around it, one tile of a prediction.
const BLOCK_PX: u32 = 432;
/// Pixels that the network sees around a block.
const AROUND_PX: u32 = 40;
/// Pixels that may be measured for each pixel trained on, so that validations take a fifth of a run's time at most. A
/// training step is about three passes forward, and a prediction sees a pixel 1.3 times, since its tiles overlap.
const MEASURED_A_TRAINED: f64 = 0.44;
/// Validations in a run at least, however long they take.
const LEAST_VALIDATIONS: u32 = 6;
/// Of the pixels of large images that are measured, those of training images.
const TRAINING_SHARE: f64 = 0.2;

/// An image or a part of one, to be measured in one go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::train) struct Piece {
    pub(in crate::train) pair: usize,
    pub(in crate::train) held_out: bool,
    /// What is measured, and what the network sees; `None` = all of the image, as the settings show it to the network.
    part: Option<[Area; 2]>,
}

impl Piece {
    pub(in crate::train) fn view(&self, image: &Raster, spec: &InputSpec) -> View {
        match self.part {
            Some([_, seen]) => View::part(seen, spec.channels),
            None => View::new(image, spec),
        }
    }

    /// Height and width of what the network sees of an image of `size`.
    pub(in crate::train) fn seen(&self, size: [usize; 2], spec: &InputSpec) -> [usize; 2] {
        match self.part {
            Some([_, seen]) => [seen.height as usize, seen.width as usize],
            None => spec.seen(size),
        }
    }

    /// Where it lies in the image, where that is shown pixel by pixel.
    pub(in crate::train) fn area(&self, view: &View) -> Option<Area> {
        let whole = || Area::whole(view.height as u32, view.width as u32);
        match self.part {
            Some([measured, _]) => Some(measured),
            None => view.is_native().then(whole),
        }
    }

    pub(in crate::train) fn is_of_same_image(&self, other: &Self) -> bool {
        self.pair == other.pair && self.held_out == other.held_out
    }

    /// Whether it is an image and not a part of one.
    pub(in crate::train) fn is_whole(&self) -> bool {
        self.part.is_none()
    }

    /// Truth of what is measured; `None` if the pair has none.
    pub(in crate::train) fn truth(&self, view: &View, data: &Dataset, spec: &InputSpec) -> Option<Vec<u8>> {
        let (image, labels) = (data.image(self.pair)?, data.mask_labels(self.pair)?);
        Some(match self.part {
            Some([measured, _]) => measured.cut(labels, image.width as usize),
            None => view.truth(labels, spec, || data.classic_mask(self.pair).unwrap_or_default()),
        })
    }

    /// Of a map of what was seen that of what is measured. `classes`: values a pixel.
    pub(in crate::train) fn measured(&self, map: Vec<f32>, classes: usize) -> Vec<f32> {
        let Some([measured, seen]) = self.part.filter(|[measured, seen]| measured != seen) else {
            return map;
        };
        let inside = Area {
            top: measured.top - seen.top,
            left: (measured.left - seen.left) * classes as u32,
            height: measured.height,
            width: measured.width * classes as u32,
        };
        inside.cut(&map, seen.width as usize * classes)
    }
}

/// The images of one side of the split that are measured, each with the part of it that is.
struct Side {
    held_out: bool,
    images: Vec<(usize, Option<Area>, Area)>,
}

impl Side {
    fn new(data: &Dataset, settings: &Settings, pairs: &[usize], held_out: bool) -> Self {
        let image = |&pair: &usize| {
            let image = data.image(pair)?;
            let whole = Area::whole(image.height, image.width);
            let held = settings.held_back.filter(|held| held.pair == pair);
            let part = held.map(|held| if held_out { held.area } else { held.train[0] });
            let part = part.or_else(|| labelled_part(data, settings, pair, &whole));
            // What lies in the gap may be seen, and nothing beyond.
            let limits = match held {
                Some(held) if held_out => held.area.grown(held.gap_px, &whole),
                Some(held) => held.train[0],
                None => whole,
            };
            let is_labelled = data
                .pair(pair)
                .is_none_or(|p| !p.is_only_painted() || p.tally.labelled > 0);
            is_labelled.then_some((pair, part, limits))
        };
        Self {
            held_out,
            images: pairs.iter().filter_map(image).collect(),
        }
    }

    /// Pixels of the small images and of the large ones.
    fn pixels(&self, settings: &Settings) -> [u64; 2] {
        let mut sums = [0, 0];
        for (_, part, limits) in &self.images {
            let pixels = pixels_of(settings, part.unwrap_or(*limits));
            sums[usize::from(is_large(settings, part, limits))] += pixels;
        }
        sums
    }

    /// Whole images, and of large ones blocks that have `share` of their pixels.
    fn pieces(&self, data: &Dataset, settings: &Settings, share: f64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (pair, part, limits) in &self.images {
            let piece = |part| Piece {
                pair: *pair,
                held_out: self.held_out,
                part,
            };
            let area = part.unwrap_or(*limits);
            if share < 1.0 && is_large(settings, part, limits) {
                let layer = data.pair(*pair).filter(|p| p.is_only_painted());
                let layer = layer.and_then(|p| p.layer.as_deref());
                let is_labelled = |block: &Area| layer.is_none_or(|layer| layer.meets(block));
                let blocks = blocks(area, share, settings.seed, *pair, is_labelled);
                pieces.extend(
                    blocks
                        .into_iter()
                        .map(|block| piece(Some([block, block.grown(AROUND_PX, limits)]))),
                );
            } else {
                pieces.push(piece(
                    part.map(|part| [part, part.grown(gap_px_of(settings, *pair), limits)]),
                ));
            }
        }
        pieces
    }
}

/// Pixels around a part that is held back, or that alone is labelled.
fn gap_px_of(settings: &Settings, pair: usize) -> u32 {
    settings
        .held_back
        .filter(|held| held.pair == pair)
        .map_or(AROUND_PX, |held| held.gap_px)
}

/// Where an image that has only painted labels has any, if that is much less than all of it.
fn labelled_part(data: &Dataset, settings: &Settings, pair: usize, whole: &Area) -> Option<Area> {
    let pair = data.pair(pair).filter(|p| p.is_only_painted())?;
    let bounds = pair.layer.as_ref()?.bounds()?;
    let is_part = settings.sampling == Sampling::Crop && 2 * bounds.pixels() < whole.pixels();
    is_part.then_some(bounds)
}

/// Pixels that the network is shown of an area.
fn pixels_of(settings: &Settings, area: Area) -> u64 {
    match settings.sampling {
        Sampling::Crop => area.pixels(),
        Sampling::Resize => (settings.tile_px * settings.tile_px) as u64,
        Sampling::Classic => (CLASSIC_TILE_PX * CLASSIC_TILE_PX) as u64,
    }
}

/// Whether an image is one to be measured in part: that is, too, one of which a part is held back.
fn is_large(settings: &Settings, part: &Option<Area>, limits: &Area) -> bool {
    settings.sampling == Sampling::Crop && (part.is_some() || limits.pixels() > SMALL_PX)
}

/// Of the blocks of an area that have labels about `share`, one at least: always the same, spread by chance.
fn blocks(area: Area, share: f64, seed: u32, pair: usize, is_labelled: impl Fn(&Area) -> bool) -> Vec<Area> {
    let count = |length: u32| length.div_ceil(BLOCK_PX).max(1);
    let (down, across) = (count(area.height), count(area.width));
    let edge = |at: u32, n: u32, length: u32| (u64::from(at) * u64::from(length) / u64::from(n)) as u32;
    let mut all: Vec<Area> = (0..down)
        .flat_map(|row| (0..across).map(move |column| (row, column)))
        .map(|(row, column)| {
            let (top, left) = (edge(row, down, area.height), edge(column, across, area.width));
            Area {
                top: area.top + top,
                left: area.left + left,
                height: edge(row + 1, down, area.height) - top,
                width: edge(column + 1, across, area.width) - left,
            }
        })
        .filter(is_labelled)
        .collect();
    let wanted = ((all.len() as f64 * share).round() as usize).clamp(all.len().min(1), all.len());
    Draw::new(seed, Stream::Split, 2, pair as u64).shuffle(&mut all);
    all.truncate(wanted);
    all.sort_by_key(|block| (block.top, block.left));
    all
}

/// Training pixels of a number of steps as pixels that may be measured for them.
fn room(settings: &Settings, steps: u32) -> f64 {
    let step = settings.batch as f64 * (settings.tile_px * settings.tile_px) as f64;
    MEASURED_A_TRAINED * step * f64::from(steps)
}

/// The pairs of both sides that are measured: all that are held back, some of those that are trained on.
fn sides(data: &Dataset, settings: &Settings, train: &[usize], validation: &[usize]) -> [Side; 2] {
    // Evenly spread over the training set, the same ones every time.
    let n = train.len().min(TRAINING_SAMPLE);
    let sample: Vec<usize> = (0..n).filter_map(|i| train.get(i * train.len() / n).copied()).collect();
    [
        Side::new(data, settings, validation, true),
        Side::new(data, settings, &sample, false),
    ]
}

/// What a validation of a run with these settings measures, in order: the pieces of an image follow each other.
pub(in crate::train) fn pieces(
    data: &Dataset,
    settings: &Settings,
    train: &[usize],
    validation: &[usize],
) -> VecDeque<Piece> {
    let [held_out, sample] = sides(data, settings, train, validation);
    let [[small, large], [sample_small, sample_large]] = [&held_out, &sample].map(|side| side.pixels(settings));
    let left = (room(settings, settings.validate_every) - (small + sample_small) as f64).max(0.0);
    let sample_part = if large > 0 { TRAINING_SHARE } else { 1.0 };
    // Where little is wanted of one side, the other has the rest.
    let of_sample = (left * sample_part).min(sample_large as f64);
    let share = |room: f64, pixels: u64| if pixels == 0 { 1.0 } else { room / pixels as f64 };
    let mut pieces = VecDeque::from(held_out.pieces(data, settings, share(left - of_sample, large)));
    pieces.extend(sample.pieces(data, settings, share(of_sample, sample_large)));
    pieces
}

/// Steps between two validations where nobody chose: about twelve in a run, or fewer, if they would take more than a
/// fifth of its time.
pub fn usual_interval_for(data: &Dataset, settings: &Settings, train: &[usize], validation: &[usize]) -> u32 {
    let usual = usual_interval(settings.steps_total);
    let [held_out, sample] = sides(data, settings, train, validation);
    let [[small, large], [sample_small, sample_large]] = [&held_out, &sample].map(|side| side.pixels(settings));
    let of_sample = match large {
        0 => sample_large as f64,
        _ => (large as f64 * TRAINING_SHARE).min(sample_large as f64),
    };
    let wanted = (small + sample_small + large) as f64 + of_sample;
    let steps = (wanted / room(settings, 1).max(1.0)).ceil() as u32;
    steps.clamp(usual, usual.max(settings.steps_total / LEAST_VALIDATIONS))
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
