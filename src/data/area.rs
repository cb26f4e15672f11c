//! Parts of an image.

use serde::{Deserialize, Serialize};

/// A rectangle of an image, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Area {
    pub top: u32,
    pub left: u32,
    pub height: u32,
    pub width: u32,
}

impl Area {
    /// All of an image.
    pub fn whole(height: u32, width: u32) -> Self {
        Self {
            top: 0,
            left: 0,
            height,
            width,
        }
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.height) * u64::from(self.width)
    }

    pub fn is_empty(&self) -> bool {
        self.pixels() == 0
    }

    /// Row and column behind the last.
    pub fn end(&self) -> [u64; 2] {
        [
            u64::from(self.top) + u64::from(self.height),
            u64::from(self.left) + u64::from(self.width),
        ]
    }

    /// Pixels that lie in both.
    pub fn shared(&self, other: &Self) -> u64 {
        let ([bottom, right], [other_bottom, other_right]) = (self.end(), other.end());
        let rows = bottom.min(other_bottom).saturating_sub(self.top.max(other.top).into());
        let columns = right.min(other_right).saturating_sub(self.left.max(other.left).into());
        rows * columns
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.shared(other) > 0
    }

    pub fn is_inside(&self, other: &Self) -> bool {
        let ([bottom, right], [other_bottom, other_right]) = (self.end(), other.end());
        self.top >= other.top && self.left >= other.left && bottom <= other_bottom && right <= other_right
    }

    /// Larger by `by` pixels on each side, as far as `limits` go.
    pub fn grown(&self, by: u32, limits: &Self) -> Self {
        let [bottom, right] = self.end();
        let [last_row, last_column] = limits.end();
        let (top, left) = (
            self.top.saturating_sub(by).max(limits.top),
            self.left.saturating_sub(by).max(limits.left),
        );
        let far = |end: u64, last: u64, start: u32| (end + u64::from(by)).min(last).saturating_sub(start.into()) as u32;
        Self {
            top,
            left,
            height: far(bottom, last_row, top),
            width: far(right, last_column, left),
        }
    }

    /// The values of a map of `width` values a row that lie in the area, row by row.
    pub fn cut<T: Copy>(&self, map: &[T], width: usize) -> Vec<T> {
        let rows = (self.top as usize..).take(self.height as usize);
        let row =
            |y: usize| map.get(y * width + self.left as usize..y * width + self.left as usize + self.width as usize);
        rows.filter_map(row).flatten().copied().collect()
    }
}
