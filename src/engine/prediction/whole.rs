//! Predicting all images as the one map that they are.

use std::collections::VecDeque;

use super::{
    inputs::Inputs,
    job::{Adapting, JobOptions, Target},
    large::{LOOKS_AT_WHOLE_IMAGES, Large, MAX_PIXELS},
    mosaic::Places,
};
use crate::{
    engine::Engine,
    geo::Layout,
    protocol::{Event, Fault, FaultCode, MosaicInfo, Stage},
};

/// Images that cover less of the rectangle around them are not offered as one map: most of it would be empty.
const MIN_COVERED: f64 = 0.05;

impl Inputs {
    /// Where each image lies among all.
    ///
    /// # Errors
    /// Which image has no place on the grid of the others, by number, and why.
    pub(super) fn layout(&self) -> Result<Layout, (usize, String)> {
        let placed = |index| {
            let found = || Some((self.geo(index)?.clone(), self.size(index)?));
            found().ok_or((index, "no place on the ground".to_owned()))
        };
        let images: Vec<_> = (0..self.len()).map(placed).collect::<Result<_, _>>()?;
        Layout::of(&images).map_err(|(index, why)| (index, why.to_string()))
    }

    /// What the page is told of it, where that is worth offering.
    pub(in crate::engine) fn mosaic(&self) -> Option<MosaicInfo> {
        if self.len() < 2 {
            return None;
        }
        let [width, height] = self.layout().ok()?.size;
        let whole = u64::from(width) * u64::from(height);
        let sizes = (0..self.len()).filter_map(|index| self.size(index));
        let covered: u64 = sizes.map(|[width, height]| u64::from(width) * u64::from(height)).sum();
        let is_worth = whole <= MAX_PIXELS && covered as f64 >= MIN_COVERED * whole as f64;
        is_worth.then_some(MosaicInfo { width, height })
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
        let places = match self.mosaic_places() {
            Ok(places) => places,
            Err(refused) => {
                let done = Event::PredictDone {
                    total: 0,
                    cancelled: true,
                };
                return vec![Event::Fault(refused), done];
            }
        };
        // Resampled, the pixels of the images would not lie on one grid.
        let options = JobOptions::new(threshold, averaged, false);
        let images: VecDeque<Target> = (0..self.inputs.len()).map(Target::Input).collect();
        let adapting = adapted.then(|| Adapting::new(&images));
        let pairs = match validation {
            true => self.prediction.last_validation(),
            false => &[],
        };
        let queue = std::iter::once(Target::Mosaic).chain(pairs.iter().map(|pair| Target::Pair(*pair)));
        self.begin_predicting(queue.collect(), options, adapting, Some(places))
    }

    /// # Errors
    /// Why the images cannot be predicted as one map.
    fn mosaic_places(&self) -> Result<Places, Fault> {
        let refused = |code, input: Option<usize>, detail: Option<String>| Fault {
            code,
            stage: Stage::Predict,
            file: input.and_then(|input| self.inputs.path(input)).map(str::to_owned),
            detail,
        };
        let model = self
            .model
            .as_ref()
            .ok_or_else(|| refused(FaultCode::NoModel, None, None))?;
        if self.inputs.len() == 0 {
            return Err(refused(FaultCode::NoInputs, None, None));
        }
        let layout = self
            .inputs
            .layout()
            .map_err(|(input, why)| refused(FaultCode::NotOneMap, Some(input), Some(why)))?;
        let [width, height] = layout.size;
        let too_large = match u64::from(width) * u64::from(height) > MAX_PIXELS {
            true => Some(format!(
                "{width} × {height}, limit {} megapixels",
                MAX_PIXELS / 1_000_000
            )),
            false => (!Large::fits(model.spec.sampling)).then(|| LOOKS_AT_WHOLE_IMAGES.to_owned()),
        };
        if too_large.is_some() {
            return Err(refused(FaultCode::NotOneMap, None, too_large));
        }
        for input in 0..self.inputs.len() {
            model
                .check_bands(self.inputs.bands_of(input))
                .map_err(|detail| refused(FaultCode::MissingBands, Some(input), Some(detail)))?;
        }
        Ok(Places::all(&layout, &self.inputs))
    }
}
