//! The U-Net's operators on one CPU thread: wasm SIMD in the page, AVX2 or SSE2 natively, the same blocked
//! algorithms. Plain f32 slices, no Burn.
//!
//! Layouts: tensors are contiguous NHWC, weights HWIO `[k, k, c_in, c_out]` (Keras). Convolutions are stride 1
//! and 'same' with Keras padding: k = 3 pads one on every side, k = 1 none, k = 2 nothing above and left and one
//! zero row and column below and right. Every operator is tested against the plain one in [`super::reference`].
//!
//! Every function panics when a slice's length does not match the shape: that is a fault of the caller, not of
//! the data, and checking it once is what makes the pointer arithmetic inside sound.

mod band;
mod conv;
mod conv_weight;
mod elementwise;
mod micro;
mod narrow;
mod norm;
mod pack;
mod peak;
mod pointwise;
mod pool;
mod scratch;
mod shape;
mod simd;
mod up_conv;
mod winograd;
mod winograd_conv;
mod winograd_weight;

#[cfg(test)]
mod tests;

pub use conv::{conv_data_grad, conv_forward, conv_norm_forward};
pub use conv_weight::conv_weight_grad;
pub use elementwise::{AdamStep, adam, concat_channels, relu_mask, split_channels};
pub use norm::{batch_norm_backward, batch_norm_forward};
pub use peak::multiply_adds;
pub use pool::{max_pool_backward, max_pool_forward};
pub use shape::ConvShape;
pub use up_conv::{up_conv_data_grad, up_conv_forward, up_conv_weight_grad};
