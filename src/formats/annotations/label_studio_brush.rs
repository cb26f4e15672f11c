//! Label Studio's brush strokes: a packed picture of four bytes a pixel, whose last says what is covered. Source: the strokes
//! that `label_studio_sdk.converter.brush` writes.

use super::outlines::{AnnotationError, Budget};

/// Run lengths, row by row, of a packed picture of four values a pixel, background first: those whose fourth is not 0 are
/// covered. `None` if it is damaged or of another number of pixels.
pub(super) fn covered(bytes: &[u8], pixels: u64, budget: &Budget) -> Result<Option<Vec<u64>>, AnnotationError> {
    let mut bits = Bits { bytes, at: 0 };
    let Some(head) = Head::read(&mut bits).filter(|head| pixels.checked_mul(4) == Some(head.values)) else {
        return Ok(None);
    };
    let mut counts = Counts { all: vec![0] };
    let mut at = 0;
    while at < head.values {
        let Some((length, value)) = head.run(&mut bits) else {
            return Ok(None);
        };
        let mut add = |length: u64, value: u64| {
            // The last value of each pixel counts.
            counts.add((at + length) / 4 - at / 4, value != 0);
            at += length;
        };
        match value {
            Some(value) => add(length, value),
            None => {
                for _ in 0..length {
                    let Some(value) = bits.take(head.word_bits) else {
                        return Ok(None);
                    };
                    add(1, value);
                }
            }
        }
        // Two runs are a rectangle at least.
        budget.check(counts.all.len() * 2)?;
    }
    Ok((at == head.values).then_some(counts.all))
}

/// How a picture is packed.
struct Head {
    values: u64,
    word_bits: u32,
    length_bits: [u32; 4],
}

impl Head {
    fn read(bits: &mut Bits) -> Option<Self> {
        let values = bits.take(32)?;
        let mut size = |count| Some(bits.take(count)? as u32 + 1);
        Some(Self {
            values,
            word_bits: size(5)?,
            length_bits: [size(4)?, size(4)?, size(4)?, size(4)?],
        })
    }

    /// The next run: its length, and its value, or none where each has its own.
    fn run(&self, bits: &mut Bits) -> Option<(u64, Option<u64>)> {
        let is_same = bits.take(1)? == 1;
        let length_bits = self.length_bits.get(bits.take(2)? as usize)?;
        let length = bits.take(*length_bits)? + 1;
        Some((
            length,
            if is_same {
                Some(bits.take(self.word_bits)?)
            } else {
                None
            },
        ))
    }
}

/// Bits of bytes, the highest of each first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

/// Run lengths, those of the background at even places.
struct Counts {
    all: Vec<u64>,
}

impl Counts {
    fn add(&mut self, length: u64, is_covered: bool) {
        if length == 0 {
            return;
        }
        if is_covered != self.all.len().is_multiple_of(2) {
            self.all.push(0);
        }
        if let Some(last) = self.all.last_mut() {
            *last += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `label_studio_sdk` 2.1.2, `brush.mask2rle` of a mask of 3 x 4 whose pixels (1, 1), (2, 1), (2, 3) are set.
    #[test]
    fn a_brush_is_its_runs() {
        let brush = [
            0, 0, 0, 48, 57, 27, 254, 19, 0, 143, 254, 216, 4, 127, 241, 128, 71, 254,
        ];
        let budget = Budget::of(b"").expect("a budget");
        let runs = |bytes: &[u8], pixels| covered(bytes, pixels, &budget).expect("few corners");
        assert_eq!(runs(&brush, 12), Some(vec![5, 1, 3, 1, 1, 1]));
        for damaged in [&brush[..brush.len() - 3], &brush[..4], &[]] {
            assert_eq!(runs(damaged, 12), None);
        }
        assert_eq!(runs(&brush, 13), None);
        let few = Budget::with(7);
        assert!(matches!(
            covered(&brush, 12, &few),
            Err(AnnotationError::TooManyCorners)
        ));
    }
}
