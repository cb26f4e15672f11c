//! Rasters to PNG bytes.

use std::io::{Cursor, Write};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::{Parts, Raster, Samples};

/// Why a PNG could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("{samples} samples do not make {width} x {height} pixels")]
    WrongLength { samples: usize, width: u32, height: u32 },
    #[error("PNG encoder: {0}")]
    Encoder(String),
}

fn write(
    bytes: &[u8],
    per_pixel: u64,
    width: u32,
    height: u32,
    colour: ExtendedColorType,
) -> Result<Vec<u8>, EncodeError> {
    let expected = (u64::from(width) * u64::from(height)).saturating_mul(per_pixel);
    if expected == 0 || bytes.len() as u64 != expected {
        return Err(EncodeError::WrongLength {
            samples: bytes.len(),
            width,
            height,
        });
    }
    let mut out = Vec::new();
    PngEncoder::new_with_quality(Cursor::new(&mut out), CompressionType::Fast, FilterType::Adaptive)
        .write_image(bytes, width, height, colour)
        .map_err(|e| EncodeError::Encoder(e.to_string()))?;
    Ok(out)
}

/// Grey PNG of 8 bits a pixel from `width * height` bytes.
///
/// # Errors
/// If the number of samples does not fit the size.
pub fn grey8_png(samples: &[u8], width: u32, height: u32) -> Result<Vec<u8>, EncodeError> {
    write(samples, 1, width, height, ExtendedColorType::L8)
}

/// Grey PNG of 16 bits a pixel from `width * height` numbers, row by row.
///
/// # Errors
/// If the number of samples does not fit the size.
pub fn grey16_png(samples: impl IntoIterator<Item = u16>, width: u32, height: u32) -> Result<Vec<u8>, EncodeError> {
    stream_png(PngKind::Grey16, [width, height], samples, Parts::whole())
}

/// What the samples of a PNG mean.
#[derive(Debug, Clone, Copy)]
pub enum PngKind<'a> {
    /// 8 bits.
    Grey8,
    /// 16 bits.
    Grey16,
    /// Indices of 8 bits into at most 256 colours; a reader may refuse a file with an index beyond them.
    Palette(&'a [[u8; 3]]),
    /// The same of 256 indices: black beyond the colours, and the last one transparent, where nothing is labelled.
    Labels(&'a [[u8; 3]]),
}

/// A PNG of one sample a pixel, made and handed over row by row; of 8 bits the samples' low ones count. Gives the
/// file's beginning (see [`Parts::finish`]).
///
/// # Errors
/// If the number of samples does not fit the size, or a palette has more than 256 colours.
pub fn stream_png(
    kind: PngKind,
    [width, height]: [u32; 2],
    samples: impl IntoIterator<Item = u16>,
    mut parts: Parts,
) -> Result<Vec<u8>, EncodeError> {
    let expected = u64::from(width) * u64::from(height);
    let wrong = |count: u64| EncodeError::WrongLength {
        samples: usize::try_from(count).unwrap_or(usize::MAX),
        width,
        height,
    };
    if expected == 0 {
        return Err(wrong(0));
    }
    let failed = |e: &dyn std::fmt::Display| EncodeError::Encoder(e.to_string());
    let mut encoder = png::Encoder::new(&mut parts, width, height);
    let (colour, depth) = match kind {
        PngKind::Grey8 => (png::ColorType::Grayscale, png::BitDepth::Eight),
        PngKind::Grey16 => (png::ColorType::Grayscale, png::BitDepth::Sixteen),
        PngKind::Palette(colours) => {
            encoder.set_palette(colours.concat());
            (png::ColorType::Indexed, png::BitDepth::Eight)
        }
        PngKind::Labels(colours) => {
            let mut all = colours.to_vec();
            all.resize(256, [0; 3]);
            let mut alpha = vec![255; 256];
            if let Some(last) = alpha.last_mut() {
                *last = 0;
            }
            encoder.set_palette(all.concat());
            encoder.set_trns(alpha);
            (png::ColorType::Indexed, png::BitDepth::Eight)
        }
    };
    encoder.set_color(colour);
    encoder.set_depth(depth);
    // Probabilities are noise to a thorough compressor too: time for nothing. Classes are not.
    encoder.set_compression(match kind {
        PngKind::Palette(_) | PngKind::Labels(_) => png::Compression::Balanced,
        _ => png::Compression::Fast,
    });
    let mut writer = encoder.write_header().map_err(|e| failed(&e))?;
    let mut stream = writer.stream_writer().map_err(|e| failed(&e))?;
    let deep = depth == png::BitDepth::Sixteen;
    let row_bytes = width as usize * if deep { 2 } else { 1 };
    let mut row = Vec::with_capacity(row_bytes);
    let mut count = 0;
    for sample in samples {
        count += 1;
        if count > expected {
            return Err(wrong(count));
        }
        match deep {
            true => row.extend(sample.to_be_bytes()),
            false => row.push(sample as u8),
        }
        if row.len() == row_bytes {
            stream.write_all(&row).map_err(|e| failed(&e))?;
            row.clear();
        }
    }
    if count != expected {
        return Err(wrong(count));
    }
    stream.finish().map_err(|e| failed(&e))?;
    writer.finish().map_err(|e| failed(&e))?;
    Ok(parts.finish(Vec::new()))
}

/// RGBA PNG of 8 bits a sample from `width * height * 4` bytes.
///
/// # Errors
/// If the number of samples does not fit the size.
pub fn rgba8_png(samples: &[u8], width: u32, height: u32) -> Result<Vec<u8>, EncodeError> {
    write(samples, 4, width, height, ExtendedColorType::Rgba8)
}

/// An image as a PNG with all its samples: of 8 or 16 bits, with 1 to 4 bands. `None` if a PNG cannot hold it as it is.
///
/// # Errors
/// If the encoder fails.
pub fn raster_png(image: &Raster) -> Result<Option<Vec<u8>>, EncodeError> {
    let (width, height, bands) = (image.width, image.height, image.bands);
    let colour = match (&image.samples, bands) {
        _ if image.white_is_zero || image.as_stack().is_some() => return Ok(None),
        (Samples::U8(_), 1) => ExtendedColorType::L8,
        (Samples::U8(_), 2) => ExtendedColorType::La8,
        (Samples::U8(_), 3) => ExtendedColorType::Rgb8,
        (Samples::U8(_), 4) => ExtendedColorType::Rgba8,
        (Samples::U16(_), 1) => ExtendedColorType::L16,
        (Samples::U16(_), 2) => ExtendedColorType::La16,
        (Samples::U16(_), 3) => ExtendedColorType::Rgb16,
        (Samples::U16(_), 4) => ExtendedColorType::Rgba16,
        _ => return Ok(None),
    };
    let per_pixel = u64::from(colour.bits_per_pixel()) / 8;
    match &image.samples {
        Samples::U8(samples) => write(samples, per_pixel, width, height, colour),
        Samples::U16(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_ne_bytes()).collect();
            write(&bytes, per_pixel, width, height, colour)
        }
        Samples::F32(_) => return Ok(None),
    }
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, decode};
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let grey: Vec<u8> = (0..12).map(|i| i * 20).collect();
        let r = decode(&grey8_png(&grey, 4, 3).unwrap(), &Limits::default()).unwrap();
        assert_eq!((r.width, r.height, r.bands, r.source_bits), (4, 3, 1, 8));
        assert_eq!(r.samples, Samples::from(grey));

        let deep: Vec<u16> = vec![0, 1, 255, 256, 40000, 65535];
        let r = decode(&grey16_png(deep.clone(), 3, 2).unwrap(), &Limits::default()).unwrap();
        assert_eq!((r.bands, r.source_bits), (1, 16));
        assert_eq!(r.samples, Samples::from(deep));

        let rgba: Vec<u8> = (0..16).collect();
        let r = decode(&rgba8_png(&rgba, 2, 2).unwrap(), &Limits::default()).unwrap();
        assert_eq!(r.samples, Samples::from(rgba));
    }

    #[test]
    fn wrong_length_is_an_error() {
        assert!(grey8_png(&[1, 2, 3], 2, 2).is_err());
        assert!(grey16_png([], 0, 2).is_err());
        assert!(grey16_png([1, 2, 3], 2, 2).is_err());
        assert!(grey16_png([1, 2, 3, 4, 5], 2, 2).is_err());
        assert!(rgba8_png(&[1, 2, 3], u32::MAX, u32::MAX).is_err());
    }
}
