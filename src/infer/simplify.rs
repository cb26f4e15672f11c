//! Outlines of regions with fewer corners, as a person would draw them.
//!
//! A boundary along pixel edges is a staircase wherever it is not upright or level. What stands for it here are the middles
//! of its pixel edges: those of a straight border lie to both sides of it in equal shares, so that lines through them are
//! neither outside nor inside. Douglas and Peucker's method (Cartographica 1973) chooses the corners, a line of least squares
//! (total, of the distances across) goes through the points between two of them, and corners are where lines meet.

use super::{
    Region,
    crossings::{crossing, to_stretch as off},
};

/// Points of a ring: column and row.
pub type Ring = Vec<[f64; 2]>;

/// A ring is taken with a finer tolerance if its area would change by more than this share of it. The same if what lies
/// between the ring and the middles of its pixel edges is more, as long as the tolerance is above [`FINE_PX`]: on small shapes
/// the steps of the pixels alone come to as much.
const AREA_SHARE: f64 = 0.05;
const FINE_PX: f64 = 1.0;
/// The tolerance is halved so often before a ring stays as its pixels are.
const HALVINGS: u32 = 3;
/// Of longer stretches both ends are corners: the time of the method grows with the square of their length.
const MAX_STRETCH: usize = 2000;
/// Two lines meet in a corner if their directions differ by at least the angle of this sine (15 degrees).
const MEET_SINE: f64 = 0.26;
/// Corners nearer than this are one, pixels.
const SAME_PX: f64 = 0.05;
/// Stretches of so many points are straight without those next to the corners, which belong to both sides.
const WITHOUT_ENDS: usize = 5;

/// Boundary (first) and holes of a region in pixels, their lines within about `tolerance_px` of the pixels' edges.
///
/// No ring crosses or touches itself or another more than its pixels do: rings that would are taken with a finer
/// tolerance, at last as they are. A hole smaller than the tolerance is filled. 0 gives the corners of the pixels' edges.
pub fn simplified(region: &Region, tolerance_px: f64) -> Vec<Ring> {
    let exact: Vec<Ring> = std::iter::once(&region.outer)
        .chain(&region.holes)
        .map(|ring| corners(ring))
        .collect();
    if tolerance_px.is_nan() || tolerance_px <= 0.0 {
        return exact;
    }
    let mut rings: Vec<Taken> = exact
        .iter()
        .enumerate()
        .map(|(i, ring)| Taken::at(ring, tolerance_px, 0, i > 0))
        .collect();
    // Each round makes some ring finer, or none crosses: at most as many rounds as there are steps of fineness.
    loop {
        let shown: Vec<(&[[f64; 2]], bool)> = rings
            .iter()
            .map(|taken| (taken.ring.as_slice(), taken.exact()))
            .collect();
        let crossed = crossing(&shown);
        let mut finer = false;
        for ((i, ring), taken) in exact.iter().enumerate().zip(&mut rings) {
            if crossed.get(i) == Some(&true) && !taken.exact() {
                *taken = Taken::at(ring, tolerance_px, taken.halvings + 1, i > 0);
                finer = true;
            }
        }
        if !finer {
            break;
        }
    }
    rings
        .into_iter()
        .map(|taken| taken.ring)
        .filter(|ring| !ring.is_empty())
        .collect()
}

/// A ring as it is taken.
struct Taken {
    /// Empty: a hole that is filled.
    ring: Ring,
    /// How often the tolerance was halved; beyond [`HALVINGS`] it is as its pixels are.
    halvings: u32,
}

impl Taken {
    /// With a tolerance halved at least `halvings` times, more often if that costs area.
    fn at(exact: &Ring, tolerance: f64, halvings: u32, hole: bool) -> Taken {
        let area = signed_area(exact).abs();
        for halvings in halvings..=HALVINGS {
            let tolerance = tolerance / f64::from(1u32 << halvings);
            let (ring, drift) = simplify(exact, tolerance);
            if ring.len() < 3 {
                if hole && area <= (2.0 * tolerance).powi(2) {
                    let ring = Ring::new();
                    return Taken { ring, halvings };
                }
                continue;
            }
            let drifted = tolerance > FINE_PX && drift > AREA_SHARE * area;
            if !drifted && (signed_area(&ring).abs() - area).abs() <= AREA_SHARE * area {
                return Taken { ring, halvings };
            }
        }
        Taken {
            ring: exact.clone(),
            halvings: HALVINGS + 1,
        }
    }

    fn exact(&self) -> bool {
        self.halvings > HALVINGS
    }
}

fn corners(ring: &[[u32; 2]]) -> Ring {
    ring.iter().map(|corner| corner.map(f64::from)).collect()
}

/// Area of a ring, its last corner joined to the first; positive where it turns from the first axis to the second.
pub fn signed_area(ring: &[[f64; 2]]) -> f64 {
    // From the first corner, so that large coordinates leave digits for small rings.
    let Some([ox, oy]) = ring.first().copied() else {
        return 0.0;
    };
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| (a[0] - ox) * (b[1] - oy) - (b[0] - ox) * (a[1] - oy))
        .sum::<f64>()
        / 2.0
}

/// The middles of a ring's pixel edges.
fn middles(ring: &[[f64; 2]]) -> Ring {
    let mut out = Ring::new();
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = (dx.abs() + dy.abs()).round() as usize;
        for i in 0..length {
            let share = (i as f64 + 0.5) / length as f64;
            out.push([a[0] + dx * share, a[1] + dy * share]);
        }
    }
    out
}

/// The ring with fewer corners, and the sum of the distances of its pixel edges from it: about the area between the two.
fn simplify(exact: &[[f64; 2]], tolerance: f64) -> (Ring, f64) {
    let points = middles(exact);
    let Some(first) = points.first().copied() else {
        return (Ring::new(), 0.0);
    };
    // Corners farthest apart are corners of the shape itself, wherever the walk around it began.
    let from = farthest(&points, first);
    let points: Ring = points[from..].iter().chain(&points[..from]).copied().collect();
    let far = farthest(&points, points[0]);
    let chosen = choose(&points, far, tolerance);
    let mut ring = meet(&points, &chosen, tolerance);
    let (n, count) = (points.len(), ring.len());
    let drift = (0..count)
        .map(|i| {
            let (from, to) = (chosen[i], chosen[(i + 1) % count]);
            let (a, b) = (ring[i], ring[(i + 1) % count]);
            (0..(to + n - from) % n)
                .map(|step| off(points[(from + step) % n], a, b))
                .sum::<f64>()
        })
        .sum();
    ring.dedup_by(|a, b| distance(*a, *b) < SAME_PX);
    if ring.len() > 1 && distance(ring[0], ring[ring.len() - 1]) < SAME_PX {
        ring.pop();
    }
    (ring, drift)
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn farthest(points: &[[f64; 2]], from: [f64; 2]) -> usize {
    (0..points.len())
        .max_by(|a, b| distance(points[*a], from).total_cmp(&distance(points[*b], from)))
        .unwrap_or(0)
}

/// Numbers of the points that become corners, of a ring whose first point is one, as is the one at `far`.
fn choose(points: &[[f64; 2]], far: usize, tolerance: f64) -> Vec<usize> {
    let n = points.len();
    let at = |i: usize| points[i % n];
    let mut is_corner = vec![false; n];
    let mut given: Vec<usize> = [0, far].into();
    for [from, to] in [[0, far], [far, n]] {
        given.extend((from..to).step_by(MAX_STRETCH).skip(1));
    }
    given.sort_unstable();
    given.dedup();
    given.iter().for_each(|i| is_corner[*i] = true);
    let ends = given.iter().skip(1).copied().chain([n]);
    let mut stretches: Vec<[usize; 2]> = given.iter().copied().zip(ends).map(|(a, b)| [a, b]).collect();
    while let Some([from, to]) = stretches.pop() {
        let worst = (from + 1..to)
            .map(|i| (i, off(at(i), at(from), at(to))))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((i, _)) = worst.filter(|(_, off)| *off > tolerance) {
            is_corner[i] = true;
            stretches.extend([[from, i], [i, to]]);
        }
    }
    // Those that were given may be none.
    let mut chosen: Vec<usize> = (0..n).filter(|i| is_corner[*i]).collect();
    for i in given {
        let (Ok(index), true) = (chosen.binary_search(&i), chosen.len() > 3) else {
            continue;
        };
        let count = chosen.len();
        let (before, after) = (chosen[(index + count - 1) % count], chosen[(index + 1) % count]);
        let length = (after + n - before) % n;
        if (1..length).all(|step| off(at(before + step), at(before), at(after)) <= tolerance) {
            chosen.remove(index);
        }
    }
    chosen
}

/// A line by a point on it and its direction.
type Line = ([f64; 2], [f64; 2]);

/// The line nearest to points, by the sum of the squares of their distances.
fn fit(points: &[[f64; 2]]) -> Option<Line> {
    let n = points.len() as f64;
    let [sx, sy] = points.iter().fold([0.0, 0.0], |[x, y], p| [x + p[0], y + p[1]]);
    let middle = [sx / n, sy / n];
    let [mut xx, mut xy, mut yy] = [0.0; 3];
    for p in points {
        let (x, y) = (p[0] - middle[0], p[1] - middle[1]);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let angle = (2.0 * xy).atan2(xx - yy) / 2.0;
    (points.len() >= 2 && xx + yy > 0.0).then(|| (middle, [angle.cos(), angle.sin()]))
}

/// Corners where the lines through the points between `chosen` ones meet.
fn meet(points: &[[f64; 2]], chosen: &[usize], tolerance: f64) -> Ring {
    let (n, count) = (points.len(), chosen.len());
    if count < 3 {
        return chosen.iter().map(|i| points[*i]).collect();
    }
    let lines: Vec<Option<Line>> = (0..count)
        .map(|i| {
            let (from, to) = (chosen[i], chosen[(i + 1) % count]);
            let length = (to + n - from) % n;
            let span: Ring = (0..=length).map(|step| points[(from + step) % n]).collect();
            let inner = if span.len() >= WITHOUT_ENDS + 2 {
                &span[1..span.len() - 1]
            } else {
                &span[..]
            };
            fit(inner)
        })
        .collect();
    (0..count)
        .map(|i| {
            let corner = points[chosen[i]];
            match (lines[(i + count - 1) % count], lines[i]) {
                (Some(before), Some(after)) => join(corner, before, after, tolerance),
                _ => corner,
            }
        })
        .collect()
}

/// Where two lines meet, if that is near the corner that was chosen; else between the two, beside it.
fn join(corner: [f64; 2], (p, d): Line, (q, e): Line, tolerance: f64) -> [f64; 2] {
    let sine = d[0] * e[1] - d[1] * e[0];
    if sine.abs() >= MEET_SINE {
        let along = ((q[0] - p[0]) * e[1] - (q[1] - p[1]) * e[0]) / sine;
        let met = [p[0] + along * d[0], p[1] + along * d[1]];
        if distance(met, corner) <= tolerance.max(1.0) {
            return met;
        }
    }
    let foot = |p: [f64; 2], d: [f64; 2]| {
        let along = (corner[0] - p[0]) * d[0] + (corner[1] - p[1]) * d[1];
        [p[0] + along * d[0], p[1] + along * d[1]]
    };
    let (a, b) = (foot(p, d), foot(q, e));
    [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]
}

#[cfg(test)]
#[path = "simplify_tests.rs"]
mod tests;
