//! Runs that cannot go well, through the engine as the page drives it: they end by themselves and offer what helps.

mod common;

use common::{Run, add, drawn, engine, small, train};
use groundmask::protocol::{
    Architecture, Augmentation, EndReason, Event, ForegroundWeight, Head, Schedule, TrainConfig,
};

fn squares(n: u32) -> Vec<(String, Vec<u8>)> {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 64, |x, y| {
            let on = (x / 9 + y / 11 + k).is_multiple_of(3);
            let noise = ((x * 7919 + y * 104_729 + k * 31) % 29) as u8;
            let value = if on { 180 } else { 70 } + noise;
            ([value, value / 2, 90], if on { [255; 3] } else { [0; 3] })
        })
    };
    (0..n).flat_map(scene).collect()
}

fn ill(run: &Run) -> bool {
    !matches!(
        run.end.reason,
        EndReason::Finished | EndReason::Stopped | EndReason::EarlyStopped
    )
}

/// Far too high a rate: each run ends by itself, and taking its advice leads to one that finishes.
#[test]
fn following_the_advice_leads_to_a_run_that_learns() {
    let mut engine = engine();
    add(&mut engine, squares(5));
    let mut config = TrainConfig {
        architecture: Architecture::Unet,
        lr: 1.0,
        // The classic head dies of such a rate; the usual one may live through it.
        head: Head::TwoChannels,
        schedule: Schedule::Cosine,
        augmentation: Augmentation::Strong,
        foreground_weight: ForegroundWeight::Auto,
        steps: 200.0,
        validate_every: 10.0,
        ..small(&mut engine)
    };
    let mut tried = Vec::new();
    for _ in 0..5 {
        let run = train(&mut engine, config.clone());
        tried.push((config.lr, run.end.reason, run.end.figures.steps));
        if !ill(&run) {
            println!("{tried:?}");
            assert!(tried.len() > 1, "the first rate should not have worked: {tried:?}");
            assert_eq!(run.end.reason, EndReason::Finished);
            assert!(run.end.retry.is_none());
            assert!(run.end.figures.validation.and_then(|m| m.iou).unwrap() > 0.5);
            return;
        }
        assert!(run.end.figures.steps < 200, "{tried:?}");
        let retry = run.end.retry.clone().expect("advice");
        assert_ne!(retry.config, config);
        config = retry.config;
        // The model kept is made of numbers: it can be predicted with.
        let model = run.events.iter().any(|e| matches!(e, Event::Model { .. }));
        assert!(model);
    }
    panic!("no run finished: {tried:?}");
}
