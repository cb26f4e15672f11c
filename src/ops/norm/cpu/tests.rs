//! Pooling, normalisation, concatenation, ReLU's mask and Adam.

use super::*;

#[test]
fn max_pool_equals_the_reference_and_breaks_ties_like_xla() {
    on_all_lanes(check_max_pool_equals_the_reference_and_breaks_ties_like_xla);
}

fn check_max_pool_equals_the_reference_and_breaks_ties_like_xla(random: &mut Random) {
    for c in [1, 2, 3, 5, 8, 64, 130] {
        for (h, w) in [(1, 1), (2, 2), (1, 4), (3, 3), (5, 4), (8, 8), (7, 9)] {
            let batch = 1 + random.below(3);
            let mut x = random.floats(batch * h * w * c);
            if random.below(2) == 0 {
                // Many equal values: ties everywhere.
                x.iter_mut().for_each(|v| *v = v.round());
            }
            let outputs = batch * (h / 2) * (w / 2) * c;
            let gy = random.floats(outputs);
            let (mut y, mut gx) = (dirty(outputs), dirty(x.len()));
            max_pool_forward(batch, h, w, c, &x, &mut y);
            max_pool_backward(batch, h, w, c, &x, &y, &gy, &mut gx);
            assert_close(&y, &reference::max_pool_forward(batch, h, w, c, &x), 0.0, "pool");
            assert_close(
                &gx,
                &reference::max_pool_backward(batch, h, w, c, &x, &gy),
                0.0,
                "pool gradient",
            );
        }
    }
}

#[test]
fn batch_norm_equals_the_reference() {
    on_all_lanes(check_batch_norm_equals_the_reference);
}

fn check_batch_norm_equals_the_reference(random: &mut Random) {
    for c in [1, 2, 3, 5, 8, 64, 130] {
        for rows in [1, 2, 7, 64, 1 + random.below(3000)] {
            // A mean far from zero is where one-pass sums of squares would cancel.
            let offset = random.pick(&[0.0, 3.0, 100.0]);
            let x: Vec<f32> = random.floats(rows * c).into_iter().map(|v| v + offset).collect();
            let (gamma, beta, gy) = (random.floats(c), random.floats(c), random.floats(rows * c));
            let (mut y, mut mean, mut inv_std) = (dirty(rows * c), dirty(c), dirty(c));
            batch_norm_forward(rows, c, &x, &gamma, &beta, 1e-3, &mut y, &mut mean, &mut inv_std);
            let want = reference::batch_norm_forward(rows, c, &x, &gamma, &beta, 1e-3);
            // y = x * scale + shift rounds by ulps of the offset.
            let rounding = 1e-5 + offset * 2e-6;
            assert_close(&mean, &want.mean, 1e-5, "mean");
            assert_close(&inv_std, &want.inv_std, 1e-4, "inv_std");
            assert_close(
                &y,
                &want.y,
                rounding * 4.0,
                &format!("batch norm {rows} x {c} at {offset}"),
            );
            let (mut gx, mut ggamma, mut gbeta) = (dirty(rows * c), dirty(c), dirty(c));
            batch_norm_backward(
                rows,
                c,
                &x,
                &gamma,
                &mean,
                &inv_std,
                &gy,
                &mut gx,
                &mut ggamma,
                &mut gbeta,
            );
            let (want_gx, want_ggamma, want_gbeta) =
                reference::batch_norm_backward(rows, c, &x, &gamma, &mean, &inv_std, &gy);
            // With one or two rows the terms cancel, so compare at the scale of gamma * inv_std.
            if rows > 2 {
                assert_close(&gx, &want_gx, 1e-4, "gx");
            }
            assert_close(&ggamma, &want_ggamma, 1e-4, "ggamma");
            assert_close(&gbeta, &want_gbeta, 1e-4, "gbeta");
        }
    }
}

#[test]
fn concatenation_and_split_are_inverses() {
    on_all_lanes(check_concatenation_and_split_are_inverses);
}

fn check_concatenation_and_split_are_inverses(random: &mut Random) {
    for ca in [0, 1, 2, 3, 5, 8, 64, 130] {
        for cb in [0, 1, 8, 13] {
            let rows = 1 + random.below(40);
            let (a, b) = (random.floats(rows * ca), random.floats(rows * cb));
            let mut joined = dirty(rows * (ca + cb));
            concat_channels(rows, &a, ca, &b, cb, &mut joined);
            for row in 0..rows {
                assert_eq!(joined[row * (ca + cb)..][..ca], a[row * ca..][..ca]);
                assert_eq!(joined[row * (ca + cb) + ca..][..cb], b[row * cb..][..cb]);
            }
            let (mut a2, mut b2) = (dirty(a.len()), dirty(b.len()));
            split_channels(rows, &joined, &mut a2, ca, &mut b2, cb);
            assert_eq!((a, b), (a2, b2));
        }
    }
}

#[test]
fn relu_mask_equals_the_reference() {
    on_all_lanes(check_relu_mask_equals_the_reference);
}

fn check_relu_mask_equals_the_reference(random: &mut Random) {
    let y: Vec<f32> = random.floats(1003).into_iter().map(|v| v.max(0.0)).collect();
    let gy = random.floats(1003);
    let mut out = dirty(1003);
    relu_mask(&y, &gy, &mut out);
    assert_eq!(out, reference::relu_mask(&y, &gy));
}

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
            *state = reference::adam(state.0, f64::from(*g), state.1, state.2, f64::from(lr), betas, eps, t);
        }
    }
    let parameters: Vec<f32> = want.iter().map(|s| s.0 as f32).collect();
    assert_close(&p, &parameters, 1e-5, "adam");
}
