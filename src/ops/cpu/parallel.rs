//! Work cut into pieces that the threads of a pool share out.
//!
//! **The result does not depend on the number of threads, bit for bit**: how work is cut follows from its shape alone,
//! pieces write at places of their own, and sums over pieces are added in the order of the pieces ([`add_up`]). Without the
//! feature `threads` the same pieces are done one after the other.
//!
//! A piece calls [`dispatch`](super::simd::dispatch) itself: a closure handed to the pool is compiled for the base features.

use std::{marker::PhantomData, ops::Range};

/// Pieces that any work is cut into where it is large enough: several for each of eight threads, because one of them may
/// be slower than the others.
pub(crate) const PIECES: usize = 16;

/// Multiply-adds below which a piece costs more to hand over than to do: some microseconds.
pub(crate) const PIECE_MACS: usize = 256 * 1024;

/// Floats below which touching each once is no piece.
const PIECE_FLOATS: usize = 16 * 1024;

/// Threads that share the work, this one among them.
pub fn threads() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    1
}

/// How many pieces pay for so many multiply-adds.
pub(crate) fn pieces_of(macs: usize) -> usize {
    (macs / PIECE_MACS).clamp(1, PIECES)
}

/// Calls `body` once for each of `0..pieces`.
pub(crate) fn for_each(pieces: usize, body: impl Fn(usize) + Send + Sync) {
    #[cfg(feature = "threads")]
    if pieces > 1 && threads() > 1 {
        use rayon::prelude::*;
        #[cfg(test)]
        let body = like_this_thread(body);
        (0..pieces).into_par_iter().with_max_len(1).for_each(body);
        return;
    }
    (0..pieces).for_each(body);
}

/// `body`, computing as a test has chosen on this thread.
#[cfg(all(test, feature = "threads"))]
fn like_this_thread(body: impl Fn(usize) + Send + Sync) -> impl Fn(usize) + Send + Sync {
    use super::arithmetic::OF_THREAD;
    let chosen = OF_THREAD.get();
    move |piece| {
        let before = OF_THREAD.replace(chosen);
        body(piece);
        OF_THREAD.set(before);
    }
}

/// Calls `body` with ranges that cover `0..len`, each but the last a multiple of `unit`; an element touches `floats` floats.
pub(crate) fn for_ranges(len: usize, unit: usize, floats: usize, body: impl Fn(Range<usize>) + Send + Sync) {
    let pieces = (len * floats / PIECE_FLOATS).clamp(1, PIECES);
    let step = len.div_ceil(pieces).next_multiple_of(unit.max(1)).max(1);
    for_each(len.div_ceil(step), |piece| {
        body(piece * step..((piece + 1) * step).min(len));
    });
}

/// Part `part` of `0..len` cut into `parts` of about the same length.
pub(crate) fn part(len: usize, parts: usize, part: usize) -> Range<usize> {
    part * len / parts..(part + 1) * len / parts
}

/// Adds each row of `partial` to `total`, the first row first; a row is as long as `total`.
pub(crate) fn add_up(partial: &[f32], total: &mut [f32]) {
    let len = total.len();
    if len == 0 {
        return;
    }
    let rows = partial.len() / len;
    let to = Shared::new(total);
    for_ranges(len, 16, rows, |range| {
        // SAFETY: ranges do not overlap.
        let to = unsafe { to.part(range.clone()) };
        for row in partial.chunks_exact(len) {
            for (to, from) in to.iter_mut().zip(&row[range.clone()]) {
                *to += *from;
            }
        }
    });
}

/// Floats that pieces write to at the same time, each at places of its own.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    start: *mut f32,
    len: usize,
    held: PhantomData<&'a mut [f32]>,
}

// SAFETY: a pointer to floats that are borrowed for `'a`; what is done with it at the same time is the caller's to keep apart,
// and both ways to write are unsafe for that.
unsafe impl Send for Shared<'_> {}
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub fn new(floats: &'a mut [f32]) -> Self {
        Self {
            start: floats.as_mut_ptr(),
            len: floats.len(),
            held: PhantomData,
        }
    }

    pub fn len(self) -> usize {
        self.len
    }

    /// The first float, to be written through where no other piece reads or writes.
    pub fn pointer(self) -> *mut f32 {
        self.start
    }

    /// `len` floats from `start` on, as an output of their own.
    pub fn from(self, start: usize, len: usize) -> Self {
        assert!(
            start <= self.len && len <= self.len - start,
            "a piece is outside its output"
        );
        Self {
            // SAFETY: inside the borrowed floats.
            start: unsafe { self.start.add(start) },
            len,
            held: PhantomData,
        }
    }

    /// These floats.
    ///
    /// # Safety
    /// No other piece reads or writes them as long as the slice lives.
    pub unsafe fn part(self, range: Range<usize>) -> &'a mut [f32] {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "a piece is outside its output"
        );
        // SAFETY: inside the borrowed floats, and alone there by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}
