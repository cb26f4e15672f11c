//! In which order sums are rounded on the CPU, and by whose functions: those of the processor and the system, or on demand the
//! page's. In the page there is no choice, and none of this.

use std::sync::atomic::{AtomicU8, Ordering};

use serde::Deserialize;

/// Whose last bits the CPU's results have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// This processor's: its widest registers, and the system's `exp` and `ln` of single precision. The fastest. (Those of double
    /// precision are of one library everywhere: `scalar.rs`.)
    #[default]
    Own,
    /// A browser's with relaxed SIMD on a processor with fused multiply-add, which is nearly every one: four lanes.
    Page,
    /// A browser's without: four lanes, products rounded before they are added.
    PagePlain,
}

/// The processor has no fused multiply-add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this processor has no fused multiply-add, which the page's sums are made with elsewhere")]
pub struct NotFused;

static CHOSEN: AtomicU8 = AtomicU8::new(Arithmetic::Own as u8);

#[cfg(test)]
thread_local! {
    /// What a test has chosen for this thread.
    pub(crate) static OF_THREAD: std::cell::Cell<Option<Arithmetic>> = const { std::cell::Cell::new(None) };
}

/// From now on all of this process computes so. Choose before anything is computed: what is half done would be neither.
///
/// # Errors
/// If the processor cannot.
pub fn compute_as(arithmetic: Arithmetic) -> Result<(), NotFused> {
    if arithmetic == Arithmetic::Page && !is_fused() {
        return Err(NotFused);
    }
    CHOSEN.store(arithmetic as u8, Ordering::Relaxed);
    Ok(())
}

/// Whether [`Arithmetic::Page`] can be had.
pub(crate) fn is_fused() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "aarch64")
}

/// How this process computes.
pub fn arithmetic() -> Arithmetic {
    #[cfg(test)]
    if let Some(chosen) = OF_THREAD.get() {
        return chosen;
    }
    match CHOSEN.load(Ordering::Relaxed) {
        own if own == Arithmetic::Own as u8 => Arithmetic::Own,
        page if page == Arithmetic::Page as u8 => Arithmetic::Page,
        _ => Arithmetic::PagePlain,
    }
}
