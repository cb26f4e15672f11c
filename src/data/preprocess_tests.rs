//! Tests of [`super`], the module `preprocess`; a file of their own, compiled under `#[cfg(test)]` only.

use std::sync::Arc;

use super::*;
use crate::formats::raster::ChosenBands;

/// 3 x 2 RGB.
fn small() -> Raster {
    Raster::from_u8(
        3,
        2,
        3,
        vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 51, 51, 51, 255, 255, 255],
    )
    .unwrap()
}

fn b(v: u8) -> f32 {
    f32::from(v) / 255.0
}

#[test]
fn crops_clamp_to_the_edge() {
    let mut out = vec![9.0; 4 * 5];
    crop_f32(&small(), Channels::Grey, -1, -1, 4, 5, &mut out);
    let rows = [
        [76, 76, 150, 29, 29],
        [76, 76, 150, 29, 29],
        [18, 18, 51, 255, 255],
        [18, 18, 51, 255, 255],
    ];
    assert_eq!(out, rows.concat().into_iter().map(b).collect::<Vec<_>>());
    let mut out = vec![9.0; 6];
    crop_f32(&small(), Channels::Rgb, 1, 0, 1, 2, &mut out);
    assert_eq!(out, [10, 20, 30, 51, 51, 51].map(b));
    let mut far = vec![9.0; 3];
    crop_f32(&small(), Channels::Rgb, i64::MAX - 9, i64::MIN + 9, 1, 1, &mut far);
    assert_eq!(far, [10, 20, 30].map(b));
}

#[test]
fn grey_becomes_rgb_alpha_is_dropped_and_16_bits_keep_their_depth() {
    let la = Raster::from_u8(1, 1, 2, vec![100, 3]).unwrap();
    let mut out = vec![0.0; 3];
    crop_f32(&la, Channels::Rgb, 0, 0, 1, 1, &mut out);
    assert_eq!(out, [b(100); 3]);
    let rgba = Raster::from_u8(2, 1, 4, vec![1, 2, 3, 1, 4, 5, 6, 0]).unwrap();
    crop_f32(&rgba, Channels::Rgb, 0, 0, 1, 1, &mut out);
    assert_eq!(out, [b(1), b(2), b(3)]);
    // Where nothing was measured, what the file holds there does not show.
    crop_f32(&rgba, Channels::Rgb, 0, 1, 1, 1, &mut out);
    assert_eq!(out, [0.0; 3]);
    let deep = Raster::from_u16(2, 1, 1, vec![1, 65535]).unwrap();
    let mut out = vec![0.0; 2];
    crop_f32(&deep, Channels::Grey, 0, 0, 1, 2, &mut out);
    assert_eq!(out, [1.0 / 65535.0, 1.0]);
}

#[test]
fn mask_crops() {
    let mut out = vec![9.0; 3 * 4];
    crop_mask_f32(&[1, 0, 0, 1], 2, Area::whole(2, 2), [-1, 0], [3, 4], &mut out);
    assert_eq!(out, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
}

#[test]
fn nearest_takes_the_odd_pixels_of_a_half() {
    assert_eq!(nearest(512, 256), (0..256).map(|i| 2 * i + 1).collect::<Vec<_>>());
    assert_eq!(nearest(3, 3), [0, 1, 2]);
    assert_eq!(nearest(2, 4), [0, 0, 1, 1]);
    assert_eq!(resize_nearest_mask(&[1, 0, 0, 1], 2, 2, 4, 2), [1, 1, 0, 0, 0, 0, 1, 1]);
    assert_eq!(resize_nearest_f32(&small(), Channels::Grey, 1, 3), [18, 51, 255].map(b));
}

/// A 512 x 600 ramp whose value tells its place.
fn ramp() -> Raster {
    let value = |x: u32, y: u32| ((x * 7 + y * 13) % 251) as u8;
    let samples = (0..600u32)
        .flat_map(|y| (0..530u32).map(move |x| value(x, y)))
        .collect();
    Raster::from_u8(530, 600, 1, samples).unwrap()
}

#[test]
fn the_seeds_images() {
    let r = ramp();
    let train = classic_train_image(&r);
    assert_eq!(train.len(), 256 * 256);
    assert_eq!(train[0], b(20));
    assert_eq!(train[256 + 2], b(5 * 7 + 3 * 13));
    assert_eq!(train[65535], b(((511 * 7 + 511 * 13) % 251) as u8));
    let test = classic_test_image(&r);
    assert!((test[0] - (0.0 + 7.0 + 13.0 + 20.0) / 4.0 / 255.0).abs() < 1e-7);
    // Luma of (10, 20, 30) is 18.
    let rgb = Raster::from_u8(2, 2, 3, [10, 20, 30].repeat(4)).unwrap();
    assert_eq!(classic_train_image(&rgb)[0], b(18));
    assert!((classic_test_image(&rgb)[0] - b(18)).abs() < 1e-7);
    // Beyond the image: 0.
    assert_eq!(classic_train_image(&rgb)[1], 0.0);
    assert_eq!(classic_test_image(&rgb)[1], 0.0);
}

#[test]
fn the_seeds_masks() {
    let mut pixels = [[0u8, 0, 0, 255]; 16];
    pixels[5] = [1, 0, 0, 255];
    pixels[7] = [0, 0, 0, 254];
    pixels[13] = [0, 0, 0, 255];
    pixels[15] = [9, 9, 9, 0];
    let rgba = Raster::from_u8(4, 4, 4, pixels.concat()).unwrap();
    let mask = classic_train_mask(&rgba);
    // Source pixels (1,1), (3,1), (1,3), (3,3).
    assert_eq!([mask[0], mask[1], mask[256], mask[257]], [1.0, 1.0, 0.0, 1.0]);
    // An undersized RGBA label is padded with transparent, which counts as foreground; an RGB one with black.
    assert_eq!(mask[2], 1.0);
    let rgb = Raster::from_u8(4, 4, 3, vec![0; 48]).unwrap();
    assert!(classic_train_mask(&rgb).iter().all(|v| *v == 0.0));
}

#[test]
fn thumbnails_average() {
    let r = Raster::from_u8(4, 2, 1, vec![0, 100, 50, 50, 100, 0, 50, 51]).unwrap();
    let (w, h, rgba) = thumbnail(&r, 2);
    assert_eq!((w, h), (2, 1));
    assert_eq!(rgba, [50, 50, 50, 255, 50, 50, 50, 255]);
    assert_eq!(thumbnail(&r, 99).0, 4);
    assert_eq!(thumbnail_mask(&[1, 1, 0, 0, 0, 0, 0, 1], 4, 2, 2), (2, 1, vec![255, 0]));
    assert_eq!(fit(1, 5000, 160), (1, 160));
    assert_eq!(fit(797, 644, 160), (160, 129));
}

/// Of a stack every band goes in by its own range, in the order in which it was asked for; three of them are shown.
#[test]
fn all_bands_of_a_stack_are_seen() {
    let stack = |bands: u32, alpha: bool, samples: Vec<u16>| {
        let chosen = ChosenBands {
            numbers: (1..=bands).collect(),
            names: vec![String::new(); bands as usize],
            shown: [3, 0, 1],
        };
        let raster = Raster::stack([2, 1], Arc::new(chosen), alpha, samples.into(), 16).expect("a stack");
        let whole: Vec<[f64; 2]> = (0..bands).map(|band| [0.0, 1000.0 * f64::from(band + 1)]).collect();
        let mut wide = raster;
        wide.suggest_ranges(whole.clone().into());
        wide.in_ranges(Some(whole.into()))
    };
    let four = stack(4, false, vec![500, 500, 3000, 4000, 0, 2000, 0, 5000]);
    assert!(!four.has_alpha() && four.measured_bands() == 4);
    let mut out = vec![0.0; 8];
    crop_f32(&four, Channels::Bands(4), 0, 0, 1, 2, &mut out);
    let near = |values: &[f32], wanted: [f32; 4]| values.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(
        near(&out[..4], [0.5, 0.25, 1.0, 1.0]) && near(&out[4..], [0.0, 1.0, 0.0, 1.0]),
        "{out:?}"
    );
    assert_eq!(four.rgba8_at(0, 0), [255, 128, 64, 255]);
    // A pixel without data is black in all of them, and its alpha is none of the bands.
    let missing = stack(4, true, vec![500, 500, 3000, 4000, 0, 0, 2000, 0, 5000, 65535]);
    crop_f32(&missing, Channels::Bands(4), 0, 0, 1, 2, &mut out);
    assert!(
        near(&out[..4], [0.0; 4]) && near(&out[4..], [0.0, 1.0, 0.0, 1.0]),
        "{out:?}"
    );
    assert_eq!((missing.rgba8_at(0, 0)[3], missing.rgba8_at(1, 0)[3]), (0, 255));
    assert_ne!(four.pixel_hash(), missing.pixel_hash());
}
