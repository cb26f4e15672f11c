//! Labels painted over the images of a data set: pairs of their own, or changes of what a mask says.

use std::sync::Arc;

use super::making::lay_over;
use super::pairing::Paired;
use super::walls::{draw_gaps, redraw_gaps};
use super::{Builder, Loaded};
use crate::data::area::Area;
use crate::data::classes::{self, ClassInfo, Labelling};
use crate::data::dataset::{Dataset, Pair, Tally};
use crate::data::fault::FaultKind;
use crate::data::label_layer::{LabelLayer, LayerError, PaintError, Patch};
use crate::data::mask_numbers::Numbers;
use crate::data::pair::without_extension;
use crate::data::pair_notes;
use crate::data::thumbprint::Thumbprint;
use crate::formats::raster::Raster;
use crate::values::MAX_CLASSES;

/// By which a pair is known, in place of its mask's pixels, whose labels were painted: those change from stroke to stroke.
const PAINTED_HASH: u64 = 0x7061_696e_7465_6421;

impl Builder {
    /// Which classes are painted where masks are foreground and background: their names and colours.
    pub fn set_painted_classes(&mut self, classes: Vec<ClassInfo>) {
        self.painted_classes = classes;
    }

    /// The same; empty where nobody chose any.
    pub fn painted_classes(&self) -> &[ClassInfo] {
        &self.painted_classes
    }

    /// What was painted on the image at `path`.
    pub fn layer(&self, path: &str) -> Option<&Arc<LabelLayer>> {
        self.painted.iter().find(|one| one.0 == path).map(|one| &one.1)
    }

    /// All images that were painted on, in the order of their first strokes.
    pub fn layers(&self) -> impl Iterator<Item = (&str, &LabelLayer)> {
        self.painted.iter().map(|one| (one.0.as_str(), one.1.as_ref()))
    }

    /// Begins to paint on the image at `path`, which is a pair of its own from the next [`finish`](Self::finish) on if it
    /// has no mask. Does nothing if that was done.
    ///
    /// # Errors
    /// If there is no such image.
    pub fn begin_layer(&mut self, path: &str) -> Result<(), PaintError> {
        if self.layer(path).is_some() {
            return Ok(());
        }
        let file = self.own_file(path).ok_or(PaintError::NoImage)?;
        // A mask is no image, even if it could be painted on.
        if self.last.pairs.iter().any(|pair| pair.mask_path == path) {
            return Err(PaintError::NoImage);
        }
        let layer = LabelLayer::new(file.raster.width, file.raster.height);
        self.put_layer(path, layer);
        Ok(())
    }

    /// Takes in a layer as [`LabelLayer::encode`] wrote it, instead of the one that is there.
    ///
    /// # Errors
    /// If there is no such image, or the bytes are no layer of it.
    pub fn restore_layer(&mut self, path: &str, bytes: &[u8]) -> Result<(), Option<LayerError>> {
        let file = self.own_file(path).ok_or(None)?;
        let layer = LabelLayer::decode(bytes, [file.raster.width, file.raster.height]).map_err(Some)?;
        self.put_layer(path, layer);
        Ok(())
    }

    /// What was painted on other pixels of the same path is of no use.
    pub(super) fn forget_layer(&mut self, path: &str) {
        self.painted.retain(|one| one.0 != path);
    }

    /// What was painted on an image that another of the same path has replaced is of no use for one of another size.
    pub(super) fn forget_other_sizes(&mut self) {
        let files = &self.files;
        let size = |path: &str| {
            let own = files.iter().find(|file| file.path == path && file.of.is_none());
            own.map(|file| [file.raster.width, file.raster.height])
        };
        self.painted
            .retain(|one| size(&one.0).is_none_or(|size| size == one.1.size()));
    }

    fn put_layer(&mut self, path: &str, layer: LabelLayer) {
        let layer = Arc::new(layer);
        match self.painted.iter_mut().find(|one| one.0 == path) {
            Some(one) => one.1 = layer,
            None => self.painted.push((path.to_owned(), layer)),
        }
    }

    /// The image at `path`, as decoded.
    pub fn image(&self, path: &str) -> Option<&Arc<Raster>> {
        self.own_file(path).map(|file| &file.raster)
    }

    /// By which the image at `path` is known, whatever its path.
    pub fn image_hash(&self, path: &str) -> Option<u64> {
        self.own_file(path).map(|file| file.hash)
    }

    /// The first image of these pixels, by its [`image_hash`](Self::image_hash) in 16 hexadecimal digits.
    pub fn path_of(&self, image_id: &str) -> Option<String> {
        let hash = u64::from_str_radix(image_id, 16).ok()?;
        let own = self.files.iter().find(|file| file.hash == hash && file.of.is_none());
        own.map(|file| file.path.clone())
    }

    /// Takes the images of these paths for those that were painted on first, in this order: it decides about the numbers of
    /// their pairs.
    pub fn order_layers(&mut self, paths: &[String]) {
        let position = |one: &(String, Arc<LabelLayer>)| paths.iter().position(|path| *path == one.0);
        self.painted.sort_by_key(|one| position(one).unwrap_or(usize::MAX));
    }

    pub(super) fn own_file(&self, path: &str) -> Option<&Loaded> {
        self.files.iter().find(|file| file.path == path && file.of.is_none())
    }

    /// Bytes of all that was painted.
    pub(super) fn painted_bytes(&self) -> u64 {
        self.painted.iter().map(|one| one.1.bytes()).sum()
    }

    /// Paints on an image of `data`, which is the outcome of the last [`finish`](Self::finish) and is changed in place: the
    /// labels are copied only if somebody else holds them. Gives the number of the pair.
    ///
    /// # Errors
    /// If that cannot be; nothing is changed.
    pub fn paint(&mut self, data: &mut Dataset, path: &str, patch: &Patch) -> Result<usize, PaintError> {
        let at = data
            .pairs
            .iter()
            .position(|pair| pair.image_path == path && pair.blocked.is_none());
        let at = at.ok_or(PaintError::NoImage)?;
        let classes = data.label_count();
        let pair = data.pairs.get_mut(at).ok_or(PaintError::NoImage)?;
        patch.check([pair.image.width, pair.image.height])?;
        self.begin_layer(path)?;
        // What was painted is shared with the pair, and the labels with the last outcome, until they are changed.
        pair.layer = None;
        if let Some(last) = self.last.pairs.get_mut(at) {
            (last.layer, last.labels) = (None, Arc::default());
        }
        let Some(one) = self.painted.iter_mut().find(|one| one.0 == path) else {
            return Err(PaintError::NoImage);
        };
        let image = pair.image.clone();
        let is_known = image.any_transparent();
        let layer = Arc::make_mut(&mut one.1);
        layer.paint(patch, |x, y| !is_known || image.alpha8_at(x, y) != 0);
        let width = image.width as usize;
        let labels = Arc::make_mut(&mut pair.labels);
        for y in patch.area.top as usize..patch.area.end()[0] as usize {
            let from = y * width + patch.area.left as usize;
            let Some(row) = labels.get_mut(from..from + patch.area.width as usize) else {
                continue;
            };
            for (column, label) in row.iter_mut().enumerate() {
                let old = *label;
                *label = layer.over(patch.area.left as usize + column, y, old, classes);
                pair.tally.replace(old, *label);
            }
        }
        if pair.is_only_painted() {
            redraw_gaps(pair, layer, patch.area, classes);
        }
        pair.layer = Some(one.1.clone());
        pair.foreground_share = pair.tally.share(&pair.labelling, pair.labels.len() as u64);
        if let Some(last) = self.last.pairs.get_mut(at) {
            *last = pair.clone();
        }
        Ok(at)
    }

    /// Images that were painted on and have no mask, with their names: they come after the pairs of files, in the order of
    /// their first strokes, so that a new one changes no other's number.
    pub(super) fn add_painted(&self, paired: &mut Paired) {
        let has_mask = |image: usize| {
            paired
                .pairs
                .iter()
                .any(|(own, mask, _)| *own == image || *mask == image)
        };
        let position = |path: &str| {
            self.files
                .iter()
                .position(|file| file.path == path && file.of.is_none())
        };
        let alone: Vec<usize> = self
            .painted
            .iter()
            .filter_map(|one| position(&one.0))
            .filter(|image| !has_mask(*image))
            .collect();
        for image in &alone {
            let path = &self.files[*image].path;
            let is_missing = |kind: &FaultKind| matches!(kind, FaultKind::NoMask | FaultKind::PartnerRefused { .. });
            paired
                .faults
                .retain(|fault| fault.path != *path || !is_missing(&fault.kind));
            paired.unpaired.retain(|file| file.path != *path);
        }
        let name = |image: &usize| {
            let path = self.files[*image].path.as_str();
            let stem = without_extension(path).unwrap_or(path);
            let short = stem.rsplit(['/', '\\']).next().unwrap_or(stem);
            let is_taken = paired.pairs.iter().any(|(_, _, name)| name == short);
            (*image, if is_taken { stem.to_owned() } else { short.to_owned() })
        };
        paired.painted = alone.iter().map(name).collect();
    }

    /// A pair whose labels were painted. `set`: the data set but for its pairs.
    pub(super) fn make_painted(&self, image: usize, name: String, set: &Dataset) -> Pair {
        let image = &self.files[image];
        let layer = self.layer(&image.path).cloned();
        let known = self
            .last
            .pairs
            .iter()
            .find(|pair| pair.is_only_painted() && Arc::ptr_eq(&pair.files[0], &image.raster));
        let range = set.ranges.of(&image.raster);
        let mut pair = match known {
            Some(known) => Pair { name, ..known.clone() },
            None => Pair {
                name,
                image_path: image.path.clone(),
                mask_path: String::new(),
                image: Arc::new(image.raster.in_ranges(range.clone())),
                // There is none; what is asked of it is asked of the labels.
                mask: image.raster.clone(),
                labels: Arc::default(),
                foreground_share: 0.0,
                notes: Vec::new(),
                excluded: false,
                blocked: None,
                labelling: set.labelling.clone(),
                unfit: None,
                numbers: Numbers::default(),
                unfit_number: None,
                hash: image.hash,
                covered: None,
                thumbprint: Arc::default(),
                adjustment: Default::default(),
                mask_hash: PAINTED_HASH,
                files: [image.raster.clone(), image.raster.clone()],
                fixed_notes: pair_notes::image_notes(&image.raster),
                located: [self.located.get(&image.path).cloned(), None],
                layer: None,
                tally: Tally::default(),
            },
        };
        if known.is_none() || pair.image.ranges != range {
            pair.image = Arc::new(pair.image.in_ranges(range));
            pair.thumbprint = Arc::new(Thumbprint::new(&pair.image));
        }
        pair.excluded = self.excluded.contains(&image.path);
        pair.blocked = self.missing_bands(image);
        if pair.labels.is_empty() || !pair.labelling.labels_like(&set.labelling) || !pair.has_layer(layer.as_ref()) {
            let mut labels = vec![classes::UNLABELLED; pair.image.pixels() as usize];
            if let Some(layer) = &layer {
                lay_over(layer, &mut labels, &pair.image, set.label_count());
            }
            draw_gaps(&mut labels, [pair.image.width, pair.image.height], &set.labelling);
            pair.tally = Tally::new(&labels);
            pair.labels = Arc::new(labels);
        }
        pair.layer = layer;
        pair.labelling = set.labelling.clone();
        pair.foreground_share = pair.tally.share(&pair.labelling, pair.labels.len() as u64);
        pair.notes = pair.fixed_notes.clone();
        pair
    }

    /// Hashes of the images that are in no pair of files, in ascending order: whether they were painted on or not.
    pub(super) fn images_alone(&self, paired: &Paired) -> Vec<u64> {
        let hash = |path: &str| self.own_file(path).map(|file| file.hash);
        let waiting = paired.unpaired.iter().filter(|file| !file.is_mask);
        let painted = paired.painted.iter().map(|(image, _)| self.files[*image].hash);
        let mut all: Vec<u64> = waiting.filter_map(|file| hash(&file.path)).chain(painted).collect();
        all.sort_unstable();
        all
    }
}

impl Patch<'_> {
    /// Whether it can be painted on an image of this width and height.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, [width, height]: [u32; 2]) -> Result<(), PaintError> {
        let area = self.area;
        if area.is_empty() || !area.is_inside(&Area::whole(height, width)) {
            return Err(PaintError::Outside([width, height]));
        }
        let is_value = |value: &u8| usize::from(*value) < MAX_CLASSES || *value >= crate::values::UNTOUCHED;
        if self.values.len() as u64 != area.pixels() || !self.values.iter().all(is_value) {
            return Err(PaintError::BadValues);
        }
        Ok(())
    }
}

impl Tally {
    /// Of labels.
    pub(super) fn new(labels: &[u8]) -> Self {
        let mut tally = Self::default();
        labels.iter().for_each(|label| tally.add(*label));
        tally
    }

    /// As [`Pair::foreground_share`] is. `pixels`: of the image.
    pub(super) fn share(&self, labelling: &Labelling, pixels: u64) -> f64 {
        let (ones, all) = self.marked(labelling, pixels);
        ones as f64 / all.max(1) as f64
    }
}

#[cfg(test)]
#[path = "painting_tests.rs"]
mod tests;
