//! Which outline each pixel of a drawn mask is of.

use std::cell::Cell;

use crate::{
    data::objects::ObjectMap,
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

    pub(super) fn map(self, size: [u32; 2]) -> Option<ObjectMap> {
        ObjectMap::new(size, &self.numbers)
    }
}
