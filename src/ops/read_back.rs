//! Values of the device on the host.

use burn::tensor::Tensor;

/// Reads a tensor back, in row-major order: waits for all work before it.
///
/// # Errors
/// If the device fails; what it says.
pub async fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = tensor.into_data_async().await.map_err(|e| format!("{e:?}"))?;
    data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))
}
