//! What a pixel of a mask holds, whatever the file's type: a colour or a number.

use crate::{
    formats::raster::{Raster, Samples, luma, to_8_bit},
    values::ColourShare,
};

/// Pixels a side that are looked at of each.
const GRID: u32 = 64;

/// A colour, or the number of a single band. A grey of 8 bits and its number are the same value; numbers above 255 are
/// no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaskValue(u32);

/// Set in values that are a number above 255.
const NUMBER: u32 = 1 << 24;

impl MaskValue {
    pub const fn colour([r, g, b]: [u8; 3]) -> MaskValue {
        MaskValue((r as u32) << 16 | (g as u32) << 8 | b as u32)
    }

    pub const fn number(n: u16) -> MaskValue {
        match n {
            0..=255 => MaskValue::colour([n as u8; 3]),
            _ => MaskValue(NUMBER | n as u32),
        }
    }

    /// The colour. Of a number above 255 its two bytes as green and blue: a name for it where only colours go.
    pub const fn rgb(self) -> [u8; 3] {
        [
            (self.0 >> 16) as u8 * !self.is_wide() as u8,
            (self.0 >> 8) as u8,
            self.0 as u8,
        ]
    }

    const fn is_wide(self) -> bool {
        self.0 & NUMBER != 0
    }

    /// The number it can be read as; none of a colour that is no grey.
    pub fn as_number(self) -> Option<u16> {
        let [r, g, b] = self.rgb();
        match self.is_wide() {
            true => Some(self.0 as u16),
            false => (r == g && g == b).then_some(r.into()),
        }
    }

    /// The number, where it is above 255 and no colour.
    pub fn wide_number(self) -> Option<u16> {
        self.is_wide().then_some(self.0 as u16)
    }

    /// The number, or the brightness of a colour.
    pub fn level(self) -> u16 {
        let [r, g, b] = self.rgb();
        self.as_number()
            .unwrap_or_else(|| luma(r.into(), g.into(), b.into()) as u16)
    }

    /// Whether it is a colour by more than the noise of a lossy format.
    pub fn has_colour(self) -> bool {
        let [r, g, b] = self.rgb();
        !self.is_wide() && r.max(g).max(b) - r.min(g).min(b) > GREY_SPREAD
    }

    /// Whether both are the same, or colours that differ by at most `reach` in each band.
    pub fn is_near(self, other: MaskValue, reach: u8) -> bool {
        self == other || !self.is_wide() && !other.is_wide() && self.distance(other) <= reach
    }

    /// The largest difference of a band; of numbers above 255 as far as can be.
    pub(super) fn distance(self, other: MaskValue) -> u8 {
        if self.is_wide() || other.is_wide() {
            return if self == other { 0 } else { u8::MAX };
        }
        let (a, b) = (self.rgb(), other.rgb());
        a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
    }

    /// The same with fewer bits a band, so that all colours fall into few groups.
    pub(super) fn coarse(self, bits: u32) -> MaskValue {
        match self.is_wide() {
            true => self,
            false => MaskValue::colour(self.rgb().map(|v| v >> (8 - bits))),
        }
    }
}

/// A pixel whose bands differ by more than this has a colour.
const GREY_SPREAD: u8 = 24;
/// Alpha below this is transparent.
const OPAQUE: u8 = 128;

/// How the numbers of a data set's masks are read: in every mask alike.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NumberScale {
    /// Of integers, the number that is black and the one that is white; none where numbers are what they are.
    pub integers: Option<[f32; 2]>,
    /// The same of floats.
    pub floats: Option<[f32; 2]>,
    /// A pixel without data (not one that is transparent in a drawing) is not labelled instead of background.
    pub missing_is_unlabelled: bool,
}

impl NumberScale {
    fn of(&self, mask: &Raster) -> Option<[f32; 2]> {
        if mask.is_float { self.floats } else { self.integers }
    }
}

/// Whether a mask holds numbers: one band, and no palette.
pub fn holds_numbers(mask: &Raster) -> bool {
    mask.measured_bands() == 1
}

/// Calls `see` with the value of every `step`-th pixel and whether it is opaque.
pub fn each_value(mask: &Raster, scale: &NumberScale, step: u64, mut see: impl FnMut(MaskValue, bool)) {
    let bands = usize::from(mask.bands).max(1);
    let measured = mask.measured_bands();
    let opaque = |at: usize| {
        !mask.has_alpha()
            || match &mask.samples {
                Samples::U8(v) => v.get(at + measured).is_some_and(|a| *a >= OPAQUE),
                Samples::U16(v) => v.get(at + measured).is_some_and(|a| to_8_bit(*a) >= OPAQUE),
                Samples::F32(v) => v.get(at + measured).is_some_and(|a| *a >= 0.5),
            }
    };
    let pixels = (0..mask.pixels())
        .step_by(step.max(1) as usize)
        .map(|p| p as usize * bands);
    if measured == 1 {
        match (scale.of(mask), &mask.samples) {
            (None, Samples::U8(v)) => {
                pixels.for_each(|at| see(MaskValue::number(v.get(at).copied().unwrap_or(0).into()), opaque(at)))
            }
            (None, samples) => {
                // `as` saturates; a number that is none of a class never comes here but as an object's.
                pixels.for_each(|at| see(MaskValue::number(samples.number(at).round() as u16), opaque(at)))
            }
            (Some([low, high]), samples) => {
                let level = |n: f32| ((n - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u16;
                pixels.for_each(|at| see(MaskValue::number(level(samples.number(at))), opaque(at)))
            }
        }
        return;
    }
    // Colours of 16 bits that fit 8 were widened; scaling them would make everything black.
    let narrow = match &mask.samples {
        Samples::U8(_) => true,
        Samples::U16(v) => v.chunks_exact(bands).all(|p| p[..measured].iter().all(|s| *s <= 255)),
        Samples::F32(_) => true,
    };
    let band = |at: usize| match &mask.samples {
        Samples::U8(v) => v.get(at).copied().unwrap_or(0),
        Samples::U16(v) if narrow => v.get(at).map_or(0, |v| *v as u8),
        Samples::U16(v) => v.get(at).map_or(0, |v| to_8_bit(*v)),
        // `as` saturates.
        Samples::F32(v) => v.get(at).map_or(0, |v| v.round() as u8),
    };
    // Of a stack those that are shown; it can have less than three.
    let [red, green, blue] = mask.as_stack().map_or([0, 1, 2], |stack| stack.shown);
    pixels.for_each(|at| {
        see(
            MaskValue::colour([red, green, blue].map(|place| band(at + place))),
            opaque(at),
        )
    });
}

/// Values with their shares, for the page.
pub fn shares(values: &[(MaskValue, f64)]) -> Vec<ColourShare> {
    let one = |&(value, share): &(MaskValue, f64)| ColourShare {
        rgb: value.rgb(),
        code: value.wide_number(),
        share,
    };
    values.iter().map(one).collect()
}

/// Colours in a grid of the picture's pixels.
pub fn colours(raster: &Raster) -> usize {
    let (columns, rows) = (raster.width.min(GRID), raster.height.min(GRID));
    let at = |i: u32, n: u32, length: u32| (u64::from(i) * u64::from(length) / u64::from(n.max(1))) as u32;
    let mut seen: Vec<[u8; 4]> = (0..rows)
        .flat_map(|y| (0..columns).map(move |x| (x, y)))
        .map(|(x, y)| raster.rgba8_at(at(x, columns, raster.width), at(y, rows, raster.height)))
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_and_its_number_are_one_value() {
        assert_eq!(MaskValue::number(7), MaskValue::colour([7; 3]));
        assert_eq!(MaskValue::number(311).as_number(), Some(311));
        assert_eq!(MaskValue::number(65535).level(), 65535);
        assert_eq!(MaskValue::number(0x1234).rgb(), [0, 0x12, 0x34]);
        assert_eq!(MaskValue::colour([10, 20, 30]).as_number(), None);
        assert_eq!(MaskValue::colour([10, 20, 30]).level(), 18);
        assert_ne!(MaskValue::number(0x1234), MaskValue::colour([0, 0x12, 0x34]));
        assert!(MaskValue::colour([200, 30, 30]).has_colour() && !MaskValue::number(40_000).has_colour());
    }

    #[test]
    fn every_type_gives_the_number_of_the_file() {
        let values = |mask: &Raster, scale: &NumberScale| {
            let mut all = Vec::new();
            each_value(mask, scale, 1, |v, opaque| all.push((v.level(), opaque)));
            all
        };
        let plain = NumberScale::default();
        let wide = Raster::from_u16(3, 1, 1, vec![0, 311, 65535]).unwrap();
        assert_eq!(values(&wide, &plain), [(0, true), (311, true), (65535, true)]);
        let halves = NumberScale {
            integers: Some([0.0, 65535.0]),
            ..plain
        };
        assert_eq!(values(&wide, &halves), [(0, true), (1, true), (255, true)]);
        let floats = Raster::new(2, 1, 2, vec![0.5f32, 1.0, f32::NAN, 0.0].into(), 32).unwrap();
        let floats = Raster {
            is_float: true,
            ..floats
        };
        let unit = NumberScale {
            floats: Some([0.0, 1.0]),
            ..plain
        };
        assert_eq!(values(&floats, &unit), [(128, true), (0, false)]);
        // Colours of 16 bits, widened or real.
        let widened = Raster::from_u16(1, 1, 3, vec![200, 30, 40]).unwrap();
        assert_eq!(values(&widened, &plain)[0].0, MaskValue::colour([200, 30, 40]).level());
        let real = Raster::from_u16(1, 1, 3, vec![200 * 257, 30 * 257, 40 * 257]).unwrap();
        assert_eq!(values(&real, &plain), values(&widened, &plain));
    }
}
