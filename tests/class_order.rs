//! Going on from a model whose classes lie in another order than those of the data that is here.

mod common;

use common::{add, drawn, engine, send, small, train};
use groundmask::protocol::{Command, Event, FaultCode, LegendEntry, MaskRule, Purpose, TrainConfig};

const LAND: [u8; 3] = [40, 160, 60];
const WATER: [u8; 3] = [20, 60, 200];
const ROOF: [u8; 3] = [220, 40, 40];

/// Land, water and roofs, told apart by their colour in the image; `most` fills what is left.
fn scenes(most: [u8; 3], n: u32) -> Vec<(String, Vec<u8>)> {
    let look = |class| match class {
        LAND => [90, 110, 60],
        WATER => [30, 60, 120],
        _ => [200, 120, 100],
    };
    let [first, second] = match most {
        LAND => [WATER, ROOF],
        _ => [ROOF, LAND],
    };
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 48, |x, y| {
            let class = if x + k < 14 {
                first
            } else if y + k < 10 {
                second
            } else {
                most
            };
            (look(class), class)
        })
    };
    (0..n).flat_map(scene).collect()
}

fn legend(colours: &[[u8; 3]]) -> Command {
    let entry = |rgb: &[u8; 3]| LegendEntry {
        rgb: *rgb,
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
        rule: MaskRule::Classes { legend },
    }
}

#[test]
fn outputs_follow_the_classes_of_the_data() {
    let mut engine = engine();
    add(&mut engine, scenes(LAND, 4));
    send(&mut engine, legend(&[LAND, WATER, ROOF]));
    let config = TrainConfig {
        steps: 150.0,
        ..small(&mut engine)
    };
    let learnt = train(&mut engine, config.clone());
    let iou = |end: &groundmask::protocol::RunEnd| end.validation.clone().and_then(|m| m.iou).expect("a figure");
    assert!(iou(&learnt.end) > 0.8, "{:?}", learnt.end.validation);

    // The same classes where another one is the most frequent: its legend has another order.
    let purpose = Purpose::Train;
    send(&mut engine, Command::Clear { purpose });
    add(&mut engine, scenes(WATER, 4));
    send(&mut engine, legend(&[WATER, ROOF, LAND]));
    let config = TrainConfig {
        steps: 2.0,
        validate_every: 1.0,
        lr: 1e-8,
        ..config
    };
    let started = send(&mut engine, Command::StartFromModel { config: config.clone() });
    assert!(
        matches!(&started[0], Event::RunStarted { continued: true, .. }),
        "{started:?}"
    );
    let run = common::finish(&mut engine, started);
    assert!(iou(&run.end) > 0.7, "{:?}", run.end.validation);

    // Other classes: said so, and nothing starts.
    send(&mut engine, Command::Clear { purpose });
    add(&mut engine, scenes(WATER, 4));
    send(&mut engine, legend(&[WATER, ROOF]));
    let refused = send(&mut engine, Command::StartFromModel { config });
    let Event::Fault(fault) = &refused[0] else {
        panic!("{refused:?}")
    };
    assert_eq!(fault.code, FaultCode::CannotContinue);
    let detail = fault.detail.clone().unwrap_or_default();
    assert!(detail.contains("water, roof"), "{detail}");
}
