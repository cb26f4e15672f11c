//! A ring of corners: what it encloses, and which way it goes around.

/// Twice the area; positive where the corners go around counter-clockwise (y up).
pub(crate) fn signed_area(ring: &[[f64; 2]]) -> f64 {
    let Some(origin) = ring.first() else {
        return 0.0;
    };
    // From the first corner, so that the far origin of map coordinates costs no digits.
    let from = |p: &[f64; 2]| [p[0] - origin[0], p[1] - origin[1]];
    edges(ring)
        .map(|(a, b)| (from(a), from(b)))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum()
}

/// The way a ring turns at its lowest corner (of those the rightmost), which says it of rings that cross themselves too;
/// by its area where that corner tells nothing.
pub(crate) fn is_clockwise(ring: &[[f64; 2]]) -> bool {
    let open = match ring {
        [first, rest @ .., last] if first == last => &ring[..=rest.len()],
        _ => ring,
    };
    let order = |a: &[f64; 2], b: &[f64; 2]| a[1].total_cmp(&b[1]).then(b[0].total_cmp(&a[0]));
    let lowest = (0..open.len()).min_by(|a, b| order(&open[*a], &open[*b])).unwrap_or(0);
    let corner = |step: usize| open[(lowest + step) % open.len()];
    let [before, at, after] = [corner(open.len() - 1), corner(0), corner(1)];
    let turn = (after[0] - at[0]) * (before[1] - at[1]) - (before[0] - at[0]) * (after[1] - at[1]);
    let alone = open.iter().filter(|p| **p == at).count() == 1;
    if alone && turn != 0.0 {
        turn < 0.0
    } else {
        signed_area(ring) < 0.0
    }
}

/// Its sides, the one from the last corner to the first among them.
pub(crate) fn edges(ring: &[[f64; 2]]) -> impl Iterator<Item = (&[f64; 2], &[f64; 2])> {
    ring.iter().zip(ring.iter().cycle().skip(1))
}
