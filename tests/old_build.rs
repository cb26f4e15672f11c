//! Saved runs and models of an older build open, go on and predict as they did there.
//!
//! `golden/old_build/NAME/` was written by version 0.1.0: `run.gmrun` half-way, `model.safetensors` at the end,
//! `probability.png` (what that model makes of the first image) and `figures.json` (the run's figures after the save, as bits).
//! It is not to be written anew; `GROUNDMASK_WRITE_OLD_BUILD=FOLDER` writes this build's into another folder.

mod common;

use std::path::{Path, PathBuf};

use common::{add, drawn, engine, finish, preset, send};
use groundmask::{
    engine::Engine,
    formats::{Limits, decode, weights_file::WeightsFile},
    protocol::{
        Architecture, BestBy, Channels, Command, Event, ExportKind, MaskRule, Outlines, Preset, Purpose, Sampling,
        TrainConfig,
    },
};
use serde::{Deserialize, Serialize};

type Files = Vec<(String, Vec<u8>)>;

const STEPS: u32 = 24;
const SAVED_AT: u32 = 12;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Figures {
    /// Step and loss of all that came after the save.
    losses: Vec<(u32, String)>,
    loss_last: String,
    best_step: u32,
    iou: Option<String>,
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

/// Roofs and a river on rough ground.
fn scenes(with_river: bool) -> Files {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 48, |x, y| {
            let roof = (x / 8 + k).is_multiple_of(3) && (y / 8 + k) % 3 == 1;
            let river = with_river && (x + y + 5 * k) % 48 < 10;
            let noise = ((x * 7919 + y * 104_729 + k * 31) % 23) as u8;
            let (image, mask) = match (river, roof) {
                (true, _) => ([30, 60, 120], [20, 60, 200]),
                (_, true) => ([200, 120, 100], if with_river { [220, 40, 40] } else { [255; 3] }),
                _ => ([90, 110, 60], if with_river { [40, 160, 60] } else { [0; 3] }),
            };
            (image.map(|v: u8| v.saturating_add(noise)), mask)
        })
    };
    (0..4).flat_map(scene).collect()
}

type Settings = fn(&mut Engine) -> TrainConfig;

/// A build's files by name: the images, and the settings of the run.
fn cases() -> [(&'static str, Files, Settings); 2] {
    let norm: Settings = |engine| TrainConfig {
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        lr: 3e-3,
        steps: f64::from(STEPS),
        validate_every: 6.0,
        val_share: 0.25,
        ..preset(engine, Preset::Fast)
    };
    let classes: Settings = |engine| TrainConfig {
        architecture: Architecture::UnetSmall,
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        channels: Channels::Grey,
        sampling: Sampling::Resize,
        lr: 3e-3,
        steps: f64::from(STEPS),
        steps_per_epoch: 4.0,
        validate_every: 8.0,
        keep_best: BestBy::TrainingLoss,
        ..preset(engine, Preset::Classic)
    };
    [("norm", scenes(false), norm), ("classes", scenes(true), classes)]
}

/// What the model in memory makes of one image, as a PNG of 16 bits, or of class numbers.
fn predict(engine: &mut Engine, (path, bytes): (String, Vec<u8>)) -> Vec<u8> {
    let purpose = Purpose::Predict;
    send(engine, Command::Clear { purpose });
    send(engine, Command::AddFile { path, bytes, purpose });
    send(engine, Command::FilesDone { purpose });
    let events = send(
        engine,
        Command::Predict {
            validation: false,
            threshold: 0.5,
            averaged: false,
            match_resolution: true,
            adapted: false,
        },
    );
    while engine.is_busy() {
        pollster::block_on(engine.advance(50.0));
    }
    let export = |kind| Command::Export {
        result: 0,
        kind,
        threshold: 0.5,
        outlines: Outlines::default(),
    };
    let events = [
        events,
        send(engine, export(ExportKind::ProbabilityPng)),
        send(engine, export(ExportKind::MaskPng)),
    ];
    let file = events.iter().flatten().find_map(|event| match event {
        Event::File { bytes, .. } => Some(bytes.clone()),
        _ => None,
    });
    file.unwrap_or_else(|| panic!("{events:?}"))
}

fn figures(events: Vec<Event>, from: u32) -> Figures {
    let losses = events.iter().filter_map(|event| match event {
        Event::Step(report) if report.figures.step > from => Some((report.figures.step, bits(report.figures.loss))),
        _ => None,
    });
    let losses = losses.collect();
    let end = events.into_iter().find_map(|event| match event {
        Event::RunEnded(end) => Some(end),
        _ => None,
    });
    let end = end.expect("an end").figures;
    let metrics = end.validation.or(end.training);
    Figures {
        losses,
        loss_last: bits(end.loss_last),
        best_step: end.best_step,
        iou: metrics.and_then(|m| m.iou).map(bits),
    }
}

fn saved_model(engine: &mut Engine) -> Vec<u8> {
    match send(engine, Command::SaveModel).into_iter().next() {
        Some(Event::File { bytes, .. }) => bytes,
        other => panic!("{other:?}"),
    }
}

/// Trains, saves the run on the way, and writes all there is to compare with.
fn write(folder: &Path, files: Files, config: Settings) {
    std::fs::create_dir_all(folder).expect("a folder");
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
    let mut engine = engine();
    let image = files[0].clone();
    add(&mut engine, files);
    let config = config(&mut engine);
    let mut all = send(&mut engine, Command::Start { config });
    let mut is_saved = false;
    while engine.is_busy() {
        let new = pollster::block_on(engine.advance(0.0));
        let saves = new
            .iter()
            .any(|event| matches!(event, Event::Step(report) if report.figures.step == SAVED_AT));
        all.extend(new);
        if saves {
            let mut bytes: Vec<u8> = Vec::new();
            let (events, result) = pollster::block_on(engine.save_run(1.0, 0.0, &mut bytes));
            result.expect("saved");
            all.extend(events);
            put("run.gmrun", &bytes);
            is_saved = true;
        }
    }
    assert!(is_saved);
    let run = finish(&mut engine, all);
    let figures = figures(run.events, SAVED_AT);
    let text = serde_json::to_string_pretty(&figures).expect("JSON") + "\n";
    put("figures.json", text.as_bytes());
    put("model.safetensors", &saved_model(&mut engine));
    put("probability.png", &predict(&mut engine, image));
}

fn open(folder: &Path, files: Files) {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a golden file");
    let mut engine = engine();
    let events = send(
        &mut engine,
        Command::LoadModel {
            name: "model.safetensors".into(),
            bytes: read("model.safetensors"),
        },
    );
    assert!(
        matches!(events.first(), Some(Event::Model { model: Some(_) })),
        "{events:?}"
    );
    let pixels = |png: &[u8]| {
        let raster = decode(png, &Limits::default()).expect("a picture");
        let samples = (0..raster.samples.len()).map(|at| raster.samples.number(at));
        ([raster.width, raster.height], samples.collect::<Vec<f32>>())
    };
    let (size, now) = pixels(&predict(&mut engine, files[0].clone()));
    let (size_before, before) = pixels(&read("probability.png"));
    assert_eq!(size, size_before);
    let most = now.iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("the model: {} samples differ by at most {most}", now.len());
    assert_eq!((now.len(), most), (before.len(), 0.0));

    let data = add(&mut engine, files);
    if folder.ends_with("classes") {
        assert!(matches!(data.rule, MaskRule::Classes { .. }), "{:?}", data.rule);
    }
    let events = engine.resume_run(None, &mut read("run.gmrun").as_slice(), None);
    assert!(
        events.iter().any(|e| matches!(e, Event::RunResumed { .. })),
        "{events:?}"
    );
    let now = figures(finish(&mut engine, events).events, SAVED_AT);
    let before: Figures = serde_json::from_slice(&read("figures.json")).expect("JSON");
    assert_eq!(now, before);
    assert_eq!(now.losses.len() as u32, STEPS - SAVED_AT);
    // What is said of it beside (its time, the width of its last report) differs from run to run.
    let [now, before] =
        [saved_model(&mut engine), read("model.safetensors")].map(|bytes| WeightsFile::read(&bytes).expect("a model"));
    assert!(now.tensors == before.tensors, "the weights it came to");
    for (key, value) in &before.metadata {
        if now.metadata.get(key) != Some(value) {
            println!("{key}: {value} is now {:?}", now.metadata.get(key));
        }
    }
    assert!(before.metadata.keys().all(|key| now.metadata.contains_key(key)));
}

#[test]
fn runs_and_models_of_an_old_build_open_and_go_on() {
    if !common::has_wide_lanes() {
        return common::skip("the bits are those of AVX2 and FMA");
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/old_build");
    for (name, files, config) in cases() {
        if let Some(folder) = std::env::var_os("GROUNDMASK_WRITE_OLD_BUILD") {
            write(&PathBuf::from(folder).join(name), files, config);
        } else {
            open(&Path::new(golden).join(name), files);
        }
    }
}
