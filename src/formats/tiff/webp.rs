//! WebP inside TIFF (libtiff's compression 50001): each strip or tile is a picture of its own.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{chunk::ChunkShape, parts::TiffError};

/// The samples of a strip or tile, 8 bits each; alpha that the picture lacks is opaque.
///
/// # Errors
/// If the picture is damaged or its size is not the one that the directory says.
pub(super) fn decode(raw: &[u8], shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let damaged = |what: String| TiffError::Damaged(format!("WebP: {what}"));
    let mut decoder = WebPDecoder::new(Cursor::new(raw)).map_err(|error| damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    if width as usize != shape.width || height as usize != shape.rows || decoder.is_animated() {
        return Err(damaged(format!(
            "{width} x {height}, the directory says {} x {}",
            shape.width, shape.rows
        )));
    }
    let bands = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; shape.width * shape.rows * bands];
    decoder
        .read_image(&mut samples)
        .map_err(|error| damaged(error.to_string()))?;
    if bands == shape.samples {
        return Ok(samples);
    }
    let mut out = Vec::with_capacity(shape.bytes());
    for pixel in samples.chunks_exact(bands) {
        out.extend((0..shape.samples).map(|band| pixel.get(band).copied().unwrap_or(255)));
    }
    Ok(out)
}
