//! Runs that are saved and gone on with by another engine.

use pollster::block_on;

use super::*;
use crate::{
    data::draw::{Draw, Stream},
    formats::{grey8_png, rgba8_png},
    protocol::{Command, DataSource, DeviceChoice, EndReason, MaskRule, Preset, Purpose, RunFigures},
};

fn engine() -> Engine {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let device = DeviceChoice::Cpu;
    let events = block_on(engine.command(Command::Init {
        device,
        calibration: None,
    }));
    assert!(matches!(events.as_slice(), [Event::Device(_)]), "{events:?}");
    engine
}

/// Drops four pairs of noise with a bright block under a folder.
fn drop_pairs(engine: &mut Engine, folder: &str, seed: u32) -> String {
    for pair in 0..4u64 {
        let mut draw = Draw::new(seed, Stream::Scene, pair, 0);
        let (side, at) = (40u32, draw.below(20) as u32);
        let inside = |i: u32| (at..at + 16).contains(&(i % side)) && (at..at + 16).contains(&(i / side));
        let mask: Vec<u8> = (0..side * side).map(|i| if inside(i) { 255 } else { 0 }).collect();
        let mut pixel = |i| {
            let grey = (draw.below(90) + if inside(i) { 140 } else { 20 }) as u8;
            [grey, grey / 2, 255 - grey, 255]
        };
        let image: Vec<u8> = (0..side * side).flat_map(&mut pixel).collect();
        let files = [
            ("images", rgba8_png(&image, side, side)),
            ("masks", grey8_png(&mask, side, side)),
        ];
        for (kind, bytes) in files {
            let (path, bytes) = (format!("{folder}{kind}/{pair}.png"), bytes.expect("a PNG"));
            let purpose = Purpose::Train;
            block_on(engine.command(Command::AddFile { path, bytes, purpose }));
        }
    }
    let purpose = Purpose::Train;
    match block_on(engine.command(Command::FilesDone { purpose })).as_slice() {
        [Event::Dataset(data)] => data.fingerprint.clone(),
        events => panic!("{events:?}"),
    }
}

fn config() -> TrainConfig {
    TrainConfig {
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        batch: 2.0,
        steps: 14.0,
        validate_every: 5.0,
        val_share: 0.25,
        ..TrainConfig::of(Preset::Balanced)
    }
}

fn advance(engine: &mut Engine, done: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut all = Vec::new();
    while engine.is_busy() {
        let events = block_on(engine.advance(0.0));
        let stop = events.iter().any(&done);
        all.extend(events);
        if stop {
            break;
        }
    }
    all
}

fn at_step(wanted: u32) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Step(report) if report.figures.step == wanted)
}

fn the_end(events: &[Event]) -> RunFigures {
    let end = events.iter().find_map(|e| {
        if let Event::RunEnded(end) = e {
            Some(end.figures.clone())
        } else {
            None
        }
    });
    end.expect("an end")
}

fn losses(events: &[Event]) -> Vec<[f64; 2]> {
    let step = |e: &Event| {
        if let Event::Step(s) = e {
            Some([f64::from(s.figures.step), s.figures.loss])
        } else {
            None
        }
    };
    events.iter().filter_map(step).collect()
}

fn save(engine: &mut Engine) -> (Vec<u8>, SavedRun) {
    let mut bytes = Vec::new();
    let (_, saved) = block_on(engine.save_run(3.0, 1e12, &mut bytes));
    (bytes, saved.expect("saved"))
}

/// What another engine tells of a saved run of which no step is left.
fn ended_elsewhere(bytes: &[u8]) -> Vec<Event> {
    let mut engine = engine();
    drop_pairs(&mut engine, "", 7);
    assert_eq!(code(&engine.resume_run(None, &mut &*bytes, None)), None);
    let events = advance(&mut engine, |_| false);
    assert!(losses(&events).is_empty(), "no step is left");
    events
}

fn code(events: &[Event]) -> Option<FaultCode> {
    events
        .iter()
        .find_map(|e| if let Event::Fault(f) = e { Some(f.code) } else { None })
}

#[test]
fn another_engine_goes_on_with_the_same_losses() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    // A rule and an exclusion that the suggested ones are not.
    let rule = MaskRule::NotBlack { invert: false };
    block_on(first.command(Command::SetMaskRule { rule: rule.clone() }));
    let (pairs, excluded) = (vec![2], true);
    block_on(first.command(Command::SetExcluded { pairs, excluded }));
    block_on(first.command(Command::Start { config: config() }));
    let mut before = advance(&mut first, at_step(7));
    let (bytes, saved) = save(&mut first);
    assert_eq!(
        (saved.step, saved.steps_total, saved.number, saved.data.pairs),
        (7, 14, 3.0, 3)
    );
    assert_eq!(
        (saved.data.source, saved.bytes as usize),
        (DataSource::Files, bytes.len())
    );
    assert_eq!(saved.config, config());
    let described = Engine::describe_run(None, &mut bytes.as_slice()).expect("whole");
    assert_eq!(described, saved);
    let after = advance(&mut first, |_| false);
    before.extend(after);

    let mut second = engine();
    assert_eq!(
        code(&second.resume_run(None, &mut bytes.as_slice(), None)),
        Some(FaultCode::RunOtherData)
    );
    drop_pairs(&mut second, "", 8);
    assert_eq!(
        code(&second.resume_run(None, &mut bytes.as_slice(), None)),
        Some(FaultCode::RunOtherData)
    );
    let purpose = Purpose::Train;
    block_on(second.command(Command::Clear { purpose }));
    // The same pixels under another folder are the same data.
    assert_eq!(drop_pairs(&mut second, "again/", 7), saved.data.fingerprint);
    let mut events = second.resume_run(None, &mut bytes.as_slice(), None);
    let dataset = events.iter().find_map(|e| {
        if let Event::Dataset(d) = e {
            Some(d.clone())
        } else {
            None
        }
    });
    let dataset = dataset.expect("rule and exclusions come back");
    assert_eq!(dataset.rule, rule);
    assert_eq!(
        dataset.pairs.iter().map(|p| p.excluded).collect::<Vec<_>>(),
        [false, false, true, false]
    );
    let resumed = events.iter().find_map(|e| match e {
        Event::RunResumed {
            step,
            losses,
            validations,
            ..
        } => Some((*step, losses.clone(), validations.len())),
        _ => None,
    });
    let (step, mut all_losses, validations) = resumed.expect("resumed");
    assert_eq!((step, all_losses.len(), validations), (7, 7, 1));
    events = advance(&mut second, |_| false);
    all_losses.extend(losses(&events));
    assert_eq!(
        all_losses,
        losses(&before),
        "losses of the resumed and the uninterrupted run"
    );
    let (resumed, whole) = (the_end(&events), the_end(&before));
    assert_eq!(resumed.loss_last, whole.loss_last);
    assert_eq!((resumed.best_step, resumed.steps), (whole.best_step, whole.steps));
    assert_eq!(format!("{:?}", resumed.validation), format!("{:?}", whole.validation));
}

#[test]
fn a_run_that_has_ended_is_kept_until_it_is_released_and_gives_its_model_back() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    assert!(!first.can_save());
    block_on(first.command(Command::Start { config: config() }));
    let end = the_end(&advance(&mut first, |_| false));
    let (bytes, saved) = save(&mut first);
    assert_eq!((saved.step, saved.best_step), (14, Some(end.best_step)));
    assert_eq!(saved.ended, Some(EndReason::Finished));
    first.release_run();
    assert!(!first.can_save());
    let (_, nothing) = block_on(first.save_run(4.0, 0.0, &mut Vec::new()));
    assert_eq!(nothing.expect_err("nothing to save").code, FaultCode::NotRunning);
    let events = ended_elsewhere(&bytes);
    assert!(events.iter().any(|e| matches!(e, Event::Model { model: Some(_) })));
}

fn the_model(events: &[Event]) -> crate::protocol::ModelInfo {
    let models = events.iter().rev().find_map(|e| match e {
        Event::Model { model } => model.clone(),
        _ => None,
    });
    models.expect("a model")
}

/// A colleague who loads the file, and the same person after reopening the page, cut where the one who trained did.
#[test]
fn the_threshold_goes_along_in_runs_and_models() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    block_on(first.command(Command::Start { config: config() }));
    let events = advance(&mut first, |_| false);
    let point = the_model(&events)
        .operating_point
        .expect("chosen on the pair that is held back");
    assert!(point.calibration.is_some());
    // The run's figures are of its maps as they were; calibrated ones are cut elsewhere, with all but the same masks.
    let before = the_end(&events).validation.and_then(|m| m.iou);
    let differ = before.zip(point.iou).map(|(a, b)| (a - b).abs());
    assert!(differ.is_some_and(|by| by < 0.01), "{differ:?}");
    let (bytes, saved) = save(&mut first);
    assert_eq!(saved.best_threshold, Some(point.threshold));
    assert_eq!(saved.best_iou, before);
    assert_eq!(the_model(&ended_elsewhere(&bytes)).operating_point, Some(point.clone()));
    let export = Command::ExportModel {
        format: crate::protocol::ModelFormat::Safetensors,
        threshold: 0.5,
        name: None,
    };
    let made = block_on(first.command(export));
    let [Event::File { bytes, .. }] = made.as_slice() else {
        panic!("{made:?}")
    };
    let name = "model.safetensors".to_owned();
    let load = Command::LoadModel {
        name,
        bytes: bytes.clone(),
    };
    let loaded = block_on(engine().command(load));
    assert_eq!(the_model(&loaded).operating_point, Some(point));
}

#[test]
fn a_state_of_the_last_step_whose_validation_is_still_ahead_comes_to_the_same_end() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    block_on(first.command(Command::Start { config: config() }));
    advance(&mut first, at_step(14));
    let (bytes, saved) = save(&mut first);
    assert_eq!((saved.step, saved.ended), (14, None));
    let whole = the_end(&advance(&mut first, |_| false));
    let events = ended_elsewhere(&bytes);
    let end = the_end(&events);
    assert_eq!((end.steps, end.best_step), (14, whole.best_step));
    assert_eq!(format!("{:?}", end.validation), format!("{:?}", whole.validation));
}

#[test]
fn a_run_stopped_in_a_validation_goes_on_with_it() {
    let mut first = engine();
    drop_pairs(&mut first, "", 7);
    block_on(first.command(Command::Start { config: config() }));
    advance(&mut first, at_step(14));
    let (bytes, _) = save(&mut first);
    block_on(first.command(Command::Stop));
    let (stopped, saved) = save(&mut first);
    assert_eq!(saved.ended, Some(EndReason::Stopped));
    let [whole, end] = [bytes, stopped].map(|bytes| the_end(&ended_elsewhere(&bytes)));
    assert!(end.validation.is_some());
    assert_eq!((end.steps, end.best_step), (whole.steps, whole.best_step));
    assert_eq!(format!("{:?}", end.validation), format!("{:?}", whole.validation));
}

#[path = "resume_file_tests.rs"]
mod files;
