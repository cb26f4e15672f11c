use super::*;
use crate::{
    formats::{encode::rgba8_png, grey8_png},
    protocol::{Command, MaskRule, ObjectsBy, Purpose},
};

const SIDE: u32 = 12;

fn send(engine: &mut Engine, command: Command) -> Vec<Event> {
    pollster::block_on(engine.command(command))
}

fn with_files(files: &[(&str, Vec<u8>)]) -> Engine {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let purpose = Purpose::Train;
    for (path, bytes) in files {
        let (path, bytes) = ((*path).to_owned(), bytes.clone());
        send(&mut engine, Command::AddFile { path, bytes, purpose });
    }
    send(&mut engine, Command::FilesDone { purpose });
    engine
}

fn image() -> Vec<u8> {
    let pixels: Vec<u8> = (0..SIDE * SIDE).map(|n| (n * 37 % 251) as u8).collect();
    grey8_png(&pixels, SIDE, SIDE).expect("a picture")
}

/// Two squares that share the wall at column 6, as a labelling tool writes them.
fn squares() -> Vec<u8> {
    let square = |from: u32| {
        let to = from + 4;
        format!(
            "{{\"label\": \"\", \"points\": [[{from}, 2], [{to}, 2], [{to}, 10], [{from}, 10]], \"shape_type\": \"polygon\"}}"
        )
    };
    let (a, b) = (square(2), square(6));
    format!("{{\"imagePath\": \"a.png\", \"imageWidth\": {SIDE}, \"imageHeight\": {SIDE}, \"shapes\": [{a}, {b}]}}")
        .into_bytes()
}

fn config(boundary_px: f64, objects_by: ObjectsBy) -> TrainConfig {
    TrainConfig {
        boundary_px,
        objects_by,
        ..TrainConfig::default()
    }
}

/// Classes by number, and those of the row through the middle.
fn seen(engine: &Engine) -> (Vec<String>, String) {
    let set = &engine.data.set;
    let row = set.mask_labels(0).expect("a pair").chunks_exact(SIDE as usize).nth(6);
    let letter = |label: &u8| char::from(b'0' + label);
    (
        set.classes().into_iter().map(|class| class.name).collect(),
        row.expect("a row").iter().map(letter).collect(),
    )
}

#[test]
fn outlines_that_share_a_wall_get_a_class_between_them() {
    let mut engine = with_files(&[("a.png", image()), ("a.json", squares())]);
    let before = engine.data.set.clone();
    assert_eq!(seen(&engine).1, "001111111100");
    assert!(
        engine
            .label_for(&config(0.0, ObjectsBy::Outlines))
            .is_ok_and(|told| told.is_empty())
    );
    assert!(std::rc::Rc::ptr_eq(&before, &engine.data.set));

    for (px, row) in [(2.0, "001112211100"), (4.0, "001122221100"), (2.0, "001112211100")] {
        let config = config(px, ObjectsBy::Outlines);
        assert_eq!(engine.classes_for(&config), 3);
        let told = engine.label_for(&config).expect("few classes");
        let Some(Event::Dataset(told)) = told.first() else {
            panic!("{told:?}")
        };
        assert_eq!(told.classes.last().map(|class| class.name.as_str()), Some("boundary"));
        assert_eq!(seen(&engine).1, row);
        // As it is told, it can be set, and gone on with: the page's edits leave the class as it is drawn.
        let MaskRule::Classes { legend, boundary, .. } = told.rule.clone() else {
            panic!("{:?}", told.rule)
        };
        assert_eq!(boundary.map(|one| one.width_px), Some(px as u32));
        let rule = MaskRule::Classes {
            legend,
            rest: None,
            boundary: None,
        };
        send(&mut engine, Command::SetMaskRule { rule });
        assert_eq!(seen(&engine).1, row);
    }
    // Off again, all is as it was.
    engine
        .label_for(&config(0.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(engine.data.set.classes(), before.classes());
    assert_eq!(engine.data.set.mask_labels(0), before.mask_labels(0));
}

#[test]
fn a_class_between_outlines_of_classes_comes_after_them() {
    let named = String::from_utf8(squares())
        .expect("UTF-8")
        .replacen("\"label\": \"\"", "\"label\": \"shed\"", 1);
    let named = named.replacen("\"label\": \"\"", "\"label\": \"house\"", 1);
    let mut engine = with_files(&[("a.png", image()), ("a.json", named.into_bytes())]);
    let before = seen(&engine);
    assert_eq!((before.0.len(), before.1.as_str()), (3, "002222111100"));
    engine
        .label_for(&config(2.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine).1, "002223311100");
    engine
        .label_for(&config(0.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine), before);
}

#[test]
fn colours_are_objects_only_where_somebody_says_so() {
    let pixel = |at: u32| match (at % SIDE, at / SIDE) {
        (2..6, 2..10) => [200, 40, 40, 255],
        (6..10, 2..10) => [40, 90, 200, 255],
        _ => [0, 0, 0, 255],
    };
    let mask: Vec<u8> = (0..SIDE * SIDE).flat_map(pixel).collect();
    let mask = rgba8_png(&mask, SIDE, SIDE).expect("a mask");
    let mut engine = with_files(&[("image/a.png", image()), ("mask/a.png", mask)]);
    let rule = MaskRule::NotBlack { invert: false };
    send(&mut engine, Command::SetMaskRule { rule });
    assert_eq!(seen(&engine).1, "001111111100");
    engine
        .label_for(&config(2.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine).1, "001111111100");
    engine.label_for(&config(2.0, ObjectsBy::Values)).expect("few classes");
    assert_eq!(seen(&engine).1, "001112211100");
}
