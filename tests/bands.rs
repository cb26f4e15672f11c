//! Networks over chosen bands of files that have many: learnt, saved, predicted, refused by name.

mod common;
#[path = "common/bands.rs"]
mod images;

use common::{add, engine, send, small, train};
use groundmask::{
    engine::Engine,
    formats::{Limits, decode, grey8_png},
    protocol::{
        Command, Event, ExportKind, Fault, FaultCode, FieldErrorCode, ModelInfo, Outlines, Purpose, TrainConfig,
    },
};
use images::{NAMES, SIDE, is_meadow, set_bands, stack};

fn mask(image: usize) -> Vec<u8> {
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x)));
    let grey: Vec<u8> = pixels.map(|(y, x)| 255 * u8::from(is_meadow(image, y, x))).collect();
    grey8_png(&grey, SIDE as u32, SIDE as u32).expect("encodes")
}

fn files(bands: usize) -> Vec<(String, Vec<u8>)> {
    (0..4)
        .flat_map(|i| {
            [
                (format!("image/{i}.tif"), stack(i, bands)),
                (format!("label/{i}.png"), mask(i)),
            ]
        })
        .collect()
}

/// An engine with those files read for a network over `bands`, and its settings.
fn with_bands(bands: &[u32]) -> (Engine, TrainConfig) {
    let mut engine = engine();
    set_bands(&mut engine, bands, true);
    let data = add(&mut engine, files(10));
    assert!(
        data.pairs.iter().all(|pair| pair.blocked.is_none()),
        "{:?}",
        data.pairs[0].blocked
    );
    let config = TrainConfig {
        bands: bands.iter().map(|band| f64::from(*band)).collect(),
        steps: 160.0,
        ..small(&mut engine)
    };
    (engine, config)
}

fn validation_iou(bands: &[u32]) -> (Engine, f64) {
    let (mut engine, config) = with_bands(bands);
    let run = train(&mut engine, config);
    let iou = run.end.figures.validation.expect("images are held back").iou;
    (engine, iou.expect("foreground"))
}

fn predict(engine: &mut Engine, files: Vec<(String, Vec<u8>)>) -> (Vec<Vec<f32>>, Vec<Fault>) {
    let purpose = Purpose::Predict;
    send(engine, Command::Clear { purpose });
    for (path, bytes) in files {
        send(engine, Command::AddFile { path, bytes, purpose });
    }
    send(engine, Command::FilesDone { purpose });
    let command = Command::Predict {
        validation: false,
        threshold: 0.5,
        averaged: false,
        match_resolution: true,
        adapted: false,
    };
    let mut events = send(engine, command);
    while engine.is_busy() {
        events.extend(pollster::block_on(engine.advance(50.0)));
    }
    let results = events.iter().filter(|event| matches!(event, Event::Result(_))).count();
    let maps = (0..results as u32).map(|result| probability(engine, result)).collect();
    let fault = |event| match event {
        Event::Fault(fault) => Some(fault),
        _ => None,
    };
    (maps, events.into_iter().filter_map(fault).collect())
}

fn probability(engine: &mut Engine, result: u32) -> Vec<f32> {
    let command = Command::Export {
        result,
        kind: ExportKind::ProbabilityPng,
        threshold: 0.5,
        outlines: Outlines::default(),
    };
    let Some(Event::File { bytes, .. }) = send(engine, command).into_iter().next() else {
        panic!("no file")
    };
    let raster = decode(&bytes, &Limits::default()).expect("a picture");
    (0..raster.samples.len()).map(|at| raster.samples.number(at)).collect()
}

fn the_model(events: &[Event]) -> ModelInfo {
    let found = events.iter().find_map(|event| match event {
        Event::Model { model } => model.clone(),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{events:?}"))
}

#[test]
fn what_infrared_alone_tells_is_learnt_from_ten_bands_and_not_from_three() {
    let all: Vec<u32> = (1..=10).collect();
    let (mut engine, iou) = validation_iou(&all);
    let (_, colours) = validation_iou(&[3, 2, 1]);
    println!("IoU {iou:.3} of ten bands, {colours:.3} of red, green and blue");
    assert!(iou >= 0.95, "{iou}");
    assert!(colours < 0.6, "{colours}");

    // The model keeps its bands with their names, in a file too, and says them of images that lack them.
    let Some(Event::File { bytes, .. }) = send(&mut engine, Command::SaveModel).into_iter().next() else {
        panic!("no file")
    };
    let (before, faults) = predict(&mut engine, vec![("new.tif".into(), stack(7, 10))]);
    assert_eq!((before.len(), faults.len()), (1, 0), "{faults:?}");
    let mut other = common::engine();
    let name = "m.safetensors".to_owned();
    let model = the_model(&send(&mut other, Command::LoadModel { name, bytes }));
    assert_eq!(model.bands.iter().map(|band| band.number).collect::<Vec<_>>(), all);
    assert_eq!(
        model.bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(),
        NAMES
    );
    let grey = ("grey.png".to_owned(), mask(1));
    let few = ("few.tif".to_owned(), stack(7, 6));
    let (after, faults) = predict(&mut other, vec![("new.tif".into(), stack(7, 10)), few, grey]);
    assert!(after == before, "read with the model's bands, whatever else was chosen");
    let told: Vec<(FaultCode, &str)> = (faults.iter())
        .map(|fault| (fault.code, fault.file.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            (FaultCode::MissingBands, "few.tif"),
            (FaultCode::MissingBands, "grey.png")
        ]
    );
    assert!(
        faults[0]
            .detail
            .as_deref()
            .is_some_and(|d| d.ends_with("it has 6, no 7 (B08)")),
        "{faults:?}"
    );
}

#[test]
fn bands_in_another_order_are_another_network_and_one_or_three_are_a_picture() {
    for (bands, channels) in [(vec![7, 1], 2), (vec![7], 1), (vec![7, 3, 2], 3), (vec![7, 3, 2, 1], 4)] {
        let (mut engine, config) = with_bands(&bands);
        let config = TrainConfig { steps: 3.0, ..config };
        train(&mut engine, config);
        let (maps, faults) = predict(&mut engine, vec![("new.tif".into(), stack(7, 10))]);
        assert_eq!((maps.len(), faults.len()), (1, 0), "{bands:?}: {faults:?}");
        let events = send(&mut engine, Command::SaveModel);
        let Some(Event::File { bytes, .. }) = events.into_iter().next() else {
            panic!("no file")
        };
        let header = String::from_utf8_lossy(&bytes[8..4000]).into_owned();
        assert!(header.contains(&format!("\\\"channels\\\":{channels},")), "{header}");
    }
}

#[test]
fn files_without_the_bands_are_refused_by_name() {
    let mut engine = engine();
    send(
        &mut engine,
        Command::SetBands {
            bands: vec![1, 2, 7, 8],
            network: true,
        },
    );
    let mut all = files(10);
    all[0].1 = stack(0, 6);
    let data = add(&mut engine, all);
    let blocked: Vec<_> = data
        .pairs
        .iter()
        .map(|pair| pair.blocked.as_ref().map(|fault| fault.code))
        .collect();
    assert_eq!(blocked, [Some(FaultCode::MissingBands), None, None, None]);
    let detail = data.pairs[0].blocked.as_ref().and_then(|fault| fault.detail.clone());
    assert_eq!(detail.as_deref(), Some("bands 1, 2, 7, 8 wanted, it has 6"));
    // Its numbers have no part in what is black and white.
    let mut without = common::engine();
    let bands = vec![1, 2, 7, 8];
    send(&mut without, Command::SetBands { bands, network: true });
    let rest = add(&mut without, files(10).split_off(2));
    let used = |ranges: Option<groundmask::protocol::RangeInfo>| ranges.expect("16 bits").used;
    assert_eq!(used(data.ranges), used(rest.ranges));
}

#[test]
fn settings_and_images_agree_on_the_bands_or_say_so() {
    let (mut engine, config) = with_bands(&[1, 2, 7, 8]);
    let mut problem = |bands: &[f64]| {
        let config = TrainConfig {
            bands: bands.to_vec(),
            ..config.clone()
        };
        let report = common::checked(send(&mut engine, Command::CheckConfig { config }));
        report
            .errors
            .iter()
            .find(|error| error.field == "bands")
            .map(|error| (error.code, error.detail.clone()))
    };
    assert_eq!(problem(&[1.0, 2.0, 7.0, 8.0]), None);
    let read = Some("1, 2, 7, 8".to_owned());
    assert_eq!(
        problem(&[2.0, 1.0, 7.0, 8.0]),
        Some((FieldErrorCode::OtherBands, read.clone()))
    );
    assert_eq!(problem(&[]), Some((FieldErrorCode::OtherBands, read)));
    assert_eq!(
        problem(&[1.0, 11.0]),
        Some((FieldErrorCode::MissingBands, Some("0".to_owned())))
    );
    assert_eq!(
        problem(&[1.0, 2.0, 1.0]).map(|(code, _)| code),
        Some(FieldErrorCode::SameBand)
    );
    assert_eq!(problem(&[1.5]).map(|(code, _)| code), Some(FieldErrorCode::NotWhole));
    let many: Vec<f64> = (1..=17).map(f64::from).collect();
    assert_eq!(problem(&many).map(|(code, _)| code), Some(FieldErrorCode::TooManyBands));
    // A picture has the bands that it is made of and no others.
    let mut engine = common::engine();
    set_bands(&mut engine, &[4, 3, 2, 1], true);
    let data = add(
        &mut engine,
        common::drawn("a", 64, |x, y| ([x as u8, y as u8, 9], [255 * u8::from(x < 32); 3])),
    );
    let blocked = data.pairs[0]
        .blocked
        .as_ref()
        .map(|fault| (fault.code, fault.detail.clone()));
    assert_eq!(
        blocked,
        Some((
            FaultCode::MissingBands,
            Some("bands 4, 3, 2, 1 wanted, it has 3".to_owned())
        ))
    );
}

/// Three bands that a network is to see are its bands and no picture to be shown.
#[test]
fn three_bands_of_a_network_are_asked_of_every_image_and_are_none_of_another_network() {
    let mut engine = engine();
    let usual = TrainConfig {
        steps: 3.0,
        ..small(&mut engine)
    };
    add(&mut engine, files(10));
    train(&mut engine, usual.clone());
    let new = || vec![("new.tif".to_owned(), stack(7, 10))];
    let (before, faults) = predict(&mut engine, new());
    assert_eq!((before.len(), faults.len()), (1, 0), "{faults:?}");

    let with_grey = || {
        let mut all = files(10);
        all[0] = ("image/0.png".to_owned(), mask(0));
        all
    };
    for network in [false, true] {
        send(
            &mut engine,
            Command::Clear {
                purpose: Purpose::Train,
            },
        );
        set_bands(&mut engine, &[7, 3, 2], network);
        let data = add(&mut engine, with_grey());
        let blocked = data.pairs.iter().filter(|pair| pair.blocked.is_some()).count();
        assert_eq!(blocked, usize::from(network), "network: {network}");
        let problem = |engine: &mut Engine, bands: &[f64]| {
            let config = TrainConfig {
                bands: bands.to_vec(),
                ..usual.clone()
            };
            let report = common::checked(send(engine, Command::CheckConfig { config }));
            let error = report.errors.into_iter().find(|error| error.field == "bands");
            error.map(|error| error.code)
        };
        let [named, shown] = [&[7.0, 3.0, 2.0][..], &[]].map(|bands| problem(&mut engine, bands));
        let expected = match network {
            true => (None, Some(FieldErrorCode::OtherBands)),
            false => (Some(FieldErrorCode::MissingBands), None),
        };
        assert_eq!((named, shown), expected, "network: {network}");
    }

    // The model that was there sees the images as it did, and not those that were read for the network to come.
    set_bands(&mut engine, &[], false);
    set_bands(&mut engine, &[7, 3, 2], true);
    add(&mut engine, files(10));
    let (after, faults) = predict(&mut engine, new());
    assert!(faults.is_empty() && after == before, "{faults:?}");
    let command = Command::PredictView {
        image: "image/1.tif".to_owned(),
        left: 0,
        top: 0,
        width: 32,
        height: 32,
    };
    let told = send(&mut engine, command);
    assert!(
        matches!(told.as_slice(), [Event::Fault(fault)] if fault.code == FaultCode::MissingBands),
        "{told:?}"
    );
}

#[test]
fn a_picture_has_its_own_bands_in_their_order_unasked() {
    let mut engine = engine();
    let config = small(&mut engine);
    send(&mut engine, Command::SampleScenes { seed: 1 });
    for (bands, expected) in [
        (vec![1.0, 2.0, 3.0], None),
        (vec![3.0, 2.0, 1.0], Some(FieldErrorCode::MissingBands)),
    ] {
        let config = TrainConfig {
            bands,
            ..config.clone()
        };
        let report = common::checked(send(&mut engine, Command::CheckConfig { config }));
        let error = report.errors.iter().find(|error| error.field == "bands");
        assert_eq!(error.map(|error| error.code), expected);
    }
}
