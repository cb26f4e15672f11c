//! JPEG (ITU-T T.81 annex B).

use std::io::Cursor;

use super::{
    decode::{finish, translate},
    header::{be16, truncated},
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header},
    reader::{Codec, ImageReader, Pixels},
};
use crate::{formats::jpeg as own, values};

pub(super) const JPEG: ImageReader = ImageReader {
    format: &values::JPEG,
    is_this: |bytes| bytes.starts_with(&[0xff, 0xd8, 0xff]),
    pixels: Pixels::Whole(Codec {
        header,
        metadata,
        pixels: |bytes, header, limits| {
            // The decoder fills what is missing with grey and says nothing.
            let (width, height) = header.size.unwrap_or_default();
            let [columns, rows] = [width as usize, height as usize];
            own::check(bytes, [columns, rows]).map_err(DecodeError::Corrupt)?;
            let has_data = own::inner_mask(bytes, columns, rows).map_err(DecodeError::Corrupt)?;
            let decoder = image::codecs::jpeg::JpegDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            let image = finish(decoder, limits)?;
            Ok(Decoded { image, has_data })
        },
    }),
};

/// Walks the segments up to the end-of-image marker. The decoder behind `image` fills a missing
/// rest with grey instead of failing, so a cut file has to be found here.
fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let mut header = Header {
        bits: Some(8),
        ..Header::default()
    };
    let mut at = 2usize;
    let mut scans = 0;
    loop {
        // To the next marker; inside a scan FF 00 is data and FF D0..D7 a restart.
        while let (Some(&a), Some(&b)) = (bytes.get(at), bytes.get(at + 1)) {
            if a == 0xff && b != 0x00 && b != 0xff && !(0xd0..=0xd7).contains(&b) {
                break;
            }
            at += 1;
        }
        let marker = *bytes.get(at + 1).ok_or_else(truncated)?;
        if marker == 0xd9 {
            break;
        }
        if marker == 0x01 || marker == 0xd8 {
            at += 2;
            continue;
        }
        let length = be16(bytes, at + 2).ok_or_else(truncated)? as usize;
        if at + 2 + length > bytes.len() {
            return Err(truncated());
        }
        match marker {
            0xc0..=0xc2 => {
                if bytes.get(at + 4) != Some(&8) {
                    return Err(DecodeError::UnsupportedFormat("12-bit JPEG".into()));
                }
                if let (Some(height), Some(width)) = (be16(bytes, at + 5), be16(bytes, at + 7)) {
                    header.size = Some((width, height));
                }
            }
            0xc3 | 0xc7 => return Err(DecodeError::UnsupportedFormat("lossless JPEG".into())),
            0xc5 | 0xc6 => return Err(DecodeError::UnsupportedFormat("hierarchical JPEG".into())),
            0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(DecodeError::UnsupportedFormat("arithmetic-coded JPEG".into()));
            }
            0xda => scans += 1,
            _ => {}
        }
        at += 2 + length.max(2);
    }
    if header.size.is_none() || scans == 0 {
        return Err(truncated());
    }
    Ok(header)
}

/// EXIF and XMP, in the segments before the first scan.
fn metadata(bytes: &[u8]) -> Metadata {
    let mut found = Metadata::default();
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
