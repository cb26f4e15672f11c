//! 3x3 convolutions to one or two channels (the U-Net's head is 8 -> 2 at full size): lanes run over the input channels,
//! because registers of output channels would be half empty.

use super::plan::Affine;
use crate::ops::conv::shape::ConvShape;
use crate::ops::cpu::band::Window;
use crate::ops::cpu::parallel::{self, Shared};
use crate::ops::cpu::scratch::{Buffer, with_piece_scratch};
use crate::ops::cpu::simd::{Lanes, Width, Work, dispatch};

/// Output channels of a tile.
const OUT: usize = 2;
/// Pixels of a tile.
const PIXELS: usize = 4;
/// Floats of a padded band of input, as for the wide convolutions.
const BAND_FLOATS: usize = 48 * 1024;

/// Whether a convolution should go this way.
pub(crate) fn pays(s: &ConvShape, width: Width) -> bool {
    s.k == 3 && s.c_out <= OUT && s.c_in.is_multiple_of(width.lanes)
}

/// What becomes of a sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Epilogue<'a> {
    pub bias: &'a [f32],
    pub relu: bool,
    pub affine: Option<Affine<'a>>,
}

impl Epilogue<'_> {
    fn apply(&self, channel: usize, sum: f32) -> f32 {
        let mut value = sum + self.bias[channel];
        if self.relu {
            value = value.max(0.0);
        }
        match self.affine {
            Some(affine) => value * affine.scale[channel] + affine.shift[channel],
            None => value,
        }
    }
}

/// `y = x * w` with the epilogue, for a convolution that [`pays`].
pub(crate) fn run(s: &ConvShape, x: &[f32], w: &[f32], epilogue: Epilogue<'_>, y: &mut [f32], panels: &mut Buffer) {
    struct Band<'a> {
        s: &'a ConvShape,
        band: &'a [f32],
        rows: &'a [f32],
        epilogue: Epilogue<'a>,
        y: &'a mut [f32],
    }
    impl Work for Band<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self {
                s,
                band,
                rows,
                epilogue,
                y,
            } = self;
            let row_len = (s.width + 2) * s.c_in;
            for (row, y) in y.chunks_exact_mut(s.width * s.c_out).enumerate() {
                run_row::<V>(s, &band[row * row_len..][..3 * row_len], rows, epilogue, y);
            }
        }
    }
    let depth = 9 * s.c_in;
    // One row of weights an output channel; a missing second channel is zeros.
    let rows = panels.take(OUT * depth);
    for (channel, row) in rows.chunks_exact_mut(depth).enumerate() {
        for (k, value) in row.iter_mut().enumerate() {
            *value = if channel < s.c_out {
                w[k * s.c_out + channel]
            } else {
                0.0
            };
        }
    }
    let window = Window {
        in_h: s.height,
        in_w: s.width,
        channels: s.c_in,
        out_h: s.height,
        out_w: s.width,
        stride: 1,
        kh: 3,
        kw: 3,
        pad_top: 1,
        pad_left: 1,
    };
    let rows: &[f32] = rows;
    let (row_len, image_len) = (window.row_len(), s.height * s.width * s.c_in);
    let wanted = parallel::pieces_of(s.batch * image_len * 9 * s.c_out);
    let bands = wanted.div_ceil(s.batch);
    let rows_per_band = window.rows_per_band(BAND_FLOATS).min(s.height.div_ceil(bands));
    let bands = s.height.div_ceil(rows_per_band);
    let y = Shared::new(y);
    parallel::for_each(s.batch * bands, |piece| {
        let (b, first) = (piece / bands, piece % bands * rows_per_band);
        let count = rows_per_band.min(s.height - first);
        let start = (b * s.height + first) * s.width * s.c_out;
        // SAFETY: a piece's rows are its own.
        let y = unsafe { y.part(start..start + count * s.width * s.c_out) };
        with_piece_scratch(|scratch| {
            let band = scratch.image.take(window.padded_rows(count) * row_len);
            window.fill(&x[b * image_len..][..image_len], first, count, band);
            dispatch(Band {
                s,
                band,
                rows,
                epilogue,
                y,
            });
        });
    });
}

/// One row of output from three padded rows of input.
#[inline(always)]
fn run_row<V: Lanes>(s: &ConvShape, lines: &[f32], rows: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
    let row_len = (s.width + 2) * s.c_in;
    let (depth, run) = (9 * s.c_in, 3 * s.c_in);
    assert!(lines.len() == 3 * row_len && rows.len() == OUT * depth);
    for col in (0..s.width).step_by(PIXELS) {
        let mut sums = [0.0f32; PIXELS * OUT * 16];
        // SAFETY: a column is at most `width - 1`, so its run of three pixels ends within its padded row; a row of
        // weights has three runs; `sums` has room for registers of 16 lanes.
        unsafe {
            let mut acc = [[V::splat(0.0); OUT]; PIXELS];
            for line in 0..3 {
                // A short last tile computes its last pixel several times over.
                let at: [*const f32; PIXELS] = core::array::from_fn(|p| {
                    let pixel = (col + p).min(s.width - 1);
                    lines.as_ptr().add(line * row_len + pixel * s.c_in)
                });
                let weights = rows.as_ptr().add(line * run);
                for k in (0..run).step_by(V::N) {
                    let w: [V; OUT] = core::array::from_fn(|o| V::load(weights.add(o * depth + k)));
                    for p in 0..PIXELS {
                        let value = V::load(at[p].add(k));
                        for o in 0..OUT {
                            acc[p][o] = acc[p][o].mul_acc(value, w[o]);
                        }
                    }
                }
            }
            for (i, sum) in acc.iter().flatten().enumerate() {
                sum.store(sums.as_mut_ptr().add(i * V::N));
            }
        }
        let pixels = y[col * s.c_out..].chunks_exact_mut(s.c_out).take(PIXELS);
        for (p, pixel) in pixels.enumerate() {
            for (channel, value) in pixel.iter_mut().enumerate() {
                let lanes = &sums[(p * OUT + channel) * V::N..][..V::N];
                *value = epilogue.apply(channel, lanes.iter().sum());
            }
        }
    }
}
