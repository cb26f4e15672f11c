//! What a map of probabilities is worth: all pixels of all images counted together, as `reference.py` counts them.

use groundmask::protocol::CurvePoint;
use serde_json::{Value, json};

/// Thresholds lie this finely.
const BINS: usize = 100;
/// Bins of the expected calibration error.
const ECE_BINS: usize = 15;

/// Pixels by probability.
pub struct Judge {
    foreground: Vec<u64>,
    background: Vec<u64>,
    /// Pixels, their probabilities' sum, and how many are foreground.
    calibration: [[f64; 3]; ECE_BINS],
}

impl Judge {
    pub fn new() -> Self {
        Self {
            foreground: vec![0; BINS + 1],
            background: vec![0; BINS + 1],
            calibration: [[0.0; 3]; ECE_BINS],
        }
    }

    /// Counts one image. `probability`: of 65535; `labels`: 0 or 1, anything else where nothing is known.
    pub fn add(&mut self, probability: &[u16], labels: &[u8]) {
        for (value, label) in probability.iter().zip(labels) {
            let side = match label {
                0 => &mut self.background,
                1 => &mut self.foreground,
                _ => continue,
            };
            // To the nearest of the 16-bit steps: few hundredths are one.
            side[(2 * usize::from(*value) + 1) * BINS / (2 * usize::from(u16::MAX))] += 1;
            let p = f64::from(*value) / f64::from(u16::MAX);
            let bin = ((p * ECE_BINS as f64) as usize).min(ECE_BINS - 1);
            let [pixels, sum, foreground] = &mut self.calibration[bin];
            *pixels += 1.0;
            *sum += p;
            *foreground += f64::from(*label);
        }
    }

    /// Of the foreground, pixels from the threshold (in hundredths) on being taken for it.
    fn iou(&self, threshold: usize) -> f64 {
        let found: u64 = self.foreground[threshold..].iter().sum();
        let wrong: u64 = self.background[threshold..].iter().sum();
        let all: u64 = self.foreground.iter().sum();
        if all + wrong == 0 {
            return 0.0;
        }
        found as f64 / (all + wrong) as f64
    }

    /// Mean distance between what is said and what is so, weighted by pixels.
    fn calibration_error(&self) -> f64 {
        let pixels: f64 = self.calibration.iter().map(|bin| bin[0]).sum();
        let off: f64 = self.calibration.iter().map(|[_, sum, found]| (sum - found).abs()).sum();
        off / pixels.max(1.0)
    }

    /// At even odds, at the model's own threshold and at the best there is.
    pub fn figures(&self, own: f64) -> Value {
        let half = BINS / 2;
        let rank = |i: &usize| (self.iou(*i), std::cmp::Reverse(i.abs_diff(half)));
        let best = (1..BINS)
            .max_by(|a, b| rank(a).0.total_cmp(&rank(b).0).then(rank(a).1.cmp(&rank(b).1)))
            .unwrap_or(half);
        let own = (own * BINS as f64).round().clamp(0.0, BINS as f64) as usize;
        let f1 = |iou: f64| rounded(2.0 * iou / (1.0 + iou));
        let [at_half, at_own, at_best] = [half, own, best].map(|i| self.iou(i));
        json!({
            "iou_half": rounded(at_half), "f1_half": f1(at_half),
            "iou_own": rounded(at_own), "f1_own": f1(at_own), "threshold": own as f64 / BINS as f64,
            "iou_best": rounded(at_best), "f1_best": f1(at_best), "threshold_best": best as f64 / BINS as f64,
            "ece": rounded(self.calibration_error()),
        })
    }
}

/// IoU at even odds, from precision and recall; 0 where nothing was found.
pub fn iou_at_half(curve: &[CurvePoint]) -> Option<f64> {
    let point = curve.iter().find(|point| (point.threshold - 0.5).abs() < 1e-9)?;
    match (point.precision, point.recall?) {
        (Some(precision), recall) if precision > 0.0 && recall > 0.0 => {
            Some(1.0 / (1.0 / precision + 1.0 / recall - 1.0))
        }
        _ => Some(0.0),
    }
}

pub fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let mut judge = Judge::new();
        let of_16_bits = |p: &[f64]| -> Vec<u16> { p.iter().map(|p| (p * 65535.0).round() as u16).collect() };
        judge.add(&of_16_bits(&[0.9, 0.6, 0.4]), &[1, 0, 1]);
        judge.add(&of_16_bits(&[0.1, 0.5]), &[0, 255]);
        let figures = judge.figures(0.7);
        for (key, wanted) in [
            ("iou_half", 0.33333),
            ("f1_half", 0.5),
            ("iou_own", 0.5),
            ("iou_best", 0.66667),
            ("threshold_best", 0.4),
            ("ece", 0.35),
        ] {
            assert_eq!(figures[key], wanted, "{key}");
        }
    }

    #[test]
    fn every_hundredth_is_on_its_own_side_in_16_bits() {
        for i in 1..100u16 {
            let nearest = (f64::from(i) / 100.0 * 65535.0).round() as u16;
            let mut judge = Judge::new();
            judge.add(&[nearest, nearest - 2], &[1, 1]);
            assert_eq!(judge.iou(i.into()), 0.5, "{i}");
        }
    }
}
