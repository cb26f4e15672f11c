//! Metrics of predicted maps, binary or of several classes, summed over images.

use super::{
    curve::{EVEN_ODDS, Histogram},
    events::Metrics,
};
use crate::model::{
    class_metrics::{ClassConfusion, cross_entropy_sum, most_probable},
    metrics::{Confusion, bce_sum},
};

/// What is counted of one image or of a set.
#[derive(Debug, Clone)]
pub(in crate::train) struct Tally {
    /// At even odds.
    pub(in crate::train) score: Score,
    /// Of binary maps.
    pub(in crate::train) histogram: Histogram,
}

impl Tally {
    /// Of a model's output: 1 class = binary.
    pub(in crate::train) fn new(classes: usize) -> Self {
        Self {
            score: Score::new(classes),
            histogram: Histogram::new(),
        }
    }

    /// As [`Score::add`].
    pub(in crate::train) fn add(&mut self, map: &[f32], truth: &[u8]) {
        self.score.add(map, truth, EVEN_ODDS as f32);
        if matches!(self.score, Score::Binary { .. }) {
            self.histogram.add(map, truth);
        }
    }

    pub(in crate::train) fn merge(&mut self, other: &Self) {
        self.score.merge(&other.score);
        self.histogram.merge(&other.histogram);
    }

    /// The metrics with pixels from `threshold` on counted as foreground; of several classes the most probable counts.
    pub(in crate::train) fn metrics(&self, threshold: f64) -> Metrics {
        let metrics = self.score.metrics();
        match self.score {
            Score::Classes { .. } => metrics,
            Score::Binary { .. } => {
                let counts = self.histogram.confusion(threshold);
                Metrics {
                    accuracy: counts.accuracy(),
                    iou: counts.iou(),
                    f1: counts.f1(),
                    class_iou: counts.class_iou(),
                    threshold: Some(threshold),
                    ..metrics
                }
            }
        }
    }
}

/// Sums over the images of one set.
#[derive(Debug, Clone)]
pub enum Score {
    Binary { confusion: Confusion, bce: f64 },
    Classes { confusion: ClassConfusion, entropy: f64 },
}

impl Score {
    /// An empty score of a model's output: 1 = binary.
    pub fn new(classes: usize) -> Self {
        if classes <= 1 {
            return Score::Binary {
                confusion: Confusion::default(),
                bce: 0.0,
            };
        }
        Score::Classes {
            confusion: ClassConfusion::new(classes),
            entropy: 0.0,
        }
    }

    /// Adds one image: `map` is `[pixels]` or `[pixels, classes]`, `truth` 0 and 1 or class numbers, 255
    /// where nothing is known.
    pub fn add(&mut self, map: &[f32], truth: &[u8], threshold: f32) {
        match self {
            Score::Binary { confusion, bce } => {
                confusion.add(map, truth, threshold);
                *bce += bce_sum(map, truth);
            }
            Score::Classes { confusion, entropy } => {
                let classes = map.len() / truth.len().max(1);
                confusion.add(&most_probable(map, classes), truth);
                *entropy += cross_entropy_sum(map, classes, truth);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Score::Binary { confusion, bce }, Score::Binary { confusion: c, bce: b }) => {
                confusion.merge(c);
                *bce += b;
            }
            (
                Score::Classes { confusion, entropy },
                Score::Classes {
                    confusion: c,
                    entropy: e,
                },
            ) => {
                confusion.merge(c);
                *entropy += e;
            }
            _ => {}
        }
    }

    /// Pixels counted.
    pub fn pixels(&self) -> u64 {
        match self {
            Score::Binary { confusion, .. } => confusion.pixels(),
            Score::Classes { confusion, .. } => confusion.pixels(),
        }
    }

    /// Whether all pixels got one answer although the truth has several.
    pub fn is_constant(&self) -> bool {
        match self {
            Score::Binary { confusion: c, .. } => {
                let (truths, others) = (c.true_positive + c.false_negative, c.true_negative + c.false_positive);
                let positives = c.true_positive + c.false_positive;
                truths > 0 && others > 0 && (positives == 0 || positives == truths + others)
            }
            Score::Classes { confusion, .. } => confusion.is_constant(),
        }
    }

    pub fn metrics(&self) -> Metrics {
        match self {
            Score::Binary { confusion, bce } => Metrics {
                loss: bce / confusion.pixels().max(1) as f64,
                accuracy: confusion.accuracy(),
                iou: confusion.iou(),
                f1: confusion.f1(),
                class_iou: confusion.class_iou(),
                threshold: None,
            },
            Score::Classes { confusion, entropy } => Metrics {
                loss: entropy / confusion.pixels().max(1) as f64,
                accuracy: confusion.accuracy(),
                iou: confusion.mean_iou(),
                f1: confusion.mean_f1(),
                class_iou: confusion.class_iou(),
                threshold: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_for_everything_is_constant() {
        let mut s = Score::new(1);
        s.add(&[0.1, 0.2, 0.3], &[0, 0, 0], 0.5);
        assert!(!s.is_constant(), "there is nothing to find");
        s.add(&[0.1, 0.2, 0.3], &[0, 1, 0], 0.5);
        assert!(s.is_constant());
        s.add(&[0.9], &[1], 0.5);
        assert!(!s.is_constant());
        assert_eq!(s.metrics().class_iou, [Some(5.0 / 6.0), Some(0.5)]);
    }

    #[test]
    fn several_classes_add_up() {
        let mut a = Score::new(3);
        a.add(&[0.8, 0.1, 0.1, 0.2, 0.5, 0.3], &[0, 2], 0.5);
        let mut b = Score::new(3);
        b.add(&[0.1, 0.1, 0.8], &[2], 0.5);
        b.merge(&a);
        assert_eq!(b.pixels(), 3);
        assert_eq!(b.metrics().class_iou, [Some(1.0), Some(0.0), Some(0.5)]);
    }
}
