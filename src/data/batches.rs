//! Training batches on the CPU side: which image, which place, which pose.
//!
//! A batch is a pure function of (seed, step, sample): a resumed run needs no generator state.

use std::ops::Range;

pub use super::augment::Augmentation;
use super::augment::plan;
use super::classes::UNLABELLED;
use super::dataset::Dataset;
use super::draw::{Draw, Stream};
use super::held_back::{Area, HeldBack};
use super::label_layer::LabelLayer;
use super::preprocess::{self, Channels};
pub use crate::values::Sampling;

/// What a run's tiles look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleSpec {
    pub sampling: Sampling,
    pub channels: Channels,
    /// Side of a tile in pixels; [`Sampling::Classic`] is made for 256 and is resized (nearest) to any other.
    pub tile_px: usize,
    pub augmentation: Augmentation,
    pub seed: u32,
    /// The part of an image that [`Sampling::Crop`] leaves alone.
    pub held_back: Option<HeldBack>,
}

impl SampleSpec {
    /// Pixels that the window has more than the tile, on each side: room for the warp to see real neighbours.
    pub fn margin_px(&self) -> usize {
        match self.sampling {
            Sampling::Crop => self.augmentation.margin_px(self.tile_px),
            Sampling::Resize | Sampling::Classic => 0,
        }
    }

    pub fn window_px(&self) -> usize {
        self.tile_px + 2 * self.margin_px()
    }

    /// What is held back of a pair.
    fn held_back_of(&self, pair: usize) -> Option<&HeldBack> {
        self.held_back.as_ref().filter(|held| held.pair == pair)
    }
}

/// A batch before the device warps it.
#[derive(Debug, Clone, PartialEq)]
pub struct CpuBatch {
    /// `[batch, window_px, window_px, channels]`, 0..1.
    pub images: Vec<f32>,
    /// `[batch, window_px, window_px, 1]`, 0 or 1; to be set to 0 or 1 again at 0.5 after the warp. With pixels that
    /// nothing is known of `[batch, window_px, window_px, 2]`, the second 1 where something is; with corrections a third
    /// band, 1 where a label is one. Empty where there are several classes.
    pub masks: Vec<f32>,
    /// `[batch, tile_px, tile_px]` class numbers or [`UNLABELLED`], in their final pose; corrections have
    /// [`CORRECTED_LABEL`] set. Empty where labels are 0 and 1.
    pub labels: Vec<u8>,
    /// Number of classes; 0 where labels are 0 and 1.
    pub classes: usize,
    pub window_px: usize,
    pub tile_px: usize,
    /// Tile pixels to window pixels, one a sample.
    pub matrices: Vec<[f32; 6]>,
    /// `image * gain + bias` after the warp, one a sample.
    pub gain_bias: Vec<[f32; 2]>,
    /// The pair each sample is from.
    pub pairs: Vec<usize>,
}

/// Set in a class number of [`CpuBatch::labels`] that is a correction.
pub const CORRECTED_LABEL: u8 = 0x80;

/// A class number of [`CpuBatch::labels`] without its mark, and whether it had one.
pub fn unmarked(label: u8) -> (u8, bool) {
    match label {
        UNLABELLED => (label, false),
        _ => (label & !CORRECTED_LABEL, label & CORRECTED_LABEL != 0),
    }
}

/// How often each training pair is visited in one epoch: once, or once per tile's worth of pixels for crops. Of an image
/// that has only painted labels the pixels count that lie near them, and one without any is passed over.
fn visits(
    data: &Dataset,
    train: &[usize],
    sampling: Sampling,
    tile_px: usize,
    held_back: Option<&HeldBack>,
) -> Vec<usize> {
    let tile = (tile_px * tile_px).max(1) as u64;
    let times = |pair: &usize| match (sampling, data.image(*pair)) {
        _ if data
            .pair(*pair)
            .is_some_and(|p| p.is_only_painted() && p.tally.labelled == 0) =>
        {
            0
        }
        (Sampling::Crop, Some(image)) => {
            let held = held_back.filter(|held| held.pair == *pair);
            let pixels = held.map_or(image.pixels(), HeldBack::train_pixels);
            let only_painted = data.pair(*pair).filter(|p| p.is_only_painted());
            let near = only_painted.and_then(|p| Some(p.layer.as_ref()?.labelled_cells() as u64));
            let pixels = near.map_or(pixels, |cells| pixels.min(cells * LabelLayer::cell_pixels()));
            ((pixels + tile / 2) / tile).max(1) as usize
        }
        _ => 1,
    };
    train
        .iter()
        .flat_map(|pair| std::iter::repeat_n(*pair, times(pair)))
        .collect()
}

/// Samples of one epoch: every training pair once, larger ones in proportion to their pixels.
pub fn epoch_samples(
    data: &Dataset,
    train: &[usize],
    sampling: Sampling,
    tile_px: usize,
    held_back: Option<&HeldBack>,
) -> usize {
    visits(data, train, sampling, tile_px, held_back).len()
}

/// The batch of a step, counted from 0. Empty if there is no pair to train on.
///
/// The samples of all steps in a row go through the epochs one after the other, each in an order drawn from the
/// seed and the epoch's number. Pairs without data (blocked, unknown) are passed over.
pub fn make_batch(data: &Dataset, train: &[usize], spec: &SampleSpec, step: u64, batch: usize) -> CpuBatch {
    make_samples(data, train, spec, step, batch, 0..batch)
}

/// Some samples of the batch that [`make_batch`] gives.
pub fn make_samples(
    data: &Dataset,
    train: &[usize],
    spec: &SampleSpec,
    step: u64,
    batch: usize,
    samples: Range<usize>,
) -> CpuBatch {
    let usable: Vec<usize> = train
        .iter()
        .copied()
        .filter(|p| data.mask_labels(*p).is_some())
        .collect();
    let mut epoch = visits(data, &usable, spec.sampling, spec.tile_px, spec.held_back.as_ref());
    if epoch.is_empty() {
        // All labels were taken away: there is nothing to learn, and no step that fails.
        epoch.clone_from(&usable);
    }
    let (window_px, channels) = (spec.window_px(), spec.channels.count());
    let count = if epoch.is_empty() { 0 } else { samples.len() };
    let classes = data.classes().len();
    let (binary, several) = if classes == 0 { (count, 0) } else { (0, count) };
    let mut out = CpuBatch {
        images: vec![0.0; count * window_px * window_px * channels],
        masks: vec![0.0; binary * window_px * window_px],
        labels: vec![UNLABELLED; several * spec.tile_px * spec.tile_px],
        classes,
        window_px,
        tile_px: spec.tile_px,
        matrices: Vec::with_capacity(count),
        gain_bias: Vec::with_capacity(count),
        pairs: Vec::with_capacity(count),
    };
    let mut order: Option<(u64, Vec<usize>)> = None;
    let images = out.images.chunks_mut((window_px * window_px * channels).max(1));
    let mut masks = out.masks.chunks_mut((window_px * window_px).max(1));
    let mut labels = out.labels.chunks_mut((spec.tile_px * spec.tile_px).max(1));
    for (i, image) in samples.zip(images) {
        let at = step.wrapping_mul(batch as u64).wrapping_add(i as u64);
        let (number, index) = (at / epoch.len() as u64, (at % epoch.len() as u64) as usize);
        let shuffled = match &mut order {
            Some((known, shuffled)) if *known == number => shuffled,
            other => {
                let mut shuffled = epoch.clone();
                Draw::new(spec.seed, Stream::EpochOrder, number, 0).shuffle(&mut shuffled);
                &mut other.insert((number, shuffled)).1
            }
        };
        let mut draw = Draw::new(spec.seed, Stream::Sample, step, i as u64);
        let pair = shuffled[index];
        let mask = masks.next().unwrap_or_default();
        let (origin, area) = fill(data, pair, spec, &mut draw, image, mask);
        let plan = plan(spec.augmentation, spec.tile_px, spec.margin_px(), &mut draw);
        if let (Some(tile), Some(labels), Some(raster)) = (labels.next(), data.mask_labels(pair), data.image(pair)) {
            let size = [raster.height as usize, raster.width as usize];
            pose_labels(
                (labels, data.layer(pair)),
                size,
                (origin, area),
                &plan.matrix,
                spec,
                tile,
            );
        }
        out.matrices.push(plan.matrix);
        out.gain_bias.push(plan.gain_bias);
        out.pairs.push(pair);
    }
    drop((masks, labels));
    out.masks = in_bands(out.masks);
    out
}

/// Labels of windows as the bands of [`CpuBatch::masks`].
fn in_bands(masks: Vec<f32>) -> Vec<f32> {
    let corrects = |m: f32| m >= preprocess::CORRECTED;
    let known = |m: f32| m != preprocess::UNKNOWN;
    if masks.iter().any(|m| corrects(*m)) {
        let bands = |m: &f32| match (known(*m), corrects(*m)) {
            (false, _) => [0.0; 3],
            (true, false) => [*m, 1.0, 0.0],
            (true, true) => [*m - preprocess::CORRECTED, 1.0, 1.0],
        };
        return masks.iter().flat_map(bands).collect();
    }
    if masks.iter().all(|m| known(*m)) {
        return masks;
    }
    let bands = |m: &f32| if known(*m) { [*m, 1.0] } else { [0.0; 2] };
    masks.iter().flat_map(bands).collect()
}

/// Writes a tile of class numbers in its pose, each pixel the nearest one: numbers cannot be blended.
fn pose_labels(
    (labels, layer): (&[u8], Option<&LabelLayer>),
    [height, width]: [usize; 2],
    (origin, area): ([i64; 2], Area),
    m: &[f32; 6],
    spec: &SampleSpec,
    out: &mut [u8],
) {
    let (side, window_px) = (spec.tile_px, spec.window_px());
    let last = window_px as f32 - 1.0;
    // Resized images have no window in the image: theirs is the whole of it.
    let from_window = |at: usize, start: i64, [first, count]: [u32; 2], n: usize| match spec.sampling {
        Sampling::Crop => (start + at as i64).clamp(first.into(), i64::from(first) + i64::from(count) - 1) as usize,
        Sampling::Resize | Sampling::Classic => ((2 * at + 1) * n / (2 * window_px)).min(n.saturating_sub(1)),
    };
    for (k, label) in out.iter_mut().enumerate() {
        let (i, j) = ((k / side) as f32, (k % side) as f32);
        let row = (m[0] * i + m[1] * j + m[2]).clamp(0.0, last).round() as usize;
        let column = (m[3] * i + m[4] * j + m[5]).clamp(0.0, last).round() as usize;
        let (y, x) = (
            from_window(row, origin[0], [area.top, area.height], height),
            from_window(column, origin[1], [area.left, area.width], width),
        );
        *label = labels.get(y * width + x).copied().unwrap_or(UNLABELLED);
        if *label != UNLABELLED && layer.is_some_and(|layer| layer.is_corrected(x, y)) {
            *label |= CORRECTED_LABEL;
        }
    }
}

/// Writes one sample's window; gives its first row and column in the image, and the part of the image it is cut from.
fn fill(
    data: &Dataset,
    pair: usize,
    spec: &SampleSpec,
    draw: &mut Draw,
    image: &mut [f32],
    mask: &mut [f32],
) -> ([i64; 2], Area) {
    let (Some(raster), Some(labels)) = (data.image(pair), data.mask_labels(pair)) else {
        return ([0; 2], Area::default());
    };
    let (h, w) = (raster.height as usize, raster.width as usize);
    let whole = Area::whole(raster.height, raster.width);
    match spec.sampling {
        Sampling::Crop => {
            let mut area = spec.held_back_of(pair).map_or(whole, |held| held.part(draw));
            let aim = data.pair(pair).and_then(|p| {
                let parts = spec.held_back_of(pair).map_or([whole, area], |held| held.train);
                aim(p.layer.as_deref()?, p.is_only_painted(), &mut area, parts, draw)
            });
            let origin = |start: u32, n: u32, aim: Option<u32>, draw: &mut Draw| {
                let first = match aim {
                    Some(aim) => aimed_origin(n as usize, (aim - start) as usize, spec.tile_px, draw),
                    None => crop_origin(n as usize, spec.tile_px, draw),
                };
                i64::from(start) + first - spec.margin_px() as i64
            };
            let at = [
                origin(area.top, area.height, aim.map(|[y, _]| y), draw),
                origin(area.left, area.width, aim.map(|[_, x]| x), draw),
            ];
            let side = spec.window_px();
            preprocess::crop_area_f32(raster, spec.channels, area, at, [side, side], image);
            preprocess::crop_mask_f32(labels, w, area, at, [side, side], mask);
            if let Some(layer) = data.layer(pair).filter(|layer| layer.corrected() > 0) {
                preprocess::mark_corrected(layer, area, at, [side, side], mask);
            }
            return (at, area);
        }
        Sampling::Resize => {
            let side = spec.tile_px;
            image.copy_from_slice(&preprocess::resize_nearest_f32(raster, spec.channels, side, side));
            for (value, bit) in mask
                .iter_mut()
                .zip(preprocess::resize_nearest_mask(labels, w, h, side, side))
            {
                *value = preprocess::label_f32(bit);
            }
        }
        Sampling::Classic => {
            let pick = |y: usize, x: usize| {
                let at = |i: usize| {
                    ((2 * i + 1) * preprocess::CLASSIC_TILE_PX / (2 * spec.tile_px))
                        .min(preprocess::CLASSIC_TILE_PX - 1)
                };
                at(y) * preprocess::CLASSIC_TILE_PX + at(x)
            };
            let grey = preprocess::classic_train_image(raster);
            let truth = data.classic_mask(pair).unwrap_or_default();
            for (i, pixel) in image.chunks_exact_mut(spec.channels.count()).enumerate() {
                let from = pick(i / spec.tile_px, i % spec.tile_px);
                pixel.fill(grey[from]);
                if let Some(value) = mask.get_mut(i) {
                    *value = truth.get(from).copied().unwrap_or(preprocess::UNKNOWN);
                }
            }
        }
    }
    ([0; 2], whole)
}

/// Row and column of a labelled pixel that a tile is cut around, so that none is cut where nothing is labelled; every other
/// time one that corrects the network. `None` where labels lie all over, by a mask. `area` becomes another of `parts` if
/// only that has labels.
fn aim(
    layer: &LabelLayer,
    is_only_painted: bool,
    area: &mut Area,
    parts: [Area; 2],
    draw: &mut Draw,
) -> Option<[u32; 2]> {
    if layer.corrected() > 0
        && draw.coin()
        && let Some(pixel) = layer.draw_pixel(area, true, draw)
    {
        return Some(pixel);
    }
    if !is_only_painted {
        return None;
    }
    if !layer.meets(area)
        && let Some(other) = parts.into_iter().find(|part| layer.meets(part))
    {
        *area = other;
    }
    layer.draw_pixel(area, false, draw)
}

/// First row (or column) of a random tile that has the pixel `aim` in its middle half, which a turn about the middle leaves
/// in the tile; at the image's edge nearer to the tile's.
fn aimed_origin(n: usize, aim: usize, tile_px: usize, draw: &mut Draw) -> i64 {
    if n < tile_px {
        return crop_origin(n, tile_px, draw);
    }
    let back = tile_px / 4 + draw.below(tile_px / 2 + 1);
    (aim as i64 - back as i64).clamp(0, (n - tile_px) as i64)
}

/// First row (or column) of a random tile: inside the image, or, if that is smaller, anywhere around it.
fn crop_origin(n: usize, tile_px: usize, draw: &mut Draw) -> i64 {
    let offset = draw.below(n.abs_diff(tile_px) + 1) as i64;
    if n >= tile_px { offset } else { -offset }
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
