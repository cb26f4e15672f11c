//! A floor under what the usual settings learn in 100 steps, on two sets that are made here. How good they are on real
//! images is measured by `cargo xtask quality`, which takes hours; this only notices when learning breaks.

mod common;

use common::{add, drawn, engine, preset, send, train};
use groundmask::{
    engine::Engine,
    protocol::{Command, Metrics, Preset, TrainConfig},
};

const STEPS: f64 = 100.0;
/// A quarter of the usual tile's pixels: the test is to take seconds.
const TILE_PX: f64 = 64.0;

/// What the usual settings reach on the pairs of these names.
fn reached(engine: &mut Engine, held_back: &[&str]) -> Metrics {
    let config = TrainConfig {
        steps: STEPS,
        tile_px: TILE_PX,
        val_names: held_back.iter().map(|name| (*name).to_owned()).collect(),
        ..preset(engine, Preset::Fast)
    };
    let end = train(engine, config).end;
    let metrics = end.figures.validation.expect("pairs were held back");
    println!(
        "IoU {:.3}, F1 {:.3} at {:.2}, {:.0} ms a step",
        metrics.iou.unwrap_or_default(),
        metrics.f1.unwrap_or_default(),
        metrics.threshold.unwrap_or_default(),
        end.figures.ms_per_step
    );
    metrics
}

/// Four kinds of places, one of each held back.
#[test]
fn buildings_of_the_sample_scenes_are_learned() {
    let mut engine = engine();
    send(&mut engine, Command::SampleScenes { seed: 1 });
    let metrics = reached(&mut engine, &["09", "10", "11", "12"]);
    assert!(metrics.iou.is_some_and(|iou| iou > 0.4), "{metrics:?}");
}

/// Two pixels of a hundred are foreground, and dark stains lie beside them.
#[test]
fn thin_cracks_are_found() {
    let files = (0..10).flat_map(|number| cracked(&format!("c{number}"), number));
    let mut engine = engine();
    let data = add(&mut engine, files.collect());
    assert!(data.pairs.iter().all(|pair| pair.blocked.is_none()));
    let metrics = reached(&mut engine, &["c7", "c8", "c9"]);
    assert!(metrics.f1.is_some_and(|f1| f1 > 0.3), "{metrics:?}");
}

/// Concrete with stains and joints of light, and two cracks that wander over it.
fn cracked(name: &str, number: u64) -> Vec<(String, Vec<u8>)> {
    const SIDE: u32 = 192;
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let side = f64::from(SIDE);
    let mut depth = vec![0.0f64; (SIDE * SIDE) as usize];
    for _ in 0..2 {
        let (mut x, mut y, mut angle) = (0.2 * side * unit(), side * (0.2 + 0.6 * unit()), 1.2 * unit() - 0.6);
        let is_upright = unit() < 0.5;
        while x < side && (0.0..side).contains(&y) {
            let radius = 0.7 + 0.9 * unit();
            let (row, column) = if is_upright { (x, y) } else { (y, x) };
            for i in (row - 2.0).max(0.0) as u32..=((row + 2.0) as u32).min(SIDE - 1) {
                for j in (column - 2.0).max(0.0) as u32..=((column + 2.0) as u32).min(SIDE - 1) {
                    if (f64::from(i) - row).hypot(f64::from(j) - column) <= radius {
                        depth[(i * SIDE + j) as usize] = 45.0;
                    }
                }
            }
            angle = (angle + 0.5 * (unit() - 0.5)).clamp(-1.0, 1.0);
            (x, y) = (x + angle.cos(), y + angle.sin());
        }
    }
    let (light, waves) = (110.0 + 70.0 * unit(), [unit(), unit(), unit()]);
    drawn(name, SIDE, |x, y| {
        let crack = depth[(y * SIDE + x) as usize];
        let (u, v) = (f64::from(x), f64::from(y));
        let stain = ((u / 23.0 + 6.0 * waves[0]).sin() + (v / 17.0 + u / 31.0 + 6.0 * waves[1]).sin()) * 14.0;
        let spot = if (u / 9.0 + 6.0 * waves[2]).sin() * (v / 8.0).sin() > 0.93 {
            30.0
        } else {
            0.0
        };
        let value = (light + stain - spot - crack + 24.0 * (unit() - 0.5)).clamp(0.0, 255.0) as u8;
        (
            [value, value, value.saturating_sub(6)],
            if crack > 0.0 { [255; 3] } else { [0; 3] },
        )
    })
}
