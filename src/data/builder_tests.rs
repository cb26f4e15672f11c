//! Tests of [`super`], the module `builder`; a file of their own, compiled under `#[cfg(test)]` only.

use super::making::labels;
use super::*;
use crate::data::classes;
use crate::data::fault::FaultKind;
use crate::data::mask_numbers::Numbers;
use crate::data::mask_value::MaskValue;
use crate::data::pair_notes::Note;
use crate::formats::{grey8_png, grey16_png, rgba8_png};

fn grey(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let samples: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| value(x, y))
        .collect();
    grey8_png(&samples, width, height).unwrap()
}

fn picture(width: u32, height: u32, shift: u32) -> Vec<u8> {
    grey(width, height, |x, y| (x * 3 + y * 5 + shift) as u8)
}

fn half(width: u32, height: u32) -> Vec<u8> {
    grey(width, height, |x, _| if x < width / 2 { 255 } else { 0 })
}

fn kinds(data: &Dataset) -> Vec<(&str, &FaultKind)> {
    data.faults.iter().map(|f| (f.path.as_str(), &f.kind)).collect()
}

#[test]
fn pairs_grow_over_drops_and_bad_files_cost_nothing() {
    let mut b = Builder::default();
    b.add_file("image/1.png", &picture(20, 10, 0)).unwrap();
    b.add_file("image/2.png", &picture(20, 10, 1)).unwrap();
    b.add_file("label/1.png", &half(20, 10)).unwrap();
    b.add_file(".DS_Store", b"junk").unwrap();
    assert_eq!(
        b.add_file("notes.txt", b"hello").unwrap_err().kind,
        FaultKind::UnknownFormat
    );
    assert_eq!(b.add_file("image/3.png", b"").unwrap_err().kind, FaultKind::EmptyFile);
    let cut = &picture(20, 10, 0)[..60];
    assert!(matches!(
        b.add_file("image/4.png", cut).unwrap_err().kind,
        FaultKind::Corrupt(_)
    ));
    let data = b.finish();
    assert_eq!(data.pairs.len(), 1);
    assert_eq!(data.name(0), Some("1"));
    assert_eq!(data.foreground_share(), 0.5);
    assert_eq!(data.rule, MaskRule::Threshold { at: 128, invert: false });
    assert_eq!(kinds(&data).len(), 4);
    assert!(kinds(&data).contains(&("image/2.png", &FaultKind::NoMask)));
    assert!(kinds(&data).contains(&("notes.txt", &FaultKind::UnknownFormat)));

    b.add_file("label/2.png", &half(20, 10)).unwrap();
    b.add_file("image/4.png", &picture(20, 10, 3)).unwrap();
    b.add_file("label/9.png", &half(20, 10)).unwrap();
    let data = b.finish();
    assert_eq!(data.pairs.len(), 2);
    let named = [
        ("image/4.png", &FaultKind::NoMask),
        ("label/9.png", &FaultKind::NoImage),
    ];
    assert!(named.iter().all(|f| kinds(&data).contains(f)), "{:?}", data.faults);
    // 6 images of 200 bytes, two masks of 200 bits-as-bytes.
    assert_eq!(data.memory_bytes, 6 * 200 + 2 * 200);

    // Its image came, empty: that is what is wrong.
    b.add_file("label/3.png", &half(20, 10)).unwrap();
    let other = "image/3.png".to_owned();
    let data = b.finish();
    assert!(kinds(&data).contains(&("label/3.png", &FaultKind::PartnerRefused { other })));
    assert!(kinds(&data).contains(&("image/3.png", &FaultKind::EmptyFile)));
    assert_eq!(data.pairs.len(), 2);
}

#[test]
fn sizes() {
    let mut b = Builder::default();
    b.add_file("image/a.png", &picture(20, 10, 0)).unwrap();
    b.add_file("label/a.png", &half(21, 9)).unwrap();
    b.add_file("image/b.png", &picture(20, 10, 1)).unwrap();
    b.add_file("label/b.png", &half(40, 20)).unwrap();
    let data = b.finish();
    assert_eq!(data.pairs[0].notes, [Note::Cropped { width: 20, height: 9 }]);
    assert_eq!(data.mask_labels(0).unwrap().len(), 180);
    assert_eq!(data.image(0).map(|r| (r.width, r.height)), Some((20, 9)));
    assert_eq!(data.mask(0).map(|r| (r.width, r.height)), Some((20, 9)));
    let blocked = data.pairs[1].blocked.clone().unwrap();
    assert_eq!(
        blocked,
        FaultKind::SizeMismatch {
            image: [20, 10],
            mask: [40, 20]
        }
    );
    assert_eq!(blocked.detail().as_deref(), Some("20 × 10 and 40 × 20"));
    assert_eq!(data.usable(), [0]);
    assert!(data.image(1).is_none() && data.mask_labels(1).is_none() && data.image(7).is_none());
}

#[test]
fn rule_and_exclusion_survive_later_drops() {
    let mut b = Builder::default();
    for i in 0..3 {
        b.add_file(&format!("image/{i}.png"), &picture(16, 16, i)).unwrap();
        b.add_file(&format!("label/{i}.png"), &half(16, 16)).unwrap();
    }
    let first = b.finish();
    b.set_excluded(1, true);
    b.set_rule(MaskRule::Threshold { at: 128, invert: true });
    let data = b.finish();
    assert_eq!(data.usable(), [0, 2]);
    assert_eq!(data.mask_labels(0).unwrap()[0], 0);
    assert_eq!(first.mask_labels(0).unwrap()[0], 1);
    assert!(Arc::ptr_eq(&first.pairs[0].image, &data.pairs[0].image));
    b.add_file("image/00.png", &picture(16, 16, 9)).unwrap();
    b.add_file("label/00.png", &half(16, 16)).unwrap();
    let data = b.finish();
    assert_eq!(data.pairs.len(), 4);
    assert!(
        data.pairs
            .iter()
            .filter(|p| p.excluded)
            .all(|p| p.image_path == "image/1.png")
    );
    assert_eq!(data.suggested_rule, MaskRule::Threshold { at: 128, invert: false });
    let again = data.pairs.iter().position(|p| p.excluded).unwrap();
    b.set_excluded(again, false);
    assert_eq!(b.finish().usable().len(), 4);
    b.set_excluded(99, true);
    // A new file under an old path replaces it.
    b.add_file("label/1.png", &grey(16, 16, |_, _| 0)).unwrap();
    let data = b.finish();
    let changed = data.pairs.iter().find(|p| p.mask_path == "label/1.png").unwrap();
    assert!(changed.notes.contains(&Note::FullMask));
}

#[test]
fn notes() {
    let mut b = Builder::default();
    b.add_file("image/0.png", &picture(16, 16, 0)).unwrap();
    b.add_file("label/0.png", &grey(16, 16, |_, _| 0)).unwrap();
    b.add_file("image/1.png", &picture(16, 16, 1)).unwrap();
    b.add_file("label/1.png", &grey(16, 16, |_, _| 255)).unwrap();
    b.add_file("image/2.png", &picture(16, 16, 0)).unwrap();
    b.add_file("label/2.png", &picture(16, 16, 0)).unwrap();
    let mut rgba = vec![7u8; 16 * 16 * 4];
    rgba[3] = 0;
    b.add_file("image/3.png", &rgba8_png(&rgba, 16, 16).unwrap()).unwrap();
    b.add_file("label/3.png", &half(16, 16)).unwrap();
    let data = b.finish();
    let notes: Vec<&[Note]> = data.pairs.iter().map(|p| p.notes.as_slice()).collect();
    assert_eq!(notes[0], [Note::EmptyMask]);
    assert_eq!(notes[1], [Note::FullMask]);
    assert_eq!(
        notes[2],
        [Note::MaskEqualsImage, Note::EmptyMask, Note::DuplicateOf { pair: 0 }]
    );
    assert_eq!(notes[3], [Note::AlphaIgnored]);
}

#[test]
fn inversion_is_judged_on_the_whole_set() {
    let mostly = |edge: u32| grey(20, 20, move |x, _| if x < edge { 255 } else { 0 });
    let mut b = Builder::default();
    b.add_file("image/0.png", &picture(20, 20, 0)).unwrap();
    b.add_file("label/0.png", &mostly(19)).unwrap();
    b.add_file("image/1.png", &picture(20, 20, 1)).unwrap();
    b.add_file("label/1.png", &mostly(2)).unwrap();
    assert!(b.finish().pairs.iter().all(|p| p.notes.is_empty()));
    b.add_file("label/1.png", &mostly(18)).unwrap();
    assert!(b.finish().pairs.iter().all(|p| p.notes == [Note::MaybeInverted]));
    b.set_rule(MaskRule::Threshold { at: 128, invert: true });
    assert!(b.finish().pairs.iter().all(|p| p.notes.is_empty()));
}

#[test]
fn memory_is_capped_and_the_rest_stays() {
    let mut b = Builder::new(Limits::default(), 1000);
    b.add_file("image/0.png", &picture(16, 16, 0)).unwrap();
    b.add_file("label/0.png", &half(16, 16)).unwrap();
    let refused = b.add_file("image/1.png", &picture(32, 32, 0)).unwrap_err();
    assert!(matches!(
        refused.kind,
        FaultKind::OutOfMemory {
            needed_bytes: 1024,
            available_bytes: 232
        }
    ));
    assert_eq!(refused.kind.detail().as_deref(), Some("needs 0.0 MiB, 0.0 MiB left"));
    let data = b.finish();
    assert_eq!((data.pairs.len(), data.faults.len()), (1, 1));
}

#[test]
fn ambiguous_files_are_named() {
    let mut b = Builder::default();
    b.add_file("a.png", &picture(8, 8, 0)).unwrap();
    b.add_file("a.PNG", &picture(8, 8, 1)).unwrap();
    b.add_file("a_mask.png", &half(8, 8)).unwrap();
    let data = b.finish();
    assert_eq!(
        kinds(&data),
        [("a.png", &FaultKind::Ambiguous { other: "a.PNG".into() })]
    );
    assert_eq!(data.image_path(0), Some("a.PNG"));
}

#[test]
fn deep_masks_of_ones() {
    let mut b = Builder::default();
    b.add_file("image/0.png", &picture(4, 1, 0)).unwrap();
    b.add_file("label/0.png", &grey16_png([0, 1, 1, 0], 4, 1).unwrap())
        .unwrap();
    assert_eq!(b.finish().mask_labels(0), Some(&[0, 1, 1, 0][..]));
}

/// Pixels that the image knows nothing of have no label and count in no share.
#[test]
fn transparent_pixels_have_no_label() {
    let entry = |grey: u8, name: &str| classes::LegendEntry {
        value: MaskValue::colour([grey; 3]),
        code: None,
        shown: [grey; 3],
        name: name.into(),
        ignored: false,
        share: 0.5,
    };
    let legend = classes::Legend {
        entries: vec![entry(0, "field"), entry(1, "roof")],
        ..classes::Legend::default()
    };
    let mask = Raster::from_u8(3, 1, 1, vec![0, 1, 1]).unwrap();
    let image = Raster::from_u8(3, 1, 2, vec![9, 255, 9, 0, 9, 255]).unwrap();
    assert_eq!(
        labels(
            &Labelling::Classes(Arc::new(legend)),
            &Numbers::default(),
            &image,
            &mask
        ),
        [0, classes::UNLABELLED, 1]
    );
    let binary = labels(&Labelling::default(), &Numbers::default(), &image, &mask);
    assert_eq!((binary.len(), binary[1]), (3, classes::UNLABELLED));

    let mut b = Builder::default();
    b.add_raster(
        "image/0.png",
        Raster::from_u8(4, 1, 2, vec![9, 255, 9, 0, 9, 255, 9, 0]).unwrap(),
    );
    b.add_raster("label/0.png", Raster::from_u8(4, 1, 1, vec![255, 255, 0, 0]).unwrap());
    let data = b.finish();
    let none = classes::UNLABELLED;
    assert_eq!(data.mask_labels(0), Some(&[1, none, 0, none][..]));
    assert_eq!((data.pairs[0].foreground_share, data.foreground_share()), (0.5, 0.5));
}

const RED: [u8; 3] = [200, 30, 30];
const GREEN: [u8; 3] = [30, 160, 40];
const BLUE: [u8; 3] = [20, 40, 220];
const YELLOW: [u8; 3] = [240, 230, 60];

/// A pair whose mask is one row of `pixels`.
fn add_classes(b: &mut Builder, name: &str, pixels: &[[u8; 3]]) {
    let n = pixels.len() as u32;
    let shade = name.bytes().fold(0u8, u8::wrapping_add);
    b.add_raster(
        &format!("image/{name}.png"),
        Raster::from_u8(n, 1, 1, vec![shade; pixels.len()]).unwrap(),
    );
    b.add_raster(
        &format!("label/{name}.png"),
        Raster::from_u8(n, 1, 3, pixels.concat()).unwrap(),
    );
}

/// The legend found, with a name of the user's.
fn edited(data: &Dataset) -> classes::Legend {
    let mut entries = data.detected.legend.entries.clone();
    entries[0].name = "field".into();
    classes::Legend::edited(entries, data.detected.legend.lossy).unwrap()
}

/// The legend stays the user's, but what it knows nothing of must not go unlearnt in silence.
#[test]
fn class_colours_that_an_edited_legend_lacks_are_listed() {
    let mut b = Builder::default();
    add_classes(&mut b, "a", &[RED, RED, RED, GREEN, GREEN, BLUE, BLUE, RED]);
    let first = b.finish();
    let mut legend = edited(&first);
    let chosen = Labelling::Classes(Arc::new(legend.clone()));
    b.set_labelling(chosen.clone());
    let second = b.finish();
    assert_eq!(second.detected.strays, []);

    add_classes(&mut b, "b", &[YELLOW, YELLOW, RED, RED, GREEN, GREEN, YELLOW, YELLOW]);
    // Again from what was kept of the last time.
    for _ in 0..2 {
        let data = b.finish();
        // Of sixteen pixels: red, blue, green.
        let shares: Vec<f64> = data
            .labelling
            .legend()
            .unwrap()
            .entries
            .iter()
            .map(|e| e.share)
            .collect();
        assert_eq!(shares, [0.375, 0.125, 0.25]);
        assert!(data.labelling.labels_like(&chosen));
        // Other shares are no reason to label what is labelled again.
        assert!(Arc::ptr_eq(&data.pairs[0].labels, &second.pairs[0].labels));
        assert_eq!(data.mask_labels(1).unwrap()[0], classes::UNLABELLED);
        assert_eq!(data.detected.strays, [(MaskValue::colour(YELLOW), 0.25)]);
    }
    let new = b
        .finish()
        .detected
        .legend
        .entries
        .into_iter()
        .find(|e| e.value == MaskValue::colour(YELLOW));
    // Without the name it was found by, which may be another's in the legend.
    legend.entries.extend(new.map(|e| classes::LegendEntry {
        name: String::new(),
        ..e
    }));
    let legend = classes::Legend::edited(legend.entries, false).unwrap();
    b.set_labelling(Labelling::Classes(Arc::new(legend)));
    let data = b.finish();
    assert_eq!(data.detected.strays, []);
    assert_eq!(data.mask_labels(1).unwrap()[0], 3);
    // Masks of foreground and background lack no class.
    b.set_rule(MaskRule::NotBlack { invert: false });
    assert_eq!(b.finish().detected.strays, []);
}

/// JPEG masks that come later are read as JPEG masks, by an edited legend too.
#[test]
fn an_edited_legend_takes_the_noise_of_later_masks() {
    let mut b = Builder::default();
    add_classes(&mut b, "a", &[RED, RED, RED, GREEN, GREEN, BLUE, BLUE, RED]);
    let legend = edited(&b.finish());
    assert!(!legend.lossy);
    b.set_labelling(Labelling::Classes(Arc::new(legend)));
    let noisy: Vec<[u8; 3]> = (0..900u32)
        .map(|i| [RED, GREEN, BLUE][i as usize % 3].map(|v| v + (i / 3 % 17) as u8))
        .zip(0..)
        .map(|([r, g, b], i)| [r, g + (i / 51 % 17) as u8, b])
        .collect();
    add_classes(&mut b, "b", &noisy);
    let data = b.finish();
    let legend = data.labelling.legend().unwrap();
    assert!(legend.lossy);
    assert_eq!(legend.entries[0].name, "field");
    let labels = data.mask_labels(1).unwrap();
    assert_eq!(labels[..3], [0, 2, 1]);
    assert!(!labels.contains(&classes::UNLABELLED));
    // A shade of a known colour is no new one.
    assert_eq!(data.detected.strays, []);
}

/// Nobody has to learn the 64 most frequent of 70 codes unasked.
#[test]
fn more_classes_than_can_be_learnt_wait_for_a_choice() {
    let mut b = Builder::default();
    let codes: Vec<u16> = (0..70u16).map(|n| 300 + 3 * n).collect();
    let side = codes.len() as u32;
    for name in ["a", "b"] {
        b.add_raster(
            &format!("images/{name}.png"),
            Raster::from_u8(side, 2, 1, vec![7; 2 * codes.len()]).unwrap(),
        );
        b.add_raster(
            &format!("masks/{name}.png"),
            Raster::from_u16(side, 2, 1, codes.repeat(2)).unwrap(),
        );
    }
    let waiting = b.finish();
    let blocked = FaultKind::TooManyClasses { found: 70, limit: 64 };
    assert!(
        waiting
            .pairs
            .iter()
            .all(|p| p.blocked.as_ref() == Some(&blocked) && p.labels.is_empty())
    );
    b.set_labelling(waiting.labelling.clone());
    let chosen = b.finish();
    assert!(chosen.pairs.iter().all(|p| p.blocked.is_none()));
    assert_eq!(chosen.classes().len(), 64);
}

#[test]
fn a_number_that_no_class_can_have_blocks_its_pair_alone() {
    let mut b = Builder::default();
    for (name, odd) in [("a", 1.0), ("b", -1.0)] {
        let image = Raster::from_u8(4, 1, 1, vec![7, 8, 9, 10]).unwrap();
        b.add_raster(&format!("images/{name}.png"), image);
        let mask = Raster::new(4, 1, 1, vec![0.0f32, 1.0, odd, 0.0].into(), 32).unwrap();
        b.add_raster(&format!("masks/{name}.png"), mask);
    }
    let data = b.finish();
    let blocked: Vec<_> = data.pairs.iter().map(|p| p.blocked.clone()).collect();
    assert_eq!(blocked, [None, Some(FaultKind::MaskNumber { number: -1.0 })]);
    assert_eq!(data.mask_labels(0), Some(&[0, 1, 1, 0][..]));
}

#[test]
fn values_for_nothing_from_beside_an_image_are_missing() {
    let mut b = Builder::default();
    b.add_raster("images/a.png", Raster::from_u8(4, 1, 1, vec![0, 8, 0, 10]).unwrap());
    b.add_raster("masks/a.png", Raster::from_u8(4, 1, 1, vec![255, 255, 0, 0]).unwrap());
    b.set_nodata(&BTreeMap::from([("images/a.png".to_owned(), vec![0.0])]));
    let none = classes::UNLABELLED;
    assert_eq!(b.finish().mask_labels(0), Some(&[none, 1, none, 0][..]));
}
