//! The kernels of the GPU natively, on whatever adapter the system has: a graphics card, or Mesa's Lavapipe. Where it has none,
//! each test says so and counts as skipped.
#![cfg(feature = "gpu")]

mod common;
#[path = "common/numbers.rs"]
mod numbers;
#[path = "common/program.rs"]
mod program;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::Output,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use burn::tensor::Device;
use groundmask::{
    bench::{Bench, BenchConfig},
    checks,
    device::{Choice, DeviceError, Probe, Ready, Reason, Start, bring_up, gpu_adapter},
    engine::Engine,
    formats::weights_file::WeightsFile,
    ops::{
        CHECKS,
        check::{self, limit},
        gpu::{Variant, memory_bytes, set_variant},
    },
    protocol::{Command, DeviceChoice, Event, Preset, TrainConfig},
};
use numbers::{NETWORKS, assert_within, file};
use pollster::block_on;
use program::{
    SCENES_SEED, code_of, folder, groundmask, lines, model, probabilities, stripes, words_of, write_settings,
};

/// The adapter, started and calibrated once for all tests.
static READY: LazyLock<Option<Ready>> = LazyLock::new(|| {
    let probe = Probe::Adapter(match gpu_adapter() {
        Ok(adapter) => adapter,
        Err(DeviceError::Unavailable(Reason::NoAdapter)) => return None,
        // An adapter that is there and cannot be started is no reason to skip.
        Err(error) => panic!("{error}"),
    });
    let clock = Instant::now();
    let start = Start {
        remembered: None,
        now_ms: &|| clock.elapsed().as_secs_f64() * 1000.0,
    };
    Some(block_on(bring_up(Choice::WebGpu, &probe, &start)).expect("it passes its self-test"))
});

/// The adapter for one test at a time: which kernels it runs is said for the whole process.
struct Gpu {
    ready: &'static Ready,
    _turn: MutexGuard<'static, ()>,
}

impl Gpu {
    /// Nothing where the system has no adapter; the test is skipped then.
    fn take() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ready) = READY.as_ref() else {
            common::skip("no adapter for Vulkan, Metal or Direct3D 12");
            return None;
        };
        let calibration = ready.calibration.as_ref().expect("a GPU is calibrated");
        set_variant(calibration.variant);
        Some(Self { ready, _turn: turn })
    }

    fn device(&self) -> &'static Device {
        &self.ready.device
    }

    /// An engine on it with the generated scenes.
    fn engine(&self) -> Engine {
        let start = Instant::now();
        let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
        engine.set_probe(Probe::Adapter(gpu_adapter().expect("an adapter")));
        let calibration = self.ready.calibration.as_ref().map(|found| found.record.clone());
        let device = DeviceChoice::WebGpu;
        let events = common::send(&mut engine, Command::Init { device, calibration });
        let Some(Event::Device(info)) = events.first() else {
            panic!("{events:?}");
        };
        assert_eq!(info.adapter, self.ready.adapter);
        common::send(&mut engine, Command::SampleScenes { seed: SCENES_SEED });
        engine
    }
}

/// A line of figures, for the record: past the harness, which keeps to itself what a passed test prints.
fn note(line: &str) {
    let _ = writeln!(std::io::stdout(), "\ngpu: {line}");
}

#[test]
fn every_operator_equals_its_plain_loops_in_every_family_of_kernels() {
    let Some(gpu) = Gpu::take() else { return };
    let seed = checks::random::seed() as u32;
    note(&gpu.ready.adapter);
    for variant in Variant::ALL {
        set_variant(variant);
        for operator in CHECKS {
            let errors = block_on(check::run(&[operator], seed, gpu.device())).expect(operator.name);
            let what = format!("{} of {}", operator.name, variant.name());
            note(&assert_within(&what, &errors, |name| limit(name, true)));
        }
    }
}

#[test]
fn networks_and_losses_are_keras() {
    let Some(gpu) = Gpu::take() else { return };
    for (name, weights) in NETWORKS {
        let errors = block_on(checks::golden_network(&file(name), &file(weights), gpu.device())).expect(name);
        note(&assert_within(name, &errors, |_| 1e-3));
    }
    let errors = block_on(checks::golden_losses(&file("losses"), gpu.device())).expect("losses");
    note(&assert_within("losses", &errors, |_| 1e-4));
}

#[test]
fn losses_of_training_steps_follow_jax() {
    let Some(gpu) = Gpu::take() else { return };
    for network in block_on(checks::losses_beside_jax(gpu.device())).expect("a device") {
        note(&format!(
            "JAX, base {} at {}: {} steps, largest difference {:.1e}",
            network.base,
            network.tile_px,
            network.losses.len(),
            network.worst()
        ));
        assert!(network.worst() < 2e-4, "base {}: {:.6?}", network.base, network.losses);
    }
}

#[test]
fn what_lies_under_nodata_moves_no_weight() {
    let Some(gpu) = Gpu::take() else { return };
    let errors = block_on(checks::nodata(gpu.device())).expect("a device");
    note(&assert_within("nodata", &errors, |_| 1e-6));
}

/// A device that keeps what a step has made would grow by the tensors of each.
#[test]
fn two_hundred_steps_take_no_more_memory_than_one_hundred() {
    let Some(gpu) = Gpu::take() else { return };
    let config = BenchConfig {
        channels: 1,
        filters: 4,
        size: 32,
        batch: 2,
        dropout: 0.5,
        deterministic: false,
    };
    let mut bench = Bench::new(config, gpu.device()).expect("a network");
    let mut held = Vec::new();
    for step in 1..=200 {
        block_on(bench.step()).expect("a loss");
        if step % 20 == 0 {
            held.push(memory_bytes().expect("a launch was made"));
        }
    }
    let most = |held: &[(u64, u64)]| held.iter().fold((0, 0), |(a, b), (c, d)| (a.max(*c), b.max(*d)));
    let (early, late) = (most(&held[..5]), most(&held[5..]));
    note(&format!(
        "bytes in use and reserved within 100 steps {early:?}, within the next 100 {late:?}"
    ));
    assert!(late.0 <= early.0 && late.1 <= early.1, "{held:?}");
}

/// A run's last weights.
fn weights(engine: &mut Engine, begun: Vec<Event>) -> Vec<f32> {
    common::finish(engine, begun);
    let saved = common::send(engine, Command::SaveModel).into_iter();
    let mut files = saved.filter_map(|event| match event {
        Event::File { bytes, .. } => Some(bytes),
        _ => None,
    });
    let bytes = files.next_back().expect("a model");
    let tensors = WeightsFile::read(&bytes).expect("weights").tensors;
    tensors.into_iter().flat_map(|tensor| tensor.values).collect()
}

/// On the CPU to the last bit; here it is held to rounding, since drivers may add in another order.
#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    let Some(gpu) = Gpu::take() else { return };
    let config = TrainConfig {
        steps: 24.0,
        validate_every: 8.0,
        ..common::small(&mut gpu.engine())
    };
    let mut engine = gpu.engine();
    let mut begun = common::send(&mut engine, Command::Start { config });
    let mut half = Vec::new();
    while half.is_empty() {
        begun.extend(block_on(engine.advance(0.0)));
        // Several steps may end at once.
        let is_there = |event: &Event| matches!(event, Event::Step(step) if step.figures.step >= 10);
        if begun.iter().any(is_there) {
            let (_, saved) = block_on(engine.save_run(1.0, 0.0, &mut half));
            saved.expect("saved");
        }
        assert!(engine.is_busy(), "the run ended before it was saved");
    }
    let whole = weights(&mut engine, begun);

    let mut engine = gpu.engine();
    let events = engine.resume_run(None, &mut half.as_slice(), None);
    let resumed = weights(&mut engine, events);
    assert_eq!(whole.len(), resumed.len());
    let largest = whole.iter().fold(0.0f32, |most, weight| most.max(weight.abs()));
    let apart = whole.iter().zip(&resumed).map(|(a, b)| (a - b).abs());
    let of_weights = apart.fold(0.0f32, f32::max) / largest;
    note(&format!(
        "resumed from about step 10 of 24: weights differ by {of_weights:.1e} of the largest"
    ));
    assert!(of_weights <= 1e-6, "{of_weights}");
}

/// How far the losses that a GPU tells are from those of each step on the CPU, as parts of them: a GPU is read now and then, and
/// tells the mean of its steps since. `before`: the steps made before the first.
fn apart_from(each: &BTreeMap<u64, f64>, told: &BTreeMap<u64, f64>, mut before: u64) -> Vec<f64> {
    let apart = told.iter().map(|(step, loss)| {
        let since: Vec<f64> = (before + 1..=*step).map(|step| each[&step]).collect();
        before = *step;
        let mean = since.iter().sum::<f64>() / since.len() as f64;
        ((loss - mean) / mean).abs()
    });
    apart.collect()
}

fn train(folder: &Path, device: &str, more: &[&str]) -> Output {
    let mut program = groundmask();
    program.args(["train", "--json", "--sample-scenes", &SCENES_SEED.to_string()]);
    program
        .args(["--device", device, "--settings"])
        .arg(folder.join("settings.json"));
    program
        .arg("--save")
        .arg(folder.join(format!("{device}.gmrun")))
        .args(more);
    program.output().expect("run")
}

#[test]
fn the_command_trains_and_predicts_on_the_gpu() {
    let Some(gpu) = Gpu::take() else { return };
    let folder = folder("gpu");
    let config = TrainConfig {
        steps: 10.0,
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        batch: 4.0,
        ..TrainConfig::of(Preset::Fast)
    };
    write_settings(&folder.join("settings.json"), &config);
    let losses = |output: &Output| -> BTreeMap<u64, f64> {
        assert_eq!(code_of(output), 0, "{}", words_of(output));
        let steps = lines(output, "step");
        let losses = steps.iter().map(|step| {
            let number = step["step"].as_u64().expect("a step");
            (number, step["loss"].as_f64().expect("a loss"))
        });
        losses.collect()
    };
    let trained = train(&folder, "gpu", &[]);
    let (on_gpu, on_cpu) = (losses(&trained), losses(&train(&folder, "cpu", &[])));
    let has_ends = on_gpu.contains_key(&1) && on_gpu.contains_key(&10);
    assert!(has_ends && on_cpu.len() == 10, "{on_gpu:?}");
    let apart = apart_from(&on_cpu, &on_gpu, 0);
    note(&format!("the command's losses beside those of the CPU: {apart:?}"));
    assert!(apart[0] < 1e-5 && apart.iter().all(|d| *d < 1e-2), "{apart:?}");

    let device = &lines(&trained, "device")[0];
    assert_eq!(device["kind"], "webgpu");
    assert_eq!(device["adapter"], gpu.ready.adapter.as_str());
    assert_eq!(device["software"], gpu.ready.software);
    assert!(
        words_of(&trained).contains(&gpu.ready.adapter),
        "{}",
        words_of(&trained)
    );
    assert_eq!(words_of(&trained).contains("software adapter"), gpu.ready.software);

    // Left off and gone on with, it says the device to go on with too.
    let left_off = train(&folder, "gpu", &["--overwrite", "--until", "5"]);
    let told = &lines(&left_off, "left_off")[0];
    // Several steps may end at once.
    let left_at = told["step"].as_u64().expect("a step");
    let how = told["resume"].as_str().map(str::to_owned);
    assert!(
        how.is_some_and(|how| how.ends_with(" --device gpu")),
        "{}",
        words_of(&left_off)
    );
    let run = folder.join("gpu.gmrun");
    let gone_on = groundmask()
        .args(["train", "--json", "--device", "gpu", "--resume"])
        .arg(&run)
        .output();
    let gone_on = losses(&gone_on.expect("run"));
    let goes_on = gone_on.keys().all(|step| *step > left_at) && gone_on.contains_key(&10);
    assert!(goes_on, "{gone_on:?}");
    let apart = apart_from(&on_cpu, &gone_on, left_at);
    note(&format!(
        "left off at {left_at} and gone on with: losses beside those of the CPU: {apart:?}"
    ));
    assert!(apart.iter().all(|d| *d < 1e-2), "{apart:?}");

    model(&folder.join("m.safetensors"));
    fs::create_dir_all(folder.join("scenes")).expect("a folder");
    fs::write(folder.join("scenes/a.png"), stripes(150, 0)).expect("written");
    let predicted = |device: &str| {
        let mut program = groundmask();
        program.args([
            "predict",
            "--json",
            "--device",
            device,
            "--format",
            "probability-tif",
            "--model",
        ]);
        program.arg(folder.join("m.safetensors")).arg(folder.join("scenes"));
        let output = program.arg("--out").arg(folder.join(device)).output().expect("run");
        assert_eq!(code_of(&output), 0, "{}", words_of(&output));
        probabilities(&folder.join(device).join("a_probability.tif"))
    };
    let (on_gpu, on_cpu) = (predicted("gpu"), predicted("cpu"));
    let apart = on_gpu
        .iter()
        .zip(&on_cpu)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    note(&format!(
        "predicted beside the CPU: probabilities differ by {apart:.1e}"
    ));
    assert!(on_gpu.len() == 150 * 150 && apart < 1e-4, "{apart}");
}

/// Needs no adapter: a graphics card of a number that no machine has is asked for.
#[test]
fn without_an_adapter_the_command_says_so_and_by_itself_takes_the_cpu() {
    let run = |device: &str| {
        let mut program = groundmask();
        program.args([
            "bench", "--base", "4", "--size", "32", "--steps", "1", "--device", device,
        ]);
        program
            .env("CUBECL_WGPU_DEFAULT_DEVICE", "DiscreteGpu(63)")
            .output()
            .expect("run")
    };
    let asked = run("gpu");
    assert_eq!(code_of(&asked), 1);
    assert!(
        words_of(&asked).contains("no graphics card answers"),
        "{}",
        words_of(&asked)
    );
    let by_itself = run("auto");
    assert_eq!(code_of(&by_itself), 0, "{}", words_of(&by_itself));
    assert!(String::from_utf8_lossy(&by_itself.stdout).contains("\"device\":\"cpu\""));
}
