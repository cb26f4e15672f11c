//! What the readers of formats pass on: limits, errors, headers, pixels.

use image::DynamicImage;

use crate::formats::tiff::TiffError;

/// What a file may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub max_pixels: u64,
    pub max_file_bytes: u64,
    /// Bytes the decoded samples may take; what is left of the memory cap.
    pub max_decoded_bytes: u64,
    /// Bands of a TIFF to read, by number from 0: one as grey, three as red, green, blue, others as a stack (see
    /// [`ChosenBands`](crate::formats::raster::ChosenBands)). Empty for the usual ones; a file that has not all of them is
    /// read with its usual ones too.
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

/// Facts of a header that `image` does not hand out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    /// Width and height, where this crate reads them itself.
    pub size: Option<(u32, u32)>,
    /// Bits a sample has in the file, where known.
    pub bits: Option<u8>,
    pub animated: bool,
    /// Its pixels are places in a palette.
    pub palette: bool,
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
