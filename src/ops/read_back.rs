//! Values of the device on the host.

use burn::tensor::Tensor;

/// Reads a tensor back, in row-major order: waits for all work before it.
///
/// # Errors
/// If the device fails; what it says.
pub async fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    #[cfg(all(feature = "webgpu", not(target_arch = "wasm32")))]
    let device = tensor.device();
    let data = tensor.into_data_async().await.map_err(|e| format!("{e:?}"))?;
    #[cfg(all(feature = "webgpu", not(target_arch = "wasm32")))]
    super::gpu::check_sound(device)?;
    data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))
}
