//! Random numbers of tests, and where their seed comes from.

/// SplitMix64 (Steele, Lea and Flood 2014): enough randomness for tests, the same on every platform.
#[derive(Debug, Clone)]
pub struct Random(u64);

/// The seed where nothing else is said.
pub const FIXED_SEED: u64 = 20_261_130;

/// The seed of this run's random tests: always the same, or `GROUNDMASK_TEST_SEED`, which `cargo xtask test --fresh` draws. It
/// is printed, so that a failure can be repeated.
pub fn seed() -> u64 {
    let said = std::env::var("GROUNDMASK_TEST_SEED").ok();
    let seed = said.and_then(|seed| seed.parse().ok()).unwrap_or(FIXED_SEED);
    println!("GROUNDMASK_TEST_SEED={seed}");
    seed
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in -1 .. 1.
    pub fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// So many of them.
    pub fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.float()).collect()
    }

    /// 0 up to `limit`, without it; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % (limit as u64).max(1)) as usize
    }

    /// One of a list that is not empty.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
