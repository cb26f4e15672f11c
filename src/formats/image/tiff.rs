//! TIFF and GeoTIFF, read by [`crate::formats::tiff`].

use super::reader::{ImageReader, Pixels};
use crate::values;

pub(super) const TIFF: ImageReader = ImageReader {
    format: &values::TIFF,
    is_this: |bytes| {
        [&b"II\x2a\0"[..], b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"]
            .iter()
            .any(|magic| bytes.starts_with(magic))
    },
    pixels: Pixels::ByWindow,
};
