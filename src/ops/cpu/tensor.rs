//! Between Burn's Flex tensors and slices.

use burn::{
    backend::{TensorMetadata, flex::FlexTensor},
    tensor::{Shape, TensorData},
};

/// A contiguous view; copies only if the tensor is a strided view of another.
pub(crate) struct Dense(FlexTensor);

impl Dense {
    pub fn new(tensor: FlexTensor) -> Self {
        Self(if tensor.as_slice::<f32>().is_some() {
            tensor
        } else {
            tensor.to_contiguous()
        })
    }

    pub fn values(&self) -> &[f32] {
        self.0.as_slice::<f32>().unwrap_or(&[])
    }

    pub fn dims<const D: usize>(&self) -> [usize; D] {
        let shape = self.0.shape();
        std::array::from_fn(|axis| shape[axis])
    }

    pub fn shape(&self) -> Shape {
        self.0.shape()
    }
}

/// These values as a tensor of this shape.
pub(crate) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

/// The tensor as the only content of its buffer.
pub(crate) fn whole(tensor: FlexTensor) -> FlexTensor {
    let alone = tensor
        .as_slice::<f32>()
        .is_some_and(|values| values.len() == tensor.storage::<f32>().len());
    if alone { tensor } else { tensor.to_contiguous() }
}
