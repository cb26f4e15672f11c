use super::*;

const EAST: f64 = 500_000.0;
const NORTH: f64 = 5_400_000.0;
const TIE: [f64; 6] = [0.0, 0.0, 0.0, EAST, NORTH, 0.0];

/// Scale, tie points, matrix; the transform as area, and what is added to its origin as points.
type Case<'a> = (&'a [f64], &'a [f64], &'a [f64], [f64; 6], [f64; 2]);

fn keys(point: bool) -> GeoKeys {
    let mut keys = GeoKeys::of_epsg(32633);
    if point {
        keys.set_short(key::RASTER_TYPE, 2);
    }
    keys
}

fn transform(scale: &[f64], ties: &[f64], matrix: &[f64], point: bool) -> Option<[f64; 6]> {
    let place = OwnGeoRef::from_tags(scale, ties, matrix, keys(point));
    assert_eq!(place.epsg, Some(32633));
    place.geo.map(|geo| geo.transform)
}

/// GDAL 3.10 by rasterio 1.4: `transform` of files with these tags, as area and as points.
#[test]
fn tags_are_read_as_gdal_reads_them() {
    let matrix = [
        2.0,
        0.0,
        0.0,
        EAST + 500.0,
        0.0,
        -2.0,
        0.0,
        NORTH + 300.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        1.0,
    ];
    let mut turned = matrix;
    (turned[0], turned[1], turned[4], turned[5]) = (1.5, 0.5, 0.5, -1.5);
    let mut up = matrix;
    (up[3], up[5], up[7]) = (EAST, 2.0, NORTH);
    let middle = [48.0, 96.0, 0.0, EAST, NORTH, 0.0];
    let many = [[96.0, 96.0, 0.0, EAST + 96.0, NORTH - 96.0, 0.0], TIE].concat();
    let one = [EAST, 1.0, 0.0, NORTH, 0.0, -1.0];
    let cases: [Case; 13] = [
        (&[1.0, -1.0, 0.0], &TIE, &[], one, [-0.5, 0.5]),
        (
            &[-1.0, 1.0, 0.0],
            &TIE,
            &[],
            [EAST, -1.0, 0.0, NORTH, 0.0, -1.0],
            [0.5, 0.5],
        ),
        (
            &[-1.0, -1.0, 0.0],
            &TIE,
            &[],
            [EAST, -1.0, 0.0, NORTH, 0.0, -1.0],
            [0.5, 0.5],
        ),
        (
            &[0.5, -0.5, 0.0],
            &middle,
            &[],
            [499_976.0, 0.5, 0.0, 5_400_048.0, 0.0, -0.5],
            [-0.25, 0.25],
        ),
        (&[1.0, 1.0, 0.0], &TIE, &matrix, one, [-0.5, 0.5]),
        (&[1.0, 1.0, 0.0], &TIE, &[0.0; 16], one, [-0.5, 0.5]),
        (&[1.0, 1.0, 0.0], &many, &[], one, [-0.5, 0.5]),
        (&[1.0, 1.0], &TIE, &[], one, [-0.5, 0.5]),
        (
            &[1.0, 1.0, 5.0],
            &[0.0, 0.0, 3.0, EAST, NORTH, 100.0],
            &[],
            one,
            [-0.5, 0.5],
        ),
        (
            &[0.0; 3],
            &TIE,
            &matrix,
            [500_500.0, 2.0, 0.0, 5_400_300.0, 0.0, -2.0],
            [-1.0, 1.0],
        ),
        (
            &[],
            &many,
            &matrix,
            [500_500.0, 2.0, 0.0, 5_400_300.0, 0.0, -2.0],
            [-1.0, 1.0],
        ),
        (
            &[],
            &[],
            &turned,
            [500_500.0, 1.5, 0.5, 5_400_300.0, 0.5, -1.5],
            [-1.0, 0.5],
        ),
        (&[], &[], &up, [EAST, 2.0, 0.0, NORTH, 0.0, 2.0], [-1.0, -1.0]),
    ];
    for (scale, ties, matrix, mut wanted, [x, y]) in cases {
        assert_eq!(
            transform(scale, ties, matrix, false),
            Some(wanted),
            "{scale:?} {ties:?}"
        );
        wanted[0] += x;
        wanted[3] += y;
        assert_eq!(transform(scale, ties, matrix, true), Some(wanted), "{scale:?} {ties:?}");
    }
}

#[test]
fn what_places_nothing_is_passed_over() {
    for (scale, ties, matrix) in [
        (&[0.0; 3][..], &TIE[..], &[][..]),
        (&[1.0, 0.0, 0.0], &TIE, &[]),
        (&[1.0], &TIE, &[]),
        (&[f64::NAN, 1.0, 0.0], &TIE, &[]),
        (&[1.0, 1.0, 0.0], &TIE[..5], &[]),
        (&[1.0, 1.0, 0.0], &[], &[]),
        (&[], &TIE, &[]),
        (&[], &[], &[0.0; 16]),
        (&[], &[], &[2.0; 12]),
        (&[], &[0.0; 24], &[]),
    ] {
        assert_eq!(transform(scale, ties, matrix, false), None, "{scale:?} {ties:?}");
    }
}

fn points(bend: f64) -> Vec<f64> {
    let grid = (0..4).flat_map(|r| (0..4).map(move |c| [f64::from(c) * 32.0, f64::from(r) * 32.0]));
    grid.flat_map(|[c, r]| {
        [
            c,
            r,
            0.0,
            EAST + 0.3 * c + 0.1 * r,
            NORTH + 0.1 * c - 0.3 * r + bend * c * c,
            0.0,
        ]
    })
    .collect()
}

/// `bend * c * c` over columns 0, 32, 64 and 96 is off its best line, of slope 96 `bend`, by 1024 `bend` everywhere. With
/// a bend of 1e-3 a pixel has 0.3 x 0.3 + 0.1 x 0.196 m2.
#[test]
fn control_points_are_a_transform_where_they_fit() {
    let straight = OwnGeoRef::from_tags(&[], &points(0.0), &[], keys(false));
    let geo = straight.geo.expect("placed");
    assert!(straight.by_control_points && straight.remark.is_none());
    let wanted = [EAST, 0.3, 0.1, NORTH, 0.1, -0.3];
    assert!(
        geo.transform.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6),
        "{geo:?}"
    );
    assert!(
        OwnGeoRef::from_tags(&[], &points(1.4e-4), &[], keys(false))
            .geo
            .is_some()
    );
    let bent = OwnGeoRef::from_tags(&[], &points(1e-3), &[], keys(false));
    let Some(GeoRefRemark::ControlPoints { residual_px }) = bent.remark else {
        panic!("{bent:?}");
    };
    assert!(
        bent.geo.is_none() && (residual_px - 1.024 * 0.1f64.sqrt() / 0.109_6).abs() < 1e-6,
        "{residual_px}"
    );
}

#[test]
fn a_negative_scale_is_said() {
    let place = OwnGeoRef::from_tags(&[1.0, -1.0, 0.0], &TIE, &[], keys(true));
    assert_eq!(place.remark, Some(GeoRefRemark::NegativeScale));
    assert_eq!(place.keys.short(key::RASTER_TYPE), Some(1));
}
