//! Faults put into a run on purpose: each is seen, and what can be mended is.

use std::rc::Rc;

use burn::tensor::Device;

use super::*;
use crate::{
    data::{augment::Augmentation, batches::Sampling, builder::Builder, dataset::Dataset, preprocess::Channels},
    formats::raster::Raster,
    model::{Architecture, LossKind, NamedTensor, read_weights, write_weights},
    train::{EndReason, Ended, KeepBest, NormStatistics, RawSettings, Schedule},
};

const SIDE: u32 = 96;

/// Squares on darker ground under noise of `32 - noise_shift` bits, as image and mask.
fn squares(bright: u8, dark: u8, noise_shift: u32) -> Rc<Dataset> {
    let mut builder = Builder::default();
    for k in 0..4u32 {
        let square = |i: u32| (i % SIDE / 12 + i / SIDE / 12 + k).is_multiple_of(3);
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761 + k) >> noise_shift) as u8;
        let image = (0..SIDE * SIDE)
            .map(|i| if square(i) { bright } else { dark } + noise(i))
            .collect();
        let mask = (0..SIDE * SIDE).map(|i| if square(i) { 255 } else { 0 }).collect();
        let raster = |values| Raster::from_u8(SIDE, SIDE, 1, values).expect("a raster");
        builder.add_raster(&format!("image/{k}.png"), raster(image));
        builder.add_raster(&format!("label/{k}.png"), raster(mask));
    }
    Rc::new(builder.finish())
}

fn data() -> Rc<Dataset> {
    squares(190, 60, 27)
}

/// Faint texture, as much imagery has: here unlucky weights leave the seed's head without a single positive value.
fn faint() -> Rc<Dataset> {
    squares(118, 100, 29)
}

/// The seed's own settings but for size: no batch normalisation, Adam 1e-4, plain cross-entropy, dropout, lowest loss kept.
fn seed_like(seed: u32) -> RawSettings {
    RawSettings {
        architecture: Architecture::Unet,
        base: 4.0,
        depth: 4.0,
        channels: Channels::Grey,
        tile_px: 48.0,
        sampling: Sampling::Crop,
        batch: 2.0,
        epochs: 1.0,
        steps_per_epoch: 50.0,
        steps: 0.0,
        lr: 1e-4,
        loss: LossKind::Bce,
        weigh_foreground: false,
        augmentation: Augmentation::Seed,
        dropout: 0.5,
        validate_every: 50.0,
        keep_best: KeepBest::TrainingLoss,
        seed: f64::from(seed),
        val_share: 0.0,
        schedule: Schedule::Constant,
        warmup_steps: 0.0,
        patience: 0.0,
        clip_norm: 0.0,
        class_weights: Vec::new(),
        norm_statistics: NormStatistics::Keras,
        classes: 1,
    }
}

/// A network small and quick enough to learn the squares in a few dozen steps.
fn quick(seed: u32) -> RawSettings {
    RawSettings {
        depth: 2.0,
        tile_px: 32.0,
        steps: 120.0,
        lr: 3e-3,
        dropout: 0.0,
        validate_every: 10.0,
        keep_best: KeepBest::ValidationIou,
        ..seed_like(seed)
    }
}

fn session(raw: &RawSettings, data: &Rc<Dataset>) -> Session {
    let settings = raw.check(|_, _| 50).expect("usable settings");
    Session::new(settings, data.clone(), vec![0, 1, 2], vec![3], Device::flex(), true).expect("a session")
}

fn look(session: &Session) -> Look {
    let look = pollster::block_on(session.look()).expect("a device");
    look.expect("the images show something")
}

/// Runs until `steps` or the end; gives what was told.
fn advance(session: &mut Session, steps: u32) -> Vec<SessionEvent> {
    let mut told = Vec::new();
    while session.ended.is_none() && session.steps() < steps {
        told.extend(pollster::block_on(session.advance(0.0, &|| 0.0)).expect("a device"));
    }
    told
}

fn to_end(session: &mut Session) -> Vec<SessionEvent> {
    let mut told = Vec::new();
    while session.ended.is_none() {
        told.extend(pollster::block_on(session.advance(0.0, &|| 0.0)).expect("a device"));
    }
    told
}

fn end(told: &[SessionEvent]) -> Ended {
    let found = told.iter().find_map(|e| match e {
        SessionEvent::Ended(end) => Some(end.clone()),
        _ => None,
    });
    found.expect("the run ended")
}

fn mended(told: &[SessionEvent]) -> Vec<(u32, u32)> {
    let all = told.iter().filter_map(|e| match e {
        SessionEvent::Mended { step, tries, .. } => Some((*step, *tries)),
        _ => None,
    });
    all.collect()
}

/// Changes weights by name.
fn poison(session: &mut Session, change: impl Fn(&mut NamedTensor)) {
    let model = &mut session.trainer.model;
    let mut tensors = pollster::block_on(read_weights(model)).expect("weights");
    tensors.iter_mut().for_each(change);
    write_weights(model, &tensors).expect("they fit");
}

fn fill(name: &'static str, value: f32) -> impl Fn(&mut NamedTensor) {
    move |t| {
        if t.name == name {
            t.values.fill(value);
        }
    }
}

fn is_finite(session: Session) -> bool {
    let (model, _) = session.best_model().expect("some weights are sound");
    let kept = pollster::block_on(read_weights(model)).expect("weights");
    kept.iter().all(|t| t.values.iter().all(|v| v.is_finite()))
}

/// The first ten seeds for which fewer than one pixel in a hundred of [`faint`] gets through the head.
const UNLUCKY: [u32; 10] = [35, 38, 319, 376, 398, 473, 554, 605, 875, 931];

/// Ten seeds whose classic network gives one grey: left alone it stays so, mended none does.
#[test]
fn ten_of_ten_unlucky_seeds_are_mended() {
    let data = faint();
    let is_grey = |look: Look| look.flat || look.alive < 0.01;
    for seed in UNLUCKY {
        assert!(is_grey(look(&session(&seed_like(seed), &data))), "seed {seed}");
    }
    let mut grey_for_ever = 0;
    for seed in UNLUCKY {
        let mut left_alone = session(&seed_like(seed), &data);
        let mut losses = Vec::new();
        for step in 0..50 {
            let cpu = make_batch(&data, &[0, 1, 2], &left_alone.spec, step, 2);
            let told = left_alone.trainer.step(Batch::upload(cpu, 1, &Device::flex()));
            losses.push(pollster::block_on(read(told)).expect("a loss")[0]);
        }
        let alone = look(&left_alone);
        let mut session = session(&seed_like(seed), &data);
        let told = to_end(&mut session);
        let (mended, end) = (mended(&told), end(&told));
        let after = look(&session);
        println!(
            "seed {seed}: alone {alone:?}, loss {:.4} -> {:.4}; mended {mended:?}, {after:?}, loss {:.4} -> {:.4}",
            losses[0], losses[49], end.loss_first, end.loss_last
        );
        grey_for_ever += u32::from(alone.flat || alone.alive < 0.1);
        assert_eq!(mended.first().map(|m| m.0), Some(0), "said before the first step");
        assert_eq!(end.reason, EndReason::Finished);
        assert!(!after.flat && after.alive > ALIVE_AT_START, "{after:?}");
        assert!(end.loss_last < end.loss_first);
    }
    // Left alone, a few pixels at the edge may get through in time; nearly all stay grey.
    assert!(grey_for_ever >= 7, "{grey_for_ever} of 10");
}

/// The seed at its own width, 31 million weights, on tiles small enough to wait for.
fn full_width(seed: u32) -> RawSettings {
    RawSettings {
        base: 64.0,
        tile_px: 32.0,
        steps: 12.0,
        validate_every: 6.0,
        ..seed_like(seed)
    }
}

/// Ten seeds for which fewer than one pixel in twenty of [`faint`] gets through the head at full width; about one in
/// thirty is, as `search_for_unlucky_seeds` finds.
const UNLUCKY_AT_FULL_WIDTH: [u32; 10] = [19, 81, 83, 86, 104, 152, 163, 219, 281, 290];

/// The variable SEEDS, `from-to` without the end.
fn seeds_asked() -> Option<std::ops::Range<u32>> {
    let given = std::env::var("SEEDS").ok()?;
    let (from, to) = given.split_once('-')?;
    Some(from.parse().ok()?..to.parse().ok()?)
}

#[test]
#[ignore = "two seconds a seed; the variable SEEDS says which"]
fn search_for_unlucky_seeds() {
    let data = faint();
    for seed in seeds_asked().unwrap_or(1..100) {
        let look = look(&session(&full_width(seed), &data));
        if look.is_dead(true, false) {
            println!("seed {seed}: {look:?}");
        }
    }
}

/// `cargo test --profile fast --package groundmask --lib -- --ignored --nocapture at_full_width`; SEEDS runs a part.
#[test]
#[ignore = "half an hour: ten runs of 31 million weights"]
fn ten_of_ten_unlucky_seeds_are_mended_at_full_width() {
    let data = faint();
    let asked = seeds_asked().unwrap_or(0..u32::MAX);
    for seed in UNLUCKY_AT_FULL_WIDTH.into_iter().filter(|seed| asked.contains(seed)) {
        let mut session = session(&full_width(seed), &data);
        let before = look(&session);
        assert!(before.is_dead(true, false), "seed {seed}: {before:?}");
        let told = to_end(&mut session);
        let (mended, end, after) = (mended(&told), end(&told), look(&session));
        println!(
            "seed {seed}: {before:?}; mended {mended:?}, {after:?}, loss {:.4} -> {:.4}",
            end.loss_first, end.loss_last
        );
        assert_eq!(mended.first().map(|m| m.0), Some(0), "said before the first step");
        assert_eq!(end.reason, EndReason::Finished);
        assert!(!after.flat && after.alive > ALIVE_AT_START, "{after:?}");
    }
}

/// A good model's head may well be silent on a batch with nothing to find: weights that somebody brought stay theirs.
#[test]
fn weights_brought_along_are_never_replaced() {
    let data = faint();
    let silent = session(&seed_like(UNLUCKY[0]), &data);
    let mut going_on = session(&seed_like(1), &data);
    assert!(going_on.start_from(silent.model()));
    let told = advance(&mut going_on, 12);
    assert_eq!(mended(&told), []);
}

#[test]
fn weights_that_are_no_numbers_are_not_taken_for_a_dead_head() {
    let data = data();
    let mut run = session(&quick(1), &data);
    advance(&mut run, 5);
    poison(&mut run, |t| t.values.fill(f32::NAN));
    let told = to_end(&mut run);
    assert_eq!(end(&told).reason, EndReason::Ill(Ailment::NotFinite));
    assert_eq!(mended(&told), []);
    assert!(is_finite(run));
}

#[test]
fn mending_is_the_same_every_time() {
    let data = faint();
    let unlucky = (1..400)
        .find(|s| look(&session(&seed_like(*s), &data)).is_dead(true, false))
        .expect("one seed is");
    let losses = || {
        let mut session = session(&seed_like(unlucky), &data);
        advance(&mut session, 8);
        session.losses.clone()
    };
    assert_eq!(losses(), losses());
}

/// A healthy run is left alone: no weights are replaced, and it ends as it should.
#[test]
fn a_healthy_run_is_not_disturbed() {
    let data = data();
    let lucky = (1..50)
        .find(|s| look(&session(&quick(*s), &data)).alive > 0.9)
        .expect("most seeds are");
    let mut session = session(&quick(lucky), &data);
    let told = to_end(&mut session);
    assert_eq!(mended(&told), []);
    let end = end(&told);
    assert_eq!(end.reason, EndReason::Finished);
    println!("IoU {:?}", end.validation);
    assert!(end.loss_last < 0.5 * end.loss_first);
}

#[test]
fn a_head_that_dies_on_the_way_is_mended_and_learns_on() {
    let data = data();
    let mut session = session(&quick(3), &data);
    advance(&mut session, 33);
    poison(&mut session, fill("head.conv.bias", -1e3));
    let told = to_end(&mut session);
    let (mended, end) = (mended(&told), end(&told));
    println!("{mended:?}, loss {:.3} -> {:.3}", end.loss_first, end.loss_last);
    assert_eq!(mended.len(), 1);
    assert!((33..=50).contains(&mended[0].0), "{mended:?}");
    assert_eq!(end.reason, EndReason::Finished);
    assert!(!look(&session).flat);
    assert!(end.loss_last < 0.7 * end.loss_first);
}

#[test]
fn a_rate_that_is_no_number_ends_the_run_at_sound_weights() {
    let data = data();
    for steps in [4, 25] {
        let mut session = session(&quick(3), &data);
        advance(&mut session, steps);
        session.settings.lr = f64::NAN;
        let end = end(&to_end(&mut session));
        assert_eq!(end.reason, EndReason::Ill(Ailment::NotFinite));
        assert!(end.steps <= steps + 11, "{} after {steps}", end.steps);
        assert!(is_finite(session));
    }
}

/// ReLUs turn NaN into 0: the loss stays a number, the weights are none.
#[test]
fn a_weight_that_is_no_number_is_seen_behind_a_finite_loss() {
    let data = data();
    let mut session = session(&quick(3), &data);
    advance(&mut session, 25);
    poison(&mut session, |t| {
        if t.name == "enc2.conv1.weight" {
            t.values[0] = f32::NAN;
        }
    });
    let end = end(&to_end(&mut session));
    assert_eq!(end.reason, EndReason::Ill(Ailment::NotFinite));
    assert!(end.steps <= 41);
    assert!(is_finite(session));
}

#[test]
fn a_loss_that_explodes_ends_the_run_at_its_best() {
    let data = data();
    let mut session = session(
        &RawSettings {
            steps: 300.0,
            ..quick(3)
        },
        &data,
    );
    advance(&mut session, 45);
    let best = session.best.as_ref().map(|b| b.step);
    assert!(best.is_some());
    // Large logits of the wrong sign, and no way back.
    poison(&mut session, |t| {
        if t.name.starts_with("out.") {
            t.values.iter_mut().for_each(|v| *v *= -300.0);
        }
    });
    session.settings.lr = 0.0;
    let told = to_end(&mut session);
    let end = end(&told);
    assert_eq!(end.reason, EndReason::Ill(Ailment::Diverged));
    assert!(end.steps < 120, "{}", end.steps);
    assert!(is_finite(session));
}

#[test]
fn one_answer_for_every_pixel_ends_the_run() {
    let data = data();
    let mut session = session(&quick(3), &data);
    poison(&mut session, |t| {
        if t.name == "out.weight" {
            t.values.iter_mut().for_each(|v| *v *= 1e-2);
        }
        if t.name == "out.bias" {
            t.values.fill(6.0);
        }
    });
    session.settings.lr = 0.0;
    let end = end(&to_end(&mut session));
    assert_eq!(end.reason, EndReason::Ill(Ailment::Constant));
    assert_eq!(end.steps, 30);
}

/// Where fresh weights cannot help the run says so instead of trying for ever.
#[test]
fn a_head_that_stays_dead_ends_the_run() {
    let data = data();
    let mut session = session(&quick(3), &data);
    session.repairs = MAX_REPAIRS;
    poison(&mut session, fill("head.conv.bias", -1e3));
    let end = end(&to_end(&mut session));
    assert_eq!((end.reason, end.steps), (EndReason::Ill(Ailment::DeadOutput), 0));
    // Nothing was learnt: there is no model to speak of.
    assert_eq!(end.best_step, 0);
    assert!(session.best_model().is_none());
}

/// Images without any content: nothing can be seen on them, so nothing is tried; the run ends by its predictions.
#[test]
fn images_without_content_end_the_run() {
    let mut builder = Builder::default();
    for k in 0..2 {
        let n = (SIDE * SIDE) as usize;
        let mask = (0..n).map(|i| if i % 7 == 0 { 255 } else { 0 }).collect();
        let raster = |values| Raster::from_u8(SIDE, SIDE, 1, values).expect("a raster");
        builder.add_raster(&format!("image/{k}.png"), raster(vec![0; n]));
        builder.add_raster(&format!("label/{k}.png"), raster(mask));
    }
    let data = Rc::new(builder.finish());
    let settings = quick(3).check(|_, _| 50).expect("usable");
    let mut session = Session::new(settings, data, vec![0], vec![1], Device::flex(), true).expect("a session");
    let told = to_end(&mut session);
    assert_eq!(mended(&told), []);
    assert_eq!(
        (end(&told).reason, end(&told).steps),
        (EndReason::Ill(Ailment::Constant), 30)
    );
}

#[path = "repair_look_tests.rs"]
mod look_at_batches;
