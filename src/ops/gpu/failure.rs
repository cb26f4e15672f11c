//! What a native GPU said went wrong: it says so beside the call that failed, which goes on with numbers of no worth. In a page
//! such a thing is a panic (`src/device/gpu.rs`).

use std::sync::OnceLock;

use burn::tensor::Device;

static FIRST: OnceLock<String> = OnceLock::new();

/// From now on nothing on the GPU can be read back. The first failure is kept: those that follow are of its making.
pub(crate) fn note_failure(what: &str) {
    let _ = FIRST.set(what.to_owned());
}

/// # Errors
/// What went wrong, if `device` is the GPU and something did in this process.
pub(crate) fn check_sound(device: Device) -> Result<(), String> {
    match FIRST.get() {
        Some(what) if device.inner() != Device::flex() => Err(what.clone()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::DeviceKind;

    use super::*;

    #[test]
    fn after_a_failure_the_gpu_is_not_read_and_the_cpu_is() {
        // Names it without starting it.
        let gpu = || Device::wgpu(DeviceKind::DefaultDevice);
        assert!(check_sound(gpu()).is_ok());
        note_failure("out of memory");
        note_failure("a buffer is not valid");
        assert_eq!(check_sound(gpu()), Err("out of memory".to_owned()));
        assert_eq!(check_sound(gpu().autodiff()), Err("out of memory".to_owned()));
        assert!(check_sound(Device::flex()).is_ok() && check_sound(Device::flex().autodiff()).is_ok());
    }
}
