//! Tests of [`super`]: files that are written otherwise than most. Which of them are read was asked of rasterio 1.4.4
//! (libtiff), with files of the same structure.

use super::tests::{all, open, plain};

/// 16 samples, 4 x 4.
const PIXELS: [u8; 16] = [0, 1, 2, 3, 10, 20, 30, 40, 100, 110, 120, 130, 255, 254, 253, 252];

fn values(bytes: Vec<u8>) -> Vec<f64> {
    all(&open(bytes).expect("opened"), 0).expect("read")
}

fn expected() -> Vec<f64> {
    PIXELS.map(f64::from).to_vec()
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|b| b.reverse_bits()).collect()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("to memory");
    out.finish().expect("to memory")
}

#[test]
fn fill_order_2_turns_the_bits_of_the_file() {
    let order = (266, 3, 1, 2);
    assert_eq!(values(plain(4, 4, &[order], &turned(&PIXELS))), expected());
    let packed = deflated(&PIXELS);
    assert_eq!(
        values(plain(4, 4, &[order, (259, 3, 1, 8)], &turned(&packed))),
        expected()
    );
    let error = open(plain(4, 4, &[(266, 3, 1, 3)], &PIXELS)).expect_err("unknown");
    assert_eq!(error.to_string(), "fill order 3");
    // One bit a pixel: the first is the lowest.
    let bits = values(plain(4, 1, &[order, (258, 3, 1, 1)], &[0b0101]));
    assert_eq!(bits, [1.0, 0.0, 1.0, 0.0]);
    let words = values(plain(2, 1, &[order, (258, 3, 1, 16)], &turned(&[0x34, 0x12, 0xff, 0])));
    assert_eq!(words, [f64::from(0x1234), 255.0]);
}

#[test]
fn lzw_of_before_tiff_5() {
    let mut encoder = weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8);
    // Long enough for codes of 10 and 11 bits.
    let pixels: Vec<u8> = (0..4096u32).map(|i| ((i * i) >> 5) as u8).collect();
    let packed = encoder.encode(&pixels).expect("encoded");
    assert_eq!(packed[..2], [0, 1]);
    let back = values(plain(64, 64, &[(259, 3, 1, 5)], &packed));
    assert!(back.iter().zip(&pixels).all(|(a, b)| *a == f64::from(*b)));
}

#[test]
fn places_of_the_other_kind_are_found() {
    // Tiles of 16 x 16 listed as strips; strips listed as tiles.
    let tile: Vec<u8> = (0..=255).collect();
    let tiled = plain(16, 16, &[(322, 3, 1, 16), (323, 3, 1, 16)], &tile);
    assert_eq!(values(tiled), tile.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    let mut strips = plain(4, 4, &[], &PIXELS);
    // 273 and 279 become 324 and 325, the last tags of the directory of eight.
    for (entry, tag) in [(5, 324u16), (7, 325)] {
        let at = 10 + 12 * entry;
        strips[at..at + 2].copy_from_slice(&tag.to_le_bytes());
    }
    assert_eq!(values(strips), expected());
}

#[test]
fn lengths_that_say_nothing_new_may_be_wrong() {
    for length in [0, 1, 999] {
        assert_eq!(
            values(plain(4, 4, &[(279, 4, 1, length)], &PIXELS)),
            expected(),
            "length {length}"
        );
    }
    for rows in [0, 4, u32::MAX - 1] {
        assert_eq!(
            values(plain(4, 4, &[(278, 4, 1, rows)], &PIXELS)),
            expected(),
            "{rows} rows"
        );
    }
    // One strip without a length ends with the file.
    let mut missing = plain(4, 4, &[(259, 3, 1, 8)], &deflated(&PIXELS));
    let at = 10 + 12 * 7;
    missing[at..at + 2].copy_from_slice(&60000u16.to_le_bytes());
    assert_eq!(values(missing), expected());
}

#[test]
fn what_is_not_read_has_its_name() {
    let refused = |tags: &[(u16, u16, u32, u32)]| open(plain(4, 4, tags, &[0; 64])).expect_err("refused").to_string();
    assert_eq!(
        refused(&[(262, 3, 1, 5)]),
        "photometric interpretation 5 (CMYK of other depths or bands)"
    );
    assert_eq!(
        refused(&[(262, 3, 1, 5), (277, 3, 1, 4), (284, 3, 1, 2)]),
        "CMYK in planes"
    );
    assert_eq!(refused(&[(259, 3, 1, 4)]), "fax of 1 bands of 8 bits");
    assert_eq!(
        refused(&[(262, 3, 1, 6)]),
        "photometric interpretation 6 (YCbCr without JPEG)"
    );
    assert_eq!(refused(&[(262, 3, 1, 8)]), "photometric interpretation 8 (CIELab)");
    assert_eq!(refused(&[(258, 3, 1, 12)]), "12-bit samples of format Unsigned");
    assert_eq!(
        refused(&[(258, 3, 1, 24), (339, 3, 1, 3)]),
        "24-bit samples of format Float"
    );
    assert_eq!(refused(&[(259, 3, 1, 7), (277, 3, 1, 5)]), "JPEG of 5 bands");
}

/// Half floats: 1, -2, the largest, nothing.
#[test]
fn floats_of_16_bits() {
    let tags = [(258, 3, 1, 16), (339, 3, 1, 3)];
    let back = values(plain(4, 1, &tags, &[0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 0x7e]));
    assert_eq!(back[..3], [1.0, -2.0, 65504.0]);
    assert!(back[3].is_nan());
}

/// Inks on white paper: none, cyan, half of the light taken by black, all of it.
#[test]
fn cmyk_becomes_red_green_and_blue() {
    let inks = [[0, 0, 0, 0], [255, 0, 0, 0], [0, 100, 0, 128], [0, 0, 0, 255]];
    let expected = [[255, 255, 255], [0, 255, 255], [127, 77, 127], [0, 0, 0]];
    let colours = |image: super::TiffImage| -> Vec<[u8; 3]> {
        assert_eq!(image.pick(&[3]), [0, 1, 2]);
        let bands = image.choose_asked(&[]).expect("bands");
        let raster = image.whole(&bands).expect("a raster");
        assert_eq!((raster.bands, image.raster_bytes(&[])), (3, raster.bytes()));
        (0..4)
            .map(|x| {
                let [r, g, b, _] = raster.rgba8_at(x, 0);
                [r, g, b]
            })
            .collect()
    };
    let tags = [(262, 3, 1, 5), (277, 3, 1, 4)];
    let narrow = plain(4, 1, &tags, &inks.concat());
    assert_eq!(colours(open(narrow).expect("opened")), expected);
    let wide: Vec<u8> = inks.concat().iter().flat_map(|ink| [*ink, *ink]).collect();
    let wide = plain(4, 1, &[tags[0], tags[1], (258, 3, 1, 16)], &wide);
    assert_eq!(colours(open(wide).expect("opened")), expected);
}
