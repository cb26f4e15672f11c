//! Strokes in, labels out; what a layer takes; its bytes.

use super::*;
use crate::data::draw::Stream;

fn area(left: u32, top: u32, width: u32, height: u32) -> Area {
    Area {
        top,
        left,
        height,
        width,
    }
}

fn paint(layer: &mut LabelLayer, area: Area, value: u8, is_correction: bool) {
    let values = vec![value; area.pixels() as usize];
    let patch = Patch {
        area,
        values: &values,
        is_correction,
    };
    layer.paint(&patch, |_, _| true);
}

#[test]
fn what_was_painted_lies_over_the_labels() {
    let mut layer = LabelLayer::new(300, 40);
    paint(&mut layer, area(250, 10, 20, 5), 1, false);
    paint(&mut layer, area(255, 11, 4, 1), UNLABELLED, false);
    paint(&mut layer, area(0, 0, 2, 1), 5, true);
    let mut labels = vec![0; 300 * 40];
    layer.lay_over(&mut labels, 300, 2);
    let at = |x: usize, y: usize| labels[y * 300 + x];
    assert_eq!((at(250, 10), at(269, 14), at(249, 10), at(250, 15)), (1, 1, 0, 0));
    assert_eq!((at(255, 11), at(259, 11)), (UNLABELLED, 1));
    // Of two classes there is no sixth.
    assert_eq!(at(0, 0), UNLABELLED);
    assert_eq!((layer.labelled(), layer.corrected()), (100 - 4 + 2, 2));
    assert!(layer.is_corrected(1, 0) && !layer.is_corrected(250, 10));
}

#[test]
fn old_values_painted_again_undo_a_stroke() {
    let mut layer = LabelLayer::new(100, 100);
    paint(&mut layer, area(10, 10, 30, 30), 1, true);
    let before = layer.clone();
    let stroke = area(20, 20, 50, 5);
    let old: Vec<u8> = (20..25)
        .flat_map(|y| (20..70).map(move |x| (x, y)))
        .map(|(x, y)| before.at(x, y))
        .collect();
    paint(&mut layer, stroke, 0, false);
    assert_ne!(layer, before);
    // What was not labelled is erased again.
    let old: Vec<u8> = old
        .into_iter()
        .map(|v| if v == UNTOUCHED { UNLABELLED } else { v })
        .collect();
    let patch = Patch {
        area: stroke,
        values: &old,
        is_correction: true,
    };
    layer.paint(&patch, |_, _| true);
    let labels = |layer: &LabelLayer| {
        let mut labels = vec![UNLABELLED; 100 * 100];
        layer.lay_over(&mut labels, 100, 2);
        labels
    };
    assert_eq!(labels(&layer), labels(&before));
    assert_eq!((layer.labelled(), layer.corrected()), (900, 900));
}

#[test]
fn where_the_image_knows_nothing_no_label_holds() {
    let mut layer = LabelLayer::new(4, 1);
    let patch = Patch {
        area: area(0, 0, 4, 1),
        values: &[1, 1, UNTOUCHED, 0],
        is_correction: false,
    };
    layer.paint(&patch, |x, _| x != 1);
    assert_eq!([0, 1, 2, 3].map(|x| layer.at(x, 0)), [1, UNLABELLED, UNTOUCHED, 0]);
    assert_eq!(layer.labelled(), 2);
}

#[test]
fn a_large_image_takes_what_is_painted_on_it() {
    let mut layer = LabelLayer::new(10_000, 10_000);
    let empty = layer.bytes();
    assert!(empty < 1 << 19, "{empty}");
    for i in 0..10_000u32 {
        // In one place, as people paint.
        paint(
            &mut layer,
            area(5000 + i % 200, 5000 + i / 50, 12, 12),
            (i % 2) as u8,
            false,
        );
    }
    assert!(layer.bytes() - empty <= 4 * 65_536, "{}", layer.bytes());
    paint(&mut layer, area(0, 0, 10_000, 256), 1, false);
    assert!(
        layer.bytes() - empty <= 8 * 65_536,
        "whole tiles of one class take none"
    );
    assert_eq!(layer.at(9_999, 255), 1);
    assert_eq!(layer.at(9_999, 256), UNTOUCHED);
}

#[test]
fn its_bytes_read_back() {
    let mut layer = LabelLayer::new(700, 300);
    assert_eq!(LabelLayer::decode(&layer.encode(), [700, 300]), Ok(layer.clone()));
    paint(&mut layer, area(100, 100, 400, 30), 3, true);
    paint(&mut layer, area(650, 290, 50, 10), 0, false);
    paint(&mut layer, area(110, 110, 3, 3), UNLABELLED, false);
    let bytes = layer.encode();
    assert!(bytes.len() < 2000, "{}", bytes.len());
    assert_eq!(LabelLayer::decode(&bytes, [700, 300]), Ok(layer.clone()));
    assert_eq!(LabelLayer::decode(&bytes, [300, 700]), Err(LayerError::OtherSize));
    for cut in 0..bytes.len() {
        assert_eq!(
            LabelLayer::decode(&bytes[..cut], [700, 300]),
            Err(LayerError::Truncated),
            "{cut}"
        );
    }
    let mut bad = bytes;
    bad[8] = 100;
    assert_eq!(LabelLayer::decode(&bad, [700, 300]), Err(LayerError::BadLabel));
}

#[test]
fn labelled_places_are_drawn_and_no_others() {
    let mut layer = LabelLayer::new(500, 500);
    let mut draw = Draw::new(1, Stream::Sample, 0, 0);
    let whole = Area::whole(500, 500);
    assert_eq!(layer.draw_pixel(&whole, false, &mut draw), None);
    paint(&mut layer, area(30, 30, 10, 3), 1, false);
    paint(&mut layer, area(400, 470, 1, 1), 0, true);
    assert_eq!(layer.bounds(), Some(area(0, 0, 416, 480)));
    let mut far = 0;
    for _ in 0..200 {
        let [y, x] = layer.draw_pixel(&whole, false, &mut draw).expect("a pixel");
        assert!(usize::from(layer.at(x as usize, y as usize)) < 2);
        far += usize::from(y == 470);
    }
    // Of four cells on the left and one on the right.
    assert!((15..80).contains(&far), "{far}");
    assert_eq!(layer.draw_pixel(&whole, true, &mut draw), Some([470, 400]));
    assert_eq!(
        layer
            .draw_pixel(&area(36, 0, 100, 32), false, &mut draw)
            .map(|[_, x]| x >= 36),
        Some(true)
    );
    assert_eq!(layer.draw_pixel(&area(100, 100, 100, 100), false, &mut draw), None);
    assert!(!layer.meets(&area(100, 100, 100, 100)) && layer.meets(&area(0, 0, 33, 33)));
}
