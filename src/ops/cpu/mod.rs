//! What the CPU operators share: wasm SIMD in the page, AVX2 or SSE2 natively ([`arithmetic`]), the same blocked
//! algorithms, cut into pieces that the threads share out ([`parallel`]). Plain f32 slices; only [`tensor`] knows Burn.
//!
//! Layouts: tensors are contiguous NHWC, weights HWIO `[k, k, c_in, c_out]` (Keras). Convolutions are stride 1
//! and 'same' with Keras padding: k = 3 pads one on every side, k = 1 none, k = 2 nothing above and left and one
//! zero row and column below and right. Every operator is tested against its plain loops (`reference.rs` beside it).
//!
//! Every operator over slices panics when a slice's length does not match the shape: that is a fault of the caller, not of
//! the data, and checking it once is what makes the pointer arithmetic inside sound.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod arithmetic;
pub(crate) mod band;
pub(crate) mod micro;
pub(crate) mod pack;
pub(crate) mod parallel;
pub(crate) mod scratch;
pub(crate) mod simd;
pub(crate) mod tensor;

#[cfg(test)]
pub(crate) mod tests;
