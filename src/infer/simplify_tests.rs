use super::*;
use crate::infer::regions;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A house as a network draws it: a turned rectangle, every second one with a wing, its corners rounded by two pixels and
/// its edges unsteady by up to three quarters of a pixel.
fn house(seed: u64) -> (usize, Vec<bool>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let [w, h]: [f64; 2] = [rng.random_range(20.0..60.0), rng.random_range(20.0..60.0)];
    let turn: f64 = rng.random_range(0.0..std::f64::consts::TAU);
    let wing = seed % 2 == 1;
    let waves: Vec<[f64; 3]> = (0..4)
        .map(|_| {
            [
                rng.random_range(-0.5..0.5),
                rng.random_range(-0.5..0.5),
                rng.random_range(0.0..6.3),
            ]
        })
        .collect();
    let side = 100usize;
    let (sine, cosine) = turn.sin_cos();
    let inside = (0..side * side).map(|at| {
        let [x, y] = [(at % side) as f64 + 0.5 - 50.0, (at / side) as f64 + 0.5 - 50.0];
        let [u, v] = [cosine * x + sine * y, cosine * y - sine * x];
        let rounded = |u: f64, v: f64, w: f64, h: f64| {
            let (a, b) = (u.abs() - w / 2.0 + 2.0, v.abs() - h / 2.0 + 2.0);
            a.max(0.0).hypot(b.max(0.0)) + a.max(b).min(0.0) - 2.0
        };
        let mut off = rounded(u, v, w, h);
        if wing {
            // A quarter is missing.
            off = off.max(-rounded(u - w / 2.0, v - h / 2.0, w, h));
        }
        off + waves
            .iter()
            .map(|[a, b, c]| 0.19 * (a * x + b * y + c).sin())
            .sum::<f64>()
            < 0.0
    });
    (side, inside.collect())
}

/// Whether a point lies in a polygon, by the even-odd rule over all its rings.
fn holds(rings: &[Ring], [x, y]: [f64; 2]) -> bool {
    let edges = rings
        .iter()
        .flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let crossed =
        edges.filter(|(a, b)| (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
    crossed.count() % 2 == 1
}

/// Intersection over union of two polygons, by nine points a pixel.
fn iou(one: &[Ring], other: &[Ring], side: usize) -> f64 {
    let (mut both, mut any) = (0u32, 0u32);
    for at in 0..9 * side * side {
        let p = [
            (at % (3 * side)) as f64 / 3.0 + 0.17,
            (at / (3 * side)) as f64 / 3.0 + 0.17,
        ];
        let (a, b) = (holds(one, p), holds(other, p));
        both += u32::from(a && b);
        any += u32::from(a || b);
    }
    f64::from(both) / f64::from(any)
}

fn sound(rings: &[Ring]) -> bool {
    let edges: Vec<_> = rings
        .iter()
        .enumerate()
        .flat_map(|(r, ring)| (0..ring.len()).map(move |i| (r, i, ring.len(), ring[i], ring[(i + 1) % ring.len()])))
        .collect();
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    rings.iter().all(|ring| ring.len() >= 3)
        && edges.iter().enumerate().all(|(n, (r, i, len, a, b))| {
            edges[n + 1..].iter().all(|(s, j, _, c, d)| {
                r == s && ((i + 1) % len == *j || (j + 1) % len == *i)
                    || turn(*a, *b, *c) * turn(*a, *b, *d) >= 0.0
                    || turn(*c, *d, *a) * turn(*c, *d, *b) >= 0.0
            })
        })
}

#[test]
fn houses_keep_their_shape_with_few_corners() {
    let (mut before, mut after, mut worst_iou, mut worst_area, mut mean_iou) = (0, 0, 1.0f64, 0.0f64, 0.0);
    let houses = 200;
    for seed in 0..houses {
        let (side, mask) = house(seed);
        let found = regions([side, side], 16, |y, x| mask[y * side + x]);
        assert_eq!(found.len(), 1, "{seed}");
        let (exact, simple) = (simplified(&found[0], 0.0), simplified(&found[0], 1.5));
        assert!(sound(&simple), "{seed}");
        before += exact.iter().map(Vec::len).sum::<usize>();
        after += simple.iter().map(Vec::len).sum::<usize>();
        let areas = |rings: &[Ring]| rings.iter().map(|ring| signed_area(ring)).sum::<f64>();
        worst_area = worst_area.max((areas(&simple) / areas(&exact) - 1.0).abs());
        let same = iou(&exact, &simple, side);
        worst_iou = worst_iou.min(same);
        mean_iou += same / houses as f64;
    }
    let [before, after] = [before, after].map(|n| n as f64 / houses as f64);
    println!(
        "corners {before:.1} -> {after:.1}, IoU mean {mean_iou:.4} worst {worst_iou:.4}, area off by {worst_area:.4} at worst"
    );
    assert!(after <= 10.0, "{after}");
    assert!(worst_iou >= 0.95, "{worst_iou}");
    assert!(worst_area <= 0.05, "{worst_area}");
}

#[test]
fn straight_edges_are_exact() {
    let found = regions([40, 60], 0, |y, x| (5..25).contains(&y) && (7..47).contains(&x));
    let mut ring = simplified(&found[0], 1.5).remove(0);
    assert_eq!(ring.len(), 4);
    ring.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let wanted = [[7.0, 5.0], [7.0, 25.0], [47.0, 5.0], [47.0, 25.0]];
    for (is, wanted) in ring.iter().zip(wanted) {
        assert!(distance(*is, wanted) < 1e-9, "{is:?}");
    }
}

/// Of random masks, coarse and fine: no crossing, holes inside, areas kept, whatever the tolerance.
#[test]
fn no_polygon_is_broken_by_it() {
    for seed in 0..300u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let side = rng.random_range(6..48usize);
        let grain = rng.random_range(1..8usize);
        let share = rng.random_range(0.3..0.9);
        let blocks: Vec<bool> = (0..48 * 48).map(|_| rng.random_bool(share)).collect();
        let flips: Vec<bool> = (0..side * side).map(|_| rng.random_bool(0.05)).collect();
        let inside = |y: usize, x: usize| blocks[y / grain * 48 + x / grain] != flips[y * side + x];
        let tolerance = [0.4, 1.0, 1.5, 3.0, 12.0, 50.0][seed as usize % 6];
        for region in regions([side, side], 0, inside) {
            let rings = simplified(&region, tolerance);
            let exact = simplified(&region, 0.0);
            // Rings along pixels may touch in a corner.
            assert!(sound(&rings), "seed {seed}: {rings:?}");
            assert!(
                signed_area(&rings[0]) > 0.0 && rings[1..].iter().all(|hole| signed_area(hole) < 0.0),
                "seed {seed}"
            );
            assert!(
                (signed_area(&rings[0]) / signed_area(&exact[0]) - 1.0).abs() <= AREA_SHARE + 1e-9,
                "seed {seed}"
            );
            for hole in &rings[1..] {
                // A hole's corners lie in the boundary, or on it.
                let middle = |i: usize| {
                    let (a, b) = (hole[i], hole[(i + 1) % hole.len()]);
                    [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]
                };
                assert!((0..hole.len()).all(|i| holds(&rings[..1], middle(i))), "seed {seed}");
            }
        }
    }
}

/// Large rings are made simple too, in a time that does not grow with the square of their corners.
#[test]
fn large_rings_are_simplified() {
    let side = 1500usize;
    let inside = |y: usize, x: usize| {
        let (u, v) = (x as f64 - 750.0, y as f64 - 750.0);
        u.hypot(v) < 600.0 + 80.0 * (12.0 * v.atan2(u)).sin()
    };
    let found = regions([side, side], 16, inside);
    let (exact, simple) = (simplified(&found[0], 0.0), simplified(&found[0], 1.5));
    println!("{} corners -> {}", exact[0].len(), simple[0].len());
    assert!(exact[0].len() > 3000 && simple[0].len() * 15 < exact[0].len());
}
