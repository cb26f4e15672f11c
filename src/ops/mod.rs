//! Ground floor: our own operators, for the CPU and for WebGPU, one folder each.
//!
//! Tensors are `[batch, height, width, channels]` (NHWC) throughout, convolution weights
//! `[k, k, c_in, c_out]` (HWIO, as Keras stores them), all `f32`.
//!
//! Files of an operator's folder (a large one has more below `cpu/` and `wgsl/`):
//!
//! * `reference.rs`: what the operator is. Its traits over Burn's backends (the one that is differentiated, and the one its
//!   gradient calls), the function over [`burn::tensor::Tensor`] that the rest of the crate calls, its gradient put
//!   together, and the plain loops that define it, named `*_plain`.
//! * `cpu.rs`: blocked SIMD over slices, for wasm and native, and with it the traits for Burn's `Flex`.
//! * `wgsl.rs`: the text of its kernels, the plan that strings them together, and the traits for Burn's `Cube`.
//! * `check.rs`: every device against the plain loops, and the plans that the texts are looked through by.
//!
//! A function has one name all the way: `max_pool2d` is called by the model, is the trait's method, the function over slices, and
//! the plan. Burn's backends have methods of their own under some of these names, so generic code names the trait:
//! `<B as PoolOps>::max_pool2d`.
//!
//! Shared: [`cpu`] and [`gpu`] (registers and buffers; launches), [`autodiff`] (a gradient as a step of the graph),
//! [`check`] (what a check works with), [`compare`], [`read_back`], [`scalar`], [`timing`].
//!
//! A new operator is a folder, its lines here and in [`CHECKS`], and its caller.

pub mod autodiff;
#[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
pub mod check;
pub mod compare;
pub mod cpu;
pub mod gpu;
pub mod read_back;
pub mod scalar;
pub mod timing;

/// One step of Adam.
pub mod adam {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// Two tensors side by side along the channels, and apart again.
pub mod concat {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// The 'same' convolution, alone and with the batch norm after it.
pub mod conv {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    pub(crate) mod cpu;
    pub mod reference;
    pub mod shape;
    pub(crate) mod wgsl;
}

/// The functions and sums of losses: Burn's, and natively the page's where they are asked for. No kernels of a GPU.
pub mod functions {
    #[cfg(not(target_arch = "wasm32"))]
    mod cpu;
    pub mod reference;
}

/// Arithmetic without memory: what a device can do at all.
pub mod multiply_adds {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// Batch normalisation.
pub mod norm {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// 2x2 maximum, stride 2.
pub mod pool {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// The gradient through a ReLU.
pub mod relu_mask {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// Nearest upsampling and a 2x2 convolution as one operator.
pub mod up_conv {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

/// Affine resampling.
pub mod warp {
    #[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
    pub mod check;
    mod cpu;
    pub mod reference;
    mod wgsl;
}

pub use adam::reference::{AdamStep, adam};
pub use concat::reference::concat;
pub use conv::reference::{conv2d, conv2d_norm};
pub use conv::shape::ConvShape;
#[cfg(not(target_arch = "wasm32"))]
pub use cpu::arithmetic::{Arithmetic, NotFused, compute_as};
pub use cpu::parallel::threads as cpu_threads;
pub use functions::reference::{exp, log_softmax, log1p, mean, sigmoid, softmax, sum, sum_rows};
pub use norm::reference::batch_norm;
pub use pool::reference::max_pool2d;
pub use up_conv::reference::up_conv2d;
pub use warp::reference::warp;

/// Every operator's check: run on the CPU by `cargo test`, and on both devices by the wasm build with the feature `checks`.
#[cfg(any(feature = "checks", not(target_arch = "wasm32")))]
pub const CHECKS: [check::OperatorCheck; 9] = [
    conv::check::CHECK,
    up_conv::check::CHECK,
    pool::check::CHECK,
    norm::check::CHECK,
    concat::check::CHECK,
    relu_mask::check::CHECK,
    warp::check::CHECK,
    adam::check::CHECK,
    multiply_adds::check::CHECK,
];
