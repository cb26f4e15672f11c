//! Image files to [`Raster`]s, through the `image` crate with explicit limits.

use std::{io::Cursor, sync::Arc};

use image::codecs::{bmp, gif, jpeg, png, tiff, webp};
use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError};

use super::header::{self, Format, sniff};
use super::raster::{Ranges, Raster, Samples};
use super::tiff::{TiffError, TiffImage};
use super::{jpeg as whole_jpeg, orientation};

/// What a file may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub max_pixels: u64,
    pub max_file_bytes: u64,
    /// Bytes the decoded samples may take; what is left of the memory cap.
    pub max_decoded_bytes: u64,
    /// Bands of a TIFF to show, by number from 0: one as grey, three as red, green, blue. Empty for the usual ones; a
    /// file that has not all of them shows its usual ones too.
    pub bands: Vec<usize>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_pixels: 100_000_000,
            max_file_bytes: 512 << 20,
            // 100 megapixels of 16-bit RGBA.
            max_decoded_bytes: 800_000_000,
            bands: Vec::new(),
        }
    }
}

/// Why a file could not be decoded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("the file is empty")]
    EmptyFile,
    #[error("not a known image format")]
    UnknownFormat,
    #[error("not supported: {0}")]
    UnsupportedFormat(String),
    #[error("damaged: {0}")]
    Corrupt(String),
    #[error("{megapixels} MP, limit {limit_megapixels} MP")]
    TooManyPixels { megapixels: f64, limit_megapixels: f64 },
    #[error("{mebibytes} MiB, limit {limit_mebibytes} MiB")]
    FileTooLarge { mebibytes: f64, limit_mebibytes: f64 },
    /// The decoded image does not fit into [`Limits::max_decoded_bytes`].
    #[error("needs {needed_bytes} bytes, {available_bytes} left")]
    OutOfMemory { needed_bytes: u64, available_bytes: u64 },
}

/// Decodes one file of any known format to an upright raster.
///
/// Sub-byte grey and palettes are expanded to 8 bits, CMYK becomes RGB, of an animation the first
/// frame is taken. Width and height are compared with `limits` before the pixels are allocated.
///
/// # Errors
/// See [`DecodeError`]; a file that ends early is `Corrupt`, never half an image.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::EmptyFile);
    }
    if bytes.len() as u64 > limits.max_file_bytes {
        const MIB: f64 = (1u64 << 20) as f64;
        return Err(DecodeError::FileTooLarge {
            mebibytes: bytes.len() as f64 / MIB,
            limit_mebibytes: limits.max_file_bytes as f64 / MIB,
        });
    }
    let format = sniff(bytes).ok_or(DecodeError::UnknownFormat)?;
    let header = header::read(format, bytes)?;
    if let Some((width, height)) = header.size {
        check_size(width, height, limits)?;
    }
    let input = Cursor::new(bytes);
    let mut has_data = None;
    let mut image = match format {
        Format::Png => finish(png::PngDecoder::new(input).map_err(translate)?, limits),
        Format::Jpeg => {
            // The decoder fills what is missing with grey and says nothing.
            let (width, height) = header.size.unwrap_or_default();
            let [columns, rows] = [width as usize, height as usize];
            whole_jpeg::check(bytes, [columns, rows]).map_err(DecodeError::Corrupt)?;
            has_data = whole_jpeg::inner_mask(bytes, columns, rows).map_err(DecodeError::Corrupt)?;
            finish(jpeg::JpegDecoder::new(input).map_err(translate)?, limits)
        }
        Format::WebP => finish(webp::WebPDecoder::new(input).map_err(translate)?, limits),
        Format::Bmp => finish(bmp::BmpDecoder::new(input).map_err(translate)?, limits),
        Format::Gif => finish(gif::GifDecoder::new(input).map_err(translate)?, limits),
        Format::Tiff => return decode_tiff(bytes, limits),
    }?;
    let orientation = orientation::of(format, bytes);
    image.apply_orientation(orientation);
    let mut raster = to_raster(image)?;
    if let Some(has_data) = has_data {
        raster = masked(raster, has_data, orientation, limits)?;
    }
    if let Some(bits) = header.bits {
        raster.source_bits = bits;
    }
    raster.is_palette = header.palette;
    raster.first_frame_only = header.animated;
    raster.exif_rotated = orientation != Orientation::NoTransforms;
    Ok(raster)
}

/// An image without the pixels that a mask in the same file leaves out, which lies as the image was stored.
fn masked(
    raster: Raster,
    has_data: Vec<bool>,
    orientation: Orientation,
    limits: &Limits,
) -> Result<Raster, DecodeError> {
    let needed_bytes = raster.bytes() + raster.pixels();
    if needed_bytes > limits.max_decoded_bytes {
        return Err(DecodeError::OutOfMemory {
            needed_bytes,
            available_bytes: limits.max_decoded_bytes,
        });
    }
    let (mut width, mut height) = (raster.width, raster.height);
    if is_on_its_side(orientation) {
        (width, height) = (height, width);
    }
    let mask = GrayImage::from_raw(width, height, has_data.into_iter().map(u8::from).collect());
    let mut mask = DynamicImage::from(mask.ok_or_else(|| DecodeError::Corrupt("a mask of another size".into()))?);
    mask.apply_orientation(orientation);
    let mask = mask.into_luma8().into_raw();
    Ok(raster.with_data(|pixel| mask.get(pixel).is_some_and(|data| *data != 0)))
}

fn is_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
}

impl From<TiffError> for DecodeError {
    fn from(error: TiffError) -> DecodeError {
        match error {
            TiffError::Unsupported(what) => DecodeError::UnsupportedFormat(what),
            TiffError::Mask(_) => DecodeError::UnsupportedFormat(error.to_string()),
            other => DecodeError::Corrupt(other.to_string()),
        }
    }
}

/// A TIFF whole: by our own reader, and what that leaves out (JPEG inside, fax) by `image`.
fn decode_tiff(bytes: &[u8], limits: &Limits) -> Result<Raster, DecodeError> {
    let unsupported = match TiffImage::open(Arc::new(bytes.to_vec())) {
        Ok(mut image) => {
            image.show_alpha_if_asked(&limits.bands);
            check_size(image.width, image.height, limits)?;
            if image.raster_bytes() > limits.max_decoded_bytes {
                return Err(DecodeError::OutOfMemory {
                    needed_bytes: image.raster_bytes(),
                    available_bytes: limits.max_decoded_bytes,
                });
            }
            let bands = image.choose(image.pick(&limits.bands))?;
            let mut raster = image.whole(&bands)?;
            raster.alpha_may_be_band = image.alpha_may_be_band();
            return Ok(raster);
        }
        Err(TiffError::Unsupported(what)) => what,
        Err(error) => return Err(error.into()),
    };
    let other = tiff::TiffDecoder::new(Cursor::new(bytes)).map_err(translate);
    let decoded = other.and_then(|decoder| finish(decoder, limits)).and_then(to_raster);
    // Its own words would name no number.
    decoded.map_err(|error| match error {
        DecodeError::TooManyPixels { .. } | DecodeError::OutOfMemory { .. } => error,
        _ => DecodeError::UnsupportedFormat(unsupported),
    })
}

fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), DecodeError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(DecodeError::Corrupt("a side of 0 pixels".into()));
    }
    if pixels > limits.max_pixels {
        return Err(DecodeError::TooManyPixels {
            megapixels: pixels as f64 / 1e6,
            limit_megapixels: limits.max_pixels as f64 / 1e6,
        });
    }
    Ok(())
}

/// The picture as it is stored.
fn finish<D: ImageDecoder>(mut decoder: D, limits: &Limits) -> Result<DynamicImage, DecodeError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    let needed = decoder.total_bytes();
    if needed > limits.max_decoded_bytes {
        return Err(DecodeError::OutOfMemory {
            needed_bytes: needed,
            available_bytes: limits.max_decoded_bytes,
        });
    }
    let mut inner = image::Limits::no_limits();
    // The samples themselves plus room for the codec's own buffers. CMYK needs a third more.
    inner.max_alloc = Some(needed.saturating_mul(2).saturating_add(64 << 20));
    decoder.set_limits(inner).map_err(translate)?;
    DynamicImage::from_decoder(decoder).map_err(translate)
}

fn to_raster(image: DynamicImage) -> Result<Raster, DecodeError> {
    let (width, height) = (image.width(), image.height());
    let (bands, samples, bits): (u8, Samples, u8) = match image {
        DynamicImage::ImageLuma8(i) => (1, i.into_raw().into(), 8),
        DynamicImage::ImageLumaA8(i) => (2, i.into_raw().into(), 8),
        DynamicImage::ImageRgb8(i) => (3, i.into_raw().into(), 8),
        DynamicImage::ImageRgba8(i) => (4, i.into_raw().into(), 8),
        DynamicImage::ImageLuma16(i) => (1, i.into_raw().into(), 16),
        DynamicImage::ImageLumaA16(i) => (2, i.into_raw().into(), 16),
        DynamicImage::ImageRgb16(i) => (3, i.into_raw().into(), 16),
        DynamicImage::ImageRgba16(i) => (4, i.into_raw().into(), 16),
        DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_) => {
            return Err(DecodeError::UnsupportedFormat("32-bit floating point samples".into()));
        }
        _ => return Err(DecodeError::UnsupportedFormat("sample type".into())),
    };
    let mut raster = Raster::new(width, height, bands, samples, bits)
        .ok_or_else(|| DecodeError::Corrupt("samples do not fit the size".into()))?;
    if bits > 8 {
        let whole: Ranges = [[0.0, 65535.0]].into();
        raster.suggest_ranges(whole);
    }
    Ok(raster)
}

fn translate(error: ImageError) -> DecodeError {
    match error {
        ImageError::Unsupported(e) => DecodeError::UnsupportedFormat(match e.kind() {
            UnsupportedErrorKind::Color(c) | UnsupportedErrorKind::ColorLayout(c) => {
                format!("colour type {c:?}")
            }
            UnsupportedErrorKind::GenericFeature(what) => what,
            other => format!("{other:?}"),
        }),
        ImageError::Limits(e) => match e.kind() {
            // Sizes and bytes were compared before; what remains is a codec asking for far more
            // scratch memory than the picture it announces could need.
            LimitErrorKind::InsufficientMemory | LimitErrorKind::DimensionError => {
                DecodeError::Corrupt("asks for more memory than its size explains".into())
            }
            other => DecodeError::UnsupportedFormat(format!("{other:?}")),
        },
        other => DecodeError::Corrupt(other.to_string()),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
