//! Tests of [`super`], the module `measure`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;
use crate::{
    data::{
        builder::Builder,
        held_back::{HeldBack, Wanted},
    },
    train::config::tests::good,
    values::TrainConfig,
};

fn data(sizes: &[[u32; 2]]) -> Dataset {
    let mut builder = Builder::default();
    for (k, [width, height]) in sizes.iter().enumerate() {
        let n = (width * height) as usize;
        let image = Raster::from_u8(*width, *height, 1, vec![k as u8; n]).expect("an image");
        let mask = (0..n).map(|i| if i % 5 == 0 { 255 } else { 0 }).collect();
        builder.add_raster(&format!("image/{k}.png"), image);
        builder.add_raster(
            &format!("label/{k}.png"),
            Raster::from_u8(*width, *height, 1, mask).expect("a mask"),
        );
    }
    builder.finish()
}

fn settings(steps: f64) -> Settings {
    let raw = TrainConfig { steps, ..good() };
    Settings::checked(&raw, 1, |_, _| 20).expect("usable")
}

fn measured(pieces: &VecDeque<Piece>, data: &Dataset, held_out: bool) -> u64 {
    let pixels = |piece: &Piece| match piece.part {
        Some([measured, _]) => measured.pixels(),
        None => data.image(piece.pair).map_or(0, Raster::pixels),
    };
    pieces.iter().filter(|p| p.held_out == held_out).map(pixels).sum()
}

#[test]
fn small_images_are_measured_whole_however_short_the_run() {
    let data = data(&[[128, 128]; 9]);
    let pieces = pieces(&data, &settings(20.0), &[0, 1, 2, 3, 4, 5], &[6, 7, 8]);
    assert!(pieces.iter().all(Piece::is_whole));
    let order: Vec<(usize, bool)> = pieces.iter().map(|p| (p.pair, p.held_out)).collect();
    let wanted = [
        (6, true),
        (7, true),
        (8, true),
        (0, false),
        (1, false),
        (3, false),
        (4, false),
    ];
    assert_eq!(order, wanted);
}

#[test]
fn of_large_images_no_more_is_measured_than_there_is_time_for() {
    let data = data(&[[2200, 1600], [2200, 1600], [128, 128], [1100, 1300]]);
    let settings = settings(240.0);
    let found = pieces(&data, &settings, &[0, 2], &[1, 3]);
    assert_eq!(found, pieces(&data, &settings, &[0, 2], &[1, 3]), "the same every time");
    let all = measured(&found, &data, true) + measured(&found, &data, false);
    let room = room(&settings, settings.validate_every);
    // A block more or less for each large image.
    assert!(
        (all as f64) < room + 3.0 * f64::from(BLOCK_PX * BLOCK_PX),
        "{all} of {room}"
    );
    for pair in [0, 1, 3] {
        let parts: Vec<[Area; 2]> = found.iter().filter(|p| p.pair == pair).filter_map(|p| p.part).collect();
        assert!(!parts.is_empty());
        for (i, [block, seen]) in parts.iter().enumerate() {
            assert!(block.is_inside(seen) && seen.pixels() <= 512 * 512);
            assert!(parts[..i].iter().all(|[other, _]| !other.meets(block)));
        }
    }
    // With time enough, and whole.
    let long = Settings {
        validate_every: 2000,
        ..settings
    };
    assert!(pieces(&data, &long, &[0, 2], &[1, 3]).iter().all(Piece::is_whole));
}

#[test]
fn of_a_scene_the_strip_is_measured_and_none_of_it_for_training() {
    let data = data(&[[900, 700]]);
    let wanted = Wanted {
        share: 0.2,
        tile_px: 128,
        gap_px: 64,
        seed: 1,
    };
    let held = HeldBack::choose(&data, 0, &wanted).expect("a strip");
    let settings = Settings {
        held_back: Some(held),
        ..settings(400.0)
    };
    let found = pieces(&data, &settings, &[0], &[0]);
    let whole = Area::whole(700, 900);
    for piece in &found {
        let [measured, seen] = piece.part.expect("a part");
        if piece.held_out {
            assert!(measured.is_inside(&held.area) && seen.is_inside(&held.area.grown(64, &whole)));
            assert!(
                held.train.iter().all(|area| !area.meets(&seen)),
                "what is seen was not trained on"
            );
        } else {
            assert!(measured.is_inside(&held.train[0]) && seen.is_inside(&held.train[0]));
        }
    }
    assert_eq!(measured(&found, &data, true), held.area.pixels());
    assert!(measured(&found, &data, false) > 0);
}

#[test]
fn what_takes_long_is_done_less_often() {
    let small = data(&[[128, 128]; 5]);
    assert_eq!(usual_interval_for(&small, &settings(240.0), &[0, 1, 2, 3], &[4]), 20);
    let large = data(&[[1500, 1500], [1500, 1500]]);
    assert_eq!(usual_interval_for(&large, &settings(240.0), &[0], &[1]), 40);
    // Short runs stay as they are.
    assert_eq!(usual_interval_for(&large, &settings(60.0), &[0], &[1]), 10);
    let interval = usual_interval_for(&large, &settings(2400.0), &[0], &[1]);
    assert_eq!(interval, 200);
}

#[test]
fn a_map_is_cut_to_what_is_measured() {
    let area = |top, left, height, width| Area {
        top,
        left,
        height,
        width,
    };
    let piece = Piece {
        pair: 0,
        held_out: true,
        part: Some([area(5, 6, 2, 3), area(4, 4, 4, 6)]),
    };
    let map: Vec<f32> = (0..4 * 6 * 2).map(|i| i as f32).collect();
    let first = |row: usize, column: usize| (row * 6 + column) as f32 * 2.0;
    let wanted: Vec<f32> = [(1, 2), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4)]
        .iter()
        .flat_map(|(y, x)| [first(*y, *x), first(*y, *x) + 1.0])
        .collect();
    assert_eq!(piece.measured(map, 2), wanted);
}
