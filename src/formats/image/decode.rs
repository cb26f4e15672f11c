//! What all formats that are read whole share: limits held before memory is taken, and pixels to a [`Raster`].

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError};

use super::parts::{DecodeError, Limits};
use crate::formats::raster::{Ranges, Raster, Samples};

pub(super) fn check_bytes(bytes: usize, limits: &Limits) -> Result<(), DecodeError> {
    if bytes as u64 > limits.max_file_bytes {
        const MIB: f64 = (1u64 << 20) as f64;
        return Err(DecodeError::FileTooLarge {
            mebibytes: bytes as f64 / MIB,
            limit_mebibytes: limits.max_file_bytes as f64 / MIB,
        });
    }
    Ok(())
}

/// Whether a raster fits into what is left of the memory.
pub(super) fn check_memory(needed_bytes: u64, limits: &Limits) -> Result<(), DecodeError> {
    if needed_bytes > limits.max_decoded_bytes {
        return Err(DecodeError::OutOfMemory {
            needed_bytes,
            available_bytes: limits.max_decoded_bytes,
        });
    }
    Ok(())
}

pub(super) fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), DecodeError> {
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
pub(super) fn finish<D: ImageDecoder>(mut decoder: D, limits: &Limits) -> Result<DynamicImage, DecodeError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    let needed = decoder.total_bytes();
    check_memory(needed, limits)?;
    let mut inner = image::Limits::no_limits();
    // The samples themselves plus room for the codec's own buffers. CMYK needs a third more.
    inner.max_alloc = Some(needed.saturating_mul(2).saturating_add(64 << 20));
    decoder.set_limits(inner).map_err(translate)?;
    DynamicImage::from_decoder(decoder).map_err(translate)
}

pub(super) fn to_raster(image: DynamicImage) -> Result<Raster, DecodeError> {
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

pub(super) fn translate(error: ImageError) -> DecodeError {
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
