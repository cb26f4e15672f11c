//! Networks over chosen bands of files that have many: learnt, saved, predicted, refused by name.

mod common;

use common::{add, engine, send, small, train};
use groundmask::{
    engine::Engine,
    formats::{Limits, decode, grey8_png},
    protocol::{
        Command, Event, ExportKind, Fault, FaultCode, FieldErrorCode, ModelInfo, Outlines, Purpose, TrainConfig,
    },
};

const SIDE: usize = 96;
/// Near infrared of Sentinel-2's ten bands of 10 and 20 m, by number from 1.
const INFRARED: usize = 7;
const NAMES: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];

/// The same everywhere and on every machine.
fn hash(at: usize) -> u32 {
    let mut s = (at as u32).wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    s ^= s >> 15;
    s = s.wrapping_mul(0x85eb_ca6b);
    s ^= s >> 13;
    s = s.wrapping_mul(0xc2b2_ae35);
    s ^ s >> 16
}

/// Squares of 12 pixels, a third of them meadow, at places that nothing foretells.
fn is_meadow(image: usize, y: usize, x: usize) -> bool {
    hash(image * 1000 + y / 12 * 32 + x / 12).is_multiple_of(3)
}

/// A TIFF of 16 bits, its bands side by side, with names as GDAL writes them. Meadow differs in the infrared alone.
fn stack(image: usize, bands: usize) -> Vec<u8> {
    let number = |y: usize, x: usize, band: usize| {
        let ground = 400 + 150 * band as u16 + (hash(image << 22 | y << 14 | x << 6 | band) % 300) as u16;
        ground
            + if band + 1 == INFRARED && is_meadow(image, y, x) {
                1800
            } else {
                0
            }
    };
    let items: String = (0..bands)
        .map(|band| {
            let name = NAMES[band];
            format!("<Item name=\"DESCRIPTION\" sample=\"{band}\" role=\"description\">{name}</Item>")
        })
        .collect();
    let metadata = format!("<GDALMetadata>{items}</GDALMetadata>\0").into_bytes();
    let shorts = vec![16u16; bands];
    let extra = vec![0u16; bands - 1];
    let pixels = 8;
    let pixel_bytes = SIDE * SIDE * bands * 2;
    let [depths_at, extra_at] = [pixels + pixel_bytes, pixels + pixel_bytes + 2 * bands];
    let metadata_at = extra_at + 2 * extra.len();
    let directory_at = (metadata_at + metadata.len()).next_multiple_of(2);
    let mut bytes = b"II\x2a\0".to_vec();
    bytes.extend((directory_at as u32).to_le_bytes());
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
        (0..bands).for_each(|band| bytes.extend(number(y, x, band).to_le_bytes()));
    }
    shorts.iter().chain(&extra).for_each(|v| bytes.extend(v.to_le_bytes()));
    bytes.extend(&metadata);
    bytes.resize(directory_at, 0);
    let list = |values: &[u16], at: usize| match values {
        [one] => u32::from(*one),
        [one, other] => u32::from(*one) | u32::from(*other) << 16,
        _ => at as u32,
    };
    let tags: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, SIDE as u32),
        (257, 4, 1, SIDE as u32),
        (258, 3, bands as u32, list(&shorts, depths_at)),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, pixels as u32),
        (277, 3, 1, bands as u32),
        (278, 4, 1, SIDE as u32),
        (279, 4, 1, pixel_bytes as u32),
        (338, 3, extra.len() as u32, list(&extra, extra_at)),
        (42112, 2, metadata.len() as u32, metadata_at as u32),
    ];
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

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
    let numbers = bands.to_vec();
    send(&mut engine, Command::SetBands { bands: numbers });
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
    send(&mut without, Command::SetBands { bands });
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
    send(
        &mut engine,
        Command::SetBands {
            bands: vec![4, 3, 2, 1],
        },
    );
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

/// A mask of 8 bits as a TIFF of one strip: bands side by side, the last one alpha where their count is even.
fn drawn_mask(image: usize, bands: usize) -> Vec<u8> {
    const CLASSES: [[u8; 3]; 3] = [[200, 0, 0], [200, 200, 0], [0, 0, 200]];
    let pixel = |y: usize, x: usize| -> Vec<u8> {
        let meadow = is_meadow(image, y, x);
        let colours = match bands {
            1 | 2 => vec![255 * u8::from(meadow)],
            _ => CLASSES[usize::from(meadow) + usize::from(meadow && x < SIDE / 2)].to_vec(),
        };
        let alpha = bands.is_multiple_of(2).then_some(255 * u8::from(y >= SIDE / 4));
        colours.into_iter().chain(alpha).collect()
    };
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x)));
    let samples: Vec<u8> = pixels.flat_map(|(y, x)| pixel(y, x)).collect();
    let depths_at = 8 + samples.len();
    let directory_at = (depths_at + 2 * bands).next_multiple_of(2);
    let mut bytes = b"II\x2a\0".to_vec();
    bytes.extend((directory_at as u32).to_le_bytes());
    bytes.extend(&samples);
    (0..bands).for_each(|_| bytes.extend(8u16.to_le_bytes()));
    let depths = match bands {
        1 => 8,
        2 => 8 | 8 << 16,
        _ => depths_at as u32,
    };
    let side = SIDE as u32;
    let mut tags = vec![
        (256u16, 4u16, 1u32, side),
        (257, 4, 1, side),
        (258, 3, bands as u32, depths),
        (259, 3, 1, 1),
        (262, 3, 1, if bands > 2 { 2 } else { 1 }),
        (273, 4, 1, 8),
        (277, 3, 1, bands as u32),
        (278, 4, 1, side),
        (279, 4, 1, samples.len() as u32),
    ];
    if bands.is_multiple_of(2) {
        tags.push((338, 3, 1, 2));
    }
    bytes.resize(directory_at, 0);
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn masks_are_what_they_are_whatever_bands_a_network_sees() {
    let read = |mask_bands: usize, bands: &[u32]| {
        let mut engine = engine();
        let bands = bands.to_vec();
        send(&mut engine, Command::SetBands { bands });
        let files = (0..3).flat_map(|i| {
            [
                (format!("image/{i}.tif"), stack(i, 10)),
                (format!("label/{i}.tif"), drawn_mask(i, mask_bands)),
            ]
        });
        let data = add(&mut engine, files.collect());
        let of_pair = |pair: &groundmask::protocol::Pair| {
            assert!(pair.blocked.is_none(), "{:?}", pair.blocked);
            (pair.foreground_share, pair.labelled_share, pair.thumb_mask.clone())
        };
        let pairs: Vec<_> = data.pairs.iter().map(of_pair).collect();
        assert_eq!(pairs.len(), 3);
        (format!("{:?} {:?} {:?}", data.rule, data.detected, data.colours), pairs)
    };
    for mask_bands in 1..=4 {
        let usual = read(mask_bands, &[]);
        for bands in [&[1][..], &[1, 2], &[3, 2, 1], &[1, 2, 3, 4], &[4, 3, 2, 1], &[7, 3, 2]] {
            assert!(
                read(mask_bands, bands) == usual,
                "{mask_bands} bands of a mask, {bands:?}"
            );
        }
    }
}
