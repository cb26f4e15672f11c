//! Runs a [`Plan`] on Burn's cubecl tensors.

use burn::tensor::{DType, Shape};
use burn_cubecl::{kernel::into_contiguous, tensor::CubeTensor};
use cubecl::{
    CubeCount, CubeKernel, MemoryScope, PrecompiledSource,
    client::Client,
    ir::{UIntKind, metadata::Info},
    prelude::*,
    server::{Handle, KernelArguments, MetadataBindingInfo},
};

use super::plan::{Plan, Shader, Slot};

/// A kernel that brings its own WGSL; cubecl caches its pipeline under the [`Shader`] value.
struct WgslKernel(Shader);

impl KernelMetadata for WgslKernel {
    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.0.clone())
    }

    fn address_type(&self) -> ElemType {
        ElemType::UInt(UIntKind::U32)
    }
}

impl CubeKernel for WgslKernel {
    // Never compiled: the text below stands in for it. The workgroup size is in the text.
    fn define(&self) -> KernelDefinition {
        let settings = KernelSettings::new(CubeDim::new_single().into(), ExecutionMode::Unchecked, AddressType::U32);
        KernelDefinition {
            body: Scope::root(settings.clone()),
            settings,
            info: Info::default(),
        }
    }

    fn source(&self) -> Option<PrecompiledSource> {
        Some(PrecompiledSource {
            source: self.0.source(),
            entrypoint_name: "main".to_owned(),
            lang: "wgsl",
        })
    }
}

/// Whole f32 rows in order, as every kernel reads them; copies only a strided view.
pub(crate) fn dense(tensor: CubeTensor) -> CubeTensor {
    debug_assert_eq!(tensor.dtype, DType::F32);
    into_contiguous(tensor)
}

/// The sizes of a rank-`N` tensor; missing axes count as one.
pub(crate) fn dims<const N: usize>(tensor: &CubeTensor) -> [usize; N] {
    let shape = tensor.meta.shape();
    std::array::from_fn(|axis| shape.get(axis).copied().unwrap_or(1))
}

/// All sizes of a tensor.
pub(crate) fn sizes(tensor: &CubeTensor) -> Vec<usize> {
    tensor.meta.shape().iter().copied().collect()
}

/// A new f32 tensor, uninitialised: the plan writes all of it.
fn empty(client: &Client, like: &CubeTensor, shape: &[usize]) -> CubeTensor {
    let bytes = shape.iter().product::<usize>() * size_of::<f32>();
    CubeTensor::new_contiguous(
        client.clone(),
        like.device.clone(),
        Shape::from(shape.to_vec()),
        client.empty(bytes),
        DType::F32,
    )
}

/// Packs 32-bit words as cubecl carries them, in whole 16-byte rows.
fn info(words: &[u32]) -> MetadataBindingInfo {
    let mut words = words.to_vec();
    words.resize(words.len().next_multiple_of(4), 0);
    let pairs = words.as_chunks::<2>().0;
    let data = pairs
        .iter()
        .map(|[low, high]| u64::from(*low) | u64::from(*high) << 32)
        .collect();
    MetadataBindingInfo::custom(data)
}

thread_local! {
    /// The queue of the last launch, to ask about its memory.
    static CLIENT: std::cell::RefCell<Option<Client>> = const { std::cell::RefCell::new(None) };
}

/// Bytes of GPU buffers: held by tensors now, and reserved by the allocator for them and for reuse. `None` before the
/// first launch.
pub fn memory_bytes() -> Option<(u64, u64)> {
    let client = CLIENT.with_borrow(Clone::clone)?;
    let usage = client.memory_report(MemoryScope::Device).usage();
    Some((usage.bytes_in_use, usage.bytes_reserved))
}

/// Launches `plan` over `inputs` (made [`dense`] by the caller), and gives the `N` tensors it makes.
pub(crate) fn run<const N: usize>(plan: Plan, inputs: &[&CubeTensor]) -> [CubeTensor; N] {
    let first = inputs[0];
    let client = &first.client;
    CLIENT.with_borrow_mut(|kept| {
        kept.get_or_insert_with(|| client.clone());
    });
    let outputs: [CubeTensor; N] = std::array::from_fn(|i| empty(client, first, &plan.outputs[i]));
    let scratch: Vec<Handle> = plan
        .scratch
        .iter()
        .map(|n| client.empty(n * size_of::<f32>()))
        .collect();
    for dispatch in plan.dispatches {
        let bindings = dispatch.slots.iter().map(|slot| match *slot {
            Slot::Input(i) => inputs[i].handle.clone().binding(),
            Slot::Output(i) => outputs[i].handle.clone().binding(),
            Slot::Scratch(i) => scratch[i].clone().binding(),
        });
        let arguments = KernelArguments::new()
            .with_buffers(bindings.collect())
            .with_info(info(&dispatch.params));
        let [x, y, z] = dispatch.workgroups;
        client.launch(
            Box::new(WgslKernel(dispatch.shader)),
            CubeCount::Static(x, y, z),
            arguments,
        );
    }
    outputs
}
