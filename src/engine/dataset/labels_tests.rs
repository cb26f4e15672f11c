//! Painting through the engine: alone, beside a run, and out into files.

use pollster::block_on;

use super::*;
use crate::{
    data::draw::{Draw, Stream},
    formats::{grey8_png, rgba8_png},
    protocol::{
        Command, Dataset as Told, DeviceChoice, LabelFile, LabelPlace, Preset, Purpose, TrainConfig, UNTOUCHED,
        ViewPrediction,
    },
};

const SIDE: u32 = 96;

fn send(engine: &mut Engine, command: Command) -> Vec<Event> {
    block_on(engine.command(command))
}

fn engine() -> Engine {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let device = DeviceChoice::Cpu;
    let calibration = None;
    send(&mut engine, Command::Init { device, calibration });
    engine
}

fn drop_file(engine: &mut Engine, path: &str, bytes: Vec<u8>) {
    let (path, purpose) = (path.to_owned(), Purpose::Train);
    send(engine, Command::AddFile { path, bytes, purpose });
}

fn done(engine: &mut Engine) -> Told {
    let purpose = Purpose::Train;
    told(&send(engine, Command::FilesDone { purpose }))
}

fn told(events: &[Event]) -> Told {
    let data = events.iter().find_map(|event| match event {
        Event::Dataset(data) => Some(data.clone()),
        _ => None,
    });
    data.unwrap_or_else(|| panic!("{events:?}"))
}

/// Bright squares on dark noise; where they are.
fn picture(seed: u32) -> (Vec<u8>, Vec<u8>) {
    let mut draw = Draw::new(seed, Stream::Scene, 0, 0);
    let inside = |i: u32| (i % SIDE / 16 + i / SIDE / 16 + seed).is_multiple_of(3);
    let mask: Vec<u8> = (0..SIDE * SIDE).map(|i| u8::from(inside(i))).collect();
    let mut pixel = |i| {
        let grey = (draw.below(70) + if inside(i) { 150 } else { 30 }) as u8;
        [grey, grey / 2, 255 - grey, 255]
    };
    let image: Vec<u8> = (0..SIDE * SIDE).flat_map(&mut pixel).collect();
    (rgba8_png(&image, SIDE, SIDE).expect("a PNG"), mask)
}

fn path(k: u32) -> String {
    format!("field/{k}.png")
}

/// So many images without masks.
fn images(count: u32) -> Engine {
    let mut engine = engine();
    for k in 0..count {
        drop_file(&mut engine, &path(k), picture(k).0);
    }
    let data = done(&mut engine);
    assert_eq!((data.pairs.len(), data.unpaired.len()), (0, count as usize));
    assert_eq!(data.label_classes.len(), 2);
    engine
}

fn paint(engine: &mut Engine, image: &str, [left, top, width, height]: [u32; 4], values: Vec<u8>) -> Vec<Event> {
    let image = image.to_owned();
    let command = Command::PaintLabels {
        image,
        left,
        top,
        width,
        height,
        values,
        corrected: false,
    };
    send(engine, command)
}

/// The truth of a rectangle of an image.
fn stroke(engine: &mut Engine, k: u32, rect: [u32; 4]) -> Vec<Event> {
    let values = area_of(rect).cut(&picture(k).1, SIDE as usize);
    paint(engine, &path(k), rect, values)
}

fn read(engine: &mut Engine, image: &str, [left, top, width, height]: [u32; 4]) -> Vec<u8> {
    let image = image.to_owned();
    let command = Command::ReadLabels {
        image,
        left,
        top,
        width,
        height,
    };
    match send(engine, command).as_slice() {
        [Event::LabelPixels(pixels)] => pixels.values.clone(),
        events => panic!("{events:?}"),
    }
}

fn config() -> TrainConfig {
    TrainConfig {
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        batch: 2.0,
        steps: 60.0,
        validate_every: 20.0,
        val_share: 0.34,
        ..TrainConfig::of(Preset::Balanced)
    }
}

/// Three images with strokes, and a run on them under way.
fn run() -> Engine {
    let mut engine = images(4);
    for k in 0..3 {
        stroke(&mut engine, k, [8, 8, 60, 12]);
    }
    let config = config();
    let events = send(&mut engine, Command::Start { config });
    assert!(matches!(events.as_slice(), [Event::RunStarted { .. }]), "{events:?}");
    engine
}

/// Loss of the next step.
fn step(engine: &mut Engine) -> f64 {
    loop {
        for event in block_on(engine.advance(0.0)) {
            if let Event::Step(step) = event {
                return step.figures.loss;
            }
        }
        assert!(engine.is_busy());
    }
}

fn losses(engine: &mut Engine, count: usize) -> Vec<f64> {
    (0..count).map(|_| step(engine)).collect()
}

#[test]
fn the_first_stroke_makes_a_pair_and_others_are_told_in_few_words() {
    let mut engine = images(2);
    let before = read(&mut engine, &path(1), [0, 0, SIDE, SIDE]);
    assert!(before.iter().all(|label| *label == UNLABELLED));
    let data = told(&stroke(&mut engine, 1, [10, 10, 30, 4]));
    let [pair] = data.pairs.as_slice() else {
        panic!("{} pairs", data.pairs.len())
    };
    assert!(pair.painted && pair.mask_path.is_empty() && pair.image_path == path(1));
    assert!((pair.labelled_share - 120.0 / f64::from(SIDE * SIDE)).abs() < 1e-9);
    assert_eq!((data.unpaired.len(), pair.image_id.len()), (1, 16));
    let events = paint(&mut engine, &path(1), [0, 0, 2, 1], vec![1, UNTOUCHED]);
    let [Event::Labels(told)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((told.painted_version, told.image.as_str()), (2, path(1).as_str()));
    assert_eq!(read(&mut engine, &path(1), [0, 0, 2, 1]), [1, UNLABELLED]);
    for (image, rect, code) in [
        (path(7), [0, 0, 1, 1], FaultCode::NoSuchImage),
        (path(0), [95, 0, 2, 1], FaultCode::OutsideImage),
        (path(1), [0, 0, 1, 97], FaultCode::OutsideImage),
    ] {
        let events = paint(&mut engine, &image, rect, vec![0; (rect[2] * rect[3]) as usize]);
        let [Event::Fault(fault)] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!((fault.code, fault.file.as_deref()), (code, Some(image.as_str())));
    }
}

#[test]
fn a_stroke_and_an_undo_reach_the_next_step() {
    let (mut one, mut other) = (run(), run());
    assert_eq!(losses(&mut one, 5), losses(&mut other, 5));
    // All the wrong way round.
    let rect = [0, 0, SIDE, SIDE];
    let wrong: Vec<u8> = picture(0).1.iter().map(|label| 1 - label).collect();
    let old = read(&mut other, &path(0), rect);
    for k in 0..3 {
        paint(&mut other, &path(k), rect, wrong.clone());
    }
    assert_ne!(step(&mut one), step(&mut other));

    let (mut one, mut other) = (run(), run());
    assert_eq!(losses(&mut one, 5), losses(&mut other, 5));
    paint(&mut other, &path(0), rect, wrong);
    paint(&mut other, &path(0), rect, old);
    assert_eq!(losses(&mut one, 10), losses(&mut other, 10));
}

#[test]
fn an_image_painted_beside_a_run_is_trained_on() {
    let (mut one, mut other) = (run(), run());
    losses(&mut one, 5);
    losses(&mut other, 5);
    let data = told(&stroke(&mut other, 3, [0, 0, SIDE, SIDE]));
    assert_eq!(data.pairs.len(), 4);
    assert_ne!(losses(&mut one, 6), losses(&mut other, 6));
    let (train, validation) = other.run.under_way().expect("a run").session().split();
    assert!(train.contains(&3) && !validation.contains(&3));
}

#[test]
fn an_image_that_began_without_labels_is_trained_on_once_it_has_some() {
    let learns = |engine: &Engine| engine.run.under_way().expect("a run").session().split().0.contains(&3);
    let whole = [0, 0, SIDE, SIDE];
    let mut engine = run();
    // A stroke that is refused leaves no pair behind, and one that was taken back has none to learn from.
    let events = paint(&mut engine, &path(3), [0, 0, 1, 1], vec![99]);
    assert!(matches!(events.as_slice(), [Event::Fault(_)]) && engine.data.set.pairs.len() == 3);
    paint(&mut engine, &path(3), whole, vec![UNLABELLED; (SIDE * SIDE) as usize]);
    assert!(engine.data.set.pairs.len() == 4 && !learns(&engine));
    let empty = engine.label_layer(&path(3)).expect("a layer");
    stroke(&mut engine, 3, whole);
    assert!(learns(&engine));
    let painted = engine.label_layer(&path(3)).expect("a layer");
    let mut other = run();
    for (layer, has_labels) in [(empty, false), (painted, true)] {
        other.restore_label_layer(&path(3), &layer);
        assert_eq!(learns(&other), has_labels);
    }
}

#[test]
fn a_new_class_reaches_the_run() {
    let mut engine = run();
    losses(&mut engine, 5);
    let class = |name: &str, rgb| ClassInfo {
        name: name.to_owned(),
        rgb,
    };
    let classes = vec![
        class("ground", [0; 3]),
        class("house", [255, 0, 0]),
        class("road", [0, 0, 255]),
    ];
    let events = send(
        &mut engine,
        Command::SetLabelClasses {
            classes: classes.clone(),
        },
    );
    assert_eq!(told(&events).label_classes, classes);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::RunClasses { classes, .. } if classes.len() == 3)),
        "{events:?}"
    );
    paint(&mut engine, &path(0), [70, 70, 20, 20], vec![2; 400]);
    assert!(losses(&mut engine, 40).iter().all(|loss| loss.is_finite()));
    // Fewer than there are is refused, and changes nothing.
    let fewer = classes[..2].to_vec();
    let events = send(&mut engine, Command::SetLabelClasses { classes: fewer });
    assert!(matches!(events.as_slice(), [Event::Fault(fault)] if fault.code == FaultCode::BadLegend));
    send(&mut engine, Command::Stop);
    let model = engine.model.as_ref().expect("a model");
    assert_eq!((model.unet.config().classes, model.classes.len()), (3, 3));
}

#[test]
fn a_view_is_predicted_between_two_steps() {
    let mut engine = run();
    losses(&mut engine, 3);
    let mut predict_view = |image: String, [left, top, width, height]: [u32; 4]| {
        let command = Command::PredictView {
            image,
            left,
            top,
            width,
            height,
        };
        let [event] = send(&mut engine, command).try_into().expect("one answer");
        event
    };
    let Event::ViewPrediction(ViewPrediction { values, step, .. }) = predict_view(path(3), [5, 6, 50, 40]) else {
        panic!("no view")
    };
    assert_eq!((values.len(), step), (2000, 3));
    // A part is as it is in the whole.
    let Event::ViewPrediction(part) = predict_view(path(3), [25, 16, 20, 20]) else {
        panic!("no view")
    };
    let own = (0..400).map(|i| (10 + i / 20) * 50 + 20 + i % 20).map(|at| values[at]);
    assert!(own.zip(&part.values).all(|(a, b)| a.abs_diff(*b) <= 1));
    let Event::Fault(fault) = predict_view(path(3), [0, 0, SIDE + 1, 4]) else {
        panic!("no fault")
    };
    assert_eq!(fault.code, FaultCode::OutsideImage);
    step_goes_on(&mut engine);
}

fn step_goes_on(engine: &mut Engine) {
    assert!(step(engine).is_finite());
}

#[test]
fn places_to_label_are_open_and_apart() {
    for is_running in [false, true] {
        let mut engine = if is_running { run() } else { images(4) };
        if is_running {
            losses(&mut engine, 10);
            // Nothing is left to do here.
            stroke(&mut engine, 0, [0, 0, SIDE, SIDE]);
        }
        let events = send(&mut engine, Command::SuggestLabels { count: 3 });
        let [Event::Suggestions { places }] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!(places.len(), 3, "{places:?}");
        let images: std::collections::BTreeSet<&str> = places.iter().map(|p| p.image.as_str()).collect();
        assert!(
            images.len() >= 3 && (!is_running || !images.contains(path(0).as_str())),
            "{places:?}"
        );
        let inside = |p: &LabelPlace| p.left + p.side_px <= SIDE && p.top + p.side_px <= SIDE;
        assert!(places.iter().all(|p| inside(p) && (0.0..=1.0).contains(&p.score)));
        assert_eq!(places.iter().any(|p| p.score > 0.0), is_running);
    }
}

/// The stored entries of an archive.
fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut at = 0;
    while zip[at..].starts_with(b"PK\x03\x04") {
        let number = |from: usize, n: usize| {
            zip[from..from + n]
                .iter()
                .rev()
                .fold(0, |v, b| v << 8 | usize::from(*b))
        };
        let (size, name) = (number(at + 18, 4), number(at + 26, 2));
        let start = at + 30 + name;
        let text = String::from_utf8(zip[at + 30..start].to_vec()).expect("a name");
        out.push((text, zip[start..start + size].to_vec()));
        at = start + size;
    }
    out
}

#[test]
fn what_is_exported_drops_back_in() {
    let mut engine = images(3);
    for k in 0..2 {
        stroke(&mut engine, k, [8, 8 + k, 60, 30]);
    }
    let wanted: Vec<Vec<u8>> = (0..2)
        .map(|k| read(&mut engine, &path(k), [0, 0, SIDE, SIDE]))
        .collect();
    let (kind, image) = (LabelFile::Zip, None);
    let events = send(&mut engine, Command::ExportLabels { kind, image });
    let [Event::File { bytes, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    let files = entries(bytes);
    assert_eq!(files.len(), 4);
    let mut again = self::engine();
    for (name, bytes) in files {
        drop_file(&mut again, &format!("groundmask-labels/{name}"), bytes);
    }
    let data = done(&mut again);
    assert_eq!((data.pairs.len(), data.faults.len()), (2, 0), "{:?}", data.faults);
    for (k, wanted) in wanted.iter().enumerate() {
        let image = format!("groundmask-labels/images/{k}.png");
        assert!(read(&mut again, &image, [0, 0, SIDE, SIDE]) == *wanted, "{image}");
    }
    for (kind, ending) in [
        (LabelFile::MaskPng, ".png"),
        (LabelFile::ClassTif, ".tif"),
        (LabelFile::Geojson, ".geojson"),
    ] {
        let events = send(&mut engine, Command::ExportLabels { kind, image: None });
        let names = events.iter().map(|event| match event {
            Event::File { name, .. } => name.as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(
            names.collect::<Vec<_>>(),
            [format!("0_labels{ending}"), format!("1_labels{ending}")]
        );
    }
}

#[test]
fn layers_are_kept_and_restored() {
    let mut engine = images(2);
    stroke(&mut engine, 1, [3, 4, 50, 9]);
    let bytes = engine.label_layer(&path(1)).expect("a layer");
    let wanted = read(&mut engine, &path(1), [0, 0, SIDE, SIDE]);
    let mut again = images(2);
    let data = told(&again.restore_label_layer(&path(1), &bytes));
    assert_eq!(data.pairs.len(), 1);
    assert_eq!(read(&mut again, &path(1), [0, 0, SIDE, SIDE]), wanted);
    let events = again.restore_label_layer(&path(0), &bytes[..9]);
    assert!(matches!(events.as_slice(), [Event::Fault(fault)] if fault.code == FaultCode::Corrupt));
    assert_eq!(again.label_layer(&path(0)), None);
}

#[test]
fn masks_of_files_can_be_corrected() {
    let mut engine = engine();
    for k in 0..2 {
        let (image, mask) = picture(k);
        let mask: Vec<u8> = mask.iter().map(|label| label * 255).collect();
        drop_file(&mut engine, &format!("images/{k}.png"), image);
        drop_file(
            &mut engine,
            &format!("masks/{k}.png"),
            grey8_png(&mask, SIDE, SIDE).expect("a PNG"),
        );
    }
    let data = done(&mut engine);
    let old = read(&mut engine, "images/1.png", [0, 0, 4, 1]);
    let events = paint(
        &mut engine,
        "images/1.png",
        [0, 0, 4, 1],
        old.iter().map(|v| 1 - v).collect(),
    );
    assert!(matches!(events.as_slice(), [Event::Labels(_)]), "{events:?}");
    assert_ne!(read(&mut engine, "images/1.png", [0, 0, 4, 1]), old);
    assert_eq!(done(&mut engine).fingerprint, data.fingerprint);
}
