//! From two files that belong together to a pair: one grid, one size, labels by the rule in force.

use std::sync::Arc;

use super::{Builder, Loaded};
use crate::data::adjustment::Adjustment;
use crate::data::alignment::{self, Aligned, Apart, Located};
use crate::data::classes::{self, Labelling};
use crate::data::dataset::{Dataset, Pair, Tally};
use crate::data::fault::FaultKind;
use crate::data::label_layer::LabelLayer;
use crate::data::mask_numbers::{self, Numbers};
use crate::data::pair_notes::{self, Note};
use crate::data::thumbprint::Thumbprint;
use crate::formats::raster::{ChosenBands, Raster};

impl Builder {
    /// Bytes a pair holds beyond its two files.
    pub(super) fn extra_bytes(pair: &Pair) -> u64 {
        let own = |r: &Raster, file: &Raster| match r.samples.is_shared_with(&file.samples) {
            true => 0,
            false => r.bytes(),
        };
        pair.labels.len() as u64 + own(&pair.image, &pair.files[0]) + own(&pair.mask, &pair.files[1])
    }

    /// Unless somebody has chosen which of them to learn.
    fn too_many_classes(&self, set: &Dataset) -> Option<FaultKind> {
        let found = set.detected.too_many.filter(|_| self.labelling.is_none())?;
        Some(FaultKind::TooManyClasses {
            found,
            limit: classes::MAX_CLASSES,
        })
    }

    /// Where the bands asked for are a network's or no picture, an image without them is none of the set: the network sees
    /// other numbers.
    pub(super) fn missing_bands(&self, image: &Loaded) -> Option<FaultKind> {
        let asked = &self.limits.bands;
        let wanted: Vec<u32> = asked.iter().map(|band| *band as u32 + 1).collect();
        let lacks = match self.for_network || ChosenBands::is_stack(asked.len()) {
            true => !image.raster.holds_bands(&wanted),
            false => image.raster.as_stack().is_some(),
        };
        lacks.then(|| FaultKind::MissingBands {
            wanted,
            has: image.raster.bands_of_file(),
        })
    }

    /// `set`: the data set but for its pairs.
    pub(super) fn make_pair(&self, image: usize, mask: usize, name: String, set: &Dataset) -> Pair {
        let (image, mask) = (&self.files[image], &self.files[mask]);
        let labelling = &set.labelling;
        let excluded = self.excluded.contains(&image.path);
        let located = [image, mask].map(|file| self.located.get(&file.path).cloned());
        let adjustment = self.adjustments.get(&image.path).cloned().unwrap_or_default();
        let same = |p: &&Pair| {
            Arc::ptr_eq(&p.files[0], &image.raster)
                && Arc::ptr_eq(&p.files[1], mask.mask())
                && p.located == located
                && p.adjustment == adjustment
        };
        let known = self.last.pairs.iter().find(same);
        let fresh = known.is_none();
        let mut pair = match known {
            Some(known) => Pair { name, ..known.clone() },
            None => new_pair(image, mask, name, labelling, located, adjustment),
        };
        pair.excluded = excluded;
        let range = set.ranges.of(&pair.image);
        if fresh || pair.image.ranges != range {
            pair.image = Arc::new(pair.image.in_ranges(range));
            pair.thumbprint = Arc::new(Thumbprint::new(&pair.image));
        }
        let layer = self.layer(&image.path).cloned();
        let reread = fresh || pair.numbers != set.numbers;
        if reread {
            pair.numbers = set.numbers;
            pair.unfit_number = mask_numbers::unfit(&pair.mask, &set.numbers);
        }
        pair.blocked = pair.unfit.clone().or_else(|| self.missing_bands(image)).or_else(|| {
            let number = pair.unfit_number.map(|number| FaultKind::MaskNumber { number });
            number.or_else(|| self.too_many_classes(set))
        });
        if pair.blocked.is_some() {
            (pair.labels, pair.tally) = (Arc::default(), Tally::default());
        } else if reread
            || pair.labels.is_empty()
            || !pair.labelling.labels_like(labelling)
            || !pair.has_layer(layer.as_ref())
        {
            let mut labels = pair_labels(labelling, &set.numbers, &pair);
            self.draw_walls(&mut labels, labelling, &set.numbers, &pair);
            if let Some(layer) = &layer {
                lay_over(layer, &mut labels, &pair.image, set.label_count());
            }
            pair.tally = Tally::new(&labels);
            pair.labels = Arc::new(labels);
        }
        pair.layer = layer;
        pair.labelling = labelling.clone();
        pair.foreground_share = pair.tally.share(labelling, pair.labels.len() as u64);
        let mask_notes = match labelling {
            Labelling::Binary(_) => pair_notes::mask_notes(&pair.labels),
            Labelling::Classes(_) => pair_notes::class_notes(&pair.labels),
        };
        pair.notes = [pair.fixed_notes.clone(), mask_notes].concat();
        pair
    }
}

/// Brings image and mask to one grid and size, or says why they do not fit.
fn new_pair(
    image: &Loaded,
    mask: &Loaded,
    name: String,
    labelling: &Labelling,
    located: [Option<Located>; 2],
    adjustment: Adjustment,
) -> Pair {
    let aligned = aligned(image, mask, &located);
    let a = &image.raster;
    let laid = aligned.as_ref().ok().and_then(|aligned| aligned.mask.clone());
    let b = laid.as_ref().unwrap_or(mask.mask());
    let (width, height) = (a.width.min(b.width), a.height.min(b.height));
    let off = a.width.abs_diff(b.width).max(a.height.abs_diff(b.height));
    let mut pair = Pair {
        name,
        image_path: image.path.clone(),
        mask_path: mask.path.clone(),
        image: a.clone(),
        mask: b.clone(),
        labels: Arc::default(),
        layer: None,
        tally: Tally::default(),
        foreground_share: 0.0,
        notes: Vec::new(),
        excluded: false,
        blocked: None,
        labelling: labelling.clone(),
        unfit: None,
        numbers: Numbers::default(),
        unfit_number: None,
        hash: image.hash,
        covered: None,
        thumbprint: Arc::default(),
        adjustment,
        mask_hash: mask.as_mask.as_ref().map_or(mask.hash, |own| own.pixel_hash()),
        files: [a.clone(), mask.mask().clone()],
        fixed_notes: alignment::remarks(&located),
        located,
    };
    match aligned {
        Ok(Aligned { covered, notes, .. }) => {
            pair.covered = covered;
            pair.fixed_notes.extend(notes);
        }
        Err(apart) => {
            pair.unfit = Some(match apart {
                Apart::Elsewhere(how) => FaultKind::OtherPlace(how),
                Apart::OtherGrid(how) => FaultKind::OtherGrid(how),
            });
            return pair;
        }
    }
    if off > 1 {
        pair.unfit = Some(FaultKind::SizeMismatch {
            image: [a.width, a.height],
            mask: [b.width, b.height],
        });
        return pair;
    }
    if off == 1 {
        let cut = |r: &Arc<Raster>| {
            if (r.width, r.height) == (width, height) {
                r.clone()
            } else {
                Arc::new(r.top_left(width, height))
            }
        };
        (pair.image, pair.mask) = (cut(a), cut(b));
        pair.fixed_notes.push(Note::Cropped { width, height });
    }
    pair.fixed_notes.extend(pair_notes::file_notes(&pair.image, &pair.mask));
    // One that was drawn for the image is drawn where it belongs.
    if mask.of.is_none() {
        pair.adjustment.shift_mask(&mut pair.mask, &mut pair.covered);
    }
    pair
}

/// The mask where its place and that of the image put it; as it is where one of them has none.
fn aligned(image: &Loaded, mask: &Loaded, located: &[Option<Located>; 2]) -> Result<Aligned, Apart> {
    let [a, b] = located.each_ref().map(|one| one.as_ref()?.geo.as_ref());
    match (a, b) {
        (Some(a), Some(b)) => alignment::align((a, &image.raster), (b, mask.mask())),
        _ => Ok(Aligned::default()),
    }
}

/// Labels of a pair; none where the mask does not reach.
fn pair_labels(labelling: &Labelling, numbers: &Numbers, pair: &Pair) -> Vec<u8> {
    let mut labels = labels(labelling, numbers, &pair.image, &pair.mask);
    alignment::forget_uncovered(&mut labels, pair.image.width, pair.covered);
    pair.adjustment
        .forget_unmapped(&mut labels, pair.image.width, pair.image.height);
    labels
}

/// Labels of a mask. A pixel that the image knows nothing of (transparent or nodata) has none, so that neither the loss
/// nor the statistics count it.
pub(super) fn labels(labelling: &Labelling, numbers: &Numbers, image: &Raster, mask: &Raster) -> Vec<u8> {
    let mut labels = labelling.apply(mask, &numbers.scale);
    forget_missing(&mut labels, image);
    labels
}

/// Lays what was painted over the labels of an image. What it knows nothing of has none, even if that was found out after
/// it was painted on.
pub(super) fn lay_over(layer: &LabelLayer, labels: &mut [u8], image: &Raster, classes: usize) {
    layer.lay_over(labels, image.width as usize, classes);
    forget_missing(labels, image);
}

/// Takes the labels of transparent pixels away.
fn forget_missing(labels: &mut [u8], image: &Raster) {
    if image.any_transparent() {
        let width = u64::from(image.width.max(1));
        for (at, label) in (0..image.pixels()).zip(labels) {
            if image.alpha8_at((at % width) as u32, (at / width) as u32) == 0 {
                *label = classes::UNLABELLED;
            }
        }
    }
}
