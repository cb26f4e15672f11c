//! The class between objects, drawn into the labels of a pair.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Builder;
use crate::data::classes::Labelling;
use crate::data::dataset::Pair;
use crate::data::mask_numbers::{NumberKind, Numbers};
use crate::data::objects::{ObjectMap, Objects};
use crate::values::ObjectsBy;

impl Builder {
    /// Images whose masks were drawn and whose outlines are objects by the labelling, but not known yet: those that
    /// [`set_objects`](Self::set_objects) was not called for since. Those that are not needed are forgotten.
    pub fn wanted_objects(&mut self) -> BTreeSet<String> {
        let legend = self.labelling.as_ref().and_then(Labelling::legend);
        let boundary = legend.and_then(|legend| legend.boundary_class());
        if boundary.is_none_or(|(_, boundary)| boundary.objects != ObjectsBy::Outlines) {
            self.objects.clear();
            return BTreeSet::new();
        }
        let drawn = self.files.iter().filter_map(|file| file.of.as_ref());
        drawn
            .filter(|image| !self.objects.contains_key(*image))
            .cloned()
            .collect()
    }

    /// The outlines that the mask of the image at `path` was drawn from, each an object.
    pub fn set_objects(&mut self, path: String, objects: ObjectMap) {
        self.objects.insert(path, Arc::new(objects));
    }

    /// Those of a pair whose mask was drawn.
    fn objects_of(&self, pair: &Pair) -> Option<&ObjectMap> {
        let objects = self.objects.get(&pair.image_path)?;
        let is_drawn = |file: &super::Loaded| file.of.as_ref() == Some(&pair.image_path);
        let drawn = self.files.iter().find(|file| is_drawn(file))?;
        Arc::ptr_eq(&drawn.raster, &pair.files[1]).then_some(objects)
    }

    /// Draws the class between objects into labels of a pair, if the labelling has one.
    pub(super) fn draw_walls(&self, labels: &mut [u8], labelling: &Labelling, numbers: &Numbers, pair: &Pair) {
        let Some(legend) = labelling.legend() else { return };
        let Some((number, boundary)) = legend.boundary_class() else {
            return;
        };
        let objects = Objects {
            mask: &pair.mask,
            scale: &numbers.scale,
            drawn: self.objects_of(pair),
            // So many values are those of objects where they were found to be their numbers.
            may_be_noise: legend.lossy && !matches!(numbers.kind, NumberKind::Objects { .. }),
        };
        objects.draw_boundary(labels, [pair.image.width, pair.image.height], boundary, number);
    }
}

#[cfg(test)]
impl Builder {
    /// Whether the outlines of an image are held as objects.
    pub(crate) fn holds_objects(&self, path: &str) -> bool {
        self.objects.contains_key(path)
    }
}
