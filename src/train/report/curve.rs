//! Counts of probabilities, and what follows from them at every threshold: precision, recall, IoU, the best threshold.

use crate::model::metrics::Confusion;
pub use crate::values::{CurvePoint, EVEN_ODDS, OperatingPoint};

/// Probabilities are counted in this many steps; the thresholds lie between them, as finely as a slider sets them.
const BINS: usize = 100;

/// IoU given up at most for a higher threshold, where thresholds are chosen on a part of the very image that is trained on.
const GIVEN_UP: f64 = 0.005;

/// Pixels by probability, foreground and background apart.
#[derive(Debug, Clone)]
pub(in crate::train) struct Histogram {
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

/// To six places: a short decimal is the same number after a file of JSON.
pub(in crate::train) fn rounded(ratio: f64) -> f64 {
    (1e6 * ratio).round() / 1e6
}

impl Histogram {
    pub(in crate::train) fn new() -> Self {
        Self {
            positives: vec![0; BINS + 1],
            negatives: vec![0; BINS + 1],
        }
    }

    /// Counts one image; `truth` is 0 or 1, and anything else where nothing is known.
    pub(in crate::train) fn add(&mut self, probability: &[f32], truth: &[u8]) {
        for (p, t) in probability.iter().zip(truth) {
            let bin = (p.clamp(0.0, 1.0) * BINS as f32) as usize;
            let side = match t {
                0 => &mut self.negatives,
                1 => &mut self.positives,
                _ => continue,
            };
            side[bin] += 1;
        }
    }

    /// Counts so many pixels of background and foreground at one probability.
    pub(super) fn count(&mut self, probability: f64, [negatives, positives]: [u64; 2]) {
        let bin = (probability.clamp(0.0, 1.0) * BINS as f64) as usize;
        self.negatives[bin] += negatives;
        self.positives[bin] += positives;
    }

    pub(in crate::train) fn merge(&mut self, other: &Self) {
        let sum = |own: &mut [u64], others: &[u64]| own.iter_mut().zip(others).for_each(|(a, b)| *a += b);
        sum(&mut self.positives, &other.positives);
        sum(&mut self.negatives, &other.negatives);
    }

    /// The counts if pixels from `threshold` on (to the nearest hundredth) are foreground.
    pub(in crate::train) fn confusion(&self, threshold: f64) -> Confusion {
        let from = (threshold.clamp(0.0, 1.0) * BINS as f64).round() as usize;
        let split = |side: &[u64]| (side[from..].iter().sum::<u64>(), side[..from].iter().sum::<u64>());
        let (true_positive, false_negative) = split(&self.positives);
        let (false_positive, true_negative) = split(&self.negatives);
        Confusion {
            true_positive,
            false_positive,
            false_negative,
            true_negative,
        }
    }

    fn thresholds() -> impl Iterator<Item = f64> {
        (1..BINS).map(|i| i as f64 / BINS as f64)
    }

    /// The threshold with the largest IoU, of equal ones the nearest to 0.5; `None` where there is no foreground to find.
    pub(in crate::train) fn best_threshold(&self) -> Option<f64> {
        if self.positives.iter().sum::<u64>() == 0 {
            return None;
        }
        let rank = |t: f64| (self.confusion(t).iou().unwrap_or(0.0), -(t - EVEN_ODDS).abs());
        Self::thresholds().max_by(|a, b| {
            let (a, b) = (rank(*a), rank(*b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
    }

    /// The highest threshold whose IoU is next to the largest ([`GIVEN_UP`]). A part of the image that is trained on holds
    /// the same ground, and as many objects: on other ground there are more false alarms, the more so for each object the
    /// fewer those are. There a higher threshold cuts better, and how much higher hardly matters here.
    pub(in crate::train) fn cautious_threshold(&self) -> Option<f64> {
        let best = self.confusion(self.best_threshold()?).iou()?;
        let near = |t: &f64| self.confusion(*t).iou().is_some_and(|iou| iou >= best - GIVEN_UP);
        Self::thresholds().filter(near).last()
    }

    /// The curve, thresholds ascending; empty where nothing was counted.
    pub(in crate::train) fn curve(&self) -> Vec<CurvePoint> {
        if self.confusion(0.0).pixels() == 0 {
            return Vec::new();
        }
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| rounded(part as f64 / whole as f64));
        let point = |threshold: f64| {
            let c = self.confusion(threshold);
            CurvePoint {
                threshold,
                precision: ratio(c.true_positive, c.true_positive + c.false_positive),
                recall: ratio(c.true_positive, c.true_positive + c.false_negative),
            }
        };
        Self::thresholds().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(probability: &[f32], truth: &[u8]) -> Histogram {
        let mut h = Histogram::new();
        h.add(probability, truth);
        h
    }

    #[test]
    fn precision_and_recall_by_hand() {
        assert!(Histogram::new().curve().is_empty());
        let h = counted(&[0.95, 0.85, 0.35, 0.65, 0.05], &[1, 1, 1, 0, 0]);
        let at = |t: f64| {
            h.curve()
                .into_iter()
                .find(|p| (p.threshold - t).abs() < 1e-9)
                .expect("a point")
        };
        assert_eq!((at(0.5).precision, at(0.5).recall), (Some(0.666_667), Some(0.666_667)));
        assert_eq!((at(0.9).precision, at(0.9).recall), (Some(1.0), Some(0.333_333)));
        assert_eq!((at(0.98).precision, at(0.98).recall), (None, Some(0.0)));
        assert_eq!(at(0.02).recall, Some(1.0));
    }

    /// Background up to 0.65 and foreground from 0.85 on: anything between cuts them apart, and 0.66 is nearest to even odds.
    #[test]
    fn the_best_threshold_is_the_one_of_the_largest_iou() {
        let h = counted(&[0.95, 0.85, 0.55, 0.65, 0.05], &[1, 1, 0, 0, 0]);
        assert_eq!(h.best_threshold(), Some(0.66));
        assert_eq!(h.confusion(0.66).iou(), Some(1.0));
        assert_eq!(h.confusion(0.5).iou(), Some(0.5));
        let mut both = counted(&[0.3], &[1]);
        both.merge(&h);
        // Now 0.3 finds the third of foreground at the price of two of background: 3 of 5. 0.66 finds two of three.
        assert_eq!(both.best_threshold(), Some(0.66));
        assert_eq!(both.confusion(0.66).iou(), Some(2.0 / 3.0));
    }

    /// Of 1000 pixels of foreground 4 lie between 0.6 and 0.7, where no background is: those may be lost, 6 may not.
    #[test]
    fn the_cautious_threshold_gives_up_next_to_nothing() {
        let lost = |few: usize| {
            let p: Vec<f32> = (0..1000).map(|i| if i < few { 0.65 } else { 0.85 }).collect();
            let mut h = counted(&p, &[1; 1000]);
            h.merge(&counted(&[0.45; 1000], &[0; 1000]));
            (h.best_threshold(), h.cautious_threshold())
        };
        assert_eq!(lost(4), (Some(0.5), Some(0.85)));
        assert_eq!(lost(6), (Some(0.5), Some(0.65)));
        assert_eq!(Histogram::new().cautious_threshold(), None);
    }

    #[test]
    fn without_foreground_or_with_it_alone_nothing_is_made_up() {
        assert_eq!(Histogram::new().best_threshold(), None);
        assert_eq!(counted(&[0.2, 0.9], &[0, 255]).best_threshold(), None);
        assert_eq!(counted(&[0.2, 0.9], &[1, 1]).best_threshold(), Some(0.2));
    }

    /// At 0.5 the counts are those of the comparison itself.
    #[test]
    fn even_odds_count_as_a_comparison_does() {
        let p: Vec<f32> = (0..=1000).map(|i| i as f32 / 1000.0).collect();
        let truth: Vec<u8> = (0..=1000).map(|i| u8::from(i % 3 == 0)).collect();
        let mut plain = Confusion::default();
        plain.add(&p, &truth, 0.5);
        assert_eq!(counted(&p, &truth).confusion(EVEN_ODDS), plain);
    }
}
