//! JPEG inside TIFF (Adobe's technical note 2): each strip or tile is a picture whose tables may stand once for all
//! in the tag `JPEGTables`. What its components are, the directory alone says; markers of the pictures do not count.

use std::num::NonZeroU32;

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{TiffError, chunk::ChunkShape};
use crate::formats::jpeg_scan;

const START: [u8; 2] = [0xff, 0xd8];

/// The samples of a strip or tile, 8 bits each. `ycbcr`: three components are luma and chroma and become red, green and
/// blue; else components come as they are.
///
/// # Errors
/// If the stream is damaged or its size and components are not those that the directory says.
pub(super) fn decode(raw: &[u8], tables: &[u8], ycbcr: bool, shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let damaged = |what: &str| TiffError::Damaged(format!("JPEG: {what}"));
    if !raw.starts_with(&START) {
        return Err(damaged("no picture begins"));
    }
    let mut stream = Vec::with_capacity(raw.len() + tables.len());
    stream.extend(START);
    copy_segments(tables, &mut stream, None);
    let ids: [u8; 4] = if shape.samples == 3 && !ycbcr { *b"RGB\0" } else { [1, 2, 3, 4] };
    let rest = copy_segments(raw, &mut stream, Some(ids));
    stream.extend(&raw[rest..]);

    let space = match shape.samples {
        1 => ColorSpace::Luma,
        2 => ColorSpace::MultiBand(const { NonZeroU32::new(2).expect("not 0") }),
        3 => ColorSpace::RGB,
        4 => ColorSpace::CMYK,
        n => return Err(TiffError::Unsupported(format!("JPEG of {n} bands"))),
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(space)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&stream), options);
    decoder.decode_headers().map_err(|e| damaged(&e.to_string()))?;
    let (width, height, samples) = match decoder.info() {
        Some(info) => (usize::from(info.width), usize::from(info.height), usize::from(info.components)),
        None => return Err(damaged("no frame")),
    };
    // The last strip may be stored with all its rows.
    if width != shape.width || height < shape.rows || samples != shape.samples {
        let wanted = format!("{} x {} x {}", shape.width, shape.rows, shape.samples);
        return Err(damaged(&format!(
            "{width} x {height} x {samples}, the directory says {wanted}"
        )));
    }
    let total = width * height * samples;
    if total > super::MAX_CHUNK_BYTES {
        return Err(damaged(&format!("{total} bytes")));
    }
    jpeg_scan::check(&stream).map_err(|e| damaged(&e))?;
    let mut out = vec![0; total];
    decoder.decode_into(&mut out).map_err(|e| damaged(&e.to_string()))?;
    out.truncate(shape.bytes());
    Ok(out)
}

/// Copies what stands before the data of the first scan: tables, frame and scan header, whose components get `ids`
/// instead of their own. Left out is what decoders take for facts about colours. Gives where the data begins.
fn copy_segments(from: &[u8], to: &mut Vec<u8>, ids: Option<[u8; 4]>) -> usize {
    let mut at = START.len();
    let mut known: Vec<u8> = Vec::new();
    while let Some(&[0xff, marker, a, b]) = from.get(at..at + 4) {
        if marker == 0xff {
            // Fill bytes.
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([a, b]));
        let (Some(segment), false) = (from.get(at..at + 2 + length), length < 2 || marker == 0xd9) else {
            break;
        };
        at += segment.len();
        if matches!(marker, 0xe0..=0xef | 0xfe) {
            continue;
        }
        let start = to.len();
        to.extend(segment);
        let Some(ids) = ids else { continue };
        let renamed = |own: u8, known: &[u8]| known.iter().position(|id| *id == own).and_then(|i| ids.get(i)).copied();
        match marker {
            // Behind length, depth, height, width and count: three bytes each.
            0xc0..=0xc2 => {
                let own = to.get_mut(start + 10..).unwrap_or_default();
                known = own.chunks_exact(3).map(|c| c[0]).collect();
                for component in own.chunks_exact_mut(3) {
                    component[0] = renamed(component[0], &known).unwrap_or(component[0]);
                }
            }
            0xda => {
                let count = usize::from(segment.get(4).copied().unwrap_or(0));
                let own = to.get_mut(start + 5..).unwrap_or_default();
                for component in own.chunks_exact_mut(2).take(count) {
                    component[0] = renamed(component[0], &known).unwrap_or(component[0]);
                }
                return at;
            }
            _ => {}
        }
    }
    at.min(from.len())
}
