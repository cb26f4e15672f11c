//! Tests of [`super`], the module `batches`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;
use crate::data::builder::Builder;
use crate::formats::raster::Raster;
use crate::ops::warp::reference::warp_plain;

/// Pairs of the sizes given; image `k` holds the value 10 k + 10 with its mask where x < w / 2.
fn data(sizes: &[(u32, u32)]) -> Dataset {
    let mut b = Builder::default();
    for (k, (w, h)) in sizes.iter().enumerate() {
        let n = (w * h) as usize;
        b.add_raster(
            &format!("image/{k}.png"),
            Raster::from_u8(*w, *h, 1, vec![10 * k as u8 + 10; n]).unwrap(),
        );
        let mask = (0..n).map(|i| if (i as u32 % w) < w / 2 { 255 } else { 0 }).collect();
        b.add_raster(&format!("label/{k}.png"), Raster::from_u8(*w, *h, 1, mask).unwrap());
    }
    b.finish()
}

fn spec(sampling: Sampling, augmentation: Augmentation) -> SampleSpec {
    SampleSpec {
        sampling,
        channels: Channels::Grey,
        tile_px: 32,
        augmentation,
        seed: 11,
        held_back: None,
    }
}

/// Which image a sample was cut from.
fn source(batch: &CpuBatch, sample: usize) -> usize {
    let n = batch.window_px * batch.window_px;
    (batch.images[sample * n] * 25.5).round() as usize - 1
}

#[test]
fn some_samples_are_those_of_the_batch() {
    let data = data(&[(64, 64), (40, 90), (32, 32)]);
    let spec = spec(Sampling::Crop, Augmentation::Strong);
    let whole = make_batch(&data, &[0, 1, 2], &spec, 5, 4);
    let part = make_samples(&data, &[0, 1, 2], &spec, 5, 4, 1..3);
    assert_eq!(part.pairs, whole.pairs[1..3]);
    assert_eq!(part.matrices, whole.matrices[1..3]);
    assert_eq!(part.images, whole.images[48 * 48..3 * 48 * 48]);
    assert!(make_samples(&data, &[], &spec, 5, 4, 1..3).pairs.is_empty());
    // Without augmentation the same places are cut: only the pose differs.
    let off = SampleSpec {
        augmentation: Augmentation::Off,
        ..spec
    };
    let plain = make_samples(&data, &[0, 1, 2], &off, 5, 4, 1..3);
    assert_eq!(plain.pairs, part.pairs);
}

#[test]
fn a_batch_is_a_pure_function() {
    let data = data(&[(64, 64), (40, 90), (32, 32)]);
    let spec = spec(Sampling::Crop, Augmentation::Strong);
    let batch = make_batch(&data, &[0, 1, 2], &spec, 7, 3);
    assert_eq!(batch, make_batch(&data, &[0, 1, 2], &spec, 7, 3));
    assert_ne!(batch.matrices, make_batch(&data, &[0, 1, 2], &spec, 8, 3).matrices);
    assert_ne!(
        batch.matrices,
        make_batch(&data, &[0, 1, 2], &SampleSpec { seed: 12, ..spec }, 7, 3).matrices
    );
    assert_eq!((batch.window_px, batch.tile_px), (48, 32));
    assert_eq!(batch.images.len(), 3 * 48 * 48);
    assert_eq!(batch.masks.len(), 3 * 48 * 48);
    let rgb = make_batch(
        &data,
        &[0],
        &SampleSpec {
            channels: Channels::Rgb,
            ..spec
        },
        0,
        2,
    );
    assert_eq!(rgb.images.len(), 2 * 48 * 48 * 3);
}

#[test]
fn an_epoch_visits_each_image_in_proportion() {
    // 1, 4 and 2 tiles' worth of pixels.
    let data = data(&[(32, 32), (64, 64), (32, 64)]);
    let spec = spec(Sampling::Crop, Augmentation::Off);
    assert_eq!(epoch_samples(&data, &[0, 1, 2], spec.sampling, spec.tile_px, None), 7);
    let mut orders = Vec::new();
    for epoch in 0..3 {
        let mut seen = [0; 3];
        // Batches of 1, so that an epoch is 7 steps.
        let order: Vec<usize> = (0..7)
            .map(|i| source(&make_batch(&data, &[0, 1, 2], &spec, epoch * 7 + i, 1), 0))
            .collect();
        order.iter().for_each(|k| seen[*k] += 1);
        assert_eq!(seen, [1, 4, 2]);
        orders.push(order);
    }
    assert!(orders[0] != orders[1] || orders[1] != orders[2]);
    // Batches run over the end of an epoch: 3 batches of 7 or 21 of 1 see the same images.
    let wide: Vec<usize> = (0..7)
        .flat_map(|step| {
            let b = make_batch(&data, &[0, 1, 2], &spec, step, 3);
            (0..3).map(|i| source(&b, i)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(wide, orders.concat());
}

#[test]
fn resize_and_seed_visit_once_and_have_no_margin() {
    let data = data(&[(600, 600), (64, 64)]);
    for sampling in [Sampling::Resize, Sampling::Classic] {
        let spec = SampleSpec {
            tile_px: 256,
            ..spec(sampling, Augmentation::Classic)
        };
        assert_eq!(epoch_samples(&data, &[0, 1], spec.sampling, spec.tile_px, None), 2);
        let b = make_batch(&data, &[0, 1], &spec, 0, 2);
        assert_eq!((b.window_px, b.images.len()), (256, 2 * 65536));
        assert!(b.masks.iter().all(|v| *v == 0.0 || *v == 1.0));
    }
    let spec = SampleSpec {
        tile_px: 256,
        ..spec(Sampling::Classic, Augmentation::Off)
    };
    let b = make_batch(&data, &[1], &spec, 0, 1);
    assert_eq!(b.images, preprocess::classic_train_image(data.image(1).unwrap()));
    assert_eq!(b.masks, preprocess::classic_train_mask(data.mask(1).unwrap()));
    let smaller = make_batch(&data, &[1], &SampleSpec { tile_px: 128, ..spec }, 0, 1);
    assert_eq!(smaller.images[0], b.images[257]);
    let resized = make_batch(
        &data,
        &[1],
        &SampleSpec {
            sampling: Sampling::Resize,
            tile_px: 4,
            ..spec
        },
        0,
        1,
    );
    assert_eq!(resized.masks, [1.0, 1.0, 0.0, 0.0].repeat(4));
}

/// The window holds what lies around the tile, so an unmoved plan shows the tile itself.
#[test]
fn windows_hold_real_neighbours() {
    let mut b = Builder::default();
    let ramp: Vec<u8> = (0..100 * 100).map(|i| (i % 100 + i / 100) as u8).collect();
    b.add_raster("image/0.png", Raster::from_u8(100, 100, 1, ramp).unwrap());
    b.add_raster("label/0.png", Raster::from_u8(100, 100, 1, vec![255; 10_000]).unwrap());
    let data = b.finish();
    for step in 0..30 {
        let batch = make_batch(&data, &[0], &spec(Sampling::Crop, Augmentation::Classic), step, 1);
        let mut tile = vec![0.0; 32 * 32];
        warp_plain(&batch.images, [1, 48, 48, 1], &batch.matrices, 32, 32, &mut tile);
        // A linear ramp stays linear under an affine map: no edge was smeared unless the image's own was.
        let edge = batch.images.iter().any(|v| *v <= 0.0 || *v >= 198.0 / 255.0);
        let step_x = tile[16 * 32 + 17] - tile[16 * 32 + 16];
        let inner = batch.images[0] > 0.04 && batch.images[48 * 48 - 1] < 0.74;
        if !edge && inner {
            for row in tile.chunks(32) {
                for pair in row.windows(2) {
                    assert!((pair[1] - pair[0] - step_x).abs() < 1.5e-3, "step {step}");
                }
            }
        }
    }
}

#[test]
fn small_images_and_empty_sets() {
    let data = data(&[(1, 1), (5, 500)]);
    for step in 0..20 {
        let b = make_batch(&data, &[0, 1], &spec(Sampling::Crop, Augmentation::Strong), step, 4);
        assert_eq!(b.matrices.len(), 4);
        assert!(b.images.iter().all(|v| *v > 0.0));
    }
    for train in [&[][..], &[9]] {
        let b = make_batch(&data, train, &spec(Sampling::Crop, Augmentation::Strong), 0, 4);
        assert!(b.images.is_empty() && b.matrices.is_empty());
    }
}
