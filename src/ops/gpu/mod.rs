//! The operators on WebGPU: our own WGSL, launched through Burn's cubecl backend.
//!
//! [`wgsl`] writes the text and plans the launches, on every target; `launch` runs those plans on Burn's tensors and exists only
//! in the page, where WGSL does.

pub mod wgsl;

#[cfg(target_arch = "wasm32")]
mod launch;
#[cfg(target_arch = "wasm32")]
mod ops;

pub use wgsl::Variant;

#[cfg(target_arch = "wasm32")]
pub use launch::memory_bytes;
#[cfg(target_arch = "wasm32")]
pub use ops::{
    adam, batch_norm_backward, batch_norm_forward, channel_sum, concat, conv_data_grad, conv_forward,
    conv_norm_forward, conv_weight_grad, max_pool_backward, max_pool_forward, multiply_adds, relu_mask, set_variant,
    split, up_conv_data_grad, up_conv_forward, up_conv_weight_grad, variant, warp,
};
