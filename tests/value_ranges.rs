//! Images of more than 8 bits: a number is one brightness in the whole data set, in the model and at prediction.

mod common;

use common::{add, engine, finish, send, small, train};
use groundmask::{
    data::value_ranges::ValueRanges,
    engine::Engine,
    formats::{
        Limits, Parts, decode, grey8_png,
        tiff::{self, GeoTiffSpec},
    },
    protocol::{Channels, Command, Event, ExportKind, Outlines, Preset, Purpose, RangeChoice, TrainConfig},
};

type Files = Vec<(String, Vec<u8>)>;

fn tif16([height, width]: [usize; 2], number: impl Fn(usize, usize) -> u16) -> Vec<u8> {
    let spec = GeoTiffSpec {
        width,
        height,
        geo: None,
        nodata: None,
        palette: None,
    };
    tiff::write(spec, number, Parts::whole()).expect("written")
}

fn mask(side: usize, is_foreground: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (y, x)));
    let grey: Vec<u8> = pixels.map(|(y, x)| 255 * u8::from(is_foreground(y, x))).collect();
    grey8_png(&grey, side as u32, side as u32).expect("encodes")
}

/// The same everywhere and on every machine.
fn noise(at: usize) -> u16 {
    let mut s = (at as u32).wrapping_mul(2_654_435_761) | 1;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    (s % 64) as u16
}

fn predict(engine: &mut Engine, files: Files) -> Vec<Vec<f32>> {
    let purpose = Purpose::Predict;
    send(engine, Command::Clear { purpose });
    let count = files.len() as u32;
    for (path, bytes) in files {
        send(engine, Command::AddFile { path, bytes, purpose });
    }
    send(engine, Command::FilesDone { purpose });
    send(
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
    (0..count).map(|result| probability(engine, result)).collect()
}

/// Of a result, row by row, in 65535 steps.
fn probability(engine: &mut Engine, result: u32) -> Vec<f32> {
    let kind = ExportKind::ProbabilityPng;
    let events = send(
        engine,
        Command::Export {
            result,
            kind,
            threshold: 0.5,
            outlines: Outlines::default(),
        },
    );
    let Some(Event::File { bytes, .. }) = events.into_iter().next() else {
        panic!("no file")
    };
    let raster = decode(&bytes, &Limits::default()).expect("a picture");
    (0..raster.samples.len())
        .map(|at| raster.samples.number(at) / 65535.0)
        .collect()
}

const SIDE: usize = 48;

/// Water and roofs, each tile wholly one of them: stretched by itself, every tile would look like every other.
fn uniform_tiles() -> Files {
    let mut files = Files::new();
    for t in 0..24 {
        let roof = t % 2 == 1;
        let level = if roof { 2400 + 45 * t } else { 300 + 25 * t } as u16;
        let name = format!("{t:02}");
        let image = tif16([SIDE, SIDE], |y, x| level + noise(t * 10_000 + y * SIDE + x) / 16);
        files.push((format!("image/{name}.tif"), image));
        files.push((format!("label/{name}.png"), mask(SIDE, |_, _| roof)));
    }
    files
}

#[test]
fn uniform_tiles_are_told_apart_by_their_numbers() {
    for seed in [1.0, 2.0, 3.0] {
        let mut engine = engine();
        let data = add(&mut engine, uniform_tiles());
        assert_eq!(data.pairs.len(), 24, "{:?}", data.faults);
        let ranges = data.ranges.expect("16 bits");
        assert_eq!((ranges.choice, ranges.images), (RangeChoice::Together, 24));
        // The page's own settings, on smaller tiles and for a shorter time.
        let config = TrainConfig {
            channels: Channels::Grey,
            tile_px: 32.0,
            depth: 3.0,
            steps: 120.0,
            seed,
            ..common::preset(&mut engine, Preset::Fast)
        };
        let run = train(&mut engine, config);
        let validation = run.end.figures.validation.expect("tiles are held back");
        let accuracy = validation.accuracy.expect("labelled pixels");
        println!("seed {seed}: validation accuracy {accuracy:.3}");
        assert!(accuracy >= 0.95, "{validation:?}");
    }
}

/// Side of the tiles with roofs in pixels.
const WIDE: usize = 96;

fn is_roof(t: usize, y: usize, x: usize) -> bool {
    (y / 12 + x / 12 + t).is_multiple_of(3)
}

/// Four tiles of different ground, with roofs.
fn number(t: usize, y: usize, x: usize) -> u16 {
    300 + 350 * t as u16 + noise(t * 10_000 + y * WIDE + x) + if is_roof(t, y, x) { 900 } else { 0 }
}

fn tiles() -> Files {
    (0..4)
        .flat_map(|t| {
            [
                (format!("image/{t}.tif"), tif16([WIDE, WIDE], |y, x| number(t, y, x))),
                (format!("label/{t}.png"), mask(WIDE, |y, x| is_roof(t, y, x))),
            ]
        })
        .collect()
}

fn trained_on_tiles() -> Engine {
    let mut engine = engine();
    add(&mut engine, tiles());
    let config = TrainConfig {
        channels: Channels::Grey,
        steps: 60.0,
        ..small(&mut engine)
    };
    train(&mut engine, config);
    engine
}

/// Pixels from the edge of a tile that its neighbours cannot reach: two convolutions of 3 on each of three levels, down and
/// up again, and those between.
const REACH: usize = 32;

#[test]
fn a_mosaic_is_predicted_as_its_tiles_are() {
    let mut engine = trained_on_tiles();
    let images: Files = tiles()
        .into_iter()
        .filter(|(path, _)| path.starts_with("image"))
        .collect();
    let alone = predict(&mut engine, images);
    let mosaic = |y: usize, x: usize| number(y / WIDE * 2 + x / WIDE, y % WIDE, x % WIDE);
    let both = predict(
        &mut engine,
        vec![("mosaic.tif".into(), tif16([2 * WIDE, 2 * WIDE], mosaic))],
    );
    let mut worst: f32 = 0.0;
    let mut spread: (f32, f32) = (1.0, 0.0);
    for (t, alone) in alone.iter().enumerate() {
        for y in REACH..WIDE - REACH {
            for x in REACH..WIDE - REACH {
                let there = both[0][(t / 2 * WIDE + y) * 2 * WIDE + t % 2 * WIDE + x];
                let here = alone[y * WIDE + x];
                worst = worst.max((there - here).abs());
                spread = (spread.0.min(here), spread.1.max(here));
            }
        }
    }
    println!(
        "largest difference {worst:.1e}; probabilities from {:.3} to {:.3}",
        spread.0, spread.1
    );
    assert!(worst < 1e-3, "{worst}");
    assert!(spread.1 - spread.0 > 0.2, "it has learnt nothing: {spread:?}");
}

#[test]
fn the_model_file_keeps_the_range() {
    let mut engine = trained_on_tiles();
    let file = |t: usize| vec![(format!("{t}.tif"), tif16([WIDE, WIDE], |y, x| number(t, y, x)))];
    let here = predict(&mut engine, file(2));
    let Some(Event::File { bytes, .. }) = send(&mut engine, Command::SaveModel).into_iter().next() else {
        panic!("no file")
    };
    let mut colleague = common::engine();
    let load = |bytes: Vec<u8>| Command::LoadModel {
        name: "model".into(),
        bytes,
    };
    let events = send(&mut colleague, load(bytes));
    let Some(Event::Model { model: Some(model) }) = events.into_iter().next() else {
        panic!("no model")
    };
    let RangeChoice::Fixed { bands } = &model.ranges else {
        panic!("{:?}", model.ranges)
    };
    assert!(
        bands.len() == 1 && bands[0][0] < 400.0 && bands[0][1] > 2000.0,
        "{bands:?}"
    );
    assert_eq!(predict(&mut colleague, file(2)), here);
    // Alone the tile would be seen otherwise.
    let image = decode(&file(2)[0].1, &Limits::default()).expect("a picture");
    let other = ValueRanges::EachAlone.apply(&image);
    let fixed = ValueRanges::Fixed(bands.clone().into()).apply(&image);
    assert_ne!(other.rgba8_at(5, 5), fixed.rgba8_at(5, 5));
}

#[test]
fn constants_and_each_image_by_itself_can_be_chosen() {
    let mut engine = engine();
    add(&mut engine, tiles());
    let bands = vec![[0.0, 10_000.0]];
    let fixed = RangeChoice::Fixed { bands };
    let events = send(&mut engine, Command::SetRange { range: fixed.clone() });
    let data = common::dataset(events);
    assert_eq!(data.ranges.expect("16 bits").used, fixed);
    let level = |engine: &Engine| engine.dataset().image(0).expect("an image").rgba8_at(5, 5)[0];
    assert_eq!(
        level(&engine),
        (f64::from(number(0, 5, 5)) / 10_000.0 * 255.0).round() as u8
    );
    send(
        &mut engine,
        Command::SetRange {
            range: RangeChoice::EachAlone,
        },
    );
    assert!(level(&engine) > 200, "the roof of a tile by itself");
    for bands in [vec![[5.0, 5.0]], vec![[0.0, f64::NAN]], vec![], vec![[0.0, 1.0]; 17]] {
        let range = RangeChoice::Fixed { bands };
        let events = send(&mut engine, Command::SetRange { range });
        assert!(matches!(events.first(), Some(Event::Fault(_))), "{events:?}");
    }
}

/// What a version saved that stretched each image by itself: `run.gmrun` half-way, `model.safetensors` at its end, and what
/// the model made of the first image. Each folder holds images of another kind.
#[test]
fn runs_and_models_of_before_go_on_as_they_were() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/before_ranges");
    for kind in ["tif16", "png16", "png8"] {
        let read = |name: &str| std::fs::read(format!("{root}/{kind}/{name}")).expect("a golden file");
        let extension = &kind[..3];
        let files = (0..4).flat_map(|t| {
            [
                (
                    format!("image/{t}.{extension}"),
                    read(&format!("image_{t}.{extension}")),
                ),
                (format!("label/{t}.png"), read(&format!("label_{t}.png"))),
            ]
        });
        let files: Files = files.collect();
        let mut engine = engine();
        let model = Command::LoadModel {
            name: "model.safetensors".into(),
            bytes: read("model.safetensors"),
        };
        assert!(matches!(
            send(&mut engine, model).first(),
            Some(Event::Model { model: Some(_) })
        ));
        let now = predict(&mut engine, vec![files[0].clone()]);
        let before = decode(&read("probability.png"), &Limits::default()).expect("a picture");
        let most = now[0]
            .iter()
            .enumerate()
            .map(|(at, p)| (p - before.samples.number(at) / 65535.0).abs());
        let most = most.fold(0.0, f32::max);
        println!("{kind}: probabilities differ by at most {most:.1e}");
        assert!(most < 1e-4, "{kind}: {most}");

        add(&mut engine, files);
        let run = read("run.gmrun");
        let events = engine.resume_run(None, &mut run.as_slice(), None);
        assert!(
            events.iter().any(|e| matches!(e, Event::RunResumed { .. })),
            "{kind}: {events:?}"
        );
        let end = finish(&mut engine, events).end;
        let loss: f64 = String::from_utf8(read("loss_last.txt"))
            .expect("text")
            .parse()
            .expect("a loss");
        println!(
            "{kind}: last loss {}, of the uninterrupted run {loss}",
            end.figures.loss_last
        );
        assert_eq!(end.figures.loss_last, loss, "{kind}");
    }
}
