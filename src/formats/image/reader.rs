//! What a row of the table of readers says.

use super::{
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header, Limits},
};
use crate::values::ImageFormat;

/// A format and how its files are read; a row of [`IMAGE_READERS`](super::IMAGE_READERS).
pub(super) struct ImageReader {
    pub(super) format: &'static ImageFormat,
    /// By its magic bytes.
    pub(super) is_this: fn(&[u8]) -> bool,
    pub(super) pixels: Pixels,
}

/// How its pixels are had.
pub(super) enum Pixels {
    /// All at once, out of bytes that are there as long as that takes.
    Whole(Codec),
    /// By window, out of a file that stays encoded: [`crate::formats::tiff`].
    ByWindow,
}

/// What a format that is read whole brings.
#[derive(Clone, Copy)]
pub(super) struct Codec {
    /// Size and depth, and whether the data that the file announces is all there.
    pub(super) header: fn(&[u8]) -> Result<Header, DecodeError>,
    /// What may tell which way up it is.
    pub(super) metadata: fn(&[u8]) -> Metadata,
    /// As they are stored.
    pub(super) pixels: fn(&[u8], &Header, &Limits) -> Result<Decoded, DecodeError>,
}
