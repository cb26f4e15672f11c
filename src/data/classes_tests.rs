//! Tests of [`super`], the module `classes`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::formats::{Limits, decode};

const RED: [u8; 3] = [200, 30, 30];
const GREEN: [u8; 3] = [30, 160, 40];
const BLUE: [u8; 3] = [20, 40, 220];

fn rgb(pixels: &[[u8; 3]]) -> Raster {
    Raster::from_u8(pixels.len() as u32, 1, 3, pixels.concat()).unwrap()
}

/// `n` pixels of each colour.
fn map(colours: &[([u8; 3], usize)]) -> Vec<[u8; 3]> {
    colours.iter().flat_map(|(c, n)| vec![*c; *n]).collect()
}

#[test]
fn a_colour_map_is_its_own_legend() {
    let found = detect(&[&rgb(&map(&[(RED, 100), (GREEN, 300), (BLUE, 10)]))]);
    assert!(found.suggested);
    let colours: Vec<_> = found.legend.entries.iter().map(|e| e.rgb).collect();
    assert_eq!(colours, [GREEN, RED, BLUE]);
    assert_eq!(
        found.legend.apply(&rgb(&[BLUE, RED, [1, 2, 3], GREEN])),
        [2, 1, UNLABELLED, 0]
    );
    assert!(found.strays.is_empty());
}

#[test]
fn rare_colours_are_strays_and_not_labelled() {
    let mut pixels = map(&[(RED, 6000), (GREEN, 6000), (BLUE, 6000)]);
    pixels.push([0, 0, 0]);
    let found = detect(&[&rgb(&pixels)]);
    assert!(found.suggested);
    assert_eq!(found.legend.entries.len(), 3);
    assert_eq!(found.strays.len(), 1);
    assert_eq!(found.strays[0].0, [0, 0, 0]);
    assert_eq!(found.legend.apply(&rgb(&pixels)).last(), Some(&UNLABELLED));
}

#[test]
fn class_numbers_stay_numbers_and_get_colours() {
    let grey = Raster::from_u8(8, 1, 1, vec![0, 1, 2, 3, 3, 0, 0, 0]).unwrap();
    let found = detect(&[&grey]);
    assert!(found.suggested);
    assert_eq!(found.legend.apply(&grey), [0, 1, 2, 3, 3, 0, 0, 0]);
    let drawn: std::collections::BTreeSet<_> = found.legend.entries.iter().map(|e| e.shown).collect();
    assert_eq!(drawn.len(), 4);
    let wide = Raster::from_u16(4, 1, 1, vec![0, 1, 2, 7]).unwrap();
    assert_eq!(detect(&[&wide]).legend.apply(&wide), [0, 1, 2, 3]);
}

#[test]
fn masks_of_one_thing_are_not_class_maps() {
    for values in [&[0u8, 255, 255, 0][..], &[0, 1, 0, 1], &[7, 7]] {
        let mask = Raster::from_u8(values.len() as u32, 1, 1, values.to_vec()).unwrap();
        assert!(!detect(&[&mask]).suggested, "{values:?}");
    }
    // Smoothed edges: 250 levels between black and white.
    let soft: Vec<u8> = (0..4000u32)
        .map(|i| if i < 250 { i as u8 } else { 255 * (i % 2) as u8 })
        .collect();
    assert!(!detect(&[&Raster::from_u8(4000, 1, 1, soft).unwrap()]).suggested);
    assert!(!detect(&[&rgb(&map(&[(RED, 10), (BLUE, 90)]))]).suggested);
    assert!(!detect(&[]).suggested);
}

/// Noise as JPEG leaves it around every colour is snapped to it.
#[test]
fn noise_belongs_to_the_colour_it_surrounds() {
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    println!("seed {seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let clean = map(&[(RED, 4000), (GREEN, 3000), (BLUE, 2000)]);
    let noisy: Vec<[u8; 3]> = clean
        .iter()
        .map(|c| c.map(|v| v.saturating_add_signed(rng.random_range(-14..=14))))
        .collect();
    let found = detect(&[&rgb(&noisy)]);
    assert!(found.legend.lossy && found.suggested);
    assert_eq!(found.legend.entries.len(), 3, "{:?}", found.legend.entries);
    let wanted: Vec<u8> = map(&[(RED, 4000), (GREEN, 3000), (BLUE, 2000)])
        .iter()
        .map(|c| [RED, GREEN, BLUE].iter().position(|k| k == c).unwrap() as u8)
        .collect();
    assert_eq!(found.legend.apply(&rgb(&noisy)), wanted);
    // Far from every class is labelled by none.
    assert_eq!(found.legend.apply(&rgb(&[[250, 250, 250]])), [UNLABELLED]);
}

#[test]
fn names_join_colours_and_ignored_ones_are_not_labelled() {
    let mut legend = detect(&[&rgb(&map(&[(RED, 3), (GREEN, 2), (BLUE, 1)]))]).legend;
    legend.entries[1].name = "class 1".into();
    let joined = Legend::edited(legend.entries.clone(), false).unwrap();
    assert_eq!(joined.classes().len(), 2);
    assert_eq!(joined.apply(&rgb(&[RED, GREEN, BLUE])), [0, 0, 1]);
    legend.entries[2].ignored = true;
    assert_eq!(Legend::edited(legend.entries, false), Err(LegendError::TooFew(1)));
    let many: Vec<LegendEntry> = (0..20u8)
        .map(|i| LegendEntry {
            rgb: [i, 0, 0],
            shown: [i, 0, 0],
            name: String::new(),
            ignored: false,
            share: 0.05,
        })
        .collect();
    assert_eq!(Legend::edited(many.clone(), false), Err(LegendError::TooMany(20)));
    let some = Legend::edited(many[..3].to_vec(), false).unwrap();
    assert_eq!(some.classes()[2].name, "class 3");
}

#[test]
fn transparent_pixels_are_not_labelled() {
    let mask = Raster::from_u8(3, 1, 4, vec![200, 30, 30, 255, 200, 30, 30, 0, 30, 160, 40, 255]).unwrap();
    let legend = detect(&[&rgb(&map(&[(RED, 3), (GREEN, 2), (BLUE, 1)]))]).legend;
    assert_eq!(legend.apply(&mask), [0, UNLABELLED, 1]);
}

/// The real colour masks beside the checkout, two of them palette files of 2 and 4 bits.
#[test]
fn dubai_has_six_classes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/odd/dubai/label");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: {folder} is not there");
        return;
    };
    let masks: Vec<Raster> = files
        .map(|f| decode(&std::fs::read(f.unwrap().path()).unwrap(), &Limits::default()).unwrap())
        .collect();
    let found = detect(&masks.iter().collect::<Vec<_>>());
    assert!(found.suggested && !found.legend.lossy);
    let colours: Vec<_> = found.legend.entries.iter().map(|e| e.rgb).collect();
    assert_eq!(colours.len(), 6, "{colours:?}");
    for rgb in [
        [0x3C, 0x10, 0x98],
        [0x84, 0x29, 0xF6],
        [0x6E, 0xC1, 0xE4],
        [0xFE, 0xDD, 0x3A],
        [0xE2, 0xA9, 0x29],
        [0x9B; 3],
    ] {
        assert!(colours.contains(&rgb), "{rgb:?}");
    }
    let labels = found.legend.apply(&masks[0]);
    assert_eq!(counts(&labels, 6)[6], 0);
}
