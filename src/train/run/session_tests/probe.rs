//! Which batches are looked at: those that show nothing say nothing of the head.

use super::*;

async fn probe_at(learner: &Learner, step: u64) -> Result<Option<OutputProbe>, TrainError> {
    reinitialize::probe_batch(learner.setup(), learner.trainer(), step).await
}

/// Squares in the last pair; the others are `dark`, of one grey or with a lit corner.
fn mostly_black(corner: u32) -> Rc<Dataset> {
    let mut builder = Builder::default();
    for k in 0..6u32 {
        let lit = |i: u32| k == 5 || i % SIDE < corner && i / SIDE < corner;
        let square = |i: u32| (i % SIDE / 12 + i / SIDE / 12).is_multiple_of(3);
        let value = |i: u32| {
            if square(i) {
                190
            } else {
                60 + (i.wrapping_mul(2_654_435_761) >> 27) as u8
            }
        };
        let image = (0..SIDE * SIDE).map(|i| if lit(i) { value(i) } else { 0 }).collect();
        let mask = (0..SIDE * SIDE)
            .map(|i| if lit(i) && square(i) { 255 } else { 0 })
            .collect();
        let raster = |values| Raster::from_u8(SIDE, SIDE, 1, values).expect("a raster");
        builder.add_raster(&format!("image/{k}.png"), raster(image));
        builder.add_raster(&format!("label/{k}.png"), raster(mask));
    }
    Rc::new(builder.finish())
}

/// Black ground gives nothing but the bias, whatever the weights: that is no dead head.
#[test]
fn batches_that_show_nothing_are_no_dead_output() {
    for corner in [0, 12] {
        let data = mostly_black(corner);
        let train: Vec<usize> = (0..6).collect();
        let with = |seed: u32| {
            let raw = TrainConfig {
                augmentation: Augmentation::Off,
                sampling: Sampling::Resize,
                tile_px: 96.0,
                batch: 1.0,
                steps: 8.0,
                ..quick(seed)
            };
            let settings = Settings::checked(&raw, 1, |_, _| 6).expect("usable settings");
            Session::new(settings, data.clone(), train.clone(), vec![], Device::flex(), true).expect("a session")
        };
        // A sound head, and a first batch that shows nothing, or next to nothing.
        let fits = |session: &Session| {
            let first = session.learner.setup().samples_of(0);
            let lit = first.images.iter().filter(|v| **v > 0.0).count();
            let squares = (0..6u64).find(|step| session.learner.setup().samples_of(*step).pairs == [5]);
            let found =
                pollster::block_on(probe_at(&session.learner, squares.expect("in the first epoch"))).expect("a device");
            lit <= (corner * corner) as usize && found.is_some_and(|found| found.alive > 0.9)
        };
        let seed = (1..60).find(|seed| fits(&with(*seed))).expect("one seed is");
        let mut session = with(seed);
        let told = to_end(&mut session);
        assert_eq!(reinitialized(&told), [], "corner {corner}");
        assert_eq!(end(&told).reason, EndReason::Finished);
    }
}

/// A head that is silent on batches of background alone is left in peace.
#[test]
fn one_silent_batch_is_no_dead_output_once_something_is_learnt() {
    let data = squares(190, 60, 27);
    let mut run = session(&quick(3), &data);
    advance(&mut run, 5);
    let flat = |run: &Session, step| {
        pollster::block_on(probe_at(&run.learner, step))
            .expect("a device")
            .is_some_and(|l| l.flat)
    };
    let sound = run.model().clone();
    let silent_at_first = (1..400).find(|n| {
        *run.learner.trainer_mut().model_mut() = sound.clone();
        poison(&mut run, |t| {
            if t.name == "head.conv.bias" {
                t.values.iter_mut().for_each(|v| *v -= 0.02 * *n as f32);
            }
        });
        flat(&run, 5) && (6..9).any(|step| !flat(&run, step))
    });
    assert!(silent_at_first.is_some(), "no bias silences one batch and not the next");
    assert!(!probe(&run).flat);
    let told = advance(&mut run, 6);
    assert_eq!(reinitialized(&told), []);
}
