//! The compute device: choosing it, bringing it up and not trusting it before it has computed.
//!
//! WebGPU, natively Vulkan, Metal or Direct3D 12, is taken where a hardware adapter with the needed features answers, else the
//! CPU. A software adapter counts as no GPU unless it was asked for: the CPU device is several times
//! faster there (docs/performance-log.md).

mod calibrate;
mod choice;
#[cfg(feature = "webgpu")]
mod gpu;
mod self_test;

use burn::tensor::Device;

use crate::ops::cpu_threads;

pub use calibrate::Calibration;
pub use choice::{Adapter, Choice, DeviceError, Kind, Probe, Reason, Start, decide};
#[cfg(not(target_arch = "wasm32"))]
pub use gpu::gpu_adapter;
pub use self_test::self_test;

/// A device that passed its self-test.
#[derive(Debug, Clone)]
pub struct Ready {
    pub device: Device,
    pub kind: Kind,
    pub adapter: String,
    pub software: bool,
    pub reason: Option<Reason>,
    pub self_test_error: f64,
    /// Which kernels a GPU runs and how they were chosen; the CPU has one kind.
    pub calibration: Option<Calibration>,
    pub limits: Vec<(String, f64)>,
}

/// Brings up the device for a choice; falls back to the CPU if a GPU fails its self-test, unless it was asked for by name.
///
/// # Errors
/// If no device can be used.
pub async fn bring_up(choice: Choice, probe: &Probe, start: &Start<'_>) -> Result<Ready, DeviceError> {
    let (kind, reason) = decide(choice, probe)?;
    if kind == Kind::WebGpu {
        match bring_up_gpu(probe, start).await {
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
    let threads = cpu_threads();
    let adapter = format!(
        "{}, {threads} thread{}",
        if simd { "SIMD" } else { "no SIMD" },
        if threads == 1 { "" } else { "s" }
    );
    Ok(Ready {
        device,
        kind: Kind::Cpu,
        adapter,
        software: false,
        reason,
        self_test_error,
        calibration: None,
        limits: Vec::new(),
    })
}

async fn bring_up_gpu(probe: &Probe, start: &Start<'_>) -> Result<Ready, DeviceError> {
    let Probe::Adapter(adapter) = probe else {
        return Err(DeviceError::Unavailable(Reason::NoAdapter));
    };
    let device = gpu::device().await?;
    let calibration = calibrate::calibrate(&device, adapter, start).await?;
    Ok(Ready {
        device,
        kind: Kind::WebGpu,
        adapter: adapter.name.clone(),
        software: adapter.software,
        reason: None,
        self_test_error: calibration.self_test_error,
        calibration: Some(calibration),
        limits: adapter.limits.clone(),
    })
}

/// A build for the CPU alone.
#[cfg(not(feature = "webgpu"))]
mod gpu {
    use super::{Device, DeviceError, Reason};

    pub(super) async fn device() -> Result<Device, DeviceError> {
        Err(DeviceError::Unavailable(Reason::NoWebGpu))
    }

    /// # Errors
    /// Always.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn gpu_adapter() -> Result<super::Adapter, DeviceError> {
        Err(DeviceError::Unavailable(Reason::NoWebGpu))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_passes() {
        let start = Start {
            remembered: None,
            now_ms: &|| 0.0,
        };
        let probe = Probe::Absent(Reason::NoWebGpu);
        let ready = pollster::block_on(bring_up(Choice::Auto, &probe, &start)).expect("a device");
        assert_eq!((ready.kind, ready.reason), (Kind::Cpu, Some(Reason::NoWebGpu)));
        assert!(ready.self_test_error < 1e-5, "{}", ready.self_test_error);
    }
}
