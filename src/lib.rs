//! Groundmask: a U-Net trained in a web page, on the user's own GPU.
//!
//! Data flows one way: files -> tiles -> tensors -> weights -> masks -> files.
//!
//! | floor | module | what flows there |
//! |---|---|---|
//! | browser | `web` | JavaScript objects <-> commands and events (wasm only) |
//! | engine | [`engine`] | commands in, events out; owns device, data set, model and run |
//! | protocol | [`protocol`] | everything that crosses the worker boundary |
//! | results | [`export`] | probability maps -> PNG, weights -> model file |
//! | training | [`train`] | settings -> a run as a state machine -> weights |
//! | inference | [`infer`] | image of any size -> tiles -> blended probability map |
//! | model | [`model`] | tensors -> logits, loss, metrics |
//! | data | [`data`] | decoded files -> pairs -> masks by rule -> batches |
//! | device | [`device`] | WebGPU or CPU, chosen and self-tested |
//! | operators | [`ops`] | convolution, pooling, batch norm, warp, Adam: CPU SIMD and WGSL, one folder each |
//! | codecs | [`formats`] | bytes <-> rasters and named tensors |
//! | ground | [`geo`] | reference systems, affine transforms, the ellipsoid, polygons into pixels |
//! | values | [`values`] | settings with limits, labels, metrics, notes: what crosses floors and the worker |
//!
//! Beside them, and not in the released page: [`bench`], the benchmark's training problem, and [`checks`], numeric checks that
//! run natively and in the browser.

// The page's module for the CPU alone has the WebGPU kernels' plans, which native tests look through, and no use for them.
#![cfg_attr(all(target_arch = "wasm32", not(feature = "webgpu")), allow(dead_code))]

#[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
pub mod bench;
#[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
pub mod checks;
pub mod data;
pub mod device;
pub mod engine;
pub mod export;
pub mod formats;
pub mod geo;
pub mod infer;
pub mod model;
pub mod ops;
pub mod protocol;
pub mod train;
pub mod values;
#[cfg(target_arch = "wasm32")]
pub mod web;
