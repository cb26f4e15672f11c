//! Tests of [`super`], the module `findings`: each fault put into a data set, seen, and gone after its fix.

use super::*;
use crate::data::builder::Builder;
use crate::data::classes::Labelling;
use crate::data::mask_value::MaskValue;
use crate::formats::raster::Raster;

const SIDE: u32 = 64;

fn noise(seed: u32, i: u32) -> u8 {
    let mut x = seed.wrapping_mul(0x9E37_79B9) ^ i.wrapping_mul(0x85EB_CA6B);
    x ^= x >> 15;
    x = x.wrapping_mul(0x2C1B_3C6D);
    (x ^ (x >> 12)) as u8
}

/// A picture of blocks that differ from seed to seed.
fn picture(seed: u32) -> Vec<u8> {
    let block = |i: u32| i % SIDE / 8 + i / SIDE / 8 * 8;
    (0..SIDE * SIDE).map(|i| noise(seed, block(i))).collect()
}

fn mask(share: f64) -> Vec<u8> {
    let n = (f64::from(SIDE * SIDE) * share) as u32;
    (0..SIDE * SIDE).map(|i| if i < n { 255 } else { 0 }).collect()
}

fn grey(values: Vec<u8>) -> Raster {
    Raster::from_u8(SIDE, SIDE, 1, values).unwrap()
}

fn add(b: &mut Builder, k: usize, image: Raster, mask: Raster) {
    b.add_raster(&format!("image/p{k}.png"), image);
    b.add_raster(&format!("label/p{k}.png"), mask);
}

/// Five sound pairs.
fn sound() -> Builder {
    let mut b = Builder::default();
    for k in 0..5 {
        add(&mut b, k, grey(picture(k as u32)), grey(mask(0.2)));
    }
    b
}

/// The only finding.
fn one(b: &mut Builder) -> Finding {
    let found = examine(&b.finish());
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Leaves a finding's pairs out and looks again.
fn excluded(b: &mut Builder, finding: &Finding) -> Vec<Finding> {
    assert_eq!(finding.fix, Fix::Exclude);
    finding.pairs.iter().for_each(|p| b.set_excluded(*p, true));
    examine(&b.finish())
}

#[test]
fn a_good_data_set_has_no_finding() {
    assert_eq!(examine(&sound().finish()), []);
    assert_eq!(examine(&Builder::default().finish()), []);
}

#[test]
fn empty_full_and_inverted_masks() {
    for (share, cause) in [
        (0.0, Cause::EmptyMasks),
        (1.0, Cause::FullMasks),
        (0.9, Cause::SomeInverted),
    ] {
        let mut b = sound();
        add(&mut b, 7, grey(picture(77)), grey(mask(share)));
        let found = one(&mut b);
        assert_eq!((found.cause, found.pairs.as_slice()), (cause, &[5usize][..]));
        assert_eq!(excluded(&mut b, &found), []);
    }
    let mut b = Builder::default();
    for k in 0..5 {
        add(&mut b, k, grey(picture(k as u32)), grey(mask(0.9)));
    }
    let found = one(&mut b);
    assert!(matches!(found.cause, Cause::Inverted { share } if (share - 0.9).abs() < 0.01));
    let Fix::Rule(rule) = found.fix else {
        panic!("{found:?}")
    };
    b.set_rule(rule);
    assert_eq!(examine(&b.finish()), []);
}

/// A rule nobody would have suggested leaves nothing: the rule is mended, no pair is lost.
#[test]
fn a_rule_that_empties_all_masks_is_replaced() {
    let mut b = sound();
    b.set_rule(MaskRule::Colour {
        value: MaskValue::number(9),
        invert: false,
    });
    let found = one(&mut b);
    assert_eq!(found.cause, Cause::EmptyMasks);
    let Fix::Rule(rule) = found.fix else {
        panic!("{found:?}")
    };
    b.set_rule(rule);
    assert_eq!(examine(&b.finish()), []);
}

#[test]
fn a_mask_that_is_its_image() {
    let mut b = sound();
    let image: Vec<u8> = mask(0.3)
        .iter()
        .enumerate()
        .map(|(i, v)| v / 2 + noise(3, i as u32 / 300) / 8)
        .collect();
    add(&mut b, 7, grey(image.clone()), grey(image));
    let found = examine(&b.finish());
    assert_eq!(
        (found[0].cause, found[0].pairs.as_slice()),
        (Cause::MaskIsImage, &[5usize][..])
    );
    assert_eq!(excluded(&mut b, &found[0]), []);
}

/// Copies that were relit, stored with noise or scaled; not the same place in another picture.
#[test]
fn copies_are_found_though_their_bytes_differ() {
    let base = picture(2);
    let relit: Vec<u8> = base.iter().map(|v| v.saturating_add(6)).collect();
    let noisy: Vec<u8> = base
        .iter()
        .enumerate()
        .map(|(i, v)| v.saturating_add(noise(9, i as u32) % 5))
        .collect();
    let scaled: Vec<u8> = (0..4 * SIDE * SIDE)
        .map(|i| base[((i / (2 * SIDE) / 2) * SIDE + i % (2 * SIDE) / 2) as usize])
        .collect();
    for (what, image, mask_image) in [
        ("exact", grey(base.clone()), grey(mask(0.2))),
        ("relit", grey(relit), grey(mask(0.2))),
        ("noisy", grey(noisy), grey(mask(0.2))),
        (
            "scaled",
            Raster::from_u8(2 * SIDE, 2 * SIDE, 1, scaled).unwrap(),
            Raster::from_u8(
                2 * SIDE,
                2 * SIDE,
                1,
                [mask(0.2), mask(0.1), mask(0.0), mask(0.3)].concat(),
            )
            .unwrap(),
        ),
    ] {
        let mut b = sound();
        add(&mut b, 7, image, mask_image);
        let found = one(&mut b);
        assert_eq!(
            (found.cause, found.pairs.as_slice()),
            (Cause::Copies, &[5usize][..]),
            "{what}"
        );
        assert_eq!(excluded(&mut b, &found), []);
    }
    // Flat pictures look alike and are not called copies.
    let mut b = sound();
    add(&mut b, 7, grey(vec![100; (SIDE * SIDE) as usize]), grey(mask(0.2)));
    add(&mut b, 8, grey(vec![101; (SIDE * SIDE) as usize]), grey(mask(0.2)));
    assert_eq!(examine(&b.finish()), []);
}

#[test]
fn tiny_foreground_and_rare_classes_ask_for_balance() {
    let mut b = Builder::default();
    for k in 0..5 {
        add(&mut b, k, grey(picture(k as u32)), grey(mask(0.004)));
    }
    let found = one(&mut b);
    assert!(matches!(found.cause, Cause::TinyForeground { share } if share < 0.01));
    assert_eq!(found.fix, Fix::Balance);

    let mut b = Builder::default();
    for k in 0..5u32 {
        let numbers = (0..SIDE * SIDE).map(|i| {
            if i == 0 || k == 3 && i < 8 {
                2
            } else {
                u8::from(i % 3 == 0)
            }
        });
        add(&mut b, k as usize, grey(picture(k)), grey(numbers.collect()));
    }
    let data = b.finish();
    assert!(matches!(data.labelling, Labelling::Classes(_)));
    let found = examine(&data);
    assert!(
        matches!(
            found[..],
            [Finding {
                cause: Cause::RareClass { class: 2, .. },
                ..
            }]
        ),
        "{found:?}"
    );
    assert_eq!(found[0].pairs[0], 3, "the pair that shows most of it");
}

#[test]
fn mixed_files_and_too_few() {
    let mut b = sound();
    let rgb: Vec<u8> = picture(50).iter().flat_map(|v| [*v, v / 2, 9]).collect();
    add(&mut b, 7, Raster::from_u8(SIDE, SIDE, 3, rgb).unwrap(), grey(mask(0.2)));
    let found = one(&mut b);
    assert_eq!(
        (found.cause, found.fix, found.pairs),
        (Cause::MixedBands, Fix::Grey, vec![5])
    );

    let mut b = sound();
    let deep: Vec<u16> = picture(51).iter().map(|v| u16::from(*v) * 257).collect();
    add(
        &mut b,
        7,
        Raster::from_u16(SIDE, SIDE, 1, deep).unwrap(),
        grey(mask(0.2)),
    );
    let found = one(&mut b);
    assert_eq!(found.cause, Cause::MixedDepths);
    assert_eq!(excluded(&mut b, &found), []);

    let mut b = sound();
    let large: Vec<u8> = (0..16 * SIDE * SIDE)
        .map(|i| noise(60, i % (4 * SIDE) / 32 + i / (4 * SIDE) / 32 * 99))
        .collect();
    let large_mask = (0..16 * SIDE * SIDE)
        .map(|i| if i % 5 == 0 { 255 } else { 0 })
        .collect();
    let raster = |v| Raster::from_u8(4 * SIDE, 4 * SIDE, 1, v).unwrap();
    add(&mut b, 7, raster(large), raster(large_mask));
    let found = one(&mut b);
    assert!(matches!(
        found.cause,
        Cause::MixedSizes {
            largest: 65_536,
            smallest: 4096
        }
    ));
    assert_eq!((found.fix, found.pairs), (Fix::Crop, vec![0, 5]));

    let mut b = sound();
    (2..5).for_each(|p| {
        b.finish();
        b.set_excluded(p, true);
    });
    let found = one(&mut b);
    assert_eq!(
        (found.cause, found.fix),
        (Cause::TooFewPairs { pairs: 2 }, Fix::Augment)
    );
}

#[test]
fn one_large_scene_is_enough_to_begin_with() {
    let cause = |side: u32| {
        let mut b = Builder::default();
        let n = side * side;
        let noise = (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let image = Raster::from_u8(side, side, 1, noise.collect()).expect("an image");
        let mask = (0..n).map(|i| if i % 9 == 0 { 255 } else { 0 }).collect();
        b.add_raster("image/0.png", image);
        b.add_raster("label/0.png", Raster::from_u8(side, side, 1, mask).expect("a mask"));
        examine(&b.finish())
            .into_iter()
            .map(|f| (f.cause, f.fix))
            .collect::<Vec<_>>()
    };
    assert_eq!(cause(500), [(Cause::TooFewPairs { pairs: 1 }, Fix::Augment)]);
    assert_eq!(cause(600), [(Cause::FewScenes { pixels: 360_000 }, Fix::Augment)]);
}
