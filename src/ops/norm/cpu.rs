//! Batch normalisation over rows (batch x height x width) per channel (Ioffe and Szegedy, 2015).
//!
//! Sums run over short chunks of rows in f32 registers and are merged in f64 (Chan, Golub and LeVeque, 1979), so
//! the variance neither cancels nor loses small terms, and the input is read from memory once for it.

mod reduce;
#[cfg(test)]
mod tests;

use burn::backend::{Flex, tensor::FloatTensor};

use self::reduce::{Reduce, SquaredFrom, Sum, TimesCentred};
use super::reference::{NormGradOps, NormOps};
use crate::ops::cpu::{
    parallel::{self, Shared},
    scratch::with_scratch,
    simd::{Lanes, Work, dispatch},
    tensor::{Dense, tensor},
};

/// Floats of a chunk: 16 KiB, so that its second pass reads the L1 cache.
const CHUNK_FLOATS: usize = 4 * 1024;

/// Statistics of `x[rows, c]` and `y = (x - mean) * inv_std * gamma + beta`; `inv_std = 1 / sqrt(var + eps)` with
/// the biased variance. `mean` and `inv_std` (length `c`) are kept for the backward pass.
#[expect(clippy::too_many_arguments, reason = "an operator's tensors")]
pub fn batch_norm(
    rows: usize,
    c: usize,
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    eps: f32,
    y: &mut [f32],
    mean: &mut [f32],
    inv_std: &mut [f32],
) {
    assert_eq!(x.len(), rows * c, "batch_norm: input length");
    for (len, what) in [
        (gamma.len(), "gamma"),
        (beta.len(), "beta"),
        (mean.len(), "mean"),
        (inv_std.len(), "std"),
    ] {
        assert_eq!(len, c, "batch_norm: {what} length");
    }
    assert_eq!(y.len(), rows * c, "batch_norm: output length");
    let len = chunk_len(c);
    let chunks = x.len().div_ceil(len);
    with_scratch(|scratch| {
        // Mean and squares of each chunk, side by side.
        let sums = scratch.panels.take(2 * c * chunks);
        let shared = Shared::new(sums);
        parallel::for_ranges(chunks, 1, 2 * len, |range| {
            for chunk in range {
                // SAFETY: a chunk's sums are its own.
                let sums = unsafe { shared.part(2 * c * chunk..2 * c * (chunk + 1)) };
                let (means, squares) = sums.split_at_mut(c);
                let rows = &x[chunk * len..x.len().min((chunk + 1) * len)];
                let count = (rows.len() / c.max(1)) as f64;
                dispatch(Reduce {
                    rows,
                    c,
                    term: Sum,
                    out: means,
                });
                means.iter_mut().for_each(|m| *m /= count as f32);
                dispatch(Reduce {
                    rows,
                    c,
                    term: SquaredFrom(means),
                    out: squares,
                });
            }
        });
        let sums: &[f32] = sums;
        let scale = scratch.weights.take(c);
        let (to_scale, to_mean, to_std) = (Shared::new(scale), Shared::new(mean), Shared::new(inv_std));
        parallel::for_ranges(c, 16, 8 * chunks, |range| {
            let mut merged = vec![(0.0f64, 0.0f64); range.len()];
            let mut seen = 0.0;
            for chunk in 0..chunks {
                let count = (x.len().min((chunk + 1) * len) - chunk * len) as f64 / c as f64;
                let (means, squares) = sums[2 * c * chunk..][..2 * c].split_at(c);
                let pairs = means[range.clone()].iter().zip(&squares[range.clone()]);
                for (total, (mean, square)) in merged.iter_mut().zip(pairs) {
                    // The chunk's mean is rounded; that only shifts the point its squares are taken around by an ulp.
                    let delta = f64::from(*mean) - total.0;
                    total.0 += delta * count / (seen + count);
                    total.1 += f64::from(*square) + delta * delta * seen * count / (seen + count);
                }
                seen += count;
            }
            // SAFETY: ranges do not overlap.
            let (scale, mean, inv_std) = unsafe {
                (
                    to_scale.part(range.clone()),
                    to_mean.part(range.clone()),
                    to_std.part(range.clone()),
                )
            };
            for (i, (m, square)) in merged.iter().enumerate() {
                let std = 1.0 / (square / seen.max(1.0) + f64::from(eps)).sqrt();
                mean[i] = *m as f32;
                inv_std[i] = std as f32;
                scale[i] = (f64::from(gamma[range.start + i]) * std) as f32;
            }
        });
        // Centred first: `x * scale + (beta - mean * scale)` would cancel where the mean is large.
        affine(c, x, Some(mean), scale, beta, y);
    });
}

/// Gradients of [`batch_norm`]: `ggamma = sum gy * xhat`, `gbeta = sum gy`,
/// `gx = gamma * inv_std * (gy - gbeta / rows - xhat * ggamma / rows)` with `xhat = (x - mean) * inv_std`.
#[expect(clippy::too_many_arguments, reason = "an operator's tensors")]
pub fn batch_norm_grad(
    rows: usize,
    c: usize,
    x: &[f32],
    gamma: &[f32],
    mean: &[f32],
    inv_std: &[f32],
    gy: &[f32],
    gx: &mut [f32],
    ggamma: &mut [f32],
    gbeta: &mut [f32],
) {
    assert_eq!(x.len(), rows * c, "batch_norm_grad: input length");
    assert_eq!(gy.len(), rows * c, "batch_norm_grad: output gradient length");
    assert_eq!(gx.len(), rows * c, "batch_norm_grad: input gradient length");
    for (len, what) in [
        (gamma.len(), "gamma"),
        (mean.len(), "mean"),
        (inv_std.len(), "std"),
        (ggamma.len(), "gamma gradient"),
        (gbeta.len(), "beta gradient"),
    ] {
        assert_eq!(len, c, "batch_norm_grad: {what} length");
    }
    if c == 0 {
        return;
    }
    let len = chunk_len(c);
    let chunks = x.len().div_ceil(len);
    let part = |chunk: usize| chunk * len..x.len().min((chunk + 1) * len);
    with_scratch(|scratch| {
        // Two sums of each chunk, side by side.
        let sums = scratch.panels.take(2 * c * chunks);
        let shared = Shared::new(sums);
        parallel::for_ranges(chunks, 1, 2 * len, |range| {
            for chunk in range {
                // SAFETY: a chunk's sums are its own.
                let sums = unsafe { shared.part(2 * c * chunk..2 * c * (chunk + 1)) };
                let (dots, plain) = sums.split_at_mut(c);
                let (rows, x) = (&gy[part(chunk)], &x[part(chunk)]);
                dispatch(Reduce {
                    rows,
                    c,
                    term: Sum,
                    out: plain,
                });
                dispatch(Reduce {
                    rows,
                    c,
                    term: TimesCentred { x, mean },
                    out: dots,
                });
            }
        });
        let mut merged = vec![(0.0f64, 0.0f64); c];
        for sums in sums.chunks_exact(2 * c) {
            let (dots, plain) = sums.split_at(c);
            for ((total, dot), sum) in merged.iter_mut().zip(dots).zip(plain) {
                total.0 += f64::from(*dot);
                total.1 += f64::from(*sum);
            }
        }
        // gx = a * gy + b * (x - mean) + d: three numbers a channel.
        let coefficients = scratch.weights.take(3 * c);
        let (a, rest) = coefficients.split_at_mut(c);
        let (b, d) = rest.split_at_mut(c);
        let count = rows.max(1) as f64;
        for (i, (dot, sum)) in merged.iter().enumerate() {
            let std = f64::from(inv_std[i]);
            let scale = f64::from(gamma[i]) * std;
            ggamma[i] = (dot * std) as f32;
            gbeta[i] = *sum as f32;
            a[i] = scale as f32;
            b[i] = (-scale * dot * std * std / count) as f32;
            d[i] = (-scale * sum / count) as f32;
        }
        let coefficients: [&[f32]; 3] = [a, b, d];
        let gx = Shared::new(gx);
        parallel::for_ranges(chunks, 1, 3 * len, |range| {
            for chunk in range {
                dispatch(Affine2 {
                    c,
                    x: &x[part(chunk)],
                    mean,
                    gy: &gy[part(chunk)],
                    coefficients,
                    // SAFETY: chunks do not overlap.
                    gx: unsafe { gx.part(part(chunk)) },
                });
            }
        });
    });
}

impl NormOps for Flex {
    fn batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, beta) = (Dense::new(x), Dense::new(gamma), Dense::new(beta));
        let [b, h, w, c] = x.dims();
        let (mut y, mut mean, mut inv_std) = (vec![0.0; b * h * w * c], vec![0.0; c], vec![0.0; c]);
        batch_norm(
            b * h * w,
            c,
            x.values(),
            gamma.values(),
            beta.values(),
            eps,
            &mut y,
            &mut mean,
            &mut inv_std,
        );
        (tensor(y, [b, h, w, c]), tensor(mean, [c]), tensor(inv_std, [c]))
    }
}

impl NormGradOps for Flex {
    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, mean, inv_std, gy) = (
            Dense::new(x),
            Dense::new(gamma),
            Dense::new(mean),
            Dense::new(inv_std),
            Dense::new(gy),
        );
        let [b, h, w, c] = x.dims();
        let (mut gx, mut g_gamma, mut g_beta) = (vec![0.0; b * h * w * c], vec![0.0; c], vec![0.0; c]);
        batch_norm_grad(
            b * h * w,
            c,
            x.values(),
            gamma.values(),
            mean.values(),
            inv_std.values(),
            gy.values(),
            &mut gx,
            &mut g_gamma,
            &mut g_beta,
        );
        (tensor(gx, [b, h, w, c]), tensor(g_gamma, [c]), tensor(g_beta, [c]))
    }
}

/// `y = (x - mean) * scale + shift`, chunk by chunk, so that the passes over registers of channels read the cache.
fn affine(c: usize, x: &[f32], mean: Option<&[f32]>, scale: &[f32], shift: &[f32], y: &mut [f32]) {
    let len = chunk_len(c);
    let y = Shared::new(y);
    parallel::for_ranges(x.len().div_ceil(len), 1, 2 * len, |range| {
        for chunk in range {
            let part = chunk * len..x.len().min((chunk + 1) * len);
            dispatch(Affine {
                c,
                x: &x[part.clone()],
                mean,
                scale,
                shift,
                // SAFETY: chunks do not overlap.
                y: unsafe { y.part(part) },
            });
        }
    });
}

/// Floats of a chunk of whole rows.
fn chunk_len(c: usize) -> usize {
    (CHUNK_FLOATS / c.max(1)).max(8) * c.max(1)
}

/// `y = (x - mean) * scale + shift` per channel.
struct Affine<'a> {
    c: usize,
    x: &'a [f32],
    mean: Option<&'a [f32]>,
    scale: &'a [f32],
    shift: &'a [f32],
    y: &'a mut [f32],
}

impl Work for Affine<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let Self {
            c,
            x,
            mean,
            scale,
            shift,
            y,
        } = self;
        let rows = x.len() / c.max(1);
        let zeros = [0.0f32; 16];
        for channel in (0..c).step_by(V::N) {
            if channel + V::N <= c {
                // SAFETY: the lanes lie inside every row and inside the vectors of length c.
                unsafe {
                    let mean = V::load(mean.map_or(zeros.as_ptr(), |m| m.as_ptr().add(channel)));
                    let (scale, shift) = (
                        V::load(scale.as_ptr().add(channel)),
                        V::load(shift.as_ptr().add(channel)),
                    );
                    for row in 0..rows {
                        let at = row * c + channel;
                        let centred = V::load(x.as_ptr().add(at)).sub(mean);
                        shift.mul_acc(centred, scale).store(y.as_mut_ptr().add(at));
                    }
                }
            } else {
                for i in channel..c {
                    let mean = mean.map_or(0.0, |m| m[i]);
                    for row in 0..rows {
                        y[row * c + i] = (x[row * c + i] - mean) * scale[i] + shift[i];
                    }
                }
            }
        }
    }
}

/// `gx = a * gy + b * (x - mean) + d` per channel, with `[a, b, d]` in `coefficients`.
struct Affine2<'a> {
    c: usize,
    x: &'a [f32],
    mean: &'a [f32],
    gy: &'a [f32],
    coefficients: [&'a [f32]; 3],
    gx: &'a mut [f32],
}

impl Work for Affine2<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let Self {
            c,
            x,
            mean,
            gy,
            coefficients: [a, b, d],
            gx,
        } = self;
        let rows = x.len() / c;
        for channel in (0..c).step_by(V::N) {
            if channel + V::N <= c {
                // SAFETY: the lanes lie inside every row and inside the vectors of length c.
                unsafe {
                    let at = |values: &[f32]| V::load(values.as_ptr().add(channel));
                    let (mean, a, b, d) = (at(mean), at(a), at(b), at(d));
                    for row in 0..rows {
                        let at = row * c + channel;
                        let centred = V::load(x.as_ptr().add(at)).sub(mean);
                        let gradient = V::load(gy.as_ptr().add(at));
                        d.mul_acc(b, centred)
                            .mul_acc(a, gradient)
                            .store(gx.as_mut_ptr().add(at));
                    }
                }
            } else {
                for i in channel..c {
                    for row in 0..rows {
                        let at = row * c + i;
                        gx[at] = a[i] * gy[at] + (b[i] * (x[at] - mean[i]) + d[i]);
                    }
                }
            }
        }
    }
}
