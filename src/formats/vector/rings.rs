//! Which rings of a Shapefile's record are outer ones and which are holes of which.
//!
//! The format has a record's rings in any order: clockwise ones (y up) are outer, the others holes. As GDAL puts them
//! together (`OGRGeometryFactory::organizePolygons`), because that is how everybody sees them: a hole belongs to the
//! smallest outer ring around it; a hole outside of all is filled; with one outer ring alone everything else is its hole.
//! Files whose rings are all counter-clockwise or whose outer rings beyond the first are written as holes (QGIS up to
//! 3.28.11) are told by a later ring that lies beside the first: then the depth of nesting says what is a hole.

use std::cmp::Ordering;

use rstar::{
    AABB, RTree, RTreeObject,
    primitives::{GeomWithData, Rectangle},
};

use crate::geo::ring::{edges, is_clockwise, signed_area};

type Ring = Vec<[f64; 2]>;

/// Corners that the smallest ring with an area has, closed as the format wants it.
const FEWEST_CORNERS: usize = 3;

/// Rings in whatever direction as polygons, the outer ring of each first: those in an odd number of others are holes. Rings
/// with fewer than three corners are dropped.
pub(super) fn by_depth(mut rings: Vec<Ring>) -> Vec<Vec<Ring>> {
    rings.retain(|ring| ring.len() >= FEWEST_CORNERS);
    nested(rings, true)
}

/// Rings of a record as polygons, the outer ring of each first. Rings with fewer than three corners are dropped.
/// `mends_directions`: the record has neither heights nor measures, so GDAL looks for directions that are wrong.
pub(super) fn polygons(mut rings: Vec<Ring>, mends_directions: bool) -> Vec<Vec<Ring>> {
    rings.retain(|ring| ring.len() >= FEWEST_CORNERS);
    if rings.len() < 2 {
        return if rings.is_empty() { Vec::new() } else { vec![rings] };
    }
    let clockwise: Vec<bool> = rings.iter().map(|ring| is_clockwise(ring)).collect();
    let by_depth = mends_directions && !clockwise[1..].contains(&true) && has_ring_beside_the_first(&rings);
    if !by_depth && clockwise.iter().filter(|outer| **outer).count() == 1 {
        let first = clockwise.iter().position(|outer| *outer).unwrap_or(0);
        rings[..=first].rotate_right(1);
        return vec![rings];
    }
    nested(rings, by_depth)
}

/// By directions: clockwise rings are outer ones; `by_depth`: by how they lie in each other.
fn nested(mut rings: Vec<Ring>, by_depth: bool) -> Vec<Vec<Ring>> {
    let clockwise: Vec<bool> = rings.iter().map(|ring| is_clockwise(ring)).collect();
    // The largest first: what is around a ring comes before it.
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by(|a, b| signed_area(&rings[*b]).abs().total_cmp(&signed_area(&rings[*a]).abs()));
    let may_hold_others = |ring: usize| by_depth || clockwise[ring];
    let around = RTree::bulk_load(
        order
            .iter()
            .enumerate()
            .filter(|(_, ring)| may_hold_others(**ring))
            .map(|(rank, ring)| GeomWithData::new(bounds(&rings[*ring]), rank))
            .collect(),
    );
    // For every ring the outer one that it is a hole of.
    let mut hole_of: Vec<Option<usize>> = vec![None; rings.len()];
    for (rank, ring) in order.iter().enumerate() {
        if !by_depth && clockwise[*ring] {
            continue;
        }
        let own = bounds(&rings[*ring]).envelope();
        let candidates = around.locate_in_envelope_intersecting(own);
        let mut ranks: Vec<usize> = candidates
            .filter(|other| other.data < rank && contains(other.geom(), &own))
            .map(|other| other.data)
            .collect();
        ranks.sort_unstable_by(|a, b| b.cmp(a));
        // The largest of all is taken at its bounds' word where only directions count.
        let smallest = ranks
            .into_iter()
            .find(|rank| !by_depth && *rank == 0 || lies_inside(&rings[*ring], &rings[order[*rank]]));
        hole_of[*ring] = smallest
            .map(|rank| order[rank])
            .filter(|outer| hole_of[*outer].is_none());
    }
    let mut out: Vec<Vec<Ring>> = Vec::new();
    let mut place = vec![0; rings.len()];
    for ring in (0..rings.len()).filter(|ring| hole_of[*ring].is_none()) {
        place[ring] = out.len();
        out.push(vec![std::mem::take(&mut rings[ring])]);
    }
    for (ring, outer) in hole_of.iter().enumerate() {
        if let Some(outer) = outer {
            out[place[*outer]].push(std::mem::take(&mut rings[ring]));
        }
    }
    out
}

fn bounds(ring: &[[f64; 2]]) -> Rectangle<[f64; 2]> {
    Rectangle::from_aabb(AABB::from_points(ring))
}

fn contains(outer: &Rectangle<[f64; 2]>, inner: &AABB<[f64; 2]>) -> bool {
    let ([low, high], [inner_low, inner_high]) = ([outer.lower(), outer.upper()], [inner.lower(), inner.upper()]);
    (0..2).all(|axis| low[axis] <= inner_low[axis] && inner_high[axis] <= high[axis])
}

/// Whether some ring has bounds beside those of the first, or none of its four outermost corners in it.
fn has_ring_beside_the_first(rings: &[Ring]) -> bool {
    let first = bounds(&rings[0]);
    let apart = |a: &Rectangle<[f64; 2]>, b: &Rectangle<[f64; 2]>| {
        (0..2).any(|axis| a.upper()[axis] < b.lower()[axis] || b.upper()[axis] < a.lower()[axis])
    };
    rings[1..].iter().any(|ring| {
        let outermost = |order: fn(&[f64; 2], &[f64; 2]) -> Ordering| ring.iter().min_by(|a, b| order(a, b));
        let corners = [
            outermost(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))),
            outermost(|a, b| b[0].total_cmp(&a[0]).then(b[1].total_cmp(&a[1]))),
            outermost(|a, b| a[1].total_cmp(&b[1]).then(b[0].total_cmp(&a[0]))),
            outermost(|a, b| b[1].total_cmp(&a[1]).then(a[0].total_cmp(&b[0]))),
        ];
        apart(&first, &bounds(ring)) || corners.into_iter().flatten().all(|corner| !is_in(corner, &rings[0]))
    })
}

/// Whether a ring lies in another, by its first corner that is not on the other's edge; where all are, by the middle of
/// its first side that is not.
fn lies_inside(inner: &[[f64; 2]], outer: &[[f64; 2]]) -> bool {
    let middles = edges(inner).map(|(a, b)| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]);
    let place = inner.iter().copied().chain(middles).find(|p| !is_on(p, outer));
    place.is_some_and(|p| is_in(&p, outer))
}

fn is_on(p: &[f64; 2], ring: &[[f64; 2]]) -> bool {
    edges(ring).any(|(a, b)| {
        let within = |axis: usize| a[axis].min(b[axis]) <= p[axis] && p[axis] <= a[axis].max(b[axis]);
        within(0) && within(1) && (b[0] - a[0]) * (p[1] - a[1]) == (b[1] - a[1]) * (p[0] - a[0])
    })
}

/// Even-odd: how many sides lie to the right.
fn is_in(p: &[f64; 2], ring: &[[f64; 2]]) -> bool {
    let right = edges(ring)
        .filter(|(a, b)| (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + (p[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
    right.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Ring {
        vec![[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]]
    }

    fn turned(ring: Ring) -> Ring {
        ring.into_iter().rev().collect()
    }

    /// Number of rings of every polygon.
    fn counts(rings: Vec<Ring>) -> Vec<usize> {
        polygons(rings, true).iter().map(Vec::len).collect()
    }

    /// Compared with fiona 1.10 (GDAL 3.9).
    #[test]
    fn directions_say_what_is_a_hole() {
        let (outer, inner) = (square(0., 0., 10.), square(2., 2., 4.));
        // One direction: parts, be they nested, overlapping or apart.
        assert_eq!(counts(vec![outer.clone(), inner.clone()]), [1, 1]);
        assert_eq!(
            counts(vec![outer.clone(), square(5., 5., 10.), square(30., 0., 5.)]),
            [1, 1, 1]
        );
        // A hole, in any order.
        assert_eq!(counts(vec![outer.clone(), turned(inner.clone())]), [2]);
        assert_eq!(counts(vec![turned(inner.clone()), outer.clone()]), [2]);
        assert_eq!(polygons(vec![turned(inner.clone()), outer.clone()], true)[0][0], outer);
        // An island in a hole, and a hole in the island.
        let nested = vec![
            turned(square(1., 1., 8.)),
            square(3., 3., 4.),
            outer.clone(),
            turned(square(4., 4., 1.)),
        ];
        assert_eq!(counts(nested), [2, 2]);
        // A hole outside of both outer rings is filled.
        assert_eq!(
            counts(vec![outer.clone(), square(20., 0., 5.), turned(square(40., 0., 5.))]),
            [1, 1, 1]
        );
        // A hole whose corners all lie on the outer ring.
        let diamond = vec![[5., 0.], [10., 5.], [5., 10.], [0., 5.], [5., 0.]];
        assert_eq!(counts(vec![outer.clone(), square(20., 0., 5.), diamond]), [2, 1]);
    }

    #[test]
    fn wrong_directions_are_seen_through() {
        let outer = square(0., 0., 10.);
        // All counter-clockwise, nested: nothing tells that the inner one is a hole.
        assert_eq!(counts(vec![turned(outer.clone()), turned(square(2., 2., 4.))]), [1, 1]);
        // With one beside the first the depth counts.
        let beside = vec![
            turned(outer.clone()),
            turned(square(2., 2., 4.)),
            turned(square(20., 0., 5.)),
        ];
        assert_eq!(counts(beside.clone()), [2, 1]);
        assert_eq!(polygons(beside, false).len(), 3);
        // A second part written as a hole of the first.
        assert_eq!(counts(vec![outer.clone(), turned(square(20., 0., 5.))]), [1, 1]);
        assert_eq!(counts(vec![outer, vec![[1., 1.], [2., 2.]]]), [1]);
        assert!(polygons(Vec::new(), true).is_empty());
    }
}
