//! Which device is taken: what was asked for, held against what the browser, or natively the system, says.

pub use crate::values::{DeviceChoice as Choice, DeviceKind as Kind, DeviceReason as Reason};

/// What the browser says about WebGPU, asked before Burn touches it; natively what [`gpu_adapter`](super::gpu_adapter) says.
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
    /// [`Ready::calibration`](super::Ready::calibration)'s record of an earlier visit, if there was one.
    pub remembered: Option<&'a str>,
    pub now_ms: &'a dyn Fn() -> f64,
}

#[derive(Debug, Clone, thiserror::Error)]
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
        // cubecl's stream panics without it (docs/burn-on-webgpu.md).
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
}
