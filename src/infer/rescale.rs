//! Images and maps at another resolution: a triangle filter, which is bilinear where pixels get smaller and takes the
//! mean of all that a pixel covers where they get larger.

use std::collections::VecDeque;

use super::rows::Rows;

/// Source pixels of one target pixel along an axis: the first, and a weight each; the weights add up to 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taps {
    pub(super) start: usize,
    pub(super) weights: Vec<f32>,
}

impl Taps {
    pub(super) fn end(&self) -> usize {
        self.start + self.weights.len()
    }

    /// Of target pixel `at`, where an axis of `from` pixels becomes one of `to`; pixels beyond the edge do not count.
    pub(super) fn of(at: usize, from: usize, to: usize) -> Taps {
        let scale = from as f64 / to.max(1) as f64;
        let support = scale.max(1.0);
        let centre = (at as f64 + 0.5) * scale;
        let last = from.saturating_sub(1);
        let start = (((centre - support).floor().max(0.0)) as usize).min(last);
        let end = ((centre + support).ceil() as usize).clamp(start + 1, from.max(1));
        let weight = |i: usize| (1.0 - (i as f64 + 0.5 - centre).abs() / support).max(0.0);
        let sum: f64 = (start..end).map(weight).sum();
        // Only an image of one pixel can have no weight at all.
        let weights = match sum > 0.0 {
            true => (start..end).map(|i| (weight(i) / sum) as f32).collect(),
            false => vec![1.0],
        };
        Taps { start, weights }
    }

    pub(super) fn axis(from: usize, to: usize) -> Vec<Taps> {
        (0..to).map(|at| Taps::of(at, from, to)).collect()
    }
}

/// One row `[width, bands]` at another width, added to `out`.
pub(super) fn filter_row(row: &[f32], taps: &[Taps], bands: usize, out: &mut [f32]) {
    for (pixel, taps) in out.chunks_exact_mut(bands).zip(taps) {
        let from = row.get(taps.start * bands..).unwrap_or_default();
        for (source, w) in from.chunks_exact(bands).zip(&taps.weights) {
            pixel.iter_mut().zip(source).for_each(|(sum, v)| *sum += w * v);
        }
    }
}

/// Takes the rows of a map at one size and gives `out` those of another. Holds only the rows that one row of the result
/// is made of.
pub struct Rescale<R> {
    pub out: R,
    from: [usize; 2],
    to: [usize; 2],
    classes: usize,
    columns: Vec<Taps>,
    /// Rows at their new width, from row `first` of the source on.
    rows: VecDeque<Vec<f32>>,
    first: usize,
    /// Rows given.
    given: usize,
}

impl<R: Rows> Rescale<R> {
    /// `from` and `to`: height and width.
    pub fn new(from: [usize; 2], to: [usize; 2], classes: usize, out: R) -> Self {
        Self {
            out,
            from,
            to,
            classes: classes.max(1),
            columns: Taps::axis(from[1], to[1]),
            rows: VecDeque::new(),
            first: 0,
            given: 0,
        }
    }

    /// Gives what can be given.
    fn give(&mut self) {
        while self.given < self.to[0] {
            let taps = Taps::of(self.given, self.from[0], self.to[0]);
            if taps.end() > self.first + self.rows.len() {
                return;
            }
            let mut row = vec![0.0; self.to[1] * self.classes];
            let held = self.rows.iter().skip(taps.start - self.first.min(taps.start));
            for (source, weight) in held.zip(&taps.weights) {
                row.iter_mut().zip(source).for_each(|(sum, v)| *sum += weight * v);
            }
            self.out.put(&row);
            self.given += 1;
            let needed = Taps::of(self.given, self.from[0], self.to[0]).start;
            while self.first < needed && self.rows.pop_front().is_some() {
                self.first += 1;
            }
        }
    }
}

impl<R: Rows> Rows for Rescale<R> {
    fn put(&mut self, values: &[f32]) {
        if self.from == self.to {
            self.out.put(values);
            return;
        }
        for row in values.chunks_exact((self.from[1] * self.classes).max(1)) {
            let mut wide = vec![0.0; self.to[1] * self.classes];
            filter_row(row, &self.columns, self.classes, &mut wide);
            self.rows.push_back(wide);
            self.give();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rescaled(map: &[f32], from: [usize; 2], to: [usize; 2], classes: usize) -> Vec<f32> {
        let mut rescale = Rescale::new(from, to, classes, Vec::new());
        for some in map.chunks(from[1] * classes * 3) {
            rescale.put(some);
            // Two rows, or as many as one of the result covers on either side.
            assert!(rescale.rows.len() <= 2 * from[0].div_ceil(to[0]) + 2 || from == to);
        }
        rescale.out
    }

    #[test]
    fn a_plane_stays_a_plane_and_sizes_come_out() {
        for (from, to) in [
            ([6, 8], [12, 16]),
            ([40, 30], [10, 15]),
            ([7, 5], [11, 13]),
            ([9, 4], [9, 4]),
            ([1, 1], [3, 2]),
        ] {
            let map: Vec<f32> = (0..from[0] * from[1])
                .flat_map(|i| [(i % from[1]) as f32 / from[1] as f32, 0.25])
                .collect();
            let out = rescaled(&map, from, to, 2);
            assert_eq!(out.len(), to[0] * to[1] * 2);
            for (i, pixel) in out.chunks_exact(2).enumerate() {
                assert!((pixel[1] - 0.25).abs() < 1e-6);
                let x = i % to[1];
                let wanted = ((x as f32 + 0.5) * from[1] as f32 / to[1] as f32 - 0.5) / from[1] as f32;
                // Beyond the outermost centres there is nothing to go on with.
                let reach = from[1].div_ceil(to[1]) * to[1] / from[1].max(1) + 1;
                if x >= reach && x + reach < to[1] {
                    assert!(
                        (pixel[0] - wanted).abs() < 1e-5,
                        "{from:?} {to:?} {x}: {} {wanted}",
                        pixel[0]
                    );
                }
            }
        }
    }

    #[test]
    fn halving_covers_every_pixel() {
        let map: Vec<f32> = (0..16).map(|i| if i == 5 { 1.0 } else { 0.0 }).collect();
        let out = rescaled(&map, [4, 4], [2, 2], 1);
        assert!(out.iter().all(|v| *v > 0.0), "{out:?}");
        assert!(out[0] > out[3]);
    }
}
