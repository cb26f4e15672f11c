//! Predicting an image as the part of a mosaic that it is.

use std::collections::VecDeque;

use super::{
    job::{JobOptions, Target},
    large::{LOOKS_AT_WHOLE_IMAGES, Large},
    mosaic::Places,
};
use crate::{
    engine::{Engine, fault},
    protocol::{Event, FaultCode, Mosaic, Stage},
};

impl Engine {
    pub(in crate::engine) fn predict_part(
        &mut self,
        mosaic: &Mosaic,
        image: &str,
        threshold: f32,
        averaged: bool,
    ) -> Vec<Event> {
        let refused = |code, detail| vec![fault(code, Stage::Predict, Some(image.to_owned()), detail)];
        let Some(model) = &self.model else {
            return refused(FaultCode::NoModel, None);
        };
        if !Large::fits(model.spec.sampling) {
            return refused(FaultCode::TooManyPixels, Some(LOOKS_AT_WHOLE_IMAGES.to_owned()));
        }
        match Places::of(mosaic, image, &self.inputs) {
            Ok((places, input)) => {
                // What lies around is seen by the same network.
                let problem = places.inputs().find_map(|seen| {
                    let read = self.inputs.bands_of(seen);
                    Some((seen, model.check_bands(read).err()?))
                });
                if let Some((seen, detail)) = problem {
                    let file = self.inputs.path(seen).map(str::to_owned);
                    return vec![fault(FaultCode::MissingBands, Stage::Predict, file, Some(detail))];
                }
                // Resampled, the pixels of the parts would not lie on one grid.
                let options = JobOptions::new(threshold, averaged, false);
                let queue = VecDeque::from([Target::Input(input)]);
                self.begin_predicting(queue, options, None, Some(places))
            }
            Err(refused) => vec![Event::Fault(refused)],
        }
    }
}
