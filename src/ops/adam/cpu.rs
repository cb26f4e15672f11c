//! Adam on the CPU: touches every float once, bound by memory; a plain loop that LLVM vectorises.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{AdamOps, AdamStep};
use crate::ops::cpu::{
    parallel::{self, Shared},
    tensor::{Dense, whole},
};

/// One step of Adam over parameters `p` with gradients `g` and moments `m`, `v`:
/// `p -= lr * (m * correction1) / (sqrt(v * correction2) + eps)`.
pub fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamStep) {
    assert_eq!(p.len(), g.len(), "adam: gradient length");
    assert_eq!(p.len(), m.len(), "adam: first moment length");
    assert_eq!(p.len(), v.len(), "adam: second moment length");
    let (rest1, rest2) = (1.0 - step.beta1, 1.0 - step.beta2);
    let rate = step.lr * step.correction1;
    let (len, p, m, v) = (p.len(), Shared::new(p), Shared::new(m), Shared::new(v));
    parallel::for_ranges(len, 16, 7, |range| {
        // SAFETY: ranges do not overlap.
        let [p, m, v] = [p, m, v].map(|floats| unsafe { floats.part(range.clone()) });
        for (((p, g), m), v) in p.iter_mut().zip(&g[range]).zip(m.iter_mut()).zip(v.iter_mut()) {
            *m = step.beta1 * *m + rest1 * *g;
            *v = step.beta2 * *v + rest2 * (*g * *g);
            *p -= rate * *m / ((*v * step.correction2).sqrt() + step.eps);
        }
    });
}

impl AdamOps for Flex {
    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let grad = Dense::new(grad);
        // In place where nothing else holds the buffer (a kept best model may): `storage_mut` copies if so.
        let [mut param, mut m, mut v] = [param, m, v].map(whole);
        adam(
            param.storage_mut(),
            grad.values(),
            m.storage_mut(),
            v.storage_mut(),
            &step,
        );
        (param, m, v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{
        adam::reference::adam_plain,
        cpu::tests::{Random, assert_close, on_all_lanes},
    };

    #[test]
    fn adam_follows_the_reference_over_steps() {
        on_all_lanes(check_adam_follows_the_reference_over_steps);
    }

    fn check_adam_follows_the_reference_over_steps(random: &mut Random) {
        let (lr, beta1, beta2, eps) = (1e-3f32, 0.9f32, 0.999f32, 1e-7f32);
        let len = 1 + random.below(100);
        let mut p = random.floats(len);
        let (mut m, mut v) = (vec![0.0; len], vec![0.0; len]);
        let mut want: Vec<(f64, f64, f64)> = p.iter().map(|p| (f64::from(*p), 0.0, 0.0)).collect();
        for t in 1..=20 {
            let g = random.floats(len);
            let step = AdamStep {
                lr,
                beta1,
                beta2,
                eps,
                correction1: 1.0 / (1.0 - beta1.powi(t)),
                correction2: 1.0 / (1.0 - beta2.powi(t)),
            };
            adam(&mut p, &g, &mut m, &mut v, &step);
            for (state, g) in want.iter_mut().zip(&g) {
                let betas = (f64::from(beta1), f64::from(beta2));
                let eps = f64::from(eps);
                *state = adam_plain(state.0, f64::from(*g), state.1, state.2, f64::from(lr), betas, eps, t);
            }
        }
        let parameters: Vec<f32> = want.iter().map(|s| s.0 as f32).collect();
        assert_close(&p, &parameters, 1e-5, "adam");
    }
}
