//! The two inner loops: a register tile of pixels x output channels, and one of input x output channels.

use super::simd::Lanes;
use core::sync::atomic::{Ordering, compiler_fence};

/// Where a convolution's register tile reads: `runs` stretches of `run_len` contiguous floats, `run_stride`
/// apart (one stretch is a kernel row: all its taps and input channels lie side by side in NHWC).
#[derive(Clone, Copy)]
pub(crate) struct Runs {
    pub runs: usize,
    pub run_len: usize,
    pub run_stride: usize,
}

/// `acc[p][v] += sum_k x[pixels[p] + k] * panel[k][v]` over all runs, `U` values of k per turn of the loop.
///
/// Sized for the 15 registers V8 gives wasm on x86: 2 pixels x 4 registers of channels, 4 x 2, or 6 x 1; and for
/// the 16 of AVX2: 6 x 2.
///
/// # Safety
/// Every `x + pixels[p] + (runs - 1) * run_stride` must have `run_len` readable floats, and `panel`
/// `runs * run_len * NV * V::N`.
#[inline(always)]
pub(crate) unsafe fn pixel_tile<V: Lanes, const P: usize, const NV: usize, const U: usize>(
    x: *const f32,
    pixels: [usize; P],
    runs: Runs,
    panel: *const f32,
    acc: &mut [[V; NV]; P],
) {
    let step = NV * V::N;
    let mut w = panel;
    let mut sums = *acc;
    unsafe {
        for run in 0..runs.runs {
            let mut at: [*const f32; P] = core::array::from_fn(|p| x.add(pixels[p] + run * runs.run_stride));
            let mut left = runs.run_len;
            while left >= U {
                for u in 0..U {
                    multiply(&mut sums, at, u, w.add(u * step));
                    if U > 1 {
                        // Without it LLVM's wasm back end runs all U steps of one pixel before the next, which
                        // chains their additions and spills the weights: 12 GFLOP/s instead of 21.
                        compiler_fence(Ordering::SeqCst);
                    }
                }
                at = at.map(|pointer| pointer.add(U));
                w = w.add(U * step);
                left -= U;
            }
            while U > 1 && left > 0 {
                multiply(&mut sums, at, 0, w);
                at = at.map(|pointer| pointer.add(1));
                w = w.add(step);
                left -= 1;
            }
        }
    }
    *acc = sums;
}

/// `sums[p][v] += at[p][u] * w[v]`.
///
/// # Safety
/// `at[p] + u` must be readable, and `NV` registers at `w`.
#[inline(always)]
unsafe fn multiply<V: Lanes, const P: usize, const NV: usize>(
    sums: &mut [[V; NV]; P],
    at: [*const f32; P],
    u: usize,
    w: *const f32,
) {
    unsafe {
        let weights: [V; NV] = core::array::from_fn(|v| V::load(w.add(v * V::N)));
        for (sums, at) in sums.iter_mut().zip(at) {
            let value = V::splat_from(at.add(u));
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = sum.mul_acc(value, weight);
            }
        }
    }
}

/// What the weight gradient's register tile walks over: `rows` rows of `cols` pixels.
#[derive(Clone, Copy)]
pub(crate) struct Pixels {
    pub rows: usize,
    pub cols: usize,
    /// Floats from one pixel to the next, and from one row to the next, in the input.
    pub x_col: usize,
    pub x_row: usize,
}

/// `acc[m][v] += sum_pixels x[pixel + m] * panel[pixel][v]`.
///
/// # Safety
/// `x` must have `M` readable floats at every pixel, and `panel` `rows * cols * NV * V::N`.
#[inline(always)]
pub(crate) unsafe fn channel_tile<V: Lanes, const M: usize, const NV: usize>(
    x: *const f32,
    pixels: Pixels,
    panel: *const f32,
    acc: &mut [[V; NV]; M],
) {
    let step = NV * V::N;
    let mut g = panel;
    let mut sums = *acc;
    unsafe {
        for row in 0..pixels.rows {
            let mut at = x.add(row * pixels.x_row);
            for _ in 0..pixels.cols {
                multiply(&mut sums, core::array::from_fn(|m| at.add(m)), 0, g);
                at = at.add(pixels.x_col);
                g = g.add(step);
            }
        }
    }
    *acc = sums;
}
