//! The data set: images with their masks, and what is remarkable about them. [`super::builder`] makes it.

use std::sync::Arc;

use super::adjustment::Adjustment;
use super::alignment::Located;
use super::class_detect::Detected;
use super::classes::{self, ClassInfo, Labelling, Legend};
use super::fault::{FaultKind, FileFault};
use super::label_layer::LabelLayer;
use super::mask::MaskRule;
use super::mask_numbers::Numbers;
use super::mask_value::MaskValue;
use super::pair_notes::Note;
use super::preprocess;
use super::thumbprint::Thumbprint;
use super::value_ranges::{RangeChoice, ValueRanges};
use crate::formats::raster::Raster;
pub use crate::values::FolderQuestion;

/// An image with its mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub name: String,
    pub image_path: String,
    pub mask_path: String,
    /// In the range of the data set.
    pub image: Arc<Raster>,
    /// As decoded: numbers of objects are kept.
    pub mask: Arc<Raster>,
    /// The mask under the labelling in force: 0 or 1 a pixel, or a class number; [`classes::UNLABELLED`] where the image
    /// or the mask knows nothing. Empty if the pair is blocked.
    pub labels: Arc<Vec<u8>>,
    /// What of them was painted here.
    pub layer: Option<Arc<LabelLayer>>,
    /// How many of them there are.
    pub tally: Tally,
    /// Foreground share of the measured pixels, 0..1; of several classes the share that is labelled.
    pub foreground_share: f64,
    pub notes: Vec<Note>,
    /// Left out by the user.
    pub excluded: bool,
    /// Cannot be used, and why.
    pub blocked: Option<FaultKind>,
    /// Notes that do not depend on the labelling, and the rule that the labels were made by.
    pub(super) fixed_notes: Vec<Note>,
    pub(super) labelling: Labelling,
    /// Why the two files never fit.
    pub(super) unfit: Option<FaultKind>,
    /// How the mask's numbers were read, and the first that is none of a class.
    pub(super) numbers: Numbers,
    pub(super) unfit_number: Option<f32>,
    pub(super) hash: u64,
    /// The image, small, to find its copies.
    pub(super) thumbprint: Arc<Thumbprint>,
    pub(super) mask_hash: u64,
    /// The part of the image that the mask covers, where that is not all: columns and rows from, and up to but without.
    pub(super) covered: Option<[[u32; 2]; 2]>,
    /// What people changed about the mask.
    pub adjustment: Adjustment,
    /// Where image and mask lie.
    pub(super) located: [Option<Located>; 2],
    /// The two files as decoded, to recognise an unchanged pair.
    pub(super) files: [Arc<Raster>; 2],
}

impl Pair {
    pub fn is_usable(&self) -> bool {
        let is_empty = self.is_only_painted() && self.tally.labelled == 0;
        !self.excluded && self.blocked.is_none() && !is_empty
    }

    /// Whether it has no mask, and labels only where some were painted.
    pub fn is_only_painted(&self) -> bool {
        self.mask_path.is_empty()
    }

    /// By which the image is known, whatever its path.
    pub fn image_hash(&self) -> u64 {
        self.hash
    }

    /// Image and mask as decoded; of painted labels the image twice.
    pub fn files(&self) -> &[Arc<Raster>; 2] {
        &self.files
    }

    pub(super) fn has_layer(&self, layer: Option<&Arc<LabelLayer>>) -> bool {
        match (&self.layer, layer) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }
}

/// Pixels with a label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub labelled: u64,
    /// Those of the label 1.
    pub foreground: u64,
}

impl Tally {
    pub(super) fn add(&mut self, label: u8) {
        self.labelled += u64::from(label != classes::UNLABELLED);
        self.foreground += u64::from(label == 1);
    }

    /// A pixel that was counted with the label `old` has another.
    pub(super) fn replace(&mut self, old: u8, new: u8) {
        self.labelled -= u64::from(old != classes::UNLABELLED);
        self.foreground -= u64::from(old == 1);
        self.add(new);
    }

    /// Pixels that are foreground, and those that are measured; of several classes those that are labelled, and all
    /// `pixels`.
    pub(super) fn marked(&self, labelling: &Labelling, pixels: u64) -> (u64, u64) {
        match labelling {
            Labelling::Binary(_) => (self.foreground, self.labelled),
            Labelling::Classes(_) => (self.labelled, pixels),
        }
    }
}

/// An image without a mask, or a mask without an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Unpaired {
    pub path: String,
    /// By its name, or because it has few colours.
    pub is_mask: bool,
    pub raster: Arc<Raster>,
    /// As [`Pair::image_hash`].
    pub hash: u64,
    /// It says where it lies.
    pub is_placed: bool,
}

/// Pairs with their masks under one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    pub pairs: Vec<Pair>,
    /// Files that are part of no pair, each with its cause, by path.
    pub faults: Vec<FileFault>,
    /// Folders of which nobody knows what they hold.
    pub question: Option<FolderQuestion>,
    /// Files in no pair that could be in one, in natural order of their paths.
    pub unpaired: Vec<Unpaired>,
    /// The binary rule in force, or the one that would be if the masks had not several classes.
    pub rule: MaskRule,
    pub suggested_rule: MaskRule,
    /// How pixels are labelled: by `rule`, or by a legend.
    pub labelling: Labelling,
    /// What the masks hold as classes.
    pub detected: Detected,
    /// Colours and numbers of the masks with their share, most frequent first.
    pub colours: Vec<(MaskValue, f64)>,
    /// What the numbers in the masks mean.
    pub numbers: Numbers,
    /// How numbers of more than 8 bits in the images become brightness, as chosen and as it came out.
    pub range_choice: RangeChoice,
    pub ranges: ValueRanges,
    /// Bytes held for pixels and masks.
    pub memory_bytes: u64,
    /// Where no pair has a mask: hashes of all images, ascending.
    pub(super) images_alone: Vec<u64>,
}

impl Dataset {
    /// A pair that is not blocked.
    pub fn pair(&self, pair: usize) -> Option<&Pair> {
        self.pairs.get(pair).filter(|p| p.blocked.is_none())
    }

    pub fn image(&self, pair: usize) -> Option<&Raster> {
        self.pair(pair).map(|p| p.image.as_ref())
    }

    pub fn mask(&self, pair: usize) -> Option<&Raster> {
        self.pair(pair).map(|p| p.mask.as_ref())
    }

    /// The mask under the labelling in force, the image's size; see [`Pair::labels`].
    pub fn mask_labels(&self, pair: usize) -> Option<&[u8]> {
        self.pair(pair).map(|p| p.labels.as_slice())
    }

    /// What was painted over the labels of a pair.
    pub fn layer(&self, pair: usize) -> Option<&LabelLayer> {
        self.pair(pair)?.layer.as_deref()
    }

    /// How many labels there are: 2, or the number of classes.
    pub fn label_count(&self) -> usize {
        self.classes().len().max(2)
    }

    /// The mask of a pair as the classic preset sees it, `[256, 256]` of 0, 1 or [`preprocess::UNKNOWN`]: what was painted
    /// is in it.
    pub fn classic_mask(&self, pair: usize) -> Option<Vec<f32>> {
        let pair = self.pair(pair)?;
        Some(match pair.layer {
            Some(_) => preprocess::classic_train_labels(&pair.labels, pair.image.width, pair.image.height),
            None => preprocess::classic_train_mask(&pair.mask),
        })
    }

    /// The classes by number; empty where labels are 0 and 1.
    pub fn classes(&self) -> Vec<ClassInfo> {
        self.labelling.legend().map(Legend::classes).unwrap_or_default()
    }

    /// Colours of the masks that no class takes, with their share, most frequent first; see [`Detected::strays`].
    pub fn strays(&self) -> &[(MaskValue, f64)] {
        match self.labelling.legend().is_some_and(|legend| legend.rest.is_some()) {
            true => &[],
            false => &self.detected.strays,
        }
    }

    pub fn image_path(&self, pair: usize) -> Option<&str> {
        self.pairs.get(pair).map(|p| p.image_path.as_str())
    }

    pub fn name(&self, pair: usize) -> Option<&str> {
        self.pairs.get(pair).map(|p| p.name.as_str())
    }

    /// Pairs that are neither blocked nor excluded, ascending.
    pub fn usable(&self) -> Vec<usize> {
        (0..self.pairs.len()).filter(|i| self.pairs[*i].is_usable()).collect()
    }

    /// One number for all pixels of all pairs of files that are not blocked, and their numbers. Paths, rule, exclusions and
    /// what was painted do not matter; 0 if there is no such pair. Of images alone: one for all their pixels.
    pub fn fingerprint(&self) -> u64 {
        let alone = self.images_alone.iter();
        match self.fingerprint_of(|p| [p.hash, p.mask_hash]) {
            0 => alone.fold(0, |h: u64, part| {
                (h.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            }),
            number => number,
        }
    }

    /// What [`fingerprint`](Self::fingerprint) was before numbers of more than 8 bits were held as they are; the same
    /// where there are none.
    pub fn fingerprint_before(&self) -> u64 {
        let wide = self.pairs.iter().any(|p| p.files.iter().any(|f| f.is_wide()));
        match wide {
            true => self.fingerprint_of(|p| [&p.files[0], &p.files[1]].map(|f| f.pixel_hash_before())),
            false => self.fingerprint(),
        }
    }

    fn fingerprint_of(&self, hashes: impl Fn(&Pair) -> [u64; 2]) -> u64 {
        let counts = |p: &Pair| p.blocked.is_none() && !p.is_only_painted();
        let pairs = self.pairs.iter().enumerate().filter(|(_, p)| counts(p));
        pairs.fold(0, |h: u64, (number, p)| {
            // Pair numbers are what a run goes by; a blocked pair has one too. That of a set without them is as it was.
            let moved = number as u64 ^ self.pairs[..number].iter().filter(|p| counts(p)).count() as u64;
            let [image, mask] = hashes(p);
            [image ^ moved, mask].into_iter().fold(h, |h, part| {
                (h.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            })
        })
    }

    /// Foreground share over all usable pairs, 0..1, or the share that is labelled; 0 if there are no pairs.
    pub fn foreground_share(&self) -> f64 {
        let usable = || self.pairs.iter().filter(|p| p.is_usable());
        let (ones, all) = usable()
            .map(|p| p.tally.marked(&self.labelling, p.labels.len() as u64))
            .fold((0, 0), |(ones, all), (n, of)| (ones + n, all + of));
        if all == 0 { 0.0 } else { ones as f64 / all as f64 }
    }
}
