//! The smallest SIMD layer the CPU kernels need: a few f32 lanes, chosen once per call.
//!
//! wasm uses 128-bit `v128`, with relaxed SIMD's fused multiply-add where the browser has it; x86-64 uses 256-bit AVX2 with FMA where the processor has it (asked at run
//! time) and SSE2 otherwise; every other target uses plain arrays, which LLVM vectorises. Natively also the page's four lanes can be
//! asked for ([`Arithmetic`](super::arithmetic::Arithmetic)): the same work by the same registers is rounded alike.

#[cfg(not(target_arch = "wasm32"))]
use super::arithmetic::{Arithmetic, arithmetic};

/// A register of `N` f32 lanes.
///
/// # Safety
/// Loads and stores read and write `N` floats at the pointer, without alignment. An implementation may use
/// instructions the processor lacks; only [`dispatch`] picks one, after asking.
pub(crate) trait Lanes: Copy {
    const N: usize;
    /// Registers of the widest block of output channels: 4 where a register tile is 2 pixels x 4 registers, 2
    /// where it is 6 x 2.
    const WIDEST: usize;
    unsafe fn load(p: *const f32) -> Self;
    unsafe fn store(self, p: *mut f32);
    unsafe fn splat(value: f32) -> Self;
    /// `N` copies of the float at `p`.
    unsafe fn splat_from(p: *const f32) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    /// `self` where `gate` is positive, else 0.
    unsafe fn where_positive(self, gate: Self) -> Self;
    /// `self + a * b`, fused where the instruction set has it.
    unsafe fn mul_acc(self, a: Self, b: Self) -> Self;
}

/// A piece of work written once for every lane width.
pub(crate) trait Work {
    /// Must be `#[inline(always)]` in every implementation, so that it is compiled for the features of the caller. So
    /// must all that it calls with lanes; and no closure that holds loops may be handed to a function that is not (a
    /// closure is compiled for the base features, and there every AVX2 operation is a call: many times slower).
    fn run<V: Lanes>(self);
}

/// How wide the registers are: what the cutting of work into pieces needs to know of [`Lanes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Width {
    /// Floats of a register.
    pub lanes: usize,
    /// Registers of the widest block of output channels.
    pub widest: usize,
}

impl Width {
    #[inline(always)]
    pub const fn of<V: Lanes>() -> Self {
        Self {
            lanes: V::N,
            widest: V::WIDEST,
        }
    }

    /// Of the registers that [`dispatch`] picks on this thread.
    pub fn chosen() -> Self {
        struct Ask<'a>(&'a mut Width);
        impl Work for Ask<'_> {
            #[inline(always)]
            fn run<V: Lanes>(self) {
                *self.0 = Width::of::<V>();
            }
        }
        let mut width = Self::of::<Narrow>();
        dispatch(Ask(&mut width));
        width
    }
}

/// Runs `work` with the widest lanes this processor has, or with those that were asked for.
pub(crate) fn dispatch<W: Work>(work: W) {
    #[cfg(not(target_arch = "wasm32"))]
    match arithmetic() {
        Arithmetic::Own => {}
        // SAFETY: `compute_as` has found the features.
        #[cfg(target_arch = "x86_64")]
        Arithmetic::Page => return unsafe { run_fused(work) },
        #[cfg(not(target_arch = "x86_64"))]
        Arithmetic::Page => return work.run::<portable::F32x4<true>>(),
        Arithmetic::PagePlain => return work.run::<Narrow>(),
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: both features were just found.
        unsafe { run_avx2(work) };
        return;
    }
    work.run::<Narrow>();
}

/// Copies a short slice in registers: a call of `memcpy` for a few floats, which is what `copy_from_slice` and
/// plain loops become, costs more than the copy (measured in wasm: 10 ns for 8 floats).
#[inline(always)]
pub(crate) fn copy_short<V: Lanes>(from: &[f32], to: &mut [f32]) {
    assert_eq!(from.len(), to.len());
    let len = from.len();
    // SAFETY: both slices have `len` floats, and every register ends inside them: a rest is copied by a register
    // that overlaps the one before.
    unsafe {
        if len < V::N {
            for i in 0..len {
                // Volatile, or LLVM makes the loop that very call.
                to.as_mut_ptr().add(i).write_volatile(*from.as_ptr().add(i));
            }
            return;
        }
        let mut i = 0;
        while i + V::N < len {
            V::load(from.as_ptr().add(i)).store(to.as_mut_ptr().add(i));
            i += V::N;
        }
        V::load(from.as_ptr().add(len - V::N)).store(to.as_mut_ptr().add(len - V::N));
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<W: Work>(work: W) {
    work.run::<avx2::F32x8>();
}

/// Four lanes, fused, as in the page.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_fused<W: Work>(work: W) {
    work.run::<sse2::F32x4<true>>();
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
pub(crate) type Narrow = portable::F32x4<false>;
#[cfg(target_arch = "x86_64")]
pub(crate) type Narrow = sse2::F32x4<false>;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use wasm::F32x4 as Narrow;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::Lanes;
    use core::arch::wasm32::*;

    #[derive(Clone, Copy)]
    pub struct F32x4(v128);

    impl Lanes for F32x4 {
        const N: usize = 4;
        const WIDEST: usize = 4;
        #[inline(always)]
        unsafe fn load(p: *const f32) -> Self {
            Self(unsafe { v128_load(p.cast()) })
        }
        #[inline(always)]
        unsafe fn store(self, p: *mut f32) {
            unsafe { v128_store(p.cast(), self.0) }
        }
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }
        #[inline(always)]
        unsafe fn splat_from(p: *const f32) -> Self {
            Self(unsafe { v128_load32_splat(p.cast()) })
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            Self(f32x4_sub(self.0, other.0))
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            Self(f32x4_mul(self.0, other.0))
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            // pmax is one instruction on x86; max is three, for NaN and signed zero.
            Self(f32x4_pmax(self.0, other.0))
        }
        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            Self(v128_and(self.0, f32x4_gt(gate.0, f32x4_splat(0.0))))
        }
        #[inline(always)]
        unsafe fn mul_acc(self, a: Self, b: Self) -> Self {
            // One instruction where the build may use it; xtask makes a second file without it for other browsers.
            #[cfg(target_feature = "relaxed-simd")]
            return Self(f32x4_relaxed_madd(a.0, b.0, self.0));
            #[cfg(not(target_feature = "relaxed-simd"))]
            Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::Lanes;
    use core::arch::x86_64::*;

    /// `FUSED` needs FMA.
    #[derive(Clone, Copy)]
    pub struct F32x4<const FUSED: bool>(__m128);

    impl<const FUSED: bool> Lanes for F32x4<FUSED> {
        const N: usize = 4;
        const WIDEST: usize = 4;
        #[inline(always)]
        unsafe fn load(p: *const f32) -> Self {
            Self(unsafe { _mm_loadu_ps(p) })
        }
        #[inline(always)]
        unsafe fn store(self, p: *mut f32) {
            unsafe { _mm_storeu_ps(p, self.0) }
        }
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self(unsafe { _mm_set1_ps(value) })
        }
        #[inline(always)]
        unsafe fn splat_from(p: *const f32) -> Self {
            Self(unsafe { _mm_set1_ps(*p) })
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            Self(unsafe { _mm_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            Self(unsafe { _mm_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            Self(unsafe { _mm_max_ps(other.0, self.0) })
        }
        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            Self(unsafe { _mm_and_ps(self.0, _mm_cmpgt_ps(gate.0, _mm_setzero_ps())) })
        }
        #[inline(always)]
        unsafe fn mul_acc(self, a: Self, b: Self) -> Self {
            Self(match FUSED {
                true => unsafe { _mm_fmadd_ps(a.0, b.0, self.0) },
                false => unsafe { _mm_add_ps(self.0, _mm_mul_ps(a.0, b.0)) },
            })
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Lanes;
    use core::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub struct F32x8(__m256);

    impl Lanes for F32x8 {
        const N: usize = 8;
        const WIDEST: usize = 2;
        #[inline(always)]
        unsafe fn load(p: *const f32) -> Self {
            Self(unsafe { _mm256_loadu_ps(p) })
        }
        #[inline(always)]
        unsafe fn store(self, p: *mut f32) {
            unsafe { _mm256_storeu_ps(p, self.0) }
        }
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self(unsafe { _mm256_set1_ps(value) })
        }
        #[inline(always)]
        unsafe fn splat_from(p: *const f32) -> Self {
            Self(unsafe { _mm256_set1_ps(*p) })
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            Self(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            Self(unsafe { _mm256_max_ps(other.0, self.0) })
        }
        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            Self(unsafe { _mm256_and_ps(self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, _mm256_setzero_ps())) })
        }
        #[inline(always)]
        unsafe fn mul_acc(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
mod portable {
    use super::Lanes;

    #[derive(Clone, Copy)]
    pub struct F32x4<const FUSED: bool>([f32; 4]);

    impl<const FUSED: bool> Lanes for F32x4<FUSED> {
        const N: usize = 4;
        const WIDEST: usize = 4;
        #[inline(always)]
        unsafe fn load(p: *const f32) -> Self {
            Self(unsafe { p.cast::<[f32; 4]>().read_unaligned() })
        }
        #[inline(always)]
        unsafe fn store(self, p: *mut f32) {
            unsafe { p.cast::<[f32; 4]>().write_unaligned(self.0) }
        }
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self([value; 4])
        }
        #[inline(always)]
        unsafe fn splat_from(p: *const f32) -> Self {
            Self([unsafe { *p }; 4])
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }
        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] - other.0[i]))
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] * other.0[i]))
        }
        #[inline(always)]
        unsafe fn max(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| {
                if self.0[i] < other.0[i] { other.0[i] } else { self.0[i] }
            }))
        }
        #[inline(always)]
        unsafe fn where_positive(self, gate: Self) -> Self {
            Self(core::array::from_fn(|i| if gate.0[i] > 0.0 { self.0[i] } else { 0.0 }))
        }
        #[inline(always)]
        unsafe fn mul_acc(self, a: Self, b: Self) -> Self {
            Self(core::array::from_fn(|i| match FUSED {
                true => a.0[i].mul_add(b.0[i], self.0[i]),
                false => self.0[i] + a.0[i] * b.0[i],
            }))
        }
    }
}
