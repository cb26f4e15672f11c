//! Weights and gradients in the order the micro-kernels read them.
//!
//! Output channels are cut into blocks as wide as a register tile (fewer registers for a rest); a panel
//! holds one block as `[k][width]`, zero-filled, so that the inner loop reads it front to back.

use super::simd::{Lanes, Width, copy_short};

/// One block of output channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub start: usize,
    /// Channels of the block that exist.
    pub len: usize,
    /// Registers it takes: 1, 2 or 4.
    pub vectors: usize,
}

/// The blocks of `channels`: as many of the widest as there are, then a two and a one as the rest needs.
pub(crate) fn blocks(width: Width, channels: usize) -> impl Iterator<Item = Block> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let registers = (channels - start).div_ceil(width.lanes);
        let vectors = match registers {
            0 => return None,
            _ if registers >= width.widest => width.widest,
            1 => 1,
            _ => 2,
        };
        let block = Block {
            start,
            len: (channels - start).min(vectors * width.lanes),
            vectors,
        };
        start += block.len;
        Some(block)
    })
}

/// Floats of all panels together when each channel has `depth` values.
pub(crate) fn panels_len(channels: usize, lanes: usize, depth: usize) -> usize {
    channels.div_ceil(lanes) * lanes * depth
}

/// Packs one block of a `[depth, channels]` matrix (HWIO weights) into its panel.
#[inline(always)]
pub(crate) fn pack_rows<V: Lanes>(matrix: &[f32], channels: usize, block: Block, panel: &mut [f32]) {
    let width = block.vectors * V::N;
    for (target, source) in panel.chunks_exact_mut(width).zip(matrix.chunks_exact(channels)) {
        copy_padded::<V>(&source[block.start..block.start + block.len], target);
    }
}

/// Copies a block's channels into a panel row of whole registers and fills the rest of the last with zeros.
#[inline(always)]
pub(crate) fn copy_padded<V: Lanes>(from: &[f32], to: &mut [f32]) {
    if from.len() < to.len() {
        let last = to.len() - V::N;
        // SAFETY: the slice is a register long.
        unsafe { V::splat(0.0).store(to[last..].as_mut_ptr()) };
    }
    copy_short::<V>(from, &mut to[..from.len()]);
}

/// Packs HWIO weights `[kh * kw, c_in, c_out]` turned by 180 degrees and transposed: one panel of the
/// convolution that takes the output's gradient (`c_out` channels) to the input's (`c_in`, of them `block`).
#[inline(always)]
pub(crate) fn pack_flipped<V: Lanes>(
    w: &[f32],
    taps: usize,
    c_in: usize,
    c_out: usize,
    block: Block,
    panel: &mut [f32],
) {
    let width = block.vectors * V::N;
    for tap in 0..taps {
        let source = &w[((taps - 1 - tap) * c_in + block.start) * c_out..];
        let target = &mut panel[tap * c_out * width..][..c_out * width];
        for lane in 0..width {
            let column = target[lane..].iter_mut().step_by(width);
            if lane < block.len {
                for (to, from) in column.zip(&source[lane * c_out..][..c_out]) {
                    *to = *from;
                }
            } else {
                column.for_each(|to| *to = 0.0);
            }
        }
    }
}
