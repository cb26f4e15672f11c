//! What a run does with the figures of its validations: whether to lower the rate, whether to stop.

use serde::{Deserialize, Serialize};

/// Decides from validation to validation. Plain numbers, so that a saved run can carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    best: Option<f64>,
    /// Validations since the best one.
    stale: u32,
    /// Validations since the best one or the last lowering of the rate.
    waited: u32,
    /// The learning rate's factor so far.
    rate_scale: f64,
}

impl Default for Stopping {
    fn default() -> Self {
        Self {
            best: None,
            stale: 0,
            waited: 0,
            rate_scale: 1.0,
        }
    }
}

/// Validations without improvement after which the rate is lowered.
const PLATEAU: u32 = 3;
/// What it is lowered by, and down to.
const PLATEAU_FACTOR: f64 = 0.5;
const LEAST_SCALE: f64 = 0.01;
/// An improvement smaller than this is none.
const LEAST_GAIN: f64 = 1e-4;

impl Stopping {
    /// The learning rate's factor so far.
    pub fn rate_scale(&self) -> f64 {
        self.rate_scale
    }

    /// Takes a validation's score (higher is better). `reduce`: the rate falls on plateaus; `patience`: validations
    /// without improvement to stop after, 0 = never. Gives whether to stop.
    pub fn judge(&mut self, score: f64, reduce: bool, patience: u32) -> bool {
        if self.best.is_none_or(|best| score > best + LEAST_GAIN) {
            self.best = Some(score);
            (self.stale, self.waited) = (0, 0);
            return false;
        }
        self.stale += 1;
        self.waited += 1;
        if reduce && self.waited >= PLATEAU {
            self.waited = 0;
            self.rate_scale = (self.rate_scale * PLATEAU_FACTOR).max(LEAST_SCALE);
        }
        patience > 0 && self.stale >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_counts_validations_since_the_best() {
        let mut c = Stopping::default();
        let stops: Vec<bool> = [0.1, 0.3, 0.2, 0.31, 0.31, 0.3, 0.29]
            .iter()
            .map(|s| c.judge(*s, false, 3))
            .collect();
        assert_eq!(stops, [false, false, false, false, false, false, true]);
        let mut c = Stopping::default();
        assert!((0..1000).all(|_| !c.judge(0.5, false, 0)));
        assert_eq!(c.rate_scale, 1.0);
    }

    #[test]
    fn the_rate_halves_on_a_plateau_and_not_below_a_hundredth() {
        let mut c = Stopping::default();
        c.judge(0.5, true, 0);
        for _ in 0..2 {
            c.judge(0.4, true, 0);
        }
        assert_eq!(c.rate_scale, 1.0);
        c.judge(0.4, true, 0);
        assert_eq!(c.rate_scale, 0.5);
        c.judge(0.6, true, 0);
        c.judge(0.6, true, 0);
        assert_eq!(c.rate_scale, 0.5);
        for _ in 0..100 {
            c.judge(0.1, true, 0);
        }
        assert_eq!(c.rate_scale, LEAST_SCALE);
    }
}
