//! The compute device: choosing it, bringing it up and not trusting it before it has computed.
//!
//! WebGPU is taken where a hardware adapter with the needed features answers, else the CPU. A
//! software adapter counts as no GPU unless it was asked for: the CPU device is several times
//! faster there (PERFORMANCE.md).

use burn::tensor::{Device, Tensor, TensorData};

use crate::kernels::{nn, reference};

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Auto,
    WebGpu,
    Cpu,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    WebGpu,
    Cpu,
}

/// Why the CPU was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    NoWebGpu,
    InsecureContext,
    NoAdapter,
    SoftwareAdapter,
    MissingTimestampQuery,
    SelfTestFailed,
    AskedForCpu,
}

/// What the browser says about WebGPU, asked before Burn touches it.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    Absent(Reason),
    Adapter(Adapter),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    pub name: String,
    pub software: bool,
    pub timestamp_query: bool,
    /// Limits worth showing, name and value.
    pub limits: Vec<(String, f64)>,
}

/// A device that passed its self-test.
#[derive(Debug, Clone)]
pub struct Ready {
    pub device: Device,
    pub kind: Kind,
    pub adapter: String,
    pub software: bool,
    pub reason: Option<Reason>,
    pub self_test_error: f64,
    pub limits: Vec<(String, f64)>,
}

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// WebGPU was asked for by name and cannot be had.
    #[error("no usable WebGPU: {0:?}")]
    Unavailable(Reason),
    #[error("the device failed its self-test: {0}")]
    SelfTest(String),
    #[error("the device could not be started: {0}")]
    Start(String),
}

/// Largest relative difference of the self-test that is still rounding.
const SELF_TEST_LIMIT: f64 = 1e-3;

/// Which device the probe allows for a choice.
///
/// # Errors
/// If WebGPU was asked for and is not there.
pub fn decide(choice: Choice, probe: &Probe) -> Result<(Kind, Option<Reason>), DeviceError> {
    if choice == Choice::Cpu {
        return Ok((Kind::Cpu, Some(Reason::AskedForCpu)));
    }
    let problem = match probe {
        Probe::Absent(reason) => Some(*reason),
        // cubecl's stream panics without it (burn-on-webgpu.md, 2).
        Probe::Adapter(a) if !a.timestamp_query => Some(Reason::MissingTimestampQuery),
        Probe::Adapter(a) if a.software && choice == Choice::Auto => Some(Reason::SoftwareAdapter),
        Probe::Adapter(_) => None,
    };
    match (problem, choice) {
        (None, _) => Ok((Kind::WebGpu, None)),
        (Some(reason), Choice::WebGpu) => Err(DeviceError::Unavailable(reason)),
        (Some(reason), _) => Ok((Kind::Cpu, Some(reason))),
    }
}

/// Brings up the device for a choice; falls back to the CPU if a GPU fails its self-test, unless it was asked for by name.
///
/// `gpu` is the WebGPU device if it was started before: Burn allows that once a page.
///
/// # Errors
/// If no device can be used.
pub async fn bring_up(choice: Choice, probe: &Probe, gpu: &mut Option<Device>) -> Result<Ready, DeviceError> {
    let (kind, reason) = decide(choice, probe)?;
    if kind == Kind::WebGpu {
        match bring_up_gpu(probe, gpu).await {
            Ok(ready) => return Ok(ready),
            Err(error) if choice == Choice::WebGpu => return Err(error),
            Err(_) => return bring_up_cpu(Some(Reason::SelfTestFailed)).await,
        }
    }
    bring_up_cpu(reason).await
}

async fn bring_up_cpu(reason: Option<Reason>) -> Result<Ready, DeviceError> {
    let device = Device::flex();
    let self_test_error = self_test(&device).await?;
    let simd = cfg!(any(
        target_feature = "simd128",
        target_arch = "x86_64",
        target_arch = "aarch64"
    ));
    let adapter = format!("{}, 1 thread", if simd { "SIMD" } else { "no SIMD" });
    Ok(Ready {
        device,
        kind: Kind::Cpu,
        adapter,
        software: false,
        reason,
        self_test_error,
        limits: Vec::new(),
    })
}

async fn bring_up_gpu(probe: &Probe, gpu: &mut Option<Device>) -> Result<Ready, DeviceError> {
    let Probe::Adapter(adapter) = probe else {
        return Err(DeviceError::Unavailable(Reason::NoAdapter));
    };
    let device = match gpu {
        Some(device) => device.clone(),
        None => gpu.insert(start_gpu().await?).clone(),
    };
    let self_test_error = self_test(&device).await?;
    Ok(Ready {
        device,
        kind: Kind::WebGpu,
        adapter: adapter.name.clone(),
        software: adapter.software,
        reason: None,
        self_test_error,
        limits: adapter.limits.clone(),
    })
}

#[cfg(target_arch = "wasm32")]
async fn start_gpu() -> Result<Device, DeviceError> {
    // More tasks a submission than the default keep the queue full: a step is some hundred small kernels.
    let (device, setup) = Device::wgpu_options()
        .tasks_max(64)
        .init_with_setup_async()
        .await
        .map_err(|e| DeviceError::Start(e.to_string()))?;
    // A shader that does not compile leaves zeros and says nothing (burn-on-webgpu.md, 5); a panic is heard.
    setup
        .device
        .on_uncaptured_error(std::sync::Arc::new(|error| panic!("WebGPU: {error}")));
    Ok(device)
}

#[cfg(not(target_arch = "wasm32"))]
async fn start_gpu() -> Result<Device, DeviceError> {
    Err(DeviceError::Unavailable(Reason::NoWebGpu))
}

/// A convolution forward and backward against the plain reference; gives the largest relative difference.
///
/// # Errors
/// If it is above rounding, or the device cannot be read.
pub async fn self_test(device: &Device) -> Result<f64, DeviceError> {
    let s = reference::Shape {
        batch: 2,
        height: 7,
        width: 6,
        c_in: 5,
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
    let y_tensor = nn::conv2d(x_tensor.clone(), w_tensor.clone(), b_tensor.clone(), true);
    let gy_tensor = upload(&gy, [s.batch, s.height, s.width, s.c_out]);
    let grads = (y_tensor.clone() * gy_tensor).sum().backward();

    let y = reference::conv_forward(&s, &x, &weight, &bias, true);
    let masked = reference::relu_mask(&y, &gy);
    let gx = reference::conv_data_grad(&s, &masked, &weight);
    let (gw, gb) = reference::conv_weight_grad(&s, &x, &masked);

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
        let data = tensor
            .into_data_async()
            .await
            .map_err(|e| DeviceError::SelfTest(format!("{what}: {e:?}")))?;
        let found = data
            .try_into_vec::<f32>()
            .map_err(|e| DeviceError::SelfTest(format!("{what}: {e:?}")))?;
        let error = relative_error(&wanted, &found);
        // NaN fails too.
        if error.is_nan() || error > SELF_TEST_LIMIT {
            return Err(DeviceError::SelfTest(format!("{what} differs by {error:.2e}")));
        }
        worst = worst.max(error);
    }
    Ok(worst)
}

/// Largest difference over the largest wanted value.
fn relative_error(wanted: &[f32], found: &[f32]) -> f64 {
    if wanted.len() != found.len() {
        return f64::INFINITY;
    }
    let scale = wanted.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let mut worst = 0.0f64;
    for (w, f) in wanted.iter().zip(found) {
        let difference = f64::from((w - f).abs() / scale);
        if difference.is_nan() {
            return f64::NAN;
        }
        worst = worst.max(difference);
    }
    worst
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

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(software: bool, timestamp_query: bool) -> Probe {
        Probe::Adapter(Adapter {
            name: "test".into(),
            software,
            timestamp_query,
            limits: Vec::new(),
        })
    }

    #[test]
    fn a_hardware_adapter_is_taken_and_a_software_one_only_if_asked_for() {
        assert_eq!(
            decide(Choice::Auto, &adapter(false, true)).ok(),
            Some((Kind::WebGpu, None))
        );
        assert_eq!(
            decide(Choice::Auto, &adapter(true, true)).ok(),
            Some((Kind::Cpu, Some(Reason::SoftwareAdapter)))
        );
        assert_eq!(
            decide(Choice::WebGpu, &adapter(true, true)).ok(),
            Some((Kind::WebGpu, None))
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let absent = Probe::Absent(Reason::NoAdapter);
        assert_eq!(
            decide(Choice::Auto, &absent).ok(),
            Some((Kind::Cpu, Some(Reason::NoAdapter)))
        );
        assert!(matches!(
            decide(Choice::WebGpu, &absent),
            Err(DeviceError::Unavailable(Reason::NoAdapter))
        ));
        let no_timestamps = adapter(false, false);
        assert_eq!(
            decide(Choice::Auto, &no_timestamps).ok(),
            Some((Kind::Cpu, Some(Reason::MissingTimestampQuery)))
        );
        assert!(decide(Choice::WebGpu, &no_timestamps).is_err());
        assert_eq!(
            decide(Choice::Cpu, &adapter(false, true)).ok(),
            Some((Kind::Cpu, Some(Reason::AskedForCpu)))
        );
    }

    #[test]
    fn a_nan_or_a_zero_output_fails() {
        assert!(relative_error(&[1.0, 2.0], &[f32::NAN, 2.0]).is_nan());
        assert!(relative_error(&[1.0, 2.0], &[0.0, 0.0]) > 0.9);
        assert!(relative_error(&[1.0], &[]).is_infinite());
    }

    #[test]
    fn the_cpu_passes() {
        let ready =
            pollster::block_on(bring_up(Choice::Auto, &Probe::Absent(Reason::NoWebGpu), &mut None)).expect("a device");
        assert_eq!((ready.kind, ready.reason), (Kind::Cpu, Some(Reason::NoWebGpu)));
        assert!(ready.self_test_error < 1e-5, "{}", ready.self_test_error);
    }
}
