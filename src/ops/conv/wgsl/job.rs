//! A convolution to plan: where it reads and writes, its register tile, and the uniform words that say so.

use crate::ops::{conv::shape::ConvShape, gpu::variant::Variant};

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

impl Job {
    /// Without epilogue.
    pub(crate) fn new(shape: &ConvShape, variant: Variant) -> Self {
        Self {
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

/// Uniform fields every convolution kernel reads. `h, w` is the output grid before `scale`; `ci` counts elements of the input
/// binding (quads or f32); `cop` counts quads of padded output channels; `co` counts elements of the output binding.
pub(crate) const CONV_PARAMS: [&str; 18] = [
    "h", "w", "ih", "iw", "ci", "co", "cop", "rows", "oy: i32", "ox: i32", "tap", "scale", "py", "px", "runs",
    "per_row", "batch", "columns",
];

/// The words of [`CONV_PARAMS`].
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
