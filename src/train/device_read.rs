//! Values of the device on the host.

use burn::tensor::Tensor;

use super::report::events::TrainError;
use crate::ops::read_back::read_back;

/// Reads a tensor back: waits for all work before it.
///
/// # Errors
/// If the device fails.
pub(super) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    read_back(tensor).await.map_err(TrainError::Read)
}
