//! Tests of [`super`]; what is right is what Pillow 13's `ImageOps.exif_transpose` does with the same bytes.

use std::io::Write;

use super::*;
use crate::formats::image::{reader::Pixels, reader_of};

fn of_file(bytes: &[u8]) -> Orientation {
    match reader_of(bytes).map(|reader| &reader.pixels) {
        Some(Pixels::Whole(codec)) => of((codec.metadata)(bytes)),
        _ => Orientation::NoTransforms,
    }
}

/// EXIF of one tag, little endian.
fn exif(turn: u16) -> Vec<u8> {
    let mut out = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    out.extend(turn.to_le_bytes());
    out.extend([0; 6]);
    out
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &[0; 4]].concat()
}

fn png(chunks: &[Vec<u8>]) -> Orientation {
    let end = chunk(b"IEND", &[]);
    of_file(&[&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat(), &end].concat())
}

fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Orientation {
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    for (kind, data) in chunks {
        out.extend_from_slice(*kind);
        out.extend((data.len() as u32).to_le_bytes());
        out.extend_from_slice(data);
        out.extend(vec![0; data.len() % 2]);
    }
    of_file(&out)
}

fn profile(exif: &[u8]) -> String {
    let digits: String = exif.iter().map(|b| format!("{b:02x}")).collect();
    let lines: Vec<&str> = (0..digits.len())
        .step_by(72)
        .map(|i| &digits[i..(i + 72).min(digits.len())])
        .collect();
    format!("\nexif\n{:8}\n{}\n", exif.len(), lines.join("\n"))
}

fn deflated(text: &str) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

const XMP: &str = "<x:xmpmeta><rdf:Description tiff:Orientation=\"8\"/></x:xmpmeta>";

#[test]
fn exif_of_webp_may_begin_with_its_name() {
    let plain = exif(6);
    let named = [b"Exif\0\0", &plain[..]].concat();
    let twice = [b"Exif\0\0", &named[..]].concat();
    for data in [&plain, &named, &twice] {
        assert_eq!(webp(&[(b"VP8L", &[1, 2, 3]), (b"EXIF", data)]), Orientation::Rotate90);
    }
    assert_eq!(webp(&[(b"XMP ", XMP.as_bytes())]), Orientation::Rotate270);
    assert_eq!(webp(&[(b"EXIF", b"Exif\0\0II")]), Orientation::NoTransforms);
}

#[test]
fn exif_of_png_may_be_text() {
    let text = profile(&exif(3));
    let named = |keyword: &str, rest: &[u8]| [keyword.as_bytes(), b"\0", rest].concat();
    let keyword = "Raw profile type exif";
    let z = chunk(b"zTXt", &named(keyword, &[&[0], &deflated(&text)[..]].concat()));
    let t = chunk(b"tEXt", &named(keyword, text.as_bytes()));
    let i = chunk(b"iTXt", &named(keyword, &[b"\0\0\0\0", text.as_bytes()].concat()));
    let packed = chunk(
        b"iTXt",
        &named(keyword, &[&b"\x01\0\0\0"[..], &deflated(&text)].concat()),
    );
    let with_name = profile(&[b"Exif\0\0", &exif(3)[..]].concat());
    let app1 = chunk(b"tEXt", &named("Raw profile type APP1", with_name.as_bytes()));
    for one in [z, t.clone(), i, packed, app1] {
        assert_eq!(png(&[one]), Orientation::Rotate180);
    }
    assert_eq!(png(&[chunk(b"eXIf", &exif(5))]), Orientation::Rotate90FlipH);
    // The chunk made for it counts for more, wherever it stands.
    assert_eq!(
        png(&[t, chunk(b"IDAT", &[]), chunk(b"eXIf", &exif(8))]),
        Orientation::Rotate270
    );
    // Half a text, and one that never ends.
    assert_eq!(
        png(&[chunk(b"tEXt", &named(keyword, b"\nexif\n 26\n49492a"))]),
        Orientation::NoTransforms
    );
    let bomb = deflated(&"0".repeat(8 << 20));
    assert_eq!(
        png(&[chunk(b"zTXt", &named(keyword, &[&[0], &bomb[..]].concat()))]),
        Orientation::NoTransforms
    );
}

#[test]
fn xmp_counts_where_exif_says_nothing() {
    let xmp = |text: &str| chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", text.as_bytes()].concat());
    assert_eq!(png(&[xmp(XMP)]), Orientation::Rotate270);
    let element = "<tiff:Orientation>2</tiff:Orientation>";
    assert_eq!(png(&[xmp(element)]), Orientation::FlipHorizontal);
    assert_eq!(png(&[xmp("tiff:Orientation=\"9\"")]), Orientation::NoTransforms);
    // EXIF that says 1, or nonsense, has said it.
    assert_eq!(png(&[xmp(XMP), chunk(b"eXIf", &exif(1))]), Orientation::NoTransforms);
    assert_eq!(png(&[xmp(XMP), chunk(b"eXIf", &exif(77))]), Orientation::NoTransforms);
    // EXIF without the tag has not.
    let other = b"II\x2a\0\x08\0\0\0\0\0\0\0\0\0";
    assert_eq!(png(&[xmp(XMP), chunk(b"eXIf", other)]), Orientation::Rotate270);
}

#[test]
fn jpeg_has_both_in_the_same_kind_of_segment() {
    let segment = |data: &[u8]| [&[0xff, 0xe1][..], &(data.len() as u16 + 2).to_be_bytes(), data].concat();
    let xmp = segment(&[b"http://ns.adobe.com/xap/1.0/\0", XMP.as_bytes()].concat());
    let own = segment(&[b"Exif\0\0", &exif(6)[..]].concat());
    let jpeg = |parts: &[&[u8]]| of_file(&[&[0xff, 0xd8][..], &parts.concat()[..], &[0xff, 0xd9]].concat());
    assert_eq!(jpeg(&[&own]), Orientation::Rotate90);
    assert_eq!(jpeg(&[&xmp]), Orientation::Rotate270);
    assert_eq!(jpeg(&[&xmp, &own]), Orientation::Rotate90);
    assert_eq!(jpeg(&[&own[..10]]), Orientation::NoTransforms);
}
