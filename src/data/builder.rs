//! From files as they come in to pairs as they fit together.
//!
//! [`Builder`] keeps every file that decoded, so that an image of one drop finds its mask in the next;
//! [`Builder::finish`] pairs what is there and applies the rule. A file that fails never costs another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::checkup::Look;
use super::class_detect;
use super::classes::{self, Labelling};
use super::dataset::{Dataset, Pair, marked};
use super::doctor::{self, Note};
use super::fault::{FaultKind, FileFault};
use super::mask::{self, MaskRule};
use super::pair::{is_junk, pair_by_name};
use crate::formats::decode::{Limits, decode};
use crate::formats::raster::Raster;

/// A decoded file.
struct Loaded {
    path: String,
    raster: Arc<Raster>,
    hash: u64,
}

/// Collects files and makes a [`Dataset`] of them, again whenever more come.
pub struct Builder {
    limits: Limits,
    /// Bytes all decoded images together may take.
    max_memory_bytes: u64,
    files: Vec<Loaded>,
    faults: Vec<FileFault>,
    /// The user's labelling; `None` = the suggested one.
    labelling: Option<Labelling>,
    /// Image paths of the pairs left out.
    excluded: BTreeSet<String>,
    /// Names of the classes that masks have as numbers.
    names: BTreeMap<u16, String>,
    /// The last outcome, reused where nothing changed.
    last: Dataset,
}

impl Default for Builder {
    fn default() -> Builder {
        // Of wasm's 4 GiB, this much leaves room for model and activations.
        Builder::new(Limits::default(), 3 << 29)
    }
}

impl Builder {
    pub fn new(limits: Limits, max_memory_bytes: u64) -> Builder {
        Builder {
            limits,
            max_memory_bytes,
            files: Vec::new(),
            faults: Vec::new(),
            labelling: None,
            excluded: BTreeSet::new(),
            names: BTreeMap::new(),
            last: Dataset::default(),
        }
    }

    /// Takes one file in. Junk of operating systems is passed over in silence; a path that was there before is
    /// replaced.
    ///
    /// # Errors
    /// Why the file cannot be used; it is remembered for [`Dataset::faults`] too.
    pub fn add_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), FileFault> {
        if is_junk(path) {
            return Ok(());
        }
        self.forget(path);
        let left = self.max_memory_bytes.saturating_sub(self.memory_bytes());
        let limits = Limits {
            max_decoded_bytes: self.limits.max_decoded_bytes.min(left),
            ..self.limits.clone()
        };
        match decode(bytes, &limits) {
            Ok(raster) => {
                self.add_raster(path, raster);
                Ok(())
            }
            Err(error) => {
                let fault = FileFault {
                    path: path.to_owned(),
                    kind: error.into(),
                };
                self.faults.push(fault.clone());
                Err(fault)
            }
        }
    }

    /// Takes in an image that needs no decoding (the sample scenes).
    pub fn add_raster(&mut self, path: &str, raster: Raster) {
        self.forget(path);
        self.files.push(Loaded {
            path: path.to_owned(),
            hash: raster.pixel_hash(),
            raster: Arc::new(raster),
        });
    }

    /// Takes in a mask of numbers whose classes have names. A later name of a number replaces an earlier one.
    pub fn add_named_raster(&mut self, path: &str, raster: Raster, names: &BTreeMap<u16, String>) {
        self.names
            .extend(names.iter().map(|(number, name)| (*number, name.clone())));
        self.add_raster(path, raster);
    }

    /// Whether a file is there, decoded.
    pub fn holds(&self, path: &str) -> bool {
        self.files.iter().any(|f| f.path == path)
    }

    /// Leaves a file out, and whatever was said of it.
    pub fn remove(&mut self, path: &str) {
        self.forget(path);
    }

    fn forget(&mut self, path: &str) {
        self.files.retain(|f| f.path != path);
        self.faults.retain(|f| f.path != path);
    }

    /// Bytes held for decoded files and, estimated, their masks.
    pub fn memory_bytes(&self) -> u64 {
        self.files
            .iter()
            .map(|f| f.raster.bytes() + f.raster.pixels() / 2)
            .sum()
    }

    /// Bands of the TIFFs added from now on; see [`Limits::bands`].
    pub fn set_bands(&mut self, bands: Vec<usize>) {
        self.limits.bands = bands;
    }

    /// Uses this rule instead of the suggested one from the next [`finish`](Self::finish) on.
    pub fn set_rule(&mut self, rule: MaskRule) {
        self.labelling = Some(Labelling::Binary(rule));
    }

    /// Labels in this way from the next [`finish`](Self::finish) on.
    pub fn set_labelling(&mut self, labelling: Labelling) {
        self.labelling = Some(labelling);
    }

    /// Leaves a pair of the last data set out, or takes it in again.
    pub fn set_excluded(&mut self, pair: usize, excluded: bool) {
        if let Some(pair) = self.last.pairs.get(pair) {
            if excluded {
                self.excluded.insert(pair.image_path.clone());
            } else {
                self.excluded.remove(&pair.image_path);
            }
        }
    }

    /// Pairs all files by name, applies the rule, looks for what is odd.
    pub fn finish(&mut self) -> Dataset {
        let paths: Vec<String> = self.files.iter().map(|f| f.path.clone()).collect();
        let pairing = pair_by_name(&paths);
        let mut faults = self.faults.clone();
        let mut fault = |file: usize, kind| {
            faults.push(FileFault {
                path: paths[file].clone(),
                kind,
            })
        };
        let partners = self.refused_partners(pairing.images_only.iter().chain(&pairing.masks_only));
        let missing = |i: usize, kind| match partners.get(&i) {
            Some(other) => FaultKind::PartnerRefused { other: other.clone() },
            None => kind,
        };
        for i in &pairing.images_only {
            fault(*i, missing(*i, FaultKind::NoMask));
        }
        for i in &pairing.masks_only {
            fault(*i, missing(*i, FaultKind::NoImage));
        }
        for (file, other) in &pairing.ambiguous {
            fault(
                *file,
                FaultKind::Ambiguous {
                    other: paths[*other].clone(),
                },
            );
        }
        faults.sort_by(|a, b| a.path.cmp(&b.path));

        let same_masks = self.last.pairs.len() == pairing.pairs.len()
            && pairing
                .pairs
                .iter()
                .zip(&self.last.pairs)
                .all(|((_, m, _), p)| Arc::ptr_eq(&self.files[*m].raster, &p.files[1]));
        let (suggested_rule, colours, mut detected) = if same_masks && !self.last.pairs.is_empty() {
            let last = &self.last;
            (last.suggested_rule, last.colours.clone(), last.detected.clone())
        } else {
            // A label that is its image says nothing about what labels look like, unless all are.
            let is_label =
                |(image, mask, _): &&(usize, usize, String)| self.files[*image].hash != self.files[*mask].hash;
            let raster = |(_, mask, _): &(usize, usize, String)| self.files[*mask].raster.as_ref();
            let mut masks: Vec<&Raster> = pairing.pairs.iter().filter(is_label).map(raster).collect();
            if masks.is_empty() {
                masks = pairing.pairs.iter().map(raster).collect();
            }
            (
                mask::suggest(&masks),
                mask::colours(&masks),
                class_detect::detect(&masks),
            )
        };
        let labelling = match &self.labelling {
            Some(chosen) => detected.update(chosen),
            None if detected.suggested => Labelling::Classes(Arc::new(detected.legend.clone())),
            None => Labelling::Binary(suggested_rule),
        };
        detected.compare(labelling.legend());
        let rule = match labelling {
            Labelling::Binary(rule) => rule,
            Labelling::Classes(_) => suggested_rule,
        };
        let pairs = pairing
            .pairs
            .into_iter()
            .map(|(image, mask, name)| self.make_pair(image, mask, name, &labelling))
            .collect();
        let mut out = Dataset {
            pairs,
            faults,
            rule,
            suggested_rule,
            labelling,
            detected,
            colours,
            memory_bytes: 0,
        };
        add_set_notes(&mut out);
        let extra: u64 = out.pairs.iter().map(Self::extra_bytes).sum();
        out.memory_bytes = self.files.iter().map(|f| f.raster.bytes()).sum::<u64>() + extra;
        self.last = out.clone();
        out
    }

    /// Of `lonely` files, those whose partner came but was refused, with its path.
    fn refused_partners<'a>(&self, lonely: impl Iterator<Item = &'a usize>) -> BTreeMap<usize, String> {
        if self.faults.is_empty() {
            return BTreeMap::new();
        }
        let lonely: Vec<usize> = lonely.copied().collect();
        let refused = self.faults.iter().map(|f| f.path.clone());
        let paths: Vec<String> = lonely
            .iter()
            .map(|i| self.files[*i].path.clone())
            .chain(refused)
            .collect();
        let pairs = pair_by_name(&paths).pairs.into_iter();
        pairs
            .filter_map(|(image, mask, _)| {
                let (own, other) = (image.min(mask), image.max(mask));
                let file = *lonely.get(own)?;
                (other >= lonely.len()).then(|| (file, paths[other].clone()))
            })
            .collect()
    }

    /// Bytes a pair holds beyond its two files.
    fn extra_bytes(pair: &Pair) -> u64 {
        let own = |r: &Arc<Raster>, file: &Arc<Raster>| if Arc::ptr_eq(r, file) { 0 } else { r.bytes() };
        pair.bits.len() as u64 + own(&pair.image, &pair.files[0]) + own(&pair.mask, &pair.files[1])
    }

    fn make_pair(&self, image: usize, mask: usize, name: String, labelling: &Labelling) -> Pair {
        let (image, mask) = (&self.files[image], &self.files[mask]);
        let excluded = self.excluded.contains(&image.path);
        let same = |p: &&Pair| Arc::ptr_eq(&p.files[0], &image.raster) && Arc::ptr_eq(&p.files[1], &mask.raster);
        let mut pair = match self.last.pairs.iter().find(same) {
            Some(known) => Pair { name, ..known.clone() },
            None => new_pair(image, mask, name, labelling),
        };
        pair.excluded = excluded;
        if !pair.labelling.labels_like(labelling) && pair.blocked.is_none() {
            pair.labelling = labelling.clone();
            pair.bits = Arc::new(labels(labelling, &pair.image, &pair.mask));
        }
        let (ones, all) = marked(&pair.bits, labelling);
        pair.foreground_share = ones as f64 / all.max(1) as f64;
        let mask_notes = match labelling {
            Labelling::Binary(_) => doctor::mask_notes(&pair.bits),
            Labelling::Classes(_) => doctor::class_notes(&pair.bits),
        };
        pair.notes = [pair.fixed_notes.clone(), mask_notes].concat();
        pair
    }
}

/// Brings image and mask to one size, or blocks them.
fn new_pair(image: &Loaded, mask: &Loaded, name: String, labelling: &Labelling) -> Pair {
    let (a, b) = (&image.raster, &mask.raster);
    let (width, height) = (a.width.min(b.width), a.height.min(b.height));
    let off = a.width.abs_diff(b.width).max(a.height.abs_diff(b.height));
    let mut pair = Pair {
        name,
        image_path: image.path.clone(),
        mask_path: mask.path.clone(),
        image: a.clone(),
        mask: b.clone(),
        bits: Arc::default(),
        foreground_share: 0.0,
        notes: Vec::new(),
        excluded: false,
        blocked: None,
        fixed_notes: Vec::new(),
        labelling: labelling.clone(),
        hash: image.hash,
        look: Arc::new(Look::new(a)),
        mask_hash: mask.hash,
        files: [a.clone(), b.clone()],
    };
    if off > 1 {
        pair.blocked = Some(FaultKind::SizeMismatch {
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
    pair.fixed_notes.extend(doctor::file_notes(&pair.image, &pair.mask));
    pair.bits = Arc::new(labels(labelling, &pair.image, &pair.mask));
    pair
}

/// Labels of a mask. A pixel that the image knows nothing of (transparent or nodata) has none, so that neither the loss
/// nor the statistics count it.
fn labels(labelling: &Labelling, image: &Raster, mask: &Raster) -> Vec<u8> {
    let mut labels = labelling.apply(mask);
    if image.any_transparent() {
        let width = u64::from(image.width.max(1));
        for (at, label) in (0..image.pixels()).zip(&mut labels) {
            if image.rgba8_at((at % width) as u32, (at / width) as u32)[3] == 0 {
                *label = classes::UNLABELLED;
            }
        }
    }
    labels
}

/// Remarks that need the whole set: duplicates, and masks that may be inverted.
fn add_set_notes(data: &mut Dataset) {
    let inverted = data.labelling.legend().is_none() && data.foreground_share() > doctor::INVERTED_SHARE;
    let images: Vec<(u64, &Raster)> = data.pairs.iter().map(|p| (p.hash, p.files[0].as_ref())).collect();
    let duplicates = doctor::duplicates(&images);
    for (pair, duplicate) in data.pairs.iter_mut().zip(duplicates) {
        pair.notes.extend(duplicate.map(|pair| Note::DuplicateOf { pair }));
        if inverted && pair.is_usable() {
            pair.notes.push(Note::MaybeInverted);
        }
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
