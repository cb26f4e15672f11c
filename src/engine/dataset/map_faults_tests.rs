//! Tests of [`super`]: masks laid elsewhere and parts left out, by commands.

use pollster::block_on;

use crate::{
    engine::Engine,
    protocol::{Command, Dataset, Event, FindingCode, Fix, OutlineShift, Purpose, UnmappedPart},
};

fn told(events: Vec<Event>) -> Dataset {
    let mut data = events.into_iter().filter_map(|event| match event {
        Event::Dataset(data) => Some(data),
        _ => None,
    });
    data.next_back().expect("a data set")
}

fn add(engine: &mut Engine, path: &str, bytes: Vec<u8>) {
    block_on(engine.command(Command::AddFile {
        path: path.into(),
        bytes,
        purpose: Purpose::Train,
    }));
}

fn done(engine: &mut Engine) -> Dataset {
    told(block_on(engine.command(Command::FilesDone {
        purpose: Purpose::Train,
    })))
}

/// Pixels of 1 m from (500000, 5400000) in UTM 33N.
fn placed(engine: &mut Engine, name: &str, side: u32) {
    let noise = (0..side * side)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect::<Vec<u8>>();
    let png = crate::formats::grey8_png(&noise, side, side).expect("a picture");
    add(engine, &format!("{name}.png"), png);
    add(
        engine,
        &format!("{name}.pgw"),
        b"1\n0\n0\n-1\n500000.5\n5399999.5\n".to_vec(),
    );
    add(
        engine,
        &format!("{name}.prj"),
        b"PROJCS[\"WGS_1984_UTM_Zone_33N\"]".to_vec(),
    );
}

/// Squares on the map of a side and at places in metres from the corner of the picture.
fn squares(side: f64, at: &[[f64; 2]]) -> Vec<u8> {
    let one = |[x, y]: &[f64; 2]| {
        let (left, top) = (500_000.0 + x, 5_400_000.0 - y);
        let (right, bottom) = (left + side, top - side);
        format!(
            r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{left},{top}],[{left},{bottom}],[{right},{bottom}],[{right},{top}],[{left},{top}]]]}}}}"#
        )
    };
    let all: Vec<String> = at.iter().map(one).collect();
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32633"}}"#;
    format!(r#"{{"type":"FeatureCollection",{crs},"features":[{}]}}"#, all.join(",")).into_bytes()
}

fn shift(engine: &mut Engine, dx_px: i32, dy_px: i32) -> Dataset {
    let shifts = vec![OutlineShift { pair: 0, dx_px, dy_px }];
    told(block_on(engine.command(Command::ShiftOutlines { shifts })))
}

fn labels(engine: &Engine) -> Vec<u8> {
    engine.dataset().mask_labels(0).expect("labels").to_vec()
}

#[test]
fn outlines_are_drawn_where_they_are_moved_to() {
    let mut engine = Engine::new(Box::new(|| 0.0));
    placed(&mut engine, "a", 40);
    // The second lies beyond the right edge.
    add(
        &mut engine,
        "houses.geojson",
        squares(4.0, &[[10.0, 20.0], [42.0, 20.0]]),
    );
    let before = done(&mut engine);
    let at = labels(&engine);
    assert_eq!(
        (
            at[20 * 40 + 10],
            at[20 * 40 + 9],
            at.iter().filter(|b| **b == 1).count()
        ),
        (1, 0, 16)
    );
    assert!(before.pairs[0].north_up && before.pairs[0].pixel_m.is_some_and(|m| (m - 1.0).abs() < 0.01));
    let after = shift(&mut engine, -6, 3);
    let at = labels(&engine);
    // Drawn anew, with what came in, and nothing unknown.
    assert_eq!((at[23 * 40 + 4], at[23 * 40 + 36], at[20 * 40 + 10]), (1, 1, 0));
    assert_eq!(at.iter().filter(|b| **b == 1).count(), 32);
    assert_eq!(after.pairs[0].moved_px, [-6, 3]);
    // What is told of the file is told still.
    let told = |data: &Dataset| {
        let files = data.vectors.iter();
        files.map(|v| (v.file.clone(), v.outlines, v.drawn)).collect::<Vec<_>>()
    };
    assert_eq!(told(&before), [("houses.geojson".to_owned(), 2, 1)]);
    assert_eq!(told(&after), told(&before));
    assert_eq!(before.fingerprint, after.fingerprint);
    let moved = after
        .findings
        .iter()
        .find(|f| f.code == FindingCode::OutlinesMoved)
        .expect("said");
    assert_eq!(
        moved.fix,
        Fix::Shift {
            shifts: vec![OutlineShift {
                pair: 0,
                dx_px: -6,
                dy_px: 3
            }]
        }
    );
    // It stays when more comes, and can be undone.
    placed(&mut engine, "b", 40);
    assert_eq!(done(&mut engine).pairs[0].moved_px, [-6, 3]);
    assert_eq!(labels(&engine), at);
    let back = shift(&mut engine, 0, 0);
    assert!(back.findings.iter().all(|f| f.code != FindingCode::OutlinesMoved));
    assert_eq!(labels(&engine).iter().filter(|b| **b == 1).count(), 16);
}

#[test]
fn a_part_is_left_out_and_an_area_says_what_is_mapped() {
    let mut engine = Engine::new(Box::new(|| 0.0));
    placed(&mut engine, "a", 40);
    let houses: Vec<[f64; 2]> = (0..8)
        .map(|i| [2.0 + f64::from(i % 2) * 8.0, 2.0 + f64::from(i / 2) * 9.0])
        .collect();
    add(&mut engine, "houses.geojson", squares(4.0, &houses));
    done(&mut engine);
    let part = UnmappedPart {
        pair: 0,
        left: 0.5,
        top: 0.0,
        right: 1.0,
        bottom: 1.0,
    };
    let leave = |engine: &mut Engine, on| {
        told(block_on(
            engine.command(Command::LeaveOutUnmapped { parts: vec![part], on }),
        ))
    };
    let out = leave(&mut engine, true);
    assert_eq!(out.pairs[0].left_out, [part]);
    assert_eq!(labels(&engine).iter().filter(|b| **b == 255).count(), 800);
    assert!(out.findings.iter().any(|f| f.code == FindingCode::PartLeftOut));
    leave(&mut engine, false);
    assert!(labels(&engine).iter().all(|b| *b != 255));
    // The area is no object, and what lies outside is not labelled.
    let ones = labels(&engine).iter().filter(|b| **b == 1).count();
    add(&mut engine, "task_aoi.geojson", squares(20.0, &[[0.0, 0.0]]));
    let data = done(&mut engine);
    assert!(data.faults.is_empty(), "{:?}", data.faults);
    let at = labels(&engine);
    assert_eq!(at.iter().filter(|b| **b == 255).count(), 40 * 40 - 400);
    assert!(at.iter().filter(|b| **b == 1).count() < ones);
    assert_eq!(at[5 * 40 + 7], 0);
}

#[test]
fn the_data_set_is_looked_at_while_nothing_else_is_done() {
    let mut engine = Engine::new(Box::new(|| 0.0));
    placed(&mut engine, "a", 200);
    add(
        &mut engine,
        "houses.geojson",
        squares(12.0, &[[20.0, 20.0], [90.0, 120.0]]),
    );
    done(&mut engine);
    assert!(engine.is_examining() && !engine.is_busy());
    let mut findings = None;
    for _ in 0..10 {
        for event in block_on(engine.advance(0.0)) {
            if let Event::Findings { findings: all } = event {
                findings = Some(all);
            }
        }
    }
    assert!(!engine.is_examining());
    let findings = findings.expect("told once all is looked at");
    // Two squares in noise tell nothing.
    let own = [FindingCode::OutlinesShifted, FindingCode::PartUnmapped];
    assert!(findings.iter().all(|f| !own.contains(&f.code)), "{findings:?}");
}
