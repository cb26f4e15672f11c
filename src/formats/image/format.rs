//! What a row of the table of formats says.

use super::{
    orientation::Metadata,
    parts::{DecodeError, Decoded, Header, Limits},
};

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Png,
    Jpeg,
    WebP,
    Bmp,
    Gif,
    Tiff,
}

/// All that is known of a format; its row in [`IMAGE_FORMATS`](super::IMAGE_FORMATS).
pub struct ImageFormat {
    pub format: Format,
    /// As people call it.
    pub name: &'static str,
    /// In lower case, without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// Of the world file beside it; `wld` goes with every format.
    pub world_extensions: &'static [&'static str],
    /// A world file counts for more than an `.aux.xml`, as in GDAL's driver.
    pub is_world_file_first: bool,
    /// By its magic bytes.
    pub(super) is_this: fn(&[u8]) -> bool,
    pub(super) reader: Reader,
}

/// How its pixels are had.
pub(super) enum Reader {
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
