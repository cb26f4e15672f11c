//! BMP. Its decoder finds by itself what is wrong with a file.

use std::io::Cursor;

use super::{
    decode::{finish, translate},
    format::{Codec, Format, ImageFormat, Reader},
    orientation::Metadata,
    parts::{Decoded, Header},
};

pub(super) const BMP: ImageFormat = ImageFormat {
    format: Format::Bmp,
    name: "BMP",
    extensions: &["bmp", "dib"],
    world_extensions: &["bpw"],
    is_world_file_first: true,
    is_this: |bytes| bytes.starts_with(b"BM") && bytes.len() >= 26,
    reader: Reader::Whole(Codec {
        header: |_| Ok(Header::default()),
        metadata: |_| Metadata::default(),
        pixels: |bytes, _, limits| {
            let decoder = image::codecs::bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(translate)?;
            Ok(Decoded::from(finish(decoder, limits)?))
        },
    }),
};
