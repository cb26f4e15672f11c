//! Gradients of a convolution with respect to its weights and bias.
//!
//! `gw[tap][ci][co] = sum_pixels x[pixel + tap][ci] * gy[pixel][co]`: sums over all pixels of an outer product.
//! A register tile of input x output channels stays in registers over a whole band of rows.

use super::{plan::Target, pointwise, winograd_weight};
use crate::ops::{
    conv::shape::ConvShape,
    cpu::{
        band::Window,
        micro::{Pixels, channel_tile},
        pack::{blocks, copy_padded, panels_len},
        scratch::{Buffer, Scratch, with_scratch},
        simd::{Lanes, Work, dispatch},
    },
};

/// Floats of a padded band of input: 64 KiB.
const BAND_FLOATS: usize = 16 * 1024;
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
    struct WeightGrad<'a>(
        &'a ConvShape,
        &'a [f32],
        &'a [f32],
        &'a mut [f32],
        &'a mut [f32],
        &'a mut Scratch,
    );
    impl Work for WeightGrad<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(s, x, gy, gw, gb, scratch) = self;
            if winograd_weight::weight_grad_pays::<V>(s) {
                winograd_weight::run_weight_grad::<V>(s, x, gy, gw, gb, scratch);
                return;
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
            run_weight_grad::<V>(&plan, x, gy, gw, gb, &mut scratch.image, &mut scratch.panels);
        }
    }
    with_scratch(|scratch| dispatch(WeightGrad(s, x, gy, gw, gb, scratch)));
}

/// Adds the gradients of `plan` to `gw` (`[kh * kw * channels, c_out]`) and `gb`.
#[inline(always)]
pub(crate) fn run_weight_grad<V: Lanes>(
    plan: &GradPlan,
    x: &[f32],
    gy: &[f32],
    gw: &mut [f32],
    gb: &mut [f32],
    image_buffer: &mut Buffer,
    panel_buffer: &mut Buffer,
) {
    let window = &plan.window;
    let c_out = plan.source.channels;
    let image_len = window.in_h * window.in_w * window.channels;
    let rows_per_band = window.rows_per_band(BAND_FLOATS);
    let row_len = window.row_len();
    // A tile at the end of the taps reads up to TALLEST - 1 floats past the band.
    let band_len = window.padded_rows(rows_per_band) * row_len + TALLEST;
    let band = image_buffer.take(band_len);
    band[band_len - TALLEST..].fill(0.0);
    let panels = panel_buffer.take(panels_len(c_out, V::N, rows_per_band * window.out_w));
    for b in 0..plan.batch {
        let image = &x[b * image_len..][..image_len];
        for row in (0..window.out_h).step_by(rows_per_band) {
            let rows = rows_per_band.min(window.out_h - row);
            window.fill(image, row, rows, band);
            let first = plan.origin + b * plan.source.image + row * plan.source.row_stride;
            pack_gradients::<V>(plan, &gy[first..], rows, panels, gb);
            let depth = rows * window.out_w;
            for block in blocks::<V>(c_out) {
                let panel = &panels[block.start * depth..][..depth * block.vectors * V::N];
                let out = Out {
                    start: block.start,
                    len: block.len,
                    c_out,
                };
                match block.vectors {
                    4 => run_block::<V, 2, 4>(window, band, rows, panel, out, gw),
                    2 => run_block::<V, 4, 2>(window, band, rows, panel, out, gw),
                    _ => run_block::<V, TALLEST, 1>(window, band, rows, panel, out, gw),
                }
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
}

/// One block of output channels, all taps and input channels, over one band.
#[inline(always)]
fn run_block<V: Lanes, const M: usize, const NV: usize>(
    window: &Window,
    band: &[f32],
    rows: usize,
    panel: &[f32],
    out: Out,
    gw: &mut [f32],
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
    for ky in 0..window.kh {
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
                let to = &mut gw[(ky * run + m + lane) * out.c_out + out.start..][..out.len];
                // SAFETY: `whole` holds the widest block.
                unsafe {
                    for (v, register) in sum.iter().enumerate() {
                        register.store(whole.as_mut_ptr().add(v * V::N));
                    }
                }
                for (t, s) in to.iter_mut().zip(&whole) {
                    *t += *s;
                }
            }
        }
    }
}

/// Packs the output gradients of a band into panels `[block][pixel][width]` and adds them up into `gb`.
#[inline(always)]
fn pack_gradients<V: Lanes>(plan: &GradPlan, gy: &[f32], rows: usize, panels: &mut [f32], gb: &mut [f32]) {
    let cols = plan.window.out_w;
    let depth = rows * cols;
    for block in blocks::<V>(plan.source.channels) {
        let width = block.vectors * V::N;
        let panel = &mut panels[block.start * depth..][..depth * width];
        let mut sums = [0.0f32; 32];
        for (row, targets) in panel.chunks_exact_mut(cols * width).enumerate() {
            let line = &gy[row * plan.source.row_stride + block.start..];
            for (col, target) in targets.chunks_exact_mut(width).enumerate() {
                copy_padded::<V>(&line[col * plan.source.col_stride..][..block.len], target);
            }
        }
        for v in (0..width).step_by(V::N) {
            // SAFETY: a panel row is `width` floats, a multiple of N up to 16.
            unsafe {
                let mut sum = V::splat(0.0);
                for pixel in 0..depth {
                    sum = sum.add(V::load(panel.as_ptr().add(pixel * width + v)));
                }
                sum.store(sums.as_mut_ptr().add(v));
            }
        }
        for (to, sum) in gb[block.start..block.start + block.len].iter_mut().zip(&sums) {
            *to += *sum;
        }
    }
}
