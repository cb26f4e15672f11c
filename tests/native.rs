//! The native command against the engine it drives: the same runs, the same files, and what it says where something is wrong.
#![cfg(all(feature = "cpu", unix))]

mod common;
#[path = "common/program.rs"]
mod program;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command as Program, Stdio},
};

use common::{engine, finish, send, small};
use groundmask::{
    formats::{Limits, decode},
    protocol::{Command, Event, ExportKind, Outlines, Purpose, TrainConfig},
};
use program::{
    SCENES_SEED, code_of, folder, groundmask, lines, model, stripes, tensors, with_scenes, words_of, write_settings,
};
use serde_json::Value;

/// Begun by the engine as the page drives it, gone on natively, interrupted there, gone on again: the very run that was
/// never interrupted.
#[test]
fn a_run_goes_over_and_back_and_is_the_uninterrupted_one() {
    let folder = folder("resume");
    let at = |name: &str| folder.join(name);
    let mut engine = with_scenes();
    let config = TrainConfig {
        steps: 40.0,
        base: 8.0,
        tile_px: 64.0,
        ..small(&mut engine)
    };
    write_settings(&at("settings.json"), &config);
    let mut begun = send(&mut engine, Command::Start { config });
    let mut half = Vec::new();
    while engine.is_busy() {
        let events = pollster::block_on(engine.advance(0.0));
        let is_half = events
            .iter()
            .any(|event| matches!(event, Event::Step(step) if step.figures.step == 10));
        begun.extend(events);
        if is_half {
            let (_, saved) = pollster::block_on(engine.save_run(1.0, 0.0, &mut half));
            saved.expect("saved");
        }
    }
    let mut whole = Vec::new();
    let (_, saved) = pollster::block_on(engine.save_run(2.0, 0.0, &mut whole));
    saved.expect("saved");
    fs::write(at("run.gmrun"), &half).expect("written");

    let resume = |more: &[&str]| {
        let mut program = groundmask();
        program
            .args(["train", "--json", "--resume"])
            .arg(at("run.gmrun"))
            .args(more);
        program
    };
    let left_off = resume(&["--until", "15"]).output().expect("run");
    assert_eq!(code_of(&left_off), 0, "{}", words_of(&left_off));
    assert_eq!(lines(&left_off, "left_off")[0]["step"], 15);

    let mut child = resume(&[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("run");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    while !line.contains("\"type\":\"step\"") {
        line.clear();
        assert!(output.read_line(&mut line).expect("a line") > 0, "it ended");
    }
    let pid = child.id().to_string();
    assert!(
        Program::new("kill")
            .args(["-INT", &pid])
            .status()
            .expect("kill")
            .success()
    );
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the rest");
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(code_of(&ended), 130);
    assert!(rest.contains("\"type\":\"interrupted\""), "{rest}");
    assert!(words_of(&ended).contains("--resume"), "{}", words_of(&ended));

    let done = resume(&["--save"]).arg(at("done.gmrun")).output().expect("run");
    assert_eq!(code_of(&done), 0, "{}", words_of(&done));
    let done_bytes = fs::read(at("done.gmrun")).expect("a run");
    assert_eq!(tensors(&done_bytes), tensors(&whole));
    assert!(at("done.safetensors").exists());

    // From the start, natively alone.
    let alone = groundmask()
        .args([
            "train",
            "--quiet",
            "--sample-scenes",
            &SCENES_SEED.to_string(),
            "--settings",
        ])
        .arg(at("settings.json"))
        .arg("--save")
        .arg(at("alone.gmrun"))
        .output()
        .expect("run");
    assert_eq!(code_of(&alone), 0, "{}", words_of(&alone));
    assert_eq!(words_of(&alone), "");
    assert_eq!(tensors(&fs::read(at("alone.gmrun")).expect("a run")), tensors(&whole));

    // And back: the engine takes what the command wrote, and ends it as it had ended.
    let mut engine = with_scenes();
    let events = engine.resume_run(None, &mut done_bytes.as_slice(), None);
    assert!(matches!(events.first(), Some(Event::RunStarted { .. })), "{events:?}");
    assert_eq!(finish(&mut engine, events).end.figures.steps, 40);
}

#[test]
fn results_are_the_bytes_that_the_engine_exports() {
    let folder = folder("predict");
    model(&folder.join("m.safetensors"));
    fs::create_dir_all(folder.join("scenes/north")).expect("a folder");
    let image = stripes(150, 0);
    fs::write(folder.join("scenes/north/a.png"), &image).expect("written");
    fs::write(folder.join("scenes/north/a.pgw"), "0.5\n0\n0\n-0.5\n500000\n4000000\n").expect("written");
    let kinds = [
        ExportKind::MaskPng,
        ExportKind::ProbabilityTif,
        ExportKind::Geojson,
        ExportKind::WorldFile,
    ];
    let output = groundmask()
        .args([
            "predict",
            "--format",
            "mask-png,probability-tif,geojson,world-file",
            "--simplify",
            "1",
            "--model",
        ])
        .arg(folder.join("m.safetensors"))
        .arg(folder.join("scenes"))
        .arg("--out")
        .arg(folder.join("out"))
        .output()
        .expect("run");
    assert_eq!(code_of(&output), 0, "{}", words_of(&output));

    let mut engine = engine();
    let bytes = fs::read(folder.join("m.safetensors")).expect("a model");
    let loaded = send(
        &mut engine,
        Command::LoadModel {
            name: "m".into(),
            bytes,
        },
    );
    let Some(Event::Model { model: Some(info) }) = loaded.into_iter().next() else {
        panic!("no model");
    };
    let threshold = info
        .operating_point
        .as_ref()
        .map_or(0.5, |point| point.threshold as f32);
    let purpose = Purpose::Predict;
    for name in ["a.png", "a.pgw"] {
        let bytes = fs::read(folder.join("scenes/north").join(name)).expect("a file");
        let path = format!("north/{name}");
        send(&mut engine, Command::AddFile { path, bytes, purpose });
    }
    send(&mut engine, Command::FilesDone { purpose });
    send(
        &mut engine,
        Command::Predict {
            validation: false,
            threshold,
            averaged: false,
            match_resolution: true,
            adapted: false,
        },
    );
    while engine.is_busy() {
        pollster::block_on(engine.advance(1000.0));
    }
    for kind in kinds {
        let outlines = Outlines {
            smallest: info.about.least_object_px.unwrap_or(Outlines::default().smallest),
            simplify_px: 1.0,
            ..Outlines::default()
        };
        let export = Command::Export {
            result: 0,
            kind,
            threshold,
            outlines,
        };
        let Some(Event::File { name, bytes, .. }) = send(&mut engine, export).into_iter().next() else {
            panic!("no file of {kind:?}");
        };
        let written = fs::read(folder.join("out/north").join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(written == bytes, "{name} differs");
    }
}

#[test]
fn faults_name_the_file_and_exit_codes_are_those_of_the_help() {
    let folder = folder("faults");
    let at = |name: &str| folder.join(name);
    model(&at("m.safetensors"));
    fs::create_dir_all(at("scenes")).expect("a folder");
    fs::write(at("scenes/good.png"), stripes(40, 1)).expect("written");
    fs::write(at("scenes/broken.png"), &stripes(40, 2)[..200]).expect("written");
    let predict = |images: &Path, out: &str, more: &[&str]| {
        let mut program = groundmask();
        program
            .args(["predict", "--model"])
            .arg(at("m.safetensors"))
            .arg(images);
        program.arg("--out").arg(at(out)).args(more).output().expect("run")
    };
    let in_part = predict(&at("scenes"), "out", &[]);
    assert_eq!(code_of(&in_part), 3, "{}", words_of(&in_part));
    assert!(words_of(&in_part).contains("broken.png: "), "{}", words_of(&in_part));
    assert!(at("out/good_mask.png").exists() && !at("out/broken_mask.png").exists());
    let report: Value =
        serde_json::from_slice(&fs::read(at("out/groundmask-report.json")).expect("a report")).expect("JSON");
    assert_eq!(report["failed"][0]["image"], "broken.png");
    assert_eq!(report["done"][0]["image"], "good.png");

    let other = predict(&at("scenes"), "out", &["--threshold", "0.9"]);
    assert_eq!(code_of(&other), 2);
    assert!(words_of(&other).contains("other settings"), "{}", words_of(&other));
    assert_eq!(code_of(&predict(&at("scenes/broken.png"), "alone", &[])), 1);
    let nowhere = predict(&at("nowhere"), "out", &[]);
    assert_eq!(code_of(&nowhere), 1);
    assert!(words_of(&nowhere).contains("nowhere: "), "{}", words_of(&nowhere));
    assert_eq!(code_of(&predict(&at("scenes"), "out", &["--shard", "3/2"])), 2);

    let train = |args: &[&str]| {
        let mut program = groundmask();
        program.args(["train", "--sample-scenes", "1"]).args(args);
        program.arg("--save").arg(at("run.gmrun")).output().expect("run")
    };
    let no_setting = train(&["--set", "stepz=3"]);
    assert_eq!(code_of(&no_setting), 2);
    assert!(words_of(&no_setting).contains("stepz"));
    let too_many = train(&["--set", "batch=100000"]);
    assert_eq!(code_of(&too_many), 2);
    assert!(
        words_of(&too_many).contains("batch: out of range"),
        "{}",
        words_of(&too_many)
    );
    fs::write(at("run.gmrun"), "no run").expect("written");
    assert_eq!(code_of(&train(&[])), 2);
    let foreign = groundmask()
        .args(["train", "--resume"])
        .arg(at("run.gmrun"))
        .output()
        .expect("run");
    assert_eq!(code_of(&foreign), 1);
    assert!(
        words_of(&foreign).contains("run.gmrun: run foreign"),
        "{}",
        words_of(&foreign)
    );

    let inspect = groundmask()
        .arg("inspect")
        .arg(at("m.safetensors"))
        .arg(at("scenes/good.png"))
        .output()
        .expect("run");
    assert_eq!(code_of(&inspect), 0, "{}", words_of(&inspect));
    let text = String::from_utf8_lossy(&inspect.stdout).into_owned();
    assert!(text.contains("base 4") && text.contains("40 by 40 pixels"), "{text}");
    for name in ["m.onnx", "m.h5"] {
        let mut program = groundmask();
        program
            .args(["convert", "--model"])
            .arg(at("m.safetensors"))
            .arg("--out")
            .arg(at(name));
        let converted = program.output().expect("run");
        // A network of another depth or output than the classic ones is none of Keras's.
        assert_eq!(
            code_of(&converted) == 0,
            at(name).exists(),
            "{name}: {}",
            words_of(&converted)
        );
    }
    let mut program = groundmask();
    program
        .args(["convert", "--stac", "--model"])
        .arg(at("m.safetensors"))
        .arg("--out")
        .arg(at("m.onnx"));
    assert_eq!(code_of(&program.output().expect("run")), 0);
    let item: Value = serde_json::from_slice(&fs::read(at("m.stac.json")).expect("an item")).expect("JSON");
    assert_eq!(
        item["assets"]["model"]["file:size"],
        fs::metadata(at("m.onnx")).expect("a file").len()
    );
}

/// As the jobs of an array do: each looks into the folder of results and says there what they are made with.
#[test]
fn shards_that_begin_at_once_do_not_disturb_each_other() {
    const SHARDS: u32 = 12;
    let folder = folder("at-once");
    model(&folder.join("m.safetensors"));
    fs::write(folder.join("scene.png"), stripes(64, 1)).expect("written");
    let shard = |number: u32| {
        let mut program = groundmask();
        program.args(["predict", "--shard", &format!("{number}/{SHARDS}"), "--model"]);
        program.arg(folder.join("m.safetensors")).arg(folder.join("scene.png"));
        program.arg("--out").arg(folder.join("out")).stderr(Stdio::piped());
        program.spawn().expect("run")
    };
    let all: Vec<_> = (1..=SHARDS).map(shard).collect();
    for child in all {
        let output = child.wait_with_output().expect("an end");
        assert_eq!(code_of(&output), 0, "{}", words_of(&output));
    }
    let left = fs::read_dir(folder.join("out")).expect("the folder");
    let parts = left.filter(|entry| {
        entry
            .as_ref()
            .is_ok_and(|file| file.file_name().to_string_lossy().ends_with(".part"))
    });
    assert_eq!(parts.count(), 0);
}

/// One of two shards is killed while it writes and started again: every scene is there once and whole, and nothing else.
#[test]
fn a_killed_shard_goes_on_and_leaves_no_half_file() {
    const SCENES: u32 = 12;
    let folder = folder("shards");
    model(&folder.join("m.safetensors"));
    fs::create_dir_all(folder.join("scenes")).expect("a folder");
    for number in 0..SCENES {
        fs::write(folder.join(format!("scenes/s{number:02}.png")), stripes(200, number)).expect("written");
    }
    let shard = |number: u32| {
        let mut program = groundmask();
        program.args([
            "predict",
            "--json",
            "--jobs",
            "1",
            "--shard",
            &format!("{number}/2"),
            "--model",
        ]);
        program.arg(folder.join("m.safetensors")).arg(folder.join("scenes"));
        program.arg("--out").arg(folder.join("out"));
        program
    };
    let mut child = shard(1).stdout(Stdio::piped()).spawn().expect("run");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    while !line.contains("\"type\":\"predicted\"") {
        line.clear();
        assert!(output.read_line(&mut line).expect("a line") > 0, "it ended");
    }
    child.kill().expect("killed");
    child.wait().expect("an end");

    let again = shard(1).output().expect("run");
    let other = shard(2).output().expect("run");
    assert_eq!(
        [code_of(&again), code_of(&other)],
        [0, 0],
        "{}{}",
        words_of(&again),
        words_of(&other)
    );
    let report = &lines(&again, "report")[0]["report"];
    let done = report["done"].as_array().expect("a list").len() as u64;
    let skipped = report["skipped"].as_u64().expect("a number");
    assert!(skipped >= 1, "{report}");
    assert_eq!(done + skipped, u64::from(SCENES / 2));
    assert_eq!(lines(&other, "predicted").len() as u32, SCENES / 2);

    let mut names: Vec<String> = fs::read_dir(folder.join("out"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let results: Vec<String> = (0..SCENES).map(|number| format!("s{number:02}_mask.png")).collect();
    let others = [
        "groundmask-report-1-of-2.json",
        "groundmask-report-2-of-2.json",
        "groundmask.json",
    ];
    let expected: Vec<String> = others
        .iter()
        .map(|name| (*name).to_owned())
        .chain(results.clone())
        .collect();
    assert_eq!(names, expected);
    for name in results {
        let image = decode(
            &fs::read(folder.join("out").join(&name)).expect("a file"),
            &Limits::default(),
        );
        assert_eq!(image.expect("a whole image").width, 200, "{name}");
    }

    // Without shards everything is there already.
    let all = groundmask()
        .args(["predict", "--json", "--model"])
        .arg(folder.join("m.safetensors"))
        .arg(folder.join("scenes"))
        .arg("--out")
        .arg(folder.join("out"))
        .output()
        .expect("run");
    assert_eq!(lines(&all, "report")[0]["report"]["skipped"], SCENES);
}
