use super::*;
use crate::{
    formats::{encode::rgba8_png, grey8_png},
    protocol::{Command, MaskRule, ObjectsBy, Purpose, UNLABELLED, UNTOUCHED},
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
    let letter = |label: &u8| {
        if *label == UNLABELLED {
            '?'
        } else {
            char::from(b'0' + label)
        }
    };
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

#[test]
fn other_names_and_colours_leave_the_class_as_it_is_drawn() {
    let mut engine = with_files(&[("a.png", image()), ("a.json", squares())]);
    engine
        .label_for(&config(2.0, ObjectsBy::Outlines))
        .expect("few classes");
    let (names, row) = seen(&engine);
    assert_eq!(row, "001112211100");
    // What the label editor sends when it is closed, and when somebody renames.
    let mut classes = engine.label_classes();
    send(
        &mut engine,
        Command::SetLabelClasses {
            classes: classes.clone(),
        },
    );
    assert_eq!(seen(&engine), (names, row.clone()));
    for class in &mut classes {
        class.name = format!("my {}", class.name);
    }
    send(&mut engine, Command::SetLabelClasses { classes });
    let (names, renamed) = seen(&engine);
    assert_eq!((names[2].as_str(), renamed), ("boundary", row));
    assert!(names[1].starts_with("my "), "{names:?}");
    engine
        .label_for(&config(0.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine).1, "001111111100");
}

#[test]
fn what_can_have_no_class_between_says_so_at_the_field() {
    let problems = |engine: &Engine, config: &TrainConfig| {
        let errors = engine.check(config).0.into_iter();
        let at_fields = errors.filter(|error| ["boundary_px", "sampling"].contains(&error.field.as_str()));
        at_fields.map(|error| error.code).collect::<Vec<_>>()
    };
    let on = config(4.0, ObjectsBy::Outlines);
    let outlines = [("a.png", image()), ("a.json", squares())];
    let engine = with_files(&outlines);
    assert_eq!(problems(&engine, &on), []);
    let classic = TrainConfig {
        sampling: Sampling::Classic,
        ..on.clone()
    };
    assert_eq!(problems(&engine, &classic), [FieldErrorCode::NotInClassic]);
    // A foreground of that name, and a class that the outlines have.
    let class_name = "boundary".to_owned();
    assert_eq!(
        problems(
            &engine,
            &TrainConfig {
                class_name,
                ..on.clone()
            }
        ),
        [FieldErrorCode::NameTaken]
    );
    let named = String::from_utf8(squares()).expect("UTF-8");
    let named = named.replacen("\"label\": \"\"", "\"label\": \"boundary\"", 1);
    let named = named
        .replacen("\"label\": \"\"", "\"label\": \"house\"", 1)
        .into_bytes();
    let mut engine = with_files(&[("a.png", image()), ("a.json", named)]);
    let before = seen(&engine);
    assert_eq!(problems(&engine, &on), [FieldErrorCode::NameTaken]);
    engine
        .label_for(&config(0.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine), before);
}

/// Paints rows of the digits 0 (background) and 1, and spaces where nothing is painted, from the left upper corner of `a.png`.
fn paint(engine: &mut Engine, [left, top]: [u32; 2], rows: &[&str]) -> Vec<Event> {
    let value = |letter: char| letter.to_digit(10).map_or(UNTOUCHED, |digit| digit as u8);
    let values = rows.iter().flat_map(|row| row.chars()).map(value).collect();
    let painted = Command::PaintLabels {
        image: "a.png".to_owned(),
        left,
        top,
        width: rows[0].len() as u32,
        height: rows.len() as u32,
        values,
        corrected: false,
    };
    send(engine, painted)
}

#[test]
fn painted_background_between_objects_gets_the_class_stroke_by_stroke() {
    let mut engine = with_files(&[("a.png", image())]);
    paint(&mut engine, [1, 5], &["1100110011", "1100110011", "1100110011"]);
    assert_eq!(seen(&engine).1, "?1100110011?");
    let on = config(4.0, ObjectsBy::Outlines);
    assert!(engine.check(&on).0.iter().all(|error| error.field != "boundary_px"));
    engine.label_for(&on).expect("few classes");
    let (names, row) = seen(&engine);
    assert_eq!(
        (names.last().map(String::as_str), row.as_str()),
        (Some("boundary"), "?1122112211?")
    );
    // Another stroke joins two of them, and is taken back; the labels are those of a new beginning each time.
    let before = engine.data.set.clone();
    let again = |engine: &mut Engine, wanted: &str| {
        assert_eq!(seen(engine).1, wanted);
        let told = engine.data.set.pairs[0].clone();
        let mut whole = with_files(&[("a.png", image())]);
        whole.restore_label_layer("a.png", &engine.label_layer("a.png").expect("a layer"));
        whole.label_for(&config(4.0, ObjectsBy::Outlines)).expect("few classes");
        assert_eq!(
            (&told.labels, told.tally),
            (&whole.data.set.pairs[0].labels, whole.data.set.pairs[0].tally)
        );
    };
    again(&mut engine, "?1122112211?");
    paint(&mut engine, [3, 5], &["  ", "11"]);
    again(&mut engine, "?1111112211?");
    paint(&mut engine, [3, 5], &["  ", "00"]);
    again(&mut engine, "?1122112211?");
    assert_eq!(engine.data.set.pairs[0].labels, before.pairs[0].labels);
    // What is taken away is background no more.
    let erased = vec![UNLABELLED; 3];
    let (image, corrected) = ("a.png".to_owned(), false);
    let [left, top, width, height] = [4, 5, 1, 3];
    let values = erased;
    send(
        &mut engine,
        Command::PaintLabels {
            image,
            left,
            top,
            width,
            height,
            values,
            corrected,
        },
    );
    again(&mut engine, "?112?112211?");
    // Off again, it is what was painted.
    engine
        .label_for(&config(0.0, ObjectsBy::Outlines))
        .expect("few classes");
    assert_eq!(seen(&engine).1, "?110?110011?");
}

#[test]
fn a_run_that_is_refused_after_the_labels_were_made_tells_of_them() {
    let mut engine = with_files(&[("a.png", image()), ("a.json", squares())]);
    let device = crate::protocol::DeviceChoice::Cpu;
    send(
        &mut engine,
        Command::Init {
            device,
            calibration: None,
        },
    );
    let config = TrainConfig {
        val_share: 0.0,
        ..config(2.0, ObjectsBy::Outlines)
    };
    let events = send(&mut engine, Command::StartFromModel { config });
    let [Event::Dataset(told), .., Event::Fault(_)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(told.classes.len(), 3);
}

#[test]
fn a_width_that_no_setting_has_is_none() {
    let mut engine = with_files(&[("a.png", image()), ("a.json", squares())]);
    engine
        .label_for(&config(2.0, ObjectsBy::Outlines))
        .expect("few classes");
    let legend = engine.data.set.labelling.legend().expect("a legend").clone();
    for (width_px, is_drawn) in [(0, false), (1, true), (20, true), (21, false), (u32::MAX, false)] {
        let objects = ObjectsBy::Outlines;
        let legend = legend.clone().with_boundary(Some(Boundary { width_px, objects }));
        assert_eq!(legend.boundary.is_some(), is_drawn, "{width_px}");
    }
}
