//! Pixel metrics of several classes, from counts. Pixels that are not labelled count nowhere.

use crate::ops::scalar::ln;

/// Counts of pixels by true class (rows) and predicted class (columns). Sums over images add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassConfusion {
    classes: usize,
    counts: Vec<u64>,
}

impl ClassConfusion {
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            counts: vec![0; classes * classes],
        }
    }

    /// Counts one image of class numbers; true numbers that are no class are not labelled.
    pub fn add(&mut self, predicted: &[u8], truth: &[u8]) {
        for (&p, &t) in predicted.iter().zip(truth) {
            let (p, t) = (usize::from(p), usize::from(t));
            if p < self.classes && t < self.classes {
                self.counts[t * self.classes + p] += 1;
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (sum, n) in self.counts.iter_mut().zip(&other.counts) {
            *sum += n;
        }
    }

    /// Labelled pixels.
    pub fn pixels(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Pixels right, in truth and in prediction of one class.
    fn of(&self, class: usize) -> (u64, u64, u64) {
        let at = |t: usize, p: usize| self.counts.get(t * self.classes + p).copied().unwrap_or(0);
        let all = 0..self.classes;
        (
            at(class, class),
            all.clone().map(|p| at(class, p)).sum(),
            all.map(|t| at(t, class)).sum(),
        )
    }

    /// Share of labelled pixels that are right; `None` without any.
    pub fn accuracy(&self) -> Option<f64> {
        let right: u64 = (0..self.classes).map(|c| self.of(c).0).sum();
        ratio(right, self.pixels())
    }

    /// Intersection over union by class; `None` for a class that occurs in neither truth nor prediction.
    pub fn class_iou(&self) -> Vec<Option<f64>> {
        let iou = |c: usize| {
            let (right, truth, predicted) = self.of(c);
            ratio(right, truth + predicted - right)
        };
        (0..self.classes).map(iou).collect()
    }

    /// Mean of [`class_iou`](Self::class_iou) over the classes that occur.
    pub fn mean_iou(&self) -> Option<f64> {
        mean(&self.class_iou())
    }

    /// Mean F1 (Dice) over the classes that occur.
    pub fn mean_f1(&self) -> Option<f64> {
        let f1 = |c: usize| {
            let (right, truth, predicted) = self.of(c);
            ratio(2 * right, truth + predicted)
        };
        mean(&(0..self.classes).map(f1).collect::<Vec<_>>())
    }

    /// Whether every labelled pixel was given the same class although the truth has several.
    pub fn is_constant(&self) -> bool {
        let present = |n: &u64| *n > 0;
        let truths = (0..self.classes).map(|c| self.of(c).1).filter(present).count();
        let predictions = (0..self.classes).map(|c| self.of(c).2).filter(present).count();
        truths > 1 && predictions == 1
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// The most probable class of every pixel of a map `[pixels, classes]`; of equal ones the first.
pub fn most_probable(map: &[f32], classes: usize) -> Vec<u8> {
    let pixels = map.chunks_exact(classes.max(1));
    pixels
        .map(|p| {
            let mut best = 0;
            for (class, value) in p.iter().enumerate() {
                if *value > p[best] {
                    best = class;
                }
            }
            best as u8
        })
        .collect()
}

/// Sum of `-ln p` of the right class over the labelled pixels, p clipped to `[1e-7, 1]`.
pub fn cross_entropy_sum(map: &[f32], classes: usize, truth: &[u8]) -> f64 {
    let pixels = map.chunks_exact(classes.max(1)).zip(truth);
    pixels
        .filter_map(|(p, t)| p.get(usize::from(*t)))
        .map(|p| -ln(f64::from(*p).clamp(1e-7, 1.0)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_ratios() {
        let mut c = ClassConfusion::new(3);
        c.add(&[0, 0, 1, 2, 1, 0], &[0, 1, 1, 0, 255, 0]);
        assert_eq!(c.pixels(), 5);
        assert_eq!(c.accuracy(), Some(0.6));
        assert_eq!(c.class_iou(), [Some(0.5), Some(0.5), Some(0.0)]);
        assert_eq!(c.mean_iou(), Some(1.0 / 3.0));
        assert!(!c.is_constant());
    }

    #[test]
    fn undefined_is_none_and_never_nan() {
        let mut c = ClassConfusion::new(2);
        assert_eq!((c.accuracy(), c.mean_iou(), c.mean_f1()), (None, None, None));
        c.add(&[1, 1], &[255, 255]);
        assert_eq!(c.accuracy(), None);
        c.add(&[1, 1], &[1, 1]);
        assert_eq!(c.class_iou(), [None, Some(1.0)]);
        assert!(!c.is_constant());
        c.add(&[1], &[0]);
        assert!(c.is_constant());
    }

    #[test]
    fn the_most_probable_class() {
        assert_eq!(most_probable(&[0.1, 0.7, 0.2, 0.4, 0.4, 0.2], 3), [1, 0]);
        let sum = cross_entropy_sum(&[0.5, 0.5, 0.0, 1.0, 0.3, 0.7], 2, &[0, 0, 255]);
        assert!((sum - (std::f64::consts::LN_2 + 1e-7f64.ln().abs())).abs() < 1e-9);
    }
}
