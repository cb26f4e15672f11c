//! Training losses, from logits.

use burn::tensor::{Tensor, activation::sigmoid};

use crate::values::Loss;

/// `ln((1 - 1e-7) / 1e-7)`: clamping logits to this is Keras's clipping of p to `[1e-7, 1 - 1e-7]`,
/// gradient included.
const LOGIT_LIMIT: f32 = 16.118_095;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossConfig {
    pub kind: Loss,
    /// Weight of a foreground pixel in the cross-entropy, background being 1; the mean is weighted.
    pub foreground_weight: f32,
}

/// The loss of a batch, a tensor of one element. `logits` and `target` (0 or 1) are `[b, h, w, 1]`; a `target` of
/// `[b, h, w, 2]` has in its second band 1 where the first is known and 0 where a pixel counts for nothing.
pub fn loss_from_logits(logits: Tensor<4>, target: Tensor<4>, config: LossConfig) -> Tensor<1> {
    let (target, known) = match target.dims()[3] {
        2 => (target.clone().narrow(3, 0, 1), Some(target.narrow(3, 1, 1))),
        _ => (target, None),
    };
    let z = logits.clone().clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
    // -y ln p - (1 - y) ln(1 - p) with p = sigmoid(z); its gradient is exact at z = 0 too.
    let bce = z.clone() - z.clone() * target.clone() + z.neg().exp().log1p();
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
                Some(known) => sigmoid(logits) * known,
                None => sigmoid(logits),
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn value(t: Tensor<1>) -> f32 {
        let data = pollster::block_on(t.into_data_async()).expect("a device");
        data.try_into_vec::<f32>().expect("floats")[0]
    }

    fn upload(values: &[f32], bands: usize) -> Tensor<4> {
        let shape = [1, values.len() / bands, 1, bands];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    /// Four pixels of which two are known are those two; none known is 0.
    #[test]
    fn pixels_that_nothing_is_known_of_count_for_nothing() {
        for (kind, foreground_weight) in [(Loss::Bce, 1.0), (Loss::Bce, 3.0), (Loss::BceDice, 2.0)] {
            let config = LossConfig {
                kind,
                foreground_weight,
            };
            let loss = |logits: &[f32], target: &[f32], bands: usize| {
                value(loss_from_logits(upload(logits, 1), upload(target, bands), config))
            };
            let all = loss(&[0.7, 9.0, -1.2, -30.0], &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2);
            let known = loss(&[0.7, -1.2], &[1.0, 0.0], 1);
            assert!((all - known).abs() < 1e-6, "{all} {known}");
        }
        let config = LossConfig {
            kind: Loss::Bce,
            foreground_weight: 1.0,
        };
        assert_eq!(
            value(loss_from_logits(upload(&[3.0], 1), upload(&[0.0, 0.0], 2), config)),
            0.0
        );
    }

    #[test]
    fn pixels_that_nothing_is_known_of_have_no_gradient() {
        let logits = upload(&[0.3, -0.2, 0.9], 1).autodiff().require_grad();
        let config = LossConfig {
            kind: Loss::BceDice,
            foreground_weight: 2.0,
        };
        let target = upload(&[1.0, 1.0, 0.0, 0.0, 0.0, 1.0], 2).autodiff();
        let loss = loss_from_logits(logits.clone(), target, config);
        let gradient = logits.grad(&loss.backward()).expect("a gradient");
        let data = pollster::block_on(gradient.into_data_async()).expect("a device");
        let values = data.try_into_vec::<f32>().expect("floats");
        assert!(
            values[1] == 0.0 && values[0].abs() > 1e-3 && values[2].abs() > 1e-3,
            "{values:?}"
        );
    }
}
