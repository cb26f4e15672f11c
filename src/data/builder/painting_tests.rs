//! Strokes on images with and without masks, and what training sees of them.

use std::collections::BTreeMap;

use super::*;
use crate::data::batches::{Augmentation, SampleSpec, Sampling, epoch_samples, make_batch, unmarked};
use crate::data::preprocess::Channels;
use crate::formats::raster::Raster;
use crate::values::{UNLABELLED, UNTOUCHED};

fn noise(side: u32, seed: u32) -> Raster {
    let value = |i: u32| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 24) as u8;
    Raster::from_u8(side, side, 1, (0..side * side).map(value).collect()).expect("a picture")
}

/// A pair of files and two images without a mask.
fn set() -> Builder {
    let mut b = Builder::default();
    b.add_raster("image/m.png", noise(64, 1));
    let mask = (0..64 * 64).map(|i| if i % 64 < 20 { 255 } else { 0 }).collect();
    b.add_raster("mask/m.png", Raster::from_u8(64, 64, 1, mask).expect("a mask"));
    b.add_raster("image/a.png", noise(300, 2));
    b.add_raster("image/z.png", noise(300, 3));
    b
}

fn area(left: u32, top: u32, width: u32, height: u32) -> Area {
    Area {
        top,
        left,
        height,
        width,
    }
}

fn paint(b: &mut Builder, data: &mut Dataset, path: &str, area: Area, value: u8) -> Result<usize, PaintError> {
    let values = vec![value; area.pixels() as usize];
    b.paint(
        data,
        path,
        &Patch {
            area,
            values: &values,
            is_correction: false,
        },
    )
}

/// Begins with an image that has no mask.
fn begin(b: &mut Builder, path: &str) -> Dataset {
    b.begin_layer(path).expect("an image");
    b.finish()
}

#[test]
fn images_become_pairs_after_those_of_files() {
    let mut b = set();
    let before = b.finish();
    let paths = |data: &Dataset| data.pairs.iter().map(|p| p.image_path.clone()).collect::<Vec<_>>();
    assert_eq!(
        (paths(&before).len(), before.unpaired.len(), before.faults.len()),
        (1, 2, 2)
    );
    let mut data = begin(&mut b, "image/z.png");
    assert_eq!(paths(&data), ["image/m.png", "image/z.png"]);
    assert_eq!((data.unpaired.len(), data.faults.len()), (1, 1));
    // Nothing to learn from yet.
    assert_eq!(data.usable(), [0]);
    assert_eq!(paint(&mut b, &mut data, "image/z.png", area(10, 20, 5, 2), 1), Ok(1));
    assert_eq!((data.usable(), data.pairs[1].tally.labelled), (vec![0, 1], 10));
    assert!((data.pairs[1].foreground_share - 1.0).abs() < 1e-9);
    let data = begin(&mut b, "image/a.png");
    assert_eq!(paths(&data), ["image/m.png", "image/z.png", "image/a.png"]);
    let labels = data.mask_labels(1).expect("labels");
    assert_eq!((labels[20 * 300 + 10], labels[20 * 300 + 15]), (1, UNLABELLED));
    // By what was painted no data set is another.
    assert_eq!(data.fingerprint(), before.fingerprint());
    assert_eq!(b.begin_layer("mask/m.png"), Err(PaintError::NoImage));
    assert_eq!(b.begin_layer("image/none.png"), Err(PaintError::NoImage));
}

#[test]
fn images_alone_are_known_whether_painted_or_not() {
    let mut b = Builder::default();
    assert_eq!(b.finish().fingerprint(), 0);
    b.add_raster("a.png", noise(64, 1));
    b.add_raster("b.png", noise(64, 2));
    let before = b.finish().fingerprint();
    assert_ne!(before, 0);
    assert_eq!(begin(&mut b, "b.png").fingerprint(), before);
    assert_eq!(begin(&mut b, "a.png").fingerprint(), before);
    b.add_raster("c.png", noise(64, 3));
    assert_ne!(b.finish().fingerprint(), before);
}

#[test]
fn strokes_change_what_a_mask_says_and_can_be_taken_back() {
    let mut b = set();
    let mut data = b.finish();
    let before = data.pairs[0].labels.clone();
    assert_eq!(paint(&mut b, &mut data, "image/m.png", area(15, 0, 10, 1), 1), Ok(0));
    let labels = data.mask_labels(0).expect("labels");
    assert_eq!((labels[14], labels[24], labels[25]), (1, 1, 0));
    assert_eq!(data.pairs[0].tally.foreground, 64 * 20 + 5);
    // It is as it was painted after other changes, too.
    b.set_rule(crate::data::findings::turned(data.rule));
    assert_eq!(
        b.finish().mask_labels(0).map(|l| (l[14], l[24], l[25])),
        Some((0, 1, 1))
    );
    b.set_rule(data.rule);
    let mut data = b.finish();
    let old = [vec![1; 5], vec![0; 5]].concat();
    let patch = Patch {
        area: area(15, 0, 10, 1),
        values: &old,
        is_correction: false,
    };
    assert_eq!(b.paint(&mut data, "image/m.png", &patch), Ok(0));
    assert_eq!(data.pairs[0].labels, before);
}

#[test]
fn labels_that_nobody_else_holds_are_changed_where_they_are() {
    let mut b = set();
    let mut data = begin(&mut b, "image/a.png");
    let first = data.pairs[1].labels.as_ptr();
    for k in 0..50 {
        paint(&mut b, &mut data, "image/a.png", area(k, k, 9, 9), 1).expect("painted");
    }
    assert_eq!(data.pairs[1].labels.as_ptr(), first);
    assert_eq!(b.finish().pairs[1].labels, data.pairs[1].labels);
}

#[test]
fn what_cannot_be_painted_changes_nothing() {
    let mut b = set();
    let mut data = b.finish();
    let mut say = |path: &str, area: Area, value: u8| paint(&mut b, &mut data, path, area, value);
    let outside = Err(PaintError::Outside([64, 64]));
    assert_eq!(say("image/m.png", area(60, 0, 5, 1), 1), outside);
    assert_eq!(say("image/m.png", area(u32::MAX, 0, 2, 1), 1), outside);
    assert_eq!(say("image/m.png", area(0, 0, 0, 1), 1), outside);
    assert_eq!(say("image/m.png", area(0, 0, 2, 1), 64), Err(PaintError::BadValues));
    assert_eq!(say("image/a.png", area(0, 0, 2, 1), 1), Err(PaintError::NoImage));
    assert_eq!(say("image/m.png", area(0, 0, 2, 1), UNTOUCHED), Ok(0));
    let short = Patch {
        area: area(0, 0, 2, 2),
        values: &[1],
        is_correction: false,
    };
    assert_eq!(b.paint(&mut data, "image/m.png", &short), Err(PaintError::BadValues));
    assert_eq!(data.pairs[0].tally.foreground, 64 * 20);
}

fn spec() -> SampleSpec {
    SampleSpec {
        sampling: Sampling::Crop,
        channels: Channels::Grey,
        tile_px: 64,
        augmentation: Augmentation::Off,
        seed: 1,
        held_back: None,
    }
}

#[test]
fn no_crop_is_cut_where_nothing_is_labelled() {
    let mut b = Builder::default();
    b.add_raster("a.png", noise(300, 2));
    b.add_raster("b.png", noise(300, 3));
    let mut data = begin(&mut b, "a.png");
    paint(&mut b, &mut data, "a.png", area(280, 5, 3, 3), 1).expect("painted");
    paint(&mut b, &mut data, "a.png", area(30, 250, 4, 4), 0).expect("painted");
    // An image of which all labels were taken away again is passed over.
    let mut data = begin(&mut b, "b.png");
    paint(&mut b, &mut data, "b.png", area(0, 0, 9, 9), 1).expect("painted");
    paint(&mut b, &mut data, "b.png", area(0, 0, 9, 9), UNLABELLED).expect("painted");
    assert_eq!(epoch_samples(&data, &[0, 1], Sampling::Crop, 64, None), 1);
    let mut seen = [0, 0];
    for step in 0..40 {
        let batch = make_batch(&data, &[0, 1], &spec(), step, 2);
        assert!(batch.pairs.iter().all(|pair| *pair == 0));
        for sample in batch.masks.chunks_exact(2 * 64 * 64) {
            let known = sample.chunks_exact(2).filter(|m| m[1] == 1.0);
            let (mut n, mut ones) = (0, 0);
            known.for_each(|m| (n, ones) = (n + 1, ones + usize::from(m[0] == 1.0)));
            assert!(n > 0, "step {step}");
            seen[0] += usize::from(ones > 0);
            seen[1] += usize::from(ones < n);
        }
    }
    assert!(seen.iter().all(|n| *n > 10), "{seen:?}");
    // With nothing labelled at all there is nothing to learn, and still a batch.
    paint(&mut b, &mut data, "a.png", area(0, 0, 300, 300), UNLABELLED).expect("painted");
    let batch = make_batch(&data, &[0, 1], &spec(), 0, 2);
    assert_eq!(batch.pairs.len(), 2);
    assert!(batch.masks.chunks_exact(2).all(|m| m[1] == 0.0));
}

#[test]
fn corrections_are_marked_and_looked_at_every_other_time() {
    let mut b = set();
    let mut data = b.finish();
    let patch = Patch {
        area: area(50, 50, 2, 2),
        values: &[1; 4],
        is_correction: true,
    };
    b.paint(&mut data, "image/m.png", &patch).expect("painted");
    let small = SampleSpec { tile_px: 16, ..spec() };
    let mut hits = 0;
    for step in 0..60 {
        let batch = make_batch(&data, &[0], &small, step, 1);
        let bands = batch.masks.len() / (16 * 16);
        if bands == 3 {
            let marked = batch.masks.chunks_exact(3).filter(|m| m[2] == 1.0);
            assert!(marked.clone().all(|m| m[..2] == [1.0, 1.0]));
            hits += usize::from(marked.count() > 0);
        }
    }
    assert!((20..50).contains(&hits), "{hits}");

    let classes = crate::data::painted_classes::labelling_with(
        &data,
        &["a", "b", "c"].map(|name| ClassInfo {
            name: name.to_owned(),
            rgb: [9, 8, name.as_bytes()[0]],
        }),
    );
    b.set_labelling(classes.expect("classes").expect("a legend"));
    let data = b.finish();
    let batch = (0..20).map(|step| make_batch(&data, &[0], &small, step, 1));
    let mut labels = batch.flat_map(|batch| batch.labels);
    assert!(labels.any(|label| unmarked(label) == (1, true)));
}

#[test]
fn the_classic_preset_sees_what_was_painted() {
    let mut b = Builder::default();
    b.add_raster("a.png", noise(300, 2));
    let mut data = begin(&mut b, "a.png");
    paint(&mut b, &mut data, "a.png", area(0, 0, 100, 2), 1).expect("painted");
    let mask = data.classic_mask(0).expect("a mask");
    assert_eq!((mask[0], mask[49], mask[50], mask[256]), (1.0, 1.0, -1.0, -1.0));
}

#[test]
fn what_turns_out_to_be_missing_has_no_label() {
    let mut b = set();
    let mut data = begin(&mut b, "image/a.png");
    let paths = [("image/m.png", 64), ("image/a.png", 300)];
    for (path, side) in paths {
        paint(&mut b, &mut data, path, area(0, 0, side, side), 1).expect("painted");
    }
    b.set_nodata(&BTreeMap::from(paths.map(|(path, _)| (path.to_owned(), vec![0.0]))));
    for pair in &b.finish().pairs {
        let (width, image) = (pair.image.width, &pair.image);
        let is_missing = |at: u32| image.alpha8_at(at % width, at / width) == 0;
        let missing = (0..width * image.height).filter(|at| is_missing(*at)).count();
        assert!(missing > 0 && pair.tally.labelled == image.pixels() - missing as u64);
        let mut labels = (0..).zip(pair.labels.iter());
        assert!(labels.all(|(at, label)| *label == if is_missing(at) { UNLABELLED } else { 1 }));
    }
}

#[test]
fn labels_stay_with_the_pixels_that_they_were_painted_on() {
    let png = |seed: u32| {
        let pixels: Vec<u8> = (0..64 * 64u32).map(|i| (i * 37 % 251 + seed) as u8).collect();
        crate::formats::grey8_png(&pixels, 64, 64).expect("a PNG")
    };
    let mut b = Builder::default();
    let mut is_kept = |seed: u32, bands: Vec<usize>| {
        b.set_bands(bands, false);
        b.add_file("a.png", &png(seed)).expect("read");
        let is_kept = b.layer("a.png").is_some();
        b.begin_layer("a.png").expect("an image");
        is_kept
    };
    is_kept(1, Vec::new());
    assert!(is_kept(1, Vec::new()));
    // Other bands of an image are other pixels, of the same place.
    assert!(is_kept(2, vec![2]) && is_kept(1, Vec::new()));
    assert!(!is_kept(2, Vec::new()));
}
