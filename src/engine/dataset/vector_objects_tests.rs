use super::*;
use crate::{
    formats::grey8_png,
    protocol::{Command, ObjectsBy, Purpose, TrainConfig},
};

const SIDE: u32 = 12;

fn add(engine: &mut Engine, path: &str, bytes: Vec<u8>) {
    let (path, purpose) = (path.to_owned(), Purpose::Train);
    pollster::block_on(engine.command(Command::AddFile { path, bytes, purpose }));
    pollster::block_on(engine.command(Command::FilesDone { purpose }));
}

/// Two squares of 4 pixels side by side from a column on.
fn squares(from: u32) -> Vec<u8> {
    let square = |from: u32| {
        let to = from + 4;
        format!(
            "{{\"label\": \"\", \"points\": [[{from}, 2], [{to}, 2], [{to}, 10], [{from}, 10]], \"shape_type\": \"polygon\"}}"
        )
    };
    let (a, b) = (square(from), square(from + 4));
    format!("{{\"imagePath\": \"a.png\", \"imageWidth\": {SIDE}, \"imageHeight\": {SIDE}, \"shapes\": [{a}, {b}]}}")
        .into_bytes()
}

fn row(engine: &Engine) -> String {
    let labels = engine.data.set.mask_labels(0).expect("a pair");
    let row = &labels[6 * SIDE as usize..7 * SIDE as usize];
    row.iter().map(|label| char::from(b'0' + label)).collect()
}

fn label(engine: &mut Engine, boundary_px: f64, objects_by: ObjectsBy) {
    let config = TrainConfig {
        boundary_px,
        objects_by,
        ..TrainConfig::default()
    };
    engine.label_for(&config).expect("few classes");
}

/// Outlines are held as objects only as long as something is drawn between them, and are those of the masks of now.
#[test]
fn objects_are_held_only_where_they_are_needed() {
    let pixels: Vec<u8> = (0..SIDE * SIDE).map(|n| (n * 37 % 251) as u8).collect();
    let mut engine = Engine::new(Box::new(|| 0.0));
    add(&mut engine, "a.png", grey8_png(&pixels, SIDE, SIDE).expect("a picture"));
    add(&mut engine, "a.json", squares(2));
    assert_eq!(row(&engine), "001111111100");
    assert!(!engine.data.builder.holds_objects("a.png"));

    label(&mut engine, 2.0, ObjectsBy::Outlines);
    assert_eq!(row(&engine), "001112211100");
    assert!(engine.data.builder.holds_objects("a.png"));
    add(&mut engine, "a.json", squares(1));
    assert_eq!(row(&engine), "011122111000");

    label(&mut engine, 2.0, ObjectsBy::Values);
    assert!(!engine.data.builder.holds_objects("a.png"));
    label(&mut engine, 4.0, ObjectsBy::Outlines);
    assert_eq!(row(&engine), "011222211000");
    label(&mut engine, 0.0, ObjectsBy::Outlines);
    assert_eq!(row(&engine), "011111111000");
    assert!(!engine.data.builder.holds_objects("a.png"));
}
