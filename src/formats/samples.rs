//! The numbers of an image, and how they become brightness.

use std::sync::Arc;

/// Samples of a [`Raster`](super::raster::Raster), row by row, the bands of a pixel side by side; shared by its copies.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    U8(Arc<Vec<u8>>),
    U16(Arc<Vec<u16>>),
    /// Numbers of every other type: whole ones are exact up to 2^24.
    F32(Arc<Vec<f32>>),
}

impl Samples {
    pub fn len(&self) -> usize {
        match self {
            Samples::U8(v) => v.len(),
            Samples::U16(v) => v.len(),
            Samples::F32(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a position; NaN beyond the end.
    pub fn number(&self, at: usize) -> f32 {
        match self {
            Samples::U8(v) => v.get(at).map_or(f32::NAN, |v| f32::from(*v)),
            Samples::U16(v) => v.get(at).map_or(f32::NAN, |v| f32::from(*v)),
            Samples::F32(v) => v.get(at).copied().unwrap_or(f32::NAN),
        }
    }

    /// Black and white of the type.
    pub(super) fn type_range(&self) -> [f64; 2] {
        match self {
            Samples::U8(_) => [0.0, 255.0],
            Samples::U16(_) => [0.0, 65535.0],
            Samples::F32(_) => [0.0, 1.0],
        }
    }

    /// Whether both are the same memory.
    pub fn is_shared_with(&self, other: &Samples) -> bool {
        match (self, other) {
            (Samples::U8(a), Samples::U8(b)) => Arc::ptr_eq(a, b),
            (Samples::U16(a), Samples::U16(b)) => Arc::ptr_eq(a, b),
            (Samples::F32(a), Samples::F32(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl From<Vec<u8>> for Samples {
    fn from(v: Vec<u8>) -> Samples {
        Samples::U8(Arc::new(v))
    }
}

impl From<Vec<u16>> for Samples {
    fn from(v: Vec<u16>) -> Samples {
        Samples::U16(Arc::new(v))
    }
}

impl From<Vec<f32>> for Samples {
    fn from(v: Vec<f32>) -> Samples {
        Samples::F32(Arc::new(v))
    }
}

/// For each band that is shown the number that is black and the one that is white, as in the file.
pub type Ranges = Arc<[[f64; 2]]>;

/// What an image whose numbers are no brightness by themselves (more than 8 bits) suggests for its own range.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnRanges {
    /// From its 2nd to its 98th percentile, missing pixels left out.
    pub stretched: Ranges,
    /// What versions before there was a range of the data set took: models of theirs go on seeing images so.
    pub before: Ranges,
}

/// Luma of ITU-R 601-2 in Pillow's integer form, for 8 and 16 bit alike.
pub fn luma(r: u32, g: u32, b: u32) -> u32 {
    // u64: 16 bit samples times 65536 just overflow 32 bits.
    ((19595 * u64::from(r) + 38470 * u64::from(g) + 7471 * u64::from(b) + 0x8000) >> 16) as u32
}

/// One band's numbers as brightness, 0..=65535.
#[derive(Debug, Clone, Copy)]
pub struct Brightness {
    low: f64,
    span: f64,
}

impl Brightness {
    pub fn new([low, high]: [f64; 2]) -> Brightness {
        let span = if high > low { high - low } else { 1.0 };
        Brightness { low, span }
    }

    /// Clamped to the range; what is no number is black.
    pub fn of(self, number: f32) -> u16 {
        // `as` saturates, and makes 0 of NaN.
        ((f64::from(number) - self.low) / self.span * 65535.0).round() as u16
    }
}

/// The range of numbers that leaves out the share `clip` at each end; never empty. Of nearly constant numbers all, so
/// that the little there is shows.
pub fn percentiles(values: &mut [f32], clip: f64) -> [f64; 2] {
    if values.is_empty() {
        return [0.0, 1.0];
    }
    let last = values.len() - 1;
    let mut at = |share: f64| {
        let i = (last as f64 * share).round() as usize;
        f64::from(*values.select_nth_unstable_by(i, f32::total_cmp).1)
    };
    let (low, high) = (at(clip), at(1.0 - clip));
    if high > low {
        return [low, high];
    }
    let (min, max) = (at(0.0), at(1.0));
    if max > min { [min, max] } else { [low, low + 1.0] }
}

/// 0..=65535 to 0..=255, rounded.
pub fn to_8_bit(value: u16) -> u8 {
    ((u32::from(value) * 255 + 32767) / 65535) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_leave_out_a_share_at_each_end() {
        let mut values: Vec<f32> = (0..=1000).rev().map(|v| v as f32).collect();
        assert_eq!(percentiles(&mut values, 0.02), [20.0, 980.0]);
        assert_eq!(percentiles(&mut [5.0; 10], 0.02), [5.0, 6.0]);
        assert_eq!(percentiles(&mut [], 0.02), [0.0, 1.0]);
        let mut nearly = [7.0; 100];
        nearly[3] = 9.0;
        assert_eq!(percentiles(&mut nearly, 0.02), [7.0, 9.0]);
    }
}
