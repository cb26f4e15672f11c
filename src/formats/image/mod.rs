//! Images: the one table of the formats that are read, and files of them as [`Raster`](super::Raster)s.
//!
//! A new format is a file of its own beside these, a row in [`IMAGE_FORMATS`] and its name in [`Format`]; every list of
//! formats here is made from the table, and a test holds the endings that the page knows (`values::IMAGE_ENDINGS`) to it.

mod bmp;
mod decode;
mod file;
mod format;
mod gif;
mod header;
mod jpeg;
mod orientation;
mod parts;
mod png;
mod tiff;
mod webp;

pub use self::file::{ImageFacts, ImageFile, decode};
pub use self::format::{Format, ImageFormat};
pub use self::parts::{DecodeError, Header, Limits};

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
                assert!(crate::values::IMAGE_ENDINGS.contains(extension), "{extension}");
            }
            for extension in row.extensions.iter().chain(row.world_extensions) {
                assert!(seen.insert(*extension), "{extension} twice");
                assert!(extension.chars().all(|c| c.is_ascii_lowercase()), "{extension}");
            }
        }
    }
}

#[cfg(test)]
mod decode_tests;
