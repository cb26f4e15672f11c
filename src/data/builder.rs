//! From files as they come in to pairs as they fit together.
//!
//! [`Builder`] keeps every file that decoded, so that an image of one drop finds its mask in the next;
//! [`Builder::finish`] pairs what is there and applies the rule. A file that fails never costs another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alignment::{self, Aligned, Apart, Place};
use super::checkup::Look;
use super::class_detect;
use super::classes::{self, Labelling};
use super::dataset::{Dataset, Pair, marked};
use super::doctor::{self, Note};
use super::fault::{FaultKind, FileFault};
use super::mask::{self, MaskRule};
use super::mask_files::{self, MaskFiles};
use super::mask_numbers::{self, Numbers};
use super::pair::{FolderRoles, is_junk};
use super::value_ranges::RangeChoice;
use crate::formats::decode::{Limits, decode};
use crate::formats::raster::Raster;

mod pairing;

/// A decoded file.
struct Loaded {
    path: String,
    raster: Arc<Raster>,
    hash: u64,
    /// Path of the image that it was made for.
    of: Option<String>,
}

/// Collects files and makes a [`Dataset`] of them, again whenever more come.
pub struct Builder {
    limits: Limits,
    /// Bytes all decoded images together may take.
    max_memory_bytes: u64,
    files: Vec<Loaded>,
    /// Which pixels of the files have no data, by files beside them.
    mask_files: MaskFiles,
    faults: Vec<FileFault>,
    /// The user's labelling; `None` = the suggested one.
    labelling: Option<Labelling>,
    range_choice: RangeChoice,
    /// Names that numbers in masks stand for.
    names: BTreeMap<u16, String>,
    /// Where the files lie, by path.
    places: BTreeMap<String, Place>,
    /// Image paths of the pairs left out.
    excluded: BTreeSet<String>,
    /// Which folder holds what, as the user said.
    roles: Vec<FolderRoles>,
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
            mask_files: MaskFiles::default(),
            faults: Vec::new(),
            labelling: None,
            range_choice: RangeChoice::default(),
            names: BTreeMap::new(),
            places: BTreeMap::new(),
            excluded: BTreeSet::new(),
            roles: Vec::new(),
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
        if let Some(image) = mask_files::image_of(path) {
            return self.add_mask_file(path, image, bytes);
        }
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
        let raster = self.without_missing(path, &raster).unwrap_or(raster);
        self.files.push(Loaded {
            path: path.to_owned(),
            hash: raster.pixel_hash(),
            raster: Arc::new(raster),
            of: None,
        });
    }

    /// What the numbers of masks stand for, from the next [`finish`](Self::finish) on.
    pub fn set_names(&mut self, names: BTreeMap<u16, String>) {
        self.names = names;
    }

    /// Whether a file is there, decoded.
    pub fn holds(&self, path: &str) -> bool {
        self.files.iter().any(|f| f.path == path && f.of.is_none())
    }

    /// Takes in a file that says which pixels of `image` have no data, whether that is here yet or not.
    fn add_mask_file(&mut self, path: &str, image: &str, bytes: &[u8]) -> Result<(), FileFault> {
        if let Err(kind) = self.mask_files.add(path, bytes) {
            let fault = FileFault {
                path: path.to_owned(),
                kind,
            };
            self.faults.push(fault.clone());
            return Err(fault);
        }
        let here = self
            .files
            .iter()
            .find(|f| f.path.to_lowercase() == image.to_lowercase());
        if let Some((path, raster)) = here.map(|f| (f.path.clone(), f.raster.clone())) {
            self.add_raster(&path, raster.as_ref().clone());
        }
        Ok(())
    }

    /// The raster with the pixels transparent that the file beside it says have no data. `None` if there is no such
    /// file or it cannot be used, which is remembered.
    fn without_missing(&mut self, path: &str, raster: &Raster) -> Option<Raster> {
        let file = self.mask_files.of(path)?;
        self.faults.retain(|f| f.path != file.path);
        match file.mask.apply(raster) {
            Ok(raster) => Some(raster),
            Err(error) => {
                self.faults.push(FileFault {
                    path: file.path.clone(),
                    kind: mask_files::fault(error),
                });
                None
            }
        }
    }

    fn forget(&mut self, path: &str) {
        self.files.retain(|f| f.path != path || f.of.is_some());
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

    /// Where files lie on the ground, by path: image and mask are held against each other from the next
    /// [`finish`](Self::finish) on.
    pub fn set_places(&mut self, places: BTreeMap<String, Place>) {
        self.places = places;
    }

    /// Uses this rule instead of the suggested one from the next [`finish`](Self::finish) on.
    pub fn set_rule(&mut self, rule: MaskRule) {
        self.labelling = Some(Labelling::Binary(rule));
    }

    /// Labels in this way from the next [`finish`](Self::finish) on.
    pub fn set_labelling(&mut self, labelling: Labelling) {
        self.labelling = Some(labelling);
    }

    /// Shows numbers of more than 8 bits in this way from the next [`finish`](Self::finish) on.
    pub fn set_ranges(&mut self, choice: RangeChoice) {
        self.range_choice = choice;
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
        let pairing = self.pair_files();
        let same_masks = self.last.pairs.len() == pairing.pairs.len()
            && pairing
                .pairs
                .iter()
                .zip(&self.last.pairs)
                .all(|((_, m, _), p)| Arc::ptr_eq(&self.files[*m].raster, &p.files[1]));
        let (numbers, suggested_rule, colours, mut detected) = if same_masks && !self.last.pairs.is_empty() {
            let last = &self.last;
            (
                last.numbers,
                last.suggested_rule,
                last.colours.clone(),
                last.detected.clone(),
            )
        } else {
            // A label that is its image says nothing about what labels look like, unless all are.
            let is_label =
                |(image, mask, _): &&(usize, usize, String)| self.files[*image].hash != self.files[*mask].hash;
            let raster = |(_, mask, _): &(usize, usize, String)| self.files[*mask].raster.as_ref();
            let mut masks: Vec<&Raster> = pairing.pairs.iter().filter(is_label).map(raster).collect();
            if masks.is_empty() {
                masks = pairing.pairs.iter().map(raster).collect();
            }
            let numbers = mask_numbers::find(&masks);
            (
                numbers,
                mask::suggest(&masks, &numbers),
                mask::colours(&masks, &numbers.scale),
                class_detect::detect(&masks, &numbers, &self.names),
            )
        };
        let images: Vec<&Raster> = pairing
            .pairs
            .iter()
            .map(|(i, ..)| self.files[*i].raster.as_ref())
            .collect();
        let ranges = self.range_choice.resolve(&images);
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
        let mut out = Dataset {
            pairs: Vec::new(),
            faults: pairing.faults,
            question: pairing.question,
            rule,
            suggested_rule,
            labelling,
            detected,
            colours,
            numbers,
            range_choice: self.range_choice.clone(),
            ranges,
            memory_bytes: 0,
        };
        let pairs = pairing.pairs.into_iter();
        out.pairs = pairs
            .map(|(image, mask, name)| self.make_pair(image, mask, name, &out))
            .collect();
        add_set_notes(&mut out);
        let extra: u64 = out.pairs.iter().map(Self::extra_bytes).sum();
        out.memory_bytes = self.files.iter().map(|f| f.raster.bytes()).sum::<u64>() + extra;
        self.last = out.clone();
        out
    }

    /// Bytes a pair holds beyond its two files.
    fn extra_bytes(pair: &Pair) -> u64 {
        let own = |r: &Raster, file: &Raster| match r.samples.is_shared_with(&file.samples) {
            true => 0,
            false => r.bytes(),
        };
        pair.bits.len() as u64 + own(&pair.image, &pair.files[0]) + own(&pair.mask, &pair.files[1])
    }

    /// Unless somebody has chosen which of them to learn.
    fn too_many_classes(&self, set: &Dataset) -> Option<FaultKind> {
        let found = set.detected.too_many.filter(|_| self.labelling.is_none())?;
        Some(FaultKind::TooManyClasses {
            found,
            limit: classes::MAX_CLASSES,
        })
    }

    /// `set`: the data set but for its pairs.
    fn make_pair(&self, image: usize, mask: usize, name: String, set: &Dataset) -> Pair {
        let (image, mask) = (&self.files[image], &self.files[mask]);
        let labelling = &set.labelling;
        let excluded = self.excluded.contains(&image.path);
        let places = [image, mask].map(|file| self.places.get(&file.path).cloned());
        let same = |p: &&Pair| {
            Arc::ptr_eq(&p.files[0], &image.raster) && Arc::ptr_eq(&p.files[1], &mask.raster) && p.places == places
        };
        let known = self.last.pairs.iter().find(same);
        let fresh = known.is_none();
        let mut pair = match known {
            Some(known) => Pair { name, ..known.clone() },
            None => new_pair(image, mask, name, labelling, places),
        };
        pair.excluded = excluded;
        let range = set.ranges.of(&pair.image);
        if fresh || pair.image.ranges != range {
            pair.image = Arc::new(pair.image.in_ranges(range));
            pair.look = Arc::new(Look::new(&pair.image));
        }
        let reread = fresh || pair.numbers != set.numbers;
        if reread {
            pair.numbers = set.numbers;
            pair.unfit_number = mask_numbers::unfit(&pair.mask, &set.numbers);
        }
        pair.blocked = pair.unfit.clone().or_else(|| {
            let number = pair.unfit_number.map(|number| FaultKind::MaskNumber { number });
            number.or_else(|| self.too_many_classes(set))
        });
        if pair.blocked.is_some() {
            pair.bits = Arc::default();
        } else if reread || pair.bits.is_empty() || !pair.labelling.labels_like(labelling) {
            pair.bits = Arc::new(pair_labels(labelling, &set.numbers, &pair));
        }
        pair.labelling = labelling.clone();
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

/// Brings image and mask to one grid and size, or says why they do not fit.
fn new_pair(image: &Loaded, mask: &Loaded, name: String, labelling: &Labelling, places: [Option<Place>; 2]) -> Pair {
    let aligned = aligned(image, mask, &places);
    let a = &image.raster;
    let laid = aligned.as_ref().ok().and_then(|aligned| aligned.mask.clone());
    let b = laid.as_ref().unwrap_or(&mask.raster);
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
        labelling: labelling.clone(),
        unfit: None,
        numbers: Numbers::default(),
        unfit_number: None,
        hash: image.hash,
        covered: None,
        look: Arc::default(),
        mask_hash: mask.hash,
        files: [a.clone(), mask.raster.clone()],
        fixed_notes: alignment::remarks(&places),
        places,
    };
    match aligned {
        Ok(Aligned { covered, notes, .. }) => {
            pair.covered = covered;
            pair.fixed_notes.extend(notes.into_iter().map(Note::Place));
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
    pair.fixed_notes.extend(doctor::file_notes(&pair.image, &pair.mask));
    pair
}

/// The mask where its place and that of the image put it; as it is where one of them has none.
fn aligned(image: &Loaded, mask: &Loaded, places: &[Option<Place>; 2]) -> Result<Aligned, Apart> {
    let [a, b] = places.each_ref().map(|place| place.as_ref()?.geo.as_ref());
    match (a, b) {
        (Some(a), Some(b)) => alignment::align((a, &image.raster), (b, &mask.raster)),
        _ => Ok(Aligned::default()),
    }
}

/// Labels of a pair; none where the mask does not reach.
fn pair_labels(labelling: &Labelling, numbers: &Numbers, pair: &Pair) -> Vec<u8> {
    let mut labels = labels(labelling, numbers, &pair.image, &pair.mask);
    alignment::forget_uncovered(&mut labels, pair.image.width, pair.covered);
    labels
}

/// Labels of a mask. A pixel that the image knows nothing of (transparent or nodata) has none, so that neither the loss
/// nor the statistics count it.
fn labels(labelling: &Labelling, numbers: &Numbers, image: &Raster, mask: &Raster) -> Vec<u8> {
    let mut labels = labelling.apply(mask, &numbers.scale);
    if image.any_transparent() {
        let width = u64::from(image.width.max(1));
        for (at, label) in (0..image.pixels()).zip(&mut labels) {
            if image.alpha8_at((at % width) as u32, (at / width) as u32) == 0 {
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
