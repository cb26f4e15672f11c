//! The health of one run: what its losses and its predictions say, and fresh weights where its output is dead.

use super::{
    reinitialize::Reinitializer,
    watch::{Failure, Health},
};
use crate::{
    train::{
        report::events::{SessionEvent, TrainError},
        run::{setup::RunSetup, step::Trainer},
    },
    values::NormStatistics,
};

/// Probabilities this close do not depend on the image.
const DEAD_SPREAD: f32 = 1e-4;
/// Steps after which Keras's running statistics have forgotten their start.
const SETTLED_STEPS: u32 = 500;
/// Steps after which the output is looked at besides validations: heads die early or not at all.
const PROBE_AT: [u32; 6] = [5, 10, 20, 40, 80, 160];

/// Health check of one run.
#[derive(Default)]
pub(in crate::train) struct RunHealth {
    watch: Health,
    reinitializer: Reinitializer,
    /// The run began with weights of another one. They are never replaced: an output of theirs may well be flat where
    /// there is nothing to find.
    continued: bool,
}

impl RunHealth {
    /// As it was saved; `reinitialized`: sets of fresh weights tried.
    pub(in crate::train) fn restore(watch: Health, reinitialized: u32, continued: bool) -> Self {
        Self {
            watch,
            reinitializer: Reinitializer::restore(reinitialized),
            continued,
        }
    }

    /// What the losses and validations said, to be saved.
    pub(in crate::train) fn watch(&self) -> &Health {
        &self.watch
    }

    /// Sets of fresh weights tried.
    pub(in crate::train) fn reinitialized(&self) -> u32 {
        self.reinitializer.tried()
    }

    /// Whether the run began with weights of another one.
    pub(in crate::train) fn is_continued(&self) -> bool {
        self.continued
    }

    /// The run begins with weights of another one.
    pub(in crate::train) fn spare_weights(&mut self) {
        self.continued = true;
    }

    /// Looks at the losses of steps, in order.
    pub(in crate::train) fn losses(&mut self, losses: &[f64]) -> Option<Failure> {
        self.watch.losses(losses)
    }

    /// Whether the last loss gives no cause for worry.
    pub(in crate::train) fn is_calm(&self) -> bool {
        self.watch.is_calm()
    }

    /// Whether this is a time to look at the output, between validations.
    pub(in crate::train) fn is_time_to_probe(&self, step: u32, steps_total: u32) -> bool {
        !self.continued && (step == 0 || PROBE_AT.contains(&step) && step < steps_total)
    }

    /// Looks at the output; gives new weights as long as it is dead. `Some` if that did not help.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::train) async fn reinitialize_if_dead(
        &mut self,
        setup: &RunSetup,
        trainer: &mut Trainer,
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Failure>, TrainError> {
        let before = self.reinitializer.tried();
        let failure = self.reinitializer.reinitialize_if_dead(setup, trainer).await?;
        let tries = self.reinitializer.tried() - before;
        if failure.is_none() && tries > 0 {
            let step = trainer.steps();
            self.watch.reinitialized(step);
            events.push(SessionEvent::Reinitialized {
                step,
                tries,
                seed: self.reinitializer.last_seed(setup),
            });
        }
        Ok(failure)
    }

    /// What is wrong with the predictions of a validation, after trying fresh weights. `spread`: the largest difference of
    /// probabilities between pixels; `is_constant`: every pixel got one answer although the truth has several.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::train) async fn validation(
        &mut self,
        setup: &RunSetup,
        trainer: &mut Trainer,
        (spread, is_constant): (f32, bool),
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Failure>, TrainError> {
        let settings = setup.settings();
        // Running statistics of Keras's momentum say nothing yet: training may be fine behind a flat prediction.
        let is_settling = settings.model.has_norm()
            && settings.norm_statistics == NormStatistics::Keras
            && trainer.steps() < SETTLED_STEPS;
        if is_settling {
            return Ok(None);
        }
        if spread < DEAD_SPREAD
            && !self.continued
            && let Some(failure) = self.reinitialize_if_dead(setup, trainer, events).await?
        {
            return Ok(Some(failure));
        }
        let (step, steps_total) = (trainer.steps(), settings.steps_total);
        Ok(self.watch.validation(step, steps_total, spread, is_constant))
    }
}
