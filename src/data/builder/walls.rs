//! The class between objects, drawn into the labels of a pair.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Builder;
use crate::data::area::Area;
use crate::data::classes::{Labelling, UNLABELLED};
use crate::data::dataset::Pair;
use crate::data::gaps::{Gaps, context_px};
use crate::data::label_layer::LabelLayer;
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

/// Draws the class between objects into labels of `width` x `height` that were painted, if the labelling has one.
pub(super) fn draw_gaps(labels: &mut [u8], size: [u32; 2], labelling: &Labelling) {
    let Some((number, boundary)) = labelling.legend().and_then(|legend| legend.boundary_class()) else {
        return;
    };
    mark(labels, size, Area::whole(size[1], size[0]), boundary.width_px, number);
}

/// Makes what divides objects in a part of `width` x `height` painted labels a boundary of `width_px` with the class `number`.
fn mark(labels: &mut [u8], size: [u32; 2], part: Area, width_px: u32, number: u8) {
    let found = Gaps::new(labels, size, width_px, number)
        .map(|gaps| gaps.within(part))
        .unwrap_or_default();
    for at in found {
        if let Some(label) = labels.get_mut(at) {
            *label = number;
        }
    }
}

/// The same around an area that was painted on, by what the layer holds: into labels, and into what is counted of them.
pub(super) fn redraw_gaps(pair: &mut Pair, layer: &LabelLayer, area: Area, classes: usize) {
    let Some((number, boundary)) = pair.labelling.legend().and_then(|legend| legend.boundary_class()) else {
        return;
    };
    let whole = Area::whole(pair.image.height, pair.image.width);
    let context = context_px(boundary.width_px);
    let part = area.grown(context, &whole);
    let around = part.grown(context, &whole);
    let (rows, columns) = (around.top as usize.., around.left as usize..);
    let row = |y: usize| {
        let columns = columns.clone().take(around.width as usize);
        columns.map(move |x| layer.over(x, y, UNLABELLED, classes))
    };
    let mut painted: Vec<u8> = rows.take(around.height as usize).flat_map(row).collect();
    let inside = Area {
        top: part.top - around.top,
        left: part.left - around.left,
        ..part
    };
    let size = [around.width, around.height];
    mark(&mut painted, size, inside, boundary.width_px, number);
    let labels = Arc::make_mut(&mut pair.labels);
    for (row, new) in inside
        .cut(&painted, around.width as usize)
        .chunks_exact(part.width.max(1) as usize)
        .enumerate()
    {
        let from = (part.top as usize + row) * whole.width as usize + part.left as usize;
        for (label, new) in labels.iter_mut().skip(from).zip(new) {
            pair.tally.replace(*label, *new);
            *label = *new;
        }
    }
}

#[cfg(test)]
impl Builder {
    /// Whether the outlines of an image are held as objects.
    pub(crate) fn holds_objects(&self, path: &str) -> bool {
        self.objects.contains_key(path)
    }
}
