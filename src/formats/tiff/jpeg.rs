//! JPEG inside TIFF (Adobe's technical note 2): each strip or tile is a picture whose tables may stand once for all
//! in the tag `JPEGTables`.

use std::io::Cursor;

use image::{ImageDecoder, codecs::jpeg::JpegDecoder};

use super::{TiffError, chunk::ChunkShape};

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];
/// Adobe's marker saying that three components are red, green and blue, as a TIFF of photometric RGB has them.
const RGB_MARKER: [u8; 16] = [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];

/// The samples of a strip or tile, 8 bits each; YCbCr comes as RGB.
///
/// # Errors
/// If the stream is damaged or its size and components are not those that the directory says.
pub(super) fn decode(raw: &[u8], tables: &[u8], rgb: bool, shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let damaged = |what: String| TiffError::Damaged(format!("JPEG: {what}"));
    let body = raw
        .strip_prefix(&START)
        .ok_or_else(|| damaged("no picture begins".into()))?;
    let tables = tables.strip_prefix(&START).unwrap_or_default();
    let tables = tables.strip_suffix(&END).unwrap_or(tables);
    let mut stream = Vec::with_capacity(raw.len() + tables.len() + 18);
    stream.extend(START);
    if rgb {
        stream.extend(RGB_MARKER);
    }
    stream.extend(tables);
    stream.extend(body);
    let decoder = JpegDecoder::new(Cursor::new(stream)).map_err(|e| damaged(e.to_string()))?;
    let (width, height) = decoder.dimensions();
    let samples = usize::from(decoder.color_type().channel_count());
    // The last strip may be stored with all its rows.
    if width as usize != shape.width || (height as usize) < shape.rows || samples != shape.samples {
        let wanted = format!("{} x {} x {}", shape.width, shape.rows, shape.samples);
        return Err(damaged(format!(
            "{width} x {height} x {samples}, the directory says {wanted}"
        )));
    }
    let total = decoder.total_bytes();
    if total != u64::from(width) * u64::from(height) * samples as u64 || total > super::MAX_CHUNK_BYTES as u64 {
        return Err(damaged(format!("{total} bytes")));
    }
    let mut out = vec![0; total as usize];
    decoder.read_image(&mut out).map_err(|e| damaged(e.to_string()))?;
    out.truncate(shape.bytes());
    Ok(out)
}
