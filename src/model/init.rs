//! Keras's initialisers, from one seeded stream.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::ops::scalar::{cos, ln};

/// Standard deviation of a unit normal truncated at two sigma; Keras divides by it.
const TRUNCATED_STD: f64 = 0.879_625_661_034_239_8;

/// Draws initial weights. The same seed gives the same weights on every platform.
pub struct Init {
    rng: ChaCha8Rng,
}

impl Init {
    pub fn new(seed: u32) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(u64::from(seed)),
        }
    }

    /// `he_normal`: normal with `sqrt(2 / fan_in)`, redrawn beyond two sigma, for `[k, k, c_in, c_out]`.
    pub fn he_normal(&mut self, shape: [usize; 4]) -> Vec<f32> {
        let [k, _, c_in, _] = shape;
        let std = (2.0 / (k * k * c_in) as f64).sqrt() / TRUNCATED_STD;
        (0..shape.iter().product())
            .map(|_| (self.truncated_normal() * std) as f32)
            .collect()
    }

    /// `glorot_uniform`: uniform within `sqrt(6 / (fan_in + fan_out))`, for `[k, k, c_in, c_out]`.
    pub fn glorot_uniform(&mut self, shape: [usize; 4]) -> Vec<f32> {
        let [k, _, c_in, c_out] = shape;
        let limit = (6.0 / (k * k * (c_in + c_out)) as f64).sqrt();
        (0..shape.iter().product())
            .map(|_| (self.rng.random_range(-limit..limit)) as f32)
            .collect()
    }

    /// Box-Muller, redrawn until within two sigma.
    fn truncated_normal(&mut self) -> f64 {
        loop {
            let radius = (-2.0 * ln(1.0 - self.rng.random::<f64>())).sqrt();
            let z = radius * cos(std::f64::consts::TAU * self.rng.random::<f64>());
            if z.abs() <= 2.0 {
                return z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn he_normal_has_the_variance_of_keras() {
        let weights = Init::new(7).he_normal([3, 3, 64, 128]);
        let n = weights.len() as f64;
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
        let var = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / n;
        let wanted = 2.0 / (9.0 * 64.0);
        assert!(mean.abs() < 1e-3, "mean {mean}");
        assert!((var / wanted - 1.0).abs() < 0.02, "variance {var}, wanted {wanted}");
        let limit = 2.0 * wanted.sqrt() / TRUNCATED_STD;
        assert!(weights.iter().all(|&w| f64::from(w).abs() <= limit * 1.000_001));
    }

    #[test]
    fn glorot_uniform_fills_its_range() {
        let weights = Init::new(7).glorot_uniform([1, 1, 2, 1000]);
        let limit = (6.0f32 / 1002.0).sqrt();
        let max = weights.iter().fold(0.0f32, |m, w| m.max(w.abs()));
        assert!(max <= limit && max > 0.98 * limit, "{max} of {limit}");
    }

    #[test]
    fn same_seed_same_weights() {
        assert_eq!(
            Init::new(3).he_normal([3, 3, 1, 4]),
            Init::new(3).he_normal([3, 3, 1, 4])
        );
        assert_ne!(
            Init::new(3).he_normal([3, 3, 1, 4]),
            Init::new(4).he_normal([3, 3, 1, 4])
        );
    }
}
