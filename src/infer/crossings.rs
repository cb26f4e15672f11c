//! Which rings of a polygon cross or touch.

/// Nearer than this counts as touching, pixels: coordinates are rounded to a two hundredth of a pixel when they are written.
const NEAR_PX: f64 = 0.02;
/// Side of the cells that edges are looked up by, pixels.
const CELL_PX: f64 = 4.0;

struct Edge {
    a: [f64; 2],
    b: [f64; 2],
    ring: usize,
    /// Its number in the ring, and how many there are.
    index: usize,
    count: usize,
    /// Of a ring along the pixels' edges.
    exact: bool,
}

/// For each ring whether it crosses or touches itself or another; those marked `true` come from pixels and are not compared
/// with each other. The time it takes grows with the rings' length.
pub(super) fn crossing(rings: &[(&[[f64; 2]], bool)]) -> Vec<bool> {
    let mut crossed = vec![false; rings.len()];
    if rings.iter().all(|(_, exact)| *exact) {
        return crossed;
    }
    let mut edges = Vec::new();
    for (number, (ring, exact)) in rings.iter().enumerate() {
        for index in 0..ring.len() {
            let (a, b) = (ring[index], ring[(index + 1) % ring.len()]);
            let (count, exact) = (ring.len(), *exact);
            edges.push(Edge {
                a,
                b,
                ring: number,
                index,
                count,
                exact,
            });
        }
    }
    let mut cells: Vec<([i32; 2], u32)> = Vec::new();
    for (i, edge) in edges.iter().enumerate() {
        each_cell(edge, |cell| cells.push((cell, i as u32)));
    }
    cells.sort_unstable();
    for group in cells.chunk_by(|a, b| a.0 == b.0) {
        for (n, (_, i)) in group.iter().enumerate() {
            let one = &edges[*i as usize];
            for (_, j) in &group[n + 1..] {
                let other = &edges[*j as usize];
                let known = crossed[one.ring] && crossed[other.ring];
                if !(known || one.exact && other.exact) && meets(one, other) {
                    crossed[one.ring] = true;
                    crossed[other.ring] = true;
                }
            }
        }
    }
    crossed
}

/// Calls for every cell that an edge, a little widened, lies in.
fn each_cell(edge: &Edge, mut take: impl FnMut([i32; 2])) {
    let cell = |v: f64| (v / CELL_PX).floor() as i32;
    let ([ax, ay], [bx, by]) = (edge.a, edge.b);
    for row in cell(ay.min(by) - NEAR_PX)..=cell(ay.max(by) + NEAR_PX) {
        let (top, bottom) = (
            f64::from(row) * CELL_PX - NEAR_PX,
            f64::from(row + 1) * CELL_PX + NEAR_PX,
        );
        // Where the edge runs within the row.
        let at = |y: f64| {
            if by == ay {
                None
            } else {
                Some(((y - ay) / (by - ay)).clamp(0.0, 1.0))
            }
        };
        let (from, to) = (at(top).unwrap_or(0.0), at(bottom).unwrap_or(1.0));
        let (left, right) = (ax + from * (bx - ax), ax + to * (bx - ax));
        for column in cell(left.min(right) - NEAR_PX)..=cell(left.max(right) + NEAR_PX) {
            take([row, column]);
        }
    }
}

/// Whether two edges meet elsewhere than at a corner that they share.
fn meets(one: &Edge, other: &Edge) -> bool {
    if one.ring == other.ring {
        let (first, second) = if (one.index + 1) % one.count == other.index {
            (one, other)
        } else if (other.index + 1) % one.count == one.index {
            (other, one)
        } else {
            return near(one, other);
        };
        // Neighbours fold back onto each other.
        return to_stretch(first.a, second.a, second.b) < NEAR_PX || to_stretch(second.b, first.a, first.b) < NEAR_PX;
    }
    near(one, other)
}

fn near(one: &Edge, other: &Edge) -> bool {
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let apart = |i: usize| {
        one.a[i].max(one.b[i]) + NEAR_PX < other.a[i].min(other.b[i])
            || other.a[i].max(other.b[i]) + NEAR_PX < one.a[i].min(one.b[i])
    };
    if apart(0) || apart(1) {
        return false;
    }
    let across = |p: &Edge, q: &Edge| turn(p.a, p.b, q.a) * turn(p.a, p.b, q.b) < 0.0;
    across(one, other) && across(other, one)
        || [
            to_stretch(one.a, other.a, other.b),
            to_stretch(one.b, other.a, other.b),
            to_stretch(other.a, one.a, one.b),
            to_stretch(other.b, one.a, one.b),
        ]
        .iter()
        .any(|d| *d < NEAR_PX)
}

/// Distance of a point to the stretch between two others.
pub(super) fn to_stretch(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p[0] - a[0] - share * dx).hypot(p[1] - a[1] - share * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ring: &[[f64; 2]]) -> bool {
        crossing(&[(ring, false)])[0]
    }

    #[test]
    fn rings_that_cross_touch_or_fold_are_told() {
        assert!(of(&[[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]));
        assert!(!of(&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]));
        // Long edges, over many cells.
        assert!(of(&[[0.0, 0.0], [100.0, 90.0], [100.0, 0.0], [0.0, 77.0]]));
        // A spike.
        assert!(of(&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [9.0, 3.0], [0.0, 3.0]]));
        // A corner on another edge.
        assert!(of(&[[0.0, 0.0], [8.0, 0.0], [8.0, 8.0], [4.0, 0.0], [0.0, 8.0]]));
        let (square, inside) = (
            [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]],
            [[3.0, 3.0], [3.0, 6.0], [6.0, 6.0]],
        );
        assert_eq!(crossing(&[(&square, false), (&inside, false)]), [false, false]);
        let out = [[3.0, 3.0], [3.0, 6.0], [12.0, 6.0]];
        assert_eq!(
            crossing(&[(&square, false), (&inside, true), (&out, true)]),
            [true, false, true]
        );
    }
}
