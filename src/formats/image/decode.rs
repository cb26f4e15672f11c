//! Image files to [`Raster`]s, with explicit limits.

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError};

use super::file::ImageFile;
use crate::formats::{
    raster::{Ranges, Raster, Samples},
    tiff::TiffError,
};

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
            max_file_bytes: crate::values::MAX_FILE_BYTES,
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

/// Decodes one file of any known format to an upright raster: [`ImageFile::open`] and [`ImageFile::decode`], for who has
/// no bytes to give away.
///
/// # Errors
/// See [`DecodeError`]; a file that ends early is `Corrupt`, never half an image.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, DecodeError> {
    check_bytes(bytes.len(), limits)?;
    ImageFile::open(bytes.to_vec(), limits)?.decode(limits)
}

/// Pixels as they are stored.
pub(super) struct Decoded {
    pub image: DynamicImage,
    /// By a mask in the same file.
    pub has_data: Option<Vec<bool>>,
}

impl From<DynamicImage> for Decoded {
    fn from(image: DynamicImage) -> Decoded {
        Decoded { image, has_data: None }
    }
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

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
