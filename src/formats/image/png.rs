//! PNG (W3C, third edition), and APNG's `acTL`; ImageMagick's and ExifTool's "Raw profile" texts.

use crate::values;
use std::io::{Cursor, Read};

use super::{
    decode::{finish, translate},
    header::{be32, truncated},
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header},
    reader::{Codec, ImageReader, Pixels},
};

/// Longest text that is looked at, bytes decompressed.
const MAX_TEXT_BYTES: u64 = 1 << 20;

pub(super) const PNG: ImageReader = ImageReader {
    format: &values::PNG,
    is_this: |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
    pixels: Pixels::Whole(Codec {
        header,
        metadata,
        pixels: |bytes, _, limits| {
            let decoder = image::codecs::png::PngDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            Ok(Decoded::from(finish(decoder, limits)?))
        },
    }),
};

/// Walks the chunks to the last.
fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(truncated());
    }
    let (Some(width), Some(height), Some(&bits)) = (be32(bytes, 16), be32(bytes, 20), bytes.get(24)) else {
        return Err(truncated());
    };
    let mut header = Header {
        size: Some((width, height)),
        bits: Some(bits),
        animated: false,
        palette: bytes.get(25) == Some(&3),
    };
    let mut at = 8usize;
    loop {
        let length = be32(bytes, at).ok_or_else(truncated)? as usize;
        let kind = bytes.get(at + 4..at + 8).ok_or_else(truncated)?;
        let end = at
            .checked_add(12)
            .and_then(|v| v.checked_add(length))
            .ok_or_else(truncated)?;
        if end > bytes.len() {
            return Err(truncated());
        }
        match kind {
            b"acTL" => header.animated = be32(bytes, at + 8).unwrap_or(1) > 1,
            b"IEND" => return Ok(header),
            _ => {}
        }
        at = end;
    }
}

/// EXIF and XMP, in chunks of their own or as text.
fn metadata(bytes: &[u8]) -> Metadata {
    let mut found = Metadata::default();
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
