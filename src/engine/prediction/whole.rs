//! Predicting all images as the one map that they are.

use std::collections::VecDeque;

use super::{
    inputs::{Inputs, VIEW_PX},
    job::{Adapting, JobOptions, Target},
    large::{LOOKS_AT_WHOLE_IMAGES, Large, MAX_PIXELS},
    mosaic::Places,
};
use crate::{
    engine::{Engine, fault},
    export::PixelSet,
    formats::raster::Raster,
    geo::Layout,
    infer::shrunk,
    protocol::{Event, FaultCode, MosaicInfo, Stage},
};

/// Images that cover less of the rectangle around them are not offered as one map: most of it would be empty.
const MIN_COVERED: f64 = 0.05;

impl Inputs {
    /// Where each image lies among all, if there are several, each has a place, and those are on one grid of pixels.
    pub(super) fn layout(&self) -> Option<Layout> {
        let placed = |index| Some((self.geo(index)?.clone(), self.size(index)?));
        let images: Vec<_> = (0..self.len()).map(placed).collect::<Option<_>>()?;
        if images.len() < 2 {
            return None;
        }
        let layout = Layout::of(&images).ok()?;
        let pixels = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
        let (whole, covered) = (
            pixels(layout.size),
            images.iter().map(|(_, size)| pixels(*size)).sum::<u64>(),
        );
        let is_offered = whole <= MAX_PIXELS && covered as f64 >= MIN_COVERED * whole as f64;
        is_offered.then_some(layout)
    }

    /// What the page is told of it.
    pub(in crate::engine) fn mosaic(&self) -> Option<MosaicInfo> {
        let [width, height] = self.layout()?.size;
        Some(MosaicInfo { width, height })
    }
}

impl Engine {
    pub(in crate::engine) fn predict_mosaic(
        &mut self,
        validation: bool,
        threshold: f32,
        averaged: bool,
        adapted: bool,
    ) -> Vec<Event> {
        let refused = |code, file: Option<&str>, detail: Option<String>| {
            vec![fault(code, Stage::Predict, file.map(str::to_owned), detail)]
        };
        let Some(model) = &self.model else {
            return refused(FaultCode::NoModel, None, None);
        };
        let Some(layout) = self.inputs.layout() else {
            return refused(FaultCode::NoInputs, None, None);
        };
        if !Large::fits(model.spec.sampling) {
            return refused(FaultCode::TooManyPixels, None, Some(LOOKS_AT_WHOLE_IMAGES.to_owned()));
        }
        let problem = (0..self.inputs.len()).find_map(|input| {
            let read = self.inputs.bands_of(input);
            Some((input, model.check_bands(read).err()?))
        });
        if let Some((input, detail)) = problem {
            return refused(FaultCode::MissingBands, self.inputs.path(input), Some(detail));
        }
        // Resampled, the pixels of the images would not lie on one grid.
        let options = JobOptions::new(threshold, averaged, false);
        let images: VecDeque<Target> = (0..self.inputs.len()).map(Target::Input).collect();
        let adapting = adapted.then(|| Adapting::new(&images));
        let places = Places::all(&layout, &self.inputs);
        let pairs = match validation {
            true => self.prediction.last_validation(),
            false => &[],
        };
        let queue = std::iter::once(Target::Mosaic).chain(pairs.iter().map(|pair| Target::Pair(*pair)));
        self.begin_predicting(queue.collect(), options, adapting, Some(places))
    }
}

/// What is noted of a map whose rows are put together while it is predicted, so that none of them is held: which pixels
/// are missing, and a small picture.
pub(super) struct Noted {
    /// Height and width.
    size: [usize; 2],
    /// Rows noted.
    rows: usize,
    missing: Option<PixelSet>,
    /// Pixels of the map along a side of one of the picture.
    factor: usize,
    picture_size: [usize; 2],
    rgba: Vec<u8>,
}

impl Noted {
    pub(super) fn new(size: [usize; 2]) -> Self {
        let (picture_size, factor) = shrunk(size, VIEW_PX);
        Self {
            size,
            rows: 0,
            missing: None,
            factor,
            picture_size,
            rgba: Vec::new(),
        }
    }

    /// Takes note of rows from `top` on; those that were noted are passed over.
    pub(super) fn note(&mut self, top: usize, band: &Raster) {
        let [height, width] = self.size;
        let end = (top + band.height as usize).min(height);
        let any_missing = band.any_transparent();
        for y in self.rows.max(top)..end {
            let row = (y - top) as u32;
            if any_missing {
                let missing = self.missing.get_or_insert_with(|| PixelSet::none(height * width));
                let is_missing = |x: &usize| band.alpha8_at(*x as u32, row) == 0;
                (0..width).filter(is_missing).for_each(|x| missing.set(y * width + x));
            }
            // As of images read by window: each pixel the middle one of its block.
            let middle = |block: usize, length: usize| (block * self.factor + self.factor / 2).min(length - 1);
            if y == middle(y / self.factor, height) {
                for x in 0..self.picture_size[1] {
                    self.rgba.extend(band.rgba8_at(middle(x, width) as u32, row));
                }
            }
        }
        self.rows = self.rows.max(end);
    }

    /// The picture, if all rows were noted, and which pixels are missing.
    pub(super) fn finish(self) -> (Option<Raster>, Option<PixelSet>) {
        let [height, width] = self.picture_size.map(|n| n as u32);
        (Raster::from_u8(width, height, 4, self.rgba), self.missing)
    }
}
