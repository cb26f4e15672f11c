//! 2x2 max pooling of stride 2; an odd last row or column is left out.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{PoolGradOps, PoolOps};
use crate::ops::cpu::{
    parallel::{self, Shared},
    tensor::{Dense, tensor},
};

/// `y[batch, h / 2, w / 2, c]` = the largest of each 2x2 block of `x[batch, h, w, c]`.
pub fn max_pool2d(batch: usize, h: usize, w: usize, c: usize, x: &[f32], y: &mut [f32]) {
    let (out_h, out_w) = (h / 2, w / 2);
    assert_eq!(x.len(), batch * h * w * c, "max_pool2d: input length");
    assert_eq!(y.len(), batch * out_h * out_w * c, "max_pool2d: output length");
    if y.is_empty() {
        return;
    }
    let y = Shared::new(y);
    parallel::for_ranges(batch * out_h, 1, 5 * out_w * c, |range| {
        for row in range {
            // SAFETY: a row of output is written once.
            let to = unsafe { y.part(row * out_w * c..(row + 1) * out_w * c) };
            let top = &x[input_row(row, out_h, h) * w * c..][..2 * w * c];
            let (top, bottom) = top.split_at(w * c);
            let pairs = top.chunks_exact(2 * c).zip(bottom.chunks_exact(2 * c));
            for (to, (top, bottom)) in to.chunks_exact_mut(c).zip(pairs) {
                let (a, b) = top.split_at(c);
                let (d, e) = bottom.split_at(c);
                for ((((to, a), b), d), e) in to.iter_mut().zip(a).zip(b).zip(d).zip(e) {
                    *to = larger(larger(larger(*a, *b), *d), *e);
                }
            }
        }
    });
}

/// `gx` = `gy` at the first pixel in row-major order that holds its block's maximum, 0 elsewhere (XLA's rule).
#[expect(clippy::too_many_arguments, reason = "an operator's tensors")]
pub fn max_pool2d_grad(batch: usize, h: usize, w: usize, c: usize, x: &[f32], y: &[f32], gy: &[f32], gx: &mut [f32]) {
    let (out_h, out_w) = (h / 2, w / 2);
    assert_eq!(x.len(), batch * h * w * c, "max_pool2d_grad: input length");
    assert_eq!(gx.len(), x.len(), "max_pool2d_grad: input gradient length");
    assert_eq!(y.len(), batch * out_h * out_w * c, "max_pool2d_grad: output length");
    assert_eq!(gy.len(), y.len(), "max_pool2d_grad: output gradient length");
    if h % 2 == 1 || w % 2 == 1 {
        gx.fill(0.0);
    }
    if y.is_empty() {
        gx.fill(0.0);
        return;
    }
    let gx = Shared::new(gx);
    parallel::for_ranges(batch * out_h, 1, 10 * out_w * c, |range| {
        for row in range {
            let first = input_row(row, out_h, h) * w * c;
            // SAFETY: a pair of rows of the input belongs to one row of output.
            let gx = unsafe { gx.part(first..first + 2 * w * c) };
            let (x, at) = (&x[first..][..2 * w * c], row * out_w * c);
            row_grad(w, c, x, &y[at..][..out_w * c], &gy[at..][..out_w * c], gx);
        }
    });
}

/// The gradient of two rows of input, from one row of output.
fn row_grad(w: usize, c: usize, x: &[f32], y: &[f32], gy: &[f32], gx: &mut [f32]) {
    let (x_top, x_bottom) = x.split_at(w * c);
    let (gx_top, gx_bottom) = gx.split_at_mut(w * c);
    for (col, (y, gy)) in y.chunks_exact(c).zip(gy.chunks_exact(c)).enumerate() {
        let at = 2 * col * c;
        let (a, b) = x_top[at..][..2 * c].split_at(c);
        let d = &x_bottom[at..][..c];
        let (ga, gb) = gx_top[at..][..2 * c].split_at_mut(c);
        let (gd, ge) = gx_bottom[at..][..2 * c].split_at_mut(c);
        for i in 0..c {
            // The gradient goes to the first that equals the maximum; what is left over to the last.
            let mut left = gy[i];
            let mut give = |x: f32| {
                let part = if x == y[i] { left } else { 0.0 };
                left = if x == y[i] { 0.0 } else { left };
                part
            };
            ga[i] = give(a[i]);
            gb[i] = give(b[i]);
            gd[i] = give(d[i]);
            ge[i] = left;
        }
    }
}

impl PoolOps for Flex {
    fn max_pool2d(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Dense::new(x);
        let [b, h, w, c] = x.dims();
        let mut y = vec![0.0; b * (h / 2) * (w / 2) * c];
        max_pool2d(b, h, w, c, x.values(), &mut y);
        tensor(y, [b, h / 2, w / 2, c])
    }
}

impl PoolGradOps for Flex {
    fn max_pool2d_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, y, gy) = (Dense::new(x), Dense::new(y), Dense::new(gy));
        let [b, h, w, c] = x.dims();
        let mut gx = vec![0.0; b * h * w * c];
        max_pool2d_grad(b, h, w, c, x.values(), y.values(), gy.values(), &mut gx);
        tensor(gx, [b, h, w, c])
    }
}

/// The first of the two input rows (over all images) of output row `row` (over all images).
fn input_row(row: usize, out_h: usize, h: usize) -> usize {
    row / out_h * h + 2 * (row % out_h)
}

/// The larger, as one compare and select; NaN in `b` is passed on.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a >= b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{
        cpu::tests::{Random, assert_close, dirty, on_all_lanes},
        pool::reference::{max_pool2d_grad_plain, max_pool2d_plain},
    };

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
                max_pool2d(batch, h, w, c, &x, &mut y);
                max_pool2d_grad(batch, h, w, c, &x, &y, &gy, &mut gx);
                assert_close(&y, &max_pool2d_plain(batch, h, w, c, &x), 0.0, "pool");
                assert_close(
                    &gx,
                    &max_pool2d_grad_plain(batch, h, w, c, &x, &gy),
                    0.0,
                    "pool gradient",
                );
            }
        }
    }
}
