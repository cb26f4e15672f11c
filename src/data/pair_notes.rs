//! Remarks on pairs that can be used but are worth a look.

use std::collections::BTreeMap;

use super::classes::UNLABELLED;
use crate::formats::raster::Raster;
pub use crate::values::Note;

/// Foreground share of a whole data set above which the masks may be inverted.
pub const INVERTED_SHARE: f64 = 0.8;

/// Remarks that follow from the two files alone, whatever the rule.
pub fn file_notes(image: &Raster, mask: &Raster) -> Vec<Note> {
    let mut notes = notes_of(image, &[image, mask]);
    if mask_equals_image(image, mask) {
        notes.push(Note::MaskEqualsImage);
    }
    notes
}

/// Those that follow from an image alone.
pub fn image_notes(image: &Raster) -> Vec<Note> {
    notes_of(image, &[image])
}

fn notes_of(image: &Raster, files: &[&Raster]) -> Vec<Note> {
    let mut notes = Vec::new();
    if files.iter().any(|file| file.first_frame_only) {
        notes.push(Note::FirstFrameOnly);
    }
    if files.iter().any(|file| file.exif_rotated) {
        notes.push(Note::ExifRotated);
    }
    if image.alpha_may_be_band {
        notes.push(Note::AlphaMayBeBand);
    } else if image.any_transparent() {
        notes.push(Note::AlphaIgnored);
    }
    notes
}

/// The label is a copy of its image, perhaps stored as grey.
fn mask_equals_image(image: &Raster, mask: &Raster) -> bool {
    (image.width, image.height) == (mask.width, mask.height)
        && (0..image.height).all(|y| (0..image.width).all(|x| image.luma8_at(x, y) == mask.luma8_at(x, y)))
}

/// Remarks on a mask under the rule in force. A mask of no pixels has none.
pub fn mask_notes(labels: &[u8]) -> Vec<Note> {
    let ones = foreground(labels);
    match ones {
        _ if labels.is_empty() => Vec::new(),
        0 => vec![Note::EmptyMask],
        _ if labels.iter().all(|b| *b != 0) => vec![Note::FullMask],
        _ => Vec::new(),
    }
}

/// Remarks on a mask of several classes. A mask of no pixels has none.
pub fn class_notes(labels: &[u8]) -> Vec<Note> {
    let mut labelled = labels.iter().filter(|l| **l != UNLABELLED);
    match labelled.next() {
        _ if labels.is_empty() => Vec::new(),
        None => vec![Note::EmptyMask],
        Some(first) if labelled.all(|l| l == first) => vec![Note::OneClass],
        Some(_) => Vec::new(),
    }
}

/// Foreground pixels of a mask.
pub fn foreground(labels: &[u8]) -> u64 {
    labels.iter().filter(|b| **b == 1).count() as u64
}

/// For each image the first one before it with the same pixels. `hashes` are [`Raster::pixel_hash`]es; equal ones
/// are compared in full.
pub fn duplicates(images: &[(u64, &Raster)]) -> Vec<Option<u32>> {
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    let mut out = Vec::with_capacity(images.len());
    for (i, (hash, image)) in images.iter().enumerate() {
        let earlier = *first.entry(*hash).or_insert(i);
        let same = earlier < i && images[earlier].1.samples == image.samples;
        out.push(same.then_some(earlier as u32));
    }
    out
}
