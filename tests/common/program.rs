//! The native command as a test runs it, and what it is given.
#![allow(dead_code)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Program, Output},
};

use groundmask::{
    engine::Engine,
    formats::{Limits, Samples, decode},
    protocol::{Command, Event, TrainConfig},
};
use serde_json::{Value, json};

use crate::common::{drawn, engine, finish, send, small};

pub const SCENES_SEED: u32 = 3;

/// On the CPU, whatever graphics card there is, unless `--device` says otherwise.
pub fn groundmask() -> Program {
    let mut program = Program::new(env!("CARGO_BIN_EXE_groundmask"));
    program.env("GROUNDMASK_DEVICE", "cpu");
    program
}

/// An empty folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("native-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

pub fn code_of(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn words_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON lines of standard output of one type.
pub fn lines(output: &Output, kind: &str) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let values = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    values.filter(|value| value["type"] == kind).collect()
}

/// An engine with the generated scenes.
pub fn with_scenes() -> Engine {
    let mut engine = engine();
    send(&mut engine, Command::SampleScenes { seed: SCENES_SEED });
    engine
}

/// The tensors of a saved run: weights, best weights, moments, losses. What is before them tells times too.
pub fn tensors(bytes: &[u8]) -> &[u8] {
    let json = u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes")) as usize;
    &bytes[28 + json..bytes.len() - 4]
}

/// The probabilities of a GeoTIFF, row by row.
pub fn probabilities(at: &Path) -> Vec<f32> {
    let raster = decode(&fs::read(at).expect("a file"), &Limits::default()).expect("an image");
    let bands = usize::from(raster.bands);
    match raster.samples {
        Samples::F32(values) => values.iter().step_by(bands).copied().collect(),
        other => panic!("{} other samples", other.len()),
    }
}

pub fn write_settings(at: &Path, config: &TrainConfig) {
    let file = json!({ "groundmask": "settings", "version": 1, "config": config });
    fs::write(at, file.to_string()).expect("written");
}

/// A file of weights of a short run.
pub fn model(at: &Path) {
    let mut engine = with_scenes();
    let config = TrainConfig {
        steps: 3.0,
        ..small(&mut engine)
    };
    let started = send(&mut engine, Command::Start { config });
    finish(&mut engine, started);
    for event in send(&mut engine, Command::SaveModel) {
        if let Event::File { bytes, .. } = event {
            fs::write(at, bytes).expect("written");
        }
    }
}

pub fn stripes(side: u32, phase: u32) -> Vec<u8> {
    let grey = |x: u32, y: u32| ((x * 7 + y * 3 + phase * 31) % 256) as u8;
    let files = drawn("a", side, |x, y| ([grey(x, y), grey(y, x), 90], [0; 3]));
    files.into_iter().next().expect("an image").1
}
