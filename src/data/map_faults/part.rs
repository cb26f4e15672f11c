//! Outlines on a part of the scene only: rectangles with no outline whose ground looks as the mapped part's does.
//!
//! An empty rectangle may be a field, a lake, or what nobody got to. To tell, the mapped part teaches what a marked place
//! looks like: squares a third of an object wide are described by colour, contrast and slope, each for itself and against
//! what is around, and a least-squares fit on these numbers and their products tells marked squares from others. How well
//! it does is measured on mapped squares that it was not fitted to; then the empty rectangle is looked at. Only patches
//! of an object's size count, so that one large field of a roof's colour is no town.

use super::{View, squares::Squares};

/// A rectangle where nothing is mapped, as shares of the picture's width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Left and top.
    pub from: [f64; 2],
    /// Right and bottom.
    pub to: [f64; 2],
    /// What there is of marked-looking ground, over what the mapped part has: about 1 if it is as full.
    pub likeness: f64,
}

/// Squares along the longer side in which empty rectangles are looked for.
const COARSE: usize = 50;
/// Least share of the picture that is worth a word.
const LEAST_SHARE: f64 = 0.12;
/// The same of further rectangles once one is found.
const LEAST_MORE: f64 = 0.06;
/// Outlines that would be expected in the rectangle at the mapped part's density: of one that reaches the picture's edge
/// both ways and is large, of a smaller one, and of one with outlines on two sides of it, as a street has.
const LEAST_EXPECTED: [f64; 3] = [12.0, 25.0, 40.0];
/// A large rectangle's share of the picture.
const LARGE_SHARE: f64 = 0.3;
/// Ground that looks marked, against the mapped part.
const LEAST_LIKENESS: f64 = 0.4;
/// Rectangles that are told of.
const MAX_PARTS: usize = 3;

/// Rectangles that look as if they had not been mapped yet; the largest first.
pub fn unmapped(view: &View) -> Vec<Part> {
    let Some(objects) = Objects::of(view) else {
        return Vec::new();
    };
    let mut found: Vec<[usize; 4]> = Vec::new();
    let mut parts = Vec::new();
    let mut empty = Empty::of(view);
    let mut squares = None;
    while parts.len() < MAX_PARTS {
        let Some(rect) = empty.largest() else { break };
        let share = empty.share(rect);
        let mapped = 1.0 - empty.share_of_all(&found) - share;
        let least = if found.is_empty() { LEAST_SHARE } else { LEAST_MORE };
        let expected = match empty.is_at_edge(rect) {
            true if share >= LARGE_SHARE => LEAST_EXPECTED[0],
            true => LEAST_EXPECTED[1],
            false => LEAST_EXPECTED[2],
        };
        if share < least || mapped < 0.1 || objects.count as f64 * share / mapped < expected {
            break;
        }
        empty.take(rect);
        let squares = squares.get_or_insert_with(|| Squares::of(view, objects.side_px));
        let mut without = found.clone();
        without.push(rect);
        let Some(likeness) = squares.likeness(&without, empty.cell, objects.side_px) else {
            break;
        };
        if likeness < LEAST_LIKENESS {
            break;
        }
        found.push(rect);
        parts.push(empty.part(rect, likeness));
    }
    parts
}

/// What is marked, as single things.
struct Objects {
    count: usize,
    /// Side of a square of the middle object's area.
    side_px: f64,
}

impl Objects {
    /// `None` where there are too few to say what is usual, or where they are no single things.
    fn of(view: &View) -> Option<Objects> {
        let [w, h] = view.size();
        let mut seen = vec![false; w * h];
        let mut areas = Vec::new();
        let mut open = Vec::new();
        for start in 0..w * h {
            if seen[start] || view.marks[start] != 1 {
                continue;
            }
            seen[start] = true;
            open.push(start);
            let mut area = 0usize;
            while let Some(at) = open.pop() {
                area += 1;
                let (x, y) = (at % w, at / w);
                let near = [
                    (x > 0, at.wrapping_sub(1)),
                    (x + 1 < w, at + 1),
                    (y > 0, at.wrapping_sub(w)),
                    (y + 1 < h, at + w),
                ];
                for (_, next) in near.into_iter().filter(|(is_inside, _)| *is_inside) {
                    if !seen[next] && view.marks[next] == 1 {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
            areas.push(area);
        }
        areas.sort_unstable();
        let middle = *areas.get(areas.len() / 2)?;
        let large = areas.last().is_some_and(|area| *area * 5 > w * h);
        (areas.len() >= 10 && middle >= 16 && !large).then_some(Objects {
            count: areas.len(),
            side_px: (middle as f64).sqrt(),
        })
    }
}

/// Coarse squares without a mark, and rectangles of them.
struct Empty {
    /// Side of a square in pixels.
    cell: usize,
    size: [usize; 2],
    picture: [usize; 2],
    free: Vec<bool>,
}

impl Empty {
    fn of(view: &View) -> Empty {
        let [w, h] = view.size();
        let cell = w.max(h).div_ceil(COARSE).max(1);
        let size = [w.div_ceil(cell), h.div_ceil(cell)];
        let mut free = vec![true; size[0] * size[1]];
        for y in 0..h {
            for x in 0..w {
                if view.marks[y * w + x] != 0 || !view.is_seen(x, y) {
                    free[y / cell * size[0] + x / cell] = false;
                }
            }
        }
        Empty {
            cell,
            size,
            picture: [w, h],
            free,
        }
    }

    /// Left, top, right and bottom of the largest free rectangle, in squares.
    fn largest(&self) -> Option<[usize; 4]> {
        let [columns, rows] = self.size;
        let mut heights = vec![0usize; columns];
        let mut best = None;
        let mut best_area = 0;
        for y in 0..rows {
            for (x, height) in heights.iter_mut().enumerate() {
                *height = if self.free[y * columns + x] { *height + 1 } else { 0 };
            }
            for left in 0..columns {
                let mut low = usize::MAX;
                for (right, height) in heights.iter().enumerate().skip(left) {
                    low = low.min(*height);
                    let area = low * (right + 1 - left);
                    if area > best_area {
                        best_area = area;
                        best = Some([left, y + 1 - low, right + 1, y + 1]);
                    }
                }
            }
        }
        best
    }

    /// Whether it reaches an edge of the picture along both axes.
    fn is_at_edge(&self, [left, top, right, bottom]: [usize; 4]) -> bool {
        (left == 0 || right == self.size[0]) && (top == 0 || bottom == self.size[1])
    }

    fn take(&mut self, [left, top, right, bottom]: [usize; 4]) {
        for y in top..bottom {
            self.free[y * self.size[0] + left..y * self.size[0] + right].fill(false);
        }
    }

    fn share(&self, rect: [usize; 4]) -> f64 {
        let part = self.part(rect, 0.0);
        (part.to[0] - part.from[0]) * (part.to[1] - part.from[1])
    }

    fn share_of_all(&self, rects: &[[usize; 4]]) -> f64 {
        rects.iter().map(|rect| self.share(*rect)).sum()
    }

    fn part(&self, [left, top, right, bottom]: [usize; 4], likeness: f64) -> Part {
        let share = |at: usize, axis: usize| ((at * self.cell) as f64 / self.picture[axis] as f64).min(1.0);
        Part {
            from: [share(left, 0), share(top, 1)],
            to: [share(right, 0), share(bottom, 1)],
            likeness,
        }
    }
}
