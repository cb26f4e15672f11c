//! Which kernels a device runs.

use std::sync::atomic::{AtomicU8, Ordering};

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

static VARIANT: AtomicU8 = AtomicU8::new(0);

/// The kernel family all operators use from now on; the calibration sets it once for an adapter.
pub fn set_variant(variant: Variant) {
    let index = Variant::ALL.iter().position(|v| *v == variant).unwrap_or(0);
    VARIANT.store(index as u8, Ordering::Relaxed);
}

/// The kernel family in use.
pub fn variant() -> Variant {
    Variant::ALL
        .get(usize::from(VARIANT.load(Ordering::Relaxed)))
        .copied()
        .unwrap_or_default()
}
