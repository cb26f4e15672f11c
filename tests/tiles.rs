//! Tiles to look at, through the engine as the page asks for them: what training gets, and nothing else.

mod common;

use common::{add, drawn, engine, send, small};
use groundmask::{
    engine::Engine,
    protocol::{Augmentation, Command, Event, LegendEntry, MaskRule, Poses, TrainConfig, TrainTile},
};

/// A gradient with a corner that tells every pose from every other.
fn corners(n: u32) -> Vec<(String, Vec<u8>)> {
    let scene = |k: u32| {
        drawn(&format!("s{k}"), 80, |x, y| {
            let on = x < 40 && y < 25;
            (
                [(x * 3) as u8, (y * 3) as u8, 40 * k as u8],
                if on { [255; 3] } else { [0; 3] },
            )
        })
    };
    (0..n).flat_map(scene).collect()
}

fn row(engine: &mut Engine, config: &TrainConfig, row: u32) -> Vec<TrainTile> {
    let config = config.clone();
    let events = send(engine, Command::ShowTiles { config, row });
    match events.into_iter().next() {
        Some(Event::Tiles { row: told, tiles }) => {
            assert_eq!(told, row);
            tiles
        }
        other => panic!("{other:?}"),
    }
}

fn with(config: &TrainConfig, augmentation: Augmentation) -> TrainConfig {
    TrainConfig {
        augmentation,
        ..config.clone()
    }
}

#[test]
fn each_setting_shows_the_same_places_in_its_own_poses() {
    let mut engine = engine();
    add(&mut engine, corners(4));
    let config = small(&mut engine);
    let off = row(&mut engine, &with(&config, Augmentation::Off), 0);
    assert_eq!(off.len(), 6);
    for tile in &off {
        assert_eq!(tile.side_px, 32);
        assert_eq!((tile.rgba.len(), tile.mask.len()), (32 * 32 * 4, 32 * 32));
        assert_eq!((&tile.rgba, &tile.mask), (&tile.cut_rgba, &tile.cut_mask));
        assert!(tile.mask.iter().all(|m| *m == 0 || *m == 255));
        assert_eq!((tile.turned_deg, tile.mirrored, tile.zoom), (0.0, false, 1.0));
    }
    for augmentation in [Augmentation::Classic, Augmentation::Strong] {
        let config = with(&config, augmentation);
        let shown = row(&mut engine, &config, 0);
        assert_eq!(shown, row(&mut engine, &config, 0), "the same every time");
        for (tile, plain) in shown.iter().zip(&off) {
            assert_eq!(
                (&tile.cut_rgba, &tile.cut_mask),
                (&plain.rgba, &plain.mask),
                "{augmentation:?}"
            );
            assert_ne!(tile.rgba, tile.cut_rgba, "{augmentation:?}");
            assert!((0.75..1.3).contains(&tile.zoom), "{}", tile.zoom);
            assert!(augmentation == Augmentation::Strong || tile.turned_deg.abs() < 1.0);
        }
        let others = row(&mut engine, &config, 1);
        assert!(shown.iter().zip(&others).all(|(a, b)| a.rgba != b.rgba), "another row");
        let seed = TrainConfig { seed: 2.0, ..config };
        assert_ne!(shown, row(&mut engine, &seed, 0), "another seed");
    }
}

/// Ranges of one's own: what they are, the report of the settings says, whichever augmentation is chosen.
#[test]
fn ones_own_ranges_are_drawn_from_and_told() {
    let mut engine = engine();
    add(&mut engine, corners(4));
    let config = small(&mut engine);
    let ranges = |engine: &mut Engine, config: &TrainConfig| {
        let config = config.clone();
        match send(engine, Command::CheckConfig { config }).into_iter().next() {
            Some(Event::Config(report)) => (report.augment, report.errors),
            other => panic!("{other:?}"),
        }
    };
    let (off, _) = ranges(&mut engine, &with(&config, Augmentation::Off));
    assert_eq!((off.turn_deg, off.zoom_share, off.poses), (0.0, 0.0, Poses::One));
    let (strong, _) = ranges(&mut engine, &with(&config, Augmentation::Strong));
    assert_eq!(
        (strong.turn_deg, strong.zoom_share, strong.poses),
        (15.0, 0.25, Poses::Eight)
    );
    let own = TrainConfig {
        turn_deg: 90.0,
        shift_share: 0.0,
        shear_deg: 0.0,
        zoom_share: 0.0,
        brightness: 0.0,
        contrast: 0.0,
        poses: Poses::One,
        ..with(&config, Augmentation::Own)
    };
    let (told, errors) = ranges(&mut engine, &own);
    assert_eq!((told.turn_deg, told.poses, errors.len()), (90.0, Poses::One, 0));
    let shown: Vec<TrainTile> = (0..4).flat_map(|n| row(&mut engine, &own, n)).collect();
    assert!(shown.iter().any(|tile| tile.turned_deg.abs() > 45.0));
    for tile in shown {
        assert!(tile.turned_deg.abs() <= 90.001 && !tile.mirrored, "{}", tile.turned_deg);
        assert!((tile.zoom - 1.0).abs() < 1e-4 && tile.moved_px < 1e-2 && tile.brighter.abs() < 1e-6);
    }
    let broken = TrainConfig {
        shift_share: 3.0,
        ..own
    };
    let (_, errors) = ranges(&mut engine, &broken);
    assert_eq!(
        errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(),
        ["shift_share"]
    );
}

/// What is shown first is what the first step learns from: the pictures of pairs held back never appear.
#[test]
fn pairs_held_back_and_pairs_left_out_are_not_shown() {
    let mut engine = engine();
    add(&mut engine, corners(5));
    let config = TrainConfig {
        val_names: vec!["s1.png".into(), "s3.png".into()],
        ..small(&mut engine)
    };
    send(
        &mut engine,
        Command::SetExcluded {
            pairs: vec![4],
            excluded: true,
        },
    );
    let mut seen: Vec<u32> = (0..6)
        .flat_map(|n| row(&mut engine, &config, n))
        .map(|tile| tile.pair)
        .collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [0, 2]);
}

#[test]
fn classes_keep_their_numbers_and_large_tiles_are_few_and_small_to_look_at() {
    let mut engine = engine();
    add(&mut engine, corners(3));
    let entry = |rgb: [u8; 3], name: &str| LegendEntry {
        rgb,
        code: None,
        shown: rgb,
        name: name.into(),
        ignored: false,
        share: 0.0,
    };
    let legend = vec![entry([0; 3], "ground"), entry([255; 3], "roof")];
    send(
        &mut engine,
        Command::SetMaskRule {
            rule: MaskRule::Classes {
                legend,
                rest: None,
                boundary: None,
            },
        },
    );
    let config = with(&small(&mut engine), Augmentation::Strong);
    let tiles = row(&mut engine, &config, 0);
    assert!(tiles.iter().all(|t| t.mask.iter().chain(&t.cut_mask).all(|n| *n < 2)));
    assert!(tiles.iter().any(|t| t.cut_mask.contains(&1)));
    let large = TrainConfig {
        tile_px: 1024.0,
        ..config
    };
    let tiles = row(&mut engine, &large, 0);
    assert_eq!(tiles.len(), 1);
    assert_eq!((tiles[0].side_px, tiles[0].mask.len()), (192, 192 * 192));
}

#[test]
fn settings_that_cannot_be_used_and_no_data_show_nothing() {
    let mut engine = engine();
    let config = small(&mut engine);
    assert!(row(&mut engine, &config, 0).is_empty());
    add(&mut engine, corners(3));
    let odd = TrainConfig {
        tile_px: 33.0,
        ..config.clone()
    };
    assert!(row(&mut engine, &odd, 0).is_empty());
    assert_eq!(row(&mut engine, &config, u32::MAX).len(), 6);
}

/// Looking costs a run nothing: the same losses with and without.
#[test]
fn looking_while_training_changes_nothing() {
    let mut losses = Vec::new();
    for look in [false, true] {
        let mut engine = engine();
        add(&mut engine, corners(4));
        let config = TrainConfig {
            steps: 8.0,
            validate_every: 4.0,
            ..small(&mut engine)
        };
        let other = with(&config, Augmentation::Classic);
        let mut events = send(&mut engine, Command::Start { config });
        while engine.is_busy() {
            if look {
                assert_eq!(row(&mut engine, &other, 3).len(), 6);
            }
            events.extend(pollster::block_on(engine.advance(0.0)));
        }
        let told = events.iter().filter_map(|e| match e {
            Event::Step(report) => Some(report.figures.loss),
            _ => None,
        });
        losses.push(told.collect::<Vec<f64>>());
    }
    assert!(!losses[0].is_empty());
    assert_eq!(losses[0], losses[1]);
}
