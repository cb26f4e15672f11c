//! The up-convolution on WebGPU, by the convolution's kernels: four phases forward, a stride of two back.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::{UpConvGradOps, UpConvOps};
#[cfg(feature = "webgpu")]
use crate::ops::gpu::{
    launch::{dense, dims, run},
    variant::variant,
};
use crate::ops::{
    conv::{
        shape::ConvShape,
        wgsl::{
            job::{Job, Window, padded_out},
            launch, weight_grad,
            weights::{WeightLayout, weight_dispatch},
        },
    },
    gpu::{
        plan::{Plan, Slot},
        variant::Variant,
    },
};

/// The four phases of nearest upsampling by two and a 2x2 convolution, with their taps in `WeightLayout::Phases`.
fn phases() -> [Window; 4] {
    [(0, 0, 0), (0, 1, 1), (1, 0, 3), (1, 1, 5)].map(|(py, px, tap)| Window {
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

/// Inputs x `[b, h, w, c_in]`, w `[2, 2, c_in, c_out]`, bias; output y `[b, 2h, 2w, c_out]`.
pub fn up_conv2d(shape: &ConvShape, relu: bool, variant: Variant) -> Plan {
    let job = Job {
        relu,
        bias: true,
        ..Job::new(shape, variant)
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
        phases()
            .iter()
            .map(|window| launch(&job, window, vec![Slot::Input(0), to, Slot::Input(2), Slot::Output(0)])),
    );
    Plan {
        outputs: vec![shape.grid(2, shape.c_out).to_vec()],
        scratch: vec![9 * job.c_in * c_pad],
        dispatches,
    }
}

/// Inputs gy `[b, 2h, 2w, c_out]`, w; output gx `[b, h, w, c_in]`.
pub fn up_conv2d_data_grad(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        c_in: shape.c_out,
        c_out: shape.c_in,
        ..Job::new(shape, variant)
    };
    let c_pad = padded_out(&job);
    let to = Slot::Scratch(0);
    let window = Window {
        stride: 2,
        ..Window::plain(3, -1)
    };
    Plan {
        outputs: vec![shape.grid(1, shape.c_in).to_vec()],
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

/// Inputs x `[b, h, w, c_in]`, gy `[b, 2h, 2w, c_out]`; outputs gw `[2, 2, c_in, c_out]`, gb `[c_out]`.
pub fn up_conv2d_weight_grad(shape: &ConvShape, variant: Variant) -> Plan {
    weight_grad::plan(shape, true, variant)
}

#[cfg(feature = "webgpu")]
impl UpConvOps for Cube {
    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (dense(x), dense(weight), dense(bias));
        let shape = ConvShape::of(dims(&x), dims(&weight));
        let [y] = run(up_conv2d(&shape, relu, variant()), &[&x, &weight, &bias]);
        y
    }
}

#[cfg(feature = "webgpu")]
impl UpConvGradOps for Cube {
    fn up_conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (dense(gy), dense(weight));
        let [batch, height, width, c_out] = dims(&gy);
        let shape = ConvShape::of([batch, height / 2, width / 2, c_out], dims(&weight));
        let [gx] = run(up_conv2d_data_grad(&shape, variant()), &[&gy, &weight]);
        gx
    }

    fn up_conv2d_weight_grad(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (dense(x), dense(gy));
        let (image, [_, _, _, c_out]) = (dims(&x), dims(&gy));
        let shape = ConvShape::of(image, [2, 2, image[3], c_out]);
        let [gw, gb] = run(up_conv2d_weight_grad(&shape, variant()), &[&x, &gy]);
        (gw, gb)
    }
}
