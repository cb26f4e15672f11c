//! The seed's parent data set, ISBI 2012 membranes: base 16, 128 px crops, on the CPU. Minutes long, so only by name:
//! `cargo test --profile fast --test isbi -- --ignored --nocapture`; `ISBI_STEPS` sets another length.

mod common;

use common::{add, engine, preset, read_pairs, shared_data, train};
use groundmask::protocol::{EndReason, Preset, TrainConfig, ValBy};

#[test]
#[ignore = "takes minutes"]
fn membranes_are_learnt() {
    let Some(folder) = shared_data("isbi") else { return };
    let steps: f64 = std::env::var("ISBI_STEPS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1500.0);
    let mut engine = engine();
    let data = add(&mut engine, read_pairs(&folder));
    assert_eq!(data.pairs.len(), 30);
    let config = TrainConfig {
        base: 16.0,
        tile_px: 128.0,
        batch: 2.0,
        steps,
        validate_every: (steps / 3.0).floor(),
        val_by: ValBy::Share,
        ..preset(&mut engine, Preset::Balanced)
    };
    let run = train(&mut engine, config);
    assert_eq!(run.end.reason, EndReason::Finished);
    for report in run.validations() {
        println!(
            "step {}: training {:?}, validation {:?}",
            report.step, report.training, report.validation
        );
    }
    let training = run.end.training.clone().expect("measured");
    let validation = run.end.validation.clone().expect("measured");
    // Label 255 is "not membrane": the rarer class is the background.
    let rarer = validation.class_iou.iter().flatten().copied().fold(1.0, f64::min);
    println!(
        "{{\"steps\": {}, \"ms_per_step\": {:.1}, \"training_accuracy\": {:.4}, \"validation_accuracy\": {:.4}, \"iou_of_the_rarer_class\": {:.4}}}",
        run.end.steps,
        run.end.ms_per_step,
        training.accuracy.unwrap_or(0.0),
        validation.accuracy.unwrap_or(0.0),
        rarer
    );
    if steps >= 1500.0 {
        assert!(training.accuracy.unwrap() >= 0.93);
    }
}
