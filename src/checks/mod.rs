//! Numeric checks that run natively and, in the wasm build with the feature `checks`, in a browser
//! on either device: operators against the plain reference, whole networks against Keras, and a
//! network that has to learn two tiles by heart. Tests only; the released page does not hold them.

mod networks;
mod nodata;
mod operators;
pub mod random;

use burn::tensor::{Device, Tensor, TensorData};

pub use self::{
    networks::{JAX_LOSSES, golden_losses, golden_network, overfit},
    nodata::nodata,
    operators::operators,
};
pub use crate::device::relative_error;

/// A named relative error: largest difference over the largest wanted value.
pub type Errors = Vec<(String, f64)>;

type Check<T> = Result<T, String>;

async fn read<const D: usize>(tensor: Tensor<D>) -> Check<Vec<f32>> {
    let data = tensor.into_data_async().await.map_err(|e| format!("{e:?}"))?;
    data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))
}

fn upload<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}
