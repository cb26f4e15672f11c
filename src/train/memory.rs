//! Whether a run fits, before it starts.

use crate::model::ModelConfig;

/// What a device has room for, as far as it says: WebGPU names the largest buffer, not how much memory there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes for everything.
    pub total_bytes: Option<u64>,
    /// Bytes of the largest tensor.
    pub tensor_bytes: Option<u64>,
}

/// Bytes a run takes on a device, from the tensors of a step. Measured (docs/performance-log.md): the CPU frees gradients as it
/// uses them up, and a GPU's allocator keeps gaps.
pub fn expected_bytes(model: &ModelConfig, tile_px: usize, batch: usize, gpu: bool) -> u64 {
    let tensors = model.training_bytes(tile_px, batch);
    if gpu { tensors * 6 / 5 } else { tensors * 43 / 50 }
}

impl Room {
    /// All of a 32-bit wasm memory that data of `data_bytes` leaves, less a reserve for the module itself and for gaps.
    pub fn of_wasm(data_bytes: u64) -> Self {
        const RESERVE: u64 = 512 << 20;
        Self {
            total_bytes: Some((4u64 << 30).saturating_sub(RESERVE + data_bytes)),
            tensor_bytes: Some(1 << 30),
        }
    }

    /// Whether training on `batch` tiles of `tile_px` fits.
    pub fn fits(&self, model: &ModelConfig, tile_px: usize, batch: usize) -> bool {
        self.total_bytes
            .is_none_or(|room| model.training_bytes(tile_px, batch) <= room)
            && self
                .tensor_bytes
                .is_none_or(|room| largest_tensor_bytes(model, tile_px, batch) <= room)
    }

    /// The widest base width below the model's that fits, in halves.
    pub fn narrower(&self, model: &ModelConfig, tile_px: usize, batch: usize) -> Option<usize> {
        let mut model = *model;
        while model.base >= 8 {
            model.base /= 2;
            if self.fits(&model, tile_px, batch) {
                return Some(model.base);
            }
        }
        None
    }
}

/// Bytes of the largest single tensor of a step: the concatenation at full resolution, or the deepest weights.
pub fn largest_tensor_bytes(model: &ModelConfig, tile_px: usize, batch: usize) -> u64 {
    let joined = (tile_px * tile_px * batch * 2 * model.base) as u64;
    let weights = model
        .convolutions()
        .into_iter()
        .map(|c| (c.k * c.k * c.c_in * c.c_out) as u64);
    4 * weights.fold(joined, u64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Architecture;

    fn model(base: usize) -> ModelConfig {
        ModelConfig {
            architecture: Architecture::UnetNorm,
            base,
            depth: 4,
            channels: 3,
            head: crate::values::Head::TwoChannels,
            dropout: 0.5,
            classes: 1,
        }
    }

    #[test]
    fn what_does_not_fit_is_told_the_width_that_does() {
        let room = Room::of_wasm(0);
        assert!(room.fits(&model(16), 256, 8));
        assert!(!room.fits(&model(64), 512, 16));
        let base = room.narrower(&model(64), 512, 16).expect("some width fits");
        assert!(base < 64 && room.fits(&model(base), 512, 16));
        assert!(!room.fits(&model(2 * base), 512, 16));
    }

    #[test]
    fn a_gpu_is_asked_for_its_largest_buffer_only() {
        let room = Room {
            total_bytes: None,
            tensor_bytes: Some(128 << 20),
        };
        // 512 x 512 x 2 x 128 channels x 4 bytes = 256 MiB.
        assert_eq!(largest_tensor_bytes(&model(64), 512, 2), 256 << 20);
        assert!(!room.fits(&model(64), 512, 2));
        assert_eq!(room.narrower(&model(64), 512, 2), Some(32));
        let open = Room {
            total_bytes: None,
            tensor_bytes: None,
        };
        assert!(open.fits(&model(64), 4096, 64));
    }
}
