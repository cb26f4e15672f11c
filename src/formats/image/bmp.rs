//! BMP. Its decoder finds by itself what is wrong with a file.

use std::io::Cursor;

use super::{
    decode::{finish, translate},
    orientation::Metadata,
    parts::{Decoded, Header},
    reader::{Codec, ImageReader, Pixels},
};
use crate::values;

pub(super) const BMP: ImageReader = ImageReader {
    format: &values::BMP,
    is_this: |bytes| bytes.starts_with(b"BM") && bytes.len() >= 26,
    pixels: Pixels::Whole(Codec {
        header: |_| Ok(Header::default()),
        metadata: |_| Metadata::default(),
        pixels: |bytes, _, limits| {
            let decoder = image::codecs::bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            Ok(Decoded::from(finish(decoder, limits)?))
        },
    }),
};
