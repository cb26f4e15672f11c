//! Faults put into a run on purpose: each is seen, and what can be reinitialized is.

use super::*;
use crate::train::health::watch::Failure;

#[test]
fn weights_that_are_no_numbers_are_not_taken_for_a_dead_head() {
    let data = data();
    let mut run = session(&quick(1), &data);
    advance(&mut run, 5);
    poison(&mut run, |t| t.values.fill(f32::NAN));
    let told = to_end(&mut run);
    assert_eq!(end(&told).reason, EndReason::Ill(Failure::NotFinite));
    assert_eq!(reinitialized(&told), []);
    assert!(is_finite(run));
}

#[test]
fn a_head_that_dies_on_the_way_is_mended_and_learns_on() {
    let data = data();
    let mut session = session(&quick(3), &data);
    advance(&mut session, 33);
    poison(&mut session, fill("head.conv.bias", -1e3));
    let told = to_end(&mut session);
    let (reinitialized, end) = (reinitialized(&told), end(&told));
    println!(
        "{reinitialized:?}, loss {:.3} -> {:.3}",
        end.figures.loss_first, end.figures.loss_last
    );
    assert_eq!(reinitialized.len(), 1);
    assert!((33..=50).contains(&reinitialized[0].0), "{reinitialized:?}");
    assert_eq!(end.reason, EndReason::Finished);
    assert!(!probe(&session).flat);
    assert!(end.figures.loss_last < 0.7 * end.figures.loss_first);
}

#[test]
fn a_rate_that_is_no_number_ends_the_run_at_sound_weights() {
    let data = data();
    for steps in [4, 25] {
        let mut session = session(&quick(3), &data);
        advance(&mut session, steps);
        session.learner.set_lr(f64::NAN);
        let end = end(&to_end(&mut session));
        assert_eq!(end.reason, EndReason::Ill(Failure::NotFinite));
        assert!(end.figures.steps <= steps + 11, "{} after {steps}", end.figures.steps);
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
    assert_eq!(end.reason, EndReason::Ill(Failure::NotFinite));
    assert!(end.figures.steps <= 41);
    assert!(is_finite(session));
}

#[test]
fn a_loss_that_explodes_ends_the_run_at_its_best() {
    let data = data();
    let mut session = session(
        &TrainConfig {
            steps: 300.0,
            ..quick(3)
        },
        &data,
    );
    advance(&mut session, 45);
    let best = session.best_state().map(|b| b.step);
    assert!(best.is_some());
    // Large logits of the wrong sign, and no way back.
    poison(&mut session, |t| {
        if t.name.starts_with("out.") {
            t.values.iter_mut().for_each(|v| *v *= -300.0);
        }
    });
    session.learner.set_lr(0.0);
    let told = to_end(&mut session);
    let end = end(&told);
    assert_eq!(end.reason, EndReason::Ill(Failure::Diverged));
    assert!(end.figures.steps < 120, "{}", end.figures.steps);
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
    session.learner.set_lr(0.0);
    let end = end(&to_end(&mut session));
    assert_eq!(end.reason, EndReason::Ill(Failure::Constant));
    assert_eq!(end.figures.steps, 30);
}

/// Where fresh weights cannot help the run says so instead of trying for ever.
#[test]
fn a_head_that_stays_dead_ends_the_run() {
    let data = data();
    let mut session = session(&quick(3), &data);
    session.learner.use_up_reinitializing();
    poison(&mut session, fill("head.conv.bias", -1e3));
    let end = end(&to_end(&mut session));
    assert_eq!(
        (end.reason, end.figures.steps),
        (EndReason::Ill(Failure::DeadOutput), 0)
    );
    // Nothing was learnt: there is no model to speak of.
    assert_eq!(end.figures.best_step, 0);
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
    let settings = Settings::checked(&quick(3), 1, |_, _| 50).expect("usable");
    let mut session = Session::new(settings, data, vec![0], vec![1], Device::flex(), true).expect("a session");
    let told = to_end(&mut session);
    assert_eq!(reinitialized(&told), []);
    assert_eq!(
        (end(&told).reason, end(&told).figures.steps),
        (EndReason::Ill(Failure::Constant), 30)
    );
}
