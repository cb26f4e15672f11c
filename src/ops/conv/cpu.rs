//! The convolution on the CPU: forward and data gradient by one blocked loop nest ([`plan`]), by Winograd's tiles, or by the
//! loops for few channels, whichever is fastest for a shape; the weight gradient is in [`weight_grad`].

mod narrow;
pub(crate) mod plan;
mod pointwise;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod weight_grad;
mod winograd;
mod winograd_conv;
mod winograd_weight;

use burn::backend::{Flex, tensor::FloatTensor};

use self::{
    plan::{Affine, Phase, Plan, Target, run_plan},
    weight_grad::conv2d_weight_grad,
    winograd_conv::Layer,
};
use super::{
    reference::{ConvGradOps, ConvOps},
    shape::ConvShape,
};
use crate::ops::cpu::{
    band::Window,
    pack::{Block, blocks, pack_flipped, pack_rows, panels_len},
    parallel::{self, Shared},
    scratch::{Scratch, with_scratch},
    simd::{Lanes, Width, Work, dispatch},
    tensor::{Dense, tensor},
};

/// `y = x * w + bias`, then ReLU if `relu`. `x`: `[batch, height, width, c_in]`, `y`: the same with `c_out`.
pub fn conv2d(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, y: &mut [f32]) {
    forward(s, x, w, bias, relu, None, y);
}

/// `y = relu(x * w + bias) * scale + shift`: a convolution and, in inference, the batch norm after it, in one pass.
pub fn conv2d_norm(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], scale: &[f32], shift: &[f32], y: &mut [f32]) {
    assert_eq!(scale.len(), s.c_out, "conv2d_norm: scale length");
    assert_eq!(shift.len(), s.c_out, "conv2d_norm: shift length");
    forward(s, x, w, bias, true, Some(Affine { scale, shift }), y);
}

fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, affine: Option<Affine<'_>>, y: &mut [f32]) {
    assert_eq!(x.len(), s.input_len(), "conv2d: input length");
    assert_eq!(w.len(), s.weight_len(), "conv2d: weight length");
    assert_eq!(bias.len(), s.c_out, "conv2d: bias length");
    assert_eq!(y.len(), s.output_len(), "conv2d: output length");
    if s.is_empty() {
        return;
    }
    if affine.is_none() && pointwise::pays(s) {
        return pointwise::forward(s, x, w, bias, relu, y);
    }
    let width = Width::chosen();
    if narrow::pays(s, width) {
        let epilogue = narrow::Epilogue { bias, relu, affine };
        return with_scratch(|scratch| narrow::run(s, x, w, epilogue, y, &mut scratch.panels));
    }
    let job = Job {
        from: s.c_in,
        to: s.c_out,
        flipped: false,
        pad: s.pad_before(),
        bias: Some(bias),
        relu,
        affine,
    };
    with_scratch(|scratch| job.run(s, width, x, w, y, scratch));
}

/// The gradient with respect to the input: `gx = gy * w` turned and transposed. `s` is the forward's shape;
/// `gy` must be masked by the ReLU already.
pub fn conv2d_data_grad(s: &ConvShape, gy: &[f32], w: &[f32], gx: &mut [f32]) {
    assert_eq!(gy.len(), s.output_len(), "conv2d_data_grad: output gradient length");
    assert_eq!(w.len(), s.weight_len(), "conv2d_data_grad: weight length");
    assert_eq!(gx.len(), s.input_len(), "conv2d_data_grad: input gradient length");
    if s.is_empty() {
        gx.fill(0.0);
        return;
    }
    if pointwise::pays(s) {
        return pointwise::data_grad(s, gy, w, gx);
    }
    let job = Job {
        from: s.c_out,
        to: s.c_in,
        flipped: true,
        pad: s.k - 1 - s.pad_before(),
        bias: None,
        relu: false,
        affine: None,
    };
    with_scratch(|scratch| job.run(s, Width::chosen(), gy, w, gx, scratch));
}

/// A 'same' convolution in one of its two directions.
struct Job<'a> {
    from: usize,
    to: usize,
    /// The weights are to be turned and transposed.
    flipped: bool,
    pad: usize,
    bias: Option<&'a [f32]>,
    relu: bool,
    affine: Option<Affine<'a>>,
}

impl Job<'_> {
    fn run(&self, s: &ConvShape, width: Width, x: &[f32], w: &[f32], y: &mut [f32], scratch: &mut Scratch) {
        let Self {
            from,
            to,
            flipped,
            pad,
            bias,
            relu,
            affine,
        } = *self;
        let weights = Weights {
            w,
            taps: s.k * s.k,
            c_in: s.c_in,
            c_out: s.c_out,
            flipped,
        };
        let panels = scratch.panels.take(panels_len(to, width.lanes, s.k * s.k * from));
        if winograd_conv::pays(s, width, from, to) {
            let tiles = scratch.weights.take(winograd_conv::tile_panels_len(width, from, to));
            weights.pack(width, panels, Some(tiles));
            let layer = Layer {
                from,
                to,
                panels: tiles,
                bias,
                relu,
                affine,
            };
            return winograd_conv::run_forward(s, &layer, width, x, y);
        }
        weights.pack(width, panels, None);
        let phases = [Phase {
            kh: s.k,
            kw: s.k,
            top: 0,
            left: 0,
            panels,
            origin: 0,
        }];
        let plan = Plan {
            bias,
            relu,
            affine,
            ..same_plan(s, from, to, pad, &phases)
        };
        run_plan(&plan, x, y);
    }
}

/// Weights to be packed, HWIO `[taps, c_in, c_out]`.
pub(crate) struct Weights<'a> {
    pub w: &'a [f32],
    pub taps: usize,
    pub c_in: usize,
    pub c_out: usize,
    /// For the data gradient: turned and transposed.
    pub flipped: bool,
}

impl Weights<'_> {
    /// Packs into panels, and these into Winograd's tiles where there is room for them.
    pub fn pack(&self, width: Width, panels: &mut [f32], tiles: Option<&mut [f32]>) {
        struct Pack<'a>(&'a Weights<'a>, Block, &'a mut [f32], Option<&'a mut [f32]>);
        impl Work for Pack<'_> {
            #[inline(always)]
            fn run<V: Lanes>(self) {
                let Self(weights, block, panel, tiles) = self;
                let Weights {
                    w,
                    taps,
                    c_in,
                    c_out,
                    flipped,
                } = *weights;
                if flipped {
                    pack_flipped::<V>(w, taps, c_in, c_out, block, panel);
                } else {
                    pack_rows::<V>(w, c_out, block, panel);
                }
                if let Some(tiles) = tiles {
                    winograd::weights_to_tiles::<V>(panel, panel.len() / taps, tiles);
                }
            }
        }
        let (from, to) = if self.flipped {
            (self.c_out, self.c_in)
        } else {
            (self.c_in, self.c_out)
        };
        let depth = self.taps * from;
        let list: Vec<Block> = blocks(width, to).collect();
        let (panels, tiles) = (Shared::new(panels), tiles.map(Shared::new));
        parallel::for_ranges(list.len(), 1, depth * width.widest * width.lanes, |range| {
            for &block in &list[range] {
                let (start, wide) = (block.start, block.vectors * width.lanes);
                // SAFETY: a block's panel, and its tiles, belong to it alone.
                let (panel, tiles) = unsafe {
                    let tile_depth = winograd::POSITIONS * from;
                    (
                        panels.part(start * depth..(start + wide) * depth),
                        tiles.map(|tiles| tiles.part(start * tile_depth..(start + wide) * tile_depth)),
                    )
                };
                dispatch(Pack(self, block, panel, tiles));
            }
        });
    }
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

impl ConvOps for Flex {
    fn conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (Dense::new(x), Dense::new(weight), Dense::new(bias));
        let s = ConvShape::of(x.dims(), weight.dims());
        let mut y = vec![0.0; s.output_len()];
        conv2d(&s, x.values(), weight.values(), bias.values(), relu, &mut y);
        tensor(y, s.grid(1, s.c_out))
    }
}

impl ConvGradOps for Flex {
    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (Dense::new(gy), Dense::new(weight));
        let s = ConvShape::of(gy.dims(), weight.dims());
        let mut gx = vec![0.0; s.input_len()];
        conv2d_data_grad(&s, gy.values(), weight.values(), &mut gx);
        tensor(gx, s.grid(1, s.c_in))
    }

    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (Dense::new(x), Dense::new(gy));
        let ([_, _, _, c_in], [_, _, _, c_out]) = (x.dims(), gy.dims());
        let s = ConvShape::of(x.dims(), [k, k, c_in, c_out]);
        let (mut gw, mut gb) = (vec![0.0; s.weight_len()], vec![0.0; c_out]);
        conv2d_weight_grad(&s, x.values(), gy.values(), &mut gw, &mut gb);
        (tensor(gw, s.weight()), tensor(gb, [c_out]))
    }

    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, weight, bias, scale, shift] = [x, weight, bias, scale, shift].map(Dense::new);
        let s = ConvShape::of(x.dims(), weight.dims());
        let mut y = vec![0.0; s.output_len()];
        conv2d_norm(
            &s,
            x.values(),
            weight.values(),
            bias.values(),
            scale.values(),
            shift.values(),
            &mut y,
        );
        tensor(y, s.grid(1, s.c_out))
    }
}
