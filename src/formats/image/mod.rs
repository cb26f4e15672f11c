//! Images: the readers of the formats that `values` lists, and files of them as [`Raster`](super::Raster)s.
//!
//! A new format is a file of its own beside these, a row in [`values::IMAGE_FORMATS`](IMAGE_FORMATS) and one in
//! [`IMAGE_READERS`].

mod bmp;
mod decode;
mod file;
mod gif;
mod header;
mod jpeg;
mod orientation;
mod parts;
mod png;
mod reader;
mod tiff;
mod webp;

use self::reader::ImageReader;
use crate::values::IMAGE_FORMATS;

pub use self::file::{ImageFacts, ImageFile, decode};
pub use self::parts::{DecodeError, Header, Limits};

/// How each is read.
static IMAGE_READERS: [ImageReader; IMAGE_FORMATS.len()] =
    [png::PNG, jpeg::JPEG, webp::WEBP, tiff::TIFF, bmp::BMP, gif::GIF];

/// The reader of a file by its magic bytes; the file name plays no part.
fn reader_of(bytes: &[u8]) -> Option<&'static ImageReader> {
    IMAGE_READERS.iter().find(|reader| (reader.is_this)(bytes))
}

/// Whether a file is an image of a known format, by its magic bytes.
pub fn is_image(bytes: &[u8]) -> bool {
    reader_of(bytes).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_one_reader() {
        for (reader, format) in IMAGE_READERS.iter().zip(IMAGE_FORMATS) {
            assert_eq!(reader.format.name, format.name);
        }
    }
}

#[cfg(test)]
mod decode_tests;
