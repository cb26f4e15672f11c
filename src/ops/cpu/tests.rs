//! For the tests of the CPU operators: random numbers (see [`crate::checks::random`] for their seed), compared over slices,
//! on every width of registers.

use burn::tensor::Device;

use super::{
    arithmetic::{Arithmetic, OF_THREAD, is_fused},
    simd::{Lanes, Narrow},
};
use crate::checks::random;
pub(crate) use crate::checks::random::Random;
use crate::ops::{CHECKS, check};

/// Largest difference, relative to the largest magnitude of `want`.
#[track_caller]
pub(crate) fn assert_close(got: &[f32], want: &[f32], tolerance: f32, what: &str) {
    assert_sum_close(got, want, 0, tolerance, what);
}

/// The same of sums of so many products of numbers up to 1: where all of a small result has cancelled out, the
/// rounding of its summands is left.
#[track_caller]
pub(crate) fn assert_sum_close(got: &[f32], want: &[f32], terms: usize, tolerance: f32, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    let least = (terms as f32).sqrt() / 4.0;
    let scale = want.iter().fold(least.max(1e-6), |m, v| m.max(v.abs()));
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let error = (g - w).abs() / scale;
        assert!(
            error <= tolerance,
            "{what}: [{i}] is {g}, should be {w} (scale {scale}, error {error:e})"
        );
    }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// A buffer full of what must be overwritten.
pub(crate) fn dirty(len: usize) -> Vec<f32> {
    vec![f32::NAN; len]
}

#[test]
fn narrow_lanes_do_arithmetic() {
    let mut random = Random::new(random::seed());
    let (a, b, c) = (random.floats(4), random.floats(4), random.floats(4));
    let run = |f: fn(Narrow, Narrow, Narrow) -> Narrow| {
        let mut out = [0.0f32; 4];
        // SAFETY: four floats each, and Narrow needs no feature beyond the target's own.
        unsafe {
            f(
                Narrow::load(a.as_ptr()),
                Narrow::load(b.as_ptr()),
                Narrow::load(c.as_ptr()),
            )
            .store(out.as_mut_ptr());
        }
        out
    };
    let each = |f: fn(f32, f32, f32) -> f32| -> Vec<f32> { (0..4).map(|i| f(a[i], b[i], c[i])).collect() };
    // SAFETY: as above.
    unsafe {
        assert_close(&run(|a, b, _| a.add(b)), &each(|a, b, _| a + b), 1e-7, "add");
        assert_close(&run(|a, b, _| a.sub(b)), &each(|a, b, _| a - b), 1e-7, "sub");
        assert_close(&run(|a, b, _| a.mul(b)), &each(|a, b, _| a * b), 1e-7, "mul");
        assert_close(&run(|a, b, _| a.max(b)), &each(|a, b, _| a.max(b)), 0.0, "max");
        assert_close(
            &run(|a, b, c| a.mul_acc(b, c)),
            &each(|a, b, c| a + b * c),
            1e-6,
            "mul_acc",
        );
    }
}

/// Every way to compute that this processor has.
pub(crate) fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    let all = [Arithmetic::Own, Arithmetic::PagePlain, Arithmetic::Page];
    all.into_iter().filter(|one| *one != Arithmetic::Page || is_fused())
}

/// Runs `body` with this thread, and those that work for it, computing so.
pub(crate) fn computing_as<R>(arithmetic: Arithmetic, body: impl FnOnce() -> R) -> R {
    let before = OF_THREAD.replace(Some(arithmetic));
    let result = body();
    OF_THREAD.set(before);
    result
}

/// Runs `check` with the lanes this processor would get and with the page's, on the same random numbers.
pub(crate) fn on_all_lanes(check: fn(&mut Random)) {
    let seed = random::seed();
    for arithmetic in arithmetics() {
        computing_as(arithmetic, || check(&mut Random::new(seed)));
    }
}

/// The one list of checks, through Burn, on the narrow registers; the wide ones have theirs in `tests/golden.rs`.
#[test]
fn every_check_passes_on_narrow_lanes() {
    for arithmetic in arithmetics().filter(|one| *one != Arithmetic::Own) {
        let seed = random::seed() as u32;
        let checks = || pollster::block_on(check::run(&CHECKS, seed, &Device::flex())).expect("the CPU computes");
        let errors = computing_as(arithmetic, checks);
        let wrong: Vec<_> = errors
            .iter()
            .filter(|(name, e)| *e > check::limit(name, false))
            .collect();
        assert!(!errors.is_empty() && wrong.is_empty(), "{arithmetic:?}: {wrong:?}");
    }
}
