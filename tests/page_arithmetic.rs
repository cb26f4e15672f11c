//! A run that a page left off goes on natively as it went on there, to the last bit.
//!
//! `golden/page_run/` holds the run, of the sample scenes, and the losses that Chromium then gave on the CPU
//! (`tests/browser/beyond.spec.mjs` writes both, and holds the page to them).

mod common;

use std::fs;

use common::{engine, finish, golden, send};
use groundmask::{
    ops::{Arithmetic, compute_as},
    protocol::{Command, Event},
};
use serde::Deserialize;

/// What the page said of the steps and validations after it resumed the run.
#[derive(Deserialize)]
struct Kept {
    losses: Vec<(u32, f64)>,
    ious: Vec<Option<f64>>,
}

/// The sample scenes of the page.
const SAMPLE_SEED: u32 = 1;

/// The losses of the kept run as this process computes them, step by step, and its validations' IoU.
fn resumed(threads: usize) -> (Vec<(u32, f64)>, Vec<Option<f64>>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool").install(|| {
        let file = fs::read(golden("page_run").join("begun.gmrun")).expect("the kept run");
        let mut engine = engine();
        send(&mut engine, Command::SampleScenes { seed: SAMPLE_SEED });
        let begun = engine.resume_run(None, &mut file.as_slice(), None);
        assert!(
            begun.iter().any(|event| matches!(event, Event::RunResumed { .. })),
            "{begun:?}"
        );
        let run = finish(&mut engine, begun);
        let losses = run.events.iter().filter_map(|event| match event {
            Event::Step(report) => Some((report.figures.step, report.figures.loss)),
            _ => None,
        });
        let ious = run.validations().into_iter().map(|report| {
            let figures = &report.figures;
            figures.validation.as_ref().and_then(|metrics| metrics.iou)
        });
        (losses.collect(), ious.collect())
    })
}

/// One test, because how a process computes is chosen once.
#[test]
fn the_pages_arithmetic_is_the_pages_to_the_last_bit_and_ones_own_is_not_far() {
    let text = fs::read_to_string(golden("page_run").join("losses.json")).expect("the kept losses");
    let kept: Kept = serde_json::from_str(&text).expect("losses");
    // Each is an f32: what reading decimals rounds off in the last bit of an f64 is none of it.
    let bits = |losses: &[(u32, f64)]| -> Vec<(u32, u32)> {
        let bits = losses.iter().map(|(step, loss)| (*step, (*loss as f32).to_bits()));
        bits.collect()
    };
    let (own, _) = resumed(2);
    assert_eq!(own.len(), kept.losses.len());
    let first = (own[0].1 - kept.losses[0].1).abs();
    assert!(first < 1e-6, "the first step is {first:e} off");

    if compute_as(Arithmetic::Page).is_err() {
        return common::skip("this processor has no fused multiply-add");
    }
    for threads in [1, 2, 5] {
        let (losses, ious) = resumed(threads);
        assert_eq!(bits(&losses), bits(&kept.losses), "{threads} threads");
        assert_eq!(ious, kept.ious, "{threads} threads");
    }
    // Products that are rounded before they are added are those of another browser.
    compute_as(Arithmetic::PagePlain).expect("every processor can");
    let (plain, _) = resumed(2);
    assert!(bits(&plain) != bits(&kept.losses) && (plain[0].1 - kept.losses[0].1).abs() < 1e-6);
}
