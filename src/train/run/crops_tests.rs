//! Tests of [`super`], the module `crops`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;
use crate::{
    data::{batches::Sampling, builder::Builder, dataset::Dataset, preprocess::Channels},
    infer::InputSpec,
    train::{
        config::{Settings, tests::good},
        run::measure::pieces,
    },
    values::TrainConfig,
};

const SIDE: usize = 600;

/// Images of `side` whose red is their column over four.
fn data(sides: &[usize]) -> Dataset {
    let mut builder = Builder::default();
    for (k, &side) in sides.iter().enumerate() {
        let n = side as u32;
        let pixels = (0..side * side).flat_map(|i| [(i % side / 4) as u8, (i / side / 4) as u8, k as u8]);
        let mask = (0..side * side).map(|i| if i % 7 == 0 { 255 } else { 0 });
        let image = Raster::from_u8(n, n, 3, pixels.collect()).expect("an image");
        builder.add_raster(&format!("image/{k}.png"), image);
        let mask = Raster::from_u8(n, n, 1, mask.collect()).expect("a mask");
        builder.add_raster(&format!("label/{k}.png"), mask);
    }
    builder.finish()
}

/// The previews of images of which nothing but squares is wrong: corner and side.
fn previews(
    data: &Dataset,
    wrong: &[([usize; 2], usize)],
    before: Vec<ShownCrop>,
) -> (Vec<PreviewItem>, Vec<ShownCrop>) {
    let settings = TrainConfig { steps: 1e5, ..good() };
    let settings = Settings::checked(&settings, 1, |_, _| 20).expect("usable");
    let spec = InputSpec {
        channels: Channels::Rgb,
        sampling: Sampling::Crop,
        tile_px: 128,
        stride_px: 16,
    };
    let pairs: Vec<usize> = (0..data.pairs.len()).collect();
    let mut previews = Previews::new(pairs.len(), before);
    for piece in pieces(data, &settings, &[], &pairs) {
        let image = data.image(piece.pair).expect("an image");
        let view = piece.view(image, &spec);
        let truth = vec![0; view.height * view.width];
        let is_wrong = |i: usize| {
            let at = [i / view.width, i % view.width];
            let inside = |([y, x], side): &([usize; 2], usize)| {
                (*y..y + side).contains(&at[0]) && (*x..x + side).contains(&at[1])
            };
            wrong.iter().any(inside)
        };
        let map: Vec<f32> = (0..truth.len()).map(|i| if is_wrong(i) { 0.9 } else { 0.0 }).collect();
        previews.add(&Measured {
            piece,
            view: &view,
            image,
            map: &map,
            truth: &truth,
        });
    }
    previews.finish()
}

fn corners(previews: &[PreviewItem]) -> Vec<[u32; 2]> {
    previews.iter().filter_map(|preview| preview.corner).collect()
}

fn holds(preview: &PreviewItem, [y, x]: [usize; 2]) -> bool {
    let [left, top] = preview.corner.expect("a crop").map(|at| at as usize);
    (top..top + preview.height as usize).contains(&y) && (left..left + preview.width as usize).contains(&x)
}

#[test]
fn of_one_large_image_the_worst_places_are_shown_worst_first() {
    let data = data(&[SIDE]);
    let (shown, places) = previews(&data, &[([40, 430], 30), ([400, 50], 60), ([420, 420], 20)], Vec::new());
    assert_eq!((shown.len(), places.len()), (4, 4));
    assert!(holds(&shown[0], [430, 80]) && holds(&shown[1], [55, 445]) && holds(&shown[2], [430, 430]));
    for preview in &shown {
        assert_eq!(
            (preview.width, preview.height, preview.rgba.len()),
            (256, 256, 256 * 256 * 4)
        );
        assert_eq!((preview.truth.len(), preview.probability.len()), (256 * 256, 256 * 256));
        // The picture is of that place.
        let [left, top] = preview.corner.expect("a crop");
        assert_eq!([preview.rgba[0], preview.rgba[1]], [(left / 4) as u8, (top / 4) as u8]);
    }
    let wrong = shown[0].probability.iter().filter(|p| **p > 200).count();
    assert_eq!(wrong, 60 * 60);
    for (i, (_, place)) in places.iter().enumerate() {
        assert!(
            places[..i]
                .iter()
                .all(|(_, other)| 4 * other.shared(place) <= place.pixels())
        );
    }
}

#[test]
fn a_place_stays_until_another_is_twice_as_bad() {
    let data = data(&[SIDE]);
    let (first, places) = previews(&data, &[([400, 50], 60), ([40, 430], 40)], Vec::new());
    // The second is the worse now, not by much: the first keeps its place in the list.
    let (second, places) = previews(&data, &[([400, 50], 40), ([40, 430], 50)], places);
    assert_eq!(corners(&second)[..2], corners(&first)[..2]);
    // Elsewhere it is far worse: that takes the place of one where nothing is wrong.
    let (third, _) = previews(&data, &[([330, 330], 60), ([40, 430], 50)], places);
    assert!(third.iter().any(|preview| holds(preview, [350, 350])));
    assert_eq!(corners(&third)[1], corners(&first)[1]);
}

#[test]
fn small_images_are_shown_whole_and_of_many_large_ones_a_crop_each() {
    let (shown, places) = previews(&data(&[200, 256, 90]), &[([10, 10], 5)], Vec::new());
    assert!(shown.iter().all(|preview| preview.corner.is_none()) && places.is_empty());
    assert_eq!(shown.iter().map(|p| p.width).collect::<Vec<_>>(), [200, 256, 90]);
    let (shown, _) = previews(&data(&[300, 520, 530, 300, 300]), &[([10, 10], 5)], Vec::new());
    assert_eq!(shown.iter().map(|p| p.pair).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(shown.iter().all(|preview| preview.corner == Some([0, 0])));
    let (shown, _) = previews(&data(&[300, 100]), &[([10, 10], 5)], Vec::new());
    assert_eq!(shown.iter().map(|p| p.pair).collect::<Vec<_>>(), [0, 1]);
}
