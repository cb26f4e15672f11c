//! WGSL text for every operator, and the plans that string the kernels together.
//!
//! Everything here is plain string and integer work: it compiles on every target, so the text can be checked outside the page.
//! Shapes reach a kernel through a small uniform buffer, not as constants, because compiling one pipeline costs a software
//! adapter 50 ms to 500 ms and a U-Net has some sixty convolution shapes; only what changes the code (tile, taps in a row,
//! epilogue, channel alignment) is part of the text.

mod adam;
mod concat;
mod conv;
mod conv_plan;
mod conv_shared;
mod conv_weight;
mod mask;
mod norm;
mod peak;
mod pool;
mod reduce;
#[cfg(test)]
mod tests;
mod warp;
mod weights;

pub use adam::{AdamShader, adam};
pub use concat::{ConcatShader, concat, split};
pub use conv::ConvShader;
pub use conv_plan::{ConvShape, conv_data_grad, conv_forward, conv_norm_forward, up_conv_data_grad, up_conv_forward};
pub use conv_shared::ConvSharedShader;
pub use conv_weight::{ConvWeightShader, conv_weight_grad, up_conv_weight_grad};
pub use mask::{MaskShader, relu_mask};
pub use norm::{NormShader, batch_norm_backward, batch_norm_forward};
pub use peak::{PeakShader, multiply_adds};
pub use pool::{PoolShader, max_pool_backward, max_pool_forward};
pub use reduce::{ReduceShader, channel_sum};
pub use warp::{WarpShader, warp};
pub use weights::{WeightLayout, WeightShader};

/// Which family of kernels a device runs. Picked by a calibration; every variant computes the same numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Wide register tiles, no workgroup memory: for software adapters, where a barrier costs as much as ten thousand FMAs.
    #[default]
    RegisterWide,
    /// Narrower register tiles and larger workgroups, no workgroup memory: for GPUs short of registers.
    RegisterNarrow,
    /// Input and weights staged in workgroup memory: for GPUs.
    Workgroup,
}

impl Variant {
    /// Every variant, in the order a calibration should try them.
    pub const ALL: [Self; 3] = [Self::RegisterWide, Self::RegisterNarrow, Self::Workgroup];

    /// As reports and records call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegisterWide => "register-wide",
            Self::RegisterNarrow => "register-narrow",
            Self::Workgroup => "workgroup",
        }
    }

    /// Invocations in a workgroup of the register-tile kernels.
    pub(crate) fn workgroup(self) -> usize {
        match self {
            Self::RegisterWide => 16,
            Self::RegisterNarrow | Self::Workgroup => 64,
        }
    }

    /// Invocations that keep the device busy: the split of a reduction aims at this many.
    pub(crate) fn target_invocations(self) -> usize {
        match self {
            Self::RegisterWide => 1024,
            Self::RegisterNarrow | Self::Workgroup => 32_768,
        }
    }
}

/// A tensor a kernel binds: one of the operator's inputs, outputs, or temporary buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Index into the operator's inputs.
    Input(usize),
    /// Index into [`Plan::outputs`].
    Output(usize),
    /// Index into [`Plan::scratch`].
    Scratch(usize),
}

/// One kernel launch.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The kernel.
    pub shader: Shader,
    /// Storage bindings 0, 1, ...; the uniform buffer follows them.
    pub slots: Vec<Slot>,
    /// The uniform buffer's 32-bit words (f32 values by their bits).
    pub params: Vec<u32>,
    /// Workgroups to start in x, y, z.
    pub workgroups: [u32; 3],
}

/// The launches that make up one operator.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Shapes of the tensors it makes, f32 contiguous.
    pub outputs: Vec<Vec<usize>>,
    /// Lengths in f32 of its temporary buffers.
    pub scratch: Vec<usize>,
    /// In the order they must run.
    pub dispatches: Vec<Dispatch>,
}

/// Every kernel text there is. Two equal values have equal text, so a value is a cache key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shader {
    /// Convolution by register tiles.
    Conv(ConvShader),
    /// Convolution through workgroup memory.
    ConvShared(ConvSharedShader),
    /// First stage of a weight gradient.
    ConvWeight(ConvWeightShader),
    /// Sums over chunks and channels.
    Reduce(ReduceShader),
    /// Weight layouts made before a convolution.
    Weights(WeightShader),
    /// Concatenation along the channels.
    Concat(ConcatShader),
    /// The gradient through a ReLU.
    Mask(MaskShader),
    /// Batch normalisation.
    Norm(NormShader),
    /// 2x2 max pooling.
    Pool(PoolShader),
    /// Affine resampling.
    Warp(WarpShader),
    /// The optimizer.
    Adam(AdamShader),
    /// The arithmetic ceiling, for benchmarks.
    Peak(PeakShader),
}

impl Shader {
    /// The WGSL text; its entry point is `main`.
    pub fn source(&self) -> String {
        match self {
            Self::Conv(s) => s.source(),
            Self::ConvShared(s) => s.source(),
            Self::ConvWeight(s) => s.source(),
            Self::Reduce(s) => s.source(),
            Self::Weights(s) => s.source(),
            Self::Concat(s) => s.source(),
            Self::Mask(s) => s.source(),
            Self::Norm(s) => s.source(),
            Self::Pool(s) => s.source(),
            Self::Warp(s) => s.source(),
            Self::Adam(s) => s.source(),
            Self::Peak(s) => s.source(),
        }
    }
}

/// Invocations in a workgroup of the element-wise kernels.
pub(crate) const LINE: usize = 64;
/// WebGPU's default limit of workgroups in one dimension.
const MAX_WORKGROUPS: usize = 65_535;

/// Workgroups for `invocations` in workgroups of `size`, spread over x and y; kernels get their index back from [`INDEX`].
pub(crate) fn spread(invocations: usize, size: usize) -> [u32; 3] {
    let groups = invocations.div_ceil(size).max(1);
    let y = groups.div_ceil(MAX_WORKGROUPS);
    [groups.div_ceil(y) as u32, y as u32, 1]
}

/// WGSL arguments and first statement that give a kernel started by [`spread`] its linear index `t`.
pub(crate) const ARGS: &str = "@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>";

/// The statement that goes with [`ARGS`] for workgroups of `size`.
pub(crate) fn index(size: usize) -> String {
    format!("let t = gid.x + gid.y * (nwg.x * {size}u);")
}

/// Replaces each `$NAME$` of a kernel template. Longer names come first in no particular need: the closing `$` makes them exact.
pub(crate) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("${name}$"), value);
    }
    text
}

/// Concatenates `f(0)`, `f(1)`, ... `f(n - 1)`: unrolled WGSL.
pub(crate) fn each(n: usize, f: impl FnMut(usize) -> String) -> String {
    (0..n).map(f).collect()
}

/// Declares the storage bindings in order (name, access, element type), then the uniform struct `p` of u32 fields.
pub(crate) fn bindings(storage: &[(&str, &str, &str)], params: &[&str]) -> String {
    let mut text = String::new();
    for (i, (name, access, element)) in storage.iter().enumerate() {
        text += &format!("@group(0) @binding({i}) var<storage, {access}> {name}: array<{element}>;\n");
    }
    let fields: String = params
        .iter()
        .map(|field| {
            if field.contains(':') {
                format!("{field}, ")
            } else {
                format!("{field}: u32, ")
            }
        })
        .collect();
    text += &format!(
        "struct Params {{ {fields}}}\n@group(0) @binding({}) var<uniform> p: Params;\n",
        storage.len()
    );
    text
}

/// `vec4<f32>` where every index is a whole number of quads, else `f32`.
pub(crate) fn element(quads: bool) -> &'static str {
    if quads { "vec4<f32>" } else { "f32" }
}
