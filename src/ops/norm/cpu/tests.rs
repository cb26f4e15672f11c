//! Batch normalisation over slices, against the plain loops.

use super::{batch_norm, batch_norm_grad};
use crate::ops::{
    cpu::tests::{Random, assert_close, dirty, on_all_lanes},
    norm::reference::{batch_norm_grad_plain, batch_norm_plain},
};

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
            batch_norm(rows, c, &x, &gamma, &beta, 1e-3, &mut y, &mut mean, &mut inv_std);
            let want = batch_norm_plain(rows, c, &x, &gamma, &beta, 1e-3);
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
            batch_norm_grad(
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
            let (want_gx, want_ggamma, want_gbeta) = batch_norm_grad_plain(rows, c, &x, &gamma, &mean, &inv_std, &gy);
            // With one or two rows the terms cancel, so compare at the scale of gamma * inv_std.
            if rows > 2 {
                assert_close(&gx, &want_gx, 1e-4, "gx");
            }
            assert_close(&ggamma, &want_ggamma, 1e-4, "ggamma");
            assert_close(&gbeta, &want_gbeta, 1e-4, "gbeta");
        }
    }
}
