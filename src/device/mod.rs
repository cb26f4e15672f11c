//! The compute device: choosing it, bringing it up and not trusting it before it has computed.
//!
//! WebGPU is taken where a hardware adapter with the needed features answers, else the CPU. A
//! software adapter counts as no GPU unless it was asked for: the CPU device is several times
//! faster there (PERFORMANCE.md).

mod calibrate;
mod self_test;

use burn::tensor::Device;

pub use calibrate::Calibration;
pub use self_test::{relative_error, relative_to, self_test};

pub use crate::values::{DeviceChoice as Choice, DeviceKind as Kind, DeviceReason as Reason};

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

/// What a start of the device may use besides the probe.
pub struct Start<'a> {
    /// [`Ready::calibration`]'s record of an earlier visit, if there was one.
    pub remembered: Option<&'a str>,
    pub now_ms: &'a dyn Fn() -> f64,
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
    /// Which kernels a GPU runs and how they were chosen; the CPU has one kind.
    pub calibration: Option<Calibration>,
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
    let adapter = format!("{}, 1 thread", if simd { "SIMD" } else { "no SIMD" });
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

thread_local! {
    /// Burn starts WebGPU once a worker; a second start is an error.
    static GPU: std::cell::RefCell<Option<Device>> = const { std::cell::RefCell::new(None) };
}

async fn bring_up_gpu(probe: &Probe, start: &Start<'_>) -> Result<Ready, DeviceError> {
    let Probe::Adapter(adapter) = probe else {
        return Err(DeviceError::Unavailable(Reason::NoAdapter));
    };
    let started = GPU.with_borrow(Clone::clone);
    let device = match started {
        Some(device) => device,
        None => {
            let device = start_gpu().await?;
            GPU.set(Some(device.clone()));
            device
        }
    };
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
