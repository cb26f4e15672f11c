//! `groundmask bench`: the benchmark's training problem natively, one JSON line with the keys of `cargo xtask bench`.

use std::{io::Write, time::Instant};

use serde_json::json;

use crate::{
    args::BenchArgs,
    desk::{self, Desk},
    stop::Stop,
};
use groundmask::{
    bench::{Bench, BenchConfig},
    device::Ready,
    ops::timing::ceiling_gflops,
    protocol::DeviceKind,
};

/// # Errors
/// If the device cannot be had or fails.
pub fn bench(job: &BenchArgs) -> Result<(), Stop> {
    let started = Instant::now();
    let Ready {
        device,
        adapter,
        kind,
        software,
        ..
    } = Desk::bring_up(desk::compute_as(job.arithmetic, job.device)?)?;
    let config = BenchConfig {
        channels: 1,
        filters: job.base,
        size: job.size,
        batch: job.batch,
        dropout: job.dropout,
        deterministic: job.det,
    };
    let mut run = Bench::new(config, &device).map_err(Stop::failed)?;
    let failed = |error: groundmask::train::TrainError| Stop::failed(error);
    let mut infer_ms = Vec::new();
    for round in 0..=job.infer {
        let start = Instant::now();
        pollster::block_on(run.infer()).map_err(failed)?;
        if round > 0 {
            infer_ms.push(ms(start));
        }
    }
    let inferred_ms = ms(started);
    let (mut losses, mut all_ms) = (Vec::new(), Vec::new());
    for _ in 0..job.warmup.max(1) + job.steps {
        let start = Instant::now();
        losses.push(pollster::block_on(run.step()).map_err(failed)?);
        all_ms.push(ms(start));
    }
    let first_step_ms = all_ms.first().copied().unwrap_or(f64::NAN);
    let mut timed = all_ms.split_off(job.warmup.max(1));
    timed.sort_by(f64::total_cmp);
    let (train_ms, infer_ms) = (median(&timed), median(&sorted(infer_ms)));
    let clock = Instant::now();
    let now_ms = move || clock.elapsed().as_secs_f64() * 1000.0;
    let ceiling = pollster::block_on(ceiling_gflops(&device, &now_ms)).map_err(Stop::failed)?;
    let forward_flop = 2.0 * run.forward_macs() as f64;
    let gflops = 3.0 * forward_flop / (train_ms * 1e6);
    let line = json!({
        "device": kind, "adapter": adapter, "software": software, "base": job.base, "size": job.size, "batch": job.batch, "steps": job.steps,
        "train_ms": round(train_ms), "train_min_ms": timed.first().copied().map(round),
        "train_max_ms": timed.last().copied().map(round), "infer_ms": round(infer_ms),
        "first_step_ms": round(first_step_ms), "gflops": round(gflops),
        "infer_gflops": round(forward_flop / (infer_ms * 1e6)),
        "open_to_first_step_ms": round(inferred_ms + first_step_ms),
        "memory": { "estimate": run.memory_estimate(kind == DeviceKind::WebGpu) },
        "ceiling_gflops": round(ceiling), "share_of_ceiling": round(gflops / ceiling), "parameters": run.parameters(),
        "losses": losses,
    });
    writeln!(std::io::stdout(), "{line}").map_err(Stop::failed)
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Of sorted values.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(&value)) => value,
        (0, Some(&value)) => (sorted.get(middle.wrapping_sub(1)).copied().unwrap_or(value) + value) / 2.0,
        _ => f64::NAN,
    }
}

/// To a thousandth.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
