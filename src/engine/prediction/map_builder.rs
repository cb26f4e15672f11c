//! What is held of a prediction while it is made: rows come as they are finished and are stored in whole steps, so that
//! the memory it takes beside the result does not grow with the image.

use crate::{
    export::{Labels, PredictionMap, QuantizedMap, to_u16},
    infer::{Rows, View, shrunk},
    model::class_metrics::most_probable,
    protocol::Metrics,
    train::Score,
};

/// Collects the rows of one image's map.
pub(super) struct MapBuilder {
    /// Height and width of the map.
    size: [usize; 2],
    classes: usize,
    probability: QuantizedMap,
    /// Of a view that is resized onto its image: the probability (of several classes the chosen one's) at the view's size.
    resized: Option<Vec<f32>>,
    /// Class numbers, of several classes.
    labels: Vec<u8>,
    shown: Shown,
    truth: Vec<u8>,
    score: Score,
    threshold: f32,
    /// Pixels taken so far.
    taken: usize,
}

impl MapBuilder {
    /// `truth`: at the view's size, empty where there is none. `max_px`: the longer side of what the page is shown. `None`
    /// if there is not enough memory.
    pub(in crate::engine) fn new(
        view: &View,
        classes: usize,
        truth: Vec<u8>,
        threshold: f32,
        max_px: usize,
    ) -> Option<Self> {
        let size = view.map_size();
        let pixels = size[0].checked_mul(size[1])?;
        let mut labels = Vec::new();
        labels.try_reserve_exact(if classes > 1 { pixels } else { 0 }).ok()?;
        Some(Self {
            size,
            classes,
            probability: QuantizedMap::with_room(if view.is_native() { pixels } else { 0 })?,
            resized: (!view.is_native()).then(Vec::new),
            labels,
            shown: Shown::new(size, max_px),
            truth,
            score: Score::new(classes),
            threshold,
            taken: 0,
        })
    }

    /// Bytes that a result of so many pixels takes.
    pub(in crate::engine) fn bytes(pixels: usize, classes: usize) -> usize {
        QuantizedMap::bytes_of(pixels) + if classes > 1 { pixels } else { 0 }
    }

    /// What the page is shown: the map, 0 to 255 or class numbers, and the truth, 0 or 255 or class numbers; empty where
    /// there is none.
    pub(super) fn take_shown(&mut self) -> [Vec<u8>; 2] {
        let mut truth = Shown::new(self.size, self.shown.max_px);
        if !self.truth.is_empty() {
            self.truth.chunks_exact(self.size[1].max(1)).for_each(|row| {
                truth.pick(row, |t| match t {
                    _ if self.classes > 1 => t,
                    1 => 255,
                    _ => 0,
                })
            });
        }
        [std::mem::take(&mut self.shown.out), truth.out]
    }

    /// The map at the image's size, without name and place. `view`: the one the rows came from. `palette`: the colours of
    /// several classes. `keeps_tile`: of a view that is resized, the map at its own size is held too.
    pub(super) fn finish(mut self, view: &View, palette: Vec<[u8; 3]>, keeps_tile: bool) -> PredictionMap {
        if let Some(map) = &self.resized {
            self.probability = QuantizedMap::Fine(Vec::new());
            self.probability.extend(view.to_image(map).iter().copied());
            if self.classes > 1 {
                self.labels = view.labels_to_image(&self.labels, 0);
            }
        }
        let tile = self.resized.filter(|_| keeps_tile);
        let [height, width] = view.image_size().map(|n| n as u32);
        PredictionMap {
            width,
            height,
            probability: self.probability,
            labels: (self.classes > 1).then_some(Labels {
                numbers: self.labels,
                palette,
            }),
            classic_map: tile.map(|map| (view.width as u32, view.height as u32, to_u16(&map))),
            metrics: (!self.truth.is_empty()).then(|| {
                let metrics = self.score.metrics();
                let threshold = (self.classes <= 1).then_some(f64::from(self.threshold));
                Metrics { threshold, ..metrics }
            }),
            ..PredictionMap::default()
        }
    }
}

impl Rows for MapBuilder {
    fn put(&mut self, values: &[f32]) {
        let k = self.classes.max(1);
        let width = self.size[1].max(1);
        let pixels = values.len() / k;
        if let Some(truth) = self.truth.get(self.taken..self.taken + pixels) {
            self.score.add(values, truth, self.threshold);
        }
        self.taken += pixels;
        let chosen = values
            .chunks_exact(k)
            .map(|p| p.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        match &mut self.resized {
            Some(map) => map.extend(chosen),
            None => self.probability.extend(chosen),
        }
        if k == 1 {
            values.chunks_exact(width).for_each(|row| self.shown.mean(row));
        } else {
            let labels = most_probable(values, k);
            labels.chunks_exact(width).for_each(|row| self.shown.pick(row, |l| l));
            self.labels.extend(labels);
        }
    }
}

/// A map shrunk row by row as [`crate::infer::shrink_mean`] and [`crate::infer::shrink_nearest`] shrink a whole one.
struct Shown {
    size: [usize; 2],
    max_px: usize,
    factor: usize,
    /// Rows seen.
    row: usize,
    /// Sums of the block at work, one a column.
    sums: Vec<f32>,
    out: Vec<u8>,
}

impl Shown {
    fn new(size: [usize; 2], max_px: usize) -> Self {
        let ([_, width], factor) = shrunk(size, max_px);
        Self {
            size,
            max_px,
            factor,
            row: 0,
            sums: vec![0.0; width],
            out: Vec::new(),
        }
    }

    /// Takes a row of probabilities.
    fn mean(&mut self, row: &[f32]) {
        for (sum, block) in self.sums.iter_mut().zip(row.chunks(self.factor)) {
            *sum = block.iter().fold(*sum, |sum, v| sum + v);
        }
        self.row += 1;
        let last = self.row == self.size[0];
        let rows = if last {
            (self.row - 1) % self.factor + 1
        } else {
            self.factor
        };
        if last || self.row.is_multiple_of(self.factor) {
            for (x, sum) in self.sums.iter_mut().enumerate() {
                let columns = self.factor.min(self.size[1] - x * self.factor);
                self.out
                    .push((std::mem::take(sum) / (rows * columns) as f32 * 255.0).round() as u8);
            }
        }
    }

    /// Takes a row of numbers, of which the middle of each block is kept.
    fn pick(&mut self, row: &[u8], shown: impl Fn(u8) -> u8) {
        let middle = |block: usize, n: usize| (block * self.factor + self.factor / 2).min(n.saturating_sub(1));
        if self.row == middle(self.row / self.factor, self.size[0]) {
            let picked = (0..self.sums.len()).filter_map(|x| row.get(middle(x, self.size[1])));
            let picked: Vec<u8> = picked.map(|v| shown(*v)).collect();
            self.out.extend(picked);
        }
        self.row += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::preprocess::Channels, train::layers};
    use rand::{Rng, SeedableRng};

    /// Row by row it is what the whole map gives.
    #[test]
    fn rows_add_up_to_the_whole() {
        let seed = 20_261_123;
        println!("seed {seed}");
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        for (height, width, classes) in [(1, 1, 1), (37, 50, 1), (64, 31, 1), (37, 50, 3), (53, 8, 6)] {
            let map: Vec<f32> = (0..height * width * classes).map(|_| rng.random()).collect();
            let truth: Vec<u8> = (0..height * width)
                .map(|_| rng.random_range(0..classes.max(2)) as u8)
                .collect();
            let view = View::native([height, width], Channels::Grey);
            let mut builder = MapBuilder::new(&view, classes, truth.clone(), 0.4, 16).expect("room");
            let mut rest = map.as_slice();
            while !rest.is_empty() {
                let rows = rng.random_range(1..=rest.len() / (width * classes));
                let (some, others) = rest.split_at(rows * width * classes);
                builder.put(some);
                rest = others;
            }
            let [got_shown, got_truth] = builder.take_shown();
            let got = builder.finish(&view, Vec::new(), false);
            let (shown_truth, shown) = layers(&truth, &map, [height, width], 16);
            assert_eq!(got_truth, shown_truth, "{height} {width} {classes}");
            let near = |a: &[u8], b: &[u8]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near(&got_shown, &shown), "{height} {width} {classes}");
            let mut score = Score::new(classes);
            score.add(&map, &truth, 0.4);
            let whole = score.metrics();
            let metrics = got.metrics.expect("a truth");
            assert_eq!((metrics.iou, metrics.accuracy), (whole.iou, whole.accuracy));
            assert!((metrics.loss - whole.loss).abs() < 1e-9 * whole.loss.abs().max(1.0));
            let mut quantized = QuantizedMap::with_room(height * width).expect("room");
            quantized.extend(map.chunks_exact(classes).map(|p| p.iter().copied().fold(0.0, f32::max)));
            assert!(got.probability == quantized);
            assert_eq!(
                got.labels.map(|l| l.numbers.len()),
                (classes > 1).then_some(height * width)
            );
        }
    }
}
