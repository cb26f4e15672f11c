//! What a native GPU said went wrong: it says so beside the call that failed, which goes on with numbers of no worth. In a page
//! such a thing is a panic (`src/device/gpu.rs`).

use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;

static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// The next that is read back from the GPU is refused. The first failure is kept: those that follow are of its making.
pub(crate) fn note_failure(what: &str) {
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    first.get_or_insert_with(|| what.to_owned());
}

/// Said once: what is computed after it, as the next family of kernels or the next image, is not of its making.
///
/// # Errors
/// What went wrong since this was asked last, if `device` is the GPU.
pub(crate) fn check_sound(device: Device) -> Result<(), String> {
    if device.inner() == Device::flex() {
        return Ok(());
    }
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    first.take().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use burn::tensor::DeviceKind;

    use super::*;

    #[test]
    fn a_failure_is_told_by_the_next_read_of_the_gpu_and_no_other() {
        // Names it without starting it.
        let gpu = || Device::wgpu(DeviceKind::DefaultDevice);
        assert!(check_sound(gpu()).is_ok());
        note_failure("out of memory");
        note_failure("a buffer is not valid");
        assert!(check_sound(Device::flex()).is_ok() && check_sound(Device::flex().autodiff()).is_ok());
        assert_eq!(check_sound(gpu().autodiff()), Err("out of memory".to_owned()));
        assert!(check_sound(gpu()).is_ok());
    }
}
