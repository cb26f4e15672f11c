//! JPEG inside TIFF (Adobe's technical note 2): each strip or tile is a picture whose tables may stand once for all
//! in the tag `JPEGTables`. What its components are, the directory alone says.

use super::{chunk::ChunkShape, parts::TiffError};
use crate::formats::jpeg;

/// Rows that a last strip may be stored with beyond the image's end; writers that fill it go by their strips' height.
const SPARE_ROWS: usize = 2048;

/// The samples of a strip or tile, 8 bits each. `ycbcr`: three components are luma and chroma and become red, green and
/// blue; else components come as they are. The last strip may have
/// more rows than it needs, up to [`SPARE_ROWS`].
///
/// # Errors
/// If the stream is damaged or its size and components are not those that the directory says.
pub(super) fn decode(raw: &[u8], tables: &[u8], ycbcr: bool, shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let damaged = |what: String| TiffError::Damaged(format!("JPEG: {what}"));
    if !raw.starts_with(&[0xff, 0xd8]) {
        return Err(damaged("no picture begins".into()));
    }
    let picture = jpeg::decode(tables, raw, ycbcr, [shape.width, shape.rows + SPARE_ROWS]).map_err(damaged)?;
    let (width, height, count) = (picture.width, picture.height, picture.count);
    if width != shape.width || height < shape.rows || count != shape.samples {
        let wanted = format!("{} x {} x {}", shape.width, shape.rows, shape.samples);
        return Err(damaged(format!(
            "{width} x {height} x {count}, the directory says {wanted}"
        )));
    }
    let mut samples = picture.samples;
    samples.truncate(shape.bytes());
    Ok(samples)
}
