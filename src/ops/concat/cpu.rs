//! Concatenation on the CPU: touches every float once, bound by memory.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{ConcatGradOps, ConcatOps};
use crate::ops::cpu::{
    parallel::{self, Shared},
    simd::{Lanes, Work, copy_short, dispatch},
    tensor::{Dense, tensor},
};

/// `[rows, ca]` and `[rows, cb]` side by side as `[rows, ca + cb]`; rows are pixels.
pub fn concat(rows: usize, a: &[f32], ca: usize, b: &[f32], cb: usize, out: &mut [f32]) {
    assert_eq!(a.len(), rows * ca, "concat: first length");
    assert_eq!(b.len(), rows * cb, "concat: second length");
    assert_eq!(out.len(), rows * (ca + cb), "concat: output length");
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
        let (c, out) = (ca + cb, Shared::new(out));
        parallel::for_ranges(rows, 1, 2 * c, |range| {
            let (start, end) = (range.start, range.end);
            // SAFETY: ranges of rows do not overlap.
            let out = unsafe { out.part(start * c..end * c) };
            dispatch(Concat(&a[start * ca..end * ca], ca, &b[start * cb..end * cb], cb, out));
        });
    }
}

/// The inverse of [`concat`], and its gradient.
pub fn split(rows: usize, joined: &[f32], a: &mut [f32], ca: usize, b: &mut [f32], cb: usize) {
    assert_eq!(a.len(), rows * ca, "split: first length");
    assert_eq!(b.len(), rows * cb, "split: second length");
    assert_eq!(joined.len(), rows * (ca + cb), "split: input length");
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
        let (c, a, b) = (ca + cb, Shared::new(a), Shared::new(b));
        parallel::for_ranges(rows, 1, 2 * c, |range| {
            let (start, end) = (range.start, range.end);
            // SAFETY: ranges of rows do not overlap.
            let (a, b) = unsafe { (a.part(start * ca..end * ca), b.part(start * cb..end * cb)) };
            dispatch(Split(&joined[start * c..end * c], a, ca, b, cb));
        });
    }
}

impl ConcatOps for Flex {
    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let (a, b) = (Dense::new(a), Dense::new(b));
        let ([batch, h, w, ca], [_, _, _, cb]) = (a.dims(), b.dims());
        let mut joined = vec![0.0; batch * h * w * (ca + cb)];
        concat(batch * h * w, a.values(), ca, b.values(), cb, &mut joined);
        tensor(joined, [batch, h, w, ca + cb])
    }
}

impl ConcatGradOps for Flex {
    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let joined = Dense::new(joined);
        let [batch, h, w, c] = joined.dims();
        let (pixels, others) = (batch * h * w, c - channels);
        let (mut a, mut b) = (vec![0.0; pixels * channels], vec![0.0; pixels * others]);
        split(pixels, joined.values(), &mut a, channels, &mut b, others);
        (tensor(a, [batch, h, w, channels]), tensor(b, [batch, h, w, others]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::cpu::tests::{Random, dirty, on_all_lanes};

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
                concat(rows, &a, ca, &b, cb, &mut joined);
                for row in 0..rows {
                    assert_eq!(joined[row * (ca + cb)..][..ca], a[row * ca..][..ca]);
                    assert_eq!(joined[row * (ca + cb) + ca..][..cb], b[row * cb..][..cb]);
                }
                let (mut a2, mut b2) = (dirty(a.len()), dirty(b.len()));
                split(rows, &joined, &mut a2, ca, &mut b2, cb);
                assert_eq!((a, b), (a2, b2));
            }
        }
    }
}
