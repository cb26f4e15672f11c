//! Tests of [`super`], the module `mask_numbers`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;

fn find(masks: &[&Raster]) -> Numbers {
    super::find(masks, false)
}

const SIDE: usize = 40;

fn wide(values: Vec<u16>) -> Raster {
    Raster::from_u16(SIDE as u32, SIDE as u32, 1, values).unwrap()
}

fn float(values: Vec<f32>) -> Raster {
    let raster = Raster::new(SIDE as u32, SIDE as u32, 1, values.into(), 32).unwrap();
    Raster {
        is_float: true,
        ..raster
    }
}

/// Squares of 3 pixels, 4 apart, numbered from `first` on; the last at `last`.
fn squares(first: u16, last: u16) -> Raster {
    let mut values = vec![0; SIDE * SIDE];
    for (i, n) in (first..=last).enumerate() {
        let (y, x) = (i / 10 * 4, i % 10 * 4);
        for p in 0..9 {
            values[(y + p / 3) * SIDE + x + p % 3] = n;
        }
    }
    wide(values)
}

fn stripes(codes: &[u16]) -> Raster {
    wide((0..SIDE * SIDE).map(|i| codes[i % SIDE * codes.len() / SIDE]).collect())
}

#[test]
fn codes_of_a_land_cover_are_classes() {
    let tiles = [stripes(&[111, 211, 311]), stripes(&[211, 311, 512]), stripes(&[311])];
    let found = find(&tiles.iter().collect::<Vec<_>>());
    assert_eq!((found.kind, found.scale.integers), (NumberKind::Codes, None));
    // 48 codes, each in one stripe of a tile.
    let many: Vec<Raster> = (0..12u16)
        .map(|t| stripes(&[0, 1, 2, 3].map(|i| 300 + 4 * t + i)))
        .collect();
    assert_eq!(find(&many.iter().collect::<Vec<_>>()).kind, NumberKind::Codes);
}

#[test]
fn numbered_objects_are_found_by_their_regions() {
    for tiles in [
        // Anew in each tile, and through all tiles.
        vec![squares(1, 90), squares(1, 12), squares(1, 50)],
        vec![squares(1, 90), squares(91, 120), squares(121, 180)],
        vec![squares(1, 9), squares(1, 12)],
        vec![squares(1001, 1090), squares(2001, 2010)],
    ] {
        let found = find(&tiles.iter().collect::<Vec<_>>());
        assert!(matches!(found.kind, NumberKind::Objects { .. }), "{found:?}");
        assert!(tiles.iter().all(|t| unfit(t, &found).is_none()));
    }
    // The ground as nodata.
    let drawn = squares(1, 90);
    let samples = (0..SIDE * SIDE).flat_map(|i| match drawn.samples.number(i) as u16 {
        0 => [0, 0],
        n => [n, u16::MAX],
    });
    let bare = Raster::from_u16(SIDE as u32, SIDE as u32, 2, samples.collect()).unwrap();
    let found = find(&[&bare]);
    assert!(matches!(found.kind, NumberKind::Objects { most: 90 }) && !found.scale.missing_is_unlabelled);
    // Nor squares of codes without ground between, of which 0 is one.
    let cells = wide(
        (0..SIDE * SIDE)
            .map(|i| (i % SIDE / 4 + i / SIDE / 4 * 10) as u16 * 7)
            .collect(),
    );
    assert_eq!(find(&[&cells]).kind, NumberKind::Codes);
    // What polygons say are classes is none of it.
    let said = super::find(&[&squares(1, 90)], true);
    assert_eq!((said.kind, said.are_classes), (NumberKind::Codes, true));
    // Classes in one region each, but large; and few.
    let classes = [stripes(&[0, 1, 2, 3, 4, 5, 6, 7, 8])];
    assert!(!matches!(find(&[&classes[0]]).kind, NumberKind::Objects { .. }));
    assert!(!matches!(find(&[&squares(1, 5)]).kind, NumberKind::Objects { .. }));
}

#[test]
fn sixteen_bits_of_black_and_white_are_levels() {
    let half = wide((0..SIDE * SIDE).map(|i| 65535 * (i % 2) as u16).collect());
    let full = wide(vec![65535; SIDE * SIDE]);
    for set in [vec![&half, &full], vec![&full]] {
        assert_eq!(find(&set).scale.integers, Some([0.0, 65535.0]));
    }
    // 8 bits widened, and edges between.
    let widened = wide((0..SIDE * SIDE).map(|i| 257 * (i % 256) as u16).collect());
    assert_eq!(find(&[&widened]).scale.integers, Some([0.0, 65535.0]));
    let soft = |i: usize| {
        if i < 100 {
            600 * i as u16 + 7
        } else {
            65535 * (i / 200 % 2) as u16
        }
    };
    assert_eq!(
        find(&[&wide((0..SIDE * SIDE).map(soft).collect())]).scale.integers,
        Some([0.0, 65535.0])
    );
    let most = float((0..SIDE * SIDE).map(|i| 4_294_967_295.0 * (i % 2) as f32).collect());
    let most = Raster {
        is_float: false,
        ..most
    };
    let found = find(&[&most]);
    assert_eq!(
        (found.scale.integers, unfit(&most, &found)),
        (Some([0.0, 4_294_967_300.0]), None)
    );
    // 65535 beside codes is a code: the usual one for "no data".
    assert_eq!(find(&[&stripes(&[111, 311, 65535])]).kind, NumberKind::Codes);
}

#[test]
fn fractions_are_shares_of_one_scale() {
    let low = float((0..SIDE * SIDE).map(|i| 0.3 * i as f32 / 1600.0).collect());
    let high = float((0..SIDE * SIDE).map(|i| 0.6 + 0.3 * i as f32 / 1600.0).collect());
    let found = find(&[&low, &high]);
    assert_eq!(
        (found.kind, found.scale.floats),
        (NumberKind::Probabilities, Some([0.0, 1.0]))
    );
    assert_eq!(find(&[&low]).scale.floats, Some([0.0, 1.0]));
    let percent = float((0..SIDE * SIDE).map(|i| 99.5 * i as f32 / 1600.0).collect());
    assert_eq!(find(&[&percent]).scale.floats, Some([0.0, 100.0]));
    // Whole numbers in floats are numbers.
    let whole = float((0..SIDE * SIDE).map(|i| (i % 2) as f32).collect());
    assert_eq!(find(&[&whole]).scale.floats, None);
}

#[test]
fn what_no_class_can_have_is_named() {
    let found = find(&[&stripes(&[0, 1, 2])]);
    let mut odd = vec![0.0; SIDE * SIDE];
    assert_eq!(
        unfit(
            &Raster {
                is_float: false,
                ..float(odd.clone())
            },
            &found
        ),
        None
    );
    for number in [-1.0, 70_000.0, f32::INFINITY] {
        odd[77] = number;
        let mask = Raster {
            is_float: false,
            ..float(odd.clone())
        };
        assert_eq!(unfit(&mask, &found), Some(number));
    }
}

#[test]
fn pixels_without_data_are_background_only_where_one_number_is_drawn_on_nothing() {
    let with_alpha = |values: [f32; 4]| {
        let samples: Vec<f32> = values
            .iter()
            .flat_map(|v| [*v, if v.is_nan() { 0.0 } else { 1.0 }])
            .collect();
        let raster = Raster::new(2, 2, 2, samples.into(), 32).unwrap();
        Raster {
            is_float: true,
            alpha_is_missing: true,
            ..raster
        }
    };
    let drawn = with_alpha([f32::NAN, 1.0, 1.0, f32::NAN]);
    assert!(!find(&[&drawn]).scale.missing_is_unlabelled);
    let both = with_alpha([f32::NAN, 1.0, 0.0, 0.0]);
    assert!(find(&[&both]).scale.missing_is_unlabelled);
    assert!(!find(&[&with_alpha([0.0, 1.0, 0.0, 0.0])]).scale.missing_is_unlabelled);
}
