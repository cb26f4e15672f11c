//! Files without a partner, with their pictures.

use crate::{
    data::{dataset, preprocess},
    protocol::Unpaired,
};

/// Longer side of a picture of a file without a partner, pixels.
const UNPAIRED_PX: u32 = 128;
/// Pictures of images, and of masks, that are sent: each is memory.
const UNPAIRED_PICTURES: usize = 120;

pub(in crate::engine) fn unpaired(files: &[dataset::Unpaired]) -> Vec<Unpaired> {
    let mut shown = [0, 0];
    let one = |file: &dataset::Unpaired| {
        let count = &mut shown[usize::from(file.is_mask)];
        *count += 1;
        let (thumb_width, thumb_height, thumb_rgba) = match *count <= UNPAIRED_PICTURES {
            true => preprocess::thumbnail(&file.raster, UNPAIRED_PX),
            false => (0, 0, Vec::new()),
        };
        Unpaired {
            path: file.path.clone(),
            is_mask: file.is_mask,
            width: file.raster.width,
            height: file.raster.height,
            placed: file.is_placed,
            image_id: format!("{:016x}", file.hash),
            thumb_width,
            thumb_height,
            thumb_rgba,
        }
    };
    files.iter().map(one).collect()
}
