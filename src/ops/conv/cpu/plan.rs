//! The blocked loop nest of the convolutions: forward, data gradient, and the phases of the up-convolution.

use crate::ops::cpu::{
    band::Window,
    micro::{Runs, pixel_tile},
    pack::{Block, blocks},
    parallel::{self, Shared},
    scratch::{Scratch, with_piece_scratch},
    simd::{Lanes, Width, Work, copy_short, dispatch},
};

/// Floats of a padded band of input: 192 KiB, a part of the L2 cache.
const BAND_FLOATS: usize = 48 * 1024;

/// One set of weights applied at every kernel position, and where its results go.
#[derive(Clone, Copy)]
pub(crate) struct Phase<'a> {
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
pub(crate) struct Target {
    pub channels: usize,
    pub image: usize,
    pub row_stride: usize,
    pub col_stride: usize,
}

/// A convolution in the form the loop nest runs.
pub(crate) struct Plan<'a> {
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
pub(crate) struct Affine<'a> {
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

/// How a plan is cut: bands of rows of each image, and within a band groups of blocks of output channels. A result is the
/// same however it is cut, because no sum crosses a piece.
struct Grid {
    rows: usize,
    bands: usize,
    groups: usize,
}

impl Grid {
    fn of(plan: &Plan<'_>, blocks: usize) -> Self {
        let window = &plan.window;
        let taps: usize = plan.phases.iter().map(|phase| phase.kh * phase.kw).sum();
        let pixels = plan.batch * window.out_h * window.out_w;
        let wanted = parallel::pieces_of(pixels * taps * window.channels * plan.target.channels);
        let rows = window.rows_per_band(BAND_FLOATS);
        let bands = plan.batch * window.out_h.div_ceil(rows);
        // By channels first: every piece of a band copies its rows, but only its own weights are read.
        let groups = wanted.div_ceil(bands).min(blocks);
        let bands = wanted.div_ceil(plan.batch * groups);
        let rows = rows.min(window.out_h.div_ceil(bands));
        Self {
            rows,
            bands: window.out_h.div_ceil(rows),
            groups,
        }
    }
}

/// Runs a plan: for every band of rows, every phase, every block of output channels, every tile of pixels.
pub(crate) fn run_plan(plan: &Plan<'_>, x: &[f32], y: &mut [f32]) {
    struct Piece<'a> {
        plan: &'a Plan<'a>,
        blocks: &'a [Block],
        x: &'a [f32],
        y: Shared<'a>,
        image: usize,
        row: usize,
        rows: usize,
        scratch: &'a mut Scratch,
    }
    impl Work for Piece<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            run_piece::<V>(
                self.plan,
                self.blocks,
                self.x,
                self.y,
                (self.image, self.row, self.rows),
                self.scratch,
            );
        }
    }
    let blocks: Vec<Block> = blocks(Width::chosen(), plan.target.channels).collect();
    let grid = Grid::of(plan, blocks.len());
    let y = Shared::new(y);
    parallel::for_each(plan.batch * grid.bands * grid.groups, |piece| {
        let (band, group) = (piece / grid.groups, piece % grid.groups);
        let row = band % grid.bands * grid.rows;
        with_piece_scratch(|scratch| {
            dispatch(Piece {
                plan,
                blocks: &blocks[parallel::part(blocks.len(), grid.groups, group)],
                x,
                y,
                image: band / grid.bands,
                row,
                rows: grid.rows.min(plan.window.out_h - row),
                scratch,
            });
        });
    });
}

/// A band of `rows` rows of kernel positions of an image, from `row` on, for some blocks of output channels.
#[inline(always)]
fn run_piece<V: Lanes>(
    plan: &Plan<'_>,
    blocks: &[Block],
    x: &[f32],
    y: Shared<'_>,
    (image, row, rows): (usize, usize, usize),
    scratch: &mut Scratch,
) {
    let window = &plan.window;
    let image_len = window.in_h * window.in_w * window.channels;
    let from = &x[image * image_len..][..image_len];
    let source: &[f32] = if window.is_plain() {
        &from[row * window.row_len()..]
    } else {
        let band = scratch.image.take(window.padded_rows(rows) * window.row_len());
        window.fill(from, row, rows, band);
        band
    };
    let first = image * plan.target.image + row * plan.target.row_stride;
    for phase in plan.phases {
        let depth = phase.kh * phase.kw * window.channels;
        for &block in blocks {
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
    y: Shared<'_>,
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
    // cut to `depth * width` by the caller; another piece has other rows or other channels.
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
                        register.store(y.pointer().add(dest + v * V::N));
                    }
                }
            } else {
                let mut whole = [0.0f32; 32];
                for (registers, dest) in acc.iter().zip(dest).take(count) {
                    for (v, register) in registers.iter().enumerate() {
                        register.store(whole.as_mut_ptr().add(v * V::N));
                    }
                    copy_short::<V>(&whole[..block.len], y.part(dest..dest + block.len));
                }
            }
            done += count;
        }
    }
}
