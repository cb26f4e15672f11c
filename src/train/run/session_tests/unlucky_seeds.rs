//! Seeds whose network gives one grey: it is given new weights, and nothing else is.

use super::*;
use crate::train::{device_read::read, health::reinitialize::ALIVE_AT_START};

/// The first ten seeds for which fewer than one pixel in a hundred of [`faint`] gets through the head.
const UNLUCKY: [u32; 10] = [35, 38, 319, 376, 398, 473, 554, 605, 875, 931];

/// Ten seeds whose classic network gives one grey: left alone it stays so, reinitialized none does.
#[test]
fn ten_of_ten_unlucky_seeds_are_mended() {
    let data = faint();
    let is_grey = |found: OutputProbe| found.flat || found.alive < 0.01;
    for seed in UNLUCKY {
        assert!(is_grey(probe(&session(&classic_like(seed), &data))), "seed {seed}");
    }
    let mut grey_for_ever = 0;
    for seed in UNLUCKY {
        let mut left_alone = session(&classic_like(seed), &data);
        let mut losses = Vec::new();
        for step in 0..50 {
            let batch = left_alone.learner.setup().batch(step);
            let told = left_alone.learner.trainer_mut().step(batch);
            losses.push(pollster::block_on(read(told)).expect("a loss")[0]);
        }
        let alone = probe(&left_alone);
        let mut session = session(&classic_like(seed), &data);
        let told = to_end(&mut session);
        let (reinitialized, end) = (reinitialized(&told), end(&told));
        let after = probe(&session);
        println!(
            "seed {seed}: alone {alone:?}, loss {:.4} -> {:.4}; reinitialized {reinitialized:?}, {after:?}, loss {:.4} -> {:.4}",
            losses[0], losses[49], end.figures.loss_first, end.figures.loss_last
        );
        grey_for_ever += u32::from(alone.flat || alone.alive < 0.1);
        assert_eq!(
            reinitialized.first().map(|m| m.0),
            Some(0),
            "said before the first step"
        );
        assert_eq!(end.reason, EndReason::Finished);
        assert!(!after.flat && after.alive > ALIVE_AT_START, "{after:?}");
        assert!(end.figures.loss_last < end.figures.loss_first);
    }
    // Left alone, a few pixels at the edge may get through in time; nearly all stay grey.
    assert!(grey_for_ever >= 7, "{grey_for_ever} of 10");
}

/// Classic at its own width, 31 million weights, on tiles small enough to wait for.
fn full_width(seed: u32) -> TrainConfig {
    TrainConfig {
        base: 64.0,
        tile_px: 32.0,
        steps: 12.0,
        validate_every: 6.0,
        ..classic_like(seed)
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
        let found = probe(&session(&full_width(seed), &data));
        if found.is_dead(true, false) {
            println!("seed {seed}: {found:?}");
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
        let before = probe(&session);
        assert!(before.is_dead(true, false), "seed {seed}: {before:?}");
        let told = to_end(&mut session);
        let (reinitialized, end, after) = (reinitialized(&told), end(&told), probe(&session));
        println!(
            "seed {seed}: {before:?}; reinitialized {reinitialized:?}, {after:?}, loss {:.4} -> {:.4}",
            end.figures.loss_first, end.figures.loss_last
        );
        assert_eq!(
            reinitialized.first().map(|m| m.0),
            Some(0),
            "said before the first step"
        );
        assert_eq!(end.reason, EndReason::Finished);
        assert!(!after.flat && after.alive > ALIVE_AT_START, "{after:?}");
    }
}

/// A good model's head may well be silent on a batch with nothing to find: weights that somebody brought stay theirs.
#[test]
fn weights_brought_along_are_never_replaced() {
    let data = faint();
    let silent = session(&classic_like(UNLUCKY[0]), &data);
    let mut going_on = session(&classic_like(1), &data);
    assert!(going_on.start_from(silent.model()));
    let told = advance(&mut going_on, 12);
    assert_eq!(reinitialized(&told), []);
}

#[test]
fn reinitializing_is_the_same_every_time() {
    let data = faint();
    let unlucky = (1..400)
        .find(|s| probe(&session(&classic_like(*s), &data)).is_dead(true, false))
        .expect("one seed is");
    let losses = || {
        let mut session = session(&classic_like(unlucky), &data);
        advance(&mut session, 8);
        session.losses().to_vec()
    };
    assert_eq!(losses(), losses());
}

/// A healthy run is left alone: no weights are replaced, and it ends as it should.
#[test]
fn a_healthy_run_is_not_disturbed() {
    let data = data();
    let lucky = (1..50)
        .find(|s| probe(&session(&quick(*s), &data)).alive > 0.9)
        .expect("most seeds are");
    let mut session = session(&quick(lucky), &data);
    let told = to_end(&mut session);
    assert_eq!(reinitialized(&told), []);
    let end = end(&told);
    assert_eq!(end.reason, EndReason::Finished);
    println!("IoU {:?}", end.figures.validation);
    assert!(end.figures.loss_last < 0.5 * end.figures.loss_first);
}
