//! Pixel metrics over whole images, from counts.

use crate::ops::scalar::ln;

/// Counts of pixels by truth and prediction. Sums over images add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confusion {
    pub true_positive: u64,
    pub false_positive: u64,
    pub false_negative: u64,
    pub true_negative: u64,
}

impl Confusion {
    /// Counts one image: a pixel is predicted foreground at `probability >= threshold`; `truth` is 0 or 1, and anything
    /// else (255) where nothing is known, which does not count.
    pub fn add(&mut self, probability: &[f32], truth: &[u8], threshold: f32) {
        for (&p, &t) in probability.iter().zip(truth) {
            match (t, p >= threshold) {
                (1, true) => self.true_positive += 1,
                (0, true) => self.false_positive += 1,
                (1, false) => self.false_negative += 1,
                (0, false) => self.true_negative += 1,
                _ => {}
            }
        }
    }

    /// Pixels counted.
    pub fn pixels(&self) -> u64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    pub fn merge(&mut self, other: &Self) {
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.false_negative += other.false_negative;
        self.true_negative += other.true_negative;
    }

    /// Share of pixels that are right; `None` without pixels.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.true_positive + self.true_negative;
        ratio(right, right + self.false_positive + self.false_negative)
    }

    /// Intersection over union of the foreground; `None` where neither truth nor prediction has any.
    pub fn iou(&self) -> Option<f64> {
        ratio(
            self.true_positive,
            self.true_positive + self.false_positive + self.false_negative,
        )
    }

    /// Intersection over union of background and foreground.
    pub fn class_iou(&self) -> Vec<Option<f64>> {
        let wrong = self.false_positive + self.false_negative;
        vec![ratio(self.true_negative, self.true_negative + wrong), self.iou()]
    }

    /// F1 (Dice) of the foreground; `None` where neither truth nor prediction has any.
    pub fn f1(&self) -> Option<f64> {
        ratio(
            2 * self.true_positive,
            2 * self.true_positive + self.false_positive + self.false_negative,
        )
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Sum of the binary cross-entropy over the pixels whose truth is 0 or 1, p clipped to `[1e-7, 1 - 1e-7]` as Keras does.
pub fn bce_sum(probability: &[f32], truth: &[u8]) -> f64 {
    probability
        .iter()
        .zip(truth)
        .filter(|(_, t)| **t <= 1)
        .map(|(&p, &t)| {
            let p = f64::from(p).clamp(1e-7, 1.0 - 1e-7);
            if t != 0 { -ln(p) } else { -ln(1.0 - p) }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_ratios() {
        let mut c = Confusion::default();
        c.add(&[0.9, 0.6, 0.4, 0.1, 0.5], &[1, 0, 1, 0, 1], 0.5);
        assert_eq!(
            c,
            Confusion {
                true_positive: 2,
                false_positive: 1,
                false_negative: 1,
                true_negative: 1
            }
        );
        assert_eq!(c.accuracy(), Some(0.6));
        assert_eq!(c.iou(), Some(0.5));
        assert_eq!(c.f1(), Some(4.0 / 6.0));
    }

    #[test]
    fn undefined_is_none_and_never_nan() {
        let mut c = Confusion::default();
        assert_eq!((c.accuracy(), c.iou(), c.f1()), (None, None, None));
        c.add(&[0.1; 4], &[0; 4], 0.5);
        assert_eq!((c.accuracy(), c.iou(), c.f1()), (Some(1.0), None, None));
    }

    #[test]
    fn cross_entropy_is_clipped() {
        assert!((bce_sum(&[0.0], &[1]) - 16.118_095).abs() < 1e-5);
        assert!((bce_sum(&[0.5, 0.5], &[1, 0]) - 2.0 * std::f64::consts::LN_2).abs() < 1e-12);
    }
}
