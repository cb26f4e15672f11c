//! Wrote `before_ranges/`: what a version saved that stretched each image of more than 8 bits by itself. It runs in that
//! version's tests folder (commit 32297b8, `OUT=DIR cargo test --profile fast --test make_before_ranges`), not in this one's.
mod common;
use common::{add, engine, finish, send, small};
use groundmask::{
    formats::{Parts, grey8_png, grey16_png, tiff::{self, GeoTiffSpec}},
    protocol::*,
};
use std::fs;

fn noise(seed: u32, i: u32) -> u32 {
    let mut s = seed.wrapping_mul(2_654_435_761).wrapping_add(i.wrapping_mul(40_503)) | 1;
    s ^= s << 13; s ^= s >> 17; s ^= s << 5;
    s
}

fn main_files(kind: &str) -> Vec<(String, Vec<u8>)> {
    let side = 32usize;
    let mut files = Vec::new();
    for t in 0..4u32 {
        let roof = |y: usize, x: usize| (y / 8 + x / 8 + t as usize) % 3 == 0;
        let level = |y: usize, x: usize| 300 + 400 * t + noise(t, (y * side + x) as u32) % 60 + if roof(y, x) { 700 } else { 0 };
        let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (y, x)));
        let image = match kind {
            "tif16" => tiff::write(GeoTiffSpec { width: side, height: side, geo: None, nodata: None, palette: None }, |y, x| level(y, x) as u16, Parts::whole()).unwrap(),
            "png16" => grey16_png(pixels.clone().map(|(y, x)| (level(y, x) * 20) as u16), side as u32, side as u32).unwrap(),
            _ => grey8_png(&pixels.clone().map(|(y, x)| (level(y, x) / 12) as u8).collect::<Vec<_>>(), side as u32, side as u32).unwrap(),
        };
        let extension = if kind == "tif16" { "tif" } else { "png" };
        files.push((format!("image/{t}.{extension}"), image));
        let mask: Vec<u8> = pixels.map(|(y, x)| if roof(y, x) { 255 } else { 0 }).collect();
        files.push((format!("label/{t}.png"), grey8_png(&mask, side as u32, side as u32).unwrap()));
    }
    files
}

#[test]
fn make() {
    let out = std::env::var("OUT").unwrap();
    for kind in ["tif16", "png16", "png8"] {
        let folder = format!("{out}/{kind}");
        fs::create_dir_all(&folder).unwrap();
        let mut engine = engine();
        let files = main_files(kind);
        let data = add(&mut engine, files.clone());
        assert_eq!(data.pairs.len(), 4, "{:?}", data.faults);
        for (path, bytes) in &files {
            let to = format!("{folder}/{}", path.replace('/', "_"));
            fs::write(to, bytes).unwrap();
        }
        let config = TrainConfig { channels: Channels::Grey, steps: 40.0, validate_every: 10.0, val_share: 0.25, ..small(&mut engine) };
        let events = send(&mut engine, Command::Start { config });
        // Half-way: the run as a page saved it.
        let mut all = events;
        let mut saved = None;
        while engine.is_busy() {
            let new = pollster::block_on(engine.advance(0.0));
            let step = new.iter().filter_map(|e| match e { Event::Step(s) => Some(s.figures.step), _ => None }).max();
            all.extend(new);
            if saved.is_none() && step.is_some_and(|s| s >= 20) {
                let mut bytes: Vec<u8> = Vec::new();
                let (_, result) = pollster::block_on(engine.save_run(1.0, 0.0, &mut bytes));
                result.unwrap();
                saved = Some(bytes);
            }
        }
        fs::write(format!("{folder}/run.gmrun"), saved.unwrap()).unwrap();
        let run = finish(&mut engine, all);
        println!("{kind}: {:?}", run.end.figures.validation);
        fs::write(format!("{folder}/loss_last.txt"), format!("{:?}", run.end.figures.loss_last)).unwrap();
        let model = send(&mut engine, Command::SaveModel);
        let Some(Event::File { bytes, .. }) = model.into_iter().next() else { panic!() };
        fs::write(format!("{folder}/model.safetensors"), bytes).unwrap();
        let (path, bytes) = files[0].clone();
        send(&mut engine, Command::AddFile { path, bytes, purpose: Purpose::Predict });
        send(&mut engine, Command::FilesDone { purpose: Purpose::Predict });
        send(&mut engine, Command::Predict { validation: false, threshold: 0.5, averaged: false, match_resolution: true, adapted: false });
        while engine.is_busy() { pollster::block_on(engine.advance(50.0)); }
        let exported = send(&mut engine, Command::Export { result: 0, kind: ExportKind::ProbabilityPng, threshold: 0.5, outlines: Outlines::default() });
        let Some(Event::File { bytes, .. }) = exported.into_iter().next() else { panic!() };
        fs::write(format!("{folder}/probability.png"), bytes).unwrap();
    }
}
