//! The class between objects that the settings of a run ask for.

use crate::{
    data::{
        batches::Sampling,
        classes::{BOUNDARY_CLASS, Boundary, Labelling, LegendError},
        painted_classes::{labelling_with, with_boundary, without_boundary},
    },
    engine::Engine,
    protocol::{ClassInfo, Event, FieldErrorCode, TrainConfig},
};

/// As it is drawn: in the first of these that no other class has.
const BOUNDARY_RGBS: [[u8; 3]; 3] = [[0xF0, 0xE4, 0x42], [0xFF, 0x66, 0xCC], [0x66, 0xFF, 0xFF]];

/// What settings ask for; what is no usable number is none, and Classic knows two classes.
fn wanted(config: &TrainConfig) -> Option<Boundary> {
    let is_on = config.is_within("boundary_px") && config.boundary_px > 0.0 && config.sampling != Sampling::Classic;
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
        let mut classes = self.label_classes_named(config);
        if classes.iter().all(|class| class.name != BOUNDARY_CLASS) {
            let is_free = |rgb: &&[u8; 3]| classes.iter().all(|class| class.rgb != **rgb);
            let rgb = *BOUNDARY_RGBS.iter().find(is_free).unwrap_or(&BOUNDARY_RGBS[0]);
            let name = BOUNDARY_CLASS.to_owned();
            classes.push(ClassInfo { name, rgb });
        }
        let labelling = labelling_with(set, &classes)?;
        Ok(labelling.and_then(|labelling| with_boundary(&labelling, boundary)))
    }

    /// The classes that are there, the foreground called as the settings say.
    fn label_classes_named(&self, config: &TrainConfig) -> Vec<ClassInfo> {
        let mut classes = self.label_classes();
        if self.data.set.classes().is_empty()
            && let (Some(foreground), name) = (classes.get_mut(1), config.class_name.trim())
            && !name.is_empty()
        {
            foreground.name = name.to_owned();
        }
        classes
    }

    /// Why there can be no class between objects though the settings ask for it.
    pub(in crate::engine) fn boundary_problem(&self, config: &TrainConfig) -> Option<FieldErrorCode> {
        wanted(config)?;
        let set = &self.data.set;
        let is_drawn = set.labelling.legend().is_some_and(|legend| legend.boundary.is_some());
        let is_taken = match set.labelling.legend() {
            Some(legend) => legend
                .entries
                .iter()
                .any(|entry| !entry.ignored && entry.name == BOUNDARY_CLASS && entry.share > 0.0),
            None => self
                .label_classes_named(config)
                .iter()
                .any(|class| class.name == BOUNDARY_CLASS),
        };
        (is_taken && !is_drawn).then_some(FieldErrorCode::NameTaken)
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
