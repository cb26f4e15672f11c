//! Saved runs that are gone on with in another batch, and files that cannot be.

use super::*;

#[test]
fn a_smaller_batch_goes_on_to_the_same_end() {
    let mut engine = engine();
    drop_pairs(&mut engine, "", 7);
    block_on(engine.command(Command::Start { config: config() }));
    advance(&mut engine, at_step(6));
    let (bytes, under_way) = save(&mut engine);
    assert_eq!(under_way.ended, None);
    assert_eq!(
        code(&engine.resume_run(None, &mut bytes.as_slice(), None)),
        Some(FaultCode::Busy)
    );
    block_on(engine.command(Command::Stop));
    // A run that was stopped can go on.
    assert_eq!(save(&mut engine).1.ended, Some(EndReason::Stopped));
    let events = engine.resume_run(None, &mut bytes.as_slice(), Some(1.0));
    assert!(matches!(&events[0], Event::RunStarted { config, steps_total: 14, .. } if config.batch == 1.0));
    assert_eq!(the_end(&advance(&mut engine, |_| false)).steps, 14);
}

#[test]
fn a_smaller_batch_leaves_what_follows_from_the_length_as_it_was() {
    let mut engine = engine();
    drop_pairs(&mut engine, "", 7);
    // A length in epochs; no interval was chosen.
    let config = TrainConfig {
        steps: 0.0,
        epochs: 45.0,
        steps_per_epoch: 0.0,
        validate_every: 0.0,
        warmup_steps: 20.0,
        ..config()
    };
    let started = block_on(engine.command(Command::Start { config }));
    let total = |events: &[Event]| {
        events.iter().find_map(|e| match e {
            Event::RunStarted { steps_total, .. } => Some(*steps_total),
            _ => None,
        })
    };
    let whole = total(&started).expect("a run");
    assert!(
        (121..240).contains(&whole),
        "{whole} steps: the interval is neither the least nor the same with half the batch"
    );
    advance(&mut engine, at_step(6));
    let (bytes, _) = save(&mut engine);
    block_on(engine.command(Command::Stop));
    let validated = |engine: &mut Engine, batch| {
        let events = engine.resume_run(None, &mut bytes.as_slice(), batch);
        assert_eq!(total(&events), Some(whole), "{events:?}");
        let events = advance(engine, |_| false);
        assert_eq!(the_end(&events).steps, whole);
        let step = |e: &Event| match e {
            Event::Validation(report) => Some(report.figures.step),
            _ => None,
        };
        events.iter().filter_map(step).collect::<Vec<u32>>()
    };
    let same = validated(&mut engine, None);
    assert!(same.len() >= 10, "{same:?}");
    assert_eq!(validated(&mut engine, Some(1.0)), same);
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let mut engine = engine();
    drop_pairs(&mut engine, "", 7);
    block_on(engine.command(Command::Start { config: config() }));
    advance(&mut engine, at_step(2));
    let (bytes, _) = save(&mut engine);
    block_on(engine.command(Command::Stop));
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 4;
    let mut newer = bytes.clone();
    newer[8] = 2;
    for (bytes, wanted) in [
        (&b"\x89PNG and so on, long enough to be read"[..], FaultCode::RunForeign),
        (&bytes[..bytes.len() - 9], FaultCode::RunTruncated),
        (&flipped, FaultCode::RunCorrupt),
        (&newer, FaultCode::RunNewer),
    ] {
        let mut source = bytes;
        let fault = Engine::describe_run(Some("a.gmrun"), &mut source).expect_err("refused");
        assert_eq!((fault.code, fault.file.as_deref()), (wanted, Some("a.gmrun")));
        assert_eq!(code(&engine.resume_run(None, &mut source, None)), Some(wanted));
    }
    assert!(!engine.is_busy());
}

/// Fields that came after the first version that saved runs: a run without them is read as it was meant.
#[test]
fn a_run_of_an_older_version_is_read_and_one_of_no_known_version_is_named() {
    const LATER_CONFIG: [&str; 8] = [
        "head",
        "turn_deg",
        "shift_share",
        "shear_deg",
        "zoom_share",
        "brightness",
        "contrast",
        "poses",
    ];
    const LATER_SESSION: [&str; 7] = [
        "health",
        "control",
        "repairs",
        "continued",
        "good",
        "good_step",
        "verdict",
    ];
    let mut engine = engine();
    drop_pairs(&mut engine, "", 1);
    block_on(engine.command(Command::Start { config: config() }));
    advance(&mut engine, at_step(7));
    let (bytes, _) = save(&mut engine);
    let mut source = bytes.as_slice();
    let mut file = RunFile::open(&mut source).expect("whole");
    let now = file.meta.clone();
    let drop = |meta: &mut serde_json::Value, place: &str, names: &[&str]| {
        let map = meta.pointer_mut(place).and_then(|v| v.as_object_mut()).expect("a map");
        for name in names {
            assert!(map.remove(*name).is_some(), "{place}/{name}");
        }
    };
    drop(&mut file.meta, "/about/config", &LATER_CONFIG);
    drop(&mut file.meta, "/session", &LATER_SESSION);
    let (session, about) = read_meta::<About>(&file).expect("read");
    assert_eq!((session.steps, about.config.steps), (7, 14.0));
    assert_eq!(about.config.augmentation, crate::protocol::Augmentation::Flips);
    // The classic head, whatever the usual one is by now.
    assert_eq!(about.config.head, crate::protocol::Head::TwoChannels);

    file.meta = now;
    drop(&mut file.meta, "/about/config", &["lr"]);
    let error = read_meta::<About>(&file).expect_err("a setting is missing");
    assert_eq!(run_fault(&error, None).code, FaultCode::RunOtherVersion);
}

fn classes(names: &[&str]) -> Command {
    let class = |(name, shade): (&&str, u8)| crate::protocol::ClassInfo {
        name: (*name).to_owned(),
        rgb: [shade, 9, 9],
    };
    Command::SetLabelClasses {
        classes: names.iter().zip(100..).map(class).collect(),
    }
}

#[test]
fn a_class_that_came_during_a_run_goes_along() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    let config = TrainConfig {
        class_weights: vec![1.0, 2.0],
        ..config()
    };
    block_on(first.command(Command::Start { config }));
    advance(&mut first, at_step(3));
    assert_eq!(save(&mut first).1.config.class_weights, [1.0, 2.0]);
    let events = block_on(first.command(classes(&["ground", "house", "road"])));
    assert_eq!(code(&events), None);
    let (bytes, saved) = save(&mut first);
    // They were those of two.
    assert!(saved.config.class_weights.is_empty());
    let mut second = engine();
    drop_pairs(&mut second, "", 7);
    assert_eq!(code(&second.resume_run(None, &mut bytes.as_slice(), None)), None);
    assert_eq!(second.data.set.classes().len(), 3);
    assert_eq!(second.data.set.mask_labels(0), first.data.set.mask_labels(0));
}

#[test]
fn a_classic_run_is_told_no_third_class() {
    let mut engine = engine();
    drop_pairs(&mut engine, "", 7);
    let config = TrainConfig {
        sampling: crate::data::batches::Sampling::Classic,
        ..config()
    };
    let events = block_on(engine.command(Command::Start { config }));
    assert_eq!(code(&events), None);
    let events = block_on(engine.command(classes(&["ground", "house", "road"])));
    assert_eq!(code(&events), Some(FaultCode::Busy));
    assert!(engine.data.set.classes().is_empty());
    // Names alone change nothing that it learns.
    assert_eq!(code(&block_on(engine.command(classes(&["ground", "house"])))), None);
}
