//! The one table of the image formats that are read: what they are called, and what the names of their files end in.
//!
//! Every list of formats, in the engine and on the page, is made from it. Each has its reader, of the same place in the
//! order, in `src/formats/image/`.

/// What is known of a format without a file of it.
#[derive(Debug, PartialEq, Eq)]
pub struct ImageFormat {
    /// As people call it.
    pub name: &'static str,
    /// For HTTP (IANA's registry of media types).
    pub media_type: &'static str,
    /// Endings of its files in lower case, without the dot, the usual one first: no part of a picture's name.
    pub endings: &'static [&'static str],
    /// Of the world file beside it; `wld` goes with every format.
    pub world_endings: &'static [&'static str],
    /// A world file counts for more than an `.aux.xml`, as in GDAL's driver.
    pub is_world_file_first: bool,
}

pub static PNG: ImageFormat = ImageFormat {
    name: "PNG",
    media_type: "image/png",
    endings: &["png", "apng"],
    world_endings: &["pgw", "pngw"],
    is_world_file_first: true,
};
pub static JPEG: ImageFormat = ImageFormat {
    name: "JPEG",
    media_type: "image/jpeg",
    endings: &["jpg", "jpeg", "jpe", "jfif"],
    world_endings: &["jgw", "jpgw", "jpegw"],
    is_world_file_first: false,
};
pub static WEBP: ImageFormat = ImageFormat {
    name: "WebP",
    media_type: "image/webp",
    endings: &["webp"],
    world_endings: &["wpw", "webpw"],
    is_world_file_first: false,
};
pub static TIFF: ImageFormat = ImageFormat {
    name: "TIFF",
    media_type: "image/tiff",
    endings: &["tif", "tiff", "gtiff", "geotiff"],
    world_endings: &["tfw", "tifw", "tiffw"],
    is_world_file_first: false,
};
pub static BMP: ImageFormat = ImageFormat {
    name: "BMP",
    media_type: "image/bmp",
    endings: &["bmp", "dib"],
    world_endings: &["bpw"],
    is_world_file_first: true,
};
pub static GIF: ImageFormat = ImageFormat {
    name: "GIF",
    media_type: "image/gif",
    endings: &["gif"],
    world_endings: &["gfw"],
    is_world_file_first: true,
};

/// The formats that are read, in the order in which they are named.
pub static IMAGE_FORMATS: [&ImageFormat; 6] = [&PNG, &JPEG, &WEBP, &TIFF, &BMP, &GIF];

/// Endings of outlines, which are as little a part of a picture's name.
pub const OUTLINE_ENDINGS: &[&str] = &["geojson", "json", "shp", "gpkg", "fgb", "kml", "osm"];

/// The format whose files end so, in lower case without the dot.
pub fn image_format_of_ending(ending: &str) -> Option<&'static ImageFormat> {
    IMAGE_FORMATS
        .into_iter()
        .find(|format| format.endings.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_is_of_one_format() {
        let mut seen = std::collections::BTreeSet::new();
        for format in IMAGE_FORMATS {
            for ending in format.endings.iter().chain(format.world_endings) {
                assert!(seen.insert(*ending), "{ending} twice");
                assert!(ending.chars().all(|c| c.is_ascii_lowercase()), "{ending}");
            }
            assert_eq!(image_format_of_ending(format.endings[0]), Some(format));
        }
    }
}
