//! Weights that keep rare classes from being ignored.

use std::borrow::Cow;

use crate::data::{classes, dataset::Dataset, held_back::HeldBack};

/// Labels of the pixels of a pair that are trained on.
fn trained_labels<'a>(data: &'a Dataset, pair: usize, held_back: Option<&HeldBack>) -> Option<Cow<'a, [u8]>> {
    let labels = data.mask_labels(pair)?;
    Some(match (held_back.filter(|held| held.pair == pair), data.image(pair)) {
        (Some(held), Some(image)) => Cow::Owned(held.train_labels(labels, image.width as usize)),
        _ => Cow::Borrowed(labels),
    })
}

/// Weight of a foreground pixel: the square root of background over foreground, from 1 to 10.
/// The full ratio overshoots on rare classes; the root keeps them visible without flooding.
pub(super) fn foreground(data: &Dataset, train: &[usize], held_back: Option<&HeldBack>) -> f32 {
    if !data.classes().is_empty() {
        return 1.0;
    }
    let (mut foreground, mut pixels) = (0u64, 0u64);
    for labels in train.iter().filter_map(|&pair| trained_labels(data, pair, held_back)) {
        foreground += labels.iter().map(|&b| u64::from(b == 1)).sum::<u64>();
        pixels += labels.iter().map(|&b| u64::from(b <= 1)).sum::<u64>();
    }
    let share = foreground as f64 / pixels.max(1) as f64;
    if share <= 0.0 {
        1.0
    } else {
        ((1.0 - share) / share).sqrt().clamp(1.0, 10.0) as f32
    }
}

/// Weight of a pixel by its class: the square root of the most frequent class's pixels over its own, from 1 to 10;
/// 1 for a class that does not occur. Empty where there are no classes.
pub(super) fn by_class(data: &Dataset, train: &[usize], held_back: Option<&HeldBack>) -> Vec<f32> {
    let n = data.classes().len();
    let mut sums = vec![0u64; n];
    for labels in train.iter().filter_map(|&pair| trained_labels(data, pair, held_back)) {
        for (sum, count) in sums.iter_mut().zip(classes::counts(&labels, n)) {
            *sum += count;
        }
    }
    let most = sums.iter().copied().max().unwrap_or(0) as f64;
    sums.iter()
        .map(|&own| match own {
            0 => 1.0,
            own => (most / own as f64).sqrt().clamp(1.0, 10.0) as f32,
        })
        .collect()
}
