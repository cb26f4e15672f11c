//! What people change about single masks, remembered by the image's path.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Builder;
use crate::data::adjustment::{Adjustment, Area, MAX_LEFT_OUT, MAX_SHIFT_PX, sound_part};

impl Builder {
    /// What was changed about the mask of an image.
    pub fn adjustment(&self, image: &str) -> Adjustment {
        self.adjustments.get(image).cloned().unwrap_or_default()
    }

    /// Lays the mask of a pair of the last data set so many pixels to the right and down of where it came, from the next
    /// [`finish`](Self::finish) on. Gives the path of its image; a mask drawn for it has to be drawn anew.
    pub fn set_shift(&mut self, pair: usize, shift_px: [i32; 2]) -> Option<String> {
        let shift_px = shift_px.map(|by| by.clamp(-MAX_SHIFT_PX, MAX_SHIFT_PX));
        self.adjust(pair, |adjustment| adjustment.shift_px = shift_px)
    }

    /// Leaves rectangles of a pair's mask out (see [`Adjustment::left_out`]) instead of those left out so far.
    pub fn set_left_out(&mut self, pair: usize, parts: &[[f64; 4]]) {
        let parts = parts.iter().filter_map(|part| sound_part(*part)).take(MAX_LEFT_OUT);
        let parts = parts.collect();
        self.adjust(pair, |adjustment| adjustment.left_out = parts);
    }

    /// Says which pixels of an image were mapped; none for all.
    pub fn set_area(&mut self, image: &str, area: Option<Area>) {
        let mut adjustment = self.adjustment(image);
        adjustment.area = area.map(Arc::new);
        self.set_adjustment(image.to_owned(), adjustment);
    }

    /// Shifts of masks by the path of their image, where there are any.
    pub fn shifts(&self) -> BTreeMap<String, [i32; 2]> {
        let shifts = self.adjustments.iter().map(|(image, a)| (image.clone(), a.shift_px));
        shifts.filter(|(_, shift)| *shift != [0, 0]).collect()
    }

    fn adjust(&mut self, pair: usize, change: impl FnOnce(&mut Adjustment)) -> Option<String> {
        let image = self.last.pairs.get(pair)?.image_path.clone();
        let mut adjustment = self.adjustment(&image);
        change(&mut adjustment);
        self.set_adjustment(image.clone(), adjustment);
        Some(image)
    }

    fn set_adjustment(&mut self, image: String, adjustment: Adjustment) {
        match adjustment.is_none() {
            true => self.adjustments.remove(&image),
            false => self.adjustments.insert(image, adjustment),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::raster::Raster;

    fn set() -> Builder {
        let mut b = Builder::default();
        let noise = (0..64u32).map(|i| (i * 37 % 251) as u8).collect();
        b.add_raster("image/a.png", Raster::from_u8(8, 8, 1, noise).expect("a picture"));
        let mut mask = vec![0; 64];
        mask[2 * 8 + 3] = 255;
        b.add_raster("mask/a.png", Raster::from_u8(8, 8, 1, mask).expect("a mask"));
        b
    }

    #[test]
    fn a_mask_is_moved_and_put_back() {
        let mut b = set();
        let before = b.finish();
        assert_eq!(b.set_shift(0, [2, -1]).as_deref(), Some("image/a.png"));
        let moved = b.finish();
        let labels = moved.mask_labels(0).expect("labels");
        assert_eq!((labels[8 + 5], labels[2 * 8 + 3]), (1, 0));
        // Nobody knows what lay beyond the mask's edges.
        assert!(labels[..8 * 7].chunks(8).all(|row| row[..2] == [255, 255]));
        assert!(labels[8 * 7..].iter().all(|label| *label == 255));
        assert_eq!(before.fingerprint(), moved.fingerprint());
        b.set_shift(0, [0, 0]);
        assert_eq!(b.finish().pairs, before.pairs);
        assert_eq!(b.set_shift(7, [1, 1]), None);
    }

    #[test]
    fn a_part_is_left_out_and_taken_in_again() {
        let mut b = set();
        let before = b.finish();
        b.set_left_out(0, &[[0.5, 0.0, 1.0, 1.0], [0.9, 0.0, 0.1, 1.0]]);
        let data = b.finish();
        let unlabelled = data
            .mask_labels(0)
            .map(|labels| labels.iter().filter(|l| **l == 255).count());
        assert_eq!(unlabelled, Some(32));
        assert!((data.foreground_share() - 1.0 / 32.0).abs() < 1e-9);
        b.set_left_out(0, &[]);
        assert_eq!(b.finish().pairs, before.pairs);
    }
}
