//! A run that a page left off goes on natively as it went on there, to the last bit.
//!
//! `golden/page_run/` holds the run, of the sample scenes, and the losses that Chromium then gave on the CPU
//! (`tests/browser/beyond.spec.mjs` writes both, and holds the page to them).

mod common;

use std::fs;

use common::{engine, finish, golden, send};
use groundmask::{
    engine::Engine,
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

type Figures = (Vec<(u32, f64)>, Vec<Option<f64>>);

/// The losses and validations' IoU of the steps that the page did after the kept run was saved, computed by this process: from the
/// saved state on, or from fresh weights by its settings.
fn computed(threads: usize, from_fresh_weights: bool, kept: &Kept) -> Figures {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool").install(|| {
        let file = fs::read(golden("page_run").join("begun.gmrun")).expect("the kept run");
        let mut engine = engine();
        send(&mut engine, Command::SampleScenes { seed: SAMPLE_SEED });
        let begun = if from_fresh_weights {
            let saved = Engine::describe_run(None, &mut file.as_slice()).expect("a run");
            send(&mut engine, Command::Start { config: saved.config })
        } else {
            engine.resume_run(None, &mut file.as_slice(), None)
        };
        let is_begun = |event: &Event| matches!(event, Event::RunResumed { .. } | Event::RunStarted { .. });
        assert!(begun.iter().any(is_begun), "{begun:?}");
        let run = finish(&mut engine, begun);
        let losses = run.events.iter().filter_map(|event| match event {
            Event::Step(report) => Some((report.figures.step, report.figures.loss)),
            _ => None,
        });
        let ious = run.validations().into_iter().map(|report| {
            let figures = &report.figures;
            figures.validation.as_ref().and_then(|metrics| metrics.iou)
        });
        let first = kept.losses[0].0;
        (losses.filter(|(step, _)| *step >= first).collect(), ious.collect())
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
    let (own, _) = computed(2, false, &kept);
    assert_eq!(own.len(), kept.losses.len());
    let first = (own[0].1 - kept.losses[0].1).abs();
    assert!(first < 1e-6, "the first step is {first:e} off");

    if compute_as(Arithmetic::Page).is_err() {
        return common::skip("this processor has no fused multiply-add");
    }
    for (threads, from_fresh_weights) in [(1, false), (2, false), (5, false), (2, true)] {
        let (losses, ious) = computed(threads, from_fresh_weights, &kept);
        let what = format!("{threads} threads, from fresh weights: {from_fresh_weights}");
        assert_eq!(bits(&losses), bits(&kept.losses), "{what}");
        assert_eq!(ious, kept.ious, "{what}");
    }
    // Products that are rounded before they are added are those of another browser.
    compute_as(Arithmetic::PagePlain).expect("every processor can");
    let (plain, _) = computed(2, false, &kept);
    assert!(bits(&plain) != bits(&kept.losses) && (plain[0].1 - kept.losses[0].1).abs() < 1e-6);
}
