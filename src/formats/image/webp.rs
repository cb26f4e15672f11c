//! WebP (Google's container specification).

use std::io::Cursor;

use super::{
    decode::{finish, translate},
    header::truncated,
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header},
    reader::{Codec, ImageReader, Pixels},
};
use crate::values;

pub(super) const WEBP: ImageReader = ImageReader {
    format: &values::WEBP,
    is_this: |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
    pixels: Pixels::Whole(Codec {
        header,
        metadata,
        pixels: |bytes, _, limits| {
            let decoder = image::codecs::webp::WebPDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            Ok(Decoded::from(finish(decoder, limits)?))
        },
    }),
};

/// RIFF says how long the file has to be; `VP8X` says whether it moves.
fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let riff = bytes.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let riff = riff.ok_or_else(truncated)? as u64;
    // Writers that leave out the last padding byte are common.
    if (bytes.len() as u64) + 1 < riff + 8 {
        return Err(truncated());
    }
    let animated = bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|f| f & 2 != 0);
    let size = image_webp::WebPDecoder::new(Cursor::new(bytes))
        .ok()
        .map(|decoder| decoder.dimensions());
    Ok(Header {
        size,
        bits: Some(8),
        animated,
        palette: false,
    })
}

/// EXIF and XMP, in chunks of their own.
fn metadata(bytes: &[u8]) -> Metadata {
    let mut found = Metadata::default();
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
