//! The class between objects that the settings of a run ask for.

use crate::{
    data::{
        classes::{BOUNDARY_CLASS, Boundary, Labelling, LegendError},
        painted_classes::{labelling_with, with_boundary, without_boundary},
    },
    engine::Engine,
    protocol::{ClassInfo, Event, TrainConfig},
};

/// As it is drawn.
const BOUNDARY_RGB: [u8; 3] = [0xF0, 0xE4, 0x42];

/// What settings ask for; what is no usable number is none.
fn wanted(config: &TrainConfig) -> Option<Boundary> {
    let is_on = config.is_within("boundary_px") && config.boundary_px > 0.0;
    is_on.then_some(Boundary {
        width_px: config.boundary_px as u32,
        objects: config.objects_by,
    })
}

impl Engine {
    /// How the data set would be labelled by a run with these settings; `None`: as it is.
    fn labelling_for(&self, config: &TrainConfig) -> Result<Option<Labelling>, LegendError> {
        let set = &self.data.set;
        let (wanted, now) = (
            wanted(config),
            set.labelling.legend().and_then(|legend| legend.boundary),
        );
        if wanted == now {
            return Ok(None);
        }
        let Some(boundary) = wanted else {
            return Ok(without_boundary(&set.labelling));
        };
        let mut classes = self.label_classes();
        if set.classes().is_empty()
            && let (Some(foreground), name) = (classes.get_mut(1), config.class_name.trim())
            && !name.is_empty()
        {
            foreground.name = name.to_owned();
        }
        if classes.iter().all(|class| class.name != BOUNDARY_CLASS) {
            classes.push(ClassInfo {
                name: BOUNDARY_CLASS.to_owned(),
                rgb: BOUNDARY_RGB,
            });
        }
        let labelling = labelling_with(set, &classes)?;
        Ok(labelling.and_then(|labelling| with_boundary(&labelling, boundary)))
    }

    /// How many classes a run with these settings tells apart; 0 of foreground and background.
    pub(in crate::engine) fn classes_for(&self, config: &TrainConfig) -> usize {
        match self.labelling_for(config) {
            Ok(Some(labelling)) => labelling.legend().map_or(0, |legend| legend.classes().len()),
            _ => self.data.set.classes().len(),
        }
    }

    /// Labels the data set as a run with these settings needs it; tells of it if that has changed.
    ///
    /// # Errors
    /// If there would be too many classes.
    pub(in crate::engine) fn label_for(&mut self, config: &TrainConfig) -> Result<Vec<Event>, LegendError> {
        let Some(labelling) = self.labelling_for(config)? else {
            return Ok(Vec::new());
        };
        self.data.builder.set_labelling(labelling);
        self.pair_data();
        Ok(self.data_event())
    }
}

#[cfg(test)]
#[path = "boundary_tests.rs"]
mod tests;
