//! Tests of [`super`], the module `decode`; a file of their own, compiled under `#[cfg(test)]` only.

use image::{DynamicImage, ImageFormat};

use std::io::Cursor;

use super::*;
use crate::formats::raster::Samples;

fn limits() -> Limits {
    Limits::default()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |c, b| {
        (0..8).fold(c ^ u32::from(*b), |c, _| {
            if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 }
        })
    })
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
}

/// A PNG by hand: `raw` holds the rows with their filter byte.
fn png(width: u32, height: u32, bits: u8, kind: u8, before: &[Vec<u8>], raw: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, kind, 0, 0, 0]].concat();
    let (a, b) = raw.iter().fold((1u32, 0u32), |(a, b), v| {
        ((a + u32::from(*v)) % 65521, (a + u32::from(*v) + b) % 65521)
    });
    let n = raw.len() as u16;
    let zlib = [
        &[0x78, 1, 1][..],
        &n.to_le_bytes(),
        &(!n).to_le_bytes(),
        raw,
        &(b << 16 | a).to_be_bytes(),
    ]
    .concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &header),
        &before.concat(),
        &chunk(b"IDAT", &zlib),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

fn rgb_image() -> DynamicImage {
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 8) as u8, (x * y) as u8])
    }))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// One valid file of every format and of the odder kinds.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let rgb = rgb_image();
    let rgba = DynamicImage::ImageRgba8(rgb.to_rgba8());
    vec![
        ("png", encoded(&rgb, ImageFormat::Png)),
        (
            "png16",
            encoded(&DynamicImage::ImageLuma16(rgb.to_luma16()), ImageFormat::Png),
        ),
        ("png palette", palette_png()),
        ("apng", apng()),
        ("jpeg", encoded(&rgb, ImageFormat::Jpeg)),
        ("jpeg exif", exif_jpeg(6)),
        ("webp", encoded(&rgba, ImageFormat::WebP)),
        ("bmp", encoded(&rgb, ImageFormat::Bmp)),
        ("gif", encoded(&rgba, ImageFormat::Gif)),
        ("tiff", encoded(&rgb, ImageFormat::Tiff)),
        (
            "tiff16",
            encoded(&DynamicImage::ImageRgb16(rgb.to_rgb16()), ImageFormat::Tiff),
        ),
    ]
}

fn palette_png() -> Vec<u8> {
    let palette = chunk(b"PLTE", &[10, 20, 30, 200, 100, 0, 1, 2, 3]);
    png(3, 1, 2, 3, &[palette], &[0, 0b00_01_10_00])
}

fn apng() -> Vec<u8> {
    let control = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    png(1, 1, 8, 0, &[control], &[0, 77])
}

/// The RGB image as JPEG with an EXIF orientation.
fn exif_jpeg(orientation: u8) -> Vec<u8> {
    let plain = encoded(&rgb_image(), ImageFormat::Jpeg);
    let tiff = [
        &b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let body = [&b"Exif\0\0"[..], &tiff].concat();
    [
        &plain[..2],
        &[0xff, 0xe1],
        &((body.len() + 2) as u16).to_be_bytes(),
        &body,
        &plain[2..],
    ]
    .concat()
}

#[test]
fn every_format_decodes_by_its_bytes() {
    let rgb = rgb_image().to_rgb8();
    for (name, bytes) in samples() {
        let r = decode(&bytes, &limits()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(r.samples.len() as u64, r.pixels() * u64::from(r.bands), "{name}");
        if ["png", "webp", "bmp", "tiff"].contains(&name) {
            for (x, y, p) in rgb.enumerate_pixels() {
                assert_eq!(r.rgba8_at(x, y)[..3], p.0, "{name} {x} {y}");
            }
        }
    }
}

#[test]
fn depths_and_palettes() {
    let r = decode(&png(10, 1, 1, 0, &[], &[0, 0b1010_0000, 0b0100_0000]), &limits()).unwrap();
    assert_eq!((r.bands, r.source_bits), (1, 1));
    assert_eq!(r.samples, Samples::from(vec![255u8, 0, 255, 0, 0, 0, 0, 0, 0, 255]));
    let r = decode(&png(2, 1, 4, 0, &[], &[0, 0x1f]), &limits()).unwrap();
    assert_eq!((r.samples, r.source_bits), (Samples::from(vec![17u8, 255]), 4));
    let r = decode(&palette_png(), &limits()).unwrap();
    assert_eq!((r.bands, r.source_bits), (3, 2));
    assert_eq!(r.samples, Samples::from(vec![10u8, 20, 30, 200, 100, 0, 1, 2, 3]));
    let r = decode(&png(1, 1, 16, 4, &[], &[0, 1, 2, 255, 255]), &limits()).unwrap();
    assert_eq!((r.bands, r.samples), (2, Samples::from(vec![0x0102u16, 0xffff])));
}

#[test]
fn animations_give_their_first_frame() {
    let r = decode(&apng(), &limits()).unwrap();
    assert!(r.first_frame_only);
    assert_eq!(r.samples, Samples::from(vec![77u8]));
    let mut out = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
        for value in [50u8, 200] {
            let frame = image::RgbaImage::from_pixel(4, 4, image::Rgba([value, value, value, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
    }
    let r = decode(&out, &limits()).unwrap();
    assert!(r.first_frame_only);
    assert_eq!(r.rgba8_at(1, 1), [50, 50, 50, 255]);
    assert!(
        !decode(&encoded(&rgb_image(), ImageFormat::Png), &limits())
            .unwrap()
            .first_frame_only
    );
}

#[test]
fn exif_turns_the_picture() {
    let upright = decode(&exif_jpeg(1), &limits()).unwrap();
    assert!(!upright.exif_rotated);
    let turned = decode(&exif_jpeg(6), &limits()).unwrap();
    assert!(turned.exif_rotated);
    assert_eq!((turned.width, turned.height), (30, 40));
    // 90 degrees clockwise: the top right is what was at the top left.
    assert_eq!(turned.rgba8_at(29, 0), upright.rgba8_at(0, 0));
    assert_eq!(turned.rgba8_at(0, 39), upright.rgba8_at(39, 29));
}

/// Of the 40 x 30 pixels, GDAL's mask behind the picture leaves out (0, 0) and (9, 1), which is bit 49.
#[test]
fn a_mask_behind_a_jpeg_turns_with_it() {
    for (orientation, missing) in [
        (1, [(0, 0), (9, 1)]),
        (6, [(29, 0), (28, 9)]),
        (3, [(39, 29), (30, 28)]),
    ] {
        let mut bytes = exif_jpeg(orientation);
        let start = (bytes.len() as u32).to_le_bytes();
        let mut mask = [0xff; 150];
        (mask[0], mask[6]) = (0b1111_1110, 0b1111_1101);
        let mut zlib = flate2::write::ZlibEncoder::new(&mut bytes, flate2::Compression::default());
        std::io::Write::write_all(&mut zlib, &mask).unwrap();
        zlib.finish().unwrap();
        let mut garbage = bytes.clone();
        bytes.extend(start);
        let raster = decode(&bytes, &limits()).unwrap();
        assert!(raster.alpha_is_missing && raster.bands == 4);
        let all = (0..raster.height).flat_map(|y| (0..raster.width).map(move |x| (x, y)));
        let mut holes: Vec<_> = all.filter(|(x, y)| raster.alpha8_at(*x, *y) == 0).collect();
        let mut missing = missing.to_vec();
        holes.sort_unstable();
        missing.sort_unstable();
        assert_eq!(holes, missing, "{orientation}");
        garbage.extend([0xff, 0xd9, 1, 2, 3, 4]);
        assert_eq!(decode(&garbage, &limits()), decode(&exif_jpeg(orientation), &limits()));
    }
}

#[test]
fn what_is_no_picture() {
    assert_eq!(decode(&[], &limits()), Err(DecodeError::EmptyFile));
    for bytes in [&b"hello, this is no picture at all"[..], b"%PDF-1.7", b"\0", b"BM"] {
        assert_eq!(decode(bytes, &limits()), Err(DecodeError::UnknownFormat));
    }
}

#[test]
fn limits_are_checked_before_anything_is_allocated() {
    // A few bytes that announce 3600 megapixels.
    let bomb = png(60000, 60000, 8, 2, &[], &[0]);
    assert_eq!(
        decode(&bomb, &limits()),
        Err(DecodeError::TooManyPixels {
            megapixels: 3600.0,
            limit_megapixels: 100.0
        })
    );
    let mut jpeg = encoded(&rgb_image(), ImageFormat::Jpeg);
    let sof = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0xff; 4]);
    assert!(matches!(
        decode(&jpeg, &limits()),
        Err(DecodeError::TooManyPixels { .. })
    ));
    let mut bmp = encoded(&rgb_image(), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&60000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60000u32.to_le_bytes());
    assert!(matches!(
        decode(&bmp, &limits()),
        Err(DecodeError::TooManyPixels { .. })
    ));
    let small = encoded(&rgb_image(), ImageFormat::Png);
    let tight = Limits {
        max_decoded_bytes: 3599,
        ..limits()
    };
    assert_eq!(
        decode(&small, &tight),
        Err(DecodeError::OutOfMemory {
            needed_bytes: 3600,
            available_bytes: 3599
        })
    );
    let short = Limits {
        max_file_bytes: 10,
        ..limits()
    };
    assert!(matches!(decode(&small, &short), Err(DecodeError::FileTooLarge { .. })));
}

/// Floats have no full scale: they are shown from their 2nd to their 98th percentile.
#[test]
fn floats_are_stretched() {
    let float = DynamicImage::ImageRgb32F(rgb_image().to_rgb32f());
    let r = decode(&encoded(&float, ImageFormat::Tiff), &limits()).unwrap();
    assert!(r.bands >= 3 && matches!(r.samples, Samples::F32(_)));
    assert!(r.rgba8_at(0, 0)[0] < 5 && r.rgba8_at(39, 0)[0] > 250);
}

#[test]
fn unsupported_kinds_are_named() {
    let mut unknown = encoded(&rgb_image(), ImageFormat::Tiff);
    let tag = unknown.windows(4).position(|w| w == [3, 1, 3, 0]).unwrap();
    unknown[tag + 8..tag + 10].copy_from_slice(&50002u16.to_le_bytes());
    assert!(matches!(decode(&unknown, &limits()), Err(DecodeError::UnsupportedFormat(what)) if what.contains("50002")));
    let plain = encoded(&rgb_image(), ImageFormat::Jpeg);
    let sof = plain.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    for (marker, word) in [(0xc9, "arithmetic"), (0xc3, "lossless")] {
        let mut bytes = plain.clone();
        bytes[sof + 1] = marker;
        assert!(matches!(decode(&bytes, &limits()), Err(DecodeError::UnsupportedFormat(what)) if what.contains(word)));
    }
    let mut deep = plain;
    deep[sof + 4] = 12;
    assert!(matches!(decode(&deep, &limits()), Err(DecodeError::UnsupportedFormat(what)) if what.contains("12-bit")));
}

/// A file cut anywhere is an error: never half a picture.
#[test]
fn cut_files_are_damaged() {
    for (name, bytes) in samples() {
        for cut in (1..bytes.len()).step_by(bytes.len() / 60 + 1).chain([bytes.len() - 1]) {
            let result = decode(&bytes[..cut], &limits());
            // The byte that ends a GIF or pads a RIFF chunk carries nothing.
            let harmless = (name == "gif" || name == "webp") && cut + 1 == bytes.len();
            // `image` writes TIFF's directory last; BMP's rows fill the file.
            assert!(result.is_err() || harmless, "{name} cut to {cut} of {}", bytes.len());
        }
    }
}

#[test]
fn a_wrong_checksum_is_damage() {
    let mut bytes = encoded(&rgb_image(), ImageFormat::Png);
    let at = bytes.len() - 30;
    bytes[at] ^= 0x55;
    assert!(matches!(decode(&bytes, &limits()), Err(DecodeError::Corrupt(_))));
}

/// splitmix64: `formats` stands below the floor that has a generator.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % n.max(1) as u64) as usize
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// Changed, cut, repeated and inserted bytes: any answer will do, a panic will not.
#[test]
fn no_bytes_make_it_panic() {
    const SEED: u64 = 20_240_607;
    let rounds: u64 = std::env::var("FUZZ_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(500);
    println!(
        "mutation fuzz: seed {SEED}, {rounds} mutations of each of {} files",
        samples().len()
    );
    // Small limits keep the fuzz quick; headers that lie run into them.
    let limits = Limits {
        max_pixels: 1 << 18,
        ..limits()
    };
    let mut decoded = 0;
    for (number, (_, original)) in samples().into_iter().enumerate() {
        for round in 0..rounds {
            let mut draw = Draw(SEED ^ (number as u64 + 1) << 40 ^ (round + 1) << 20);
            draw.below(1);
            let mut bytes = original.clone();
            for _ in 0..1 + draw.below(6) {
                // Headers decide most, so half of the changes fall on them.
                let span = if draw.coin() { bytes.len().min(64) } else { bytes.len() };
                let at = draw.below(span);
                match draw.below(6) {
                    0 => bytes[at] ^= 1 << draw.below(8),
                    1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][draw.below(6)],
                    2 => bytes.truncate(at.max(1)),
                    3 => bytes.insert(at, draw.below(256) as u8),
                    4 => drop(bytes.remove(at)),
                    _ => {
                        let piece: Vec<u8> = bytes[at..(at + 1 + draw.below(16)).min(bytes.len())].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            decoded += usize::from(decode(&bytes, &limits).is_ok());
        }
    }
    println!("mutation fuzz: {decoded} still decoded");
}
