//! Which outline each pixel of a drawn mask is of.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    vector_areas::{Shifts, areas, shifted},
    vector_masks::VectorMasks,
};
use crate::{
    data::objects::ObjectMap,
    engine::Engine,
    geo::{Class, GeoRef, Projected},
};

/// Outlines drawn with numbers of their own, later ones over earlier ones as their mask is drawn.
#[derive(Default)]
pub(super) struct ObjectCanvas {
    /// One number a pixel; empty as long as nothing was drawn.
    numbers: Vec<u16>,
    last: Cell<u16>,
}

impl ObjectCanvas {
    /// Draws outlines on an image of `width` x `height`; those whose code is 0 are background.
    pub(super) fn draw(&mut self, outlines: &Projected, geo: &GeoRef, size: [u32; 2], code: impl Fn(Class) -> u16) {
        let last = &self.last;
        let number = |class: Class| {
            if code(class) == 0 {
                return 0;
            }
            // After so many that no two of one number lie side by side, as good as surely.
            last.set(last.get().checked_add(1).unwrap_or(1));
            last.get()
        };
        outlines.draw(geo, size, number, &mut self.numbers, &mut []);
    }

    fn map(self, size: [u32; 2]) -> Option<ObjectMap> {
        ObjectMap::new(size, &self.numbers)
    }
}

impl VectorMasks {
    /// Which outline each pixel of these images is of, where there are any.
    fn objects(
        &self,
        is_held: impl Fn(&str) -> bool,
        shifts: &Shifts,
        images: &BTreeSet<String>,
    ) -> BTreeMap<String, ObjectMap> {
        let areas: BTreeSet<&str> = areas(&self.readable()).into_iter().collect();
        let Ok(codes) = self.codes(&areas) else {
            return BTreeMap::new();
        };
        let (jobs, annotated, _) = self.jobs(is_held, &areas);
        // Polygons are projected once for each system.
        let mut projected: BTreeMap<&str, Option<Projected>> = BTreeMap::new();
        let mut system_of_projected = None;
        let mut all = BTreeMap::new();
        for ((system, image), files) in jobs.iter().filter(|((_, image), _)| images.contains(*image)) {
            if system_of_projected != Some(system) {
                projected.clear();
                system_of_projected = Some(system);
            }
            let Some(size) = self.size(image) else { continue };
            let geo = self.geo(image);
            let shift = shifts
                .get(*image)
                .filter(|_| geo.is_some())
                .copied()
                .unwrap_or_default();
            let laid = geo.map(|geo| shifted(&geo, shift));
            let mut canvas = ObjectCanvas::default();
            for path in files {
                if let Some(found) = annotated.get(&(*path, *image)) {
                    found
                        .iter()
                        .for_each(|one| one.draw_objects(size, &codes, shift, &mut canvas));
                } else if let (Some(Ok(polygons)), Some(geo)) = (self.layers.get(*path), &laid)
                    && let Some(of) = projected.entry(path).or_insert_with(|| polygons.project(geo).ok())
                {
                    canvas.draw(of, geo, size, codes.in_file(polygons));
                }
            }
            all.extend(canvas.map(size).map(|objects| ((*image).to_owned(), objects)));
        }
        all
    }
}

impl Engine {
    /// Finds the outlines that drawn masks were drawn from where the labelling needs them as objects, and only there: it
    /// takes as long as drawing the masks.
    pub(super) fn find_objects(&mut self) {
        let wanted = self.data.builder.wanted_objects();
        if wanted.is_empty() {
            return;
        }
        let builder = &self.data.builder;
        let is_held = |image: &str| builder.holds(image);
        let mut found = self.data.vectors.objects(is_held, &builder.shifts(), &wanted);
        for image in wanted {
            // Where nothing was drawn, that is known too.
            if let Some(objects) = found.remove(&image).or_else(|| ObjectMap::new([0; 2], &[])) {
                self.data.builder.set_objects(image, objects);
            }
        }
    }
}

#[cfg(test)]
#[path = "vector_objects_tests.rs"]
mod tests;
