//! From files as they come in to pairs as they fit together.
//!
//! [`Builder`] keeps every file that decoded, so that an image of one drop finds its mask in the next;
//! [`Builder::finish`] pairs what is there and applies the rule. A file that fails never costs another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::adjustment::Adjustment;
use super::alignment::Located;
use super::class_detect;
use super::classes::{ClassInfo, Labelling};
use super::dataset::Dataset;
use super::fault::{FaultKind, FileFault};
use super::label_layer::LabelLayer;
use super::mask::{self, MaskRule};
use super::mask_files::{self, MaskFiles};
use super::mask_numbers;
use super::objects::ObjectMap;
use super::pair::FolderRoles;
use super::pair_notes::{self, Note};
use super::value_ranges::RangeChoice;
use crate::formats::raster::{Raster, Samples};
use crate::formats::{DecodeError, ImageFile, Limits, tiff::Mask};

mod adjusting;
mod by_hand;
mod making;
mod painting;
mod pairing;
mod walls;

/// A decoded file.
struct Loaded {
    path: String,
    raster: Arc<Raster>,
    hash: u64,
    /// Those that were chosen when it was read; see [`Limits::bands`].
    bands: Vec<usize>,
    /// The same pixels as a mask says them, where those bands are others.
    as_mask: Option<Arc<Raster>>,
    /// Path of the image that it was made for.
    of: Option<String>,
}

impl Loaded {
    /// As a mask: its own colours or number, whatever bands a network sees.
    fn mask(&self) -> &Arc<Raster> {
        self.as_mask.as_ref().unwrap_or(&self.raster)
    }

    /// Which of both its place in a pair asks for.
    fn side(&self, is_mask: bool) -> &Arc<Raster> {
        if is_mask { self.mask() } else { &self.raster }
    }

    /// Bytes held.
    fn bytes(&self) -> u64 {
        self.raster.bytes() + self.as_mask.as_ref().map_or(0, |mask| mask.bytes())
    }
}

/// Collects files and makes a [`Dataset`] of them, again whenever more come.
pub struct Builder {
    limits: Limits,
    /// The bands of the limits are those of a network.
    for_network: bool,
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
    located: BTreeMap<String, Located>,
    /// What was changed about masks, by image path.
    adjustments: BTreeMap<String, Adjustment>,
    /// Image paths of the pairs left out.
    excluded: BTreeSet<String>,
    /// Which folder holds what, as the user said.
    roles: Vec<FolderRoles>,
    /// Paths of image and mask that the user made pairs of; a path is in one of them only.
    by_hand: Vec<[String; 2]>,
    /// What was painted, with the path of the image, in the order of the first strokes.
    painted: Vec<(String, Arc<LabelLayer>)>,
    painted_classes: Vec<ClassInfo>,
    /// What drawn masks were drawn from, by image path, where the labelling has a class between outlines.
    objects: BTreeMap<String, Arc<ObjectMap>>,
    /// The last outcome, reused where nothing changed.
    last: Dataset,
}

/// Bands of a file that can be a mask at most: red, green, blue, alpha.
const MASK_BANDS: u32 = 4;
/// Colours that are found in one at most.
const MASK_COLOURS: usize = 256;

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
            for_network: false,
            max_memory_bytes,
            files: Vec::new(),
            mask_files: MaskFiles::default(),
            faults: Vec::new(),
            labelling: None,
            range_choice: RangeChoice::default(),
            names: BTreeMap::new(),
            located: BTreeMap::new(),
            adjustments: BTreeMap::new(),
            excluded: BTreeSet::new(),
            roles: Vec::new(),
            by_hand: Vec::new(),
            painted: Vec::new(),
            painted_classes: Vec::new(),
            objects: BTreeMap::new(),
            last: Dataset::default(),
        }
    }

    /// What a file may cost, and which bands are shown.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Decodes an image; a path that was there before is replaced, and what was painted on it is kept if it is the same
    /// image, by its pixels or by other bands of it.
    ///
    /// # Errors
    /// Why the file cannot be used; it is remembered for [`Dataset::faults`] too.
    pub fn add_image(&mut self, path: &str, file: &ImageFile) -> Result<(), FileFault> {
        let before = self.pixels_of(path);
        self.forget(path);
        let limits = Limits {
            max_decoded_bytes: self.bytes_left(),
            ..self.limits.clone()
        };
        match decode(file, &limits) {
            Ok((raster, as_mask)) => {
                self.take_in(path, raster, as_mask);
                if let (Some((old, bands)), Some((new, others))) = (before, self.pixels_of(path))
                    && old != new
                    && bands == others
                {
                    self.forget_layer(path);
                }
                Ok(())
            }
            Err(error) => Err(self.refuse(path, error)),
        }
    }

    /// Forgets an image, and what was wrong with it.
    pub fn remove_image(&mut self, path: &str) {
        self.forget(path);
    }

    /// Whether something was painted on an image of this path.
    pub fn is_painted(&self, path: &str) -> bool {
        self.painted.iter().any(|(image, _)| image == path)
    }

    /// Bytes that one more image may take, decoded.
    fn bytes_left(&self) -> u64 {
        let left = self.max_memory_bytes.saturating_sub(self.memory_bytes());
        self.limits.max_decoded_bytes.min(left)
    }

    /// Remembers a file that cannot be used; one of the same path goes.
    pub fn refuse(&mut self, path: &str, why: impl Into<FaultKind>) -> FileFault {
        self.forget(path);
        let fault = FileFault {
            path: path.to_owned(),
            kind: why.into(),
        };
        self.faults.push(fault.clone());
        fault
    }

    /// Takes in an image that needs no decoding (the sample scenes).
    pub fn add_raster(&mut self, path: &str, raster: Raster) {
        self.take_in(path, raster, None);
    }

    fn take_in(&mut self, path: &str, raster: Raster, as_mask: Option<Raster>) {
        self.forget(path);
        let as_mask = as_mask.map(|mask| self.without_missing(path, &mask).unwrap_or(mask));
        let raster = self.without_missing(path, &raster).unwrap_or(raster);
        self.files.push(Loaded {
            path: path.to_owned(),
            hash: raster.pixel_hash(),
            bands: self.limits.bands.clone(),
            raster: Arc::new(raster),
            as_mask: as_mask.map(Arc::new),
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

    /// Takes in a file that says which pixels of `image` (its path in lower case) have no data, whether that is here yet
    /// or not.
    ///
    /// # Errors
    /// Why the file cannot be used; it is remembered for [`Dataset::faults`] too.
    pub fn add_mask_file(&mut self, path: &str, image: String, bytes: Vec<u8>) -> Result<(), FileFault> {
        self.forget(path);
        if let Err(kind) = self.mask_files.add(path, image.clone(), bytes) {
            return Err(self.refuse(path, kind));
        }
        let here = self.files.iter().find(|f| f.path.to_lowercase() == image);
        if let Some((path, raster, mask)) = here.map(|f| (f.path.clone(), f.raster.clone(), f.as_mask.clone())) {
            self.take_in(&path, raster.as_ref().clone(), mask.map(|mask| mask.as_ref().clone()));
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

    /// Which pixels of an image are missing, by the file beside it.
    pub fn mask_beside(&self, image: &str) -> Option<&Mask> {
        self.mask_files.of(image).map(|file| &file.mask)
    }

    /// By which the pixels of a file are known, and the bands that they were read from.
    fn pixels_of(&self, path: &str) -> Option<(u64, Vec<usize>)> {
        let own = self.files.iter().find(|f| f.path == path && f.of.is_none());
        own.map(|f| (f.hash, f.bands.clone()))
    }

    fn forget(&mut self, path: &str) {
        self.files.retain(|f| f.path != path || f.of.is_some());
        self.faults.retain(|f| f.path != path);
    }

    /// Bytes held for decoded files and, estimated, their masks.
    pub fn memory_bytes(&self) -> u64 {
        let files = self.files.iter().map(|f| f.bytes() + f.raster.pixels() / 2);
        let objects = self.objects.values().map(|objects| objects.bytes());
        files.sum::<u64>() + objects.sum::<u64>() + self.painted_bytes()
    }

    /// Bands of the TIFFs added from now on, see [`Limits::bands`]; `for_network`: an image without them is none of the set.
    pub fn set_bands(&mut self, bands: Vec<usize>, for_network: bool) {
        self.limits.bands = bands;
        self.for_network = for_network;
    }

    /// Whether the bands in force are those of a network.
    pub fn reads_for_network(&self) -> bool {
        self.for_network
    }

    /// Where files lie on the ground, by path: image and mask are held against each other from the next
    /// [`finish`](Self::finish) on.
    pub fn set_georefs(&mut self, located: BTreeMap<String, Located>) {
        self.located = located;
    }

    /// Takes pixels for missing whose bands have these values, by the path of the image (those of its bands in their
    /// order), unless the image says itself what is missing.
    pub fn set_nodata(&mut self, values: &BTreeMap<String, Vec<f64>>) {
        for file in &mut self.files {
            let Some(values) = values.get(&file.path) else { continue };
            let read = [Some(&mut file.raster), file.as_mask.as_mut()];
            for raster in read.into_iter().flatten().filter(|raster| !raster.has_alpha()) {
                *raster = Arc::new(raster.with_nodata(values));
            }
        }
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
        self.forget_other_sizes();
        let pairing = self.pair_files();
        let images_alone = match pairing.pairs.is_empty() {
            true => self.images_alone(&pairing),
            false => Vec::new(),
        };
        let count = self.last.pairs.iter().filter(|pair| !pair.is_only_painted()).count();
        // What is found over all images, or over all masks, takes long and stays as it is while they do.
        let are_the_same = |side: usize| {
            count > 0
                && count == pairing.pairs.len()
                && (pairing.pairs.iter().zip(&self.last.pairs)).all(|((image, mask, _), last)| {
                    Arc::ptr_eq(self.files[[*image, *mask][side]].side(side == 1), &last.files[side])
                })
        };
        let (numbers, suggested_rule, colours, mut detected) = if are_the_same(1) {
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
            let raster = |(_, mask, _): &(usize, usize, String)| self.files[*mask].mask().as_ref();
            let mut masks: Vec<&Raster> = pairing.pairs.iter().filter(is_label).map(raster).collect();
            if masks.is_empty() {
                masks = pairing.pairs.iter().map(raster).collect();
            }
            // Masks are drawn in 16 bits where polygons have classes.
            let drawn = pairing
                .pairs
                .iter()
                .map(|(_, mask, _)| &self.files[*mask])
                .filter(|f| f.of.is_some());
            let are_classes = drawn.clone().any(|f| matches!(f.raster.samples, Samples::U16(_)));
            let numbers = mask_numbers::find(&masks, are_classes);
            (
                numbers,
                mask::suggest(&masks, &numbers),
                mask::colours(&masks, &numbers.scale),
                class_detect::detect(&masks, &numbers, &self.names),
            )
        };
        let ranges = if are_the_same(0) && self.range_choice == self.last.range_choice {
            self.last.ranges.clone()
        } else {
            // Bands of what is left out are others than those of the same places here.
            let has_bands = |file: &&Loaded| self.missing_bands(file).is_none();
            let paired = pairing.pairs.iter().map(|(i, ..)| &self.files[*i]);
            let mut images: Vec<&Loaded> = paired.filter(has_bands).collect();
            if images.is_empty() {
                // All that can be painted on, so that nothing changes with the next image that is.
                let waiting = pairing.unpaired.iter().filter(|file| !file.is_mask);
                let waiting = waiting.filter_map(|file| self.own_file(&file.path));
                let painted = pairing.painted.iter().map(|(i, _)| &self.files[*i]);
                images.extend(waiting.chain(painted).filter(has_bands));
            }
            let images: Vec<&Raster> = images.iter().map(|file| file.raster.as_ref()).collect();
            self.range_choice.resolve(&images)
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
        let mut out = Dataset {
            pairs: Vec::new(),
            faults: pairing.faults,
            question: pairing.question,
            unpaired: pairing.unpaired,
            rule,
            suggested_rule,
            labelling,
            detected,
            colours,
            numbers,
            range_choice: self.range_choice.clone(),
            ranges,
            memory_bytes: 0,
            images_alone,
        };
        let (of_files, painted) = (pairing.pairs.into_iter(), pairing.painted.into_iter());
        out.pairs = of_files
            .map(|(image, mask, name)| self.make_pair(image, mask, name, &out))
            .chain(painted.map(|(image, name)| self.make_painted(image, name, &out)))
            .collect();
        add_set_notes(&mut out);
        let extra: u64 = out.pairs.iter().map(Self::extra_bytes).sum();
        let files: u64 = self.files.iter().map(Loaded::bytes).sum();
        out.memory_bytes = files + extra + self.painted_bytes();
        self.last = out.clone();
        out
    }
}

#[cfg(test)]
impl Builder {
    /// Takes one file in as the engine does, of those that can be here.
    pub(crate) fn add_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), FileFault> {
        use super::load::{Incoming, sort};
        use crate::formats::sidecars::SidecarKind;
        match sort(path, bytes.to_vec(), false, &self.limits) {
            Incoming::Junk => Ok(()),
            Incoming::Image(file) => self.add_image(path, &file),
            Incoming::Sidecar {
                kind: SidecarKind::MissingMask,
                owner,
                bytes,
            } => self.add_mask_file(path, owner, bytes),
            Incoming::Refused(error) => Err(self.refuse(path, error)),
            _ => Err(self.refuse(path, DecodeError::UnknownFormat)),
        }
    }
}

/// A file as the network sees it and, where it can be a mask and its bands are read otherwise then, as a mask.
fn decode(file: &ImageFile, limits: &Limits) -> Result<(Raster, Option<Raster>), DecodeError> {
    let raster = file.decode(limits)?;
    // What is no drawing is held once: a mask of several bands has few colours, and none of them is a fraction.
    let is_like_mask = || !raster.is_float && super::mask_value::colours(&raster) <= MASK_COLOURS;
    if limits.bands.is_empty() || raster.bands_of_file() > MASK_BANDS || !is_like_mask() {
        return Ok((raster, None));
    }
    let limits = Limits {
        max_decoded_bytes: limits.max_decoded_bytes.saturating_sub(raster.bytes()),
        ..limits.clone()
    };
    let as_mask = file.decode_otherwise(&limits)?;
    Ok((raster, as_mask))
}

/// Remarks that need the whole set: duplicates, and masks that may be inverted.
fn add_set_notes(data: &mut Dataset) {
    let inverted = data.labelling.legend().is_none() && data.foreground_share() > pair_notes::INVERTED_SHARE;
    let images: Vec<(u64, &Raster)> = data.pairs.iter().map(|p| (p.hash, p.files[0].as_ref())).collect();
    let duplicates = pair_notes::duplicates(&images);
    for (pair, duplicate) in data.pairs.iter_mut().zip(duplicates) {
        pair.notes.extend(duplicate.map(|pair| Note::DuplicateOf { pair }));
        if inverted && pair.is_usable() && !pair.is_only_painted() {
            pair.notes.push(Note::MaybeInverted);
        }
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
