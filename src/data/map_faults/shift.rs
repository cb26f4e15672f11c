//! Outlines beside what they mark: the shift under which they lie best on the edges of the picture.
//!
//! An outline is cut into stretches that look one way. Along each, the slope of brightness across the outline is summed
//! with its sign, so that texture cancels out and a wall does not; what counts is how large the sums are, whether
//! bright or dark is inside. This is done for every shift within reach, and a shift is only believed where it stands out
//! against all others, against no shift, and in several parts of the outlines for themselves.

use std::collections::BTreeMap;

use super::View;

/// Parts of the outlines that have to agree.
const GROUPS: usize = 4;
/// Shifts are tried at every other pixel; edges are wider than that.
const STEP_PX: i32 = 2;
/// Points of outlines that are looked at.
const MAX_POINTS: usize = 6000;
/// A stretch of an outline ends at the sides of squares of this size, pixels.
const CELL_PX: usize = 40;
/// Points of a stretch at least.
const LEAST_POINTS: usize = 5;
/// Stretches at least that have to be there for a estimate.
const LEAST_STRETCHES: u32 = 40;
/// Shifts nearer to each other than this are one, pixels.
const SAME_PX: i32 = 6;

/// How well outlines lie on edges under every shift within reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Largest shift along an axis, in steps.
    reach: i32,
    /// For each group and shift, row by row: the sum over stretches, and points that it is of.
    sums: [Vec<[f32; 2]>; GROUPS],
    stretches: u32,
}

/// What a [`Surface`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftEstimate {
    /// Where the outlines lie best: so many pixels to the right and down from where they are.
    pub best_px: [f64; 2],
    /// How far the best stands out from all, in standard deviations.
    pub significance: f64,
    /// How much of the best's height above the rest there is without a shift, 0..1.
    pub unshifted: f64,
    /// The same at the next best place.
    pub second: f64,
    /// Groups that find the same place for themselves.
    pub agreeing: usize,
}

impl ShiftEstimate {
    /// Whether outlines are said to be shifted, by no less than so many pixels.
    pub fn is_shifted(&self, least_px: f64) -> bool {
        let [x, y] = self.best_px;
        x.hypot(y) >= least_px
            && self.significance > if self.agreeing == GROUPS { 4.0 } else { 5.0 }
            && self.unshifted < 0.7
            && self.second < 0.9
            && self.agreeing >= GROUPS - 1
    }
}

/// A point of an outline: where in the padded field, and which way is out, in 1/127.
struct Point {
    at: usize,
    out: [i8; 2],
}

struct Stretch {
    points: std::ops::Range<usize>,
    group: usize,
}

/// Slopes of brightness with a margin of nothing all around, so that every shift stays within.
struct Field {
    /// To the right and down, in 1/127 of a strong edge; 1 where there is a picture.
    slopes: Vec<[i8; 4]>,
    stride: usize,
}

impl Surface {
    /// `reach_px`: how far outlines may have been shifted. `None` where there are too few to tell.
    pub fn new(view: &View, reach_px: u32) -> Option<Surface> {
        let reach = (reach_px as i32 / STEP_PX).clamp(1, 40);
        let margin = (reach * STEP_PX) as usize;
        let (points, stretches) = stretches(view, margin)?;
        let field = Field::new(view, margin);
        let side = 2 * reach + 1;
        let mut sums: [Vec<[f32; 2]>; GROUPS] = std::array::from_fn(|_| Vec::with_capacity((side * side) as usize));
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let by = (dy * STEP_PX) as isize * field.stride as isize + (dx * STEP_PX) as isize;
                let mut here = [[0.0f32; 2]; GROUPS];
                for stretch in &stretches {
                    let (mut sum, mut inside) = (0i32, 0i32);
                    for point in points.get(stretch.points.clone()).unwrap_or_default() {
                        let Some([x, y, is, _]) = field.slopes.get(point.at.wrapping_add_signed(by)) else {
                            continue;
                        };
                        sum += i32::from(*x) * i32::from(point.out[0]) + i32::from(*y) * i32::from(point.out[1]);
                        inside += i32::from(*is);
                    }
                    here[stretch.group][0] += sum.unsigned_abs() as f32;
                    here[stretch.group][1] += inside as f32;
                }
                for (sums, here) in sums.iter_mut().zip(here) {
                    sums.push(here);
                }
            }
        }
        Some(Surface {
            reach,
            sums,
            stretches: stretches.len() as u32,
        })
    }

    /// Whether both are of the same shifts, and can be [added](Self::add).
    pub fn is_like(&self, other: &Surface) -> bool {
        self.reach == other.reach
    }

    /// Takes in another picture's, of pixels of the same size.
    pub fn add(&mut self, other: &Surface) {
        if self.reach != other.reach {
            return;
        }
        self.stretches += other.stretches;
        for (own, others) in self.sums.iter_mut().zip(&other.sums) {
            for (a, b) in own.iter_mut().zip(others) {
                *a = [a[0] + b[0], a[1] + b[1]];
            }
        }
    }

    fn heights(&self, groups: std::ops::Range<usize>) -> Vec<f64> {
        let n = self.sums[0].len();
        let sum = |at: usize| {
            let all = self.sums.get(groups.clone()).unwrap_or_default().iter();
            let [sum, points] = all.fold([0.0, 0.0], |s, group| {
                let [a, b] = group.get(at).copied().unwrap_or_default();
                [s[0] + f64::from(a), s[1] + f64::from(b)]
            });
            sum / points.max(1.0)
        };
        (0..n).map(sum).collect()
    }

    fn shift_at(&self, at: usize) -> [i32; 2] {
        let side = 2 * self.reach + 1;
        [at as i32 % side - self.reach, at as i32 / side - self.reach]
    }

    fn is_near(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.shift_at(a), self.shift_at(b));
        (0..2).all(|i| (a[i] - b[i]).abs() * STEP_PX <= SAME_PX)
    }

    /// Where the outlines lie best and how sure that is; `None` where there are too few of them.
    pub fn judge(&self) -> Option<ShiftEstimate> {
        if self.stretches < LEAST_STRETCHES {
            return None;
        }
        let heights = self.heights(0..GROUPS);
        let zero = heights.len() / 2;
        let highest = |heights: &[f64], but: Option<usize>| {
            (0..heights.len())
                .filter(|at| but.is_none_or(|but| !self.is_near(*at, but)))
                .max_by(|a, b| heights[*a].total_cmp(&heights[*b]))
        };
        let best = highest(&heights, None)?;
        let rest: Vec<f64> = (0..heights.len())
            .filter(|at| !self.is_near(*at, best) && !self.is_near(*at, zero))
            .map(|at| heights[at])
            .collect();
        let mean = rest.iter().sum::<f64>() / rest.len().max(1) as f64;
        let variance = rest.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rest.len().max(1) as f64;
        let above = (heights[best] - mean).max(f64::MIN_POSITIVE);
        let near_zero = (0..heights.len()).filter(|at| {
            let [x, y] = self.shift_at(*at);
            x.abs().max(y.abs()) * STEP_PX <= STEP_PX
        });
        let unshifted = near_zero.map(|at| heights[at]).fold(f64::NEG_INFINITY, f64::max);
        let second = highest(&heights, Some(best)).map_or(mean, |at| heights[at]);
        let agreeing = (0..GROUPS).filter(|group| {
            let own = self.heights(*group..group + 1);
            highest(&own, None).is_some_and(|at| self.is_near(at, best))
        });
        Some(ShiftEstimate {
            best_px: self.between(&heights, best),
            significance: above / variance.sqrt().max(f64::MIN_POSITIVE),
            unshifted: ((unshifted - mean) / above).clamp(0.0, 1.0),
            second: ((second - mean) / above).clamp(0.0, 1.0),
            agreeing: agreeing.count(),
        })
    }

    /// The top of the parabolas through the highest place and its neighbours, pixels.
    fn between(&self, heights: &[f64], at: usize) -> [f64; 2] {
        let shift = self.shift_at(at);
        let side = (2 * self.reach + 1) as usize;
        let top = |axis: usize, by: usize| {
            let is_inside = shift[axis].abs() < self.reach;
            let [a, b, c] = [at.wrapping_sub(by), at, at + by].map(|at| heights.get(at).copied().unwrap_or(0.0));
            let bend = a - 2.0 * b + c;
            let offset = if is_inside && bend < 0.0 {
                (a - c) / (2.0 * bend)
            } else {
                0.0
            };
            (f64::from(shift[axis]) + offset.clamp(-0.5, 0.5)) * f64::from(STEP_PX)
        };
        [top(0, 1), top(1, side)]
    }
}

impl Field {
    fn new(view: &View, margin: usize) -> Field {
        let [w, h] = view.size();
        let grey = smooth(&view.grey, [w, h]);
        let stride = w + 2 * margin;
        let mut slopes = vec![[0i8; 4]; stride * (h + 2 * margin)];
        let at = |x: usize, y: usize| f32::from(grey[y * w + x]);
        let mut seen = Vec::new();
        for y in (1..h.saturating_sub(1)).step_by(5) {
            for x in (1..w.saturating_sub(1)).step_by(5) {
                seen.push((at(x + 1, y) - at(x - 1, y)).hypot(at(x, y + 1) - at(x, y - 1)));
            }
        }
        seen.sort_unstable_by(f32::total_cmp);
        // A very strong edge, of a shadow or a car, counts little more than a strong one.
        let strong = seen.get(seen.len() * 9 / 10).copied().unwrap_or(1.0).max(1.0);
        for y in 1..h.saturating_sub(1) {
            for x in 1..w.saturating_sub(1) {
                if !view.is_seen(x, y) {
                    continue;
                }
                let (right, down) = (at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1));
                let scale = 127.0 / (right.hypot(down) + strong);
                let slope = [(right * scale) as i8, (down * scale) as i8, 1, 0];
                slopes[(y + margin) * stride + x + margin] = slope;
            }
        }
        Field { slopes, stride }
    }
}

/// The mean of 3 x 3 pixels, times 9.
fn smooth(grey: &[u8], [w, h]: [usize; 2]) -> Vec<u16> {
    let mut rows = vec![0u16; w * h];
    for (row, out) in grey.chunks_exact(w).zip(rows.chunks_exact_mut(w)) {
        for (x, out) in out.iter_mut().enumerate() {
            *out = [x.saturating_sub(1), x, (x + 1).min(w - 1)]
                .iter()
                .map(|x| u16::from(row[*x]))
                .sum();
        }
    }
    let mut out = vec![0u16; w * h];
    for y in 0..h {
        for x in 0..w {
            let three = [y.saturating_sub(1), y, (y + 1).min(h - 1)];
            out[y * w + x] = three.iter().map(|y| rows[y * w + x]).sum();
        }
    }
    out
}

/// Points of the outlines, stretch by stretch; `None` if there are none. `margin`: of the field they are looked up in.
fn stretches(view: &View, margin: usize) -> Option<(Vec<Point>, Vec<Stretch>)> {
    let [w, h] = view.size();
    let marks = &view.marks;
    let mut all: BTreeMap<(usize, usize, u8), Vec<Point>> = BTreeMap::new();
    for y in 3..h.saturating_sub(3) {
        for x in 3..w.saturating_sub(3) {
            let at = y * w + x;
            if marks[at] != 1 || [at - 1, at + 1, at - w, at + w].iter().all(|at| marks[*at] == 1) {
                continue;
            }
            let (mut right, mut down, mut known) = (0i32, 0i32, true);
            for j in 0..7usize {
                for i in 0..7usize {
                    let mark = marks[(y + j - 3) * w + x + i - 3];
                    known &= mark != super::UNKNOWN;
                    if mark == 1 {
                        right -= i as i32 - 3;
                        down -= j as i32 - 3;
                    }
                }
            }
            let length = f64::from(right).hypot(f64::from(down));
            // The middle of a thin line has no side that is out.
            if !known || length < 12.0 {
                continue;
            }
            let out = [right, down].map(|v| (f64::from(v) / length * 127.0) as i8);
            let way = f64::from(down).atan2(f64::from(right)) / std::f64::consts::PI * 4.0 + 4.5;
            let point = Point {
                at: (y + margin) * (w + 2 * margin) + x + margin,
                out,
            };
            all.entry((y / CELL_PX, x / CELL_PX, way as u8 % 8))
                .or_default()
                .push(point);
        }
    }
    all.retain(|_, points| points.len() >= LEAST_POINTS);
    let total: usize = all.values().map(Vec::len).sum();
    // Of many, every other stretch and every other point.
    let thin = (total / MAX_POINTS).max(1);
    let mut points = Vec::new();
    let mut stretches = Vec::new();
    for (number, ((row, column, _), own)) in all.into_iter().enumerate() {
        if number % thin != 0 {
            continue;
        }
        let from = points.len();
        points.extend(own);
        let group = (row / 2 % 2) * 2 + column / 2 % 2;
        stretches.push(Stretch {
            points: from..points.len(),
            group,
        });
    }
    (!points.is_empty()).then_some((points, stretches))
}
