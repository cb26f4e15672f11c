//! The weight gradient of 3x3 convolutions through [`super::winograd`].

use super::winograd::*;
use super::winograd_conv::{Layout, Tiling, pays, transform_rows};
use crate::ops::conv::shape::ConvShape;
use crate::ops::cpu::band::Window;
use crate::ops::cpu::micro::{Pixels, channel_tile};
use crate::ops::cpu::pack::{blocks, panels_len};
use crate::ops::cpu::scratch::Scratch;
use crate::ops::cpu::simd::Lanes;

/// Whether the weight gradient should go this way: whole registers on both sides.
pub(crate) fn weight_grad_pays<V: Lanes>(s: &ConvShape) -> bool {
    pays::<V>(s, s.c_in, s.c_out) && s.c_out.is_multiple_of(V::N)
}

/// `gw` and `gb` of the 3x3 convolution of shape `s`; `gb` must be zero.
#[inline(always)]
pub(crate) fn run_weight_grad<V: Lanes>(
    s: &ConvShape,
    x: &[f32],
    gy: &[f32],
    gw: &mut [f32],
    gb: &mut [f32],
    scratch: &mut Scratch,
) {
    let tiling = Tiling::new(s, s.c_in.max(s.c_out));
    let capacity = tiling.capacity();
    let x_window = tiling.window(s.c_in, 4, 1);
    let g_window = tiling.window(s.c_out, 2, 0);
    let line_len = (4 * x_window.row_len()).max(2 * g_window.row_len());
    let (lines, inputs) = scratch
        .image
        .take(line_len + POSITIONS * capacity * s.c_in)
        .split_at_mut(line_len);
    let panels = scratch.panels.take(panels_len(s.c_out, V::N, POSITIONS * capacity));
    let len = s.c_in * s.c_out;
    let sums = scratch.weights.take(POSITIONS * len);
    sums.fill(0.0);
    let rows = tiling.batch * tiling.down;
    for first in (0..rows).step_by(tiling.rows) {
        let count = tiling.rows.min(rows - first);
        let tiles = count * tiling.across;
        // Channels in registers, tiles side by side: what a register tile walks over is contiguous.
        let layout = Layout {
            position: capacity * s.c_in,
            tile: V::N,
            register: capacity * V::N,
        };
        transform_rows::<V>(&tiling, &x_window, x, first, count, lines, inputs, layout);
        transform_gradients::<V>(&tiling, &g_window, gy, first, count, lines, panels, capacity);
        for block in blocks::<V>(s.c_out) {
            let width = block.vectors * V::N;
            let panel = &panels[block.start * POSITIONS * capacity..][..POSITIONS * capacity * width];
            for gradients in panel[5 * capacity * width..][..tiles * width].chunks_exact(width) {
                // Position (1, 1) of A gy A^T is the sum of the tile's four gradients.
                for (to, gradient) in gb[block.start..].iter_mut().zip(gradients) {
                    *to += *gradient;
                }
            }
            let batch = Products {
                tiles,
                capacity,
                c_in: s.c_in,
                c_out: s.c_out,
                start: block.start,
            };
            match block.vectors {
                4 => add_products::<V, 2, 4>(batch, inputs, panel, sums),
                2 => add_products::<V, 4, 2>(batch, inputs, panel, sums),
                _ => add_products::<V, 4, 1>(batch, inputs, panel, sums),
            }
        }
    }
    tiles_to_weights::<V>(sums, len, gw);
}

/// `A gy A^T` of rows of tiles, as panels `[block][position][tile][width]`.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "two buffers and their layouts")]
fn transform_gradients<V: Lanes>(
    tiling: &Tiling,
    window: &Window,
    gy: &[f32],
    first: usize,
    count: usize,
    lines: &mut [f32],
    panels: &mut [f32],
    capacity: usize,
) {
    let channels = window.channels;
    let image_len = tiling.height * tiling.width * channels;
    let row_len = window.row_len();
    assert!(2 * row_len <= lines.len() && count * tiling.across <= capacity);
    assert!(panels_len(channels, V::N, POSITIONS * capacity) <= panels.len());
    for row in 0..count {
        let image = &gy[(first + row) / tiling.down * image_len..][..image_len];
        window.fill(image, (first + row) % tiling.down, 1, lines);
        for block in blocks::<V>(channels) {
            let width = block.vectors * V::N;
            for across in 0..tiling.across {
                let tile = row * tiling.across + across;
                for v in 0..block.vectors {
                    // SAFETY: tiles stay below `capacity`, so the 16 positions lie inside the block's panel; the
                    // lines hold 2 x 2 across pixels of `channels`, a multiple of N.
                    unsafe {
                        let from = lines.as_ptr().add(2 * across * channels + block.start + v * V::N);
                        let panel = panels.as_mut_ptr().add(block.start * POSITIONS * capacity);
                        let base = panel.add(tile * width + v * V::N);
                        gradient_tile::<V>(
                            from,
                            row_len,
                            channels,
                            Spread {
                                base,
                                position: capacity * width,
                            },
                        );
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
}

/// `sums[position][ci][co] += sum_tiles inputs * gradients`.
#[inline(always)]
fn add_products<V: Lanes, const M: usize, const NV: usize>(
    batch: Products,
    inputs: &[f32],
    panel: &[f32],
    sums: &mut [f32],
) {
    let Products {
        tiles,
        capacity,
        c_in,
        c_out,
        start,
    } = batch;
    let width = NV * V::N;
    assert!(c_in.is_multiple_of(M) && V::N.is_multiple_of(M) && start + width <= c_out);
    assert!(POSITIONS * capacity * c_in <= inputs.len() && tiles <= capacity);
    assert!(POSITIONS * capacity * width <= panel.len() && POSITIONS * c_in * c_out <= sums.len());
    let pixels = Pixels {
        rows: 1,
        cols: tiles,
        x_col: V::N,
        x_row: 0,
    };
    for position in 0..POSITIONS {
        for m in (0..c_in).step_by(M) {
            // SAFETY: lengths asserted above; M divides a register, so a tile's M floats lie inside it.
            unsafe {
                let x = inputs
                    .as_ptr()
                    .add(position * capacity * c_in + m / V::N * capacity * V::N + m % V::N);
                let g = panel.as_ptr().add(position * capacity * width);
                let mut acc = [[V::splat(0.0); NV]; M];
                channel_tile::<V, M, NV>(x, pixels, g, &mut acc);
                for (lane, registers) in acc.iter().enumerate() {
                    for (v, register) in registers.iter().enumerate() {
                        let to = sums
                            .as_mut_ptr()
                            .add((position * c_in + m + lane) * c_out + start + v * V::N);
                        V::load(to).add(*register).store(to);
                    }
                }
            }
        }
    }
}
