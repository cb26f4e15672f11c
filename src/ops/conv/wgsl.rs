//! Plans of the convolution's passes: which taps, which weights, which tile, and the uniform words that say so.

use super::conv::ConvShader;
use super::conv_shared::{self, ConvSharedShader};
use super::weights::{WeightLayout, weight_dispatch};
use super::{Dispatch, Plan, Shader, Slot, Variant, spread};

/// Sizes of a 'same' convolution, `[batch, height, width, c_in]` to `[batch, height, width, c_out]`, `kernel` x `kernel` taps.
/// For an up-convolution height and width are those of the low-resolution input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Input channels.
    pub c_in: usize,
    /// Output channels.
    pub c_out: usize,
    /// Taps on a side: 1, 2 or 3.
    pub kernel: usize,
}

impl ConvShape {
    /// Shape of a tensor over this grid enlarged `scale` times with `channels`.
    pub(crate) fn grid(&self, scale: usize, channels: usize) -> Vec<usize> {
        vec![self.batch, self.height * scale, self.width * scale, channels]
    }
}

/// Where a convolution reads and writes: a rectangle of taps over a strided input, into one phase of an enlarged output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub rows: usize,
    pub columns: usize,
    pub offset_y: i32,
    pub offset_x: i32,
    /// First tap of the weight buffer.
    pub tap: usize,
    /// Input pixels between output pixels.
    pub stride: usize,
    /// Output enlargement and the phase written.
    pub scale: usize,
    pub phase: (usize, usize),
}

impl Window {
    /// A plain `k` x `k` window starting `offset` pixels before the output pixel.
    pub(crate) fn plain(k: usize, offset: i32) -> Self {
        Self {
            rows: k,
            columns: k,
            offset_y: offset,
            offset_x: offset,
            tap: 0,
            stride: 1,
            scale: 1,
            phase: (0, 0),
        }
    }

    /// The four phases of nearest upsampling by two and a 2x2 convolution, with their taps in `WeightLayout::Phases`.
    pub(crate) fn phases() -> [Self; 4] {
        [(0, 0, 0), (0, 1, 1), (1, 0, 3), (1, 1, 5)].map(|(py, px, tap)| Self {
            rows: 1 + py,
            columns: 1 + px,
            offset_y: 0,
            offset_x: 0,
            tap,
            stride: 1,
            scale: 2,
            phase: (py, px),
        })
    }
}

/// A convolution to plan: sizes of the output grid, channels, epilogue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub c_in: usize,
    pub c_out: usize,
    pub relu: bool,
    pub bias: bool,
    pub affine: bool,
    pub variant: Variant,
}

/// Register tile for a job: (pixels of a row, quads of output channels).
/// A stride of two doubles the input a run spans, and with it the text a driver compiles, so such runs are half as long.
pub(crate) fn tile(job: &Job, stride: usize) -> (usize, usize) {
    let out_quads = job.c_out.div_ceil(4);
    let quads = if out_quads == 1 { 1 } else { 2 };
    let widest = match job.variant {
        Variant::RegisterWide => 16,
        Variant::RegisterNarrow | Variant::Workgroup => 4,
    };
    let mut pixels = widest / stride;
    while pixels > job.width {
        pixels /= 2;
    }
    (pixels, quads)
}

/// Output channels padded to whole tiles.
pub(crate) fn padded_out(job: &Job) -> usize {
    let (_, quads) = tile(job, 1);
    job.c_out.next_multiple_of(4 * quads)
}

/// The launch of one window. `slots` are input, weights, bias if any, scale and shift if any, output.
pub(crate) fn conv_dispatch(job: &Job, window: &Window, slots: Vec<Slot>) -> Dispatch {
    let (pixels, quads) = tile(job, window.stride);
    let quad_in = job.c_in.is_multiple_of(4);
    let quad_out = job.c_out.is_multiple_of(4 * quads);
    let workgroup = job.variant.workgroup();
    let shader = ConvShader {
        pixels,
        quads,
        columns: window.columns,
        stride: window.stride,
        quad_in,
        quad_out,
        bias: job.bias,
        relu: job.relu,
        affine: job.affine,
        workgroup,
    };
    let per_row = job.width.div_ceil(pixels);
    let runs = job.batch * job.height * per_row;
    let out_quads = padded_out(job) / 4;
    let params = conv_params(job, window, out_quads, runs, per_row, quad_in, quad_out);
    Dispatch {
        shader: Shader::Conv(shader),
        slots,
        params,
        workgroups: spread(runs * (out_quads / quads), workgroup),
    }
}

pub(crate) fn conv_params(
    job: &Job,
    window: &Window,
    out_quads: usize,
    runs: usize,
    per_row: usize,
    quad_in: bool,
    quad_out: bool,
) -> Vec<u32> {
    [
        job.height,
        job.width,
        job.height * window.stride,
        job.width * window.stride,
        if quad_in { job.c_in / 4 } else { job.c_in },
        if quad_out { job.c_out / 4 } else { job.c_out },
        out_quads,
        window.rows,
        window.offset_y as usize,
        window.offset_x as usize,
        window.tap,
        window.scale,
        window.phase.0,
        window.phase.1,
        runs,
        per_row,
        job.batch,
        window.columns,
    ]
    .map(|v| v as u32)
    .to_vec()
}

/// One convolution window through the variant's kernel.
fn launch(job: &Job, window: &Window, slots: Vec<Slot>) -> Dispatch {
    if job.variant == Variant::Workgroup && ConvSharedShader::fits(job, window) {
        conv_shared::dispatch(job, window, slots)
    } else {
        conv_dispatch(job, window, slots)
    }
}

fn job(shape: &ConvShape, variant: Variant) -> Job {
    Job {
        batch: shape.batch,
        height: shape.height,
        width: shape.width,
        c_in: shape.c_in,
        c_out: shape.c_out,
        relu: false,
        bias: false,
        affine: false,
        variant,
    }
}

/// Inputs x, w, bias; output y. Keras 'same' padding: one pixel around for 3x3, one after the end for 2x2.
pub fn conv_forward(shape: &ConvShape, relu: bool, variant: Variant) -> Plan {
    let job = Job {
        relu,
        bias: true,
        ..job(shape, variant)
    };
    forward(shape, job)
}

/// Inputs x, w, bias, scale, shift; output `relu(conv(x) + bias) * scale + shift`: with batch norm's fixed statistics.
pub fn conv_norm_forward(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        relu: true,
        bias: true,
        affine: true,
        ..job(shape, variant)
    };
    forward(shape, job)
}

fn forward(shape: &ConvShape, job: Job) -> Plan {
    let window = Window::plain(shape.kernel, if shape.kernel == 3 { -1 } else { 0 });
    let c_pad = padded_out(&job);
    let taps = shape.kernel * shape.kernel;
    let mut plan = Plan {
        outputs: vec![shape.grid(1, shape.c_out)],
        scratch: vec![],
        dispatches: vec![],
    };
    let mut weights = Slot::Input(1);
    if c_pad != shape.c_out {
        plan.scratch.push(taps * shape.c_in * c_pad);
        weights = Slot::Scratch(0);
        plan.dispatches.push(weight_dispatch(
            WeightLayout::Pad,
            Slot::Input(1),
            weights,
            taps,
            shape.c_in,
            shape.c_out,
            c_pad,
        ));
    }
    let mut slots = vec![Slot::Input(0), weights, Slot::Input(2)];
    if job.affine {
        slots.extend([Slot::Input(3), Slot::Input(4)]);
    }
    slots.push(Slot::Output(0));
    plan.dispatches.push(launch(&job, &window, slots));
    plan
}

/// Inputs gy, w; output gx. `shape` is the forward convolution's.
pub fn conv_data_grad(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        c_in: shape.c_out,
        c_out: shape.c_in,
        ..job(shape, variant)
    };
    // Mirrored taps start one pixel early for 3x3 and for 2x2 alike.
    let window = Window::plain(shape.kernel, if shape.kernel == 1 { 0 } else { -1 });
    let (c_pad, taps) = (padded_out(&job), shape.kernel * shape.kernel);
    let to = Slot::Scratch(0);
    Plan {
        outputs: vec![shape.grid(1, shape.c_in)],
        scratch: vec![taps * job.c_in * c_pad],
        dispatches: vec![
            weight_dispatch(
                WeightLayout::Transpose,
                Slot::Input(1),
                to,
                taps,
                job.c_in,
                job.c_out,
                c_pad,
            ),
            launch(&job, &window, vec![Slot::Input(0), to, Slot::Output(0)]),
        ],
    }
}

/// Inputs x `[b, h, w, c_in]`, w `[2, 2, c_in, c_out]`, bias; output y `[b, 2h, 2w, c_out]`.
pub fn up_conv_forward(shape: &ConvShape, relu: bool, variant: Variant) -> Plan {
    let job = Job {
        relu,
        bias: true,
        ..job(shape, variant)
    };
    let c_pad = padded_out(&job);
    let to = Slot::Scratch(0);
    let mut dispatches = vec![weight_dispatch(
        WeightLayout::Phases,
        Slot::Input(1),
        to,
        9,
        job.c_in,
        job.c_out,
        c_pad,
    )];
    dispatches.extend(
        Window::phases()
            .iter()
            .map(|window| launch(&job, window, vec![Slot::Input(0), to, Slot::Input(2), Slot::Output(0)])),
    );
    Plan {
        outputs: vec![shape.grid(2, shape.c_out)],
        scratch: vec![9 * job.c_in * c_pad],
        dispatches,
    }
}

/// Inputs gy `[b, 2h, 2w, c_out]`, w; output gx `[b, h, w, c_in]`.
pub fn up_conv_data_grad(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        c_in: shape.c_out,
        c_out: shape.c_in,
        ..job(shape, variant)
    };
    let c_pad = padded_out(&job);
    let to = Slot::Scratch(0);
    let window = Window {
        stride: 2,
        ..Window::plain(3, -1)
    };
    Plan {
        outputs: vec![shape.grid(1, shape.c_in)],
        scratch: vec![9 * job.c_in * c_pad],
        dispatches: vec![
            weight_dispatch(
                WeightLayout::PhasesTranspose,
                Slot::Input(1),
                to,
                9,
                job.c_in,
                job.c_out,
                c_pad,
            ),
            launch(&job, &window, vec![Slot::Input(0), to, Slot::Output(0)]),
        ],
    }
}
