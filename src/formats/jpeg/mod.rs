//! JPEG as libjpeg has it, to the bit, and whether a picture is all there.
//!
//! [`check`] walks the entropy-coded data to the last block: the decoder behind `image` fills what is missing with grey,
//! whether a stream ends early, is cut by a marker or holds codes that stand for nothing. [`decode`] gives the
//! components of a strip or tile of a TIFF: what they are, the TIFF says and not the stream, and an alpha band or a
//! number near an edge has to be the one that GDAL gives. Source: ITU-T T.81; libjpeg's documentation of its transform
//! and of its upsampling.

mod entropy;
mod inner_mask;
mod parts;
mod pixels;
mod scan;
mod transform;

use entropy::next_marker;
pub use inner_mask::inner_mask;
pub use parts::{Components, Fault};
use scan::{Frame, Tables};

const EARLY: &str = "the file ends early";

/// Walks a whole stream, beginning with its first marker, without making pixels. `largest`: width and height at most.
///
/// # Errors
/// What is missing or wrong. Processes that this does not know (arithmetic, lossless) are left to the decoder.
pub fn check(bytes: &[u8], largest: [usize; 2]) -> Result<(), Fault> {
    match read(&[], bytes, largest, false)? {
        Some(frame) => frame.complete(),
        None => Ok(()),
    }
}

/// The components of a stream. `tables`: a stream of tables alone that goes before it, or nothing. `ycbcr`: three
/// components are luma and chroma and become red, green and blue; else they come as they are. `largest`: width and
/// height at most.
///
/// # Errors
/// What is missing or wrong; if the picture is larger, or its process is neither sequential nor progressive with Huffman
/// codes.
pub fn decode(tables: &[u8], bytes: &[u8], ycbcr: bool, largest: [usize; 2]) -> Result<Components, Fault> {
    let frame = read(tables, bytes, largest, true)?.ok_or("a process that is neither sequential nor progressive")?;
    frame.complete()?;
    pixels::components(frame, ycbcr)
}

/// Reads all markers. `keep`: makes samples. `None` for a process that is not known.
fn read(before: &[u8], bytes: &[u8], largest: [usize; 2], keep: bool) -> Result<Option<Frame>, Fault> {
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    for stream in [before, bytes] {
        let mut at = 2usize;
        loop {
            at = next_marker(stream, at);
            let Some(&marker) = stream.get(at + 1) else { break };
            at += 2;
            match marker {
                0xd9 => break,
                0x01 | 0xd0..=0xd8 => continue,
                _ => {}
            }
            let length = match stream.get(at..at + 2) {
                Some(&[a, b]) => usize::from(u16::from_be_bytes([a, b])).max(2),
                _ => return Err(EARLY.into()),
            };
            let segment = stream.get(at + 2..at + length).ok_or(EARLY)?;
            at += length;
            match marker {
                0xc4 => tables.add_codes(segment)?,
                0xdb => tables.add_steps(segment)?,
                0xdd => {
                    if let [a, b, ..] = segment {
                        tables.restart = usize::from(u16::from_be_bytes([*a, *b]));
                    }
                }
                0xc0..=0xc2 if frame.is_some() => return Err("a second frame".into()),
                0xc0..=0xc2 => frame = Some(Frame::read(segment, marker == 0xc2, largest, keep)?),
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Ok(None),
                0xda => {
                    let frame = frame.as_mut().ok_or("a scan before its frame")?;
                    at = frame.walk(stream, at, segment, &tables)?;
                }
                _ => {}
            }
        }
    }
    frame.map(Some).ok_or_else(|| "no frame".into())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
