//! Prediction by overlapping tiles.
//!
//! The result does not depend on where tiles begin: they begin at multiples of the network's stride, so that poolings
//! fall on the same pixels as in one piece; the pixels nearest to a tile's edge, which see too little around them,
//! count nothing; and in the overlap one tile's weight falls smoothly as the other's rises.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use crate::{
    data::held_back::Area,
    formats::raster::Raster,
    model::UNet,
    ops::{read_back::read_back, sigmoid, softmax},
};

use super::{pose::POSES, rows::Rows, view::View};

/// Images up to this many pixels are predicted in one piece.
const ONE_PIECE_PX: usize = 512 * 512;
/// Side of a tile of larger images.
const TILE_PX: usize = 512;
/// Neighbouring tiles share at least this many pixels.
const OVERLAP_PX: usize = 128;
/// Pixels along a tile's edge inside the image that count nothing.
const MARGIN_PX: usize = 40;

#[derive(Debug, thiserror::Error)]
pub enum InferError {
    #[error("reading the prediction from the device failed: {0}")]
    Read(String),
}

/// Where tiles begin along an axis, and the weight of each of their pixels: at every pixel the weights add up to 1.
#[derive(Debug, Clone, PartialEq)]
struct Axis {
    starts: Vec<usize>,
    weights: Vec<Vec<f32>>,
}

/// Height and width of the tiles of a view of `size`.
fn tile_of(size: [usize; 2], stride_px: usize) -> [usize; 2] {
    let padded = size.map(|n| n.next_multiple_of(stride_px).max(stride_px));
    match padded[0] * padded[1] <= ONE_PIECE_PX {
        true => padded,
        false => padded.map(|n| n.min(TILE_PX.next_multiple_of(stride_px))),
    }
}

/// A prediction under way: call [`step`](Self::step) until it says that it is done.
///
/// Held are only the rows that tiles to come may still change: a tile's height of them at most.
#[derive(Debug)]
pub struct Prediction {
    size: [usize; 2],
    tile: [usize; 2],
    /// Values a pixel: 1, or one for each class.
    classes: usize,
    rows: Axis,
    columns: Axis,
    next: usize,
    /// Mean over mirrored and turned tiles.
    averaged: bool,
    /// Weighted sums of the rows from `given` on, `[rows, width, classes]`.
    band: Vec<f32>,
    /// Rows given away.
    given: usize,
}

impl Prediction {
    /// `stride_px`: tiles begin and end at multiples of it. `classes`: the model's. `averaged`: each tile is predicted
    /// in all eight poses and the mean taken.
    pub fn new(view: &View, stride_px: usize, classes: usize, averaged: bool) -> Self {
        let size = [view.height, view.width];
        let tile = tile_of(size, stride_px);
        let axes = [0, 1].map(|axis| Axis::new(size[axis], tile[axis], stride_px));
        Self::over(size, tile, axes, classes, averaged)
    }

    /// The tiles of a mosaic of `whole` height and width that have a say in `part` of it, each where it lies in the
    /// prediction of the whole: with the whole's pixels around it, the part comes out as it does there, to the last bit.
    /// What is to be given as image is the area that comes back; its rows beyond the part are not finished.
    pub fn of_part(whole: [usize; 2], part: Area, stride_px: usize, classes: usize, averaged: bool) -> (Self, Area) {
        let tile = tile_of(whole, stride_px);
        let [bottom, right] = part.end().map(|end| end as usize);
        let wanted = [part.top as usize..bottom, part.left as usize..right];
        let [(rows, down), (columns, across)] = [(0, &wanted[0]), (1, &wanted[1])]
            .map(|(axis, wanted)| Axis::of_part(whole[axis], tile[axis], stride_px, wanted));
        let seen = Area {
            top: rows.start as u32,
            left: columns.start as u32,
            height: rows.len() as u32,
            width: columns.len() as u32,
        };
        let size = [rows.len(), columns.len()];
        (Self::over(size, tile, [down, across], classes, averaged), seen)
    }

    fn over(size: [usize; 2], tile: [usize; 2], [rows, columns]: [Axis; 2], classes: usize, averaged: bool) -> Self {
        Self {
            size,
            tile,
            classes,
            rows,
            columns,
            next: 0,
            averaged,
            band: Vec::new(),
            given: 0,
        }
    }

    /// Height and width of a tile of a view of `size`, and how many there are.
    pub fn tiles_of(size: [usize; 2], stride_px: usize) -> ([usize; 2], usize) {
        let tile = tile_of(size, stride_px);
        let along = |axis: usize| Axis::new(size[axis], tile[axis], stride_px).starts.len();
        (tile, along(0) * along(1))
    }

    fn tiles(&self) -> usize {
        self.rows.starts.len() * self.columns.starts.len()
    }

    /// Number of the next tile down and across.
    fn position(&self) -> Option<[usize; 2]> {
        let across = self.columns.starts.len();
        (self.next < self.tiles()).then(|| [self.next / across, self.next % across])
    }

    /// Tiles done and tiles in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.next, self.tiles())
    }

    /// First row and number of rows that the next tile looks at.
    pub fn next_rows(&self) -> [usize; 2] {
        let top = self.position().map_or(0, |[down, _]| self.rows.starts[down]);
        [top, self.tile[0].min(self.size[0] - top)]
    }

    /// Predicts one tile and gives `out` the rows that no later tile touches: probabilities of the view's size. Gives
    /// `true` when all are done.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn step(
        &mut self,
        model: &UNet,
        view: &View,
        image: &Raster,
        out: &mut impl Rows,
    ) -> Result<bool, InferError> {
        let Some(position) = self.position() else {
            return Ok(true);
        };
        let corner = [
            self.rows.starts[position[0]] as i64,
            self.columns.starts[position[1]] as i64,
        ];
        let channels = model.config().channels;
        let [height, width] = self.tile;
        let mut values = vec![0.0; height * width * channels];
        view.window(image, corner, self.tile, &mut values);
        let tile = if view.shows_nothing(image, corner, self.tile) {
            // Nothing is asked of a tile in which nothing was measured.
            vec![0.0; height * width * self.classes]
        } else if self.averaged {
            let mut mean = vec![0.0; height * width * self.classes];
            for pose in POSES {
                let (posed, size) = pose.apply(&values, self.tile, channels);
                let (back, _) = pose.undo(&self.forward(model, posed, size).await?, size, self.classes);
                mean.iter_mut()
                    .zip(back)
                    .for_each(|(m, v)| *m += v / POSES.len() as f32);
            }
            mean
        } else {
            self.forward(model, values, self.tile).await?
        };
        self.add(position, &tile);
        self.next += 1;
        self.give_rows(out);
        Ok(self.next == self.tiles())
    }

    /// Gives away what the tiles done so far have finished.
    fn give_rows(&mut self, out: &mut impl Rows) {
        let finished = self.position().map_or(self.size[0], |[down, _]| self.rows.starts[down]);
        let values = ((finished - self.given) * self.size[1] * self.classes).min(self.band.len());
        if values > 0 {
            out.put(&self.band[..values]);
            self.band.drain(..values);
            self.given = finished;
        }
    }

    /// Probabilities `[height, width, classes]` of a tile `[height, width, channels]`.
    async fn forward(
        &self,
        model: &UNet,
        values: Vec<f32>,
        [height, width]: [usize; 2],
    ) -> Result<Vec<f32>, InferError> {
        let shape = [1, height, width, model.config().channels];
        let logits = model.forward(Tensor::<4>::from_data(TensorData::new(values, shape), &model.device()));
        let classes = logits.dims()[3];
        let probability = if classes == 1 { sigmoid(logits) } else { softmax(logits) };
        let flat = probability.reshape([height * width * classes]);
        read_back(flat).await.map_err(InferError::Read)
    }

    fn add(&mut self, [down, across]: [usize; 2], tile: &[f32]) {
        let k = self.classes;
        let (top, left) = (self.rows.starts[down], self.columns.starts[across]);
        let line = self.tile[1] * k;
        let bottom = top + self.rows.weights[down].len();
        let held = (bottom - self.given) * self.size[1] * k;
        self.band.resize(held.max(self.band.len()), 0.0);
        for (y, row_weight) in self.rows.weights[down].iter().enumerate() {
            let columns = &self.columns.weights[across];
            let at = ((top + y - self.given) * self.size[1] + left) * k;
            let sums = self.band[at..at + columns.len() * k].chunks_exact_mut(k);
            for ((sums, values), weight) in sums.zip(tile[y * line..].chunks_exact(k)).zip(columns) {
                let weight = row_weight * weight;
                sums.iter_mut()
                    .zip(values)
                    .for_each(|(sum, value)| *sum += weight * value);
            }
        }
    }
}

impl Axis {
    /// Evenly spread tiles over `length` pixels; the last one may reach beyond the end by less than a stride.
    fn new(length: usize, tile: usize, stride: usize) -> Self {
        Self::of_part(length, tile, stride, &(0..length)).1
    }

    /// Those of them that have a say in `wanted` pixels, and the pixels that they see: they begin at its first.
    fn of_part(length: usize, tile: usize, stride: usize, wanted: &Range<usize>) -> (Range<usize>, Self) {
        let mut starts = vec![0];
        if length > tile {
            let last = (length - tile).div_ceil(stride);
            let steps = (last * stride).div_ceil(tile.saturating_sub(OVERLAP_PX + stride).max(stride));
            // Rounded down to the stride, two neighbours are never more than the even step and a stride apart.
            starts = (0..=steps).map(|i| last * i / steps * stride).collect();
        }
        let has_say = |start: usize| {
            let end = wanted.end.min(start + tile).min(length);
            (wanted.start.max(start)..end).any(|at| weight(at - start, start, tile, length) > 0.0)
        };
        starts.retain(|start| has_say(*start));
        let first = starts.first().copied().unwrap_or(0);
        let seen = first..starts.last().map_or(first, |start| (start + tile).min(length));
        let mut weights: Vec<Vec<f32>> = starts
            .iter()
            .map(|&start| {
                let inside = tile.min(length - start);
                (0..inside).map(|at| weight(at, start, tile, length)).collect()
            })
            .collect();
        starts.iter_mut().for_each(|start| *start -= first);
        let mut total = vec![0.0; seen.len()];
        for (start, weights) in starts.iter().zip(&weights) {
            total[*start..].iter_mut().zip(weights).for_each(|(t, w)| *t += w);
        }
        for (start, weights) in starts.iter().zip(&mut weights) {
            weights
                .iter_mut()
                .zip(&total[*start..])
                .for_each(|(w, t)| *w /= t.max(f32::MIN_POSITIVE));
        }
        (seen, Self { starts, weights })
    }
}

/// Weight of a pixel of a tile along an axis: 0 at an edge inside the image, then a half wave of a cosine up to 1.
fn weight(at: usize, start: usize, tile: usize, length: usize) -> f32 {
    let rise = |distance: usize| {
        let ramp = (OVERLAP_PX - 2 * MARGIN_PX) as f32;
        let share = (distance as f32 + 0.5 - MARGIN_PX as f32) / ramp;
        0.5 - 0.5 * (share.clamp(0.0, 1.0) * std::f32::consts::PI).cos()
    };
    let low = if start == 0 { 1.0 } else { rise(at) };
    let high = if start + tile >= length {
        1.0
    } else {
        rise(tile - 1 - at)
    };
    low * high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::preprocess::Channels,
        model::{Architecture, ModelConfig},
    };
    use burn::tensor::Device;
    use rand::{Rng, SeedableRng};

    #[test]
    fn weights_add_up_to_one_and_tiles_overlap() {
        for (length, tile, stride) in [
            (1, 16, 16),
            (511, 512, 16),
            (513, 512, 16),
            (900, 512, 32),
            (4099, 512, 4),
            (2000, 512, 32),
        ] {
            let axis = Axis::new(length, tile, stride);
            let mut total = vec![0.0; length];
            for (start, weights) in axis.starts.iter().zip(&axis.weights) {
                assert_eq!(start % stride, 0);
                total[*start..].iter_mut().zip(weights).for_each(|(t, w)| *t += w);
            }
            assert!(
                total.iter().all(|t: &f32| (t - 1.0).abs() < 1e-5),
                "{length} {tile} {stride}"
            );
            for pair in axis.starts.windows(2) {
                assert!(
                    pair[1] > pair[0] && pair[0] + tile - pair[1] >= OVERLAP_PX,
                    "{length}: {pair:?}"
                );
            }
        }
    }

    fn model(classes: usize) -> UNet {
        let config = ModelConfig {
            architecture: Architecture::UnetNorm,
            base: 4,
            depth: 3,
            channels: 1,
            head: crate::values::Head::TwoChannels,
            dropout: 0.0,
            classes,
        };
        UNet::new(config, 5, &Device::flex()).expect("a valid configuration")
    }

    fn noise(width: u32, height: u32) -> Raster {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(9);
        let pixels =
            (0..width * height).map(|i| (i % width / 9 * 20 + i / width / 7 * 30 + rng.random_range(0..60)) as u8);
        Raster::from_u8(width, height, 1, pixels.collect()).expect("a raster")
    }

    fn run(mut prediction: Prediction, model: &UNet, view: &View, image: &Raster) -> Vec<f32> {
        let mut map = Vec::new();
        while !pollster::block_on(prediction.step(model, view, image, &mut map)).expect("a device") {
            // What is held does not grow with the image.
            assert!(prediction.band.len() <= prediction.tile[0] * prediction.size[1] * prediction.classes);
        }
        assert!(prediction.band.is_empty());
        map
    }

    /// Against one piece only pixels near the seams differ, and hardly: fewer than 2 % change sides.
    #[test]
    fn tiles_do_not_show() {
        let (image, model) = (noise(700, 530), model(1));
        let view = View::native([530, 700], Channels::Grey);
        let tiled = run(Prediction::new(&view, 8, 1, false), &model, &view, &image);
        let mut whole = Prediction::new(&view, 8, 1, false);
        whole.tile = [536, 704];
        (whole.rows, whole.columns) = (Axis::new(530, 536, 8), Axis::new(700, 704, 8));
        let whole = run(whole, &model, &view, &image);
        let mut sorted = whole.clone();
        sorted.sort_by(f32::total_cmp);
        let threshold = sorted[sorted.len() / 2];
        let flipped = tiled
            .iter()
            .zip(&whole)
            .filter(|(a, b)| (**a >= threshold) != (**b >= threshold))
            .count();
        let worst = tiled.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!(
            "{:.4} % flipped, largest difference {worst:.2e}",
            100.0 * flipped as f64 / whole.len() as f64
        );
        assert!(flipped * 50 < whole.len(), "{flipped} of {}", whole.len());
    }

    /// Tiles in which nothing was measured cost nothing, and say nothing of the pixels of others.
    #[test]
    fn empty_tiles_are_passed_over() {
        let (model, [width, height]) = (model(1), [1600, 300]);
        let rgba = |i: u32| match i % width < 60 {
            true => [(i % 251) as u8, (i % 83) as u8, 90, 255],
            false => [0; 4],
        };
        let pixels: Vec<u8> = (0..width * height).flat_map(rgba).collect();
        let image = Raster::from_u8(width, height, 4, pixels).expect("a raster");
        let view = View::native([height as usize, width as usize], Channels::Grey);
        let map = run(Prediction::new(&view, 8, 1, false), &model, &view, &image);
        // The last tiles see columns from 720 on; the first sees all that was measured.
        for row in map.chunks_exact(width as usize) {
            assert!(row[..60].iter().all(|p| *p > 0.0) && row[900..].iter().all(|p| *p == 0.0));
        }
    }

    /// Parts of an image, each by the tiles that have a say in it, are the image's own prediction to the last bit.
    #[test]
    fn parts_are_those_of_the_whole() {
        let (image, model) = (noise(1100, 700), model(1));
        let whole_size = [700, 1100];
        let view = View::native(whole_size, Channels::Grey);
        let whole = run(Prediction::new(&view, 8, 1, false), &model, &view, &image);
        let part = |top, left, height, width| Area {
            top,
            left,
            height,
            width,
        };
        for wanted in [
            part(0, 0, 300, 411),
            part(300, 411, 400, 230),
            part(333, 640, 1, 1),
            part(0, 641, 700, 459),
        ] {
            let (prediction, seen) = Prediction::of_part(whole_size, wanted, 8, 1, false);
            assert!(
                wanted.is_inside(&seen) && seen.is_inside(&Area::whole(700, 1100)),
                "{seen:?}"
            );
            let cut = image.remapped(seen.width, seen.height, |x, y| (x + seen.left, y + seen.top));
            let view = View::native([seen.height as usize, seen.width as usize], Channels::Grey);
            let map = run(prediction, &model, &view, &cut);
            let inside = Area {
                top: wanted.top - seen.top,
                left: wanted.left - seen.left,
                ..wanted
            };
            let bits = |map: &[f32]| map.iter().map(|v| v.to_bits()).collect::<Vec<u32>>();
            let found = bits(&inside.cut(&map, seen.width as usize));
            assert!(found == bits(&wanted.cut(&whole, 1100)), "{wanted:?}");
        }
        // A small mosaic is one tile, whichever part of it is wanted.
        let (_, seen) = Prediction::of_part([200, 300], part(150, 0, 50, 20), 8, 1, false);
        assert_eq!(seen, Area::whole(200, 300));
    }

    /// A mirrored image gives the mirrored mean.
    #[test]
    fn the_mean_over_poses_has_no_direction() {
        let (image, model) = (noise(48, 40), model(3));
        let view = View::native([40, 48], Channels::Grey);
        let mirrored = {
            let flip = (0..40).flat_map(|y| (0..48).rev().map(move |x| (x, y)));
            let pixels = flip.map(|(x, y)| image.luma8_at(x, y)).collect();
            Raster::from_u8(48, 40, 1, pixels).expect("a raster")
        };
        let a = run(Prediction::new(&view, 8, 3, true), &model, &view, &image);
        let b = run(Prediction::new(&view, 8, 3, true), &model, &view, &mirrored);
        for y in 0..40 {
            for x in 0..48 {
                for c in 0..3 {
                    let (left, right) = (a[(y * 48 + x) * 3 + c], b[(y * 48 + 47 - x) * 3 + c]);
                    assert!((left - right).abs() < 1e-5);
                }
            }
        }
    }
}
