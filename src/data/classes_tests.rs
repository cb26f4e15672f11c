//! Tests of the modules `classes` and `class_detect`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::class_detect::{self, Detected};
use super::super::mask_numbers;
use super::*;
use crate::formats::{Limits, decode};

const RED: [u8; 3] = [200, 30, 30];
const GREEN: [u8; 3] = [30, 160, 40];
const BLUE: [u8; 3] = [20, 40, 220];

fn detect(masks: &[&Raster]) -> Detected {
    class_detect::detect(masks, &mask_numbers::find(masks, false), &BTreeMap::new())
}

/// Labels of a mask alone.
trait ApplyAlone {
    fn labels(&self, mask: &Raster) -> Vec<u8>;
}

impl ApplyAlone for Legend {
    fn labels(&self, mask: &Raster) -> Vec<u8> {
        self.apply(mask, &mask_numbers::find(&[mask], false).scale)
    }
}

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
    let colours: Vec<_> = found.legend.entries.iter().map(|e| e.value.rgb()).collect();
    assert_eq!(colours, [GREEN, RED, BLUE]);
    assert_eq!(
        found.legend.labels(&rgb(&[BLUE, RED, [1, 2, 3], GREEN])),
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
    assert_eq!(found.strays[0].0.rgb(), [0, 0, 0]);
    assert_eq!(found.legend.labels(&rgb(&pixels)).last(), Some(&UNLABELLED));
}

#[test]
fn class_numbers_stay_numbers_and_get_colours() {
    let grey = Raster::from_u8(8, 1, 1, vec![0, 1, 2, 3, 3, 0, 0, 0]).unwrap();
    let found = detect(&[&grey]);
    assert!(found.suggested);
    assert_eq!(found.legend.labels(&grey), [0, 1, 2, 3, 3, 0, 0, 0]);
    let drawn: std::collections::BTreeSet<_> = found.legend.entries.iter().map(|e| e.shown).collect();
    assert_eq!(drawn.len(), 4);
    let wide = Raster::from_u16(4, 1, 1, vec![0, 1, 2, 7]).unwrap();
    assert_eq!(detect(&[&wide]).legend.labels(&wide), [0, 1, 2, 3]);
}

/// 255 is the usual number for "not labelled" (Cityscapes, ADE20K and many others).
#[test]
fn the_number_255_beside_class_numbers_is_not_learnt() {
    let grey = Raster::from_u8(8, 1, 1, vec![0, 3, 2, 255, 3, 0, 0, 255]).unwrap();
    let found = detect(&[&grey]);
    assert!(found.suggested);
    let names: Vec<_> = found.legend.entries.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["class 0", "class 2", "class 3", "class 255"]);
    let none = UNLABELLED;
    assert_eq!(found.legend.labels(&grey), [0, 2, 1, none, 2, 0, 0, none]);
    assert_eq!(found.legend.classes().len(), 3);

    let two = Raster::from_u8(4, 1, 1, vec![0, 1, 255, 0]).unwrap();
    let found = detect(&[&two]);
    assert!(found.suggested);
    assert_eq!(found.legend.labels(&two), [0, 1, none, 0]);

    // In areas, each twice: what runs from one to the next is brightness, what fills one region could be an object.
    let areas = (0..MAX_CLASSES as u8).chain([255]).flat_map(|n| [n; 4]);
    let full: Vec<u8> = areas.collect::<Vec<_>>().repeat(2);
    let found = detect(&[&Raster::from_u8(full.len() as u32, 1, 1, full.clone()).unwrap()]);
    assert!(found.suggested);
    assert_eq!(found.legend.classes().len(), MAX_CLASSES);
    // Brightness, not numbers: white is a class like the others.
    let levels = Raster::from_u8(3, 1, 1, vec![0, 128, 255]).unwrap();
    assert_eq!(detect(&[&levels]).legend.labels(&levels), [0, 1, 2]);
}

/// A number keeps its colour when others come between.
#[test]
fn class_numbers_are_drawn_by_their_number() {
    let drawn = |values: &[u8]| {
        let found = detect(&[&Raster::from_u8(values.len() as u32, 1, 1, values.to_vec()).unwrap()]);
        let entries = found.legend.entries.into_iter();
        entries.map(|e| (e.value.rgb()[0], e.shown)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(drawn(&[0, 1, 3])[&3], drawn(&[0, 1, 2, 3])[&3]);
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
    // The same with one level between, or three.
    for between in [&[128u8][..], &[64, 128, 191]] {
        let edges = (0..4000).map(|i| match i {
            0..100 => between[i % between.len()],
            _ => 255 * (i % 2) as u8,
        });
        let found = detect(&[&Raster::from_u8(4000, 1, 1, edges.collect()).unwrap()]);
        assert!(!found.suggested, "{between:?}");
    }
    assert!(!detect(&[&rgb(&map(&[(RED, 10), (BLUE, 90)]))]).suggested);
    assert!(!detect(&[]).suggested);
}

/// One grey between black and white: along the edges of white it is smoothing, in areas a class, however rare.
#[test]
fn a_rare_grey_in_areas_is_a_class_and_along_edges_is_not() {
    let mask = |grey: fn(u32, u32) -> bool| {
        let value = |i: u32| match (i % 60, i / 60) {
            (x, y) if grey(x, y) => 128,
            (x, y) if (10..40).contains(&x) && (10..40).contains(&y) => 255,
            _ => 0,
        };
        Raster::from_u8(60, 60, 1, (0..3600).map(value).collect()).unwrap()
    };
    let edge = |x: u32, y: u32| {
        let near = |v: u32| v == 10 || v == 39;
        let side = |v: u32| (10..40).contains(&v);
        near(x) && side(y) || near(y) && side(x)
    };
    assert!(!detect(&[&mask(edge)]).suggested);
    let found = detect(&[&mask(|x, y| (45..55).contains(&x) && y < 12)]);
    assert!(found.suggested);
    assert_eq!(found.legend.classes().len(), 3);
}

/// Noise as JPEG leaves it around every colour is snapped to it.
#[test]
fn noise_belongs_to_the_colour_it_surrounds() {
    let seed = crate::checks::random::seed();
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
    assert_eq!(found.legend.labels(&rgb(&noisy)), wanted);
    // Far from every class is labelled by none.
    assert_eq!(found.legend.labels(&rgb(&[[250, 250, 250]])), [UNLABELLED]);
}

#[test]
fn names_join_colours_and_ignored_ones_are_not_labelled() {
    let mut legend = detect(&[&rgb(&map(&[(RED, 3), (GREEN, 2), (BLUE, 1)]))]).legend;
    legend.entries[1].name = "class 1".into();
    let joined = Legend::edited(legend.entries.clone(), false).unwrap();
    assert_eq!(joined.classes().len(), 2);
    assert_eq!(joined.labels(&rgb(&[RED, GREEN, BLUE])), [0, 0, 1]);
    legend.entries[2].ignored = true;
    assert_eq!(Legend::edited(legend.entries, false), Err(LegendError::TooFew(1)));
    let many: Vec<LegendEntry> = (0..80u8)
        .map(|i| LegendEntry {
            value: MaskValue::colour([i, 0, 0]),
            code: None,
            shown: [i, 0, 0],
            name: String::new(),
            ignored: false,
            share: 0.05,
        })
        .collect();
    assert_eq!(Legend::edited(many.clone(), false), Err(LegendError::TooMany(80)));
    let some = Legend::edited(many[..3].to_vec(), false).unwrap();
    assert_eq!(some.classes()[2].name, "class 3");
}

/// In number legends the place and the number differ by one: "class 2" is the next class's name.
#[test]
fn a_cleared_name_takes_no_other_class_name() {
    let mut legend = detect(&[&Raster::from_u8(4, 1, 1, vec![0, 1, 2, 3]).unwrap()]).legend;
    for cleared in 0..4 {
        let mut entries = legend.entries.clone();
        entries[cleared].name = " ".into();
        let edited = Legend::edited(entries, false).unwrap();
        let classes = edited.classes();
        assert_eq!(classes.len(), 4, "{classes:?}");
        assert!(!classes[cleared].name.trim().is_empty());
    }
    // Two of them beside a name given by hand.
    legend.entries[0].name = "class 3 ".into();
    legend.entries[2].name.clear();
    legend.entries[3].name.clear();
    assert_eq!(Legend::edited(legend.entries, false).unwrap().classes().len(), 4);
}

/// The legend has to show before anybody can edit it: what is found can always be taken.
#[test]
fn more_colours_than_classes_still_make_a_legend() {
    let colour = |i: u8| [3 * i, 250 - 3 * i, 7];
    let many = map(&(0..70).map(|i| (colour(i), 100 - usize::from(i))).collect::<Vec<_>>());
    let found = detect(&[&rgb(&many)]);
    assert_eq!((found.suggested, found.too_many), (true, Some(70)));
    // Drawn on black they are objects as likely.
    let on_black = [many.clone(), vec![[0; 3]; many.len()]].concat();
    assert!(!detect(&[&rgb(&on_black)]).suggested);
    let legend = Legend::edited(found.legend.entries.clone(), false).unwrap();
    assert_eq!((legend.entries.len(), legend.classes().len()), (70, MAX_CLASSES));
    let labels = legend.labels(&rgb(&[colour(0), colour(63), colour(64)]));
    assert_eq!(labels, [0, 63, UNLABELLED]);
    // Of class numbers too the most frequent are kept, whatever their numbers; but somebody has to say so.
    let numbers: Vec<u8> = (0..70).flat_map(|n| vec![n; usize::from(n) + 1]).collect();
    let numbers = numbers.repeat(2);
    let found = detect(&[&Raster::from_u8(numbers.len() as u32, 1, 1, numbers).unwrap()]);
    assert_eq!((found.suggested, found.too_many), (true, Some(70)));
    let ignored = found.legend.entries.iter().filter(|e| e.ignored);
    assert_eq!(
        ignored.map(|e| e.value.rgb()[0]).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5]
    );
}

#[test]
fn codes_above_255_are_classes_by_their_number() {
    let codes = [111, 211, 311, 211, 311, 512, 311, 312, 523];
    let mask = Raster::from_u16(9, 1, 1, codes.to_vec()).unwrap();
    let found = detect(&[&mask]);
    assert!(found.suggested);
    let listed: Vec<_> = found.legend.entries.iter().map(|e| (e.code, e.name.as_str())).collect();
    assert_eq!(listed[0], (Some(111), "class 111"));
    assert_eq!(listed[5], (Some(523), "class 523"));
    assert_eq!(found.legend.labels(&mask), [0, 1, 2, 1, 2, 4, 2, 3, 5]);
    let two = Raster::from_u16(4, 1, 1, vec![111, 311, 311, 111]).unwrap();
    assert_eq!(detect(&[&two]).legend.labels(&two), [0, 1, 1, 0]);
    assert!(detect(&[&two]).suggested);
    assert!(!detect(&[&Raster::from_u16(4, 1, 1, vec![0, 311, 311, 0]).unwrap()]).suggested);
    // A tile of one code, and a number that nobody knows.
    let tile = Raster::from_u16(2, 1, 1, vec![312, 999]).unwrap();
    assert_eq!(found.legend.labels(&tile), [3, UNLABELLED]);
}

/// Polygons that say a class have it, whatever its number; a mask file's 65535 beside others is "no data".
#[test]
fn the_largest_number_is_a_class_where_somebody_says_so() {
    let mask = Raster::from_u16(6, 1, 1, vec![1, 2, 65535, 1, 2, 65535]).unwrap();
    let ignored = |are_classes| {
        let numbers = mask_numbers::find(&[&mask], are_classes);
        let found = class_detect::detect(&[&mask], &numbers, &BTreeMap::new());
        found.legend.entries.iter().map(|e| e.ignored).collect::<Vec<_>>()
    };
    assert_eq!(ignored(true), [false; 3]);
    assert_eq!(ignored(false), [false, false, true]);
}

#[test]
fn names_stand_for_numbers() {
    let mask = Raster::from_u16(6, 1, 1, vec![0, 1, 2, 0, 1, 2]).unwrap();
    let names = BTreeMap::from([(1, "building".to_owned()), (2, "road".to_owned())]);
    let found = class_detect::detect(&[&mask], &mask_numbers::find(&[&mask], true), &names);
    assert!(found.suggested);
    let listed: Vec<_> = found.legend.entries.iter().map(|e| (e.code, e.name.as_str())).collect();
    assert_eq!(listed, [(Some(0), "background"), (None, "building"), (None, "road")]);
}

/// Noise of the first masks alone fills the table of colours; the class of a later one counts all the same.
#[test]
fn a_class_that_comes_late_in_noisy_masks_is_seen() {
    let noise = |centre: [u8; 3], reach: i16| {
        let span = 2 * reach + 1;
        let shade = move |i: i16, v: u8| (i16::from(v) + i - reach) as u8;
        (0..span).flat_map(move |r| {
            (0..span).flat_map(move |g| {
                (0..span).map(move |b| [shade(r, centre[0]), shade(g, centre[1]), shade(b, centre[2])])
            })
        })
    };
    let early = rgb(&noise(RED, 22).chain(noise(GREEN, 22)).collect::<Vec<_>>());
    let late = rgb(&noise(BLUE, 15).collect::<Vec<_>>());
    let found = detect(&[&early, &late]);
    assert!(found.legend.lossy && found.suggested);
    assert_eq!(found.legend.entries.len(), 3, "{:?}", found.legend.entries);
    let number = found.legend.labels(&rgb(&[BLUE]))[0];
    assert_ne!(number, UNLABELLED);
    assert!(found.legend.labels(&late).iter().all(|n| *n == number));
    assert_eq!(found.strays, []);
}

#[test]
fn transparent_pixels_are_not_labelled() {
    let mask = Raster::from_u8(3, 1, 4, vec![200, 30, 30, 255, 200, 30, 30, 0, 30, 160, 40, 255]).unwrap();
    let legend = detect(&[&rgb(&map(&[(RED, 3), (GREEN, 2), (BLUE, 1)]))]).legend;
    assert_eq!(legend.labels(&mask), [0, UNLABELLED, 1]);
}

/// Colour masks of files, two of them palette files of 2 and 4 bits.
#[test]
fn masks_of_files_have_six_classes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/six_classes/label");
    let files = (0..4).map(|number| format!("{folder}/{number}.png"));
    let masks: Vec<Raster> = files
        .map(|f| decode(&std::fs::read(f).unwrap(), &Limits::default()).unwrap())
        .collect();
    let found = detect(&masks.iter().collect::<Vec<_>>());
    assert!(found.suggested && !found.legend.lossy);
    let colours: Vec<_> = found.legend.entries.iter().map(|e| e.value.rgb()).collect();
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
    let labels = found.legend.labels(&masks[0]);
    assert_eq!(counts(&labels, 6)[6], 0);
}
