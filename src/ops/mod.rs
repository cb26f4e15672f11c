//! Ground floor: our own operators, for the CPU and for WebGPU.
//!
//! Tensors are `[batch, height, width, channels]` (NHWC) throughout, convolution weights
//! `[k, k, c_in, c_out]` (HWIO, as Keras stores them), all `f32`.
//!
//! * [`reference`] and [`warp`]: plain loops, the definition of every operator.
//! * [`cpu`]: blocked SIMD versions over slices, for wasm and native.
//! * [`gpu`]: WGSL generators, and their launch code where WebGPU exists.
//! * [`ops`]: the operators as Burn backend extensions, with hand-written backward passes.
//! * [`timing`]: how long one pass of one of them takes on a device.
//! * [`nn`]: what the rest of the crate calls: functions over [`burn::tensor::Tensor`].

pub mod cpu;
pub mod gpu;
pub mod nn;
pub mod ops;
mod ops_autodiff;
#[cfg(target_arch = "wasm32")]
mod ops_cube;
mod ops_flex;
pub mod reference;
pub mod timing;
pub mod warp;
