//! Random numbers and smooth noise of a seed, the same everywhere.

/// Numbers by SplitMix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// About normal, of deviation 1.
    pub fn bell(&mut self) -> f64 {
        (0..6).map(|_| self.unit()).sum::<f64>() * 1.414 - 4.243
    }
}

/// Smooth noise of mean 0, about -1 to 1, with lumps of this size.
pub fn lumps(x: f64, y: f64, size: f64, seed: u64) -> f64 {
    let (x, y) = (x / size, y / size);
    let (i, j) = (x.floor(), y.floor());
    let (u, v) = (x - i, y - j);
    let knot = |i: f64, j: f64| {
        let key = (i as i64 as u64).wrapping_mul(0x8da6_b343) ^ (j as i64 as u64).wrapping_mul(0xd816_3841) ^ seed << 7;
        Chance::new(key).unit() * 2.0 - 1.0
    };
    let s = |t: f64| t * t * (3.0 - 2.0 * t);
    let row = |j: f64| knot(i, j) * (1.0 - s(u)) + knot(i + 1.0, j) * s(u);
    row(j) * (1.0 - s(v)) + row(j + 1.0) * s(v)
}
