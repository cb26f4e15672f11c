//! A model on images of another look than those it was trained on: adapted to them it finds more, and like images lose nothing.

mod common;

use common::{add, drawn, engine, preset, send, train};
use groundmask::{
    engine::Engine,
    protocol::{Calibration, Command, Event, Preset, TrainConfig},
};

const SIDE: u32 = 96;

/// Pale roofs on rough ground; `haze`: a share of every value gives way to a light veil.
fn roofs(name: &str, number: u64, haze: f64) -> Vec<(String, Vec<u8>)> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let roofs: Vec<[f64; 4]> = (0..7)
        .map(|_| [80.0 * unit(), 80.0 * unit(), 8.0 + 10.0 * unit(), 8.0 + 10.0 * unit()])
        .collect();
    drawn(name, SIDE, |x, y| {
        let (u, v) = (f64::from(x), f64::from(y));
        let inside = |[left, top, width, height]: &[f64; 4]| {
            (*left..left + width).contains(&u) && (*top..top + height).contains(&v)
        };
        let is_roof = roofs.iter().any(inside);
        let ground = 70.0 + 25.0 * (u / 11.0).sin() + 50.0 * unit();
        let value = if is_roof { 150.0 + 20.0 * unit() } else { ground };
        let seen = ((1.0 - haze) * value + haze * 210.0) as u8;
        ([seen, seen, seen], if is_roof { [255; 3] } else { [0; 3] })
    })
}

/// IoU of the images held back together, at even odds.
fn iou(engine: &mut Engine, adapted: bool) -> f64 {
    let command = Command::Predict {
        validation: true,
        threshold: 0.5,
        averaged: false,
        match_resolution: false,
        adapted,
    };
    let mut events = send(engine, command);
    while engine.is_busy() {
        events.extend(pollster::block_on(engine.advance(50.0)));
    }
    let found: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Result(result) => result.metrics.as_ref()?.iou,
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 3, "one result for each image held back");
    found.iter().sum::<f64>() / found.len() as f64
}

/// Trains on clear images; `haze` is that of the images held back. Gives their IoU as the model is, and adapted.
fn trained(haze: f64) -> [f64; 2] {
    let files = (0..10).flat_map(|number| roofs(&format!("r{number}"), number, if number >= 7 { haze } else { 0.0 }));
    let mut engine = engine();
    add(&mut engine, files.collect());
    let config = TrainConfig {
        steps: 100.0,
        tile_px: 64.0,
        val_names: ["r7", "r8", "r9"].map(str::to_owned).to_vec(),
        calibration: Calibration::Off,
        ..preset(&mut engine, Preset::Fast)
    };
    train(&mut engine, config);
    let found = [false, true].map(|adapted| iou(&mut engine, adapted));
    assert_eq!(found[0], iou(&mut engine, false), "the model itself stays as it was");
    println!("haze {haze}: IoU {:.3}, adapted {:.3}", found[0], found[1]);
    found
}

#[test]
fn in_haze_that_it_never_saw_an_adapted_network_finds_more() {
    let [plain, adapted] = trained(0.35);
    assert!(adapted > plain + 0.03, "{plain} {adapted}");
}

#[test]
fn on_images_like_those_of_training_nothing_is_lost() {
    let [plain, adapted] = trained(0.0);
    assert!(adapted > plain - 0.05 && plain > 0.8, "{plain} {adapted}");
}
