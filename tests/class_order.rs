//! Going on from a model whose classes lie in another order than those of the data that is here.

mod common;

use common::{add, drawn, engine, send, small, train};
use groundmask::protocol::{Command, Event, FaultCode, LegendEntry, MaskRule, Purpose, TrainConfig};

const LAND: [u8; 3] = [40, 160, 60];
const WATER: [u8; 3] = [20, 60, 200];
const ROOF: [u8; 3] = [220, 40, 40];

/// Land with water on one side and roofs on another, told apart by their colour in the image.
fn scenes(n: u32) -> Vec<(String, Vec<u8>)> {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 48, |x, y| match (x + k < 14, y + k < 10) {
            (true, _) => ([30, 60, 120], WATER),
            (_, true) => ([200, 120, 100], ROOF),
            _ => ([90, 110, 60], LAND),
        })
    };
    (0..n).flat_map(scene).collect()
}

fn legend(colours: &[[u8; 3]]) -> Command {
    let entry = |rgb: &[u8; 3]| LegendEntry {
        rgb: *rgb,
        code: None,
        shown: *rgb,
        name: match *rgb {
            LAND => "land",
            WATER => "water",
            _ => "roof",
        }
        .to_owned(),
        ignored: false,
        share: 0.0,
    };
    let legend = colours.iter().map(entry).collect();
    Command::SetMaskRule {
        rule: MaskRule::Classes {
            legend,
            rest: None,
            boundary: None,
        },
    }
}

#[test]
fn outputs_follow_the_classes_of_the_data() {
    let mut engine = engine();
    add(&mut engine, scenes(4));
    send(&mut engine, legend(&[LAND, WATER, ROOF]));
    let config = TrainConfig {
        steps: 150.0,
        ..small(&mut engine)
    };
    let learnt = train(&mut engine, config.clone());
    let iou =
        |end: &groundmask::protocol::RunEnd| end.figures.validation.clone().and_then(|m| m.iou).expect("a figure");
    assert!(iou(&learnt.end) > 0.8, "{:?}", learnt.end.figures.validation);

    // The same classes in a legend of another order, as where another one is the most frequent: the figures are the same.
    let purpose = Purpose::Train;
    send(&mut engine, Command::Clear { purpose });
    add(&mut engine, scenes(4));
    let config = TrainConfig {
        steps: 2.0,
        validate_every: 1.0,
        lr: 1e-8,
        ..config
    };
    let mut by_legend = Vec::new();
    for colours in [[LAND, WATER, ROOF], [WATER, ROOF, LAND], [ROOF, LAND, WATER]] {
        send(&mut engine, legend(&colours));
        let started = send(&mut engine, Command::StartFromModel { config: config.clone() });
        assert!(
            matches!(&started[0], Event::RunStarted { continued: true, .. }),
            "{started:?}"
        );
        let end = common::finish(&mut engine, started).end;
        let ious = end.figures.validation.expect("pairs were held back").class_iou;
        let of = |colour| {
            colours
                .iter()
                .position(|c| *c == colour)
                .and_then(|i| ious[i])
                .expect("a figure")
        };
        by_legend.push([LAND, WATER, ROOF].map(of));
    }
    println!("{by_legend:?}");
    assert!(by_legend[0].iter().all(|iou| *iou > 0.6), "{by_legend:?}");
    for other in &by_legend[1..] {
        for (a, b) in by_legend[0].iter().zip(other) {
            assert!((a - b).abs() < 0.02, "{by_legend:?}");
        }
    }

    // Other classes: said so, and nothing starts.
    send(&mut engine, Command::Clear { purpose });
    add(&mut engine, scenes(4));
    send(&mut engine, legend(&[WATER, ROOF]));
    let refused = send(&mut engine, Command::StartFromModel { config });
    let Event::Fault(fault) = &refused[0] else {
        panic!("{refused:?}")
    };
    assert_eq!(fault.code, FaultCode::CannotContinue);
    let detail = fault.detail.clone().unwrap_or_default();
    assert!(detail.contains("water, roof"), "{detail}");
}
