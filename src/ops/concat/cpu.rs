//! Operators that touch every float once: ReLU's mask, concatenation of channels, Adam. Bound by memory; plain
//! loops that LLVM vectorises, or registers by hand where it does not.

use super::simd::{Lanes, Work, copy_short, dispatch};

/// `out = gy` where the activation `y` is positive, else 0: the gradient through a ReLU, from its output.
pub fn relu_mask(y: &[f32], gy: &[f32], out: &mut [f32]) {
    assert_eq!(y.len(), gy.len(), "relu_mask: gradient length");
    assert_eq!(y.len(), out.len(), "relu_mask: output length");
    struct Mask<'a>(&'a [f32], &'a [f32], &'a mut [f32]);
    impl Work for Mask<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(y, gy, out) = self;
            let whole = y.len() - y.len() % V::N;
            for i in (0..whole).step_by(V::N) {
                // SAFETY: the three slices are equally long and i + N is within them. By hand because LLVM makes
                // a branch of the choice, which is mispredicted every other time.
                unsafe {
                    let gradient = V::load(gy.as_ptr().add(i));
                    gradient
                        .where_positive(V::load(y.as_ptr().add(i)))
                        .store(out.as_mut_ptr().add(i));
                }
            }
            for ((to, y), gy) in out[whole..].iter_mut().zip(&y[whole..]).zip(&gy[whole..]) {
                *to = if *y > 0.0 { *gy } else { 0.0 };
            }
        }
    }
    dispatch(Mask(y, gy, out));
}

/// `[rows, ca]` and `[rows, cb]` side by side as `[rows, ca + cb]`; rows are pixels.
pub fn concat_channels(rows: usize, a: &[f32], ca: usize, b: &[f32], cb: usize, out: &mut [f32]) {
    assert_eq!(a.len(), rows * ca, "concat_channels: first length");
    assert_eq!(b.len(), rows * cb, "concat_channels: second length");
    assert_eq!(out.len(), rows * (ca + cb), "concat_channels: output length");
    struct Concat<'a>(&'a [f32], usize, &'a [f32], usize, &'a mut [f32]);
    impl Work for Concat<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(a, ca, b, cb, out) = self;
            for ((to, a), b) in out
                .chunks_exact_mut(ca + cb)
                .zip(a.chunks_exact(ca))
                .zip(b.chunks_exact(cb))
            {
                let (left, right) = to.split_at_mut(ca);
                copy_short::<V>(a, left);
                copy_short::<V>(b, right);
            }
        }
    }
    if ca == 0 || cb == 0 {
        out.copy_from_slice(if ca == 0 { b } else { a });
    } else {
        dispatch(Concat(a, ca, b, cb, out));
    }
}

/// The inverse of [`concat_channels`], and its gradient.
pub fn split_channels(rows: usize, joined: &[f32], a: &mut [f32], ca: usize, b: &mut [f32], cb: usize) {
    assert_eq!(a.len(), rows * ca, "split_channels: first length");
    assert_eq!(b.len(), rows * cb, "split_channels: second length");
    assert_eq!(joined.len(), rows * (ca + cb), "split_channels: input length");
    struct Split<'a>(&'a [f32], &'a mut [f32], usize, &'a mut [f32], usize);
    impl Work for Split<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(joined, a, ca, b, cb) = self;
            for ((from, a), b) in joined
                .chunks_exact(ca + cb)
                .zip(a.chunks_exact_mut(ca))
                .zip(b.chunks_exact_mut(cb))
            {
                let (left, right) = from.split_at(ca);
                copy_short::<V>(left, a);
                copy_short::<V>(right, b);
            }
        }
    }
    if ca == 0 || cb == 0 {
        if ca == 0 { b } else { a }.copy_from_slice(joined);
    } else {
        dispatch(Split(joined, a, ca, b, cb));
    }
}

/// The numbers of one step of Adam (Kingma and Ba, 2015).
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Learning rate of this step.
    pub lr: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// Added to the root of the corrected second moment.
    pub eps: f32,
    /// `1 / (1 - beta1^t)`, t from 1.
    pub correction1: f32,
    /// `1 / (1 - beta2^t)`.
    pub correction2: f32,
}

/// One step of Adam over parameters `p` with gradients `g` and moments `m`, `v`:
/// `p -= lr * (m * correction1) / (sqrt(v * correction2) + eps)`.
pub fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamStep) {
    assert_eq!(p.len(), g.len(), "adam: gradient length");
    assert_eq!(p.len(), m.len(), "adam: first moment length");
    assert_eq!(p.len(), v.len(), "adam: second moment length");
    let (rest1, rest2) = (1.0 - step.beta1, 1.0 - step.beta2);
    let rate = step.lr * step.correction1;
    for (((p, g), m), v) in p.iter_mut().zip(g).zip(m.iter_mut()).zip(v.iter_mut()) {
        *m = step.beta1 * *m + rest1 * *g;
        *v = step.beta2 * *v + rest2 * (*g * *g);
        *p -= rate * *m / ((*v * step.correction2).sqrt() + step.eps);
    }
}
