//! The class between objects, drawn into the labels of a pair.

use std::sync::Arc;

use super::Builder;
use crate::data::classes::Labelling;
use crate::data::dataset::Pair;
use crate::data::mask_numbers::Numbers;
use crate::data::objects::{ObjectMap, Objects};

impl Builder {
    /// The outlines that the mask of the image at `path` was drawn from, each an object; to be called after
    /// [`add_drawn`](Self::add_drawn).
    pub fn set_objects(&mut self, path: &str, objects: Option<ObjectMap>) {
        match objects {
            Some(objects) => drop(self.objects.insert(path.to_owned(), Arc::new(objects))),
            None => drop(self.objects.remove(path)),
        }
    }

    /// Those of a pair whose mask was drawn.
    pub(super) fn objects_of(&self, pair: &Pair) -> Option<Arc<ObjectMap>> {
        let is_drawn = |file: &super::Loaded| file.of.as_ref() == Some(&pair.image_path);
        let drawn = self.files.iter().find(|file| is_drawn(file))?;
        let is_its_own = Arc::ptr_eq(&drawn.raster, &pair.files[1]);
        self.objects.get(&pair.image_path).filter(|_| is_its_own).cloned()
    }
}

/// Draws the class between objects into labels of a pair, if the labelling has one.
pub(super) fn draw_walls(
    labels: &mut [u8],
    labelling: &Labelling,
    numbers: &Numbers,
    pair: &Pair,
    drawn: Option<&ObjectMap>,
) {
    let Some((number, boundary)) = labelling.legend().and_then(|legend| legend.boundary_class()) else {
        return;
    };
    let objects = Objects {
        mask: &pair.mask,
        scale: &numbers.scale,
        drawn,
    };
    objects.draw_boundary(labels, [pair.image.width, pair.image.height], boundary, number);
}
