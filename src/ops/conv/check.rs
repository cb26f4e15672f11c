//! The convolution on every device, forward and all gradients, against its plain loops.

use burn::tensor::Tensor;

use super::{
    reference::{conv2d, conv2d_data_grad_plain, conv2d_norm, conv2d_plain, conv2d_weight_grad_plain},
    shape::ConvShape,
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
    relu_mask::reference::relu_mask_plain,
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "conv",
    run: |case| Box::pin(run(case)),
    plans,
};

/// Batch, height, width, input and output channels: odd sizes, one pixel, and every kind of channel count.
pub const SHAPES: [(usize, usize, usize, usize, usize); 12] = [
    (2, 7, 5, 3, 8),
    (1, 1, 1, 1, 2),
    (1, 9, 6, 8, 5),
    (2, 4, 4, 2, 1),
    (1, 3, 17, 5, 64),
    (1, 6, 5, 64, 130),
    (1, 5, 3, 130, 3),
    (1, 8, 8, 64, 64),
    // Images of more bands than three.
    (2, 6, 7, 4, 16),
    (1, 9, 8, 5, 16),
    (2, 7, 6, 10, 16),
    (1, 5, 18, 16, 16),
];

/// [`SHAPES`] with kernels of side `k`.
pub fn shapes(k: usize) -> impl Iterator<Item = ConvShape> {
    SHAPES
        .into_iter()
        .map(move |(batch, height, width, c_in, c_out)| ConvShape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        })
}

/// A convolution over [`Tensor`]: image, weight, bias, ReLU.
pub type Layer = fn(Tensor<4>, Tensor<4>, Tensor<1>, bool) -> Tensor<4>;

/// Output from image, weight, bias and whether a ReLU follows.
type Forward = fn(&ConvShape, &[f32], &[f32], &[f32], bool) -> Vec<f32>;
/// Gradient for the image from that of the output and the weight.
type DataGrad = fn(&ConvShape, &[f32], &[f32]) -> Vec<f32>;
/// Gradients for weight and bias from the image and the output's gradient.
type WeightGrad = fn(&ConvShape, &[f32], &[f32]) -> (Vec<f32>, Vec<f32>);

/// The plain loops of a convolution.
#[derive(Clone, Copy)]
pub struct Plain {
    pub forward: Forward,
    pub data_grad: DataGrad,
    pub weight_grad: WeightGrad,
}

async fn run(case: &mut Case) -> Result<(), String> {
    let plain = Plain {
        forward: conv2d_plain,
        data_grad: conv2d_data_grad_plain,
        weight_grad: conv2d_weight_grad_plain,
    };
    for k in [3, 1, 2] {
        for (i, s) in shapes(k).enumerate() {
            check_layer(case, &s, conv2d, plain, 1, (i + k) % 2 == 0).await?;
        }
    }
    for s in shapes(3) {
        check_norm(case, &s).await?;
    }
    Ok(())
}

/// Forward and all gradients of a convolution whose output is `scale` times as high and wide as its input.
pub async fn check_layer(
    case: &mut Case,
    s: &ConvShape,
    layer: Layer,
    plain: Plain,
    scale: usize,
    relu: bool,
) -> Result<(), String> {
    let x = case.random(s.input_len());
    let w = case.random(s.weight_len());
    let b = case.random(s.c_out);
    let gy = case.random(scale * scale * s.output_len());
    let raw = (plain.forward)(s, &x, &w, &b, false);
    let (y, masked) = if relu {
        let y: Vec<f32> = raw.iter().map(|v| v.max(0.0)).collect();
        let masked = relu_mask_plain(&y, &gy);
        (y, masked)
    } else {
        (raw.clone(), gy.clone())
    };
    let gx = (plain.data_grad)(s, &masked, &w);
    let (gw, gb) = (plain.weight_grad)(s, &x, &masked);

    let xt = case.tracked(&x, s.grid(1, s.c_in));
    let wt = case.tracked(&w, s.weight());
    let bt = case.tracked(&b, [s.c_out]);
    let yt = layer(xt.clone(), wt.clone(), bt.clone(), relu);
    let grads = (yt.clone() * case.upload(&gy, s.grid(scale, s.c_out))).sum().backward();
    let name = s.layer_name(scale > 1);
    // A ReLU may have emptied the output.
    case.compare_to(format!("{name} forward"), &raw, &y, yt.inner()).await?;
    case.compare_gradient(format!("{name} grad x"), &gx, xt.grad(&grads))
        .await?;
    case.compare_gradient(format!("{name} grad w"), &gw, wt.grad(&grads))
        .await?;
    case.compare_gradient(format!("{name} grad b"), &gb, bt.grad(&grads))
        .await
}

/// A convolution with ReLU and the fixed scale and shift of a batch norm, as inference runs it.
async fn check_norm(case: &mut Case, s: &ConvShape) -> Result<(), String> {
    let x = case.random(s.input_len());
    let w = case.random(s.weight_len());
    let [b, scale, shift] = [(); 3].map(|()| case.random(s.c_out));
    let raw = conv2d_plain(s, &x, &w, &b, false);
    let wanted: Vec<f32> = raw
        .iter()
        .enumerate()
        .map(|(i, v)| v.max(0.0) * scale[i % s.c_out] + shift[i % s.c_out])
        .collect();
    let found = conv2d_norm(
        case.upload(&x, s.grid(1, s.c_in)),
        case.upload(&w, s.weight()),
        case.upload(&b, [s.c_out]),
        case.upload(&scale, [s.c_out]),
        case.upload(&shift, [s.c_out]),
    );
    let name = format!("conv_norm {}x{}x{} {}->{}", s.batch, s.height, s.width, s.c_in, s.c_out);
    case.compare_to(name, &raw, &wanted, found).await
}

/// Shapes at which every branch of a kernel's text is taken, with kernels of side `k`.
pub fn awkward_shapes(k: usize) -> impl Iterator<Item = ConvShape> {
    [(1, 1), (5, 7), (8, 16), (17, 130)]
        .into_iter()
        .flat_map(move |(height, width)| {
            [(1, 1), (3, 8), (8, 2), (5, 3), (64, 64), (130, 5), (16, 130)].map(|(c_in, c_out)| ConvShape {
                batch: 2,
                height,
                width,
                c_in,
                c_out,
                k,
            })
        })
}

fn plans(variant: Variant) -> Vec<Plan> {
    (1..=3)
        .flat_map(awkward_shapes)
        .flat_map(|s| {
            [
                wgsl::conv2d(&s, s.k == 2, variant),
                wgsl::conv2d_norm(&s, variant),
                wgsl::conv2d_data_grad(&s, variant),
                wgsl::conv2d_weight_grad(&s, variant),
            ]
        })
        .collect()
}
