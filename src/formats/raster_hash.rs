//! The hash of an image's pixels, by which a saved run knows its data set again.

use std::hash::Hasher;

use super::raster::{Brightness, Raster, Samples, to_8_bit};
use crate::values::Fnv;

impl Raster {
    /// 64-bit FNV-1a over size, bands and samples: equal images have equal hashes on every platform, whatever their range.
    pub fn pixel_hash(&self) -> u64 {
        let mut h = self.head_hash();
        match &self.samples {
            // As it is seen, which is how it was held once.
            Samples::U8(v) if self.white_is_zero => v.iter().for_each(|s| h.write(&[255 - s])),
            Samples::U8(v) => h.write(v),
            Samples::U16(v) => v.iter().for_each(|s| h.write(&s.to_le_bytes())),
            Samples::F32(v) => v.iter().for_each(|s| h.write(&s.to_bits().to_le_bytes())),
        }
        h.finish()
    }

    /// The hash that versions before there was a range of the data set had: of the image as they stretched it.
    pub fn pixel_hash_before(&self) -> u64 {
        let Some(own) = &self.own_ranges else {
            return self.pixel_hash();
        };
        let before = self.in_ranges(Some(own.before.clone()));
        let (measured, bands) = (self.measured_bands(), usize::from(self.bands).max(1));
        let brightness: Vec<Brightness> = (0..measured).map(|band| before.brightness(band)).collect();
        // They held one band of small whole numbers in 8 bits.
        let narrow = own.before.as_ref() == [[0.0, 255.0]] && measured == 1;
        let mut h = self.head_hash();
        for at in 0..self.samples.len() {
            let value = match brightness.get(at % bands) {
                Some(band) => band.of(self.samples.number(at)),
                None if self.alpha8(at) == 0 => 0,
                None => match &self.samples {
                    Samples::U16(v) => v.get(at).copied().unwrap_or(0),
                    _ => u16::MAX,
                },
            };
            match narrow {
                true => h.write(&[to_8_bit(value)]),
                false => h.write(&value.to_le_bytes()),
            }
        }
        h.finish()
    }

    fn head_hash(&self) -> Fnv {
        let mut h = Fnv::default();
        h.write(&self.width.to_le_bytes());
        h.write(&self.height.to_le_bytes());
        h.write(&[self.bands]);
        if let Some(stack) = self.as_stack() {
            // Four bands are not three and alpha.
            h.write(&[stack.numbers.len() as u8]);
        }
        h
    }
}
