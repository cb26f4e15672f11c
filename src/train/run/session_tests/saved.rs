//! Runs that were saved and go on as if nothing had happened.

use pollster::block_on;
use serde_json::json;

use super::*;
use crate::{
    data::{
        batches::Sampling,
        builder::Builder,
        draw::{Draw, Stream},
    },
    formats::{raster::Raster, run_file::RunFile},
    model::{Architecture, read_weights},
    values::{
        Augmentation, BestBy, Calibration, Channels, ForegroundWeight, Head, Loss, NormStatistics, Schedule,
        TrainConfig,
    },
};

/// Of a run's weights and order.
fn seed() -> u32 {
    crate::checks::random::seed() as u32
}

/// A seed whose plain U-Net gives one grey, validation after validation.
const ENDS_ILL: u32 = 257_631_760;

/// Noise with a bright block, which is the mask.
fn data(seed: u32) -> Rc<Dataset> {
    let mut builder = Builder::default();
    for pair in 0..4u64 {
        let mut draw = Draw::new(seed, Stream::Scene, pair, 0);
        let (width, height) = (44 + draw.below(9), 40 + draw.below(9));
        let (x0, y0) = (draw.below(20), draw.below(20));
        let (mut image, mut mask) = (Vec::new(), Vec::new());
        for y in 0..height {
            for x in 0..width {
                let inside = (x0..x0 + 16).contains(&x) && (y0..y0 + 16).contains(&y);
                mask.push(if inside { 255 } else { 0 });
                image.extend((0..3).map(|_| (draw.below(90) + if inside { 140 } else { 20 }) as u8));
            }
        }
        let raster = |bands, samples| Raster::from_u8(width as u32, height as u32, bands, samples).expect("a raster");
        builder.add_raster(&format!("images/{pair}.png"), raster(3, image));
        builder.add_raster(&format!("masks/{pair}.png"), raster(1, mask));
    }
    Rc::new(builder.finish())
}

fn raw(architecture: Architecture, keep_best: BestBy, seed: u32) -> TrainConfig {
    TrainConfig {
        architecture,
        base: 4.0,
        depth: 2.0,
        head: Head::TwoChannels,
        channels: Channels::Rgb,
        tile_px: 32.0,
        sampling: Sampling::Crop,
        batch: 2.0,
        epochs: 1.0,
        steps_per_epoch: 4.0,
        steps: 20.0,
        lr: 3e-3,
        loss: Loss::BceDice,
        foreground_weight: ForegroundWeight::Auto,
        augmentation: Augmentation::Strong,
        dropout: 0.25,
        validate_every: 6.0,
        keep_best,
        seed: f64::from(seed),
        val_share: 0.25,
        schedule: Schedule::Cosine,
        warmup_steps: 0.0,
        patience: 0.0,
        class_weights: Vec::new(),
        norm_statistics: NormStatistics::Adaptive,
        ..TrainConfig::default()
    }
}

fn settings(architecture: Architecture, keep_best: BestBy, seed: u32) -> Settings {
    Settings::checked(&raw(architecture, keep_best, seed), 1, |_, _| 4).expect("usable")
}

fn session(settings: &Settings, data: &Rc<Dataset>) -> Session {
    let pairs = (vec![0, 1, 2], vec![3]);
    Session::new(settings.clone(), data.clone(), pairs.0, pairs.1, Device::flex(), true).expect("a session")
}

fn restored(settings: &Settings, data: &Rc<Dataset>, bytes: &[u8]) -> Result<Session, StateError> {
    let mut source = bytes;
    let mut file = RunFile::open(&mut source)?;
    file.verify()?;
    Session::restore(
        settings.clone(),
        data.clone(),
        vec![0, 1, 2],
        vec![3],
        Device::flex(),
        true,
        &mut file,
    )
}

fn save(session: &mut Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = block_on(session.save(&mut bytes, &json!({"name": "test"}), Vec::new())).expect("saved");
    assert_eq!(length, bytes.len() as u64);
    bytes
}

/// Goes on until `stop` says so after a slice, or to the end.
fn advance(session: &mut Session, stop: impl Fn(&Session) -> bool) {
    while session.ended().is_none() && !stop(session) {
        block_on(session.advance(0.0, &|| 0.0)).expect("a slice");
    }
}

/// All that two runs must have in common, as bits.
fn outcome(session: Session) -> (Vec<u64>, String, Vec<u32>, Vec<u32>) {
    let bits = |model: &UNet| {
        let tensors = block_on(read_weights(model)).expect("weights");
        tensors
            .iter()
            .flat_map(|t| t.values.iter().map(|v| v.to_bits()))
            .collect::<Vec<_>>()
    };
    let losses = session.losses().iter().map(|l| l.to_bits()).collect();
    let figures = format!("{:?} {:?}", session.validations(), session.best_state());
    let last = bits(session.model());
    (losses, figures, last, bits(session.best_model().expect("weights").0))
}

#[test]
fn the_same_seed_gives_the_same_run_bit_for_bit() {
    let seed = seed();
    let (data, settings) = (
        data(seed),
        settings(Architecture::UnetNorm, BestBy::ValidationIou, seed),
    );
    let run = |settings: &Settings| {
        let mut session = session(settings, &data);
        advance(&mut session, |_| false);
        outcome(session)
    };
    let first = run(&settings);
    assert_eq!(first.0.len(), 20);
    assert!(first == run(&settings), "two runs of seed {seed} differ");
    let other = Settings {
        seed: seed.wrapping_add(1),
        ..settings
    };
    assert_ne!(first.0, run(&other).0, "the seed does nothing");
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one_bit_for_bit() {
    let fresh = seed();
    for (architecture, keep_best, seed) in [
        (Architecture::UnetNorm, BestBy::ValidationIou, fresh),
        (Architecture::Unet, BestBy::TrainingLoss, fresh),
        // Ends as ill at its third validation, before the last step; when read back it went on.
        (Architecture::Unet, BestBy::TrainingLoss, ENDS_ILL),
    ] {
        let data = data(seed);
        let settings = settings(architecture, keep_best, seed);
        let mut whole = session(&settings, &data);
        advance(&mut whole, |_| false);
        let wanted = outcome(whole);
        assert!(wanted.0.len() < 20 || seed != ENDS_ILL, "the seed has lost its point");
        // Before the first step, in the middle, in the middle of a validation, at the end; and all in one run.
        let places: [fn(&Session) -> bool; 4] = [
            |_| true,
            |s| s.steps() == 7,
            |s| s.steps() == 12 && s.is_validating(),
            |s| s.steps() == 20 && !s.is_validating(),
        ];
        let mut chain = session(&settings, &data);
        for (number, place) in places.iter().enumerate() {
            let mut cut = session(&settings, &data);
            advance(&mut cut, place);
            let mut resumed = restored(&settings, &data, &save(&mut cut)).expect("restored");
            drop(cut);
            assert_eq!(resumed.is_validating(), number == 2);
            advance(&mut resumed, |_| false);
            assert!(
                outcome(resumed) == wanted,
                "{architecture:?}, place {number}, seed {seed}"
            );
            advance(&mut chain, place);
            chain = restored(&settings, &data, &save(&mut chain)).expect("restored");
        }
        advance(&mut chain, |_| false);
        assert!(
            outcome(chain) == wanted,
            "{architecture:?}, resumed four times, seed {seed}"
        );
    }
}

#[test]
fn what_is_beside_the_session_is_read_back() {
    let (data, settings) = (data(1), settings(Architecture::UnetSmall, BestBy::ValidationIou, 1));
    let mut session = session(&settings, &data);
    advance(&mut session, |s| s.steps() == 7);
    let bytes = save(&mut session);
    let mut source = bytes.as_slice();
    let file = RunFile::open(&mut source).expect("a run file");
    let (state, about) = read_meta::<serde_json::Value>(&file).expect("its meta");
    assert_eq!((state.steps, state.validations.len()), (7, 1));
    assert_eq!(about, json!({"name": "test"}));
}

#[test]
fn damage_and_another_network_are_named_and_restore_nothing() {
    let (data, settings) = (data(1), settings(Architecture::UnetNorm, BestBy::ValidationIou, 1));
    let mut session = session(&settings, &data);
    advance(&mut session, |s| s.steps() == 7);
    let bytes = save(&mut session);
    for cut in (0..bytes.len()).step_by(bytes.len() / 60) {
        assert!(
            matches!(restored(&settings, &data, &bytes[..cut]), Err(StateError::File(_))),
            "cut at {cut}"
        );
    }
    for at in (0..bytes.len()).step_by(bytes.len() / 90) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(
            matches!(restored(&settings, &data, &flipped), Err(StateError::File(_))),
            "bit at {at}"
        );
    }
    let wider = TrainConfig {
        base: 8.0,
        ..raw(Architecture::UnetNorm, BestBy::ValidationIou, 1)
    };
    let error = restored(&Settings::checked(&wider, 1, |_, _| 4).expect("usable"), &data, &bytes)
        .err()
        .map(|e| e.to_string());
    assert!(
        error.as_deref().is_some_and(|e| e.contains("has the shape")),
        "{error:?}"
    );
}

#[test]
fn weights_that_are_not_finite_are_not_saved() {
    let (data, settings) = (data(1), settings(Architecture::Unet, BestBy::ValidationIou, 1));
    let mut session = session(&settings, &data);
    session
        .learner
        .trainer_mut()
        .model_mut()
        .update_parameters(|number, tensor| if number == 3 { tensor * f32::NAN } else { tensor });
    let saved = block_on(session.save(&mut Vec::new(), &json!({}), Vec::new()));
    assert!(matches!(saved, Err(StateError::NotFinite(_))), "{saved:?}");
}

#[test]
fn the_weights_to_fall_back_on_are_read_back() {
    let data = data(1);
    let raw = TrainConfig {
        validate_every: 20.0,
        ..raw(Architecture::UnetNorm, BestBy::ValidationIou, 1)
    };
    let settings = Settings::checked(&raw, 1, |_, _| 4).expect("usable");
    let mut first = session(&settings, &data);
    advance(&mut first, |s| s.steps() == 13);
    assert!(first.best_state().is_none());
    let bits = |model: &UNet| {
        let tensors = block_on(read_weights(model)).expect("weights");
        tensors
            .iter()
            .flat_map(|t| t.values.iter().map(|v| v.to_bits()))
            .collect::<Vec<_>>()
    };
    let (fallback, step) = first
        .learner
        .checkpoint()
        .sound()
        .expect("some are kept every ten steps");
    assert_eq!(step, 10);
    let kept = bits(fallback);
    assert_ne!(kept, bits(first.model()));
    let mut second = restored(&settings, &data, &save(&mut first)).expect("restored");
    let (fallback, step) = second.learner.checkpoint().sound().expect("they were saved");
    assert_eq!((bits(fallback), step), (kept, 10));
    // Weights brought along are sound from the start.
    let mut third = session(&settings, &data);
    assert!(third.start_from(first.model()) && third.is_continued());
    assert_eq!(
        bits(third.learner.checkpoint().sound().expect("kept").0),
        bits(first.model())
    );
    // Once there are best weights nobody needs them.
    advance(&mut second, |_| false);
    let resumed = restored(&settings, &data, &save(&mut second)).expect("restored");
    assert!(resumed.best_state().is_some() && resumed.learner.checkpoint().sound().is_none());
}

#[test]
fn of_very_many_validations_some_are_saved_and_the_last_always() {
    let (data, settings) = (data(1), settings(Architecture::UnetSmall, BestBy::ValidationIou, 1));
    let mut session = session(&settings, &data);
    advance(&mut session, |s| !s.validations().is_empty());
    let one = session.validations()[0].clone();
    let many = (1..=9001).map(|step| ValidationFigures { step, ..one.clone() });
    session.validator = Validator::restore(many.collect(), 9001);
    let resumed = restored(&settings, &data, &save(&mut session)).expect("restored");
    let steps: Vec<u32> = resumed.validations().iter().map(|v| v.step).collect();
    assert_eq!((steps.len(), steps.last()), (3001, Some(&9001)));
    assert!(steps.is_sorted());
}

/// The weights kept are those whose IoU at their own best threshold is the largest of all validations; the threshold and
/// the curve come back with the run.
#[test]
fn the_best_threshold_decides_and_is_read_back() {
    let (data, mut settings) = (data(3), settings(Architecture::UnetNorm, BestBy::ValidationIou, 3));
    settings.calibration = Calibration::Off;
    let mut run = session(&settings, &data);
    advance(&mut run, |_| false);
    let at = |v: &ValidationFigures| v.validation.as_ref().expect("a pair is held back").clone();
    let largest = run.validations().iter().filter_map(|v| at(v).iou).fold(0.0, f64::max);
    let point = run.operating_point().expect("chosen");
    assert!(point.held_out);
    assert!(point.iou.is_some_and(|iou| (iou - largest).abs() < 1e-6));
    assert_eq!(point.curve.len(), 99);
    let kept = run
        .validations()
        .iter()
        .find(|v| v.best && v.step == run.best_state().expect("best").step);
    assert_eq!(kept.and_then(|v| at(v).threshold), Some(point.threshold));
    let resumed = restored(&settings, &data, &save(&mut run)).expect("restored");
    assert_eq!(resumed.operating_point(), Some(point));
}

/// Calibrated maps are cut elsewhere, with all but the same IoU; how they are calibrated comes back with the run.
#[test]
fn a_calibrated_run_keeps_its_masks_and_is_read_back() {
    let (data, settings) = (data(3), settings(Architecture::UnetNorm, BestBy::ValidationIou, 3));
    let mut run = session(&settings, &data);
    advance(&mut run, |_| false);
    let before = run
        .best_state()
        .and_then(|best| best.validation?.iou)
        .expect("a pair is held back");
    let point = run.operating_point().expect("chosen");
    assert!(point.calibration.is_some() && point.held_out);
    assert!(
        point.iou.is_some_and(|iou| (iou - before).abs() < 0.01),
        "{before} {point:?}"
    );
    let resumed = restored(&settings, &data, &save(&mut run)).expect("restored");
    assert_eq!(resumed.operating_point(), Some(point));
}

/// The original pipeline cuts at even odds, and so are its figures taken.
#[test]
fn the_classic_pipeline_is_judged_at_even_odds() {
    let data = data(1);
    let classic = TrainConfig {
        sampling: Sampling::Classic,
        channels: Channels::Grey,
        tile_px: 256.0,
        steps: 2.0,
        validate_every: 2.0,
        ..raw(Architecture::UnetNorm, BestBy::TrainingLoss, 1)
    };
    let mut run = session(&Settings::checked(&classic, 1, |_, _| 4).expect("usable"), &data);
    advance(&mut run, |_| false);
    assert_eq!(
        run.operating_point().map(|p| p.threshold),
        Some(crate::train::EVEN_ODDS)
    );
}
