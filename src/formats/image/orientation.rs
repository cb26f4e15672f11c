//! Which way up a PNG, JPEG or WebP is to be seen: EXIF, wherever writers put it, else XMP; in the order that Pillow's
//! `ImageOps.exif_transpose` has (EXIF counts as soon as it says anything about it).
//!
//! Sources: EXIF 2.32 (tag 274), PNG third edition (`eXIf`, text chunks), WebP container specification, XMP part 3;
//! ImageMagick's and ExifTool's "Raw profile" texts.

use std::io::Read;

use image::metadata::Orientation;

use super::header::Format;

/// Longest text of a PNG that is looked at, bytes decompressed.
const MAX_TEXT_BYTES: u64 = 1 << 20;
/// Entries of a directory of EXIF at most.
const MAX_ENTRIES: u16 = 1024;

/// Metadata of a file that may tell an orientation, the first of each.
#[derive(Default)]
struct Found {
    exif: Option<Vec<u8>>,
    /// EXIF written as text.
    profile: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
}

/// What the file asks for; a broken entry asks for nothing.
pub(super) fn of(format: Format, bytes: &[u8]) -> Orientation {
    let found = match format {
        Format::Png => in_png(bytes),
        Format::Jpeg => in_jpeg(bytes),
        Format::WebP => in_webp(bytes),
        // Of a TIFF, GDAL and the programs on top of it show the rows as they are stored.
        Format::Bmp | Format::Gif | Format::Tiff => Found::default(),
    };
    let exif = found.exif.or(found.profile);
    let said = exif.and_then(|exif| in_exif(&exif));
    let said = said.or_else(|| found.xmp.and_then(|xmp| in_xmp(&xmp)));
    said.and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn in_png(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let mut at = 8usize;
    while let Some(head) = bytes.get(at..at.saturating_add(8)) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(data) = at.checked_add(8 + length).and_then(|end| bytes.get(at + 8..end)) else {
            break;
        };
        at = at.saturating_add(12 + length);
        match &head[4..] {
            b"eXIf" => drop(found.exif.get_or_insert_with(|| data.to_vec())),
            kind @ (b"tEXt" | b"zTXt" | b"iTXt") => {
                let Some(keyword) = data.iter().position(|b| *b == 0) else {
                    continue;
                };
                let (keyword, rest) = (&data[..keyword], &data[keyword + 1..]);
                let profile = [&b"Raw profile type exif"[..], b"Raw profile type APP1"].contains(&keyword);
                if !profile && keyword != b"XML:com.adobe.xmp" {
                    continue;
                }
                let Some(text) = png_text(kind, rest) else { continue };
                if profile {
                    found.profile = found.profile.or_else(|| raw_profile(&text));
                } else {
                    found.xmp.get_or_insert(text);
                }
            }
            b"IEND" => break,
            _ => {}
        }
    }
    found
}

/// The text of a chunk behind its keyword.
fn png_text(kind: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    match kind {
        b"tEXt" => Some(rest.to_vec()),
        b"zTXt" => inflated(rest.get(1..)?),
        _ => {
            // Compressed or not, method, language, translated keyword.
            let compressed = *rest.first()? == 1;
            let mut parts = rest.get(2..)?.splitn(3, |b| *b == 0);
            let text = parts.nth(2)?;
            if compressed {
                inflated(text)
            } else {
                Some(text.to_vec())
            }
        }
    }
}

fn inflated(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let read = flate2::read::ZlibDecoder::new(data)
        .take(MAX_TEXT_BYTES)
        .read_to_end(&mut out);
    read.ok().map(|_| out)
}

/// Name, number of bytes, and the bytes as hexadecimal digits over many lines.
fn raw_profile(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.get(..text.len().min(MAX_TEXT_BYTES as usize))?;
    let mut words = text.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let (_name, _length) = (words.next()?, words.next()?);
    let digits: Vec<u8> = words
        .flatten()
        .map(|b| char::from(*b).to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn in_jpeg(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let mut at = 2usize;
    while let Some(&[0xff, marker, a, b]) = bytes.get(at..at.saturating_add(4)) {
        match marker {
            0xff => {
                at += 1;
                continue;
            }
            0xda | 0xd9 => break,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([a, b])).max(2);
        let segment = bytes.get(at + 4..at + 2 + length).unwrap_or_default();
        at += 2 + length;
        if marker != 0xe1 {
            continue;
        }
        if segment.starts_with(b"Exif\0") {
            found.exif.get_or_insert_with(|| segment.to_vec());
        } else if let Some(xmp) = segment.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
            found.xmp.get_or_insert_with(|| xmp.to_vec());
        }
    }
    found
}

fn in_webp(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let mut at = 12usize;
    while let Some(head) = bytes.get(at..at.saturating_add(8)) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(data) = at.checked_add(8 + length).and_then(|end| bytes.get(at + 8..end)) else {
            break;
        };
        at = at.saturating_add(8 + length + length % 2);
        match &head[..4] {
            b"EXIF" => drop(found.exif.get_or_insert_with(|| data.to_vec())),
            b"XMP " => drop(found.xmp.get_or_insert_with(|| data.to_vec())),
            _ => {}
        }
    }
    found
}

/// The value of tag 274 in the first directory; `None` if there is none. The data may begin with its own name, once or
/// twice.
fn in_exif(mut exif: &[u8]) -> Option<u8> {
    for _ in 0..2 {
        exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    }
    let big_endian = match exif.get(..4)? {
        b"II\x2a\0" => false,
        b"MM\0\x2a" => true,
        _ => return None,
    };
    let word = |at: usize| -> Option<u16> {
        let b = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big_endian {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        })
    };
    let double = |at: usize| -> Option<u32> {
        let b = exif.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if big_endian {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        })
    };
    let start = double(4)? as usize;
    for entry in 0..word(start)?.min(MAX_ENTRIES) {
        let at = start.checked_add(2 + 12 * usize::from(entry))?;
        if word(at)? != 0x112 {
            continue;
        }
        let value = match (word(at + 2)?, double(at + 4)?) {
            (3 | 8, 1) => u32::from(word(at + 8)?),
            (4 | 9, 1) => double(at + 8)?,
            // Said, but not as a number of a type that Pillow takes for one.
            _ => 0,
        };
        return Some(u8::try_from(value).unwrap_or(0));
    }
    None
}

/// The first `tiff:Orientation` of a packet, as attribute or element.
fn in_xmp(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let ends = (0..xmp.len().saturating_sub(NAME.len())).filter(|at| xmp[*at..].starts_with(NAME));
    ends.map(|at| &xmp[at + NAME.len()..]).find_map(|rest| match rest {
        [b'=', b'"' | b'\'', digit, ..] | [b'>', digit, ..] => digit.is_ascii_digit().then(|| digit - b'0'),
        _ => None,
    })
}

#[cfg(test)]
#[path = "orientation_tests.rs"]
mod tests;
