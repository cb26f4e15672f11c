//! Probabilities that say how often they are right: a scale and an offset of the logits, fitted on images held back
//! (Platt 1999, "Probabilistic outputs for support vector machines"; by Newton's method with halved steps as in Lin, Lin
//! and Weng 2007, without their prior, which matters for few samples alone).

use super::curve::{Histogram, rounded};
use crate::{
    ops::scalar::{exp, ln, ln_1p},
    values::{LogitMap, OperatingPoint},
};

/// Logits are counted between these limits, the network's own clamp.
const LIMIT: f64 = 17.0;
/// Logits of one unit are counted in so many steps: a sixty-fourth of a logit is less than half a hundredth of a probability.
const STEPS: f64 = 64.0;
/// Fewer labelled pixels than these of either kind fit nothing.
const LEAST_PIXELS: u64 = 200;
/// A scale beyond these says that the maps are no measure of anything.
const SCALES: [f64; 2] = [0.05, 20.0];
const MOST_ITERATIONS: usize = 100;
/// Nats a pixel that an iteration has to gain.
const LEAST_GAIN: f64 = 1e-9;

/// Pixels by logit, background and foreground apart.
#[derive(Debug, Clone)]
pub(in crate::train) struct LogitCounts {
    counts: Vec<[u64; 2]>,
}

impl LogitCounts {
    pub(in crate::train) fn new() -> Self {
        Self {
            counts: vec![[0; 2]; (2.0 * LIMIT * STEPS) as usize],
        }
    }

    /// Counts one image by its probabilities; `truth` is 0 or 1, and anything else where nothing is known.
    pub(in crate::train) fn add(&mut self, probability: &[f32], truth: &[u8]) {
        for (p, t) in probability.iter().zip(truth) {
            let p = f64::from(*p);
            let logit = ln(p / (1.0 - p)).clamp(-LIMIT, LIMIT);
            // A probability that is no number falls into the first bin: the run ends for it elsewhere.
            let bin = ((logit + LIMIT) * STEPS) as usize;
            let bin = bin.min(self.counts.len() - 1);
            if let (Some(counts), 0 | 1) = (self.counts.get_mut(bin), t) {
                counts[usize::from(*t)] += 1;
            }
        }
    }

    /// Middle of each bin with anything in it, and its counts.
    fn bins(&self) -> impl Iterator<Item = (f64, [f64; 2])> {
        let filled = self.counts.iter().enumerate().filter(|(_, n)| **n != [0, 0]);
        filled.map(|(i, n)| ((i as f64 + 0.5) / STEPS - LIMIT, n.map(|n| n as f64)))
    }

    /// Mean cross-entropy a pixel, nats.
    fn cross_entropy(&self, map: LogitMap) -> f64 {
        let (mut sum, mut pixels) = (0.0, 0.0);
        for (logit, [negatives, positives]) in self.bins() {
            let z = map.of_logit(logit);
            // ln(1 + e^-z) of foreground, ln(1 + e^z) of background.
            let softplus = |z: f64| z.max(0.0) + ln_1p(exp(-z.abs()));
            sum += positives * softplus(-z) + negatives * softplus(z);
            pixels += positives + negatives;
        }
        sum / f64::max(pixels, 1.0)
    }

    /// The map of logits under which the cross-entropy is least; `None` where the pixels do not say.
    pub(in crate::train) fn fit(&self) -> Option<LogitMap> {
        let [negatives, positives] = self
            .counts
            .iter()
            .fold([0; 2], |sum: [u64; 2], n| [sum[0] + n[0], sum[1] + n[1]]);
        if negatives.min(positives) < LEAST_PIXELS {
            return None;
        }
        let mut map = LogitMap::SAME;
        let mut loss = self.cross_entropy(map);
        for _ in 0..MOST_ITERATIONS {
            let next = self.newton(map)?;
            let step = [next.scale - map.scale, next.offset - map.offset];
            let part = |share: f64| LogitMap {
                scale: map.scale + share * step[0],
                offset: map.offset + share * step[1],
            };
            let better = (0..20).map(|halvings| part(0.5f64.powi(halvings)));
            let found = better
                .map(|map| (map, self.cross_entropy(map)))
                .find(|(_, new)| *new < loss);
            let Some((next, new)) = found else { break };
            let gain = loss - new;
            (map, loss) = (next, new);
            if gain < LEAST_GAIN {
                break;
            }
        }
        let map = LogitMap {
            scale: rounded(map.scale),
            offset: rounded(map.offset),
        };
        let is_usable = (SCALES[0]..=SCALES[1]).contains(&map.scale) && map.offset.is_finite();
        is_usable.then_some(map)
    }

    /// One whole step of Newton's method for logistic regression on one number.
    fn newton(&self, map: LogitMap) -> Option<LogitMap> {
        let (mut gradient, mut curvature) = ([0.0; 2], [0.0; 3]);
        for (logit, [negatives, positives]) in self.bins() {
            let p = probability_at(map, logit);
            let pixels = negatives + positives;
            let slope = pixels * p - positives;
            let bend = pixels * p * (1.0 - p);
            gradient[0] += slope * logit;
            gradient[1] += slope;
            curvature[0] += bend * logit * logit;
            curvature[1] += bend * logit;
            curvature[2] += bend;
        }
        let determinant = curvature[0] * curvature[2] - curvature[1] * curvature[1];
        if determinant.partial_cmp(&f64::MIN_POSITIVE) != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        Some(LogitMap {
            scale: map.scale - (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / determinant,
            offset: map.offset - (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / determinant,
        })
    }

    /// The same pixels by calibrated probability.
    fn histogram(&self, map: LogitMap) -> Histogram {
        let mut out = Histogram::new();
        for (bin, [negatives, positives]) in self.counts.iter().enumerate() {
            let logit = (bin as f64 + 0.5) / STEPS - LIMIT;
            out.count(probability_at(map, logit), [*negatives, *positives]);
        }
        out
    }

    /// Where calibrated probabilities are cut, and what that gives. `cautious`: see [`Histogram::cautious_threshold`].
    pub(in crate::train) fn operating_point(&self, cautious: bool) -> Option<OperatingPoint> {
        let map = self.fit()?;
        let histogram = self.histogram(map);
        let threshold = match cautious {
            true => histogram.cautious_threshold(),
            false => histogram.best_threshold(),
        }?;
        let counts = histogram.confusion(threshold);
        Some(OperatingPoint {
            threshold,
            iou: counts.iou().map(rounded),
            f1: counts.f1().map(rounded),
            held_out: true,
            curve: histogram.curve(),
            calibration: Some(map),
        })
    }
}

/// The probability, 0 to 1, that a logit is mapped to.
fn probability_at(map: LogitMap, logit: f64) -> f64 {
    1.0 / (1.0 + exp(-map.of_logit(logit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels whose share of foreground is `truth` of their logit, at logits from -6 to 6.
    fn drawn(truth: LogitMap) -> LogitCounts {
        let mut out = LogitCounts::new();
        for i in 0..=240 {
            let logit = f64::from(i) / 20.0 - 6.0;
            let p = (1.0 / (1.0 + (-logit).exp())) as f32;
            let foreground = (1000.0 * probability_at(truth, logit)).round() as usize;
            out.add(&vec![p; foreground], &vec![1; foreground]);
            out.add(&vec![p; 1000 - foreground], &vec![0; 1000 - foreground]);
        }
        out
    }

    #[test]
    fn finds_the_scale_and_offset_that_the_pixels_were_drawn_with() {
        for truth in [
            LogitMap::SAME,
            LogitMap {
                scale: 0.5,
                offset: -2.0,
            },
            LogitMap {
                scale: 1.8,
                offset: 1.0,
            },
        ] {
            let found = drawn(truth).fit().expect("a fit");
            assert!((found.scale - truth.scale).abs() < 0.02, "{found:?} of {truth:?}");
            assert!((found.offset - truth.offset).abs() < 0.05, "{found:?} of {truth:?}");
        }
    }

    /// Overconfident by a factor of two: expected calibration error before and after, by hand over the bins.
    #[test]
    fn a_calibrated_probability_is_the_share_of_foreground() {
        let counts = drawn(LogitMap {
            scale: 0.5,
            offset: -1.0,
        });
        let error = |map: LogitMap| {
            let mut by_probability = [[0.0; 3]; 15];
            for (logit, [negatives, positives]) in counts.bins() {
                let p = probability_at(map, logit);
                let sums = &mut by_probability[((p * 15.0) as usize).min(14)];
                sums[0] += p * (negatives + positives);
                sums[1] += positives;
                sums[2] += negatives + positives;
            }
            let all: f64 = by_probability.iter().map(|sums| sums[2]).sum();
            by_probability.iter().map(|sums| (sums[0] - sums[1]).abs()).sum::<f64>() / all
        };
        assert!(error(LogitMap::SAME) > 0.1, "{}", error(LogitMap::SAME));
        let fitted = error(counts.fit().expect("a fit"));
        assert!(fitted < 0.005, "{fitted}");
    }

    /// A map of logits that rises keeps the order of pixels, so the best cut keeps its IoU.
    #[test]
    fn the_iou_at_the_threshold_is_that_of_before() {
        let counts = drawn(LogitMap {
            scale: 0.6,
            offset: -1.0,
        });
        let point = counts.operating_point(false).expect("a point");
        let plain = counts.histogram(LogitMap::SAME);
        let before = plain
            .confusion(plain.best_threshold().expect("one"))
            .iou()
            .expect("an IoU");
        assert!(
            (point.iou.expect("an IoU") - before).abs() < 0.003,
            "{point:?} {before}"
        );
        assert!(point.calibration.is_some() && !point.curve.is_empty());
    }

    #[test]
    fn too_little_or_one_kind_alone_fits_nothing() {
        assert_eq!(LogitCounts::new().fit(), None);
        let mut one_kind = LogitCounts::new();
        one_kind.add(&[0.2; 10_000], &[0; 10_000]);
        assert_eq!(one_kind.fit(), None);
        let mut unknown = one_kind.clone();
        unknown.add(&[0.9; 10_000], &[255; 10_000]);
        assert_eq!(unknown.fit(), None);
        // What says the opposite of the truth is no scale to be turned round.
        let mut opposite = LogitCounts::new();
        opposite.add(&[0.2; 1000], &[1; 1000]);
        opposite.add(&[0.8; 1000], &[0; 1000]);
        assert_eq!(opposite.fit(), None);
        // Probabilities of exactly 0 and 1 are counted at the ends.
        let mut hard = LogitCounts::new();
        hard.add(&[0.0, 1.0, f32::NAN], &[0, 1, 1]);
        assert_eq!(hard.fit(), None);
    }
}
