//! Masks are read as they are, whatever bands of the images a network sees.

mod common;
#[path = "common/bands.rs"]
mod images;

use common::{add, engine};
use images::{SIDE, end_with, is_meadow, set_bands, stack};

/// A mask of 8 bits as a TIFF of one strip: bands side by side, the last one alpha where their count is even.
fn drawn_mask(image: usize, bands: usize) -> Vec<u8> {
    const CLASSES: [[u8; 3]; 3] = [[200, 0, 0], [200, 200, 0], [0, 0, 200]];
    let pixel = |y: usize, x: usize| -> Vec<u8> {
        let meadow = is_meadow(image, y, x);
        let colours = match bands {
            1 | 2 => vec![255 * u8::from(meadow)],
            _ => CLASSES[usize::from(meadow) + usize::from(meadow && x < SIDE / 2)].to_vec(),
        };
        let alpha = bands.is_multiple_of(2).then_some(255 * u8::from(y >= SIDE / 4));
        colours.into_iter().chain(alpha).collect()
    };
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x)));
    let samples: Vec<u8> = pixels.flat_map(|(y, x)| pixel(y, x)).collect();
    let depths_at = 8 + samples.len();
    let directory_at = (depths_at + 2 * bands).next_multiple_of(2);
    let mut bytes = b"II\x2a\0".to_vec();
    bytes.extend((directory_at as u32).to_le_bytes());
    bytes.extend(&samples);
    (0..bands).for_each(|_| bytes.extend(8u16.to_le_bytes()));
    let depths = match bands {
        1 => 8,
        2 => 8 | 8 << 16,
        _ => depths_at as u32,
    };
    let side = SIDE as u32;
    let mut tags = vec![
        (256u16, 4u16, 1u32, side),
        (257, 4, 1, side),
        (258, 3, bands as u32, depths),
        (259, 3, 1, 1),
        (262, 3, 1, if bands > 2 { 2 } else { 1 }),
        (273, 4, 1, 8),
        (277, 3, 1, bands as u32),
        (278, 4, 1, side),
        (279, 4, 1, samples.len() as u32),
    ];
    if bands.is_multiple_of(2) {
        tags.push((338, 3, 1, 2));
    }
    bytes.resize(directory_at, 0);
    end_with(bytes, &tags)
}

#[test]
fn masks_are_what_they_are_whatever_bands_a_network_sees() {
    let read = |mask_bands: usize, bands: &[u32]| {
        let mut engine = engine();
        set_bands(&mut engine, bands, true);
        let files = (0..3).flat_map(|i| {
            [
                (format!("image/{i}.tif"), stack(i, 10)),
                (format!("label/{i}.tif"), drawn_mask(i, mask_bands)),
            ]
        });
        let data = add(&mut engine, files.collect());
        let of_pair = |pair: &groundmask::protocol::Pair| {
            assert!(pair.blocked.is_none(), "{:?}", pair.blocked);
            (pair.foreground_share, pair.labelled_share, pair.thumb_mask.clone())
        };
        let pairs: Vec<_> = data.pairs.iter().map(of_pair).collect();
        assert_eq!(pairs.len(), 3);
        (format!("{:?} {:?} {:?}", data.rule, data.detected, data.colours), pairs)
    };
    for mask_bands in 1..=4 {
        let usual = read(mask_bands, &[]);
        for bands in [&[1][..], &[1, 2], &[3, 2, 1], &[1, 2, 3, 4], &[4, 3, 2, 1], &[7, 3, 2]] {
            assert!(
                read(mask_bands, bands) == usual,
                "{mask_bands} bands of a mask, {bands:?}"
            );
        }
    }
}
