//! Tests of [`super`], the module `mask`; a file of their own, compiled under `#[cfg(test)]` only.

use super::super::mask_numbers;
use super::*;

fn suggest(masks: &[&Raster]) -> MaskRule {
    super::suggest(masks, &mask_numbers::find(masks, false))
}

fn apply(mask: &Raster, rule: MaskRule) -> Vec<u8> {
    super::apply(mask, rule, &mask_numbers::find(&[mask], false).scale)
}

fn colours(masks: &[&Raster]) -> Vec<(MaskValue, f64)> {
    super::colours(masks, &NumberScale::default())
}

fn grey(values: &[u8]) -> Raster {
    Raster::from_u8(values.len() as u32, 1, 1, values.to_vec()).unwrap()
}

fn rgb(pixels: &[[u8; 3]]) -> Raster {
    Raster::from_u8(pixels.len() as u32, 1, 3, pixels.concat()).unwrap()
}

fn rgba(pixels: &[[u8; 4]]) -> Raster {
    Raster::from_u8(pixels.len() as u32, 1, 4, pixels.concat()).unwrap()
}

fn threshold(at: u16) -> MaskRule {
    MaskRule::Threshold { at, invert: false }
}

const BLACK: [u8; 3] = [0; 3];
const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [20, 40, 220];
const WHITE: [u8; 3] = [255; 3];

#[test]
fn grey_masks_get_the_middle() {
    for (values, at) in [
        (&[0, 255, 255, 0][..], 128),
        (&[0, 1, 0, 1], 1),
        (&[0, 128, 0], 64),
        (&[0, 17, 128, 200, 255, 255], 128),
        (&[0, 0, 0], 128),
        (&[255, 255], 128),
        (&[1, 1], 1),
        (&[0, 1, 2, 3, 3], 1),
        (&[100, 200], 150),
    ] {
        assert_eq!(suggest(&[&grey(values)]), threshold(at), "{values:?}");
    }
    assert_eq!(suggest(&[]), MaskRule::default());
    // Levels of all masks together.
    assert_eq!(suggest(&[&grey(&[0, 0]), &grey(&[0, 1])]), threshold(1));
}

#[test]
fn sixteen_bit_class_numbers_are_not_scaled_away() {
    let ids = Raster::from_u16(4, 1, 1, vec![0, 1, 1, 0]).unwrap();
    let rule = suggest(&[&ids]);
    assert_eq!(rule, threshold(1));
    assert_eq!(apply(&ids, rule), [0, 1, 1, 0]);
    let full = Raster::from_u16(2, 1, 1, vec![0, 65535]).unwrap();
    assert_eq!(apply(&full, suggest(&[&full])), [0, 1]);
}

#[test]
fn colour_masks() {
    // A drawn layer on black: Classic's case.
    let layer = rgb(&[BLACK, BLACK, RED, BLUE]);
    assert_eq!(suggest(&[&layer]), MaskRule::NotBlack { invert: false });
    // Class map: the most frequent colour that is no black, white or grey.
    let classes = rgb(&[WHITE, WHITE, WHITE, RED, RED, BLUE]);
    assert_eq!(
        suggest(&[&classes]),
        MaskRule::Colour {
            value: MaskValue::colour(RED),
            invert: false
        }
    );
    // Two colours: the rarer one stands out.
    let two = rgb(&[BLUE, BLUE, BLUE, RED]);
    assert_eq!(
        suggest(&[&two]),
        MaskRule::Colour {
            value: MaskValue::colour(RED),
            invert: false
        }
    );
}

#[test]
fn transparency_is_background_but_for_the_classic_pipeline() {
    let drawn = rgba(&[[255, 0, 0, 255], [0, 0, 0, 0], [255, 255, 255, 0], [0, 200, 0, 255]]);
    let rule = suggest(&[&drawn]);
    assert_eq!(rule, threshold(0));
    assert_eq!(apply(&drawn, rule), [1, 0, 0, 1]);
    assert_eq!(apply(&drawn, MaskRule::NotBlack { invert: false }), [1, 1, 1, 1]);
    // A 0/255 mask with a transparent border.
    let border = rgba(&[[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0], [0, 0, 0, 255]]);
    assert_eq!(apply(&border, suggest(&[&border])), [0, 1, 0, 0]);
    // Black shapes on nothing.
    let shapes = rgba(&[[0, 0, 0, 255], [0, 0, 0, 0]]);
    assert_eq!(apply(&shapes, suggest(&[&shapes])), [1, 0]);
}

#[test]
fn rules() {
    let m = rgb(&[BLACK, [1, 0, 0], RED, BLUE, WHITE]);
    assert_eq!(apply(&m, MaskRule::NotBlack { invert: false }), [0, 1, 1, 1, 1]);
    assert_eq!(apply(&m, MaskRule::NotBlack { invert: true }), [1, 0, 0, 0, 0]);
    assert_eq!(
        apply(
            &m,
            MaskRule::Colour {
                value: MaskValue::colour(BLUE),
                invert: false
            }
        ),
        [0, 0, 0, 1, 0]
    );
    assert_eq!(
        apply(
            &m,
            MaskRule::Colour {
                value: MaskValue::colour(BLUE),
                invert: true
            }
        ),
        [1, 1, 1, 0, 1]
    );
    assert_eq!(apply(&m, threshold(78)), [0, 0, 1, 0, 1]);
    assert_eq!(
        apply(&grey(&[127, 128]), MaskRule::Threshold { at: 128, invert: true }),
        [1, 0]
    );
}

#[test]
fn lossy_masks_match_neighbouring_colours() {
    // 300 shades around red, as JPEG leaves them, and blue.
    let mut pixels: Vec<[u8; 3]> = (0..300)
        .map(|i| [180 + (i % 20) as u8, 20 + (i / 20) as u8, 30])
        .collect();
    pixels.push(BLUE);
    let labels = apply(
        &rgb(&pixels),
        MaskRule::Colour {
            value: MaskValue::colour(RED),
            invert: false,
        },
    );
    assert_eq!(labels.iter().filter(|b| **b == 1).count(), 300);
    assert_eq!(labels.last(), Some(&0));
}

#[test]
fn colours_are_ranked_and_bounded() {
    let m = rgb(&[RED, BLACK, RED, BLUE]);
    assert_eq!(
        colours(&[&m]),
        [(RED, 0.5), (BLACK, 0.25), (BLUE, 0.25)].map(|(rgb, share)| (MaskValue::colour(rgb), share))
    );
    let many: Vec<[u8; 3]> = (0..200u8).map(|i| [i, 255 - i, 7]).collect();
    assert_eq!(colours(&[&rgb(&many)]).len(), MAX_COLOURS);
    assert!(colours(&[]).is_empty());
}

#[test]
fn the_survey_of_large_sets_is_bounded() {
    let big = Raster::from_u8(
        5000,
        4000,
        1,
        (0..20_000_000u32)
            .map(|i| if i % 2500 < 600 { 255 } else { 0 })
            .collect(),
    )
    .unwrap();
    let all = colours(&[&big, &big]);
    assert_eq!(all.len(), 2);
    assert!((all[1].1 - 0.24).abs() < 0.01, "{all:?}");
    assert_eq!(suggest(&[&big, &big]), threshold(128));
}

/// Photographs among the masks must cost neither memory nor pixels.
#[test]
fn the_survey_counts_every_colour_in_bounded_memory() {
    let all: Vec<[u8; 3]> = (0..1u32 << 20)
        .map(|i| [(i & 127) as u8 * 2, (i >> 7 & 127) as u8 * 2, (i >> 14) as u8 * 4])
        .collect();
    let all = Raster::from_u8(1 << 10, 1 << 10, 3, all.concat()).unwrap();
    let s = survey(&[&all], &NumberScale::default());
    assert_eq!(s.counts.values().sum::<u64>(), 1 << 20);
    assert!(s.counts.len() <= MAX_COUNTED + (1 << 15), "{}", s.counts.len());
}
