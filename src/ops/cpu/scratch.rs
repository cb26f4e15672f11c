//! Buffers the kernels need inside a call, kept per thread so that a training loop does not allocate.

use std::{cell::Cell, thread::LocalKey};

/// A buffer that only grows, whose slices start on a cache line (the wasm allocator aligns to 8 bytes only, and
/// a 16-byte load across two cache lines costs twice).
#[derive(Default)]
pub(crate) struct Buffer {
    floats: Vec<f32>,
}

/// Floats in a cache line of 64 bytes.
const LINE: usize = 16;

impl Buffer {
    /// `len` floats with unspecified (old, but initialised) contents.
    pub fn take(&mut self, len: usize) -> &mut [f32] {
        if self.floats.len() < len + LINE {
            self.floats = vec![0.0; len + LINE];
        }
        let misaligned = (self.floats.as_ptr() as usize / size_of::<f32>()) % LINE;
        let start = (LINE - misaligned) % LINE;
        &mut self.floats[start..start + len]
    }
}

/// What one operator may need at the same time.
#[derive(Default)]
pub(crate) struct Scratch {
    /// A padded band of the input image.
    pub image: Buffer,
    /// Weights, or output gradients, in the micro-kernel's order.
    pub panels: Buffer,
    /// Weights before packing (summed over taps), or partial weight gradients.
    pub weights: Buffer,
}

type Slot = Cell<Option<Box<Scratch>>>;

thread_local! {
    static OPERATOR: Slot = const { Cell::new(None) };
    static PIECE: Slot = const { Cell::new(None) };
}

/// Lends this thread's buffers for what all pieces of an operator read; a nested call gets fresh ones.
pub(crate) fn with_scratch<R>(body: impl FnOnce(&mut Scratch) -> R) -> R {
    lend(&OPERATOR, body)
}

/// Lends this thread's buffers for one piece: others, because the thread that cuts an operator into pieces works on them too.
pub(crate) fn with_piece_scratch<R>(body: impl FnOnce(&mut Scratch) -> R) -> R {
    lend(&PIECE, body)
}

fn lend<R>(slot: &'static LocalKey<Slot>, body: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = slot.take().unwrap_or_default();
    let result = body(&mut scratch);
    slot.set(Some(scratch));
    result
}
