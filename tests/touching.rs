//! Objects that touch, from outlines as people draw them to outlines as they come back, through the engine on the CPU.

mod common;
#[path = "common/rectangles.rs"]
mod rectangles;

use common::{add, engine, finish, preset, send};
use groundmask::{
    engine::Engine,
    formats::encode::rgba8_png,
    protocol::{AreaUnit, Command, Event, ExportKind, Outlines, Preset, Purpose, TrainConfig},
};
use rand::{Rng, SeedableRng};
use rectangles::Touching;
use serde_json::{Value, json};

type Random = rand_chacha::ChaCha8Rng;
type Rings = Vec<Vec<[usize; 2]>>;

const SIDE: usize = 160;
/// Of the class between objects.
const BOUNDARY_PX: f64 = 4.0;
const STEPS: f64 = 600.0;

/// Roofs seen from above: each of its own brightness, ground and shadows between, noise over all.
fn picture(truth: &Touching, rng: &mut Random) -> Vec<u8> {
    let mut roofs: Vec<f64> = Vec::new();
    for (number, one) in truth.rectangles.iter().enumerate() {
        // Unlike those that it touches: nobody sees the wall between two roofs of one brightness.
        let touch =
            |other: &[usize; 4]| one[0] <= other[1] && other[0] <= one[1] && one[2] <= other[3] && other[2] <= one[3];
        let beside: Vec<f64> = (0..number)
            .filter(|at| touch(&truth.rectangles[*at]))
            .map(|at| roofs[at])
            .collect();
        let mut roof = rng.random_range(130.0..235.0);
        while beside.iter().any(|other| (roof - other).abs() < 18.0) {
            roof = rng.random_range(130.0..235.0);
        }
        roofs.push(roof);
    }
    let phase = rng.random_range(0.0..6.0);
    let pixel = |(at, number): (usize, &u16)| {
        let (x, y) = ((at % SIDE) as f64, (at / SIDE) as f64);
        let mut noise = || rng.random_range(-14.0..14.0);
        let ground = 90.0 + 25.0 * (x / 13.0 + phase).sin() * (y / 17.0).cos();
        let (value, tint) = match roofs.get(usize::from(*number).wrapping_sub(1)) {
            Some(roof) => (*roof, 18.0),
            None => (ground, -12.0),
        };
        [value + tint + noise(), value + noise(), value - tint + noise(), 255.0].map(|v| v.clamp(0.0, 255.0) as u8)
    };
    let rgba: Vec<u8> = truth.numbers.iter().enumerate().flat_map(pixel).collect();
    rgba8_png(&rgba, SIDE as u32, SIDE as u32).expect("encodes")
}

/// The rectangles as LabelMe writes them.
fn annotated(truth: &Touching, image: &str) -> Vec<u8> {
    let shape = |[left, right, top, bottom]: &[usize; 4]| {
        let points = [[left, top], [right, top], [right, bottom], [left, bottom]];
        json!({ "label": "", "points": points, "shape_type": "polygon" })
    };
    let shapes: Vec<Value> = truth.rectangles.iter().map(shape).collect();
    let file = json!({ "imagePath": image, "imageWidth": SIDE, "imageHeight": SIDE, "shapes": shapes });
    file.to_string().into_bytes()
}

/// Outlines of a result along the pixels' edges.
fn outlines(engine: &mut Engine, result: u32, separate: bool) -> Vec<Rings> {
    let events = send(
        engine,
        Command::Export {
            result,
            kind: ExportKind::Geojson,
            threshold: 0.5,
            outlines: Outlines {
                smallest: 16.0,
                unit: AreaUnit::Px,
                separate,
                ..Outlines::default()
            },
        },
    );
    let Some(Event::File { bytes, .. }) = events.first() else {
        panic!("{events:?}")
    };
    let file: Value = serde_json::from_slice(bytes).expect("JSON");
    let features = file["features"].as_array().expect("a list").iter();
    let objects = features.filter(|feature| feature["properties"]["name"] == "roof");
    let rings = |feature: &Value| -> Rings {
        let all: Vec<Vec<[f64; 2]>> =
            serde_json::from_value(feature["geometry"]["coordinates"].clone()).expect("rings");
        let whole = |ring: Vec<[f64; 2]>| {
            ring.into_iter()
                .map(|corner| corner.map(|v| v.round() as usize))
                .collect()
        };
        all.into_iter().map(whole).collect()
    };
    objects.map(rings).collect()
}

/// How many of all rectangles come back alone, and how many in parts, on images that the network has not seen.
fn measured(engine: &mut Engine, held_out: &[(String, Touching, Vec<u8>)], separate: bool) -> [usize; 3] {
    let purpose = Purpose::Predict;
    send(engine, Command::Clear { purpose });
    for (name, _, bytes) in held_out {
        let (path, bytes) = (format!("{name}.png"), bytes.clone());
        send(engine, Command::AddFile { path, bytes, purpose });
    }
    send(engine, Command::FilesDone { purpose });
    send(
        engine,
        Command::Predict {
            validation: false,
            threshold: 0.5,
            averaged: false,
            match_resolution: false,
            adapted: false,
        },
    );
    let mut results = Vec::new();
    while engine.is_busy() {
        for event in pollster::block_on(engine.advance(50.0)) {
            if let Event::Result(result) = event {
                results.push((result.result, result.name.clone()));
            }
        }
    }
    let mut sums = [0; 3];
    for (result, name) in results {
        let (_, truth, _) = held_out
            .iter()
            .find(|(stem, ..)| name.contains(stem))
            .expect("one of them");
        let (alone, split) = truth.found(&outlines(engine, result, separate));
        for (sum, count) in sums.iter_mut().zip([truth.rectangles.len(), alone, split]) {
            *sum += count;
        }
    }
    sums
}

/// A network trained for a moment with the class between objects keeps them apart on images it has not seen.
#[test]
fn rectangles_drawn_as_outlines_come_back_one_by_one() {
    let mut rng = Random::seed_from_u64(20_261_130);
    let mut engine = engine();
    let mut files = Vec::new();
    for number in 0..16 {
        let truth = Touching::new(SIDE, &mut rng);
        let image = format!("t{number:02}.png");
        files.push((format!("t{number:02}.json"), annotated(&truth, &image)));
        files.push((image, picture(&truth, &mut rng)));
    }
    let data = add(&mut engine, files);
    assert!(data.classes.is_empty() && data.pairs.len() == 16, "{:?}", data.classes);

    let config = TrainConfig {
        steps: STEPS,
        tile_px: 64.0,
        boundary_px: BOUNDARY_PX,
        class_name: "roof".to_owned(),
        ..preset(&mut engine, Preset::Fast)
    };
    let events = send(&mut engine, Command::Start { config });
    let end = finish(&mut engine, events).end;

    let (mut held_out, mut count) = (Vec::new(), 0);
    while count < 200 {
        let truth = Touching::new(SIDE, &mut rng);
        count += truth.rectangles.len();
        let bytes = picture(&truth, &mut rng);
        held_out.push((format!("h{:02}", held_out.len()), truth, bytes));
    }
    let together = measured(&mut engine, &held_out, false);
    let [all, alone, split] = measured(&mut engine, &held_out, true);
    let share = 100.0 * alone as f64 / all as f64;
    println!(
        "{all} rectangles: {alone} alone ({share:.1} %), {split} in parts; connected areas {together:?}; {:.0} ms a step, IoU {:?}",
        end.figures.ms_per_step,
        end.figures.validation.and_then(|metrics| metrics.iou)
    );
    assert!(share >= 95.0 && split == 0);
}
