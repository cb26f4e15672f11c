//! How long one pass of one operator takes on a device: for the calibration and the benchmarks.

use burn::{
    backend::Dispatch,
    tensor::{Device, Tensor, TensorData},
};

use super::{
    conv::{
        reference::{ConvGradOps, conv2d},
        shape::ConvShape,
    },
    multiply_adds::reference::multiply_adds,
    read_back::read_back,
    up_conv::reference::{UpConvGradOps, up_conv2d},
};

/// One of the three passes of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Forward,
    DataGrad,
    WeightGrad,
}

impl Pass {
    pub const ALL: [Self; 3] = [Self::Forward, Self::DataGrad, Self::WeightGrad];

    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::DataGrad => "data gradient",
            Self::WeightGrad => "weight gradient",
        }
    }
}

/// Multiply-adds of one pass, counted as the plain operator's; after an upsampling `shape` is the small image's.
pub fn macs(shape: &ConvShape, up: bool) -> u64 {
    let scale = if up { 4 } else { 1 };
    (scale * shape.batch * shape.height * shape.width * shape.k * shape.k * shape.c_in * shape.c_out) as u64
}

/// Milliseconds of one call, from `repeats` calls in a row and one value read back after the last; the shortest of `tries`.
/// The first call, which may compile, is not counted.
///
/// # Errors
/// If the device fails.
pub async fn time_pass(
    shape: &ConvShape,
    up: bool,
    pass: Pass,
    device: &Device,
    (tries, repeats): (usize, usize),
    now_ms: &dyn Fn() -> f64,
) -> Result<f64, String> {
    let s = shape;
    let scale = if up { 2 } else { 1 };
    let filled = |shape: [usize; 4]| {
        let n: usize = shape.iter().product();
        let values = (0..n)
            .map(|i| ((i * 7919) % 1009) as f32 / 1009.0 - 0.5)
            .collect::<Vec<f32>>();
        Tensor::<4>::from_data(TensorData::new(values, shape), device)
    };
    let x = filled([s.batch, s.height, s.width, s.c_in]);
    let gy = filled([s.batch, scale * s.height, scale * s.width, s.c_out]);
    let weight = filled([s.k, s.k, s.c_in, s.c_out]);
    let bias = Tensor::<1>::zeros([s.c_out], device);
    let call = || -> Tensor<4> {
        match (pass, up) {
            (Pass::Forward, false) => conv2d(x.clone(), weight.clone(), bias.clone(), true),
            (Pass::Forward, true) => up_conv2d(x.clone(), weight.clone(), bias.clone(), true),
            (Pass::DataGrad, false) => Tensor::from_dispatch(<Dispatch as ConvGradOps>::conv2d_data_grad(
                gy.clone().into_dispatch(),
                weight.clone().into_dispatch(),
            )),
            (Pass::DataGrad, true) => Tensor::from_dispatch(<Dispatch as UpConvGradOps>::up_conv2d_data_grad(
                gy.clone().into_dispatch(),
                weight.clone().into_dispatch(),
            )),
            (Pass::WeightGrad, _) => {
                let (x, gy) = (x.clone().into_dispatch(), gy.clone().into_dispatch());
                let (gw, _) = if up {
                    <Dispatch as UpConvGradOps>::up_conv2d_weight_grad(x, gy)
                } else {
                    <Dispatch as ConvGradOps>::conv2d_weight_grad(x, gy, s.k)
                };
                Tensor::from_dispatch(gw)
            }
        }
    };
    time(&call, (tries, repeats), now_ms).await
}

/// GFLOP/s of multiply-adds on registers: nothing on this device can be faster.
///
/// # Errors
/// If the device fails.
pub async fn ceiling_gflops(device: &Device, now_ms: &dyn Fn() -> f64) -> Result<f64, String> {
    /// Enough invocations for any GPU, about a quarter of a second on the slowest device in use.
    const INVOCATIONS: usize = 16_384;
    let x = Tensor::<1>::zeros([INVOCATIONS], device);
    let mut flop = 400_000_000u64;
    loop {
        let call = || -> Tensor<4> { multiply_adds(x.clone(), flop).reshape([1, 1, 1, INVOCATIONS]) };
        let ms = time(&call, (5, 1), now_ms).await?;
        // Short runs time the queue, not the arithmetic.
        if ms > 60.0 || flop > 4_000_000_000_000 {
            return Ok(flop as f64 / ms / 1e6);
        }
        flop *= 4;
    }
}

async fn time(
    call: &dyn Fn() -> Tensor<4>,
    (tries, repeats): (usize, usize),
    now_ms: &dyn Fn() -> f64,
) -> Result<f64, String> {
    read_one(call()).await?;
    let mut best = f64::INFINITY;
    for _ in 0..tries {
        let start = now_ms();
        let mut last = call();
        for _ in 1..repeats {
            last = call();
        }
        read_one(last).await?;
        best = best.min((now_ms() - start) / repeats as f64);
    }
    Ok(best)
}

/// Waits for a tensor by its first value: reading all of it would time the copy.
async fn read_one(tensor: Tensor<4>) -> Result<(), String> {
    let first = tensor.slice([0..1, 0..1, 0..1, 0..1]);
    read_back(first).await.map(|_| ())
}
