//! Images: the one table of the formats that are read, and files of them as [`Raster`](super::Raster)s.
//!
//! A new format is a file of its own beside these, a row in [`IMAGE_FORMATS`] and its name in [`Format`]; every list of
//! formats and extensions, here and in the page, is made from the table.

mod bmp;
pub mod decode;
mod file;
mod gif;
mod header;
mod jpeg;
mod orientation;
mod png;
mod tiff;
mod webp;

use self::decode::Decoded;
pub use self::decode::{DecodeError, Limits, decode};
pub use self::file::{ImageFacts, ImageFile};
pub use self::header::Header;
use self::orientation::Metadata;

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

/// All that is known of a format; its row in [`IMAGE_FORMATS`].
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
    is_this: fn(&[u8]) -> bool,
    reader: Reader,
}

/// How its pixels are had.
enum Reader {
    /// All at once, out of bytes that are there as long as that takes.
    Whole(Codec),
    /// By window, out of a file that stays encoded: [`crate::formats::tiff`].
    ByWindow,
}

/// What a format that is read whole brings.
#[derive(Clone, Copy)]
struct Codec {
    /// Size and depth, and whether the data that the file announces is all there.
    header: fn(&[u8]) -> Result<Header, DecodeError>,
    /// What may tell which way up it is.
    metadata: fn(&[u8]) -> Metadata,
    /// As they are stored.
    pixels: fn(&[u8], &Header, &Limits) -> Result<Decoded, DecodeError>,
}

/// The formats that are read.
pub static IMAGE_FORMATS: [ImageFormat; 6] = [png::PNG, jpeg::JPEG, webp::WEBP, tiff::TIFF, bmp::BMP, gif::GIF];

impl ImageFormat {
    /// The format of a file by its magic bytes; the file name plays no part.
    pub fn of(bytes: &[u8]) -> Option<&'static ImageFormat> {
        IMAGE_FORMATS.iter().find(|row| (row.is_this)(bytes))
    }
}

impl Format {
    /// Its row.
    pub fn row(self) -> Option<&'static ImageFormat> {
        IMAGE_FORMATS.iter().find(|row| row.format == self)
    }
}

/// Format by magic bytes; the file name plays no part.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    ImageFormat::of(bytes).map(|row| row.format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_one_row_and_extensions_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for row in &IMAGE_FORMATS {
            assert_eq!(row.format.row().map(|own| own.name), Some(row.name));
            for extension in row.extensions.iter() {
                // The page and the pairing by name know endings from there.
                assert!(crate::values::NAME_ENDINGS.contains(extension), "{extension}");
            }
            for extension in row.extensions.iter().chain(row.world_extensions) {
                assert!(seen.insert(*extension), "{extension} twice");
                assert!(extension.chars().all(|c| c.is_ascii_lowercase()), "{extension}");
            }
        }
    }
}
