//! From a GeoTIFF to map layers and models out and in, through the engine, on the CPU.

mod common;
#[path = "common/layers.rs"]
mod kit;

use common::{add, engine, send};
use groundmask::{
    formats::encode::rgba8_png,
    protocol::{
        Architecture as ArchitectureChoice, AreaUnit, Channels, Command, Event, ExportKind, FaultCode, Head,
        ModelFormat, Outlines, Purpose, ResultPlace, TrainConfig,
    },
};
use kit::{
    export, export_at, file, image, image_of, inputs, keras_model, load, place, place_of, predict, predict_at, samples,
};

/// Smallest area in pixels and in square metres, fewer corners where lines are simplified, the usual where a number is none.
#[test]
fn outlines_are_drawn_as_asked() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(3));
    inputs(&mut engine, &[("field.tif", image(130, 90))]);
    predict(&mut engine, false);
    let mut draw_at = |threshold: f32, smallest: f64, unit: AreaUnit, simplify_px: f64| {
        let outlines = Outlines {
            smallest,
            unit,
            simplify_px,
            ..Outlines::default()
        };
        let bytes = export_at(&mut engine, ExportKind::Geojson, outlines, threshold);
        let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let features = json["features"].as_array().expect("a list").clone();
        let areas: Vec<u64> = features
            .iter()
            .filter_map(|f| f["properties"]["area_px"].as_u64())
            .collect();
        let corners: usize = features
            .iter()
            .filter_map(|f| f["geometry"]["coordinates"].as_array())
            .flatten()
            .filter_map(|ring| ring.as_array())
            .map(Vec::len)
            .sum();
        (areas, corners)
    };
    // What random weights say is cut where it falls into regions of many sizes.
    let varied = |areas: &[u64]| areas.iter().any(|n| *n < 16) && areas.iter().any(|n| *n > 40);
    let threshold = (1..4000)
        .map(|n| n as f32 / 4000.0)
        .find(|at| varied(&draw_at(*at, 0.0, AreaUnit::Px, 0.0).0))
        .expect("some threshold does");
    let mut draw = |smallest, unit, simplify_px| draw_at(threshold, smallest, unit, simplify_px);
    let (all, edges) = draw(0.0, AreaUnit::Px, 0.0);
    println!("areas {all:?}, {edges} corners");
    for limit in [2.0, 16.0, 40.0] {
        let (kept, _) = draw(limit, AreaUnit::Px, 0.0);
        let wanted: Vec<u64> = all.iter().copied().filter(|n| *n as f64 >= limit).collect();
        assert_eq!(kept.len(), wanted.len());
        // A pixel is a quarter of a square metre here.
        assert_eq!(draw(limit / 4.0, AreaUnit::M2, 0.0).0, kept);
    }
    assert!(draw(0.0, AreaUnit::Px, 1.5).1 < edges);
    assert_eq!(
        draw(f64::NAN, AreaUnit::Px, f64::NEG_INFINITY).0,
        draw(16.0, AreaUnit::Px, 0.0).0
    );
}

/// What is drawn while the threshold moves is what the file holds; placed images go into one file, others do not.
#[test]
fn drawn_outlines_are_those_of_the_file() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(3));
    let unplaced = rgba8_png(&[90; 40 * 30 * 4], 40, 30).expect("a PNG");
    inputs(
        &mut engine,
        &[
            ("field.tif", image(130, 90)),
            ("photo.png", unplaced),
            ("town.tif", image(90, 70)),
        ],
    );
    let (results, _) = predict(&mut engine, false);
    let places: Vec<ResultPlace> = results.iter().map(|result| result.place).collect();
    assert_eq!(places, [ResultPlace::Known, ResultPlace::None, ResultPlace::Known]);
    let outlines = Outlines {
        simplify_px: 1.5,
        ..Outlines::default()
    };
    let mut counts = Vec::new();
    for threshold in [0.45, 0.5, 0.55] {
        let bytes = export_at(&mut engine, ExportKind::Geojson, outlines, threshold);
        let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let features = json["features"].as_array().expect("a list");
        let area: f64 = features
            .iter()
            .filter_map(|f| f["properties"]["area_m2"].as_f64())
            .sum();
        let command = Command::DrawOutlines {
            result: 0,
            threshold,
            outlines,
        };
        let events = send(&mut engine, command);
        let [Event::Outlines(drawn)] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!((drawn.count as usize, drawn.drawn), (features.len(), drawn.count));
        assert!(
            drawn.area_m2.is_some_and(|m2| (m2 - area).abs() < 0.01),
            "{:?} {area}",
            drawn.area_m2
        );
        counts.push(drawn.count);
        let merged = file(send(&mut engine, Command::ExportOutlines { threshold, outlines }));
        let json: serde_json::Value = serde_json::from_slice(&merged).expect("JSON");
        let images = json["features"].as_array().expect("a list").iter();
        let images: Vec<_> = images
            .filter_map(|f| f["properties"]["image"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(images.iter().filter(|image| *image == "field").count(), features.len());
        assert!(!images.iter().any(|image| image == "photo"));
    }
    println!("outlines {counts:?}");
    // A result that is gone is no fault: the page asks while results come and go.
    let gone = Command::DrawOutlines {
        result: 9,
        threshold: 0.5,
        outlines,
    };
    assert!(matches!(send(&mut engine, gone).as_slice(), [Event::Outlines(o)] if o.count == 0));
}

#[test]
fn a_placed_image_becomes_layers_with_its_place_and_nodata() {
    let mut engine = engine();
    let events = load(&mut engine, "k.h5", keras_model(3));
    assert!(
        matches!(&events[0], Event::Model { model: Some(m) } if m.base == 4 && m.depth == 2),
        "{events:?}"
    );
    let (found, _) = inputs(&mut engine, &[("a/field.tif", image(130, 90))]);
    let geo = found[0].geo.as_ref().expect("placed");
    assert_eq!(
        (geo.epsg, geo.crs.as_deref()),
        (Some(32633), Some("WGS 84 / UTM zone 33N"))
    );
    let (results, _) = predict(&mut engine, true);
    assert_eq!((results[0].width, results[0].height), (130, 90));
    let (layer, classes) = samples(export(&mut engine, ExportKind::ClassTif));
    assert_eq!(layer.geo, Some(place()));
    for (at, class) in classes.iter().enumerate() {
        assert_eq!(*class == 255.0, at % 130 < 10, "{at}");
    }
    let json: serde_json::Value = serde_json::from_slice(&export(&mut engine, ExportKind::Geojson)).expect("JSON");
    let drawn: u64 = json["features"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|f| f["properties"]["area_px"].as_u64())
        .sum();
    let ones = classes.iter().filter(|c| **c == 1.0).count() as u64;
    assert!(drawn <= ones, "{drawn} of {ones}");
    let table = String::from_utf8(file(send(&mut engine, Command::ExportTable { threshold: 0.5 }))).expect("text");
    assert!(
        table
            .lines()
            .nth(1)
            .is_some_and(|l| l.starts_with(&format!("field,130,90,0.500,foreground,{ones},"))),
        "{table}"
    );
}

/// The same file held whole and read by window gives the same layers, bit for bit.
#[test]
fn an_image_read_by_window_is_predicted_as_one_held_whole() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(3));
    let file = [("field.tif", image(1100, 700))];
    inputs(&mut engine, &file);
    assert_eq!(predict(&mut engine, false).0.len(), 1);
    let whole = export(&mut engine, ExportKind::ProbabilityTif);
    send(
        &mut engine,
        Command::Clear {
            purpose: Purpose::Predict,
        },
    );
    engine.read_by_window_from(1000);
    let (found, _) = inputs(&mut engine, &file);
    assert_eq!((found[0].width, found[0].height), (1100, 700));
    let (results, progress) = predict(&mut engine, false);
    assert_eq!((results[0].width, results[0].height), (1100, 700));
    assert!(results[0].view_width.max(results[0].view_height) <= 1024);
    assert!(
        progress
            .iter()
            .any(|e| matches!(e, Event::PredictProgress { tiles_total, .. } if *tiles_total > 3))
    );
    assert!(export(&mut engine, ExportKind::ProbabilityTif) == whole);
}

#[test]
fn models_are_written_in_every_format() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(1));
    for (format, start) in [
        (ModelFormat::Onnx, &b"\x08\x08\x12\x0agroundmask"[..]),
        (ModelFormat::OnnxQgis, b"\x08\x08\x12\x0agroundmask"),
        (ModelFormat::Keras, b"\x89HDF"),
        (ModelFormat::KerasNpz, b"PK\x03\x04"),
    ] {
        let bytes = file(send(
            &mut engine,
            Command::ExportModel {
                format,
                threshold: 0.5,
                name: None,
            },
        ));
        assert!(bytes.starts_with(start), "{format:?}");
    }
    let ours = file(send(
        &mut engine,
        Command::ExportModel {
            format: ModelFormat::Safetensors,
            threshold: 0.5,
            name: Some("roofs of the camp".to_owned()),
        },
    ));
    let Event::Model { model: Some(again) } = &load(&mut engine, "again.safetensors", ours)[0] else {
        panic!("no model");
    };
    // The name is the model's, whatever its file is called by now.
    assert_eq!(again.about.name, "roofs_of_the_camp");
}

#[test]
fn vectors_beside_placed_images_become_their_masks() {
    let ring = [
        [15.0, 48.753],
        [15.0004, 48.753],
        [15.0004, 48.75],
        [15.0, 48.75],
        [15.0, 48.753],
    ];
    let map = serde_json::json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}});
    let mut engine = engine();
    let files = vec![
        ("images/field.tif".to_owned(), image(120, 90)),
        ("buildings.geojson".to_owned(), map.to_string().into_bytes()),
    ];
    let data = add(&mut engine, files);
    assert_eq!(data.pairs.len(), 1, "{:?}", data.faults);
    // Of 60 m the first five hold nothing measured.
    assert!(
        (data.pairs[0].foreground_share - (29.4 - 5.0) / 55.0).abs() < 0.02,
        "{}",
        data.pairs[0].foreground_share
    );
}

#[test]
fn what_is_wrong_is_named_and_nothing_else_is_lost() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(3));
    let good = image(60, 40);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let (found, events) = inputs(
        &mut engine,
        &[("good.tif", good), ("cut.tif", cut), ("a.pgw", b"x".to_vec())],
    );
    assert_eq!(found.len(), 1);
    let faults: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            Event::Fault(f) => Some((f.file.clone().unwrap_or_default(), f.code)),
            _ => None,
        })
        .collect();
    assert_eq!(faults, [("cut.tif".to_owned(), FaultCode::Corrupt)]);
    for (name, bytes, code) in [
        ("cut.h5", keras_model(3)[..500].to_vec(), FaultCode::ModelCorrupt),
        ("pickle.pt", b"PK\x03\x04".to_vec(), FaultCode::ForeignModel),
    ] {
        let events = load(&mut engine, name, bytes);
        assert!(matches!(&events[0], Event::Fault(f) if f.code == code), "{events:?}");
    }
    // The model in use is still there.
    assert_eq!(predict(&mut engine, false).0.len(), 1);
}

/// Half a metre a pixel in training: of other images a metre a pixel becomes that too, and the map comes back.
#[test]
fn images_are_seen_at_the_ground_resolution_of_training() {
    let mut engine = engine();
    add(&mut engine, training_files());
    let config = TrainConfig {
        channels: Channels::Grey,
        steps: 4.0,
        ..common::small(&mut engine)
    };
    common::train(&mut engine, config);
    let saved = file(send(&mut engine, Command::SaveModel));
    let loaded = load(&mut engine, "again.safetensors", saved);
    let Event::Model { model: Some(model) } = &loaded[0] else {
        panic!("{loaded:?}");
    };
    assert!(
        model.pixel_m.is_some_and(|m| (m - 0.5).abs() < 0.01),
        "{:?}",
        model.pixel_m
    );
    // UTM: of the map exactly.
    assert_eq!(model.map_pixel_m, Some(0.5));

    let coarse = [("coarse.tif", image_of(1.0, 610, 400))];
    inputs(&mut engine, &coarse);
    let (results, progress) = predict(&mut engine, false);
    let resolution = results[0].resolution.expect("both are known");
    assert!(
        resolution.resampled && (resolution.image_m - 1.0).abs() < 0.01,
        "{resolution:?}"
    );
    assert_eq!((results[0].width, results[0].height), (610, 400));
    // 1220 x 800 pixels are three tiles by two; 610 x 400 would be one.
    let tiles = progress.iter().filter_map(|e| match e {
        Event::PredictProgress { tiles_total, .. } => Some(*tiles_total),
        _ => None,
    });
    assert_eq!(tiles.max(), Some(6));
    let (layer, whole) = samples(export(&mut engine, ExportKind::ProbabilityTif));
    assert_eq!(layer.geo, Some(place_of(1.0)));
    assert_eq!(whole.iter().filter(|p| **p == -1.0).count(), 10 * 400);

    // As it is: another result, and said so.
    let (results, _) = predict_at(&mut engine, false, false);
    assert!(results[0].resolution.is_some_and(|r| !r.resampled));
    let (_, own) = samples(export(&mut engine, ExportKind::ProbabilityTif));
    assert!(own != whole);

    // By window the same, in a finer image too.
    for (pixel_m, size) in [(1.0, [610, 400]), (0.2, [700, 600])] {
        let file = [("a.tif", image_of(pixel_m, size[0], size[1]))];
        let mut maps = Vec::new();
        for whole_bytes in [u64::MAX, 1000] {
            engine.read_by_window_from(whole_bytes);
            let purpose = Purpose::Predict;
            send(&mut engine, Command::Clear { purpose });
            inputs(&mut engine, &file);
            let (results, _) = predict(&mut engine, false);
            assert!(results[0].resolution.is_some_and(|r| r.resampled));
            maps.push(samples(export(&mut engine, ExportKind::ProbabilityTif)).1);
        }
        let apart = maps[0]
            .iter()
            .zip(&maps[1])
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(maps[0].len() == size[0] * size[1] && apart < 1e-4, "{pixel_m}: {apart}");
    }
    // Of the training's own resolution there is nothing to say.
    send(
        &mut engine,
        Command::Clear {
            purpose: Purpose::Predict,
        },
    );
    inputs(&mut engine, &[("same.tif", image(90, 70))]);
    assert_eq!(predict(&mut engine, false).0[0].resolution, None);
}

fn training_files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for i in 0..3 {
        files.push((format!("images/{i}.tif"), image(64 + i, 64)));
        let mask = (0..64 * (64 + i))
            .map(|at| if at % 9 < 4 { 255 } else { 0 })
            .collect::<Vec<u8>>();
        let png = groundmask::formats::grey8_png(&mask, 64 + i as u32, 64).expect("a picture");
        files.push((format!("masks/{i}.png"), png));
    }
    files
}

#[test]
fn a_loaded_model_goes_on_training() {
    let mut engine = engine();
    load(&mut engine, "k.h5", keras_model(1));
    add(&mut engine, training_files());
    let settings = TrainConfig {
        architecture: ArchitectureChoice::UnetNorm,
        head: Head::TwoChannels,
        channels: Channels::Grey,
        steps: 4.0,
        ..common::small(&mut engine)
    };
    let run = |engine: &mut groundmask::engine::Engine, base: f64| {
        let config = TrainConfig {
            base,
            ..settings.clone()
        };
        send(engine, Command::StartFromModel { config })
    };
    let refused = run(&mut engine, 8.0);
    assert!(
        matches!(&refused[0], Event::Fault(f) if f.code == FaultCode::CannotContinue),
        "{refused:?}"
    );
    let started = run(&mut engine, 4.0);
    assert!(matches!(&started[0], Event::RunStarted { .. }), "{started:?}");
}
