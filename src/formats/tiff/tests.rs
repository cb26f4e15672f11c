//! Tests of [`super`]: what is written is read, and what is broken is named. Files of other writers are read in
//! `tests/peers/test_tiff.py`.

use super::*;
use crate::formats::{Parts, raster::Samples as RasterSamples};
use crate::geo::GeoRef;

pub(super) fn open(bytes: Vec<u8>) -> Result<TiffImage, TiffError> {
    TiffImage::open(Rc::new(bytes))
}

/// Whole, as all files of these tests.
fn write<T: Sample>(spec: GeoTiffSpec, value: impl Fn(usize, usize) -> T) -> Result<Vec<u8>, WriteError> {
    super::write(spec, value, Parts::whole())
}

fn spec(width: usize, height: usize) -> GeoTiffSpec<'static> {
    GeoTiffSpec {
        width,
        height,
        geo: None,
        nodata: None,
        palette: None,
    }
}

pub(super) fn all(image: &TiffImage, band: usize) -> Result<Vec<f64>, TiffError> {
    let (height, width) = (image.height as usize, image.width as usize);
    let mut out = vec![-1.0; height * width];
    let window = Window {
        y: 0,
        x: 0,
        height,
        width,
    };
    image.visit(window, &[band], &mut |at, v| out[at] = v)?;
    Ok(out)
}

/// A file by hand: one strip, tags as given (tag, type, count, value), data at the end.
fn by_hand(tags: &[(u16, u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let mut out = b"II\x2a\0\x08\0\0\0".to_vec();
    out.extend((tags.len() as u16).to_le_bytes());
    let data_at = (8 + 2 + 12 * tags.len() + 4) as u32;
    for (tag, kind, count, value) in tags {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        let value = if *value == u32::MAX { data_at } else { *value };
        out.extend(value.to_le_bytes());
    }
    out.extend([0; 4]);
    out.extend(data);
    out
}

pub(super) fn plain(width: u32, height: u32, more: &[(u16, u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let mut tags = vec![
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, u32::MAX),
        (278, 4, 1, height),
        (279, 4, 1, data.len() as u32),
    ];
    for tag in more {
        tags.retain(|t| t.0 != tag.0);
        tags.push(*tag);
    }
    tags.sort();
    by_hand(&tags, data)
}

#[test]
fn what_is_written_is_read() {
    for (width, height) in [(1, 1), (256, 256), (257, 300), (700, 3)] {
        let bytes = write(spec(width, height), |y, x| (y * 7 + x * 3) as u8).expect("written");
        let image = open(bytes).expect("opened");
        assert_eq!((image.width as usize, image.height as usize), (width, height));
        let back = all(&image, 0).expect("read");
        assert!((0..height * width).all(|i| back[i] == f64::from((i / width * 7 + i % width * 3) as u8)));
        let bytes = write(spec(width, height), |y, x| (y * 700 + x * 31) as u16).expect("written");
        let back = all(&open(bytes).expect("opened"), 0).expect("read");
        assert!((0..height * width).all(|i| back[i] == f64::from((i / width * 700 + i % width * 31) as u16)));
        let bytes = write(spec(width, height), |y, x| y as f32 - x as f32 / 3.0).expect("written");
        let back = all(&open(bytes).expect("opened"), 0).expect("read");
        assert!((0..height * width).all(|i| back[i] as f32 == (i / width) as f32 - (i % width) as f32 / 3.0));
    }
}

/// All directories of a file as images, the first the image itself.
fn levels(bytes: &[u8]) -> Vec<TiffImage> {
    let shared = Rc::new(bytes.to_vec());
    let all = ifd::directories(&*shared).expect("directories");
    let open = |directory| TiffImage::from_directory(shared.clone(), directory).expect("an image");
    all.iter().map(open).collect()
}

/// Half as large each, down to 512 pixels; of measured values the mean of those that there are, of class numbers one of
/// them.
#[test]
fn overviews_stand_for_their_pixels() {
    let with_nodata = GeoTiffSpec {
        nodata: Some(-1.0),
        ..spec(1100, 530)
    };
    let measured = |y: usize, x: usize| match x < 5 || y % 2 == 1 {
        true => -1.0f32,
        false => (x * 3 + y) as f32,
    };
    for is_big in [false, true] {
        let bytes = write::write_sized(with_nodata, measured, Parts::whole(), is_big).expect("written");
        assert_eq!(bytes[2], if is_big { 43 } else { 42 });
        let found = levels(&bytes);
        let sizes: Vec<_> = found.iter().map(|level| [level.width, level.height]).collect();
        assert_eq!(sizes, [[1100, 530], [550, 265], [275, 133]]);
        let read = |level: usize, y: usize, x: usize| {
            let values = all(&found[level], 0).expect("read");
            values[y * found[level].width as usize + x]
        };
        // Odd rows and the first five columns are not measured.
        assert_eq!((read(1, 0, 0), read(1, 0, 1)), (-1.0, -1.0));
        assert_eq!(read(1, 3, 2), f64::from(measured(6, 5)));
        assert_eq!(read(1, 3, 7), f64::from(measured(6, 14) + measured(6, 15)) / 2.0);
        // Of a block that the image's end cuts, what lies inside.
        assert_eq!(
            read(2, 132, 274),
            f64::from(measured(528, 1096) + measured(528, 1099)) / 2.0
        );
        // Smallest first, the image last, its tiles in their order.
        let places: Vec<u64> = found
            .iter()
            .rev()
            .flat_map(|l| l.chunk_ranges.iter().map(|r| r.0))
            .collect();
        assert!(places.is_sorted());
        // Each between its length and its last bytes.
        for (at, length) in found.iter().flat_map(|level| level.chunk_ranges.clone()) {
            let (at, end) = (at as usize, (at + length) as usize);
            assert_eq!(bytes[at - 4..at], (length as u32).to_le_bytes());
            assert_eq!(bytes[end - 4..end], bytes[end..end + 4]);
        }
    }
    let classes = |y: usize, x: usize| ((x / 3 + y / 5) % 7) as u8;
    let found = levels(&write(spec(1100, 530), classes).expect("written"));
    let values = all(&found[2], 0).expect("read");
    assert_eq!(values[10 * 275 + 20], f64::from(classes(42, 82)));
    assert_eq!(levels(&write(spec(512, 512), classes).expect("written")).len(), 1);
}

/// Handed over in pieces, a file has the same bytes, its directory in front.
#[test]
fn a_file_in_pieces_is_the_same() {
    // Noise, which does not compress.
    let value = |y: usize, x: usize| {
        let mixed = ((y * 1200 + x) as u32).wrapping_mul(0x9E37_79B9);
        ((mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B) >> 16) as u16
    };
    let whole = write(spec(1200, 1100), value).expect("written");
    let mut pieces = Vec::new();
    let mut take = |piece: Vec<u8>| pieces.push(piece);
    let head = super::write(spec(1200, 1100), value, Parts::to(&mut take)).expect("written");
    assert!(pieces.len() > 1 && head.len() < 1 << 20);
    assert!([head, pieces.concat()].concat() == whole);
}

#[test]
fn windows_are_parts_of_the_whole() {
    let image = open(write(spec(600, 500), |y, x| (y * 600 + x) as f32).expect("written")).expect("opened");
    let window = Window {
        y: 250,
        x: 100,
        height: 20,
        width: 450,
    };
    let mut out = vec![f64::NAN; 20 * 450];
    image.visit(window, &[0], &mut |at, v| out[at] = v).expect("read");
    assert!((0..out.len()).all(|i| out[i] == ((250 + i / 450) * 600 + 100 + i % 450) as f64));
}

#[test]
fn georeference_nodata_and_palette_come_back() {
    let geo = GeoRef {
        transform: [400_000.0, 0.25, 0.0, 5_000_000.0, 0.0, -0.25],
        epsg: Some(25832),
        keys: crate::geo::GeoKeys::of_epsg(25832),
    };
    let turned = GeoRef {
        transform: [1.0, 0.5, 0.25, 2.0, 0.25, -0.5],
        ..geo.clone()
    };
    for geo in [geo, turned] {
        let colours = [[0, 0, 0], [200, 30, 40]];
        let spec = GeoTiffSpec {
            geo: Some(&geo),
            nodata: Some(255.0),
            palette: Some(&colours),
            ..spec(30, 20)
        };
        let image = open(write(spec, |_, x| (x % 2) as u8).expect("written")).expect("opened");
        assert_eq!(image.geo, Some(geo));
        assert_eq!(image.nodata, Some(255.0));
        let raster = image.whole(&image.choose_asked(&[]).expect("bands")).expect("decoded");
        assert_eq!((raster.bands, raster.rgba8_at(1, 0)), (4, [200, 30, 40, 255]));
    }
}

#[test]
fn wide_numbers_stay_and_nodata_is_transparent() {
    let spec = GeoTiffSpec {
        nodata: Some(0.0),
        ..spec(100, 100)
    };
    let bytes = write(spec, |y, x| if x == 0 { 0u16 } else { (1000 + y * 10) as u16 }).expect("written");
    let image = open(bytes).expect("opened");
    let bands = image.choose_asked(&[0]).expect("bands");
    let own = bands.own_ranges.clone().expect("wide");
    for ranges in [&own.stretched, &own.before] {
        assert!(
            (ranges[0][0] - 1020.0).abs() < 11.0 && (ranges[0][1] - 1970.0).abs() < 11.0,
            "{ranges:?}"
        );
    }
    let raster = image.whole(&bands).expect("decoded");
    assert_eq!(raster.bands, 2);
    let RasterSamples::U16(v) = &raster.samples else {
        panic!("8 bits");
    };
    assert_eq!((v[0], v[1]), (0, 0));
    assert_eq!((v[2], v[3]), (1000, 65535));
    assert_eq!(v[2 * (99 * 100 + 5)], 1990);
    assert_eq!(raster.rgba8_at(0, 50), [0, 0, 0, 0]);
    assert_eq!((raster.rgba8_at(1, 0)[0], raster.rgba8_at(5, 99)[0]), (0, 255));
}

/// Class numbers in 16 bits stay class numbers, and are shown as they were before there was a range of the data set.
#[test]
fn small_whole_numbers_stay() {
    let image = open(write(spec(40, 30), |y, _| (y % 3) as u16).expect("written")).expect("opened");
    let raster = image.whole(&image.choose_asked(&[0]).expect("bands")).expect("decoded");
    assert_eq!(raster.samples.number(2 * 40), 2.0);
    let before = raster.own_ranges.as_ref().map(|own| own.before.clone());
    assert_eq!(raster.in_ranges(before).rgba8_at(0, 2), [2, 2, 2, 255]);
}

#[test]
fn one_bit_and_white_is_zero() {
    let bytes = plain(
        10,
        2,
        &[(258, 3, 1, 1), (262, 3, 1, 0)],
        &[0b1010_0000, 0x40, 0xff, 0xc0],
    );
    let image = open(bytes).expect("opened");
    assert_eq!(
        all(&image, 0).expect("read")[..10],
        [1., 0., 1., 0., 0., 0., 0., 0., 0., 1.]
    );
    let raster = image.whole(&image.choose_asked(&[0]).expect("bands")).expect("decoded");
    assert_eq!((raster.rgba8_at(0, 0)[0], raster.rgba8_at(1, 0)[0]), (0, 255));
}

#[test]
fn lies_are_named_and_cost_nothing() {
    let named = |bytes: Vec<u8>, part: &str| {
        let error = match open(bytes) {
            Err(error) => error,
            Ok(image) => all(&image, 0).expect_err(part),
        };
        assert!(error.to_string().contains(part), "{error} should name {part}");
    };
    named(b"II\x2a\0\xff\xff\xff\xff".to_vec(), "ends early");
    named(plain(4, 4, &[(259, 3, 1, 50002)], &[0; 16]), "compression 50002");
    named(plain(4, 4, &[(259, 3, 1, 7)], &[0; 16]), "JPEG: no picture begins");
    named(plain(4, 4, &[(259, 3, 1, 6)], &[0; 16]), "compression 6 (old JPEG)");
    named(plain(4, 4, &[(317, 3, 1, 9)], &[0; 16]), "predictor 9");
    named(plain(4, 4, &[(277, 3, 1, 9999)], &[0; 16]), "9999 bands");
    named(plain(4, 4, &[(258, 3, 1, 12)], &[0; 16]), "12-bit");
    // 2^31 strips announced; the values would lie far outside of the file.
    named(
        plain(4, 4, &[(273, 4, 1 << 31, 8)], &[0; 16]),
        "which the file does not hold",
    );
    // As many rows as strips, one strip given.
    named(
        plain(4, 1 << 31, &[(278, 4, 1, 1)], &[0; 16]),
        "1 strips, 2147483648 needed",
    );
    // A bomb: 60,000 x 60,000 in one compressed strip of 16 bytes.
    named(plain(60_000, 60_000, &[(259, 3, 1, 8)], &[0; 16]), "MiB, limit 762 MiB");
    let tile = [(259, 3, 1, 8), (322, 4, 1, 20_000), (323, 4, 1, 20_000)];
    named(plain(16, 16, &tile, &[0; 16]), "MiB, limit 256 MiB");
    named(plain(4, 4, &[(273, 4, 1, 0xffff_fff0)], &[0; 16]), "ends early");
    named(plain(0, 4, &[], &[0; 16]), "width is 0");
    named(plain(4, 4, &[], &[0; 9]), "strip or tile ends early: 9 bytes");
}

#[test]
fn directories_in_a_circle_end() {
    let mut bytes = plain(4, 4, &[], &[7; 16]);
    let next = 8 + 2 + 12 * 8;
    bytes[next..next + 4].copy_from_slice(&8u32.to_le_bytes());
    assert_eq!(all(&open(bytes).expect("opened"), 0).expect("read"), vec![7.0; 16]);
}

/// Any byte changed: an error or another picture, never a panic.
#[test]
fn damaged_bytes_never_panic() {
    let bytes = write(spec(20, 20), |y, x| (y * x) as u16).expect("written");
    for at in 0..bytes.len() {
        for value in [0x00, 0x7f, 0xff, bytes[at] ^ 1] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            if let Ok(image) = open(damaged)
                && u64::from(image.width) * u64::from(image.height) < 1 << 20
            {
                let _ = all(&image, 0);
                if let Ok(bands) = image.choose_asked(&[]) {
                    let _ = image.whole(&bands);
                }
            }
        }
    }
    // The last four bytes repeat those before them.
    for cut in 0..bytes.len() - 4 {
        assert!(
            open(bytes[..cut].to_vec()).and_then(|i| all(&i, 0)).is_err(),
            "cut at {cut}"
        );
    }
}
