//! Gradients of a convolution with respect to its weights and bias.
//!
//! `gw[tap][ci][co] = sum_pixels x[pixel + tap][ci] * gy[pixel][co]`: sums over all pixels of an outer product.
//! A register tile of input x output channels stays in registers over a whole band of rows.

use std::ops::Range;

use super::{plan::Target, pointwise, winograd_weight};
use crate::ops::{
    conv::shape::ConvShape,
    cpu::{
        band::Window,
        micro::{Pixels, channel_tile},
        pack::{Block, blocks, copy_padded},
        parallel::{self, Shared},
        scratch::{Buffer, Scratch, with_piece_scratch, with_scratch},
        simd::{Lanes, Width, Work, copy_short, dispatch},
    },
};

/// Floats of a padded band of input: 64 KiB.
const BAND_FLOATS: usize = 16 * 1024;
/// Floats that bands' sums are kept in until they are added: 1 MiB, of the L2 and L3 cache.
const PARTIAL_FLOATS: usize = 256 * 1024;
/// Bands at a time that are enough for the threads.
const LEAST_WAVE: usize = 8;
/// Input channels of the tallest register tile.
const TALLEST: usize = 8;

/// A weight gradient in the form the loop nest runs: the window over the input, and where the output gradient of
/// each kernel position lies.
pub(crate) struct GradPlan {
    pub batch: usize,
    pub window: Window,
    pub source: Target,
    pub origin: usize,
}

/// `gw[k, k, c_in, c_out]` and `gb[c_out]` of the convolution of shape `s` with input `x` and output gradient
/// `gy` (masked by the ReLU already). Both are overwritten.
pub fn conv2d_weight_grad(s: &ConvShape, x: &[f32], gy: &[f32], gw: &mut [f32], gb: &mut [f32]) {
    assert_eq!(x.len(), s.input_len(), "conv2d_weight_grad: input length");
    assert_eq!(gy.len(), s.output_len(), "conv2d_weight_grad: output gradient length");
    assert_eq!(gw.len(), s.weight_len(), "conv2d_weight_grad: weight gradient length");
    assert_eq!(gb.len(), s.c_out, "conv2d_weight_grad: bias gradient length");
    gw.fill(0.0);
    gb.fill(0.0);
    if s.is_empty() {
        return;
    }
    if pointwise::pays(s) {
        return pointwise::weight_grad(s, x, gy, gw, gb);
    }
    let width = Width::chosen();
    if winograd_weight::weight_grad_pays(s, width) {
        return with_scratch(|scratch| {
            winograd_weight::run_weight_grad(s, width, x, gy, gw, gb, &mut scratch.weights);
        });
    }
    let pad = s.pad_before();
    let plan = GradPlan {
        batch: s.batch,
        window: Window {
            in_h: s.height,
            in_w: s.width,
            channels: s.c_in,
            out_h: s.height,
            out_w: s.width,
            stride: 1,
            kh: s.k,
            kw: s.k,
            pad_top: pad,
            pad_left: pad,
        },
        source: Target {
            channels: s.c_out,
            image: s.height * s.width * s.c_out,
            row_stride: s.width * s.c_out,
            col_stride: s.c_out,
        },
        origin: 0,
    };
    with_scratch(|scratch| run_weight_grad(&plan, width, x, gy, gw, gb, &mut scratch.panels));
}

/// Adds the gradients of `plan` to `gw` (`[kh * kw * channels, c_out]`) and `gb`: the sums of each band of rows, in the order
/// of the bands. Pieces are bands, whose sums are kept until they can be added in that order; or, where those are too many
/// floats, rows of taps and blocks of output channels, each of which goes through all bands.
pub(crate) fn run_weight_grad(
    plan: &GradPlan,
    width: Width,
    x: &[f32],
    gy: &[f32],
    gw: &mut [f32],
    gb: &mut [f32],
    buffer: &mut Buffer,
) {
    let window = &plan.window;
    let rows = window.rows_per_band(BAND_FLOATS);
    let bands = plan.batch * window.out_h.div_ceil(rows);
    let blocks: Vec<Block> = blocks(width, plan.source.channels).collect();
    let inputs = Inputs { plan, rows, x, gy };
    let (gw_len, gb_len) = (gw.len(), gb.len());
    let wave = (PARTIAL_FLOATS / (gw_len + gb_len).max(1)).min(bands);
    if wave < bands.min(LEAST_WAVE) {
        let (gw, gb) = (Shared::new(gw), Shared::new(gb));
        parallel::for_each(blocks.len() * window.kh, |piece| {
            let (block, tap) = (piece / window.kh, piece % window.kh);
            let gb = (tap == 0).then_some(gb);
            run(Job {
                inputs,
                blocks: &blocks[block..block + 1],
                bands: 0..bands,
                taps: tap..tap + 1,
                gw,
                gb,
                add: true,
            });
        });
        return;
    }
    let groups = parallel::PIECES.div_ceil(wave).min(blocks.len());
    let (weights, biases) = buffer.take(wave * (gw_len + gb_len)).split_at_mut(wave * gw_len);
    for first in (0..bands).step_by(wave) {
        let count = wave.min(bands - first);
        let (weights, biases) = (&mut weights[..count * gw_len], &mut biases[..count * gb_len]);
        {
            let (weights, biases) = (Shared::new(weights), Shared::new(biases));
            parallel::for_each(count * groups, |piece| {
                let (band, group) = (piece / groups, piece % groups);
                run(Job {
                    inputs,
                    blocks: &blocks[parallel::part(blocks.len(), groups, group)],
                    bands: first + band..first + band + 1,
                    taps: 0..window.kh,
                    gw: weights.from(band * gw_len, gw_len),
                    gb: Some(biases.from(band * gb_len, gb_len)),
                    add: false,
                });
            });
        }
        parallel::add_up(weights, gw);
        parallel::add_up(biases, gb);
    }
}

/// What all pieces read.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    plan: &'a GradPlan,
    /// Of a band.
    rows: usize,
    x: &'a [f32],
    gy: &'a [f32],
}

/// A piece of a weight gradient.
struct Job<'a> {
    inputs: Inputs<'a>,
    blocks: &'a [Block],
    bands: Range<usize>,
    /// Rows of the kernel.
    taps: Range<usize>,
    gw: Shared<'a>,
    /// None where another piece sums the same.
    gb: Option<Shared<'a>>,
    /// Adds to what is there, instead of replacing it.
    add: bool,
}

fn run(job: Job<'_>) {
    struct Piece<'a>(Job<'a>, &'a mut Scratch);
    impl Work for Piece<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            run_piece::<V>(&self.0, self.1);
        }
    }
    with_piece_scratch(|scratch| dispatch(Piece(job, scratch)));
}

#[inline(always)]
fn run_piece<V: Lanes>(job: &Job<'_>, scratch: &mut Scratch) {
    let Inputs {
        plan,
        rows: most,
        x,
        gy,
    } = job.inputs;
    let window = &plan.window;
    let image_len = window.in_h * window.in_w * window.channels;
    let bands = window.out_h.div_ceil(most);
    // A tile at the end of the taps reads up to TALLEST - 1 floats past the band.
    let band_len = window.padded_rows(most) * window.row_len() + TALLEST;
    let band = scratch.image.take(band_len);
    band[band_len - TALLEST..].fill(0.0);
    for at in job.bands.clone() {
        let (image, row) = (at / bands, at % bands * most);
        let rows = most.min(window.out_h - row);
        window.fill(&x[image * image_len..][..image_len], row, rows, band);
        let gy = &gy[plan.origin + image * plan.source.image + row * plan.source.row_stride..];
        for &block in job.blocks {
            let panel = scratch.panels.take(rows * window.out_w * block.vectors * V::N);
            pack_gradients::<V>(plan, gy, block, panel);
            if let Some(gb) = job.gb {
                // SAFETY: a block's sums belong to one piece.
                let gb = unsafe { gb.part(block.start..block.start + block.len) };
                add_gradients::<V>(panel, block, job.add, gb);
            }
            let out = Out {
                start: block.start,
                len: block.len,
                c_out: plan.source.channels,
                taps: (job.taps.start, job.taps.end),
                add: job.add,
            };
            match block.vectors {
                4 => run_block::<V, 2, 4>(window, band, rows, panel, out, job.gw),
                2 => run_block::<V, 4, 2>(window, band, rows, panel, out, job.gw),
                _ => run_block::<V, TALLEST, 1>(window, band, rows, panel, out, job.gw),
            }
        }
    }
}

/// The output channels a block of the gradient covers.
#[derive(Clone, Copy)]
struct Out {
    start: usize,
    len: usize,
    c_out: usize,
    /// First row of the kernel, and the one after the last.
    taps: (usize, usize),
    add: bool,
}

/// One block of output channels, all taps and input channels, over one band.
#[inline(always)]
fn run_block<V: Lanes, const M: usize, const NV: usize>(
    window: &Window,
    band: &[f32],
    rows: usize,
    panel: &[f32],
    out: Out,
    gw: Shared<'_>,
) {
    let row_len = window.row_len();
    let run = window.kw * window.channels;
    let pixels = Pixels {
        rows,
        cols: window.out_w,
        x_col: window.channels,
        x_row: row_len,
    };
    assert!(
        window.padded_rows(rows) * row_len + TALLEST <= band.len(),
        "band is shorter than its window"
    );
    assert!(
        rows * window.out_w * NV * V::N <= panel.len(),
        "panel is shorter than its band"
    );
    for ky in out.taps.0..out.taps.1 {
        for m in (0..run).step_by(M) {
            let count = M.min(run - m);
            // SAFETY: the farthest pixel's M floats end inside the band's padded rows plus TALLEST, asserted above.
            let sums = unsafe {
                let mut acc = [[V::splat(0.0); NV]; M];
                channel_tile::<V, M, NV>(band.as_ptr().add(ky * row_len + m), pixels, panel.as_ptr(), &mut acc);
                acc
            };
            let mut whole = [0.0f32; 32];
            for (lane, sum) in sums.iter().enumerate().take(count) {
                let first = (ky * run + m + lane) * out.c_out + out.start;
                // SAFETY: `whole` holds the widest block; another piece has other taps, other channels or another output.
                let to = unsafe {
                    for (v, register) in sum.iter().enumerate() {
                        register.store(whole.as_mut_ptr().add(v * V::N));
                    }
                    gw.part(first..first + out.len)
                };
                if out.add {
                    for (t, s) in to.iter_mut().zip(&whole) {
                        *t += *s;
                    }
                } else {
                    copy_short::<V>(&whole[..out.len], to);
                }
            }
        }
    }
}

/// Packs the output gradients of a band, of one block of channels, into a panel `[pixel][width]`.
#[inline(always)]
fn pack_gradients<V: Lanes>(plan: &GradPlan, gy: &[f32], block: Block, panel: &mut [f32]) {
    let cols = plan.window.out_w;
    let width = block.vectors * V::N;
    for (row, targets) in panel.chunks_exact_mut(cols * width).enumerate() {
        let line = &gy[row * plan.source.row_stride + block.start..];
        for (col, target) in targets.chunks_exact_mut(width).enumerate() {
            copy_padded::<V>(&line[col * plan.source.col_stride..][..block.len], target);
        }
    }
}

/// The sums of a panel over its pixels.
#[inline(always)]
fn add_gradients<V: Lanes>(panel: &[f32], block: Block, add: bool, gb: &mut [f32]) {
    let width = block.vectors * V::N;
    let mut sums = [0.0f32; 32];
    for v in (0..width).step_by(V::N) {
        // SAFETY: a panel row is `width` floats, a multiple of N up to 16.
        unsafe {
            let mut sum = V::splat(0.0);
            for pixel in panel.chunks_exact(width) {
                sum = sum.add(V::load(pixel.as_ptr().add(v)));
            }
            sum.store(sums.as_mut_ptr().add(v));
        }
    }
    for (to, sum) in gb.iter_mut().zip(&sums) {
        *to = if add { *to + *sum } else { *sum };
    }
}
