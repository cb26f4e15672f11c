//! The engine as the page drives it, natively, on the CPU.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use groundmask::{
    engine::Engine,
    formats::encode,
    protocol::{
        Channels, Command, ConfigReport, Dataset, DeviceChoice, Event, Preset, Purpose, RunEnd, TrainConfig,
        ValidationReport,
    },
};

/// A folder of `tests/golden/`.
pub fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

/// Says that the running test cannot run here, so that `cargo xtask test` counts it as skipped and not as passed. Call it as
/// the last thing of the test.
pub fn skip(reason: &str) {
    use std::io::Write;
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    // Not `println`, which the test harness keeps to itself where a test passes. The name may stand in the middle of a line
    // of the harness.
    let _ = writeln!(std::io::stdout(), "\nskipped: {name} ({reason})");
}

/// Whether the CPU operators compute eight floats at once with fused multiplication and addition.
pub fn has_wide_lanes() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// An engine with its device up.
pub fn engine() -> Engine {
    let start = Instant::now();
    let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
    let events = send(
        &mut engine,
        Command::Init {
            device: DeviceChoice::Cpu,
            calibration: None,
        },
    );
    assert!(events.iter().any(|e| matches!(e, Event::Device(_))), "{events:?}");
    engine
}

pub fn send(engine: &mut Engine, command: Command) -> Vec<Event> {
    pollster::block_on(engine.command(command))
}

/// Gives files to the engine and returns the data set it makes of them.
pub fn add(engine: &mut Engine, files: Vec<(String, Vec<u8>)>) -> Dataset {
    for (path, bytes) in files {
        send(
            engine,
            Command::AddFile {
                path,
                bytes,
                purpose: Purpose::Train,
            },
        );
    }
    dataset(send(
        engine,
        Command::FilesDone {
            purpose: Purpose::Train,
        },
    ))
}

pub fn dataset(events: Vec<Event>) -> Dataset {
    let found = events.into_iter().next().map(|e| match e {
        Event::Dataset(dataset) => dataset,
        other => panic!("{other:?}"),
    });
    found.expect("a data set")
}

/// The files of `image/` and `label/` below a folder.
pub fn read_pairs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for side in ["image", "label"] {
        let entries = std::fs::read_dir(folder.join(side)).expect("a folder");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.push((format!("{side}/{name}"), std::fs::read(&path).expect("a file")));
        }
    }
    files
}

/// Image and mask of `side` pixels as RGB PNGs; `pixel` gives both colours.
pub fn drawn(name: &str, side: u32, mut pixel: impl FnMut(u32, u32) -> ([u8; 3], [u8; 3])) -> Vec<(String, Vec<u8>)> {
    let (mut image, mut mask) = (Vec::new(), Vec::new());
    for y in 0..side {
        for x in 0..side {
            let (a, b) = pixel(x, y);
            image.extend([a[0], a[1], a[2], 255]);
            mask.extend([b[0], b[1], b[2], 255]);
        }
    }
    let png = |rgba: &[u8]| encode::rgba8_png(rgba, side, side).expect("encodes");
    vec![
        (format!("image/{name}.png"), png(&image)),
        (format!("label/{name}.png"), png(&mask)),
    ]
}

pub fn preset(engine: &mut Engine, preset: Preset) -> TrainConfig {
    checked(send(engine, Command::PresetConfig { preset })).config
}

pub fn checked(events: Vec<Event>) -> ConfigReport {
    match events.into_iter().next() {
        Some(Event::Config(report)) => report,
        other => panic!("{other:?}"),
    }
}

/// Smallest settings that still have every layer.
pub fn small(engine: &mut Engine) -> TrainConfig {
    TrainConfig {
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        batch: 4.0,
        channels: Channels::Rgb,
        lr: 3e-3,
        steps: 60.0,
        validate_every: 20.0,
        val_share: 0.34,
        ..preset(engine, Preset::Fast)
    }
}

/// What a run came to.
pub struct Run {
    pub events: Vec<Event>,
    pub end: RunEnd,
}

impl Run {
    pub fn validations(&self) -> Vec<&ValidationReport> {
        let reports = self.events.iter().filter_map(|e| match e {
            Event::Validation(report) => Some(report),
            _ => None,
        });
        reports.collect()
    }

    pub fn losses(&self) -> Vec<f64> {
        let losses = self.events.iter().filter_map(|e| match e {
            Event::Step(report) => Some(report.figures.loss),
            _ => None,
        });
        losses.collect()
    }
}

/// Starts a run and drives it to its end.
pub fn train(engine: &mut Engine, config: TrainConfig) -> Run {
    let events = send(engine, Command::Start { config });
    assert!(matches!(events.first(), Some(Event::RunStarted { .. })), "{events:?}");
    finish(engine, events)
}

/// Drives a run that has begun to its end.
pub fn finish(engine: &mut Engine, mut events: Vec<Event>) -> Run {
    while engine.is_busy() {
        events.extend(pollster::block_on(engine.advance(50.0)));
    }
    let end = events.iter().find_map(|e| match e {
        Event::RunEnded(end) => Some(end.clone()),
        _ => None,
    });
    Run {
        end: end.expect("an end"),
        events,
    }
}
