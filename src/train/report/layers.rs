//! Truth and prediction as pictures.

use crate::{
    data::classes::UNLABELLED,
    infer::{shrink_mean, shrink_nearest},
    model::class_metrics::most_probable,
};

/// Truth of a pixel that nothing is known of, where there is foreground and background: below what counts as mask.
const UNKNOWN_TRUTH: u8 = 127;

/// Truth and prediction as bytes for the page, at most `max_px` on the longer side: 0, 255 or [`UNKNOWN_TRUTH`] and the
/// probability, or class numbers where the map has several classes. An empty truth stays empty.
pub fn layers(truth: &[u8], map: &[f32], size: [usize; 2], max_px: usize) -> (Vec<u8>, Vec<u8>) {
    let classes = map.len() / (size[0] * size[1]).max(1);
    let shrink = |labels: &[u8]| match labels.is_empty() {
        true => Vec::new(),
        false => shrink_nearest(labels, size, max_px).0,
    };
    if classes > 1 {
        return (shrink(truth), shrink(&most_probable(map, classes)));
    }
    let (probability, _) = shrink_mean(map, size, max_px);
    (
        shrink(truth)
            .into_iter()
            .map(|t| match t {
                1 => 255,
                UNLABELLED => UNKNOWN_TRUTH,
                _ => 0,
            })
            .collect(),
        probability.iter().map(|p| (p * 255.0).round() as u8).collect(),
    )
}
