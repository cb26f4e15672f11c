//! The gradient through a ReLU, from its output: what it is.

use burn::backend::{Backend, backend_extension, tensor::FloatTensor};

/// The mask; part of other operators' gradients.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait ReluMaskOps: Backend {
    /// `gy` where the ReLU's output `y` is positive, else 0; both of one shape.
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// `gy` where `y` is positive.
pub fn relu_mask_plain(y: &[f32], gy: &[f32]) -> Vec<f32> {
    y.iter()
        .zip(gy)
        .map(|(y, gy)| if *y > 0.0 { *gy } else { 0.0 })
        .collect()
}
