//! Files named as an image with `.msk` behind it: they say which pixels of that image have no data (GDAL's RFC 15), and
//! are no image of their own. They come before or after it.

use std::collections::BTreeMap;

use super::fault::FaultKind;
use crate::formats::{
    DecodeError,
    tiff::{Mask, TiffError},
};

/// Such files all together at most, bytes.
const MAX_BYTES: usize = 256 << 20;

/// The `.msk` files that came, by the path of their image, without case (GDAL takes `.MSK` too).
#[derive(Default)]
pub struct MaskFiles(BTreeMap<String, MaskFile>);

/// One of them.
pub struct MaskFile {
    pub path: String,
    pub mask: Mask,
}

impl MaskFiles {
    /// Takes the one of an image in, whose path is in lower case; one of the same image is replaced.
    ///
    /// # Errors
    /// If it cannot be used: damaged, not supported, or too much together.
    pub fn add(&mut self, path: &str, image: String, bytes: Vec<u8>) -> Result<(), FaultKind> {
        self.0.remove(&image);
        let left = MAX_BYTES.saturating_sub(self.bytes());
        if bytes.len() > left {
            return Err(FaultKind::OutOfMemory {
                needed_bytes: bytes.len() as u64,
                available_bytes: left as u64,
            });
        }
        let mask = Mask::open(bytes).map_err(fault)?;
        let path = path.to_owned();
        self.0.insert(image, MaskFile { path, mask });
        Ok(())
    }

    /// The mask of an image.
    pub fn of(&self, image_path: &str) -> Option<&MaskFile> {
        self.0.get(&image_path.to_lowercase())
    }

    /// Bytes held: the files as they came.
    pub fn bytes(&self) -> usize {
        self.0.values().map(|file| file.mask.encoded_bytes()).sum()
    }
}

/// What is wrong with a `.msk` file or its use.
pub fn fault(error: TiffError) -> FaultKind {
    DecodeError::from(error).into()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        data::{builder::Builder, classes::UNLABELLED, dataset::Dataset},
        formats::grey8_png,
    };

    /// A `.msk` file as GDAL writes it, of 4 x 4 bytes: 0 in the first pixel alone.
    pub(crate) fn msk() -> Vec<u8> {
        let xml = b"<GDALMetadata><Item name=\"INTERNAL_MASK_FLAGS_1\">2</Item></GDALMetadata>\0";
        let tags: [(u16, u16, u32, u32); 8] = [
            (256, 3, 1, 4),
            (257, 3, 1, 4),
            (258, 3, 1, 8),
            (262, 3, 1, 1),
            (273, 4, 1, 8),
            (277, 3, 1, 1),
            (279, 4, 1, 16),
            (42112, 2, xml.len() as u32, 24),
        ];
        let directory = 24 + xml.len() as u32;
        let mut out = [&b"II\x2a\0"[..], &directory.to_le_bytes(), &[0], &[255; 15], xml].concat();
        out.extend((tags.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in tags {
            out.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes()].concat());
            out.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        }
        out.extend([0; 4]);
        out
    }

    fn alpha(data: &Dataset) -> [u8; 2] {
        let image = data.image(0).expect("a pair");
        [image.rgba8_at(0, 0)[3], image.rgba8_at(1, 0)[3]]
    }

    #[test]
    fn before_or_after_its_image_it_is_the_same() {
        let grey = grey8_png(&[7; 16], 4, 4).expect("written");
        let mask = grey8_png(&[255; 16], 4, 4).expect("written");
        let files: [(&str, &[u8]); 3] = [
            ("images/A.png", &grey),
            ("images/a.png.msk", &msk()),
            ("masks/A.png", &mask),
        ];
        for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1]] {
            let mut builder = Builder::default();
            for file in order {
                builder.add_file(files[file].0, files[file].1).expect("taken");
            }
            let data = builder.finish();
            assert_eq!((data.pairs.len(), data.faults.len()), (1, 0), "{:?}", data.faults);
            assert_eq!(alpha(&data), [0, 255]);
            assert_eq!(data.mask_labels(0).map(|labels| labels[0]), Some(UNLABELLED));
        }
        // Without its image there is nothing to say, and one that does not fit costs the image nothing.
        let mut builder = Builder::default();
        builder.add_file("images/a.png.msk", &msk()).expect("taken");
        assert_eq!(builder.finish().faults, []);
        let wide = grey8_png(&[7; 20], 5, 4).expect("written");
        builder.add_file("images/a.png", &wide).expect("taken");
        builder
            .add_file("masks/a.png", &grey8_png(&[255; 20], 5, 4).expect("written"))
            .expect("taken");
        let data = builder.finish();
        assert_eq!(data.pairs.len(), 1);
        assert_eq!(
            data.faults.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            ["images/a.png.msk"]
        );
        assert_eq!(alpha(&data), [255, 255]);
    }

    #[test]
    fn what_is_no_mask_is_refused() {
        let mut files = MaskFiles::default();
        assert!(matches!(
            files.add("a.tif.msk", "a.tif".into(), b"junk".to_vec()),
            Err(FaultKind::UnsupportedFormat(_))
        ));
        assert!(files.of("a.tif").is_none());
    }
}
