//! TIFF and GeoTIFF, read by [`crate::formats::tiff`].

use super::format::{Format, ImageFormat, Reader};

pub(super) const TIFF: ImageFormat = ImageFormat {
    format: Format::Tiff,
    name: "TIFF",
    extensions: &["tif", "tiff", "gtiff", "geotiff"],
    world_extensions: &["tfw", "tifw", "tiffw"],
    is_world_file_first: false,
    is_this: |bytes| {
        [&b"II\x2a\0"[..], b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"]
            .iter()
            .any(|magic| bytes.starts_with(magic))
    },
    reader: Reader::ByWindow,
};
