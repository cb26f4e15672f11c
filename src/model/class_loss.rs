//! The loss of several classes, from logits. One class is [`super::loss_from_logits`].

use burn::tensor::{Tensor, activation::log_softmax};

use super::loss::total;
use crate::values::Loss;

/// Loss of a softmax over classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassLoss {
    pub kind: Loss,
    /// Weight of a pixel by its class in the cross-entropy, of which the mean is weighted; classes beyond its end have 1.
    pub weights: Vec<f32>,
}

/// The loss of a batch, a tensor of one element. `logits` and `target` are `[b, h, w, classes]`; `target` has a 1 at a
/// pixel's class, and none at all where the pixel is not labelled, which then counts for nothing.
///
/// Cross-entropy `-ln p` of the right class, averaged over the labelled pixels; with Dice also the mean over classes of
/// `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)` over those pixels.
pub fn loss_from_class_logits(logits: Tensor<4>, target: Tensor<4>, config: &ClassLoss) -> Tensor<1> {
    let [b, h, w, classes] = logits.dims();
    let log_p = log_softmax(logits, 3);
    let weight = |class: usize| config.weights.get(class).copied().unwrap_or(1.0);
    let weights: Vec<f32> = (0..classes).map(weight).collect();
    let weighted = if weights.iter().all(|w| *w == 1.0) {
        target.clone()
    } else {
        let row = Tensor::<1>::from_floats(weights.as_slice(), &target.device());
        target.clone() * row.reshape([1, 1, 1, classes])
    };
    // A batch without a labelled pixel has nothing to learn from, and no weight to divide by.
    let entropy = total(log_p.clone() * weighted.clone()).neg() / total(weighted).clamp_min(1e-6);
    match config.kind {
        Loss::Bce => entropy,
        Loss::BceDice => {
            let labelled = target.clone().sum_dim(3);
            let p = log_p.exp() * labelled;
            let by_class = |x: Tensor<4>| x.reshape([b * h, w, classes]).sum_dim(1).sum_dim(0).reshape([classes]);
            let overlap = by_class(p.clone() * target.clone());
            let sizes = by_class(p) + by_class(target);
            let dice = overlap.mul_scalar(2.0).add_scalar(1.0) / sizes.add_scalar(1.0);
            entropy + dice.mean().neg().add_scalar(1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn value(t: Tensor<1>) -> f64 {
        let data = pollster::block_on(t.into_data_async()).expect("a device");
        f64::from(data.try_into_vec::<f32>().expect("floats")[0])
    }

    fn upload(values: &[f32], classes: usize) -> Tensor<4> {
        let n = values.len() / classes;
        Tensor::from_data(TensorData::new(values.to_vec(), [1, n, 1, classes]), &Device::flex())
    }

    /// By hand, in f64: three pixels of three classes, the last one not labelled.
    #[test]
    fn cross_entropy_and_dice_by_hand() {
        let logits = [1.0f32, -0.5, 2.0, 0.3, 0.1, -1.0, 5.0, 5.0, -5.0];
        let target = [0.0f32, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let weights = [1.0f64, 2.0, 3.0];
        let soft = |row: &[f32]| -> Vec<f64> {
            let e: Vec<f64> = row.iter().map(|v| f64::from(*v).exp()).collect();
            let sum: f64 = e.iter().sum();
            e.iter().map(|v| v / sum).collect()
        };
        let (p0, p1) = (soft(&logits[..3]), soft(&logits[3..6]));
        let entropy = (3.0 * -p0[2].ln() + 1.0 * -p1[0].ln()) / 4.0;
        let sizes = [1.0, 0.0, 1.0];
        let overlap = [p1[0], 0.0, p0[2]];
        let dice: f64 = (0..3)
            .map(|c| (2.0 * overlap[c] + 1.0) / (p0[c] + p1[c] + sizes[c] + 1.0))
            .sum();
        let loss = |kind, weights: &[f64]| {
            let config = ClassLoss {
                kind,
                weights: weights.iter().map(|w| *w as f32).collect(),
            };
            value(loss_from_class_logits(upload(&logits, 3), upload(&target, 3), &config))
        };
        assert!((loss(Loss::Bce, &weights) - entropy).abs() < 1e-6);
        let wanted = entropy + 1.0 - dice / 3.0;
        assert!((loss(Loss::BceDice, &weights) - wanted).abs() < 1e-6);
        let plain = (-p0[2].ln() - p1[0].ln()) / 2.0;
        assert!((loss(Loss::Bce, &[]) - plain).abs() < 1e-6);
    }

    #[test]
    fn pixels_without_a_label_have_no_gradient() {
        let logits = upload(&[0.3, -0.2, 0.9, 2.0], 2).autodiff().require_grad();
        let config = ClassLoss {
            kind: Loss::BceDice,
            weights: Vec::new(),
        };
        let loss = loss_from_class_logits(logits.clone(), upload(&[1.0, 0.0, 0.0, 0.0], 2).autodiff(), &config);
        let gradient = logits.grad(&loss.backward()).expect("a gradient");
        let data = pollster::block_on(gradient.into_data_async()).expect("a device");
        let values = data.try_into_vec::<f32>().expect("floats");
        assert!(values[..2].iter().all(|v| v.abs() > 1e-3), "{values:?}");
        assert!(values[2..].iter().all(|v| *v == 0.0), "{values:?}");
    }

    #[test]
    fn a_batch_without_labels_is_no_division_by_zero() {
        let config = ClassLoss {
            kind: Loss::Bce,
            weights: Vec::new(),
        };
        let loss = value(loss_from_class_logits(
            upload(&[1.0, 2.0], 2),
            upload(&[0.0, 0.0], 2),
            &config,
        ));
        assert_eq!(loss, 0.0);
    }
}
