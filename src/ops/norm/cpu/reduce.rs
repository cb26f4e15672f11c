//! Sums over rows, per channel.

use crate::ops::cpu::simd::{Lanes, Work};

/// A term summed over rows, for one register of channels or for one channel.
pub(crate) trait Term: Copy {
    /// # Safety
    /// `row` points at channel `channel` of row `index` (`c` channels a row), with the lanes inside the row.
    unsafe fn vector<V: Lanes>(&self, row: *const f32, offset: usize, channel: usize) -> V;
    fn scalar(&self, value: f32, offset: usize, channel: usize) -> f32;
}

#[derive(Clone, Copy)]
pub(crate) struct Sum;
#[derive(Clone, Copy)]
pub(crate) struct SquaredFrom<'a>(pub &'a [f32]);
#[derive(Clone, Copy)]
pub(crate) struct TimesCentred<'a> {
    pub x: &'a [f32],
    pub mean: &'a [f32],
}

impl Term for Sum {
    #[inline(always)]
    unsafe fn vector<V: Lanes>(&self, row: *const f32, offset: usize, _channel: usize) -> V {
        unsafe { V::load(row.add(offset)) }
    }
    #[inline(always)]
    fn scalar(&self, value: f32, _offset: usize, _channel: usize) -> f32 {
        value
    }
}

impl Term for SquaredFrom<'_> {
    #[inline(always)]
    unsafe fn vector<V: Lanes>(&self, row: *const f32, offset: usize, channel: usize) -> V {
        unsafe {
            let centred = V::load(row.add(offset)).sub(V::load(self.0.as_ptr().add(channel)));
            centred.mul(centred)
        }
    }
    #[inline(always)]
    fn scalar(&self, value: f32, _offset: usize, channel: usize) -> f32 {
        let centred = value - self.0[channel];
        centred * centred
    }
}

impl Term for TimesCentred<'_> {
    #[inline(always)]
    unsafe fn vector<V: Lanes>(&self, row: *const f32, offset: usize, channel: usize) -> V {
        unsafe {
            let mean = V::load(self.mean.as_ptr().add(channel));
            V::load(row.add(offset)).mul(V::load(self.x.as_ptr().add(offset)).sub(mean))
        }
    }
    #[inline(always)]
    fn scalar(&self, value: f32, offset: usize, channel: usize) -> f32 {
        value * (self.x[offset] - self.mean[channel])
    }
}

/// `out[channel] = sum over rows of term`.
pub(crate) struct Reduce<'a, T> {
    pub rows: &'a [f32],
    pub c: usize,
    pub term: T,
    pub out: &'a mut [f32],
}

impl<T: Term> Work for Reduce<'_, T> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let Self { rows, c, term, out } = self;
        let count = rows.len() / c.max(1);
        let mut channel = 0;
        while channel + V::N <= c {
            // Two sums, so that an addition need not wait for the one before.
            // SAFETY: the lanes `channel .. channel + N` lie inside every row, in the means and in `out`.
            unsafe {
                let mut even = V::splat(0.0);
                let mut odd = V::splat(0.0);
                let mut row = 0;
                while row + 2 <= count {
                    even = even.add(term.vector(rows.as_ptr(), row * c + channel, channel));
                    odd = odd.add(term.vector(rows.as_ptr(), (row + 1) * c + channel, channel));
                    row += 2;
                }
                if row < count {
                    even = even.add(term.vector(rows.as_ptr(), row * c + channel, channel));
                }
                even.add(odd).store(out.as_mut_ptr().add(channel));
            }
            channel += V::N;
        }
        for channel in channel..c {
            out[channel] = (0..count)
                .map(|r| term.scalar(rows[r * c + channel], r * c + channel, channel))
                .sum();
        }
    }
}
