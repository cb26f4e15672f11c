//! What people change about the mask of a pair: where it lies, and which part of it says nothing.

use std::sync::Arc;

use super::classes::UNLABELLED;
use crate::formats::raster::Raster;

/// Largest shift of a mask along an axis, pixels.
pub const MAX_SHIFT_PX: i32 = 2000;
/// Parts left out of a picture at most.
pub const MAX_LEFT_OUT: usize = 64;

/// The pixels of a picture that were mapped, by an outline of the area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    pub width: u32,
    pub height: u32,
    /// 0 outside, row by row.
    pub inside: Vec<u8>,
}

/// What was changed about the mask of one image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adjustment {
    /// The mask lies so many pixels farther to the right and down than it came.
    pub shift_px: [i32; 2],
    /// Rectangles that are not labelled: left, top, right and bottom as shares of width and height, 0..1.
    pub left_out: Vec<[f64; 4]>,
    /// Nothing is labelled outside.
    pub area: Option<Arc<Area>>,
}

impl Adjustment {
    pub(super) fn is_none(&self) -> bool {
        *self == Adjustment::default()
    }

    /// Lays a mask where it was shifted to. `covered`: the part of the image that it covers, columns and rows from, and up
    /// to but without; what it does not cover any more is not labelled.
    pub(super) fn shift_mask(&self, mask: &mut Arc<Raster>, covered: &mut Option<[[u32; 2]; 2]>) {
        let [dx, dy] = self.shift_px.map(i64::from);
        if [dx, dy] == [0, 0] {
            return;
        }
        let (width, height) = (mask.width, mask.height);
        let back = |at: u32, by: i64, n: u32| (i64::from(at) - by).clamp(0, i64::from(n.max(1)) - 1) as u32;
        let shifted = mask.remapped(width, height, |x, y| (back(x, dx, width), back(y, dy, height)));
        *mask = Arc::new(shifted);
        let [from, to] = covered.unwrap_or([[0, 0], [width, height]]);
        let moved = |at: [u32; 2]| {
            let to = |at: u32, by: i64, n: u32| (i64::from(at) + by).clamp(0, i64::from(n)) as u32;
            [to(at[0], dx, width), to(at[1], dy, height)]
        };
        *covered = Some([moved(from), moved(to)]);
    }

    /// Takes the labels away of what is not mapped, in an image of this size.
    pub(super) fn forget_unmapped(&self, labels: &mut [u8], width: u32, height: u32) {
        let columns = width.max(1) as usize;
        for [left, top, right, bottom] in &self.left_out {
            let pixel = |share: f64, n: u32| (share.clamp(0.0, 1.0) * f64::from(n)).round() as usize;
            let (from, to) = (pixel(*left, width), pixel(*right, width));
            let rows = labels.chunks_exact_mut(columns).enumerate();
            for (_, row) in rows.filter(|(y, _)| (pixel(*top, height)..pixel(*bottom, height)).contains(y)) {
                if let Some(part) = row.get_mut(from..to) {
                    part.fill(UNLABELLED);
                }
            }
        }
        let Some(area) = self.area.as_ref().filter(|a| (a.width, a.height) == (width, height)) else {
            return;
        };
        for (label, inside) in labels.iter_mut().zip(&area.inside) {
            if *inside == 0 {
                *label = UNLABELLED;
            }
        }
    }
}

/// A rectangle that can be left out, as [`Adjustment::left_out`] has it: with its sides in order and within the picture.
pub fn sound_part(part: [f64; 4]) -> Option<[f64; 4]> {
    let [left, top, right, bottom] = part;
    let within = part.iter().all(|v| (0.0..=1.0).contains(v));
    (within && left < right && top < bottom).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_no_label() {
        let adjustment = Adjustment {
            left_out: vec![[0.5, 0.0, 1.0, 0.5]],
            area: Some(Arc::new(Area {
                width: 4,
                height: 2,
                inside: vec![1, 1, 1, 1, 0, 1, 1, 1],
            })),
            ..Adjustment::default()
        };
        let mut labels = vec![1, 0, 1, 0, 1, 0, 1, 0];
        adjustment.forget_unmapped(&mut labels, 4, 2);
        assert_eq!(labels, [1, 0, 255, 255, 255, 0, 1, 0]);
        // An area of another picture says nothing.
        let mut labels = vec![1; 4];
        adjustment.forget_unmapped(&mut labels, 2, 2);
        assert_eq!(labels, [1, 255, 1, 1]);
    }

    #[test]
    fn parts_lie_within_the_picture() {
        assert_eq!(sound_part([0.0, 0.0, 1.0, 0.5]), Some([0.0, 0.0, 1.0, 0.5]));
        for bad in [
            [0.5, 0.0, 0.5, 1.0],
            [0.0, 0.6, 1.0, 0.5],
            [-0.1, 0.0, 1.0, 1.0],
            [0.0, f64::NAN, 1.0, 1.0],
        ] {
            assert_eq!(sound_part(bad), None, "{bad:?}");
        }
    }
}
