//! Tests of [`super`], the module `held_back`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;
use crate::data::{
    augment::Augmentation,
    batches::{SampleSpec, Sampling, epoch_samples, make_batch},
    builder::Builder,
    preprocess::Channels,
};
use crate::formats::raster::Raster;

/// One image whose red is its column and whose green its row, both over four; the mask as given.
fn scene([width, height]: [u32; 2], is_mask: impl Fn(u32, u32) -> bool) -> Dataset {
    let mut builder = Builder::default();
    let at = |i: u32| (i % width, i / width);
    let pixels = (0..width * height).flat_map(|i| [(at(i).0 / 4) as u8, (at(i).1 / 4) as u8, 0]);
    let image = Raster::from_u8(width, height, 3, pixels.collect()).expect("an image");
    let mask = (0..width * height).map(|i| if is_mask(at(i).0, at(i).1) { 255 } else { 0 });
    let mask = Raster::from_u8(width, height, 1, mask.collect()).expect("a mask");
    builder.add_raster("image/0.png", image);
    builder.add_raster("label/0.png", mask);
    builder.finish()
}

fn wanted(seed: u32) -> Wanted {
    Wanted {
        share: 0.2,
        tile_px: 64,
        gap_px: 32,
        seed,
    }
}

fn spec(held_back: Option<HeldBack>) -> SampleSpec {
    SampleSpec {
        sampling: Sampling::Crop,
        channels: Channels::Rgb,
        tile_px: 64,
        augmentation: Augmentation::Strong,
        seed: 3,
        held_back,
    }
}

#[test]
fn nothing_that_training_reads_lies_in_the_part_or_its_gap() {
    let data = scene([500, 400], |x, y| (x / 20 + y / 20) % 3 == 0);
    for seed in 0..6 {
        let held = HeldBack::choose(&data, 0, &wanted(seed)).expect("a strip");
        assert!(held.fits(&data) && held.gap_px == 32);
        let kept_off = held.area.grown(32, &Area::whole(400, 500));
        let spec = spec(Some(held));
        for step in 0..40 {
            let batch = make_batch(&data, &[0], &spec, step, 2);
            assert!(batch.window_px > batch.tile_px, "the warp sees around the tile");
            for pixel in batch.images.chunks(3) {
                let [left, top] = [pixel[0], pixel[1]].map(|v| (v * 255.0).round() as u32 * 4);
                // Four columns and rows have one number.
                let four = Area {
                    top,
                    left,
                    height: 4,
                    width: 4,
                };
                assert!(!four.is_inside(&kept_off), "seed {seed}: {left}, {top}");
            }
        }
        let samples = epoch_samples(&data, &[0], Sampling::Crop, 64, Some(&held));
        assert_eq!(samples as u64, (held.train_pixels() + 2048) / 4096);
    }
}

#[test]
fn the_part_is_a_fifth_and_like_the_whole() {
    let data = scene([500, 400], |x, y| (x / 20 + y / 20) % 3 == 0);
    let strips: Vec<HeldBack> = (0..12)
        .filter_map(|seed| HeldBack::choose(&data, 0, &wanted(seed)))
        .collect();
    for held in &strips {
        let share = held.area.pixels() as f64 / 200_000.0;
        assert!((0.17..0.23).contains(&share), "{share}");
        let [bottom, right] = held.area.end();
        let ends = [held.area.top == 0 || bottom == 400, held.area.left == 0 || right == 500];
        let inside = ends.contains(&false);
        assert!(!inside, "one along an edge is as good: {held:?}");
    }
    assert!(strips.iter().any(|other| other != &strips[0]), "the seed draws");
    assert_eq!(
        HeldBack::choose(&data, 0, &wanted(3)),
        HeldBack::choose(&data, 0, &wanted(3))
    );
    // All there is to find lies in the middle of a long image: a strip along an edge would have nothing, or all.
    let data = scene([900, 200], |x, y| (350..550).contains(&x) && y % 3 == 0);
    for seed in 0..6 {
        let held = HeldBack::choose(&data, 0, &wanted(seed)).expect("a strip");
        assert!(
            held.area.meets(&Area {
                left: 350,
                width: 200,
                ..Area::whole(200, 900)
            }),
            "{held:?}"
        );
    }
}

/// A road as bright as a roof runs across the middle: neither all of it nor nothing is held back. The blocks in the corners
/// leave all room there is to train on.
#[test]
fn what_could_be_taken_for_the_objects_is_in_the_part_too() {
    let mut builder = Builder::default();
    let (width, height) = (1200u32, 1000u32);
    let is_house = |x: u32, y: u32| x % 80 < 24 && y % 80 < 24;
    let is_road = |x: u32, y: u32| !is_house(x, y) && (480..510).contains(&y.wrapping_add(x / 40));
    let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let grey = |(x, y)| if is_house(x, y) || is_road(x, y) { 200 } else { 90 };
    let image = Raster::from_u8(width, height, 3, places().flat_map(|at| [grey(at); 3]).collect()).expect("an image");
    let mask = places().map(|(x, y)| if is_house(x, y) { 255 } else { 0 }).collect();
    builder.add_raster("image/0.png", image);
    builder.add_raster("label/0.png", Raster::from_u8(width, height, 1, mask).expect("a mask"));
    let data = builder.finish();
    let share = |area: &Area| {
        let rows = area.top..area.top + area.height;
        let road = rows.flat_map(|y| (area.left..area.left + area.width).map(move |x| (x, y)));
        road.filter(|&(x, y)| is_road(x, y)).count() as f64 / area.pixels() as f64
    };
    let whole = share(&Area::whole(height, width));
    for seed in 0..8 {
        let held = HeldBack::choose(&data, 0, &wanted(seed)).expect("a block");
        assert!((0.5..2.0).contains(&(share(&held.area) / whole)), "{held:?}");
        assert!(held.fits(&data));
        let kept_off = held.area.grown(held.gap_px, &Area::whole(height, width));
        assert!(!held.train.iter().any(|area| area.meets(&kept_off)));
        assert_eq!(held.train[0].shared(&held.train[1]), 0);
        assert_eq!(held.train_pixels() + kept_off.pixels(), 1_200_000);
    }
}

#[test]
fn a_border_without_data_counts_for_nothing() {
    let mut builder = Builder::default();
    // Left third transparent.
    let pixels = (0..600 * 300u32).flat_map(|i| [90, 90, 90, if i % 600 < 200 { 0 } else { 255 }]);
    builder.add_raster(
        "image/0.png",
        Raster::from_u8(600, 300, 4, pixels.collect()).expect("an image"),
    );
    let mask = (0..600 * 300u32).map(|i| if i % 7 == 0 { 255 } else { 0 });
    builder.add_raster(
        "label/0.png",
        Raster::from_u8(600, 300, 1, mask.collect()).expect("a mask"),
    );
    let data = builder.finish();
    for seed in 0..6 {
        let held = HeldBack::choose(&data, 0, &wanted(seed)).expect("a strip");
        let labels = held.area.cut(data.mask_labels(0).expect("labels"), 600);
        let known = labels.iter().filter(|label| **label != UNLABELLED).count();
        assert!(
            (0.17..0.23).contains(&(known as f64 / 120_000.0)),
            "{known} in {held:?}"
        );
    }
}

#[test]
fn small_images_and_odd_shares_have_none() {
    let data = scene([150, 150], |x, _| x % 2 == 0);
    assert_eq!(HeldBack::choose(&data, 0, &wanted(1)), None);
    let data = scene([500, 400], |x, _| x % 2 == 0);
    for share in [0.0, -1.0, 1.0, f64::NAN, 1e-9, 0.999] {
        assert_eq!(
            HeldBack::choose(&data, 0, &Wanted { share, ..wanted(1) }),
            None,
            "{share}"
        );
    }
    assert_eq!(HeldBack::choose(&data, 7, &wanted(1)), None);
    let large = Wanted {
        tile_px: 256,
        ..wanted(1)
    };
    assert_eq!(HeldBack::choose(&data, 0, &large), None);
    // Without anything to find any strip will do.
    assert!(HeldBack::choose(&scene([500, 400], |_, _| false), 0, &wanted(1)).is_some());
}

#[test]
fn what_a_file_says_is_checked() {
    let data = scene([500, 400], |x, _| x % 2 == 0);
    let held = HeldBack::choose(&data, 0, &wanted(1)).expect("a strip");
    let json = serde_json::to_string(&held).expect("JSON");
    assert_eq!(serde_json::from_str::<HeldBack>(&json).expect("the same"), held);
    let whole = Area::whole(400, 500);
    let huge = Area::whole(u32::MAX, u32::MAX);
    for wrong in [
        HeldBack { pair: 1, ..held },
        HeldBack { area: huge, ..held },
        HeldBack {
            area: Area::default(),
            ..held
        },
        HeldBack {
            train: [whole, Area::default()],
            ..held
        },
        HeldBack {
            train: [Area::default(); 2],
            ..held
        },
        HeldBack {
            train: [held.train[0], Area { top: u32::MAX, ..whole }],
            ..held
        },
    ] {
        assert!(!wrong.fits(&data), "{wrong:?}");
    }
}

#[test]
fn areas_grow_within_limits_and_cut_maps() {
    let area = Area {
        top: 10,
        left: 0,
        height: 5,
        width: 4,
    };
    let grown = area.grown(3, &Area::whole(16, 9));
    assert_eq!(
        grown,
        Area {
            top: 7,
            left: 0,
            height: 9,
            width: 7
        }
    );
    assert_eq!(area.grown(u32::MAX, &Area::whole(16, 9)), Area::whole(16, 9));
    let map: Vec<u32> = (0..12).collect();
    let part = Area {
        top: 1,
        left: 1,
        height: 2,
        width: 2,
    };
    assert_eq!(part.cut(&map, 4), [5, 6, 9, 10]);
    let held = HeldBack {
        pair: 0,
        area: part,
        gap_px: 0,
        train: [Area::default(); 2],
    };
    assert_eq!(
        held.only_held(&[1; 12], 4),
        [255, 255, 255, 255, 255, 1, 1, 255, 255, 1, 1, 255]
    );
}
