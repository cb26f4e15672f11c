//! Outlines of a result, as a file and as they are drawn.

use crate::common::{engine, send};
use groundmask::{
    formats::encode::rgba8_png,
    protocol::{AreaUnit, Command, Event, ExportKind, Outlines, ResultPlace},
};

use crate::support::*;

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
