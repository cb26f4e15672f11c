//! Nearest x2 upsampling followed by a 2x2 'same' convolution, as one operator that never makes the large tensor.
//!
//! Output pixel (2i + a, 2j + b) reads upsampled rows 2i + a and 2i + a + 1, that is input row i, and row i + 1
//! only if a = 1; columns alike. So the four parities ("phases") are convolutions at low resolution with 1, 2, 2
//! and 4 taps, whose weights are sums of the 2x2 kernel's: 9 multiplies where the plain way takes 16. The zero
//! row and column the 'same' padding puts below and right of the upsampled image are those of the small one.

#[cfg(test)]
mod tests;

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{UpConvGradOps, UpConvOps};
use crate::ops::{
    conv::{
        cpu::{
            Weights,
            plan::{Phase, Plan, Target, run_plan},
            weight_grad::{GradPlan, run_weight_grad},
        },
        shape::ConvShape,
    },
    cpu::{
        band::Window,
        pack::panels_len,
        parallel::{self, Shared},
        scratch::with_scratch,
        simd::Width,
        tensor::{Dense, tensor},
    },
};

/// The four phases: parity of row and column. Phase (a, b) has `(1 + a) x (1 + b)` taps.
const PHASES: [(usize, usize); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];

/// Taps of all phases together: 1 + 2 + 2 + 4.
const TAPS: usize = 9;

/// `y = conv2x2(upsample2(x), w) + bias`, then ReLU if `relu`. `x`: `[batch, height, width, c_in]`,
/// `y`: `[batch, 2 height, 2 width, c_out]`, `w`: `[2, 2, c_in, c_out]`.
pub fn up_conv2d(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, y: &mut [f32]) {
    check(s);
    assert_eq!(x.len(), s.input_len(), "up_conv2d: input length");
    assert_eq!(w.len(), s.weight_len(), "up_conv2d: weight length");
    assert_eq!(bias.len(), s.c_out, "up_conv2d: bias length");
    assert_eq!(y.len(), 4 * s.output_len(), "up_conv2d: output length");
    if s.is_empty() {
        return;
    }
    let width = Width::chosen();
    let tap_len = s.c_in * s.c_out;
    with_scratch(|scratch| {
        let summed = scratch.weights.take(TAPS * tap_len);
        sum_phases(w, tap_len, summed);
        let panel_len = panels_len(s.c_out, width.lanes, s.c_in);
        let panels = scratch.panels.take(TAPS * panel_len);
        for ((a, b), tap) in phases() {
            let taps = (1 + a) * (1 + b);
            let weights = Weights {
                w: &summed[tap * tap_len..][..taps * tap_len],
                taps,
                c_in: s.c_in,
                c_out: s.c_out,
                flipped: false,
            };
            weights.pack(width, &mut panels[tap * panel_len..][..taps * panel_len], None);
        }
        let panels: &[f32] = panels;
        let row = 2 * s.width * s.c_out;
        let phases: Vec<Phase<'_>> = phases()
            .map(|((a, b), tap)| Phase {
                kh: 1 + a,
                kw: 1 + b,
                top: 0,
                left: 0,
                panels: &panels[tap * panel_len..][..(1 + a) * (1 + b) * panel_len],
                origin: a * row + b * s.c_out,
            })
            .collect();
        let plan = Plan {
            batch: s.batch,
            window: low_window(s),
            target: Target {
                channels: s.c_out,
                image: 2 * s.height * row,
                row_stride: 2 * row,
                col_stride: 2 * s.c_out,
            },
            phases: &phases,
            bias: Some(bias),
            relu,
            affine: None,
        };
        run_plan(&plan, x, y);
    });
}

/// The gradient of [`up_conv2d`] with respect to its input. Seen from input pixel i the output rows 2i - 1,
/// 2i, 2i + 1 carry the kernel rows 1, 0 + 1 and 0: a 3x3 convolution of stride 2 over `gy`, again nine taps.
pub fn up_conv2d_data_grad(s: &ConvShape, gy: &[f32], w: &[f32], gx: &mut [f32]) {
    check(s);
    assert_eq!(
        gy.len(),
        4 * s.output_len(),
        "up_conv2d_data_grad: output gradient length"
    );
    assert_eq!(w.len(), s.weight_len(), "up_conv2d_data_grad: weight length");
    assert_eq!(gx.len(), s.input_len(), "up_conv2d_data_grad: input gradient length");
    if s.is_empty() {
        gx.fill(0.0);
        return;
    }
    let width = Width::chosen();
    let tap_len = s.c_in * s.c_out;
    with_scratch(|scratch| {
        let summed = scratch.weights.take(TAPS * tap_len);
        sum_window(w, tap_len, summed);
        let panels = scratch.panels.take(panels_len(s.c_in, width.lanes, TAPS * s.c_out));
        let weights = Weights {
            w: summed,
            taps: TAPS,
            c_in: s.c_in,
            c_out: s.c_out,
            flipped: true,
        };
        weights.pack(width, panels, None);
        let phases = [Phase {
            kh: 3,
            kw: 3,
            top: 0,
            left: 0,
            panels,
            origin: 0,
        }];
        let row = s.width * s.c_in;
        let plan = Plan {
            batch: s.batch,
            window: Window {
                in_h: 2 * s.height,
                in_w: 2 * s.width,
                channels: s.c_out,
                out_h: s.height,
                out_w: s.width,
                stride: 2,
                kh: 3,
                kw: 3,
                pad_top: 1,
                pad_left: 1,
            },
            target: Target {
                channels: s.c_in,
                image: s.height * row,
                row_stride: row,
                col_stride: s.c_in,
            },
            phases: &phases,
            bias: None,
            relu: false,
            affine: None,
        };
        run_plan(&plan, gy, gx);
    });
}

/// The gradients of [`up_conv2d`] with respect to weights and bias.
pub fn up_conv2d_weight_grad(s: &ConvShape, x: &[f32], gy: &[f32], gw: &mut [f32], gb: &mut [f32]) {
    check(s);
    assert_eq!(x.len(), s.input_len(), "up_conv2d_weight_grad: input length");
    assert_eq!(
        gy.len(),
        4 * s.output_len(),
        "up_conv2d_weight_grad: output gradient length"
    );
    assert_eq!(
        gw.len(),
        s.weight_len(),
        "up_conv2d_weight_grad: weight gradient length"
    );
    assert_eq!(gb.len(), s.c_out, "up_conv2d_weight_grad: bias gradient length");
    gw.fill(0.0);
    gb.fill(0.0);
    if s.is_empty() {
        return;
    }
    let width = Width::chosen();
    let tap_len = s.c_in * s.c_out;
    let row = 2 * s.width * s.c_out;
    with_scratch(|scratch| {
        let partial = scratch.weights.take(TAPS * tap_len);
        partial.fill(0.0);
        for ((a, b), tap) in phases() {
            let plan = GradPlan {
                batch: s.batch,
                window: Window {
                    kh: 1 + a,
                    kw: 1 + b,
                    ..low_window(s)
                },
                source: Target {
                    channels: s.c_out,
                    image: 2 * s.height * row,
                    row_stride: 2 * row,
                    col_stride: 2 * s.c_out,
                },
                origin: a * row + b * s.c_out,
            };
            let sums = &mut partial[tap * tap_len..][..(1 + a) * (1 + b) * tap_len];
            run_weight_grad(&plan, width, x, gy, sums, gb, &mut scratch.panels);
        }
        spread_phases(partial, tap_len, gw);
    });
}

impl UpConvOps for Flex {
    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (Dense::new(x), Dense::new(weight), Dense::new(bias));
        let s = ConvShape::of(x.dims(), weight.dims());
        let mut y = vec![0.0; 4 * s.output_len()];
        up_conv2d(&s, x.values(), weight.values(), bias.values(), relu, &mut y);
        tensor(y, s.grid(2, s.c_out))
    }
}

impl UpConvGradOps for Flex {
    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (Dense::new(gy), Dense::new(weight));
        let [batch, height, width, c_out] = gy.dims();
        let s = ConvShape::of([batch, height / 2, width / 2, c_out], weight.dims());
        let mut gx = vec![0.0; s.input_len()];
        up_conv2d_data_grad(&s, gy.values(), weight.values(), &mut gx);
        tensor(gx, s.grid(1, s.c_in))
    }

    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (Dense::new(x), Dense::new(gy));
        let ([_, _, _, c_in], [_, _, _, c_out]) = (x.dims(), gy.dims());
        let s = ConvShape::of(x.dims(), [2, 2, c_in, c_out]);
        let (mut gw, mut gb) = (vec![0.0; s.weight_len()], vec![0.0; c_out]);
        up_conv2d_weight_grad(&s, x.values(), gy.values(), &mut gw, &mut gb);
        (tensor(gw, s.weight()), tensor(gb, [c_out]))
    }
}

fn check(s: &ConvShape) {
    assert_eq!(s.k, 2, "the up-convolution's kernel is 2x2");
}

/// The window of the phase convolutions: at most 2x2 taps, zeros below and right.
fn low_window(s: &ConvShape) -> Window {
    Window {
        in_h: s.height,
        in_w: s.width,
        channels: s.c_in,
        out_h: s.height,
        out_w: s.width,
        stride: 1,
        kh: 2,
        kw: 2,
        pad_top: 0,
        pad_left: 0,
    }
}

/// The phases, and the first tap (0 .. 9) of each.
fn phases() -> impl Iterator<Item = ((usize, usize), usize)> {
    let mut first = 0;
    PHASES.into_iter().map(move |(a, b)| {
        let start = first;
        first += (1 + a) * (1 + b);
        ((a, b), start)
    })
}

/// For every phase, and every tap (ky, kx) of the 2x2 kernel, the phase's tap it falls on (0 .. 9).
fn phase_taps() -> impl Iterator<Item = (usize, usize)> {
    phases().flat_map(|((a, b), start)| (0..4).map(move |t| (t, start + (t / 2) * a * (1 + b) + (t % 2) * b)))
}

/// Weights of the four phases, one after the other: sums of those 2x2 taps that meet the same input pixel.
fn sum_phases(w: &[f32], tap_len: usize, summed: &mut [f32]) {
    summed.fill(0.0);
    add_taps(phase_taps, tap_len, w, summed);
}

/// The transpose of [`sum_phases`]: `gw` gains each phase tap's gradient at every tap it was a sum of.
fn spread_phases(partial: &[f32], tap_len: usize, gw: &mut [f32]) {
    add_taps(|| phase_taps().map(|(tap, from)| (from, tap)), tap_len, partial, gw);
}

/// The 3x3 stride-2 kernel of the data gradient, in the forward's orientation (it is turned when packed): row 0
/// holds kernel row 0, row 1 both, row 2 kernel row 1; columns alike.
fn sum_window(w: &[f32], tap_len: usize, summed: &mut [f32]) {
    summed.fill(0.0);
    let pairs = || (0..4).flat_map(|tap| PHASES.map(|(dy, dx)| (tap, (tap / 2 + dy) * 3 + tap % 2 + dx)));
    add_taps(pairs, tap_len, w, summed);
}

/// Adds taps of `from` to taps of `to`, `tap_len` floats each, pair after pair of (from, to).
fn add_taps<I: Iterator<Item = (usize, usize)>>(
    pairs: impl Fn() -> I + Send + Sync,
    tap_len: usize,
    from: &[f32],
    to: &mut [f32],
) {
    let to = Shared::new(to);
    parallel::for_ranges(tap_len, 16, 2 * TAPS, |range| {
        for (tap, target) in pairs() {
            let start = target * tap_len;
            // SAFETY: a piece has its own range of every tap.
            let to = unsafe { to.part(start + range.start..start + range.end) };
            for (to, from) in to.iter_mut().zip(&from[tap * tap_len..][range.clone()]) {
                *to += *from;
            }
        }
    });
}
