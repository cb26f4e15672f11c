//! Whether a run is still worth going on with: judged by its losses and by what its predictions look like.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What a run can die of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// A loss or a weight is NaN or infinite.
    NotFinite,
    /// The loss climbed far above where it began, or had been, and stays there.
    Diverged,
    /// The output does not depend on the image at all, and new weights did not help.
    DeadOutput,
    /// One answer for every pixel, check after check.
    Constant,
}

/// Steps whose mean loss is compared.
const WINDOW: usize = 10;
/// Steps before anything is called divergence: the first ones jump.
const WARM_UP: usize = 20;
/// Steps in a row that the mean must stay high.
const PATIENCE: u32 = 20;
/// A network that knows nothing loses at least this much, ln 2: a first batch that was easier says nothing.
const UNTRAINED: f64 = std::f64::consts::LN_2;
/// High: this many times the first loss, ...
const OVER_FIRST: f64 = 2.0;
/// ... or this many times the best mean and this much above it.
const OVER_BEST: (f64, f64) = (5.0, 0.5);
/// Outputs this close are one answer, whatever the threshold.
const FLAT: f32 = 0.05;
/// Checks in a row with a flat output.
const FLAT_CHECKS: u32 = 3;
/// Checks in a row with one answer for all pixels.
const CONSTANT_CHECKS: u32 = 6;
/// An output is on its way from one answer to several when its probabilities spread this many times as far as before ...
const SPREADS: f32 = 1.25;
/// ... and not by next to nothing, ...
const LEAST_SPREAD: f32 = 0.01;
/// ... or when, not flat any more, the loss has fallen to this share of what it was.
const LEARNS: f64 = 0.98;
/// However often it is checked, an output may be flat for this share of the run, ...
const SLOW_START: u32 = 5;
/// ... but no longer than so many steps.
const SLOW_START_STEPS: u32 = 300;

/// Watches one run. Plain numbers, so that a saved run can carry it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    first: Option<f64>,
    recent: VecDeque<f64>,
    seen: usize,
    best: Option<f64>,
    high: u32,
    flat: u32,
    constant: u32,
    /// Step of the last check whose predictions had several answers, or came nearer to it.
    #[serde(default)]
    lively_at: u32,
    /// Spread and best loss at that check, or at the first.
    #[serde(default)]
    compared: Option<(f32, Option<f64>)>,
}

impl Health {
    /// Looks at the losses of steps, in order.
    pub fn losses(&mut self, losses: &[f64]) -> Option<Failure> {
        for &loss in losses {
            if !loss.is_finite() {
                return Some(Failure::NotFinite);
            }
            // Exactly 0: nothing in the batch is labelled.
            if loss == 0.0 {
                continue;
            }
            self.first.get_or_insert(loss);
            self.seen += 1;
            self.recent.push_back(loss);
            if self.recent.len() > WINDOW {
                self.recent.pop_front();
            }
            if self.recent.len() < WINDOW {
                continue;
            }
            let mean = self.recent.iter().sum::<f64>() / WINDOW as f64;
            let best = self.best.map_or(mean, |best| best.min(mean));
            self.best = Some(best);
            let high = mean > self.ceiling() || mean > OVER_BEST.0 * best && mean > best + OVER_BEST.1;
            self.high = if high && self.seen > WARM_UP { self.high + 1 } else { 0 };
            if self.high >= PATIENCE {
                return Some(Failure::Diverged);
            }
        }
        None
    }

    /// A loss above this is worse than knowing nothing.
    fn ceiling(&self) -> f64 {
        OVER_FIRST * self.first.unwrap_or(UNTRAINED).max(UNTRAINED)
    }

    /// Whether the last loss gives no cause for worry: weights of such a step are worth falling back on.
    pub fn is_calm(&self) -> bool {
        self.high == 0 && self.recent.back().is_none_or(|loss| *loss <= self.ceiling())
    }

    /// Looks at a validation: `spread` is the largest difference of the output's probabilities between pixels, `constant`
    /// whether every pixel got one answer although the truth has several. `step` of `steps_total`.
    pub fn validation(&mut self, step: u32, steps_total: u32, spread: f32, constant: bool) -> Option<Failure> {
        let loss = self.best;
        let fell = |then: f64| loss.is_some_and(|now| now < LEARNS * then);
        let learning = self.compared.is_some_and(|(spread_then, loss_then)| {
            spread > SPREADS * spread_then.max(LEAST_SPREAD) || spread >= FLAT && loss_then.is_some_and(fell)
        });
        if !constant || learning {
            (self.flat, self.constant, self.lively_at) = (0, 0, step);
        }
        if !constant || learning || self.compared.is_none() {
            self.compared = Some((spread, loss));
        }
        self.flat = if constant && spread < FLAT { self.flat + 1 } else { 0 };
        self.constant = if constant { self.constant + 1 } else { 0 };
        let patience = (steps_total / SLOW_START).min(SLOW_START_STEPS);
        let long = step.saturating_sub(self.lively_at) >= patience;
        (long && (self.flat >= FLAT_CHECKS || self.constant >= CONSTANT_CHECKS)).then_some(Failure::Constant)
    }

    /// Forgets what the predictions looked like, after the weights were replaced.
    pub fn reinitialized(&mut self, step: u32) {
        (self.flat, self.constant, self.lively_at) = (0, 0, step);
        self.compared = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_seen_at_once() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Health::default().losses(&[0.7, bad]), Some(Failure::NotFinite));
        }
    }

    #[test]
    fn a_falling_and_a_noisy_loss_are_healthy() {
        let mut h = Health::default();
        for i in 0..2000u32 {
            let noise = f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65536.0;
            let loss = 0.9 * (-f64::from(i) / 400.0).exp() + 0.25 * noise;
            assert_eq!(h.losses(&[loss]), None, "step {i}");
        }
        // One bad batch among good ones.
        assert_eq!(h.losses(&[9.0, 0.1, 0.1]), None);
    }

    #[test]
    fn a_loss_that_stays_high_has_diverged() {
        let mut h = Health::default();
        assert_eq!(h.losses(&[0.7; 40]), None);
        let when = (0..200).find(|_| h.losses(&[7.0]).is_some());
        assert!(when.is_some_and(|n| n < 40), "{when:?}");
        // Far above the best it had, though not above the start.
        let mut h = Health::default();
        assert_eq!(h.losses(&[0.9; 30]), None);
        assert_eq!(h.losses(&[0.05; 60]), None);
        assert!((0..80).any(|_| h.losses(&[0.9]) == Some(Failure::Diverged)));
    }

    #[test]
    fn an_easy_first_batch_is_no_measure() {
        for easy in [0.0, 0.02] {
            let mut h = Health::default();
            assert_eq!(h.losses(&[easy]), None);
            assert_eq!(h.losses(&[1.2; 300]), None, "first loss {easy}");
            assert!(h.is_calm());
        }
        let mut h = Health::default();
        assert_eq!(h.losses(&[1.2, 9.0]), None);
        assert!(!h.is_calm());
    }

    #[test]
    fn one_answer_for_everything_is_given_some_time() {
        let mut h = Health::default();
        let check = |h: &mut Health, step, spread| h.validation(step, 1000, spread, true);
        assert!((1..6).all(|n| check(&mut h, 100 * n, 0.4).is_none()));
        assert_eq!(check(&mut h, 600, 0.4), Some(Failure::Constant));
        let mut h = Health::default();
        assert!((1..3).all(|n| check(&mut h, 100 * n, 0.001).is_none()));
        assert_eq!(check(&mut h, 300, 0.001), Some(Failure::Constant));
        let mut h = Health::default();
        for n in 0..20 {
            assert!(check(&mut h, 200 * n, 0.4).is_none() && h.validation(200 * n + 100, 1000, 0.4, false).is_none());
        }
    }

    #[test]
    fn an_output_on_its_way_to_several_answers_is_waited_for() {
        // All below the threshold for two thirds of the run, as with rare foreground and a low rate, but learning: the
        // probabilities spread, or the loss falls.
        let mut spreading = Health::default();
        let mut falling = Health::default();
        let mut stuck = Health::default();
        let mut ended = None;
        for n in 1..=60u32 {
            let step = 20 * n;
            assert_eq!(falling.losses(&[0.5 * (-f64::from(n) / 20.0).exp(); 20]), None);
            assert_eq!(stuck.losses(&[0.3; 20]), None);
            let spread = 0.02 * 1.05f32.powi(n as i32);
            assert_eq!(spreading.validation(step, 2000, spread, true), None, "step {step}");
            assert_eq!(falling.validation(step, 2000, 0.4, true), None, "step {step}");
            ended = ended.or(stuck.validation(step, 2000, 0.4, true).map(|_| step));
        }
        assert_eq!(ended, Some(300));
        // Noise of next to nothing is not learning.
        let mut flat = Health::default();
        let tiny = |n: u32| if n.is_multiple_of(2) { 1e-4 } else { 9e-3 };
        assert!((1..=20).any(|n| flat.validation(20 * n, 2000, tiny(n), true).is_some()));
    }

    #[test]
    fn the_time_to_find_several_answers_is_counted_in_steps_not_in_checks() {
        // Checked after each step: a fifth of a short run, 300 steps of a long one, after the last lively check.
        for (steps_total, patience) in [(100, 20), (1000, 200), (10_000, 300)] {
            for lively_at in [0, 7] {
                let mut h = Health::default();
                h.validation(lively_at, steps_total, 0.4, false);
                let mut checks = lively_at + 1..steps_total;
                let ended = checks.find(|step| h.validation(*step, steps_total, 0.001, true).is_some());
                assert_eq!(ended, Some(lively_at + patience));
            }
        }
    }
}
