//! `peer bands`: a network over chosen bands, from files to files.

use std::{fs, time::Instant};

use groundmask::{
    engine::Engine,
    formats::{Limits, decode},
    protocol::{
        Command, DeviceChoice, Event, ExportKind, ModelFormat, Outlines, Preset, Purpose, RangeChoice, TrainConfig,
    },
};
use serde_json::json;

use super::{Outcome, save_tensor, train_set};

/// Trains on a folder with bands `1,2,8`, says how well, and predicts an image: `DIR/model.{safetensors,onnx,h5}`,
/// `DIR/p.safetensors` with `probability` `[h, w]`.
pub fn bands(folder: &str, numbers: &str, steps: f64, image: &str, out: &str) -> Outcome<()> {
    let bands: Vec<u32> = numbers.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let start = Instant::now();
    let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
    let send = |engine: &mut Engine, command| pollster::block_on(engine.command(command));
    let device = DeviceChoice::Cpu;
    send(
        &mut engine,
        Command::Init {
            device,
            calibration: None,
        },
    );
    let config = TrainConfig {
        bands: bands.iter().map(|band| f64::from(*band)).collect(),
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        lr: 3e-3,
        steps,
        val_share: 0.34,
        ..TrainConfig::of(Preset::Fast)
    };
    send(&mut engine, Command::SetBands { bands, network: true });
    train_set::drop_into(&mut engine, folder)?;
    let mut events = send(&mut engine, Command::Start { config });
    while engine.is_busy() {
        events.extend(pollster::block_on(engine.advance(50.0)));
    }
    let end = events.iter().find_map(|event| match event {
        Event::RunEnded(end) => Some(end),
        _ => None,
    });
    let Some(end) = end else {
        return Err(format!("no run: {:?}", events.first()).into());
    };
    let model = events.iter().rev().find_map(|event| match event {
        Event::Model { model } => model.as_ref(),
        _ => None,
    });
    let model = model.ok_or("no model")?;
    let ranges = match &model.ranges {
        RangeChoice::Fixed { bands } => bands.clone(),
        _ => Vec::new(),
    };
    let validation = end.figures.validation.as_ref().ok_or("nothing was held back")?;
    println!(
        "{}",
        json!({ "iou": validation.iou, "bands": model.bands, "ranges": ranges })
    );
    for (format, ending) in [
        (None, "safetensors"),
        (Some(ModelFormat::Onnx), "onnx"),
        (Some(ModelFormat::Keras), "h5"),
    ] {
        let command = match format {
            None => Command::SaveModel,
            Some(format) => Command::ExportModel {
                format,
                threshold: 0.5,
                name: None,
            },
        };
        let file = send(&mut engine, command).into_iter().find_map(|event| match event {
            Event::File { bytes, .. } => Some(bytes),
            _ => None,
        });
        fs::write(format!("{out}/model.{ending}"), file.ok_or(ending)?)?;
    }
    let purpose = Purpose::Predict;
    let (path, bytes) = ("image.tif".to_owned(), fs::read(image)?);
    send(&mut engine, Command::AddFile { path, bytes, purpose });
    send(&mut engine, Command::FilesDone { purpose });
    let mut events = send(
        &mut engine,
        Command::Predict {
            validation: false,
            threshold: 0.5,
            averaged: false,
            match_resolution: false,
            adapted: false,
        },
    );
    while engine.is_busy() {
        events.extend(pollster::block_on(engine.advance(50.0)));
    }
    let export = Command::Export {
        result: 0,
        kind: ExportKind::ProbabilityPng,
        threshold: 0.5,
        outlines: Outlines::default(),
    };
    let file = send(&mut engine, export).into_iter().find_map(|event| match event {
        Event::File { bytes, .. } => Some(bytes),
        _ => None,
    });
    let raster = decode(
        &file.ok_or_else(|| format!("no result: {events:?}"))?,
        &Limits::default(),
    )?;
    let values = (0..raster.samples.len()).map(|at| raster.samples.number(at) / 65535.0);
    let shape = vec![raster.height as usize, raster.width as usize];
    save_tensor(&format!("{out}/p.safetensors"), "probability", shape, values.collect())
}
