//! Training losses, from logits: of one class by a sigmoid, of several by a softmax.

use burn::tensor::Tensor;

use crate::{
    ops::{self, log_softmax, sigmoid},
    values::{Loss, TrainConfig},
};

/// `ln((1 - 1e-7) / 1e-7)`: clamping logits to this is Keras's clipping of p to `[1e-7, 1 - 1e-7]`,
/// gradient included.
const LOGIT_LIMIT: f32 = 16.118_095;

/// What is made small, beside the weights of several classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossConfig {
    pub kind: Loss,
    /// Weight of a foreground pixel in the cross-entropy, background being 1; the mean is weighted. Several classes have
    /// weights of their own.
    pub foreground_weight: f32,
    /// Of K classes the cross-entropy takes `y (1 - s) + s / K` for the label `y`, a mask's two sides being two (Szegedy
    /// et al. 2016, section 7; Keras's `label_smoothing`). Dice and the weights of pixels go by the labels themselves.
    pub label_smoothing: f32,
}

impl LossConfig {
    /// Without weights.
    pub fn of(kind: Loss) -> Self {
        Self {
            kind,
            foreground_weight: 1.0,
            label_smoothing: 0.0,
        }
    }
}

impl From<&TrainConfig> for LossConfig {
    /// What the settings say of it, the weight of the foreground left open.
    fn from(config: &TrainConfig) -> Self {
        Self {
            label_smoothing: config.label_smoothing as f32,
            ..Self::of(config.loss)
        }
    }
}

/// The loss of a batch, a tensor of one element. `logits` and `target` (0 or 1) are `[b, h, w, 1]`; a `target` of
/// `[b, h, w, 2]` has in its second band 1 where the first is known and 0 where a pixel counts for nothing, or another
/// weight of the pixel in the cross-entropy.
pub fn loss_from_logits(logits: Tensor<4>, target: Tensor<4>, config: LossConfig) -> Tensor<1> {
    let (target, known) = match target.dims()[3] {
        2 => (target.clone().narrow(3, 0, 1), Some(target.narrow(3, 1, 1))),
        _ => (target, None),
    };
    let z = logits.clone().clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
    let soft = match config.label_smoothing {
        0.0 => target.clone(),
        s => target.clone().mul_scalar(1.0 - s).add_scalar(s / 2.0),
    };
    // -y ln p - (1 - y) ln(1 - p) with p = sigmoid(z); its gradient is exact at z = 0 too.
    let bce = z.clone() - z.clone() * soft + ops::log1p(ops::exp(z.neg()));
    let by_side = (config.foreground_weight != 1.0).then(|| {
        let more = target.clone().mul_scalar(config.foreground_weight - 1.0);
        more.add_scalar(1.0)
    });
    let bce = match (by_side, &known) {
        (None, None) => mean(bce),
        (Some(weight), None) => total(bce * weight.clone()) / total(weight),
        (by_side, Some(known)) => {
            let weight = by_side.map_or_else(|| known.clone(), |weight| weight * known.clone());
            // A batch of which nothing is known has nothing to learn from, and no weight to divide by.
            total(bce * weight.clone()) / total(weight).clamp_min(1e-6)
        }
    };
    match config.kind {
        Loss::Bce => bce,
        Loss::BceDice => {
            let p = match known {
                Some(known) => sigmoid(logits) * known.clamp_max(1.0),
                None => sigmoid(logits),
            };
            let overlap = total(p.clone() * target.clone());
            let dice = overlap.mul_scalar(2.0).add_scalar(1.0) / (total(p) + total(target)).add_scalar(1.0);
            bce + dice.neg().add_scalar(1.0)
        }
    }
}

/// The loss of a batch, a tensor of one element. `logits` and `target` are `[b, h, w, classes]`; `target` has a 1 at a
/// pixel's class, and none at all where the pixel is not labelled, which then counts for nothing; more than 1 is its
/// weight in the cross-entropy.
///
/// Cross-entropy `-ln p` of the right class, averaged over the labelled pixels; with Dice also the mean over classes of
/// `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)` over those pixels. `weights`: of a pixel by its class in the
/// cross-entropy, of which the mean is weighted; classes beyond its end have 1.
pub fn loss_from_class_logits(logits: Tensor<4>, target: Tensor<4>, config: LossConfig, weights: &[f32]) -> Tensor<1> {
    let [b, h, w, classes] = logits.dims();
    let log_p = log_softmax(logits);
    let weight = |class: usize| weights.get(class).copied().unwrap_or(1.0);
    let weights: Vec<f32> = (0..classes).map(weight).collect();
    let weighted = if weights.iter().all(|w| *w == 1.0) {
        target.clone()
    } else {
        let row = Tensor::<1>::from_floats(weights.as_slice(), &target.device());
        target.clone() * row.reshape([1, 1, 1, classes])
    };
    // A batch without a labelled pixel has nothing to learn from, and no weight to divide by.
    let soft = match config.label_smoothing {
        0.0 => weighted.clone(),
        // Every class gets its part of the pixel's weight, which is nothing where there is no label.
        s => weighted.clone().mul_scalar(1.0 - s) + weighted.clone().sum_dim(3).mul_scalar(s / classes as f32),
    };
    let entropy = total(log_p.clone() * soft).neg() / total(weighted).clamp_min(1e-6);
    match config.kind {
        Loss::Bce => entropy,
        Loss::BceDice => {
            let target = target.clamp_max(1.0);
            let labelled = target.clone().sum_dim(3);
            let p = ops::exp(log_p) * labelled;
            let by_class = |x: Tensor<4>| x.reshape([b * h, w, classes]).sum_dim(1).sum_dim(0).reshape([classes]);
            let overlap = by_class(p.clone() * target.clone());
            let sizes = by_class(p) + by_class(target);
            let dice = overlap.mul_scalar(2.0).add_scalar(1.0) / sizes.add_scalar(1.0);
            entropy + ops::mean(dice).neg().add_scalar(1.0)
        }
    }
}

/// Sum over all pixels, rows first. Burn's CPU sum runs over the whole tensor in one `f32`, which at 2 x 128 x 128
/// pixels already costs the fifth digit of the loss.
fn total(x: Tensor<4>) -> Tensor<1> {
    let [b, h, w, c] = x.dims();
    ops::sum(ops::sum_rows(x.reshape([b * h, w * c])))
}

fn mean(x: Tensor<4>) -> Tensor<1> {
    let pixels = x.dims().iter().product::<usize>();
    total(x).div_scalar(pixels as f32)
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
