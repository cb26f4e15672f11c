//! Whole runs give the losses that they gave before, to the last bit.
//!
//! `golden/losses_of_runs.json` holds the bits of every step's loss and of every validation's IoU. They are those of x86-64 with AVX2
//! and FMA: other lanes round elsewhere. The `ln` and `exp` of losses are the platform's (glibc). Where a
//! change of numbers is meant, `GROUNDMASK_WRITE_GOLDEN=1` writes the file anew.

mod common;

use std::collections::BTreeMap;

use common::{add, drawn, engine, preset, train};
use groundmask::protocol::{Augmentation, ForegroundWeight, Head, Preset, Schedule, TrainConfig};
use serde::{Deserialize, Serialize};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/losses_of_runs.json");

const STEPS: usize = 12;

/// Floats as hexadecimal bits.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Figures {
    losses: Vec<String>,
    ious: Vec<String>,
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

/// Roofs on rough ground; small, because validations look at every image.
fn scenes() -> Vec<(String, Vec<u8>)> {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 80, |x, y| {
            let roof = (x / 9 + y / 11 + k).is_multiple_of(3);
            let noise = ((x * 7919 + y * 104_729 + k * 31) % 29) as u8;
            let value = if roof { 180 } else { 70 } + noise;
            ([value, value / 2 + 9, 90], if roof { [255; 3] } else { [0; 3] })
        })
    };
    (0..4).flat_map(scene).collect()
}

/// `STEPS` steps of a preset; `change` makes the preset small.
fn run(chosen: Preset, change: impl FnOnce(TrainConfig) -> TrainConfig) -> Figures {
    let start = std::time::Instant::now();
    let mut engine = engine();
    add(&mut engine, scenes());
    let small = TrainConfig {
        base: 8.0,
        batch: 2.0,
        steps: STEPS as f64,
        validate_every: STEPS as f64,
        seed: 7.0,
        ..preset(&mut engine, chosen)
    };
    let ready = start.elapsed();
    let run = train(&mut engine, change(small));
    println!(
        "{chosen:?}: {:.1?}, of them {ready:.1?} until the start",
        start.elapsed()
    );
    let figures = Figures {
        losses: run.losses().into_iter().map(bits).collect(),
        ious: run
            .validations()
            .into_iter()
            .filter_map(|report| {
                report
                    .figures
                    .validation
                    .as_ref()
                    .unwrap_or(&report.figures.training)
                    .iou
            })
            .map(bits)
            .collect(),
    };
    assert_eq!(figures.losses.len(), STEPS, "a loss was read at every step");
    figures
}

/// The three runs in a pool of so many threads.
fn runs(threads: usize) -> BTreeMap<String, Figures> {
    // What the presets stood for when the bits were written.
    let of_then = |config| TrainConfig {
        head: Head::TwoChannels,
        lr: 1e-3,
        schedule: Schedule::Cosine,
        augmentation: Augmentation::Strong,
        foreground_weight: ForegroundWeight::Auto,
        ..config
    };
    let fast = |config| TrainConfig {
        tile_px: 64.0,
        ..of_then(config)
    };
    let balanced = |config| TrainConfig {
        base: 16.0,
        tile_px: 32.0,
        ..of_then(config)
    };
    // Its tiles are 256 pixels wide, whatever the images are.
    let classic = |config| TrainConfig { batch: 1.0, ..config };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool").install(|| {
        BTreeMap::from([
            ("fast".to_owned(), run(Preset::Fast, fast)),
            // At its own width: at 8 it is the same as the one before.
            ("balanced".to_owned(), run(Preset::Balanced, balanced)),
            ("classic".to_owned(), run(Preset::Classic, classic)),
        ])
    })
}

#[test]
fn three_runs_give_the_losses_they_gave_on_any_number_of_threads() {
    let now = runs(2);
    for threads in [1, 4] {
        assert_eq!(now, runs(threads), "{threads} threads and 2");
    }
    if !common::has_wide_lanes() {
        return common::skip("the bits are those of AVX2 and FMA");
    }
    if std::env::var_os("GROUNDMASK_WRITE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("JSON") + "\n";
        std::fs::write(FILE, text).expect("written");
    }
    let text = std::fs::read_to_string(FILE).expect("the golden file");
    let before: BTreeMap<String, Figures> = serde_json::from_str(&text).expect("JSON");
    for (name, figures) in &before {
        assert_eq!(Some(figures), now.get(name), "{name}");
    }
    assert_eq!(before.len(), now.len());
}
