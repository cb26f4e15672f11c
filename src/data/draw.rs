//! Random numbers as a pure function of a seed and a place, so that resuming a run needs no state.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for; streams of different purpose never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Split = 1,
    EpochOrder = 2,
    Sample = 3,
    Scene = 4,
}

/// A stream of random numbers, the same on every platform.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `seed` for a purpose at place (`a`, `b`), such as (step, sample).
    pub fn new(seed: u32, stream: Stream, a: u64, b: u64) -> Draw {
        let mut key = [0u8; 32];
        key[..4].copy_from_slice(&seed.to_le_bytes());
        key[4] = stream as u8;
        key[8..16].copy_from_slice(&a.to_le_bytes());
        key[16..24].copy_from_slice(&b.to_le_bytes());
        Draw(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n; 0 for n = 0. The bias of the multiplication is below 2^-32 for any n in use.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    pub fn coin(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// Fisher-Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_function_of_its_place() {
        let take = |seed, stream, a, b| {
            let mut d = Draw::new(seed, stream, a, b);
            [d.unit(), d.unit(), d.unit()]
        };
        assert_eq!(take(1, Stream::Sample, 2, 3), take(1, Stream::Sample, 2, 3));
        for other in [
            (2, Stream::Sample, 2, 3),
            (1, Stream::Split, 2, 3),
            (1, Stream::Sample, 3, 2),
        ] {
            assert_ne!(take(1, Stream::Sample, 2, 3), take(other.0, other.1, other.2, other.3));
        }
    }

    #[test]
    fn ranges_hold() {
        let mut d = Draw::new(9, Stream::Split, 0, 0);
        let mut seen = [0; 5];
        for _ in 0..5000 {
            seen[d.below(5)] += 1;
            let u = d.uniform(-2.0, 3.0);
            assert!((-2.0..3.0).contains(&u));
        }
        assert!(seen.iter().all(|n| (900..1100).contains(n)), "{seen:?}");
        assert_eq!(d.below(0), 0);
    }
}
