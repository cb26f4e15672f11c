//! A device is not trusted before it has computed something known.

use burn::tensor::{Device, Tensor, TensorData};

use super::choice::DeviceError;
use crate::ops::{self, ConvShape, compare::relative_error, conv::reference, read_back::read_back};

/// Largest relative difference of the self-test that is still rounding.
const SELF_TEST_LIMIT: f64 = 1e-3;

/// A convolution forward and backward against the plain reference; gives the largest relative difference.
///
/// # Errors
/// If it is above rounding, or the device cannot be read.
pub async fn self_test(device: &Device) -> Result<f64, DeviceError> {
    // Wide enough for the kernels a network runs too: what is compiled here is not compiled again.
    let s = ConvShape {
        batch: 2,
        height: 5,
        width: 18,
        c_in: 8,
        c_out: 8,
        k: 3,
    };
    let pixels = s.batch * s.height * s.width;
    let x = pattern(pixels * s.c_in, 1);
    let weight = pattern(s.k * s.k * s.c_in * s.c_out, 2);
    let bias = pattern(s.c_out, 3);
    let gy = pattern(pixels * s.c_out, 4);

    let upload =
        |values: &[f32], shape: [usize; 4]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), device);
    let x_tensor = upload(&x, [s.batch, s.height, s.width, s.c_in])
        .autodiff()
        .require_grad();
    let w_tensor = upload(&weight, [s.k, s.k, s.c_in, s.c_out]).autodiff().require_grad();
    let b_tensor = Tensor::<1>::from_data(TensorData::new(bias.clone(), [s.c_out]), device)
        .autodiff()
        .require_grad();
    let y_tensor = ops::conv2d(x_tensor.clone(), w_tensor.clone(), b_tensor.clone(), true);
    let gy_tensor = upload(&gy, [s.batch, s.height, s.width, s.c_out]);
    let grads = (y_tensor.clone() * gy_tensor).sum().backward();

    let y = reference::conv2d_plain(&s, &x, &weight, &bias, true);
    let (gx, gw, gb) = reference::conv2d_relu_grads_plain(&s, &x, &weight, &y, &gy);

    let missing = || DeviceError::SelfTest("a gradient is missing".into());
    let checks = [
        ("forward", y, y_tensor.inner().reshape([pixels * s.c_out])),
        (
            "data gradient",
            gx,
            x_tensor.grad(&grads).ok_or_else(missing)?.reshape([x.len()]),
        ),
        (
            "weight gradient",
            gw,
            w_tensor.grad(&grads).ok_or_else(missing)?.reshape([weight.len()]),
        ),
        ("bias gradient", gb, b_tensor.grad(&grads).ok_or_else(missing)?),
    ];
    let mut worst = 0.0f64;
    for (what, wanted, tensor) in checks {
        let found = read_back(tensor)
            .await
            .map_err(|e| DeviceError::SelfTest(format!("{what}: {e}")))?;
        let error = relative_error(&wanted, &found);
        if error > SELF_TEST_LIMIT {
            return Err(DeviceError::SelfTest(format!("{what} differs by {error:.2e}")));
        }
        worst = worst.max(error);
    }
    Ok(worst)
}

/// A fixed, patternless sequence in -1..1.
fn pattern(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 * 2.0 - 1.0
        })
        .collect()
}
