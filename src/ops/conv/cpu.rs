//! Convolution forward and data gradient: one blocked loop nest for both, and for the up-convolution's phases.

use super::band::Window;
use super::micro::{Runs, pixel_tile};
use super::narrow;
use super::pack::{Block, blocks, pack_flipped, pack_rows, panels_len};
use super::pointwise;
use super::scratch::with_scratch;
use super::shape::ConvShape;
use super::simd::{Lanes, Work, copy_short, dispatch};
use super::winograd_conv::{self, Layer};

/// Floats of a padded band of input: 192 KiB, a part of the L2 cache.
const BAND_FLOATS: usize = 48 * 1024;

/// One set of weights applied at every kernel position, and where its results go.
#[derive(Clone, Copy)]
pub(super) struct Phase<'a> {
    pub kh: usize,
    pub kw: usize,
    /// Row and column of the first tap in the window.
    pub top: usize,
    pub left: usize,
    /// The packed weights, `[blocks][kh * kw * channels][width]`.
    pub panels: &'a [f32],
    /// Where the first position's result goes in an output image, in floats.
    pub origin: usize,
}

/// Results of kernel position (row, column) of image b start at
/// `origin + b * image + row * row_stride + column * col_stride`.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub channels: usize,
    pub image: usize,
    pub row_stride: usize,
    pub col_stride: usize,
}

/// A convolution in the form the loop nest runs.
pub(super) struct Plan<'a> {
    pub batch: usize,
    pub window: Window,
    pub target: Target,
    pub phases: &'a [Phase<'a>],
    /// Per output channel; none is zero.
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
    pub affine: Option<Affine<'a>>,
}

/// Batch norm with fixed statistics, applied to a result before it is stored: `value * scale + shift`, per output channel.
#[derive(Clone, Copy)]
pub(super) struct Affine<'a> {
    pub scale: &'a [f32],
    pub shift: &'a [f32],
}

impl Affine<'_> {
    /// The values for a block of output channels, in whole registers.
    pub fn block(&self, block: Block) -> ([f32; 32], [f32; 32]) {
        let part = |values: &[f32]| {
            let mut whole = [0.0f32; 32];
            whole[..block.len].copy_from_slice(&values[block.start..block.start + block.len]);
            whole
        };
        (part(self.scale), part(self.shift))
    }
}

/// `y = x * w + bias`, then ReLU if `relu`. `x`: `[batch, height, width, c_in]`, `y`: the same with `c_out`.
pub fn conv_forward(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, y: &mut [f32]) {
    forward(s, x, w, bias, relu, None, y);
}

/// `y = relu(x * w + bias) * scale + shift`: a convolution and, in inference, the batch norm after it, in one pass.
pub fn conv_norm_forward(
    s: &ConvShape,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    scale: &[f32],
    shift: &[f32],
    y: &mut [f32],
) {
    assert_eq!(scale.len(), s.c_out, "conv_norm_forward: scale length");
    assert_eq!(shift.len(), s.c_out, "conv_norm_forward: shift length");
    forward(s, x, w, bias, true, Some(Affine { scale, shift }), y);
}

fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, affine: Option<Affine<'_>>, y: &mut [f32]) {
    assert_eq!(x.len(), s.input_len(), "conv_forward: input length");
    assert_eq!(w.len(), s.weight_len(), "conv_forward: weight length");
    assert_eq!(bias.len(), s.c_out, "conv_forward: bias length");
    assert_eq!(y.len(), s.output_len(), "conv_forward: output length");
    if s.is_empty() {
        return;
    }
    if affine.is_none() && pointwise::pays(s) {
        return pointwise::forward(s, x, w, bias, relu, y);
    }
    struct Forward<'a>(
        &'a ConvShape,
        &'a [f32],
        &'a [f32],
        &'a [f32],
        bool,
        Option<Affine<'a>>,
        &'a mut [f32],
    );
    impl Work for Forward<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(s, x, w, bias, relu, affine, y) = self;
            let depth = s.k * s.k * s.c_in;
            with_scratch(|scratch| {
                if narrow::pays::<V>(s) {
                    let epilogue = narrow::Epilogue { bias, relu, affine };
                    return narrow::run::<V>(s, x, w, epilogue, y, scratch);
                }
                let panels = scratch.panels.take(panels_len(s.c_out, V::N, depth));
                pack_rows::<V>(w, depth, s.c_out, panels);
                if winograd_conv::pays::<V>(s, s.c_in, s.c_out) {
                    let tiles = scratch
                        .weights
                        .take(winograd_conv::tile_panels_len::<V>(s.c_in, s.c_out));
                    winograd_conv::transform_panels::<V>(panels, s.c_in, s.c_out, tiles);
                    let layer = Layer {
                        from: s.c_in,
                        to: s.c_out,
                        panels: tiles,
                        bias: Some(bias),
                        relu,
                        affine,
                    };
                    winograd_conv::run_forward::<V>(s, &layer, x, y, &mut scratch.image);
                    return;
                }
                let pad = s.pad_before();
                let phases = [Phase {
                    kh: s.k,
                    kw: s.k,
                    top: 0,
                    left: 0,
                    panels,
                    origin: 0,
                }];
                let plan = same_plan(s, s.c_in, s.c_out, pad, &phases);
                let plan = Plan {
                    bias: Some(bias),
                    relu,
                    affine,
                    ..plan
                };
                run_plan::<V>(&plan, x, y, &mut scratch.image);
            });
        }
    }
    dispatch(Forward(s, x, w, bias, relu, affine, y));
}

/// The gradient with respect to the input: `gx = gy * w` turned and transposed. `s` is the forward's shape;
/// `gy` must be masked by the ReLU already.
pub fn conv_data_grad(s: &ConvShape, gy: &[f32], w: &[f32], gx: &mut [f32]) {
    assert_eq!(gy.len(), s.output_len(), "conv_data_grad: output gradient length");
    assert_eq!(w.len(), s.weight_len(), "conv_data_grad: weight length");
    assert_eq!(gx.len(), s.input_len(), "conv_data_grad: input gradient length");
    if s.is_empty() {
        gx.fill(0.0);
        return;
    }
    if pointwise::pays(s) {
        return pointwise::data_grad(s, gy, w, gx);
    }
    struct DataGrad<'a>(&'a ConvShape, &'a [f32], &'a [f32], &'a mut [f32]);
    impl Work for DataGrad<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(s, gy, w, gx) = self;
            let taps = s.k * s.k;
            with_scratch(|scratch| {
                let panels = scratch.panels.take(panels_len(s.c_in, V::N, taps * s.c_out));
                pack_flipped::<V>(w, taps, s.c_in, s.c_out, panels);
                if winograd_conv::pays::<V>(s, s.c_out, s.c_in) {
                    let tiles = scratch
                        .weights
                        .take(winograd_conv::tile_panels_len::<V>(s.c_out, s.c_in));
                    winograd_conv::transform_panels::<V>(panels, s.c_out, s.c_in, tiles);
                    let layer = Layer {
                        from: s.c_out,
                        to: s.c_in,
                        panels: tiles,
                        bias: None,
                        relu: false,
                        affine: None,
                    };
                    winograd_conv::run_forward::<V>(s, &layer, gy, gx, &mut scratch.image);
                    return;
                }
                let pad = s.k - 1 - s.pad_before();
                let phases = [Phase {
                    kh: s.k,
                    kw: s.k,
                    top: 0,
                    left: 0,
                    panels,
                    origin: 0,
                }];
                let plan = same_plan(s, s.c_out, s.c_in, pad, &phases);
                run_plan::<V>(&plan, gy, gx, &mut scratch.image);
            });
        }
    }
    dispatch(DataGrad(s, gy, w, gx));
}

/// The plan of a 'same' convolution from `from` to `to` channels, results stored as they are.
fn same_plan<'a>(s: &ConvShape, from: usize, to: usize, pad: usize, phases: &'a [Phase<'a>]) -> Plan<'a> {
    Plan {
        batch: s.batch,
        window: Window {
            in_h: s.height,
            in_w: s.width,
            channels: from,
            out_h: s.height,
            out_w: s.width,
            stride: 1,
            kh: s.k,
            kw: s.k,
            pad_top: pad,
            pad_left: pad,
        },
        target: Target {
            channels: to,
            image: s.height * s.width * to,
            row_stride: s.width * to,
            col_stride: to,
        },
        phases,
        bias: None,
        relu: false,
        affine: None,
    }
}

/// Runs a plan: for every band of rows, every phase, every block of output channels, every tile of pixels.
#[inline(always)]
pub(super) fn run_plan<V: Lanes>(plan: &Plan<'_>, x: &[f32], y: &mut [f32], buffer: &mut super::scratch::Buffer) {
    let window = &plan.window;
    let image_len = window.in_h * window.in_w * window.channels;
    let rows_per_band = window.rows_per_band(BAND_FLOATS);
    let band_len = if window.is_plain() {
        0
    } else {
        window.padded_rows(rows_per_band) * window.row_len()
    };
    let band = buffer.take(band_len);
    for b in 0..plan.batch {
        let image = &x[b * image_len..][..image_len];
        for row in (0..window.out_h).step_by(rows_per_band) {
            let rows = rows_per_band.min(window.out_h - row);
            let source: &[f32] = if window.is_plain() {
                &image[row * window.row_len()..]
            } else {
                window.fill(image, row, rows, band);
                band
            };
            let first = b * plan.target.image + row * plan.target.row_stride;
            for phase in plan.phases {
                let depth = phase.kh * phase.kw * window.channels;
                for block in blocks::<V>(plan.target.channels) {
                    let panel = &phase.panels[block.start * depth..][..depth * block.vectors * V::N];
                    let to = Span {
                        first: first + phase.origin,
                        rows,
                    };
                    match (block.vectors, V::WIDEST) {
                        (4, _) => run_block::<V, 2, 4, 1>(plan, phase, block, source, panel, to, y),
                        (2, 2) => run_block::<V, 6, 2, 1>(plan, phase, block, source, panel, to, y),
                        (2, _) => run_block::<V, 4, 2, 4>(plan, phase, block, source, panel, to, y),
                        _ => run_block::<V, 6, 1, 1>(plan, phase, block, source, panel, to, y),
                    }
                }
            }
        }
    }
}

/// The results of a band: where the first goes, and how many rows of kernel positions there are.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    rows: usize,
}

/// All pixels of a band for one block of output channels.
#[inline(always)]
fn run_block<V: Lanes, const P: usize, const NV: usize, const U: usize>(
    plan: &Plan<'_>,
    phase: &Phase<'_>,
    block: Block,
    source: &[f32],
    panel: &[f32],
    to: Span,
    y: &mut [f32],
) {
    let window = &plan.window;
    let row_len = window.row_len();
    let runs = Runs {
        runs: phase.kh,
        run_len: phase.kw * window.channels,
        run_stride: row_len,
    };
    let col_step = window.stride * window.channels;
    let row_step = window.stride * row_len;
    let corner = phase.top * row_len + phase.left * window.channels;
    let last = corner + (to.rows - 1) * row_step + (window.out_w - 1) * col_step;
    assert!(
        last + (runs.runs - 1) * row_len + runs.run_len <= source.len(),
        "band is shorter than its window"
    );
    let last_to = to.first
        + (to.rows - 1) * plan.target.row_stride
        + (window.out_w - 1) * plan.target.col_stride
        + block.start
        + block.len;
    assert!(last_to <= y.len(), "output is shorter than its window");

    let mut start = [0.0f32; 32];
    if let Some(bias) = plan.bias {
        start[..block.len].copy_from_slice(&bias[block.start..block.start + block.len]);
    }
    let affine = plan.affine.map(|affine| affine.block(block));
    let total = to.rows * window.out_w;
    let (mut row, mut col) = (0, 0);
    // SAFETY: the two assertions above cover the farthest read and write of every pixel; the panel's length is
    // cut to `depth * width` by the caller.
    unsafe {
        let start: [V; NV] = core::array::from_fn(|v| V::load(start.as_ptr().add(v * V::N)));
        let mut done = 0;
        while done < total {
            let count = P.min(total - done);
            let mut from = [corner + row * row_step + col * col_step; P];
            let mut dest = [to.first + row * plan.target.row_stride + col * plan.target.col_stride + block.start; P];
            if col + P < window.out_w {
                for p in 1..P {
                    from[p] = from[p - 1] + col_step;
                    dest[p] = dest[p - 1] + plan.target.col_stride;
                }
                col += P;
            } else {
                for p in 0..P {
                    // A short last tile computes its last pixel several times over.
                    if p < count {
                        from[p] = corner + row * row_step + col * col_step;
                        dest[p] = to.first + row * plan.target.row_stride + col * plan.target.col_stride + block.start;
                        col += 1;
                        if col == window.out_w {
                            col = 0;
                            row += 1;
                        }
                    }
                }
            }
            let mut acc = [start; P];
            pixel_tile::<V, P, NV, U>(source.as_ptr(), from, runs, panel.as_ptr(), &mut acc);
            if plan.relu {
                for sums in &mut acc {
                    for sum in sums {
                        *sum = sum.max(V::splat(0.0));
                    }
                }
            }
            if let Some((scale, shift)) = &affine {
                for sums in &mut acc {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let at = v * V::N;
                        *sum = V::load(shift.as_ptr().add(at)).mul_acc(*sum, V::load(scale.as_ptr().add(at)));
                    }
                }
            }
            if block.len == NV * V::N {
                for (registers, dest) in acc.iter().zip(dest).take(count) {
                    for (v, register) in registers.iter().enumerate() {
                        register.store(y.as_mut_ptr().add(dest + v * V::N));
                    }
                }
            } else {
                let mut whole = [0.0f32; 32];
                for (registers, dest) in acc.iter().zip(dest).take(count) {
                    for (v, register) in registers.iter().enumerate() {
                        register.store(whole.as_mut_ptr().add(v * V::N));
                    }
                    copy_short::<V>(&whole[..block.len], &mut y[dest..dest + block.len]);
                }
            }
            done += count;
        }
    }
}
