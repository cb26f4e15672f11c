//! What is noted of a map while it is predicted, where its pixels are held by none.

use super::inputs::VIEW_PX;
use crate::{export::PixelSet, formats::raster::Raster, infer::shrunk};

/// What is noted of a map whose rows are put together while it is predicted, so that none of them is held: which pixels
/// are missing, and a small picture.
pub(super) struct Noted {
    /// Height and width.
    size: [usize; 2],
    /// Rows noted.
    rows: usize,
    missing: Option<PixelSet>,
    /// Pixels of the map along a side of one of the picture.
    factor: usize,
    picture_size: [usize; 2],
    rgba: Vec<u8>,
}

impl Noted {
    pub(super) fn new(size: [usize; 2]) -> Self {
        let (picture_size, factor) = shrunk(size, VIEW_PX);
        Self {
            size,
            rows: 0,
            missing: None,
            factor,
            picture_size,
            rgba: Vec::new(),
        }
    }

    /// Takes note of rows from `top` on; those that were noted are passed over.
    pub(super) fn note(&mut self, top: usize, band: &Raster) {
        let [height, width] = self.size;
        let end = (top + band.height as usize).min(height);
        let any_missing = band.any_transparent();
        for y in self.rows.max(top)..end {
            let row = (y - top) as u32;
            if any_missing {
                let missing = self.missing.get_or_insert_with(|| PixelSet::none(height * width));
                let is_missing = |x: &usize| band.alpha8_at(*x as u32, row) == 0;
                (0..width).filter(is_missing).for_each(|x| missing.set(y * width + x));
            }
            // As of images read by window: each pixel the middle one of its block.
            let middle = |block: usize, length: usize| (block * self.factor + self.factor / 2).min(length - 1);
            if y == middle(y / self.factor, height) {
                for x in 0..self.picture_size[1] {
                    self.rgba.extend(band.rgba8_at(middle(x, width) as u32, row));
                }
            }
        }
        self.rows = self.rows.max(end);
    }

    /// The picture, if all rows were noted, and which pixels are missing.
    pub(super) fn finish(self) -> (Option<Raster>, Option<PixelSet>) {
        let [height, width] = self.picture_size.map(|n| n as u32);
        (Raster::from_u8(width, height, 4, self.rgba), self.missing)
    }
}
