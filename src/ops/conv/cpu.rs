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
    pack::{pack_flipped, pack_rows, panels_len},
    scratch::{Scratch, with_scratch},
    simd::{Lanes, Work, dispatch},
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
    struct Forward<'a>(
        &'a ConvShape,
        &'a [f32],
        &'a [f32],
        &'a [f32],
        bool,
        Option<Affine<'a>>,
        &'a mut [f32],
        &'a mut Scratch,
    );
    impl Work for Forward<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(s, x, w, bias, relu, affine, y, scratch) = self;
            let depth = s.k * s.k * s.c_in;
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
        }
    }
    with_scratch(|scratch| dispatch(Forward(s, x, w, bias, relu, affine, y, scratch)));
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
    struct DataGrad<'a>(&'a ConvShape, &'a [f32], &'a [f32], &'a mut [f32], &'a mut Scratch);
    impl Work for DataGrad<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let Self(s, gy, w, gx, scratch) = self;
            let taps = s.k * s.k;
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
        }
    }
    with_scratch(|scratch| dispatch(DataGrad(s, gy, w, gx, scratch)));
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
