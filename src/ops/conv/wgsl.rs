//! The convolution on WebGPU: which taps, which weights and which kernel each pass takes. [`register`] and [`shared`] are its two
//! kernels, [`weight_grad`] that of the weight gradient.

pub(crate) mod job;
mod register;
mod shared;
pub(crate) mod weight_grad;
pub(crate) mod weights;

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

use self::{
    job::{Job, Window, padded_out},
    shared::ConvSharedShader,
    weights::{WeightLayout, weight_dispatch},
};
#[cfg(feature = "webgpu")]
use super::reference::{ConvGradOps, ConvOps};
use super::shape::ConvShape;
#[cfg(feature = "webgpu")]
use crate::ops::gpu::{
    launch::{dense, dims, run},
    variant::variant,
};
use crate::ops::gpu::{
    plan::{Dispatch, Plan, Slot},
    variant::Variant,
};

/// One convolution window through the variant's kernel.
pub(crate) fn launch(job: &Job, window: &Window, slots: Vec<Slot>) -> Dispatch {
    if job.variant == Variant::Workgroup && ConvSharedShader::fits(job, window) {
        shared::dispatch(job, window, slots)
    } else {
        register::dispatch(job, window, slots)
    }
}

/// Inputs x, w, bias; output y. Keras 'same' padding: one pixel around for 3x3, one after the end for 2x2.
pub fn conv2d(shape: &ConvShape, relu: bool, variant: Variant) -> Plan {
    let job = Job {
        relu,
        bias: true,
        ..Job::new(shape, variant)
    };
    forward(shape, job)
}

/// Inputs x, w, bias, scale, shift; output `relu(conv(x) + bias) * scale + shift`: with batch norm's fixed statistics.
pub fn conv2d_norm(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        relu: true,
        bias: true,
        affine: true,
        ..Job::new(shape, variant)
    };
    forward(shape, job)
}

fn forward(shape: &ConvShape, job: Job) -> Plan {
    let window = Window::plain(shape.k, if shape.k == 3 { -1 } else { 0 });
    let c_pad = padded_out(&job);
    let taps = shape.k * shape.k;
    let mut plan = Plan {
        outputs: vec![shape.grid(1, shape.c_out).to_vec()],
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
pub fn conv2d_data_grad(shape: &ConvShape, variant: Variant) -> Plan {
    let job = Job {
        c_in: shape.c_out,
        c_out: shape.c_in,
        ..Job::new(shape, variant)
    };
    // Mirrored taps start one pixel early for 3x3 and for 2x2 alike.
    let window = Window::plain(shape.k, if shape.k == 1 { 0 } else { -1 });
    let (c_pad, taps) = (padded_out(&job), shape.k * shape.k);
    let to = Slot::Scratch(0);
    Plan {
        outputs: vec![shape.grid(1, shape.c_in).to_vec()],
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

/// Inputs x, gy; outputs gw `[k, k, c_in, c_out]`, gb `[c_out]`.
pub fn conv2d_weight_grad(shape: &ConvShape, variant: Variant) -> Plan {
    weight_grad::plan(shape, false, variant)
}

#[cfg(feature = "webgpu")]
impl ConvOps for Cube {
    fn conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (dense(x), dense(weight), dense(bias));
        let shape = ConvShape::of(dims(&x), dims(&weight));
        let [y] = run(conv2d(&shape, relu, variant()), &[&x, &weight, &bias]);
        y
    }
}

#[cfg(feature = "webgpu")]
impl ConvGradOps for Cube {
    fn conv2d_data_grad(gy: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (gy, weight) = (dense(gy), dense(weight));
        let shape = ConvShape::of(dims(&gy), dims(&weight));
        let [gx] = run(conv2d_data_grad(&shape, variant()), &[&gy, &weight]);
        gx
    }

    fn conv2d_weight_grad(
        x: FloatTensor<Self>,
        gy: FloatTensor<Self>,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gy) = (dense(x), dense(gy));
        let (image, [_, _, _, c_out]) = (dims(&x), dims(&gy));
        let shape = ConvShape::of(image, [k, k, image[3], c_out]);
        let [gw, gb] = run(conv2d_weight_grad(&shape, variant()), &[&x, &gy]);
        (gw, gb)
    }

    fn conv2d_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, weight, bias, scale, shift] = [x, weight, bias, scale, shift].map(dense);
        let shape = ConvShape::of(dims(&x), dims(&weight));
        let [y] = run(conv2d_norm(&shape, variant()), &[&x, &weight, &bias, &scale, &shift]);
        y
    }
}
