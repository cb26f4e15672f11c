//! Values of the device on the host.

use burn::tensor::Tensor;

use super::report::events::TrainError;

/// Reads a tensor back: waits for all work before it.
///
/// # Errors
/// If the device fails.
pub(super) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    let data = tensor.into_data_async().await;
    let data = data.map_err(|e| TrainError::Read(format!("{e:?}")))?;
    data.try_into_vec::<f32>()
        .map_err(|e| TrainError::Read(format!("{e:?}")))
}
