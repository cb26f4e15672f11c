//! Which kernels an adapter runs: measured on it, within a budget, and remembered.
//!
//! Every family of kernels has to pass the self-test before it is timed, and the one in use is the fastest that passed.
//! A family that fails, or a driver that refuses it, only takes it out of the race.

use burn::tensor::Device;

use super::{
    choice::{Adapter, DeviceError, Start},
    self_test,
};
use crate::ops::{
    ConvShape,
    gpu::{Variant, set_variant},
    timing::{self, Pass},
};

/// No further family is tried when it would probably end after this time.
const BUDGET_MS: f64 = 1500.0;
/// Calls are repeated until they take this long together: clocks in a page are coarse, and a GPU does one call in microseconds.
const ENOUGH_MS: f64 = 12.0;
/// Part of the record, so that another version of the kernels is measured again.
const KERNELS: &str = concat!("kernels ", env!("CARGO_PKG_VERSION"));

/// The kernels in use and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    pub variant: Variant,
    pub self_test_error: f64,
    /// Milliseconds of the three passes of a 32-channel convolution, for every family that was tried and passed.
    pub ms: Vec<(Variant, f64)>,
    /// What to hand to the next start on the same adapter.
    pub record: String,
}

/// The order to try: what an adapter of its kind most likely runs best comes first, and with it what is taken if the
/// budget ends there. Software adapters pay for a barrier like for ten thousand multiply-adds (docs/performance-log.md).
fn order(software: bool) -> [Variant; 3] {
    if software {
        [Variant::RegisterWide, Variant::RegisterNarrow, Variant::Workgroup]
    } else {
        [Variant::Workgroup, Variant::RegisterNarrow, Variant::RegisterWide]
    }
}

fn record(adapter: &str, variant: Variant) -> String {
    format!("{KERNELS}|{}|{adapter}", variant.name())
}

/// The family a record names, if it is of this adapter and these kernels.
fn recall(record: &str, adapter: &str) -> Option<Variant> {
    let mut parts = record.splitn(3, '|');
    let (kernels, name, of) = (parts.next()?, parts.next()?, parts.next()?);
    (kernels == KERNELS && of == adapter).then(|| Variant::ALL.into_iter().find(|v| v.name() == name))?
}

/// Finds the kernels for `device` and sets them.
///
/// # Errors
/// If no family passes the self-test.
pub(super) async fn calibrate(
    device: &Device,
    adapter: &Adapter,
    start: &Start<'_>,
) -> Result<Calibration, DeviceError> {
    if let Some(variant) = start.remembered.and_then(|record| recall(record, &adapter.name)) {
        set_variant(variant);
        if let Ok(self_test_error) = self_test(device).await {
            return Ok(Calibration {
                variant,
                self_test_error,
                ms: Vec::new(),
                record: record(&adapter.name, variant),
            });
        }
    }
    let began = (start.now_ms)();
    let mut longest = 0.0f64;
    let mut failure = None;
    let mut passed: Vec<(Variant, f64, f64)> = Vec::new();
    for variant in order(adapter.software) {
        let from = (start.now_ms)();
        // Once one family works, another must be worth its time.
        if !passed.is_empty() && from - began + longest > BUDGET_MS {
            break;
        }
        set_variant(variant);
        match self_test(device).await {
            Ok(error) => {
                let ms = time_passes(device, start.now_ms).await.map_err(DeviceError::Start)?;
                passed.push((variant, ms, error));
            }
            Err(error) => failure = Some(error),
        }
        longest = longest.max((start.now_ms)() - from);
    }
    let best = passed.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((variant, _, self_test_error)) = best else {
        return Err(failure.unwrap_or_else(|| DeviceError::SelfTest("no kernels were tried".into())));
    };
    set_variant(variant);
    Ok(Calibration {
        variant,
        self_test_error,
        ms: passed.into_iter().map(|(variant, ms, _)| (variant, ms)).collect(),
        record: record(&adapter.name, variant),
    })
}

/// Milliseconds of the three passes of a convolution in the middle of a U-Net.
async fn time_passes(device: &Device, now_ms: &dyn Fn() -> f64) -> Result<f64, String> {
    let shape = ConvShape {
        batch: 2,
        height: 32,
        width: 32,
        c_in: 32,
        c_out: 32,
        k: 3,
    };
    let mut sum = 0.0;
    for pass in Pass::ALL {
        let mut repeats = 1;
        sum += loop {
            let ms = timing::time_pass(&shape, false, pass, device, (2, repeats), now_ms).await?;
            if ms * repeats as f64 >= ENOUGH_MS || repeats >= 256 {
                break ms;
            }
            repeats *= 4;
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, software: bool) -> Adapter {
        Adapter {
            name: name.into(),
            software,
            timestamp_query: true,
            limits: Vec::new(),
        }
    }

    fn run(adapter: &Adapter, remembered: Option<&str>, now_ms: &dyn Fn() -> f64) -> Calibration {
        let start = Start { remembered, now_ms };
        pollster::block_on(calibrate(&Device::flex(), adapter, &start)).expect("the CPU passes as a stand-in")
    }

    #[test]
    fn a_slow_clock_ends_it_after_the_first_family_and_a_fast_one_tries_all() {
        let ms = std::cell::Cell::new(0.0);
        let slow = || {
            ms.set(ms.get() + 900.0);
            ms.get()
        };
        let tried = run(&adapter("a", true), None, &slow).ms;
        assert_eq!(tried.len(), 1);
        assert_eq!(
            tried[0].0,
            Variant::RegisterWide,
            "what suits a software adapter comes first"
        );
        let fast = || {
            // Long enough for one call to count.
            ms.set(ms.get() + 13.0);
            ms.get()
        };
        assert_eq!(run(&adapter("a", false), None, &fast).ms.len(), 3);
    }

    #[test]
    fn a_record_is_taken_for_the_same_adapter_and_version_only() {
        let clock = || 0.0;
        let record = record("gpu | one", Variant::RegisterNarrow);
        let known = run(&adapter("gpu | one", false), Some(&record), &clock);
        assert_eq!((known.variant, known.ms.len()), (Variant::RegisterNarrow, 0));
        assert_eq!(recall(&record, "gpu two"), None);
        assert_eq!(recall(&record.replace("kernels", "colonels"), "gpu | one"), None);
        for damaged in ["", "|", "||", "kernels|wide", &record.replace("narrow", "broad")] {
            assert_eq!(recall(damaged, "gpu | one"), None, "{damaged}");
        }
    }
}
