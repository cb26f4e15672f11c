//! Tests of [`super`].

use super::*;
use crate::data::dataset::Dataset;
use crate::data::fault::FaultKind;
use crate::formats::raster::Raster;

/// Many greys.
fn picture(side: u32, shift: u8) -> Raster {
    let greys = (0..side * side)
        .map(|i| (i as u8).wrapping_mul(7).wrapping_add(shift))
        .collect();
    Raster::from_u8(side, side, 1, greys).expect("a picture")
}

/// Two greys.
fn half(side: u32, at: u32) -> Raster {
    let greys = (0..side * side).map(|i| if i < at { 255 } else { 0 }).collect();
    Raster::from_u8(side, side, 1, greys).expect("a mask")
}

fn left(data: &Dataset) -> Vec<(&str, bool)> {
    data.unpaired.iter().map(|u| (u.path.as_str(), u.is_mask)).collect()
}

fn pairs(data: &Dataset) -> Vec<(&str, &str, &str)> {
    data.pairs
        .iter()
        .map(|p| (p.name.as_str(), p.image_path.as_str(), p.mask_path.as_str()))
        .collect()
}

fn hand(pairs: &[(&str, &str)]) -> Vec<[String; 2]> {
    pairs.iter().map(|(a, b)| [(*a).to_owned(), (*b).to_owned()]).collect()
}

#[test]
fn what_is_left_over_is_paired_by_hand() {
    let mut b = Builder::default();
    b.add_raster("images/a.png", picture(16, 1));
    b.add_raster("masks/a.png", half(16, 9));
    for (n, name) in ["north2", "north10"].into_iter().enumerate() {
        b.add_raster(&format!("images/{name}.png"), picture(16, 20 + n as u8));
        b.add_raster(&format!("masks/r{n}.png"), half(16, 40 + n as u32));
    }
    b.add_raster("masks/small.png", half(8, 3));
    let data = b.finish();
    assert_eq!(
        left(&data),
        [
            ("images/north2.png", false),
            ("images/north10.png", false),
            ("masks/r0.png", true),
            ("masks/r1.png", true),
            ("masks/small.png", true),
        ]
    );
    b.set_pairs_by_hand(hand(&[
        ("images/north2.png", "masks/r0.png"),
        ("images/north10.png", "masks/small.png"),
    ]));
    let data = b.finish();
    assert_eq!(
        pairs(&data),
        [
            ("a", "images/a.png", "masks/a.png"),
            ("north2", "images/north2.png", "masks/r0.png"),
            ("north10", "images/north10.png", "masks/small.png"),
        ]
    );
    // Sizes are checked as for pairs by name.
    assert!(matches!(data.pairs[2].blocked, Some(FaultKind::SizeMismatch { .. })));
    assert_eq!(left(&data), [("masks/r1.png", true)]);
    assert!(
        data.faults.iter().all(|f| f.path == "masks/r1.png"),
        "{:?}",
        data.faults
    );
    // More files change nothing in them, nor does a file that comes again; what the user said later counts.
    b.add_raster("images/b.png", picture(16, 60));
    b.add_raster("images/north2.png", picture(16, 61));
    b.set_pairs_by_hand(hand(&[
        ("images/north2.png", "masks/r0.png"),
        ("images/north2.png", "masks/r1.png"),
        ("images/later.png", "masks/small.png"),
        ("x.png", "x.png"),
    ]));
    let data = b.finish();
    assert_eq!(b.pairs_by_hand().len(), 2);
    assert_eq!(data.pairs.len(), 2);
    assert_eq!(data.pairs[1].mask_path, "masks/r1.png");
    b.add_raster("images/later.png", picture(8, 62));
    assert_eq!(b.finish().pairs.len(), 3);
    // By hand before names.
    b.set_pairs_by_hand(hand(&[("images/a.png", "masks/r0.png")]));
    let data = b.finish();
    assert!(pairs(&data).contains(&("a", "images/a.png", "masks/r0.png")));
    assert!(left(&data).contains(&("masks/a.png", true)));
    b.set_pairs_by_hand(Vec::new());
    assert!(pairs(&b.finish()).contains(&("a", "images/a.png", "masks/a.png")));
    // A name that is there already gets its folders.
    b.add_raster("more/a.png", picture(16, 63));
    b.set_pairs_by_hand(hand(&[("more/a.png", "masks/r0.png")]));
    assert!(pairs(&b.finish()).contains(&("more/a", "more/a.png", "masks/r0.png")));
}

/// Where no word says so, few colours do.
#[test]
fn masks_of_no_such_name_are_told_by_their_colours() {
    let mut b = Builder::default();
    for n in 0..3u8 {
        b.add_raster(&format!("fields/x{n}.png"), picture(16, n));
        b.add_raster(&format!("roofs/y{n}.png"), half(16, 20 * u32::from(n)));
    }
    let data = b.finish();
    let masks: Vec<&str> = left(&data).into_iter().filter(|(_, m)| *m).map(|(p, _)| p).collect();
    // The empty one too, for the folder it lies in.
    assert_eq!(masks, ["roofs/y0.png", "roofs/y1.png", "roofs/y2.png"]);
    // An empty picture among others is none, nor are pictures that all have few colours.
    let mut b = Builder::default();
    b.add_raster("a.png", picture(16, 1));
    b.add_raster("b.png", half(16, 0));
    assert!(left(&b.finish()).iter().all(|(_, is_mask)| !is_mask));
    let mut b = Builder::default();
    b.add_raster("a.png", half(16, 4));
    b.add_raster("b.png", half(16, 7));
    assert!(left(&b.finish()).iter().all(|(_, is_mask)| !is_mask));
}

/// Label Studio's names say nothing of images: all of them can be paired, in order.
#[test]
fn tasks_of_a_labelling_tool_are_left_over() {
    let mut b = Builder::default();
    for n in 1..=2u8 {
        b.add_raster(&format!("images/{n}.png"), picture(16, n));
        b.add_raster(
            &format!("out/task-{n}-annotation-{n}-by-1-tag-roof-0.png"),
            half(16, 60),
        );
    }
    let data = b.finish();
    assert_eq!(data.unpaired.iter().filter(|u| u.is_mask).count(), 2);
    assert_eq!(data.unpaired.len(), 4);
}
