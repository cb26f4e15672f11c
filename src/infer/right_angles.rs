//! Outlines of what people build, with right angles where they nearly are.
//!
//! A ring has one main direction, to which its sides are parallel or upright: the mean of their directions, four times over so
//! that the two are one, weighted by length. Sides next to each other of one kind become one line through their middles, a
//! step shorter than [`STEP_PX`] goes, and corners are where lines meet. What that would change much stays as it is.

use super::{
    crossings::crossing,
    simplify::{Ring, signed_area},
};

/// Sides this far from the main direction still count as parallel or upright to it, degrees.
const NEAR_DEG: f64 = 20.0;
/// Of the length of all sides at least this share must be.
const NEAR_SHARE: f64 = 0.8;
/// A side that is not must be shorter than this, pixels, and than this share of all.
const SLANTED_PX: f64 = 3.0;
const SLANTED_SHARE: f64 = 0.12;
/// Shorter steps are none, pixels.
const STEP_PX: f64 = 1.5;
/// The area may change by this share, and of what both cover together this share must be common.
const AREA_SHARE: f64 = 0.04;
const COMMON_SHARE: f64 = 0.92;
/// Rows that are compared for it at most.
const MAX_ROWS: usize = 400;

/// Sides of a ring that became one line.
#[derive(Clone, Copy)]
struct Line {
    /// Along the main direction, or else upright to it.
    along: bool,
    /// Where it lies across, and the length of the sides it is made of.
    at: f64,
    length: f64,
}

/// A boundary (first) and its holes with right angles; `None` where that would be another shape. `exact`: the same along the
/// pixels' edges.
pub fn right_angled(rings: &[Ring], exact: &[Ring]) -> Option<Vec<Ring>> {
    let [outer, holes @ ..] = rings else { return None };
    let turn = main_direction(outer)?;
    let mut out = vec![squared(outer, turn)?];
    out.extend(
        holes
            .iter()
            .map(|hole| squared(hole, turn).unwrap_or_else(|| hole.clone())),
    );
    let shown: Vec<(&[[f64; 2]], bool)> = out.iter().map(|ring| (ring.as_slice(), false)).collect();
    if crossing(&shown).contains(&true) {
        return None;
    }
    let (own, theirs) = (area(&out), area(exact));
    let is_alike = (own - theirs).abs() <= AREA_SHARE * theirs && common_share(&out, exact) >= COMMON_SHARE;
    let corners = |rings: &[Ring]| rings.iter().map(Vec::len).sum::<usize>();
    (is_alike && corners(&out) <= corners(exact)).then_some(out)
}

fn area(rings: &[Ring]) -> f64 {
    let areas: Vec<f64> = rings.iter().map(|ring| signed_area(ring).abs()).collect();
    areas.first().copied().unwrap_or(0.0) - areas.iter().skip(1).sum::<f64>()
}

fn sides(ring: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Angle of the main direction, in radians from -pi/4 to pi/4.
fn main_direction(ring: &[[f64; 2]]) -> Option<f64> {
    let (mut x, mut y) = (0.0, 0.0);
    for (a, b) in sides(ring) {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let (length, angle) = (dx.hypot(dy), 4.0 * dy.atan2(dx));
        x += length * angle.cos();
        y += length * angle.sin();
    }
    (x.hypot(y) > 0.0).then(|| y.atan2(x) / 4.0)
}

fn turned([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = angle.sin_cos();
    [x * cos - y * sin, x * sin + y * cos]
}

/// A ring with right angles; `None` if its sides have other directions.
fn squared(ring: &[[f64; 2]], angle: f64) -> Option<Ring> {
    let flat: Ring = ring.iter().map(|corner| turned(*corner, -angle)).collect();
    let total: f64 = sides(&flat).map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1])).sum();
    let mut lines: Vec<Line> = Vec::new();
    let mut near = 0.0;
    for (a, b) in sides(&flat) {
        let (dx, dy) = ((b[0] - a[0]).abs(), (b[1] - a[1]).abs());
        let length = dx.hypot(dy);
        if length == 0.0 {
            continue;
        }
        let along = dx >= dy;
        if dx.min(dy).atan2(dx.max(dy)).to_degrees() <= NEAR_DEG {
            near += length;
        } else if length > SLANTED_PX.max(SLANTED_SHARE * total) {
            return None;
        }
        let at = if along {
            (a[1] + b[1]) / 2.0
        } else {
            (a[0] + b[0]) / 2.0
        };
        lines.push(Line { along, at, length });
    }
    if near < NEAR_SHARE * total {
        return None;
    }
    join(&mut lines);
    // Steps go, the shortest first: the lines on both sides of one become one.
    while lines.len() > 4 {
        let n = lines.len();
        let extent = |i: usize| (lines[(i + 1) % n].at - lines[(i + n - 1) % n].at).abs();
        let shortest = (0..n).min_by(|a, b| extent(*a).total_cmp(&extent(*b)))?;
        if extent(shortest) >= STEP_PX {
            break;
        }
        lines.remove(shortest);
        join(&mut lines);
    }
    if lines.len() < 4 || !lines.len().is_multiple_of(2) {
        return None;
    }
    let corners = (0..lines.len()).map(|i| {
        let (one, next) = (lines[i], lines[(i + 1) % lines.len()]);
        let corner = if one.along {
            [next.at, one.at]
        } else {
            [one.at, next.at]
        };
        turned(corner, angle)
    });
    Some(corners.collect())
}

/// Lines of one kind that follow each other become one, those at the end and at the beginning too.
fn join(lines: &mut Vec<Line>) {
    let together = |a: &Line, b: &Line| {
        let length = a.length + b.length;
        Line {
            at: (a.at * a.length + b.at * b.length) / length,
            length,
            ..*a
        }
    };
    let mut out: Vec<Line> = Vec::new();
    for line in lines.drain(..) {
        match out.last_mut() {
            Some(last) if last.along == line.along => *last = together(last, &line),
            _ => out.push(line),
        }
    }
    if out.len() > 2
        && let (Some(first), Some(last)) = (out.first().copied(), out.last().copied())
        && first.along == last.along
    {
        out.pop();
        if let Some(line) = out.first_mut() {
            *line = together(&first, &last);
        }
    }
    *lines = out;
}

/// Of what two shapes cover together, the share that both do.
fn common_share(one: &[Ring], other: &[Ring]) -> f64 {
    let rows = |rings: &[Ring]| {
        let all = rings.iter().flatten().map(|corner| corner[1]);
        all.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| {
            [low.min(y), high.max(y)]
        })
    };
    let ([a, b], [c, d]) = (rows(one), rows(other));
    let (top, bottom) = (a.min(c), b.max(d));
    let count = ((bottom - top).ceil() as usize * 2).clamp(1, MAX_ROWS);
    let (mut both, mut either) = (0.0, 0.0);
    for row in 0..count {
        // Off the pixels' edges, along which the sides of one of them run.
        let y = top + (bottom - top) * (row as f64 + 0.493) / count as f64;
        let (one, other) = (spans(one, y), spans(other, y));
        let length = |spans: &[[f64; 2]]| spans.iter().map(|[from, to]| to - from).sum::<f64>();
        let shared: f64 = one
            .iter()
            .flat_map(|a| other.iter().map(|b| (a[1].min(b[1]) - a[0].max(b[0])).max(0.0)))
            .sum();
        both += shared;
        either += length(&one) + length(&other) - shared;
    }
    if either > 0.0 { both / either } else { 0.0 }
}

/// Where a level line lies inside.
fn spans(rings: &[Ring], y: f64) -> Vec<[f64; 2]> {
    let crossed = rings.iter().flat_map(|ring| sides(ring)).filter_map(|(a, b)| {
        let meets = (a[1] <= y) != (b[1] <= y);
        meets.then(|| a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]))
    });
    let mut at: Vec<f64> = crossed.collect();
    at.sort_by(f64::total_cmp);
    at.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::{regions, simplified};

    /// The outline of a shape of 120 x 120 pixels, simplified and exact.
    fn outline(inside: impl Fn(f64, f64) -> bool) -> (Vec<Ring>, Vec<Ring>) {
        let found = regions([120, 120], 1, |y, x| inside(x as f64 + 0.5, y as f64 + 0.5));
        let region = found.into_iter().max_by_key(|region| region.area_px).expect("a region");
        (simplified(&region, 1.5), simplified(&region, 0.0))
    }

    fn turned_back(x: f64, y: f64, degrees: f64) -> [f64; 2] {
        turned([x - 60.0, y - 60.0], -degrees.to_radians())
    }

    fn are_right(ring: &Ring) -> bool {
        let directions: Vec<[f64; 2]> = sides(ring).map(|(a, b)| [b[0] - a[0], b[1] - a[1]]).collect();
        (0..directions.len()).all(|i| {
            let (a, b) = (directions[i], directions[(i + 1) % directions.len()]);
            (a[0] * b[0] + a[1] * b[1]).abs() < 1e-6 * a[0].hypot(a[1]) * b[0].hypot(b[1])
        })
    }

    #[test]
    fn houses_have_right_angles() {
        for degrees in [0.0, 7.0, 20.0, 33.0, 45.0, 71.0] {
            let (rings, exact) = outline(|x, y| {
                let [x, y] = turned_back(x, y, degrees);
                x.abs() < 40.0 && y.abs() < 22.0
            });
            let square = right_angled(&rings, &exact).expect("a house");
            assert!(square[0].len() == 4 && are_right(&square[0]), "{degrees}: {square:?}");

            let (rings, exact) = outline(|x, y| {
                let [x, y] = turned_back(x, y, degrees);
                x.abs() < 40.0 && y.abs() < 30.0 && !(x > 5.0 && y > 2.0)
            });
            let square = right_angled(&rings, &exact).expect("a house with a wing");
            assert!(square[0].len() == 6 && are_right(&square[0]), "{degrees}: {square:?}");
            assert!(common_share(&square, &exact) > 0.95, "{degrees}");
        }
    }

    #[test]
    fn a_court_stays_in_its_house() {
        let (rings, exact) = outline(|x, y| {
            let [x, y] = turned_back(x, y, 12.0);
            x.abs() < 40.0 && y.abs() < 40.0 && !(x.abs() < 15.0 && y.abs() < 12.0)
        });
        let square = right_angled(&rings, &exact).expect("a house");
        assert_eq!(square.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        assert!((area(&square) / area(&exact) - 1.0).abs() < 0.02);
    }

    #[test]
    fn what_is_round_or_slanted_stays_as_it_is() {
        let (rings, exact) = outline(|x, y| (x - 60.0).hypot(y - 60.0) < 40.0);
        assert_eq!(right_angled(&rings, &exact), None);
        let (rings, exact) = outline(|x, y| x > 10.0 && y > 10.0 && x + y < 100.0);
        assert_eq!(right_angled(&rings, &exact), None);
        assert_eq!(right_angled(&[], &[]), None);
    }
}
