//! Several classes, from colour masks to palette files, through the engine as the page drives it.

mod common;

use common::{add, checked, dataset, drawn, engine, golden, preset, read_pairs, send, small, train};
use groundmask::protocol::{
    Command, Event, ExportKind, FaultCode, FieldErrorCode, LegendEntry, MaskRule, Outlines, Preset, Purpose,
    TrainConfig,
};

const GROUND: [u8; 3] = [40, 160, 60];
const WATER: [u8; 3] = [20, 60, 200];
const ROOF: [u8; 3] = [220, 40, 40];
const UNKNOWN: [u8; 3] = [155, 155, 155];

/// Ground with a river and roofs; masks in other colours than the image, a strip of it not labelled.
fn scenes(n: u32) -> Vec<(String, Vec<u8>)> {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 48, |x, y| {
            let roof = (x / 8 + k).is_multiple_of(3) && (y / 8 + k) % 3 == 1;
            let river = (x + y + 5 * k) % 48 < 10;
            let noise = ((x * 7919 + y * 104_729 + k * 31) % 23) as u8;
            let (image, mask) = match (river, roof) {
                (true, _) => ([30, 60, 120], WATER),
                (_, true) => ([200, 120, 100], ROOF),
                _ => ([90, 110, 60], GROUND),
            };
            (
                image.map(|v: u8| v.saturating_add(noise)),
                if y < 2 { UNKNOWN } else { mask },
            )
        })
    };
    (0..n).flat_map(scene).collect()
}

fn legend(rule: &MaskRule) -> Vec<LegendEntry> {
    match rule {
        MaskRule::Classes { legend, .. } => legend.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn colours_become_classes_and_are_learnt() {
    let mut engine = engine();
    let found = add(&mut engine, scenes(6));
    let mut entries = legend(&found.rule);
    assert_eq!(entries.len(), 4);
    assert_eq!(found.rule, found.suggested_rule);
    assert_eq!(found.foreground_share, 1.0);
    for entry in &mut entries {
        entry.ignored = entry.rgb == UNKNOWN;
        entry.name = match entry.rgb {
            GROUND => "ground",
            WATER => " water ",
            ROOF => "roof",
            _ => "?",
        }
        .to_owned();
    }
    let found = dataset(send(
        &mut engine,
        Command::SetMaskRule {
            rule: MaskRule::Classes {
                legend: entries,
                rest: None,
                boundary: None,
            },
        },
    ));
    let names: Vec<&str> = found.classes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["ground", "water", "roof"]);
    assert!((found.foreground_share - 46.0 / 48.0).abs() < 1e-9);
    assert!(found.pairs[0].thumb_mask.iter().all(|v| *v < 3 || *v == 255));

    let config = TrainConfig {
        steps: 150.0,
        ..small(&mut engine)
    };
    let run = train(&mut engine, config);
    let metrics = run.end.figures.validation.clone().expect("pairs were held back");
    println!("IoU {:?}, by class {:?}", metrics.iou, metrics.class_iou);
    assert_eq!(metrics.class_iou.len(), 3);
    assert!(metrics.iou.unwrap() > 0.6, "{metrics:?}");
    let losses = run.losses();
    assert!(losses[losses.len() - 1] < 0.6 * losses[0], "{losses:?}");

    // A palette file of class numbers, at the size of the image.
    send(
        &mut engine,
        Command::Predict {
            validation: true,
            threshold: 0.5,
            averaged: false,
            match_resolution: true,
            adapted: false,
        },
    );
    let mut results = 0;
    while engine.is_busy() {
        for event in pollster::block_on(engine.advance(50.0)) {
            if let Event::Result(result) = event {
                assert!(result.probability.iter().all(|v| *v < 3));
                assert!(result.metrics.is_some_and(|m| m.iou.unwrap() > 0.5));
                results += 1;
            }
        }
    }
    assert_eq!(results, 2);
    let events = send(
        &mut engine,
        Command::Export {
            result: 0,
            kind: ExportKind::MaskPng,
            threshold: 0.5,
            outlines: Outlines::default(),
        },
    );
    let Some(Event::File { bytes, .. }) = events.into_iter().next() else {
        panic!("no file")
    };
    assert_eq!(&bytes[24..26], &[8, 3], "8 bit, palette");

    // The model file remembers its classes.
    let Some(Event::File { bytes, .. }) = send(&mut engine, Command::SaveModel).into_iter().next() else {
        panic!("no file")
    };
    let events = send(
        &mut engine,
        Command::LoadModel {
            name: "m.safetensors".into(),
            bytes,
        },
    );
    let Some(Event::Model { model: Some(model) }) = events.into_iter().next() else {
        panic!("no model")
    };
    assert_eq!(
        model.classes.iter().map(|c| c.rgb).collect::<Vec<_>>(),
        [GROUND, WATER, ROOF]
    );
}

#[test]
fn a_legend_of_one_class_is_refused_and_changes_nothing() {
    let mut engine = engine();
    let found = add(&mut engine, scenes(2));
    let one = legend(&found.rule)[..1].to_vec();
    let events = send(
        &mut engine,
        Command::SetMaskRule {
            rule: MaskRule::Classes {
                legend: one,
                rest: None,
                boundary: None,
            },
        },
    );
    assert!(
        matches!(&events[..], [Event::Fault(f)] if f.code == FaultCode::BadLegend),
        "{events:?}"
    );
    let again = dataset(send(
        &mut engine,
        Command::FilesDone {
            purpose: Purpose::Train,
        },
    ));
    assert_eq!(again.rule, found.rule);
}

#[test]
fn the_seeds_pipeline_says_that_it_needs_binary_masks() {
    let mut engine = engine();
    add(&mut engine, scenes(2));
    let config = preset(&mut engine, Preset::Classic);
    let report = checked(send(&mut engine, Command::CheckConfig { config: config.clone() }));
    assert!(
        report
            .errors
            .iter()
            .any(|e| e.field == "sampling" && e.code == FieldErrorCode::NeedsBinaryMasks)
    );
    let rule = MaskRule::Colour {
        rgb: ROOF,
        code: None,
        invert: false,
    };
    let found = dataset(send(&mut engine, Command::SetMaskRule { rule }));
    assert!(found.classes.is_empty());
    assert!(
        checked(send(&mut engine, Command::CheckConfig { config }))
            .errors
            .is_empty()
    );
}

/// Six classes, two of the masks palette files of 2 and 4 bits, odd sizes, one pair a pixel off.
#[test]
fn odd_files_load_as_six_classes_and_train() {
    let mut engine = engine();
    let found = add(&mut engine, read_pairs(&golden("six_classes")));
    assert_eq!(found.classes.len(), 6);
    assert!(found.pairs.iter().all(|p| p.blocked.is_none()), "{:?}", found.faults);
    let config = TrainConfig {
        tile_px: 64.0,
        depth: 3.0,
        steps: 120.0,
        validate_every: 120.0,
        val_share: 0.25,
        ..small(&mut engine)
    };
    let run = train(&mut engine, config);
    let losses = run.losses();
    let (first, last) = (losses[0], losses[losses.len() - 10..].iter().sum::<f64>() / 10.0);
    let training = run.end.figures.training.expect("measured");
    println!(
        "loss {first:.3} -> {last:.3}, training accuracy {:?}, IoU by class {:?}",
        training.accuracy, training.class_iou
    );
    assert!(last < 0.8 * first);
    assert!(training.accuracy.unwrap() > 0.5);
}
