//! Training losses, from logits.

use burn::tensor::{Tensor, activation::sigmoid};
use serde::{Deserialize, Serialize};

/// `ln((1 - 1e-7) / 1e-7)`: clamping logits to this is Keras's clipping of p to `[1e-7, 1 - 1e-7]`,
/// gradient included.
const LOGIT_LIMIT: f32 = 16.118_095;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// Mean binary cross-entropy, the seed's.
    Bce,
    /// The same plus `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)` over the batch.
    BceDice,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossConfig {
    pub kind: LossKind,
    /// Weight of a foreground pixel in the cross-entropy, background being 1; the mean is weighted.
    pub foreground_weight: f32,
}

/// The loss of a batch, a tensor of one element. `logits` and `target` (0 or 1) are `[b, h, w, 1]`.
pub fn loss_from_logits(logits: Tensor<4>, target: Tensor<4>, config: LossConfig) -> Tensor<1> {
    let z = logits.clone().clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
    // -y ln p - (1 - y) ln(1 - p) with p = sigmoid(z); its gradient is exact at z = 0 too.
    let bce = z.clone() - z.clone() * target.clone() + z.neg().exp().log1p();
    let bce = if config.foreground_weight == 1.0 {
        mean(bce)
    } else {
        let weight = target
            .clone()
            .mul_scalar(config.foreground_weight - 1.0)
            .add_scalar(1.0);
        total(bce * weight.clone()) / total(weight)
    };
    match config.kind {
        LossKind::Bce => bce,
        LossKind::BceDice => {
            let p = sigmoid(logits);
            let overlap = total(p.clone() * target.clone());
            let dice = overlap.mul_scalar(2.0).add_scalar(1.0) / (total(p) + total(target)).add_scalar(1.0);
            bce + dice.neg().add_scalar(1.0)
        }
    }
}

/// Sum over all pixels, rows first. Burn's CPU sum runs over the whole tensor in one `f32`, which at 2 x 128 x 128
/// pixels already costs the fifth digit of the loss.
pub(super) fn total(x: Tensor<4>) -> Tensor<1> {
    let [b, h, w, c] = x.dims();
    x.reshape([b * h, w * c]).sum_dim(1).sum()
}

fn mean(x: Tensor<4>) -> Tensor<1> {
    let pixels = x.dims().iter().product::<usize>();
    total(x).div_scalar(pixels as f32)
}
