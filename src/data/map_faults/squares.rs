//! What marked places look like, learnt from the mapped part of a picture and asked of the rest.

use super::{UNKNOWN, View};

/// Least correlation of look and marks in the mapped part, for the look to say anything.
const LEAST_SKILL: f64 = 0.35;
/// Numbers that describe a square.
const FEATURES: usize = 10;
/// With their products and a constant.
const TERMS: usize = 1 + FEATURES + FEATURES * (FEATURES + 1) / 2;
/// Squares that the fit is made on, at most.
const MAX_SQUARES: usize = 9000;

/// Fine squares: what each looks like and whether it is marked.
pub(super) struct Squares {
    side: usize,
    size: [usize; 2],
    features: Vec<[f32; FEATURES]>,
    /// 1 marked, 0 not, [`UNKNOWN`].
    marks: Vec<u8>,
}

impl Squares {
    pub(super) fn of(view: &View, object_px: f64) -> Squares {
        let [w, h] = view.size();
        let side = ((object_px / 3.0).round() as usize).max(w.max(h) / 220).clamp(3, 40);
        let size = [w / side, h / side];
        let n = size[0] * size[1];
        let (mut own, mut marks) = (vec![[0.0f32; 5]; n], vec![UNKNOWN; n]);
        for row in 0..size[1] {
            for column in 0..size[0] {
                let (mut sums, mut square, mut slope) = ([0.0f32; 3], 0.0f32, 0.0f32);
                let (mut ones, mut unknown) = (0usize, 0usize);
                for y in row * side..(row + 1) * side {
                    for x in column * side..(column + 1) * side {
                        let at = y * w + x;
                        for (sum, v) in sums.iter_mut().zip(&view.rgba[at * 4..at * 4 + 3]) {
                            *sum += f32::from(*v);
                        }
                        let grey = f32::from(view.grey[at]);
                        square += grey * grey;
                        let right = f32::from(view.grey[if x + 1 < w { at + 1 } else { at }]);
                        let below = f32::from(view.grey[if y + 1 < h { at + w } else { at }]);
                        slope += (right - grey).abs() + (below - grey).abs();
                        ones += usize::from(view.marks[at] == 1);
                        unknown += usize::from(view.marks[at] == UNKNOWN || !view.is_seen(x, y));
                    }
                }
                let pixels = (side * side) as f32;
                let [r, g, b] = sums.map(|sum| sum / pixels);
                let grey = 0.3 * r + 0.59 * g + 0.11 * b;
                let spread = (square / pixels - grey * grey).max(0.0).sqrt();
                let at = row * size[0] + column;
                own[at] = [
                    grey,
                    r - g,
                    b - g,
                    (1.0 + spread).ln() * 20.0,
                    (1.0 + slope / pixels).ln() * 20.0,
                ];
                if unknown == 0 {
                    marks[at] = u8::from(2 * ones >= side * side);
                }
            }
        }
        let features = (0..n).map(|at| features(&own, size, at)).collect();
        Squares {
            side,
            size,
            features,
            marks,
        }
    }

    /// How much of the last rectangle looks marked, over what does of the rest; `None` where looks say too little. All
    /// rectangles, of squares of `cell` pixels, take no part in the fit.
    pub(super) fn likeness(&self, rects: &[[usize; 4]], cell: usize, object_px: f64) -> Option<f64> {
        let inside = |at: usize, rect: &[usize; 4]| {
            let [x, y] = [at % self.size[0], at / self.size[0]].map(|v| (v * self.side + self.side / 2) / cell);
            (rect[0]..rect[2]).contains(&x) && (rect[1]..rect[3]).contains(&y)
        };
        let asked = rects.last()?;
        let mapped: Vec<usize> = (0..self.features.len())
            .filter(|at| self.marks[*at] != UNKNOWN && !rects.iter().any(|rect| inside(*at, rect)))
            .collect();
        let there: Vec<usize> = (0..self.features.len()).filter(|at| inside(*at, asked)).collect();
        let scale = Scale::of(mapped.iter().map(|at| &self.features[*at]));
        // Blocks of squares in turn: a square next to one that was fitted to is no proof.
        let fold = |at: usize| (at % self.size[0] / 8 + at / self.size[0] / 8) % 2;
        let fit = |wanted: &dyn Fn(usize) -> bool| -> Option<Vec<f64>> {
            let chosen: Vec<usize> = mapped.iter().copied().filter(|at| wanted(*at)).collect();
            self.fit(&chosen, &scale)
        };
        let halves = [fit(&|at| fold(at) == 1)?, fit(&|at| fold(at) == 0)?];
        let whole = fit(&|_| true)?;
        let score = |weights: &[f64], at: usize| {
            scale
                .terms(&self.features[at])
                .iter()
                .zip(weights)
                .map(|(t, w)| t * w)
                .sum::<f64>()
        };
        let scores: Vec<f64> = mapped.iter().map(|at| score(&halves[fold(*at)], *at)).collect();
        let marked = mapped.iter().filter(|at| self.marks[**at] == 1).count();
        if marked < 20 || marked * 2 > mapped.len() || skill(&scores, &mapped, &self.marks) < LEAST_SKILL {
            return None;
        }
        // As many squares are taken for marked as there are.
        let mut sorted = scores.clone();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let cut = *sorted.get(marked)?;
        let mut taken = vec![false; self.features.len()];
        for (at, score) in mapped.iter().zip(&scores) {
            taken[*at] = *score > cut;
        }
        for at in &there {
            taken[*at] = score(&whole, *at) > cut;
        }
        let object = object_px / self.side as f64;
        self.keep_objects(&mut taken, 6.0 * object * object);
        let share = |of: &mut dyn Iterator<Item = usize>| {
            let (n, hits) = of.fold((0usize, 0usize), |(n, hits), at| (n + 1, hits + usize::from(taken[at])));
            hits as f64 / n.max(1) as f64
        };
        let right = share(&mut mapped.iter().copied().filter(|at| self.marks[*at] == 1));
        let wrong = share(&mut mapped.iter().copied().filter(|at| self.marks[*at] == 0));
        let here = share(&mut there.iter().copied());
        let density = marked as f64 / mapped.len() as f64;
        (right > wrong).then(|| (here - wrong) / (right - wrong) / density)
    }

    /// Lets go of patches of more squares than an object has, and of single ones.
    fn keep_objects(&self, taken: &mut [bool], most: f64) {
        let [columns, rows] = self.size;
        let mut seen = vec![false; taken.len()];
        for start in 0..taken.len() {
            if seen[start] || !taken[start] {
                continue;
            }
            seen[start] = true;
            let mut patch = vec![start];
            let mut next = 0;
            while let Some(at) = patch.get(next).copied() {
                next += 1;
                let (x, y) = (at % columns, at / columns);
                let near = [
                    (x > 0, at.wrapping_sub(1)),
                    (x + 1 < columns, at + 1),
                    (y > 0, at.wrapping_sub(columns)),
                    (y + 1 < rows, at + columns),
                ];
                for (_, to) in near.into_iter().filter(|(is_inside, _)| *is_inside) {
                    if taken[to] && !seen[to] {
                        seen[to] = true;
                        patch.push(to);
                    }
                }
            }
            if patch.len() < 2 || patch.len() as f64 > most {
                patch.iter().for_each(|at| taken[*at] = false);
            }
        }
    }

    /// Least squares with a small ridge, the two kinds of squares weighing alike.
    fn fit(&self, chosen: &[usize], scale: &Scale) -> Option<Vec<f64>> {
        let thin = (chosen.len() / MAX_SQUARES).max(1);
        let marked = chosen.iter().filter(|at| self.marks[**at] == 1).count();
        if marked < 10 || marked + 10 > chosen.len() {
            return None;
        }
        let mut normal = vec![0.0f64; TERMS * TERMS];
        let mut right = vec![0.0f64; TERMS];
        let weights = [0.5 / (chosen.len() - marked) as f64, 0.5 / marked as f64];
        for (number, at) in chosen.iter().enumerate() {
            let is_marked = self.marks[*at] == 1;
            if !is_marked && number % thin != 0 {
                continue;
            }
            let weight = weights[usize::from(is_marked)] * if is_marked { 1.0 } else { thin as f64 };
            let terms = scale.terms(&self.features[*at]);
            for (i, term) in terms.iter().enumerate() {
                let weighed = term * weight;
                right[i] += if is_marked { weighed } else { -weighed };
                for (sum, other) in normal[i * TERMS..i * TERMS + i + 1].iter_mut().zip(&terms) {
                    *sum += weighed * other;
                }
            }
        }
        for i in 0..TERMS {
            normal[i * TERMS + i] += 2e-3;
        }
        solve(&mut normal, right)
    }
}

/// A square against its neighbours, near and farther.
fn features(own: &[[f32; 5]], [columns, rows]: [usize; 2], at: usize) -> [f32; FEATURES] {
    let (x, y) = (at % columns, at / columns);
    let around = |reach: usize| {
        let mut sums = [0.0f32; 5];
        let mut n = 0.0f32;
        for j in y.saturating_sub(reach)..(y + reach + 1).min(rows) {
            for i in x.saturating_sub(reach)..(x + reach + 1).min(columns) {
                for (sum, v) in sums.iter_mut().zip(&own[j * columns + i]) {
                    *sum += v;
                }
                n += 1.0;
            }
        }
        sums.map(|sum| sum / n.max(1.0))
    };
    let (near, far) = (around(1), around(4));
    let here = own[at];
    [
        here[0] - far[0],
        here[1],
        here[2],
        here[1] - far[1],
        here[2] - far[2],
        here[3] - far[3],
        near[0] - far[0],
        near[3] - far[3],
        here[4],
        near[4] - far[4],
    ]
}

/// Brings features to mean 0 and deviation 1.
struct Scale {
    mean: [f64; FEATURES],
    by: [f64; FEATURES],
}

impl Scale {
    fn of<'a>(features: impl Iterator<Item = &'a [f32; FEATURES]> + Clone) -> Scale {
        let n = features.clone().count().max(1) as f64;
        let mean = std::array::from_fn(|i| features.clone().map(|one| f64::from(one[i])).sum::<f64>() / n);
        let by = std::array::from_fn(|i: usize| {
            let square: f64 = features.clone().map(|one| (f64::from(one[i]) - mean[i]).powi(2)).sum();
            1.0 / (square / n).sqrt().max(1e-6)
        });
        Scale { mean, by }
    }

    /// A constant, the features, and their products. What is far out counts as the farthest that is usual.
    fn terms(&self, one: &[f32; FEATURES]) -> [f64; TERMS] {
        let mut out = [1.0; TERMS];
        let scaled: [f64; FEATURES] =
            std::array::from_fn(|i| ((f64::from(one[i]) - self.mean[i]) * self.by[i]).clamp(-3.0, 3.0));
        out[1..=FEATURES].copy_from_slice(&scaled);
        let mut next = FEATURES + 1;
        for i in 0..FEATURES {
            for j in i..FEATURES {
                out[next] = scaled[i] * scaled[j];
                next += 1;
            }
        }
        out
    }
}

/// Correlation of scores with marks.
fn skill(scores: &[f64], squares: &[usize], marks: &[u8]) -> f64 {
    let n = scores.len().max(1) as f64;
    let mark = |at: usize| f64::from(marks[at].min(1));
    let (mean, share) = (
        scores.iter().sum::<f64>() / n,
        squares.iter().map(|at| mark(*at)).sum::<f64>() / n,
    );
    let (mut both, mut a, mut b) = (0.0, 0.0, 0.0);
    for (score, at) in scores.iter().zip(squares) {
        let (s, m) = (score - mean, mark(*at) - share);
        both += s * m;
        a += s * s;
        b += m * m;
    }
    both / (a * b).sqrt().max(f64::MIN_POSITIVE)
}

/// Solves by Cholesky; `normal` holds its lower half.
fn solve(normal: &mut [f64], mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for j in 0..n {
        for i in j..n {
            let sum: f64 = (0..j).map(|k| normal[i * n + k] * normal[j * n + k]).sum();
            let v = normal[i * n + j] - sum;
            if i == j {
                if v.is_nan() || v <= 0.0 {
                    return None;
                }
                normal[i * n + j] = v.sqrt();
            } else {
                normal[i * n + j] = v / normal[j * n + j];
            }
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| normal[i * n + k] * right[k]).sum();
        right[i] = (right[i] - sum) / normal[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| normal[k * n + i] * right[k]).sum();
        right[i] = (right[i] - sum) / normal[i * n + i];
    }
    right.iter().all(|v| v.is_finite()).then_some(right)
}
