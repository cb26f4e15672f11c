//! Tests of [`super`], the module `augment`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;
use crate::data::draw::{Draw, Stream};
use crate::ops::warp::reference::warp_plain;

/// 5 x 7 numbers, the input of all golden cases.
const INPUT: [f32; 35] = [
    175., 196., 25., 246., 67., 211., 151., 103., 92., 185., 142., 23., 72., 89., 110., 42., 218., 136., 167., 230.,
    68., 176., 127., 135., 172., 0., 75., 55., 250., 6., 19., 188., 44., 191., 69.,
];

fn check(p: &AffineParams, semantics: KerasSemantics, matrix: [f64; 6], input: &[f32], output: &[f32]) {
    let m = keras_matrix(p, 5, 7, semantics);
    for (a, b) in m.iter().zip(matrix) {
        assert!((a - b).abs() < 1e-6, "{p:?} {semantics:?}: {m:?}");
    }
    let mut out = vec![0.0; output.len()];
    warp_plain(
        input,
        [1, 5, 7, 1],
        &[m.map(|v| v as f32)],
        output.len() / 7,
        7,
        &mut out,
    );
    for (a, b) in out.iter().zip(output) {
        assert!((a - b).abs() < 1e-4, "{p:?} {semantics:?}: {a} {b}");
    }
}

/// The first case of the golden file in both semantics: matrix and first row of the output by scipy.
#[test]
fn two_golden_cases() {
    let p = AffineParams {
        theta_deg: 0.2,
        tx: 0.3,
        ty: -0.2,
        shear_deg: 0.05,
        zx: 1.05,
        zy: 0.95,
    };
    let old = [
        1.04999360304068,
        -0.004145143820509243,
        0.16729606874037906,
        0.003665183985984919,
        0.9499909566846977,
        -0.009910964803736544,
    ];
    let new = [
        0.9499909566846977,
        0.003665183985984919,
        -0.05625482413305383,
        -0.004145143820509243,
        1.04999360304068,
        0.21314452796054972,
    ];
    check(
        &p,
        KerasSemantics::Old,
        old,
        &INPUT,
        &[162.9547, 178.0868, 64.6242, 201.087, 96.0505, 156.8127, 157.3682],
    );
    check(
        &p,
        KerasSemantics::New,
        new,
        &INPUT,
        &[179.476, 151.0034, 94.2021, 181.0006, 126.4891, 183.2132, 151.0],
    );
}

#[test]
fn golden_file() {
    let text = include_str!("../../tests/golden/keras_affine.json");
    let cases: serde_json::Value = serde_json::from_str(text).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let number = |key: &str| case["params"][key].as_f64().unwrap();
        let p = AffineParams {
            theta_deg: number("theta"),
            tx: number("tx"),
            ty: number("ty"),
            shear_deg: number("shear"),
            zx: number("zx"),
            zy: number("zy"),
        };
        let semantics = if case["variant"] == "old" {
            KerasSemantics::Old
        } else {
            KerasSemantics::New
        };
        let list = |key: &str| -> Vec<f64> {
            let rows = case[key].as_array().unwrap();
            rows.iter()
                .flat_map(|r| r.as_array().unwrap())
                .map(|v| v.as_f64().unwrap())
                .collect()
        };
        let single = |key: &str| list(key).into_iter().map(|v| v as f32).collect::<Vec<f32>>();
        let matrix: [f64; 6] = list("matrix")[..6].try_into().unwrap();
        check(&p, semantics, matrix, &single("input"), &single("output"));
    }
    println!("{} golden cases", cases.len());
}

fn apply4(m: Matrix64) -> Vec<f32> {
    let x: Vec<f32> = (0..16).map(|v| v as f32).collect();
    let mut out = vec![0.0; 16];
    warp_plain(&x, [1, 4, 4, 1], &[m.map(|v| v as f32)], 4, 4, &mut out);
    out
}

#[test]
fn flips_and_turns_compose() {
    let at = |f: fn(usize, usize) -> (usize, usize)| -> Vec<f32> {
        (0..16)
            .map(|k| f(k / 4, k % 4))
            .map(|(i, j)| (i * 4 + j) as f32)
            .collect()
    };
    assert_eq!(apply4(flip_columns(IDENTITY, 4)), at(|i, j| (i, 3 - j)));
    assert_eq!(apply4(flip_rows(IDENTITY, 4)), at(|i, j| (3 - i, j)));
    assert_eq!(apply4(quarter_turn(IDENTITY, 4)), at(|i, j| (3 - j, i)));
    let around = (0..4).fold(IDENTITY, |m, _| quarter_turn(m, 4));
    assert_eq!(apply4(around), apply4(IDENTITY));
    assert_eq!(
        apply4(flip_rows(flip_columns(IDENTITY, 4), 4)),
        apply4(quarter_turn(quarter_turn(IDENTITY, 4), 4))
    );
    // The flip comes after the pose: warp, then mirror the result.
    let p = AffineParams {
        theta_deg: 20.0,
        tx: 0.5,
        ty: -0.3,
        shear_deg: 4.0,
        zx: 0.9,
        zy: 1.1,
    };
    let m = keras_matrix(&p, 4, 4, KerasSemantics::Old);
    let (plain, flipped) = (apply4(m), apply4(flip_columns(m, 4)));
    for k in 0..16 {
        assert!((flipped[k] - plain[k / 4 * 4 + 3 - k % 4]).abs() < 1e-4);
    }
}

#[test]
fn plans() {
    let take = |a, n, margin, i| plan(a, n, margin, &mut Draw::new(5, Stream::Sample, 0, i));
    let off = take(Augmentation::Off, 64, 16, 0);
    assert_eq!(off.matrix, [1.0, 0.0, 16.0, 0.0, 1.0, 16.0]);
    assert_eq!(off.gain_bias, [1.0, 0.0]);
    let mut flips = 0;
    for i in 0..200 {
        let seed = take(Augmentation::Classic, 256, 0, i);
        assert_eq!(seed.gain_bias, [1.0, 0.0]);
        // Zoom and shift stay in Classic's ranges, the rest is next to nothing.
        let [a, b, row, c, d, _] = seed.matrix;
        assert!((0.949..1.051).contains(&a) && (0.949..1.051).contains(&d.abs()) && b.abs() < 0.005 && c.abs() < 0.005);
        assert!(row.abs() < 0.05 * 256.0 + 0.05 * 128.5 + 2.0);
        flips += usize::from(d < 0.0);
        let strong = take(Augmentation::Strong, 128, 32, i);
        let [a, b, row, c, d, col] = strong.matrix;
        // The middle of the tile stays within 10 % shift of the middle of the window.
        let (mid_row, mid_col) = (a * 63.5 + b * 63.5 + row - 95.5, c * 63.5 + d * 63.5 + col - 95.5);
        assert!(mid_row.hypot(mid_col) < 0.1415 * 128.0 + 0.01, "{mid_row} {mid_col}");
        let area = (a * d - b * c).abs();
        assert!((0.63..1.57).contains(&area), "{area}");
        assert!((0.8..=1.2).contains(&strong.gain_bias[0]));
        assert!((strong.gain_bias[0] * 0.5 + strong.gain_bias[1] - 0.5).abs() <= 0.2001);
    }
    assert!((70..130).contains(&flips), "{flips}");
}

/// Saved runs go on with the draws they began with: the strong setting is what it was when its ranges were literals.
#[test]
fn the_strong_setting_is_what_it_was() {
    let at = |i| plan(Augmentation::Strong, 128, 32, &mut Draw::new(5, Stream::Sample, 0, i));
    assert_eq!([at(0), at(1)].map(|p| (p.matrix, p.gain_bias)), OLD_STRONG);
}

/// As the version with literals printed them.
const OLD_STRONG: [([f32; 6], [f32; 2]); 2] = [
    (
        [0.8144067, 0.11159792, 36.627304, -0.17861369, 0.82626086, 66.212944],
        [0.9816116, -0.02477009],
    ),
    (
        [0.92052054, 0.1871329, 14.758851, 0.11402409, -0.90848273, 147.2972],
        [1.0409737, 0.03404621],
    ),
];

#[test]
fn each_range_of_ones_own_does_its_part_alone() {
    let draws = |ranges: AugmentRanges| -> Vec<(AugmentPlan, Pose)> {
        let one = |i| {
            let plan = plan(
                Augmentation::Own(ranges),
                64,
                0,
                &mut Draw::new(3, Stream::Sample, 1, i),
            );
            (plan, plan.pose(64, 0))
        };
        (0..200).map(one).collect()
    };
    let most =
        |ranges: AugmentRanges, of: fn(&Pose) -> f64| draws(ranges).iter().map(|(_, p)| of(p)).fold(0.0, f64::max);
    for (plan, _) in draws(AugmentRanges::NONE) {
        assert_eq!((plan.matrix, plan.gain_bias), (IDENTITY.map(|v| v as f32), [1.0, 0.0]));
    }
    let none = AugmentRanges::NONE;
    let turn = AugmentRanges { turn_deg: 90.0, ..none };
    let turned = most(turn, |p| p.turned_deg.abs());
    assert!((80.0..=90.001).contains(&turned), "{turned}");
    assert!(most(turn, |p| (p.zoom - 1.0).abs()) < 1e-4 && most(turn, |p| p.moved_px) < 1e-3);
    let shift = AugmentRanges {
        shift_share: 0.25,
        ..none
    };
    let moved = most(shift, |p| p.moved_px);
    assert!((16.0..=16.0 * 1.4143).contains(&moved), "{moved}");
    assert!(most(shift, |p| p.turned_deg.abs()) < 1e-4);
    let zoom = AugmentRanges {
        zoom_share: 1.0,
        ..none
    };
    let (larger, smaller) = (most(zoom, |p| p.zoom), most(zoom, |p| 1.0 / p.zoom));
    assert!(
        (1.8..=2.001).contains(&larger) && (1.8..=2.001).contains(&smaller),
        "{larger} {smaller}"
    );
    let light = AugmentRanges {
        brightness: 0.5,
        contrast: 0.9,
        ..none
    };
    let (brighter, contrast) = (
        most(light, |p| p.brighter.abs()),
        most(light, |p| (p.contrast - 1.0).abs()),
    );
    assert!(
        (0.45..=0.5001).contains(&brighter) && (0.8..=0.9001).contains(&contrast),
        "{brighter} {contrast}"
    );
    assert!(draws(light).iter().all(|(p, _)| p.matrix == IDENTITY.map(|v| v as f32)));
    let kinds = |poses: Poses| {
        let mut seen: Vec<[f32; 6]> = draws(AugmentRanges { poses, ..none })
            .iter()
            .map(|(p, _)| p.matrix)
            .collect();
        seen.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        seen.dedup();
        seen.len()
    };
    assert_eq!([Poses::One, Poses::Mirrored, Poses::Eight].map(kinds), [1, 2, 8]);
}

/// What a pose brings into the tile is ground, as long as the window may be that wide.
#[test]
fn the_window_reaches_as_far_as_the_poses() {
    let side = 64;
    let ranges = [
        AugmentRanges {
            turn_deg: 180.0,
            ..AugmentRanges::NONE
        },
        AugmentRanges {
            turn_deg: 20.0,
            shear_deg: 10.0,
            ..AugmentRanges::NONE
        },
        AugmentRanges {
            zoom_share: 0.5,
            shift_share: 0.1,
            ..AugmentRanges::NONE
        },
        AugmentRanges {
            shift_share: 0.5,
            ..AugmentRanges::NONE
        },
    ];
    for ranges in ranges {
        let own = Augmentation::Own(ranges);
        let margin = own.margin_px(side);
        assert!(margin > 0 && margin <= side / 2, "{margin}");
        for i in 0..300 {
            let m = plan(own, side, margin, &mut Draw::new(3, Stream::Sample, 2, i)).matrix;
            let last = side as f32 - 1.0;
            for (y, x) in [(0.0, 0.0), (0.0, last), (last, 0.0), (last, last)] {
                let (row, column) = (m[0] * y + m[1] * x + m[2], m[3] * y + m[4] * x + m[5]);
                let end = (side + 2 * margin) as f32 - 1.0;
                // Along the diagonal a turned shift goes further than along an axis.
                let slack = (ranges.shift_share * side as f64 * 0.42) as f32 + 1.0;
                let inside = -slack..=end + slack;
                assert!(
                    inside.contains(&row) && inside.contains(&column),
                    "{ranges:?} {row} {column}"
                );
            }
        }
    }
    assert_eq!(Augmentation::Own(AugmentRanges::NONE).margin_px(side), 0);
    assert_eq!(
        Augmentation::Own(AugmentRanges {
            zoom_share: 1.0,
            ..AugmentRanges::STRONG
        })
        .margin_px(side),
        side / 2
    );
}

/// A plan says in words what its matrix does.
#[test]
fn poses_are_told_as_they_are() {
    let told = |matrix: Matrix64, margin: usize| {
        let plan = AugmentPlan {
            matrix: matrix.map(|v| v as f32),
            gain_bias: [1.2, -0.05],
        };
        plan.pose(32, margin)
    };
    let with_margin = |mut m: Matrix64| {
        m[2] += 8.0;
        m[5] += 8.0;
        m
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{a} {b}");
    let plain = told(with_margin(IDENTITY), 8);
    near(plain.turned_deg, 0.0);
    near(plain.zoom, 1.0);
    near(plain.moved_px, 0.0);
    near(plain.brighter, 0.05);
    near(plain.contrast, 1.2);
    assert!(!plain.mirrored);
    near(told(quarter_turn(IDENTITY, 32), 0).turned_deg.abs(), 90.0);
    assert!(told(flip_columns(IDENTITY, 32), 0).mirrored);
    near(told(flip_columns(IDENTITY, 32), 0).turned_deg, 0.0);
    // Top to bottom is left to right after half a turn.
    let upside_down = told(flip_rows(IDENTITY, 32), 0);
    assert!(upside_down.mirrored);
    near(upside_down.turned_deg, 180.0);
    let params = AffineParams {
        theta_deg: 12.0,
        zx: 0.8,
        zy: 0.8,
        ..AffineParams::IDENTITY
    };
    let turned = told(with_margin(about(&params, [15.5; 2])), 8);
    near(turned.turned_deg, 12.0);
    near(turned.zoom, 1.25);
    near(turned.moved_px, 0.0);
    let moved = told([1.0, 0.0, 3.0, 0.0, 1.0, -4.0], 0);
    near(moved.moved_px, 5.0);
}
