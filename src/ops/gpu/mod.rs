//! What the WebGPU operators share: our own WGSL, launched through Burn's cubecl backend.
//!
//! [`plan`] holds what a plan of launches is made of and helps to write the text, on every target; `launch` runs plans on Burn's
//! tensors and exists only where WGSL does: in the page, and natively with the feature `gpu`.

#[cfg(all(feature = "webgpu", not(target_arch = "wasm32")))]
mod failure;
#[cfg(feature = "webgpu")]
pub(crate) mod launch;
pub mod plan;
pub(crate) mod reduce;
#[cfg(test)]
mod tests;
pub(crate) mod variant;

#[cfg(all(feature = "webgpu", not(target_arch = "wasm32")))]
pub(crate) use self::failure::{check_sound, note_failure};
pub use self::variant::{Variant, set_variant, variant};

#[cfg(feature = "webgpu")]
pub use self::launch::memory_bytes;
