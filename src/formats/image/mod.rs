//! What a file says about itself, read straight from its bytes: format by magic numbers, size,
//! bit depth, animation, and whether the data it announces is all there.
//!
//! Sources: PNG (W3C, third edition) and APNG's `acTL`; ITU-T T.81 annex B; GIF89a.

use super::decode::DecodeError;

/// Formats the decoder knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Png,
    Jpeg,
    WebP,
    Bmp,
    Gif,
    Tiff,
}

/// Format by magic bytes; the file name plays no part.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(Format::Jpeg)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(Format::WebP)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some(Format::Gif)
    } else if [&b"II\x2a\0"[..], b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"]
        .iter()
        .any(|magic| bytes.starts_with(magic))
    {
        Some(Format::Tiff)
    } else if bytes.starts_with(b"BM") && bytes.len() >= 26 {
        Some(Format::Bmp)
    } else {
        None
    }
}

/// Facts of a header that `image` does not hand out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    /// Width and height, where this module reads them itself.
    pub size: Option<(u32, u32)>,
    /// Bits a sample has in the file, where known.
    pub bits: Option<u8>,
    pub animated: bool,
    /// Its pixels are places in a palette.
    pub palette: bool,
}

/// Reads the header of a file of a known format and checks that its data is complete.
///
/// # Errors
/// `Corrupt` where the file ends early, `UnsupportedFormat` for JPEG processes nobody decodes.
pub fn read(format: Format, bytes: &[u8]) -> Result<Header, DecodeError> {
    match format {
        Format::Png => png(bytes),
        Format::Jpeg => jpeg(bytes),
        Format::Gif => gif(bytes),
        Format::WebP => webp(bytes),
        Format::Bmp | Format::Tiff => Ok(Header::default()),
    }
}

fn truncated() -> DecodeError {
    DecodeError::Corrupt("the file ends early".into())
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at + 2)?;
    Some(u32::from(u16::from_be_bytes(b.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(b.try_into().ok()?))
}

fn png(bytes: &[u8]) -> Result<Header, DecodeError> {
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

/// Walks the segments up to the end-of-image marker. The decoder behind `image` fills a missing
/// rest with grey instead of failing, so a cut file has to be found here.
fn jpeg(bytes: &[u8]) -> Result<Header, DecodeError> {
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

/// Walks the blocks; the first picture must be complete, a second one means an animation.
fn gif(bytes: &[u8]) -> Result<Header, DecodeError> {
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

/// RIFF says how long the file has to be; `VP8X` says whether it moves.
fn webp(bytes: &[u8]) -> Result<Header, DecodeError> {
    let riff = bytes.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let riff = riff.ok_or_else(truncated)? as u64;
    // Writers that leave out the last padding byte are common.
    if (bytes.len() as u64) + 1 < riff + 8 {
        return Err(truncated());
    }
    let animated = bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|f| f & 2 != 0);
    Ok(Header {
        size: None,
        bits: Some(8),
        animated,
        palette: false,
    })
}
