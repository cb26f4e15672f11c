//! GIF (GIF89a).

use std::io::Cursor;

use super::{
    decode::{finish, translate},
    header::truncated,
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header},
    reader::{Codec, ImageReader, Pixels},
};
use crate::values;

pub(super) const GIF: ImageReader = ImageReader {
    format: &values::GIF,
    is_this: |bytes| bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"),
    pixels: Pixels::Whole(Codec {
        header,
        metadata: |_| Metadata::default(),
        pixels: |bytes, _, limits| {
            let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            Ok(Decoded::from(finish(decoder, limits)?))
        },
    }),
};

/// Walks the blocks; the first picture must be complete, a second one means an animation.
fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let le16 =
        |at: usize| -> Option<u32> { Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))) };
    let (Some(width), Some(height), Some(&flags)) = (le16(6), le16(8), bytes.get(10)) else {
        return Err(truncated());
    };
    let mut header = Header {
        size: Some((width, height)),
        bits: Some(8),
        ..Header::default()
    };
    let table = |flags: u8| {
        if flags & 0x80 != 0 {
            3usize << ((flags & 7) + 1)
        } else {
            0
        }
    };
    let skip_blocks = |mut at: usize| -> Option<usize> {
        loop {
            match bytes.get(at)? {
                0 => return Some(at + 1),
                n => at += 1 + *n as usize,
            }
        }
    };
    let mut at = 13 + table(flags);
    let mut frames = 0;
    loop {
        let next = match bytes.get(at) {
            Some(0x21) => skip_blocks(at + 2),
            Some(0x2c) => bytes.get(at + 9).and_then(|f| skip_blocks(at + 10 + table(*f) + 1)),
            _ => None,
        };
        match next {
            Some(next) => {
                if bytes.get(at) == Some(&0x2c) {
                    frames += 1;
                }
                if frames > 1 {
                    header.animated = true;
                    return Ok(header);
                }
                at = next;
            }
            None if frames > 0 => return Ok(header),
            None => return Err(truncated()),
        }
    }
}
