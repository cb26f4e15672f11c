//! Prediction by overlapping tiles.

use burn::tensor::{Tensor, TensorData, activation::sigmoid};

use crate::{formats::raster::Raster, model::UNet};

use super::view::View;

/// Images up to this many pixels are predicted in one piece.
const ONE_PIECE_PX: usize = 512 * 512;
/// Side of a tile of larger images.
const TILE_PX: usize = 512;
/// Neighbouring tiles share this many pixels.
const OVERLAP_PX: usize = 96;

#[derive(Debug, thiserror::Error)]
pub enum InferError {
    #[error("reading the prediction from the device failed: {0}")]
    Read(String),
}

/// A prediction under way: call [`step`](Self::step) until it says that it is done.
#[derive(Debug)]
pub struct Prediction {
    size: [usize; 2],
    tile: [usize; 2],
    /// Values a pixel: 1, or one for each class.
    classes: usize,
    corners: Vec<[i64; 2]>,
    next: usize,
    sum: Vec<f32>,
    /// Sum of blending weights; empty for one piece.
    weight: Vec<f32>,
}

impl Prediction {
    /// `stride_px`: tile sides are multiples of it. `classes`: the model's.
    pub fn new(view: &View, stride_px: usize, classes: usize) -> Self {
        let size = [view.height, view.width];
        let padded = size.map(|n| n.div_ceil(stride_px).max(1) * stride_px);
        let one_piece = padded[0] * padded[1] <= ONE_PIECE_PX;
        let tile = if one_piece {
            padded
        } else {
            padded.map(|n| n.min(TILE_PX.div_ceil(stride_px) * stride_px))
        };
        let mut corners = Vec::new();
        for y in starts(size[0], tile[0]) {
            for x in starts(size[1], tile[1]) {
                corners.push([y, x]);
            }
        }
        let pixels = size[0] * size[1];
        let weight = if corners.len() > 1 {
            vec![0.0; pixels]
        } else {
            Vec::new()
        };
        Self {
            size,
            tile,
            classes,
            corners,
            next: 0,
            sum: vec![0.0; pixels * classes],
            weight,
        }
    }

    /// Tiles done and tiles in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.next, self.corners.len())
    }

    /// Predicts one tile. Gives `true` when all are done.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn step(&mut self, model: &UNet, view: &View, image: &Raster) -> Result<bool, InferError> {
        let Some(&corner) = self.corners.get(self.next) else {
            return Ok(true);
        };
        let channels = model.config().channels;
        let [height, width] = self.tile;
        let mut values = vec![0.0; height * width * channels];
        view.window(image, corner, self.tile, &mut values);
        let input = Tensor::<4>::from_data(TensorData::new(values, [1, height, width, channels]), &model.device());
        let logits = model.forward(input);
        let classes = logits.dims()[3];
        let output = if classes == 1 { sigmoid(logits) } else { logits };
        let output = output.reshape([height * width * classes]);
        let data = output
            .into_data_async()
            .await
            .map_err(|e| InferError::Read(format!("{e:?}")))?;
        let mut tile = data
            .try_into_vec::<f32>()
            .map_err(|e| InferError::Read(format!("{e:?}")))?;
        if classes > 1 {
            softmax(&mut tile, classes);
        }
        self.add(corner, &tile);
        self.next += 1;
        Ok(self.next == self.corners.len())
    }

    fn add(&mut self, [y0, x0]: [i64; 2], tile: &[f32]) {
        let [height, width] = self.size;
        let k = self.classes;
        let (y0, x0) = (y0 as usize, x0 as usize);
        let (rows, columns) = (self.tile[0].min(height - y0), self.tile[1].min(width - x0));
        let row_weights: Vec<f32> = (0..rows).map(|y| ramp(y, y0, self.tile[0], height)).collect();
        let column_weights: Vec<f32> = (0..columns).map(|x| ramp(x, x0, self.tile[1], width)).collect();
        for y in 0..rows {
            let at = (y0 + y) * width + x0;
            let from = &tile[y * self.tile[1] * k..(y * self.tile[1] + columns) * k];
            if self.weight.is_empty() {
                self.sum[at * k..(at + columns) * k].copy_from_slice(from);
                continue;
            }
            for x in 0..columns {
                let w = row_weights[y] * column_weights[x];
                let sums = self.sum[(at + x) * k..][..k].iter_mut();
                sums.zip(&from[x * k..]).for_each(|(sum, value)| *sum += w * value);
                self.weight[at + x] += w;
            }
        }
    }

    /// The probabilities, of the view's size; `[pixels, classes]` where there are several.
    pub fn finish(mut self) -> Vec<f32> {
        for (sums, weight) in self.sum.chunks_exact_mut(self.classes.max(1)).zip(&self.weight) {
            sums.iter_mut().for_each(|sum| *sum /= weight.max(f32::MIN_POSITIVE));
        }
        self.sum
    }
}

/// Logits `[pixels, classes]` to probabilities, in place. Here and not on the device: burn's own softmax over a short
/// last axis took longer on the CPU than the network.
fn softmax(values: &mut [f32], classes: usize) {
    for pixel in values.chunks_exact_mut(classes) {
        let largest = pixel.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for v in pixel.iter_mut() {
            *v = (*v - largest).exp();
            sum += *v;
        }
        pixel.iter_mut().for_each(|v| *v /= sum);
    }
}

/// Where tiles begin along an axis: evenly spread, the last one ending at the image's end.
fn starts(length: usize, tile: usize) -> Vec<i64> {
    if length <= tile {
        return vec![0];
    }
    let steps = (length - tile).div_ceil(tile - OVERLAP_PX);
    (0..=steps).map(|i| ((length - tile) * i / steps) as i64).collect()
}

/// Weight along an axis: falls to the edge over the overlap, but not where the image itself ends.
fn ramp(at: usize, start: usize, tile: usize, length: usize) -> f32 {
    let fall = |distance: usize| ((distance + 1) as f32 / (OVERLAP_PX + 1) as f32).min(1.0);
    let low = if start == 0 { 1.0 } else { fall(at) };
    let high = if start + tile >= length {
        1.0
    } else {
        fall(tile - 1 - at)
    };
    low * high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_axis_and_overlap_enough() {
        for length in [1, 511, 512, 513, 900, 1024, 4099] {
            let starts = starts(length, 512);
            assert_eq!(starts[0], 0);
            for pair in starts.windows(2) {
                assert!(
                    pair[1] > pair[0] && pair[1] - pair[0] <= (512 - OVERLAP_PX) as i64,
                    "{length}: {pair:?}"
                );
            }
            let last = starts[starts.len() - 1] as usize;
            assert_eq!(last + 512.min(length), length);
        }
    }

    #[test]
    fn probabilities_of_classes_add_up() {
        let mut values = [1.0f32, 2.0, 3.0, 1000.0, 0.0, -1000.0];
        softmax(&mut values, 3);
        let wanted = [0.090_030_57, 0.244_728_47, 0.665_240_94, 1.0, 0.0, 0.0];
        assert!(
            values.iter().zip(wanted).all(|(v, w)| (v - w).abs() < 1e-6),
            "{values:?}"
        );
        let mut broken = [f32::NAN, 1.0];
        softmax(&mut broken, 2);
        assert!(broken[1].is_nan());
    }

    /// Blending constant tiles gives the constant everywhere: the weights are normalised and never zero.
    #[test]
    fn a_constant_stays_constant() {
        let size = [700, 1300];
        let mut corners = Vec::new();
        for y in starts(size[0], 512) {
            for x in starts(size[1], 512) {
                corners.push([y, x]);
            }
        }
        let n = size[0] * size[1];
        let mut p = Prediction {
            size,
            tile: [512, 512],
            classes: 1,
            corners: corners.clone(),
            next: 0,
            sum: vec![0.0; n],
            weight: vec![0.0; n],
        };
        for corner in corners {
            p.add(corner, &vec![0.25; 512 * 512]);
        }
        assert!(p.finish().iter().all(|v| (v - 0.25).abs() < 1e-6));
    }
}
