//! The GPU behind Burn: started once, by the browser in a page and by the system's own interface natively.

use burn::tensor::{
    Device,
    wgpu::{WgpuOptions, WgpuSetup},
};

use super::choice::DeviceError;

/// How Burn runs it, in the page and natively.
fn options() -> WgpuOptions {
    // More tasks a submission than the default keep the queue full: a step is some hundred small kernels.
    Device::wgpu_options().tasks_max(64)
}

#[cfg(target_arch = "wasm32")]
mod start {
    use super::*;

    thread_local! {
        /// Burn starts WebGPU once a worker; a second start is an error.
        static STARTED: std::cell::RefCell<Option<Device>> = const { std::cell::RefCell::new(None) };
    }

    /// # Errors
    /// If it cannot be started.
    pub async fn device() -> Result<Device, DeviceError> {
        if let Some(device) = STARTED.with_borrow(Clone::clone) {
            return Ok(device);
        }
        let started = options().init_with_setup_async().await;
        let (device, setup) = started.map_err(|e| DeviceError::Start(e.to_string()))?;
        hear_errors(&setup);
        STARTED.set(Some(device.clone()));
        Ok(device)
    }

    fn hear_errors(setup: &WgpuSetup) {
        // A shader that does not compile leaves zeros and says nothing (docs/burn-on-webgpu.md); a panic is heard.
        setup
            .device
            .on_uncaptured_error(std::sync::Arc::new(|error| panic!("WebGPU: {error}")));
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod start {
    use std::sync::{Arc, OnceLock};

    use burn::tensor::wgpu::{
        MemoryConfiguration, WgpuInitError,
        wgpu::{Backend, DeviceType},
    };

    use super::*;
    use crate::{
        device::choice::{Adapter, Reason},
        ops::gpu::note_failure,
    };

    /// Burn starts it once a process; a second start is an error. Threads that want it at once wait for the first.
    static STARTED: OnceLock<Result<(Device, Adapter), DeviceError>> = OnceLock::new();

    fn started() -> Result<&'static (Device, Adapter), DeviceError> {
        let started = STARTED.get_or_init(|| {
            // A buffer of its own for each tensor, as in a page: where tensors share one, a kernel that reads one and writes
            // another uses that buffer in two ways at once, which wgpu refuses.
            let options = options().memory_config(MemoryConfiguration::ExclusivePages);
            let (device, setup) = options.init_with_setup().map_err(|error| match error {
                WgpuInitError::AdapterUnavailable { .. } | WgpuInitError::UnsupportedGraphicsApi { .. } => {
                    DeviceError::Unavailable(Reason::NoAdapter)
                }
                other => DeviceError::Start(other.to_string()),
            })?;
            // Burn's last resort where no driver of the other kinds is there.
            if setup.backend == Backend::Gl {
                return Err(DeviceError::Unavailable(Reason::NoAdapter));
            }
            // Not a panic: it would end the thread that waits for the device in Burn, and with it every read.
            setup
                .device
                .on_uncaptured_error(Arc::new(|error| note_failure(&error.to_string())));
            Ok((device, described(&setup)))
        });
        started.as_ref().map_err(Clone::clone)
    }

    /// # Errors
    /// If there is none, or it cannot be started.
    pub async fn device() -> Result<Device, DeviceError> {
        started().map(|(device, _)| device.clone())
    }

    /// The adapter that a native program computes on: Burn's choice, a graphics card before a software adapter. It is started.
    ///
    /// # Errors
    /// If there is none, or it cannot be started.
    pub fn gpu_adapter() -> Result<Adapter, DeviceError> {
        started().map(|(_, adapter)| adapter.clone())
    }

    fn described(setup: &WgpuSetup) -> Adapter {
        let info = setup.adapter.get_info();
        let limits = setup.device.limits();
        // The names are WebGPU's, as a browser gives them.
        let limits = [
            ("maxBufferSize", limits.max_buffer_size),
            ("maxStorageBufferBindingSize", limits.max_storage_buffer_binding_size),
            (
                "maxComputeWorkgroupStorageSize",
                limits.max_compute_workgroup_storage_size.into(),
            ),
            (
                "maxComputeInvocationsPerWorkgroup",
                limits.max_compute_invocations_per_workgroup.into(),
            ),
            (
                "maxComputeWorkgroupsPerDimension",
                limits.max_compute_workgroups_per_dimension.into(),
            ),
        ];
        Adapter {
            name: format!("{}, {:?}", info.name, setup.backend),
            software: info.device_type == DeviceType::Cpu,
            // Natively cubecl does without.
            timestamp_query: true,
            limits: limits
                .into_iter()
                .map(|(name, value): (&str, u64)| (name.to_owned(), value as f64))
                .collect(),
        }
    }
}

pub(super) use start::device;
#[cfg(not(target_arch = "wasm32"))]
pub use start::gpu_adapter;
