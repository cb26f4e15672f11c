//! 3x3 convolutions through [`super::winograd`]: forward and, with turned weights, the data gradient. Work goes in batches of rows of 2x2 tiles, over all images, whose transforms fit the cache.

use super::plan::Affine;
use super::winograd::*;
use crate::ops::conv::shape::ConvShape;
use crate::ops::cpu::band::Window;
use crate::ops::cpu::micro::{Runs, pixel_tile};
use crate::ops::cpu::pack::{Block, blocks, panels_len};
use crate::ops::cpu::parallel::{self, Shared};
use crate::ops::cpu::scratch::{Scratch, with_piece_scratch};
use crate::ops::cpu::simd::{Lanes, Width, Work, copy_short, dispatch};

/// Floats of transformed input per batch of tiles: 256 KiB, a part of the L2 cache.
const TILE_FLOATS: usize = 64 * 1024;
/// Tiles whose 16 products are held at once before the output transform.
const GROUP: usize = 8;

/// The tiles of all images: rows of `across` tiles, `down` rows an image.
#[derive(Clone, Copy)]
pub(crate) struct Tiling {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub down: usize,
    pub across: usize,
    /// Rows of tiles worked on together.
    pub rows: usize,
}

impl Tiling {
    pub fn new(s: &ConvShape, channels: usize) -> Self {
        let (down, across) = (s.height.div_ceil(2), s.width.div_ceil(2));
        let tiles = (TILE_FLOATS / (POSITIONS * channels)).max(32);
        let rows = (tiles / across).clamp(1, s.batch * down);
        Self {
            batch: s.batch,
            height: s.height,
            width: s.width,
            down,
            across,
            rows,
        }
    }

    /// Tiles of a batch of rows, rounded up to whole groups.
    pub fn capacity(&self) -> usize {
        (self.rows * self.across).next_multiple_of(GROUP)
    }

    /// The window of one row of tiles over an image of `channels`: 4x4 inputs, or 2x2 outputs.
    pub fn window(&self, channels: usize, side: usize, pad: usize) -> Window {
        Window {
            in_h: self.height,
            in_w: self.width,
            channels,
            out_h: self.down,
            out_w: self.across,
            stride: 2,
            kh: side,
            kw: side,
            pad_top: pad,
            pad_left: pad,
        }
    }
}

/// Whether a 3x3 convolution from `from` to `to` channels should go this way: whole registers of input channels,
/// enough of both to pay for the transforms (to 8 channels the direct way is faster, docs/performance-log.md), and enough tiles to pay for transforming the weights.
pub(crate) fn pays(s: &ConvShape, width: Width, from: usize, to: usize) -> bool {
    let tiles = s.batch * s.height.div_ceil(2) * s.width.div_ceil(2);
    s.k == 3 && from.is_multiple_of(width.lanes) && from >= 8 && to >= 16 && tiles >= 8
}

/// Floats of the transformed weights: panels `[block][16 positions][from][width]`.
pub(crate) fn tile_panels_len(width: Width, from: usize, to: usize) -> usize {
    panels_len(to, width.lanes, POSITIONS * from)
}

/// What a forward pass needs besides its input and output.
pub(crate) struct Layer<'a> {
    pub from: usize,
    pub to: usize,
    /// As many as [`tile_panels_len`] says.
    pub panels: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
    pub affine: Option<Affine<'a>>,
}

/// Pieces of a forward pass. Fewer than elsewhere: each piece of the same tiles transforms them again.
const FORWARD_PIECES: usize = 8;

/// `y = x * w + bias` for the 3x3 'same' convolution `layer` over the images of `s`. A tile's result is the same in any batch.
pub(crate) fn run_forward(s: &ConvShape, layer: &Layer<'_>, width: Width, x: &[f32], y: &mut [f32]) {
    struct Piece<'a> {
        layer: &'a Layer<'a>,
        tiling: Tiling,
        blocks: &'a [Block],
        x: &'a [f32],
        y: Shared<'a>,
        first: usize,
        scratch: &'a mut Scratch,
    }
    impl Work for Piece<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self {
                layer,
                tiling,
                blocks,
                x,
                y,
                first,
                scratch,
            } = self;
            run_batch::<V>(layer, tiling, blocks, x, y, first, scratch);
        }
    }
    let mut tiling = Tiling::new(s, layer.from);
    let rows = tiling.batch * tiling.down;
    let macs = POSITIONS * rows * tiling.across * layer.from * layer.to;
    let wanted = (macs / parallel::PIECE_MACS).clamp(1, FORWARD_PIECES);
    // Two groups of tiles at least, so that few places of the last one are empty.
    tiling.rows = tiling
        .rows
        .min(rows.div_ceil(wanted).max((2 * GROUP).div_ceil(tiling.across)));
    let batches = rows.div_ceil(tiling.rows);
    let blocks: Vec<Block> = blocks(width, layer.to).collect();
    let groups = wanted.div_ceil(batches).min(blocks.len());
    let y = Shared::new(y);
    parallel::for_each(batches * groups, |piece| {
        let (batch, group) = (piece / groups, piece % groups);
        with_piece_scratch(|scratch| {
            dispatch(Piece {
                layer,
                tiling,
                blocks: &blocks[parallel::part(blocks.len(), groups, group)],
                x,
                y,
                first: batch * tiling.rows,
                scratch,
            });
        });
    });
}

/// A batch of rows of tiles from `first` on, for some blocks of output channels.
#[inline(always)]
fn run_batch<V: Lanes>(
    layer: &Layer<'_>,
    tiling: Tiling,
    blocks: &[Block],
    x: &[f32],
    y: Shared<'_>,
    first: usize,
    scratch: &mut Scratch,
) {
    let window = tiling.window(layer.from, 4, 1);
    let capacity = tiling.capacity();
    let (lines, inputs) = scratch
        .image
        .take(4 * window.row_len() + POSITIONS * capacity * layer.from)
        .split_at_mut(4 * window.row_len());
    let count = tiling.rows.min(tiling.batch * tiling.down - first);
    let layout = Layout {
        position: capacity * layer.from,
        tile: layer.from,
        register: V::N,
    };
    transform_rows::<V>(&tiling, &window, x, first, count, lines, inputs, layout);
    for &block in blocks {
        let part = Part {
            tiling,
            first,
            tiles: count * tiling.across,
            capacity,
        };
        match block.vectors {
            4 => run_block::<V, 2, 4, 1>(layer, block, part, inputs, y),
            2 => run_block::<V, 4, 2, 4>(layer, block, part, inputs, y),
            _ => run_block::<V, 4, 1, 1>(layer, block, part, inputs, y),
        }
    }
}

/// Where register `r` of tile `t` at position `p` goes: `p * position + t * tile + r * register`.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub position: usize,
    pub tile: usize,
    pub register: usize,
}

/// `B^T d B` of rows `first .. first + count` of tiles.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "two buffers and their layouts")]
pub(crate) fn transform_rows<V: Lanes>(
    tiling: &Tiling,
    window: &Window,
    x: &[f32],
    first: usize,
    count: usize,
    lines: &mut [f32],
    inputs: &mut [f32],
    layout: Layout,
) {
    let channels = window.channels;
    let image_len = tiling.height * tiling.width * channels;
    let row_len = window.row_len();
    let registers = channels / V::N;
    let last = (POSITIONS - 1) * layout.position
        + (count * tiling.across - 1) * layout.tile
        + (registers - 1) * layout.register
        + V::N;
    assert!(last <= inputs.len() && 4 * row_len <= lines.len());
    for row in 0..count {
        let image = &x[(first + row) / tiling.down * image_len..][..image_len];
        window.fill(image, (first + row) % tiling.down, 1, lines);
        for across in 0..tiling.across {
            let tile = row * tiling.across + across;
            for register in 0..registers {
                // SAFETY: the last tile's last register is asserted above; a padded line has 2 across + 2 pixels.
                unsafe {
                    let from = lines.as_ptr().add(2 * across * channels + register * V::N);
                    let base = inputs.as_mut_ptr().add(tile * layout.tile + register * layout.register);
                    input_tile::<V>(
                        from,
                        row_len,
                        channels,
                        Spread {
                            base,
                            position: layout.position,
                        },
                    );
                }
            }
        }
    }
}

/// A batch of tiles: rows from `first`, `tiles` in all, in buffers made for `capacity`.
#[derive(Clone, Copy)]
struct Part {
    tiling: Tiling,
    first: usize,
    tiles: usize,
    capacity: usize,
}

/// One block of output channels for a batch of tiles.
#[inline(always)]
fn run_block<V: Lanes, const P: usize, const NV: usize, const U: usize>(
    layer: &Layer<'_>,
    block: Block,
    part: Part,
    inputs: &[f32],
    y: Shared<'_>,
) {
    let from = layer.from;
    let width = NV * V::N;
    let panel = &layer.panels[block.start * from * POSITIONS..][..POSITIONS * from * width];
    assert!(POSITIONS * part.capacity * from <= inputs.len() && part.tiles <= part.capacity);
    let mut bias = [0.0f32; 32];
    if let Some(values) = layer.bias {
        bias[..block.len].copy_from_slice(&values[block.start..block.start + block.len]);
    }
    let affine = layer.affine.map(|affine| affine.block(block));
    let mut sums = [0.0f32; POSITIONS * GROUP * 16];
    let position = GROUP * width;
    let runs = Runs {
        runs: 1,
        run_len: from,
        run_stride: 0,
    };
    for start in (0..part.tiles).step_by(GROUP) {
        // SAFETY: `capacity` is whole groups, so every tile of the group has `from` floats at each position; the
        // panel holds `from * width` floats a position; `sums` holds 16 groups of up to 16 floats a tile.
        unsafe {
            for p in 0..POSITIONS {
                for t in (0..GROUP).step_by(P) {
                    let first = (p * part.capacity + start + t) * from;
                    let tiles: [usize; P] = core::array::from_fn(|i| first + i * from);
                    let mut acc = [[V::splat(0.0); NV]; P];
                    pixel_tile::<V, P, NV, U>(
                        inputs.as_ptr(),
                        tiles,
                        runs,
                        panel.as_ptr().add(p * from * width),
                        &mut acc,
                    );
                    for (i, registers) in acc.iter().enumerate() {
                        for (v, register) in registers.iter().enumerate() {
                            register.store(sums.as_mut_ptr().add(p * position + (t + i) * width + v * V::N));
                        }
                    }
                }
            }
        }
        for t in 0..GROUP.min(part.tiles - start) {
            write_tile::<V, NV>(
                layer,
                block,
                part,
                start + t,
                &sums[t * width..],
                &bias,
                affine.as_ref(),
                y,
            );
        }
    }
}

/// The output transform, bias and ReLU of tile `tile` of a batch.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a block of results and what becomes of them")]
fn write_tile<V: Lanes, const NV: usize>(
    layer: &Layer<'_>,
    block: Block,
    part: Part,
    tile: usize,
    sums: &[f32],
    bias: &[f32; 32],
    affine: Option<&([f32; 32], [f32; 32])>,
    y: Shared<'_>,
) {
    let tiling = part.tiling;
    let row = part.first + tile / tiling.across;
    let (image, top, left) = (row / tiling.down, 2 * (row % tiling.down), 2 * (tile % tiling.across));
    let position = GROUP * NV * V::N;
    assert!(sums.len() >= (POSITIONS - 1) * position + NV * V::N);
    // SAFETY: the sums' length is asserted; the store goes through a slice of a register's length, or through
    // an array of one; another piece has other tiles or other channels.
    unsafe {
        for v in 0..NV {
            let start = v * V::N;
            if start >= block.len {
                break;
            }
            let outputs = output_tile::<V>(sums.as_ptr().add(start), position);
            let offset = V::load(bias.as_ptr().add(start));
            let len = V::N.min(block.len - start);
            for (dy, pair) in outputs.into_iter().enumerate().take(tiling.height - top) {
                for (dx, sum) in pair.into_iter().enumerate().take(tiling.width - left) {
                    let mut value = sum.add(offset);
                    if layer.relu {
                        value = value.max(V::splat(0.0));
                    }
                    if let Some((scale, shift)) = affine {
                        value = V::load(shift.as_ptr().add(start)).mul_acc(value, V::load(scale.as_ptr().add(start)));
                    }
                    let pixel = (image * tiling.height + top + dy) * tiling.width + left + dx;
                    let first = pixel * layer.to + block.start + start;
                    let to = y.part(first..first + len);
                    if len == V::N {
                        value.store(to.as_mut_ptr());
                    } else {
                        let mut whole = [0.0f32; 16];
                        value.store(whole.as_mut_ptr());
                        copy_short::<V>(&whole[..len], to);
                    }
                }
            }
        }
    }
}
