//! What an operator's plan is made of: kernels, what they bind, and help to write their text.
//!
//! Everything here is plain string and integer work: it compiles on every target, so the text can be checked outside the page.
//! Shapes reach a kernel through a small uniform buffer, not as constants, because compiling one pipeline costs a software
//! adapter 50 ms to 500 ms and a U-Net has some sixty convolution shapes; only what changes the code (tile, taps in a row,
//! epilogue, channel alignment) is part of the text.

use std::{
    any::{Any, TypeId},
    fmt::Debug,
    hash::{Hash, Hasher},
    sync::Arc,
};

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

/// Equality and hash of a value whose type is not known.
pub trait Key {
    fn as_any(&self) -> &dyn Any;
    fn same(&self, other: &dyn Any) -> bool;
    fn feed(&self, state: &mut dyn Hasher);
}

impl<T: Any + Eq + Hash> Key for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }

    fn feed(&self, mut state: &mut dyn Hasher) {
        TypeId::of::<T>().hash(&mut state);
        self.hash(&mut state);
    }
}

/// What decides a kernel's text. Two equal values have equal text.
pub trait KernelText: Key + Debug + Send + Sync + 'static {
    /// The WGSL text; its entry point is `main`.
    fn source(&self) -> String;
}

/// The kernel of some operator; a key for what is compiled from its text.
#[derive(Clone, Debug)]
pub struct Shader(Arc<dyn KernelText>);

impl Shader {
    pub fn new(text: impl KernelText) -> Self {
        Self(Arc::new(text))
    }

    /// The WGSL text; its entry point is `main`.
    pub fn source(&self) -> String {
        self.0.source()
    }
}

impl PartialEq for Shader {
    fn eq(&self, other: &Self) -> bool {
        (*self.0).same((*other.0).as_any())
    }
}

impl Eq for Shader {}

impl Hash for Shader {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (*self.0).feed(state);
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
