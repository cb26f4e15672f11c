use super::*;
use crate::geo::GeoKeys;

const EAST: f64 = 500_000.0;
const NORTH: f64 = 5_400_000.0;

fn geo(transform: [f64; 6], epsg: Option<u32>) -> GeoRef {
    let keys = epsg.map(GeoKeys::of_epsg).unwrap_or_default();
    GeoRef::new(transform, epsg, keys).expect("placed")
}

fn at(east: f64, north: f64, pixel: f64) -> GeoRef {
    geo([EAST + east, pixel, 0.0, NORTH + north, 0.0, -pixel], Some(32633))
}

/// Every pixel its own number.
fn numbered(width: u32, height: u32) -> Raster {
    let numbers = (0..width * height).map(|i| i as u16).collect();
    Raster::from_u16(width, height, 1, numbers).expect("whole")
}

/// The mask's pixel that each of the image's got; -1 where there is none.
fn laid(image: &GeoRef, [w, h]: [u32; 2], mask: &GeoRef, [mw, mh]: [u32; 2]) -> Result<(Vec<i64>, Vec<Note>), Apart> {
    let (a, b) = (numbered(w, h), numbered(mw, mh));
    let aligned = align((image, &a), (mask, &b))?;
    let [from, to] = aligned.covered.unwrap_or([[0, 0], [w, h]]);
    let raster = aligned.mask.as_deref().unwrap_or(&b);
    let crate::formats::raster::Samples::U16(samples) = &raster.samples else {
        panic!("other samples");
    };
    let got = (0..h).flat_map(|y| (0..w).map(move |x| [x, y])).map(|[x, y]| {
        let inside = (from[0]..to[0]).contains(&x) && (from[1]..to[1]).contains(&y);
        if inside {
            i64::from(samples[(y * raster.width + x) as usize])
        } else {
            -1
        }
    });
    Ok((got.collect(), aligned.notes))
}

const AS_IS: [i64; 6] = [0, 1, 2, 3, 4, 5];

#[test]
fn one_grid_passes_in_silence() {
    let image = at(0.0, 0.0, 1.0);
    for mask in [
        at(0.0, 0.0, 1.0),
        at(0.2, -0.2, 1.0),
        at(0.49, 0.4, 1.0),
        at(1e-7, 0.0, 1.000_000_1),
    ] {
        assert_eq!(
            laid(&image, [3, 2], &mask, [3, 2]),
            Ok((AS_IS.to_vec(), vec![])),
            "{mask:?}"
        );
    }
    // ETRS89 is WGS 84 but for the drift of a plate.
    let etrs = geo(image.transform, Some(25833));
    assert_eq!(laid(&image, [3, 2], &etrs, [3, 2]), Ok((AS_IS.to_vec(), vec![])));
    let turned = geo([EAST, 0.9, 0.3, NORTH, 0.3, -0.9], Some(32633));
    assert_eq!(laid(&turned, [3, 2], &turned, [3, 2]), Ok((AS_IS.to_vec(), vec![])));
}

#[test]
fn masks_are_turned_to_the_image() {
    let image = at(0.0, 0.0, 1.0);
    let down = |t: [f64; 6]| geo(t, Some(32633));
    for (mask, size, wanted) in [
        (
            down([EAST, 1.0, 0.0, NORTH - 2.0, 0.0, 1.0]),
            [3, 2],
            [3, 4, 5, 0, 1, 2],
        ),
        (
            down([EAST + 3.0, -1.0, 0.0, NORTH, 0.0, -1.0]),
            [3, 2],
            [2, 1, 0, 5, 4, 3],
        ),
        (
            down([EAST + 3.0, -1.0, 0.0, NORTH - 2.0, 0.0, 1.0]),
            [3, 2],
            [5, 4, 3, 2, 1, 0],
        ),
        // Its columns run north, its rows east.
        (
            down([EAST, 0.0, 1.0, NORTH - 2.0, 1.0, 0.0]),
            [2, 3],
            [1, 3, 5, 0, 2, 4],
        ),
    ] {
        assert_eq!(
            laid(&image, [3, 2], &mask, size),
            Ok((wanted.to_vec(), vec![Note::MaskTurned]))
        );
    }
}

/// rasterio 1.4 `reproject`, nearest.
#[test]
fn shifts_sizes_and_parts_are_laid_by_the_nearest_pixel() {
    let image = at(0.0, 0.0, 1.0);
    let shifted = |hundredths_px, millimetres| Note::MaskShifted {
        hundredths_px,
        millimetres: Some(millimetres),
    };
    for (mask, size, wanted, notes) in [
        (
            at(0.6, 0.0, 1.0),
            [3, 2],
            [-1, 0, 1, -1, 3, 4],
            vec![shifted(60, 600), Note::MaskCovers { percent: 66 }],
        ),
        (
            at(-1.0, 1.0, 1.0),
            [3, 2],
            [4, 5, -1, -1, -1, -1],
            vec![shifted(141, 1414), Note::MaskCovers { percent: 33 }],
        ),
        (
            at(-1.0, 1.0, 1.0),
            [6, 5],
            [7, 8, 9, 13, 14, 15],
            vec![Note::MaskCutOut],
        ),
        (
            at(0.1, -0.1, 0.5),
            [6, 4],
            [0, 2, 4, 12, 14, 16],
            vec![Note::MaskResampled { hundredths: 50 }],
        ),
        (
            at(0.0, 0.0, 3.0),
            [1, 1],
            [0; 6],
            vec![Note::MaskResampled { hundredths: 300 }, Note::MaskCutOut],
        ),
    ] {
        assert_eq!(
            laid(&image, [3, 2], &mask, size),
            Ok((wanted.to_vec(), notes)),
            "{mask:?}"
        );
    }
}

#[test]
fn other_places_are_refused_with_distances() {
    let image = at(0.0, 0.0, 1.0);
    let size = [3, 2];
    let refused = |mask: &GeoRef| laid(&image, size, mask, size).expect_err("elsewhere");
    assert_eq!(refused(&at(3.0, 0.0, 1.0)), Apart::Elsewhere("3 m apart".into()));
    let Apart::Elsewhere(zone) = refused(&geo(image.transform, Some(32634))) else {
        panic!("another zone lies elsewhere");
    };
    // Six degrees of longitude at 48.75 degrees north.
    assert!(
        zone.starts_with("EPSG:32633 and EPSG:32634: 44") && zone.ends_with(" km apart"),
        "{zone}"
    );
    let turned = geo([EAST, 0.9, 0.5, NORTH, 0.5, -0.9], Some(32633));
    assert!(matches!(refused(&turned), Apart::OtherGrid(how) if how.contains("turned")));
    let degrees = geo([15.0, 1e-5, 0.0, 48.752_6, 0.0, -1e-5], Some(4326));
    assert!(matches!(refused(&degrees), Apart::OtherGrid(how) if how.starts_with("EPSG:32633 and EPSG:4326")));
    assert!(matches!(refused(&geo(image.transform, Some(2950))), Apart::OtherGrid(how) if how.contains("2950")));
    assert!(matches!(refused(&at(0.0, 0.0, 0.01)), Apart::OtherGrid(_)));
}

#[test]
fn a_system_that_is_not_named_is_taken_for_the_same_where_the_numbers_fit() {
    let image = at(0.0, 0.0, 1.0);
    let south_up = geo([EAST, 1.0, 0.0, NORTH - 2.0, 0.0, 1.0], None);
    assert_eq!(
        laid(&image, [3, 2], &south_up, [3, 2]),
        Ok((vec![3, 4, 5, 0, 1, 2], vec![Note::MaskTurned]))
    );
    let pixels = geo([0.0, 1.0, 0.0, 0.0, 0.0, -1.0], None);
    assert_eq!(
        laid(&image, [3, 2], &pixels, [3, 2]),
        Ok((AS_IS.to_vec(), vec![Note::PlacesNotCompared]))
    );
    // Of one unknown system both: then they are compared.
    assert!(laid(&geo(image.transform, None), [3, 2], &pixels, [3, 2]).is_err());
}
