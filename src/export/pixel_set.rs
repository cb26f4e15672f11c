//! Sets of pixels.

/// A set of pixels, one bit each.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelSet(Vec<u64>);

impl PixelSet {
    /// An empty set over `pixels` pixels.
    pub fn none(pixels: usize) -> PixelSet {
        PixelSet(vec![0; pixels.div_ceil(64)])
    }

    pub fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// `None` if no pixel is in it.
    pub fn from_flags(flags: impl Iterator<Item = bool>) -> Option<PixelSet> {
        let mut words = Vec::new();
        let mut any = false;
        for (i, flag) in flags.enumerate() {
            if i % 64 == 0 {
                words.push(0u64);
            }
            if flag && let Some(word) = words.last_mut() {
                *word |= 1 << (i % 64);
                any = true;
            }
        }
        any.then_some(PixelSet(words))
    }

    pub fn get(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}
