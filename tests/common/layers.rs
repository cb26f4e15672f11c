//! Placed images, models and files through the engine: what the tests of layers have in common.

use std::rc::Rc;

use super::common::send;
use groundmask::{
    export::keras_file,
    formats::{
        Parts,
        tiff::{self, GeoTiffSpec, TiffImage, Window},
    },
    geo::{GeoKeys, GeoRef},
    model::{Architecture, Head, ModelConfig, UNet, read_weights},
    protocol::{Command, Event, ExportKind, Input, Outlines, PredictionResult, Purpose},
};

pub fn place() -> GeoRef {
    place_of(0.5)
}

pub fn place_of(pixel_m: f64) -> GeoRef {
    GeoRef {
        transform: [500_000.0, pixel_m, 0.0, 5_400_000.0, 0.0, -pixel_m],
        epsg: Some(32633),
        keys: GeoKeys::of_epsg(32633),
    }
}

/// A grey GeoTIFF in which 0 means that nothing was measured: its first ten columns.
pub fn image(width: usize, height: usize) -> Vec<u8> {
    image_of(0.5, width, height)
}

pub fn image_of(pixel_m: f64, width: usize, height: usize) -> Vec<u8> {
    let geo = place_of(pixel_m);
    let spec = GeoTiffSpec {
        width,
        height,
        geo: Some(&geo),
        nodata: Some(0.0),
        palette: None,
    };
    let value = |y: usize, x: usize| {
        if x < 10 {
            0
        } else {
            (1 + (x / 7 * 31 + y / 5 * 17) % 250) as u8
        }
    };
    tiff::write(spec, value, Parts::whole()).expect("written")
}

/// Random weights as Keras would have written them.
pub fn keras_model(channels: usize) -> Vec<u8> {
    let config = ModelConfig {
        architecture: Architecture::UnetNorm,
        base: 4,
        depth: 2,
        channels,
        head: Head::TwoChannels,
        dropout: 0.0,
        classes: 1,
    };
    let model = UNet::new(config, 3, &burn::tensor::Device::flex()).expect("a valid configuration");
    let tensors = pollster::block_on(read_weights(&model)).expect("readable");
    keras_file(&config, &tensors).expect("written")
}

pub fn load(engine: &mut groundmask::engine::Engine, name: &str, bytes: Vec<u8>) -> Vec<Event> {
    let name = name.to_owned();
    send(engine, Command::LoadModel { name, bytes })
}

pub fn inputs(engine: &mut groundmask::engine::Engine, files: &[(&str, Vec<u8>)]) -> (Vec<Input>, Vec<Event>) {
    let purpose = Purpose::Predict;
    let mut events = Vec::new();
    for (path, bytes) in files {
        let (path, bytes) = ((*path).to_owned(), bytes.clone());
        events.extend(send(engine, Command::AddFile { path, bytes, purpose }));
    }
    events.extend(send(engine, Command::FilesDone { purpose }));
    let found = events.iter().rev().find_map(|e| match e {
        Event::Inputs { inputs, .. } => Some(inputs.clone()),
        _ => None,
    });
    (found.expect("an answer"), events)
}

pub fn predict(engine: &mut groundmask::engine::Engine, averaged: bool) -> (Vec<PredictionResult>, Vec<Event>) {
    predict_at(engine, averaged, true)
}

pub fn predict_at(
    engine: &mut groundmask::engine::Engine,
    averaged: bool,
    match_resolution: bool,
) -> (Vec<PredictionResult>, Vec<Event>) {
    send(
        engine,
        Command::Predict {
            validation: false,
            threshold: 0.5,
            averaged,
            match_resolution,
            adapted: false,
        },
    );
    let (mut results, mut others) = (Vec::new(), Vec::new());
    while engine.is_busy() {
        for event in pollster::block_on(engine.advance(20.0)) {
            match event {
                Event::Result(result) => results.push(result),
                other => others.push(other),
            }
        }
    }
    (results, others)
}

pub fn file(events: Vec<Event>) -> Vec<u8> {
    let file = events.into_iter().find_map(|event| match event {
        Event::File { bytes, .. } => Some(bytes),
        _ => None,
    });
    file.expect("a file")
}

pub fn samples(bytes: Vec<u8>) -> (TiffImage, Vec<f64>) {
    let image = TiffImage::open(Rc::new(bytes)).expect("a TIFF");
    let (height, width) = (image.height as usize, image.width as usize);
    let mut out = vec![f64::NAN; height * width];
    let window = Window {
        y: 0,
        x: 0,
        height,
        width,
    };
    image.visit(window, &[0], &mut |at, v| out[at] = v).expect("readable");
    (image, out)
}

pub fn export(engine: &mut groundmask::engine::Engine, kind: ExportKind) -> Vec<u8> {
    export_at(engine, kind, Outlines::default(), 0.5)
}

pub fn export_at(
    engine: &mut groundmask::engine::Engine,
    kind: ExportKind,
    outlines: Outlines,
    threshold: f32,
) -> Vec<u8> {
    file(send(
        engine,
        Command::Export {
            result: 0,
            kind,
            threshold,
            outlines,
        },
    ))
}
