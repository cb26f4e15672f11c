//! The weight gradient of 3x3 convolutions through [`super::winograd`].
//!
//! The 16 positions of a tile are sums of their own, so pieces are rows of four positions: each transforms its rows of all
//! tiles, in the same order, and nothing is added across pieces.

use super::winograd::*;
use super::winograd_conv::{Tiling, pays};
use crate::ops::conv::shape::ConvShape;
use crate::ops::cpu::band::Window;
use crate::ops::cpu::micro::{Pixels, channel_tile};
use crate::ops::cpu::pack::{Block, blocks};
use crate::ops::cpu::parallel::{self, Shared};
use crate::ops::cpu::scratch::{Buffer, Scratch, with_piece_scratch};
use crate::ops::cpu::simd::{Lanes, Width, Work, dispatch};

/// Positions of a piece.
const ROW: usize = 4;

/// Output channels from which the blocks are two pieces: each transforms the input again.
const SPLIT_CHANNELS: usize = 64;

/// Whether the weight gradient should go this way: whole registers on both sides.
pub(crate) fn weight_grad_pays(s: &ConvShape, width: Width) -> bool {
    pays(s, width, s.c_in, s.c_out) && s.c_out.is_multiple_of(width.lanes)
}

/// `gw` and `gb` of the 3x3 convolution of shape `s`; `gb` must be zero.
pub(crate) fn run_weight_grad(
    s: &ConvShape,
    width: Width,
    x: &[f32],
    gy: &[f32],
    gw: &mut [f32],
    gb: &mut [f32],
    buffer: &mut Buffer,
) {
    struct Piece<'a>(Job<'a>, usize, &'a mut Scratch);
    impl Work for Piece<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(job, row, scratch) = self;
            match row {
                0 => run_row::<V, 0>(&job, scratch),
                1 => run_row::<V, 1>(&job, scratch),
                2 => run_row::<V, 2>(&job, scratch),
                _ => run_row::<V, 3>(&job, scratch),
            }
        }
    }
    struct ToWeights<'a>(&'a [f32], usize, std::ops::Range<usize>, Shared<'a>);
    impl Work for ToWeights<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(sums, len, range, gw) = self;
            // SAFETY: ranges do not overlap.
            unsafe { tiles_to_weights::<V>(sums, len, range, gw) };
        }
    }
    let blocks: Vec<Block> = blocks(width, s.c_out).collect();
    let groups = if s.c_out >= SPLIT_CHANNELS { 2 } else { 1 }.min(blocks.len());
    let len = s.c_in * s.c_out;
    let sums = buffer.take(POSITIONS * len);
    let (shared, gb) = (Shared::new(sums), Shared::new(gb));
    parallel::for_each(POSITIONS / ROW * groups, |piece| {
        let job = Job {
            s,
            tiling: Tiling::new(s, s.c_in.max(s.c_out)),
            blocks: &blocks[parallel::part(blocks.len(), groups, piece % groups)],
            x,
            gy,
            sums: shared,
            gb,
        };
        with_piece_scratch(|scratch| dispatch(Piece(job, piece / groups, scratch)));
    });
    let (sums, gw): (&[f32], _) = (sums, Shared::new(gw));
    parallel::for_ranges(len, width.lanes, POSITIONS, |range| {
        dispatch(ToWeights(sums, len, range, gw));
    });
}

/// What the pieces share, and the blocks of output channels that are this one's.
struct Job<'a> {
    s: &'a ConvShape,
    tiling: Tiling,
    blocks: &'a [Block],
    x: &'a [f32],
    gy: &'a [f32],
    /// `[16 positions][c_in][c_out]`.
    sums: Shared<'a>,
    gb: Shared<'a>,
}

/// The sums of positions `4 R .. 4 R + 4`.
#[inline(always)]
fn run_row<V: Lanes, const R: usize>(job: &Job<'_>, scratch: &mut Scratch) {
    let Job {
        s, ref tiling, blocks, ..
    } = *job;
    let capacity = tiling.capacity();
    let x_window = tiling.window(s.c_in, 4, 1);
    let g_window = tiling.window(s.c_out, 2, 0);
    let line_len = 2 * x_window.row_len().max(g_window.row_len());
    let (lines, inputs) = scratch
        .image
        .take(line_len + ROW * capacity * s.c_in)
        .split_at_mut(line_len);
    let start = blocks.first().map_or(0, |block| block.start);
    let channels: usize = blocks.iter().map(|block| block.vectors * V::N).sum();
    let panels = scratch.panels.take(channels * ROW * capacity);
    let rows = tiling.batch * tiling.down;
    for first in (0..rows).step_by(tiling.rows) {
        let count = tiling.rows.min(rows - first);
        let tiles = count * tiling.across;
        transform_inputs::<V, R>(tiling, &x_window, job.x, (first, count), lines, inputs);
        transform_gradients::<V, R>(tiling, &g_window, job.gy, (first, count), lines, blocks, panels);
        for block in blocks {
            let width = block.vectors * V::N;
            let panel = &panels[(block.start - start) * ROW * capacity..][..ROW * capacity * width];
            if R == 1 {
                // Position (1, 1) of A gy A^T is the sum of the tile's four gradients.
                // SAFETY: a block's channels belong to one piece of this row.
                let gb = unsafe { job.gb.part(block.start..block.start + block.len) };
                for gradients in panel[capacity * width..][..tiles * width].chunks_exact(width) {
                    for (to, gradient) in gb.iter_mut().zip(gradients) {
                        *to += *gradient;
                    }
                }
            }
            let batch = Products {
                tiles,
                capacity,
                c_in: s.c_in,
                c_out: s.c_out,
                start: block.start,
                row: R,
                fresh: first == 0,
            };
            match block.vectors {
                4 => add_products::<V, 2, 4>(batch, inputs, panel, job.sums),
                2 => add_products::<V, 4, 2>(batch, inputs, panel, job.sums),
                _ => add_products::<V, 4, 1>(batch, inputs, panel, job.sums),
            }
        }
    }
}

/// Row `R` of `B^T d B` of rows `first .. first + count` of tiles. Channels in registers, tiles side by side: what a register
/// tile walks over is contiguous.
#[inline(always)]
fn transform_inputs<V: Lanes, const R: usize>(
    tiling: &Tiling,
    window: &Window,
    x: &[f32],
    (first, count): (usize, usize),
    lines: &mut [f32],
    inputs: &mut [f32],
) {
    let channels = window.channels;
    let capacity = tiling.capacity();
    let image_len = tiling.height * tiling.width * channels;
    let row_len = window.row_len();
    assert!(count * tiling.across <= capacity && ROW * capacity * channels <= inputs.len());
    assert!(channels.is_multiple_of(V::N) && 2 * row_len <= lines.len());
    for row in 0..count {
        let image = &x[(first + row) / tiling.down * image_len..][..image_len];
        let top = 2 * ((first + row) % tiling.down);
        for (line, target) in INPUT_LINES[R].into_iter().zip(lines.chunks_exact_mut(row_len)) {
            window.fill_line(image, top + line, target);
        }
        for across in 0..tiling.across {
            let tile = row * tiling.across + across;
            for register in 0..channels / V::N {
                // SAFETY: tiles stay below `capacity`; a padded line has 2 across + 2 pixels.
                unsafe {
                    let from = lines.as_ptr().add(2 * across * channels + register * V::N);
                    let to = Spread {
                        base: inputs.as_mut_ptr().add((register * capacity + tile) * V::N),
                        position: capacity * channels,
                    };
                    input_row::<V, R>([from, from.add(row_len)], channels, to);
                }
            }
        }
    }
}

/// Row `R` of `A gy A^T` of rows of tiles, as panels `[block][4 positions][tile][width]`.
#[inline(always)]
fn transform_gradients<V: Lanes, const R: usize>(
    tiling: &Tiling,
    window: &Window,
    gy: &[f32],
    (first, count): (usize, usize),
    lines: &mut [f32],
    blocks: &[Block],
    panels: &mut [f32],
) {
    let channels = window.channels;
    let capacity = tiling.capacity();
    let image_len = tiling.height * tiling.width * channels;
    let row_len = window.row_len();
    let start = blocks.first().map_or(0, |block| block.start);
    let wide: usize = blocks.iter().map(|block| block.vectors * V::N).sum();
    assert!(2 * row_len <= lines.len() && count * tiling.across <= capacity);
    assert!(ROW * capacity * wide <= panels.len() && start + wide <= channels);
    for row in 0..count {
        let image = &gy[(first + row) / tiling.down * image_len..][..image_len];
        let top = 2 * ((first + row) % tiling.down);
        let (upper, lower) = lines[..2 * row_len].split_at_mut(row_len);
        if R != 3 {
            window.fill_line(image, top, upper);
        }
        if R != 0 {
            window.fill_line(image, top + 1, lower);
        }
        for block in blocks {
            let width = block.vectors * V::N;
            for across in 0..tiling.across {
                let tile = row * tiling.across + across;
                for v in 0..block.vectors {
                    // SAFETY: tiles stay below `capacity`, so the 4 positions lie inside the block's panel; the
                    // lines hold 2 across pixels of `channels`, a multiple of N.
                    unsafe {
                        let at = 2 * across * channels + block.start + v * V::N;
                        let panel = panels.as_mut_ptr().add((block.start - start) * ROW * capacity);
                        let to = Spread {
                            base: panel.add(tile * width + v * V::N),
                            position: capacity * width,
                        };
                        gradient_row::<V, R>([upper.as_ptr().add(at), lower.as_ptr().add(at)], channels, to);
                    }
                }
            }
        }
    }
}

/// Sizes of one batch of tiles for one block of output channels.
#[derive(Clone, Copy)]
struct Products {
    tiles: usize,
    capacity: usize,
    c_in: usize,
    c_out: usize,
    start: usize,
    /// Of positions.
    row: usize,
    /// Nothing was summed before.
    fresh: bool,
}

/// `sums[position][ci][co] += sum_tiles inputs * gradients`.
#[inline(always)]
fn add_products<V: Lanes, const M: usize, const NV: usize>(
    batch: Products,
    inputs: &[f32],
    panel: &[f32],
    sums: Shared<'_>,
) {
    let Products {
        tiles,
        capacity,
        c_in,
        c_out,
        start,
        row,
        fresh,
    } = batch;
    let width = NV * V::N;
    assert!(c_in.is_multiple_of(M) && V::N.is_multiple_of(M) && start + width <= c_out);
    assert!(ROW * capacity * c_in <= inputs.len() && tiles <= capacity);
    assert!(ROW * capacity * width <= panel.len() && ROW * (row + 1) * c_in * c_out <= sums.len());
    let pixels = Pixels {
        rows: 1,
        cols: tiles,
        x_col: V::N,
        x_row: 0,
    };
    for position in 0..ROW {
        for m in (0..c_in).step_by(M) {
            // SAFETY: lengths asserted above; M divides a register, so a tile's M floats lie inside it; another piece has
            // other positions or other channels.
            unsafe {
                let x = inputs
                    .as_ptr()
                    .add(position * capacity * c_in + m / V::N * capacity * V::N + m % V::N);
                let g = panel.as_ptr().add(position * capacity * width);
                let mut acc = [[V::splat(0.0); NV]; M];
                channel_tile::<V, M, NV>(x, pixels, g, &mut acc);
                for (lane, registers) in acc.iter().enumerate() {
                    for (v, register) in registers.iter().enumerate() {
                        let at = ((ROW * row + position) * c_in + m + lane) * c_out + start + v * V::N;
                        let to = sums.pointer().add(at);
                        let before = if fresh { V::splat(0.0) } else { V::load(to) };
                        before.add(*register).store(to);
                    }
                }
            }
        }
    }
}
