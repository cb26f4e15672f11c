//! Precision and recall at every threshold, from counts of probabilities.

/// Thresholds between 0 and 1 that are told.
const POINTS: usize = 50;
/// Probabilities are counted in this many steps.
const BINS: usize = 1000;

/// Pixels by probability, foreground and background apart.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

/// Precision and recall of the pixels at or above a threshold; `None` where there are none to divide by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    pub threshold: f64,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self {
            positives: vec![0; BINS + 1],
            negatives: vec![0; BINS + 1],
        }
    }

    /// Counts one image; `truth` is 0 or 1, and anything else where nothing is known.
    pub(super) fn add(&mut self, probability: &[f32], truth: &[u8]) {
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

    /// The curve, thresholds ascending; empty where nothing was counted.
    pub(super) fn curve(&self) -> Vec<CurvePoint> {
        let all: u64 = self.positives.iter().sum();
        if all + self.negatives.iter().sum::<u64>() == 0 {
            return Vec::new();
        }
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let point = |i: usize| {
            let from = i * BINS / POINTS;
            let right: u64 = self.positives[from..].iter().sum();
            let wrong: u64 = self.negatives[from..].iter().sum();
            CurvePoint {
                threshold: i as f64 / POINTS as f64,
                precision: ratio(right, right + wrong),
                recall: ratio(right, all),
            }
        };
        (1..POINTS).map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_by_hand() {
        let mut h = Histogram::new();
        assert!(h.curve().is_empty());
        h.add(&[0.95, 0.85, 0.35, 0.65, 0.05], &[1, 1, 1, 0, 0]);
        let at = |t: f64| {
            h.curve()
                .into_iter()
                .find(|p| (p.threshold - t).abs() < 1e-9)
                .expect("a point")
        };
        assert_eq!((at(0.5).precision, at(0.5).recall), (Some(2.0 / 3.0), Some(2.0 / 3.0)));
        assert_eq!((at(0.9).precision, at(0.9).recall), (Some(1.0), Some(1.0 / 3.0)));
        assert_eq!((at(0.98).precision, at(0.98).recall), (None, Some(0.0)));
        assert_eq!(at(0.02).recall, Some(1.0));
    }
}
