//! One large scene as a data set: a part of it is held back, and a run that goes on after a stop measures the same.
//! Whether its figure is that of another scene, `tests/browser/scene-figure.mjs` says.

mod common;

use common::{add, checked, engine, send, small};
use groundmask::{
    data::draw::{Draw, Stream},
    engine::Engine,
    formats::encode,
    protocol::{Command, Event, FieldErrorCode, Sampling as Cut, TrainConfig, ValBy},
};

/// Houses of several roofs with their shadows on soil and grass, a road as bright as a roof, trees.
fn village(seed: u32, side: usize, houses: usize) -> (Vec<u8>, Vec<u8>) {
    let mut draw = Draw::new(seed, Stream::Scene, side as u64, houses as u64);
    let mut hills = |step: usize| {
        let n = side / step + 2;
        let grid: Vec<f64> = (0..n * n).map(|_| draw.unit() - 0.5).collect();
        move |x: usize, y: usize| {
            let (fx, fy) = ((x % step) as f64 / step as f64, (y % step) as f64 / step as f64);
            let at = y / step * n + x / step;
            let row = |at: usize| grid[at] * (1.0 - fx) + grid[at + 1] * fx;
            row(at) * (1.0 - fy) + row(at + n) * fy
        }
    };
    let (dry, soil, grain) = (hills(260), hills(90), hills(7));
    let mut rgb = vec![[0.0f64; 3]; side * side];
    for (i, pixel) in rgb.iter_mut().enumerate() {
        let (x, y) = (i % side, i / side);
        let green = (0.5 + 1.6 * dry(x, y)).clamp(0.0, 1.0);
        let light = 1.0 + 0.25 * soil(x, y) + 0.16 * grain(x, y);
        *pixel = [168.0 - 78.0 * green, 146.0 - 38.0 * green, 112.0 - 46.0 * green].map(|v| v * light);
        if (x * 3 / 5 + y).abs_diff(side * 2 / 3) < 11 {
            *pixel = [196.0, 182.0, 158.0];
        }
    }
    let mut mask = vec![0u8; side * side];
    let mut taken: Vec<[f64; 3]> = Vec::new();
    let roofs = [
        [205.0, 208.0, 212.0],
        [188.0, 184.0, 178.0],
        [198.0, 126.0, 100.0],
        [150.0, 168.0, 196.0],
    ];
    for _ in 0..400 * houses {
        if taken.len() == houses {
            break;
        }
        let (width, depth) = (draw.uniform(26.0, 48.0), draw.uniform(20.0, 36.0));
        let reach = width.hypot(depth) / 2.0;
        let span = side as f64 - 2.0 * reach - 12.0;
        let (cx, cy) = (reach + 6.0 + draw.unit() * span, reach + 6.0 + draw.unit() * span);
        if taken.iter().any(|[x, y, r]| (x - cx).hypot(y - cy) < r + reach + 7.0) {
            continue;
        }
        taken.push([cx, cy, reach]);
        let (sin, cos) = draw.uniform(0.0, std::f64::consts::PI).sin_cos();
        let (roof, light) = (roofs[draw.below(roofs.len())], draw.uniform(0.88, 1.08));
        let shade = draw.uniform(5.0, 9.0);
        for is_roof in [false, true] {
            let off = if is_roof { 0.0 } else { shade };
            for y in (cy - reach + off) as usize..=(cy + reach + off) as usize {
                for x in (cx - reach + off) as usize..=(cx + reach + off) as usize {
                    let (dx, dy) = (x as f64 - cx - off, y as f64 - cy - off);
                    let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
                    if u.abs() > width / 2.0 || v.abs() > depth / 2.0 || x >= side || y >= side {
                        continue;
                    }
                    let pixel = &mut rgb[y * side + x];
                    if is_roof {
                        *pixel = roof.map(|c| c * light * if v < 0.0 { 1.08 } else { 0.9 });
                        mask[y * side + x] = 255;
                    } else {
                        *pixel = pixel.map(|c| c * 0.4 + 20.0);
                    }
                }
            }
        }
    }
    for i in 0..houses {
        let (cx, cy, r) = (
            draw.unit() * side as f64,
            draw.unit() * side as f64,
            draw.uniform(5.0, 14.0),
        );
        if taken.iter().any(|[x, y, reach]| (x - cx).hypot(y - cy) < r + reach) {
            continue;
        }
        for y in (cy - r).max(0.0) as usize..((cy + r) as usize).min(side) {
            for x in (cx - r).max(0.0) as usize..((cx + r) as usize).min(side) {
                if (x as f64 - cx).hypot(y as f64 - cy) < r {
                    rgb[y * side + x] = if i % 4 == 0 {
                        [206.0, 196.0, 172.0]
                    } else {
                        [44.0, 64.0, 40.0]
                    };
                }
            }
        }
    }
    let image = rgb
        .iter()
        .flatten()
        .map(|v| (v + 14.0 * (draw.unit() - 0.5)).clamp(0.0, 255.0) as u8);
    (image.collect(), mask)
}

fn files(name: &str, seed: u32, side: usize, houses: usize) -> Vec<(String, Vec<u8>)> {
    let (image, mask) = village(seed, side, houses);
    let rgba: Vec<u8> = image.chunks(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let n = side as u32;
    vec![
        (
            format!("image/{name}.png"),
            encode::rgba8_png(&rgba, n, n).expect("encodes"),
        ),
        (
            format!("label/{name}.png"),
            encode::grey8_png(&mask, n, n).expect("encodes"),
        ),
    ]
}

fn config(engine: &mut Engine) -> TrainConfig {
    TrainConfig {
        val_share: 0.2,
        steps: 24.0,
        validate_every: 8.0,
        ..small(engine)
    }
}

fn advance(engine: &mut Engine, until: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut all = Vec::new();
    while engine.is_busy() {
        let events = pollster::block_on(engine.advance(0.0));
        let done = events.iter().any(&until);
        all.extend(events);
        if done {
            break;
        }
    }
    all
}

/// Step and loss; step, validation IoU and training IoU.
type Figures = (Vec<(u32, f64)>, Vec<(u32, Option<f64>, Option<f64>)>);

fn figures(events: &[Event]) -> Figures {
    let losses = events.iter().filter_map(|e| match e {
        Event::Step(report) => Some((report.figures.step, report.figures.loss)),
        _ => None,
    });
    let validations = events.iter().filter_map(|e| match e {
        Event::Validation(v) => {
            let of = &v.figures;
            Some((of.step, of.validation.as_ref().and_then(|m| m.iou), of.training.iou))
        }
        _ => None,
    });
    (losses.collect(), validations.collect())
}

#[test]
fn a_strip_is_held_back_measured_and_kept_by_a_saved_run() {
    let mut engine = engine();
    add(&mut engine, files("scene", 1, 400, 20));
    let config = config(&mut engine);
    let report = checked(send(&mut engine, Command::CheckConfig { config: config.clone() }));
    let held = report.held_back.expect("a strip");
    assert_eq!(
        (report.train_pairs, report.validation_pairs, report.errors.len()),
        (1, 1, 0)
    );
    assert!((0.18..0.22).contains(&held.share), "{held:?}");

    send(&mut engine, Command::Start { config: config.clone() });
    let mut events = advance(
        &mut engine,
        |e| matches!(e, Event::Step(report) if report.figures.step == 11),
    );
    let mut file = Vec::new();
    let (_, saved) = pollster::block_on(engine.save_run(1.0, 0.0, &mut file));
    saved.expect("saved");
    let rest = advance(&mut engine, |_| false);
    events.extend(rest.clone());
    let (_, validations) = figures(&events);
    assert_eq!(validations.iter().map(|v| v.0).collect::<Vec<_>>(), [8, 16, 24]);
    assert!(validations.iter().all(|v| v.1.is_some()), "{validations:?}");
    let crops = events.iter().filter_map(|e| match e {
        Event::Preview { items, .. } => Some(items),
        _ => None,
    });
    for item in crops.flatten() {
        let [left, top] = item.corner.expect("a crop");
        assert!(item.validation && left >= held.left && top >= held.top);
        assert!(left + item.width <= held.left + held.width && top + item.height <= held.top + held.height);
    }

    let mut other = common::engine();
    add(&mut other, files("scene", 1, 400, 20));
    let resumed = other.resume_run(None, &mut file.as_slice(), None);
    assert!(
        resumed.iter().any(|e| matches!(e, Event::RunResumed { step: 11, .. })),
        "{resumed:?}"
    );
    let after = advance(&mut other, |_| false);
    assert_eq!(figures(&after), figures(&rest), "bit for bit");
}

#[test]
fn no_strip_where_none_is_wanted_or_there_is_no_room() {
    let mut engine = engine();
    add(&mut engine, files("scene", 1, 400, 20));
    let config = config(&mut engine);
    let mut held = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = config.clone();
        change(&mut config);
        let report = checked(send(&mut engine, Command::CheckConfig { config }));
        let codes: Vec<FieldErrorCode> = report.errors.iter().map(|e| e.code).collect();
        (report.held_back.is_some(), report.validation_pairs, codes)
    };
    assert_eq!(held(&|_| {}), (true, 1, vec![]));
    assert_eq!(held(&|c| c.val_by = ValBy::Location), (true, 1, vec![]));
    assert_eq!(held(&|c| c.val_share = 0.0), (false, 0, vec![]));
    assert_eq!(held(&|c| c.sampling = Cut::Resize), (false, 0, vec![]));
    assert_eq!(held(&|c| c.tile_px = 256.0), (false, 0, vec![]));
    assert!(!held(&|c| c.val_names = vec!["nowhere.png".into()]).0);
    // With a second image whole images are divided, as ever.
    add(&mut engine, files("other", 2, 400, 20));
    let report = checked(send(&mut engine, Command::CheckConfig { config }));
    assert_eq!(
        (report.held_back, report.train_pairs, report.validation_pairs),
        (None, 1, 1)
    );
}

/// A saved run whose strip does not lie in the image is refused.
#[test]
fn a_strip_beyond_the_image_is_refused() {
    let mut engine = engine();
    add(&mut engine, files("scene", 1, 400, 20));
    let config = config(&mut engine);
    send(&mut engine, Command::Start { config });
    advance(
        &mut engine,
        |e| matches!(e, Event::Step(report) if report.figures.step == 2),
    );
    let mut file = Vec::new();
    pollster::block_on(engine.save_run(1.0, 0.0, &mut file))
        .1
        .expect("saved");
    send(&mut engine, Command::Stop);
    let at = |what: &[u8]| file.windows(what.len()).position(|w| w == what).expect("in the header");
    let place = at(b"\"gap_px\":") + 9;
    // The header has a checksum: a file that was changed is refused before its numbers are looked at.
    let mut broken = file.clone();
    broken[place] = b'9';
    let refused = engine.resume_run(None, &mut broken.as_slice(), None);
    assert!(matches!(refused[..], [Event::Fault(_)]), "{refused:?}");
    assert!(engine.resume_run(None, &mut file.as_slice(), None).len() > 1);
}
