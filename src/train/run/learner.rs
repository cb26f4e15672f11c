//! What the steps of a run change: the weights, the losses, the health, and the weights worth keeping.

use serde::Serialize;

use super::{
    losses::{Losses, Reading},
    setup::RunSetup,
    step::Trainer,
    validator::Found,
};
use crate::{
    formats::run_file::{RunFile, Sink},
    model::{ModelConfig, UNet},
    train::{
        checkpoint::{
            best::{BestState, Checkpoint},
            state::{Bytes, SessionState, StateError, Tensors},
        },
        health::{run_health::RunHealth, watch::Failure},
        report::events::{SessionEvent, TrainError, ValidationFigures},
    },
    values::BestBy,
};

/// Steps between two sets of weights kept to fall back on.
const KEEP_EVERY: u32 = 10;

/// The learning part of a run.
pub(super) struct Learner {
    setup: RunSetup,
    trainer: Trainer,
    losses: Losses,
    health: RunHealth,
    checkpoint: Checkpoint,
}

impl Learner {
    /// With fresh weights; `reads_are_cheap`: the device is the CPU.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub(super) fn new(setup: RunSetup, reads_are_cheap: bool) -> Result<Self, TrainError> {
        Ok(Self {
            trainer: setup.trainer()?,
            setup,
            losses: Losses::new(reads_are_cheap),
            health: RunHealth::default(),
            checkpoint: Checkpoint::default(),
        })
    }

    /// Goes on with what was saved.
    ///
    /// # Errors
    /// If the file is not whole or holds another network.
    pub(super) fn restore(&mut self, state: &SessionState, file: &mut RunFile) -> Result<(), StateError> {
        let Tensors { checkpoint, losses } = state.read_tensors(&mut self.trainer, file)?;
        self.checkpoint = checkpoint;
        self.losses.record(losses);
        self.health = RunHealth::restore(state.health.clone(), state.reinitialized, state.continued);
        Ok(())
    }

    /// Its part of a session's state; the rest is as of a session that has just begun.
    pub(super) fn state(&self, history: &[ValidationFigures]) -> SessionState {
        SessionState {
            health: self.health.watch().clone(),
            reinitialized: self.health.reinitialized(),
            continued: self.health.is_continued(),
            ..SessionState::new(&self.trainer, &self.checkpoint, history)
        }
    }

    /// Writes a run file with `about` beside the state and `beside` after its tensors. Gives its length in bytes.
    ///
    /// # Errors
    /// If the sink is full, the device fails, or the weights are not finite.
    pub(super) async fn save(
        &mut self,
        state: &SessionState,
        sink: &mut dyn Sink,
        about: &impl Serialize,
        beside: Vec<Bytes>,
    ) -> Result<u64, StateError> {
        let losses = self.losses.all();
        state
            .write((sink, about, beside), &mut self.trainer, &self.checkpoint, losses)
            .await
    }

    pub(super) fn setup(&self) -> &RunSetup {
        &self.setup
    }

    pub(super) fn setup_mut(&mut self) -> &mut RunSetup {
        &mut self.setup
    }

    /// Weighs foreground and classes by the labels as they are now.
    pub(super) fn weigh_again(&mut self) {
        self.setup.weigh(&mut self.trainer);
    }

    /// Tells so many classes apart from now on. What was learnt stays; weights of before, which tell others apart, are not
    /// among the best any more.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub(super) fn set_classes(&mut self, classes: usize) -> Result<(), TrainError> {
        self.setup.set_classes(classes);
        self.trainer.grow_to(self.setup.fresh()?);
        self.checkpoint = Checkpoint::default();
        self.weigh_again();
        Ok(())
    }

    pub(super) fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    pub(super) fn losses(&self) -> &Losses {
        &self.losses
    }

    pub(super) fn health(&self) -> &RunHealth {
        &self.health
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Steps done.
    pub(super) fn steps(&self) -> u32 {
        self.trainer.steps()
    }

    /// Begins with these weights instead of fresh ones, which are also those to fall back on; `false` (and nothing done)
    /// if they are of another network.
    pub(super) fn start_from(&mut self, weights: &UNet) -> bool {
        let wanted = self.setup.settings().model;
        let dropout = wanted.dropout;
        let is_same = wanted
            == ModelConfig {
                dropout,
                ..*weights.config()
            };
        if is_same {
            *self.trainer.model_mut() = weights.clone().with_dropout(dropout);
            self.checkpoint.begin_with(self.trainer.model().clone());
            self.health.spare_weights();
        }
        is_same
    }

    /// Looks, where it is time to, whether the output is dead, and gives new weights as long as it is. `Some` if that did
    /// not help.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn reinitialize_if_dead(
        &mut self,
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Failure>, TrainError> {
        let steps_total = self.setup.settings().steps_total;
        if !self.health.is_time_to_probe(self.steps(), steps_total) {
            return Ok(None);
        }
        self.health
            .reinitialize_if_dead(&self.setup, &mut self.trainer, events)
            .await
    }

    /// One step. `rate_scale`: the learning rate's factor beside the schedule.
    pub(super) fn step(&mut self, rate_scale: f64, now_ms: &dyn Fn() -> f64) {
        let step = self.steps();
        self.losses.step_begins(now_ms());
        let batch = self.setup.batch(u64::from(step));
        self.trainer.set_lr(self.setup.settings().lr_at(step) * rate_scale);
        self.losses.push(self.trainer.step(batch));
    }

    /// Whether the losses are to be read now. The weights to keep are those of an epoch's end, not of whenever the losses
    /// happen to be read.
    pub(super) fn are_losses_due(&self) -> bool {
        self.losses.are_due() || self.is_judged_by_loss() || self.steps() == 1
    }

    /// Whether the mean loss of an epoch that ends with this step decides about the weights.
    fn is_judged_by_loss(&self) -> bool {
        let settings = self.setup.settings();
        settings.best_by == BestBy::TrainingLoss && self.setup.is_epochs_end(self.steps())
    }

    /// Reads the losses and keeps what is worth it; or says what the run has died of. `timed` as in [`Losses::read`].
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn read_losses(
        &mut self,
        now_ms: &dyn Fn() -> f64,
        timed: bool,
    ) -> Result<Result<Reading, Failure>, TrainError> {
        let reading = self.losses.read(now_ms, timed).await?;
        let step = self.steps();
        let mut failure = self.health.losses(reading.losses());
        // Before there are best weights some are kept now and then; later a validation does it.
        let before = step - reading.losses().len() as u32;
        let is_time = step == 1 || step / KEEP_EVERY > before / KEEP_EVERY;
        let is_first = self.checkpoint.best().is_none() && is_time;
        if failure.is_none() && (is_first || self.is_judged_by_loss()) && !self.checkpoint_if_sound().await? {
            failure = Some(Failure::NotFinite);
        }
        if let Some(failure) = failure {
            self.losses
                .record(reading.losses().iter().copied().filter(|l| l.is_finite()));
            return Ok(Err(failure));
        }
        self.losses.record(reading.losses().iter().copied());
        if self.is_judged_by_loss() {
            self.checkpoint_if_best_by_loss();
        }
        Ok(Ok(reading))
    }

    async fn checkpoint_if_sound(&mut self) -> Result<bool, TrainError> {
        let (step, is_calm) = (self.steps(), self.health.is_calm());
        let weights = self.trainer.model();
        self.checkpoint.store_if_sound(weights, step, is_calm).await
    }

    /// Classic's checkpoint looks at the mean loss of an epoch.
    fn checkpoint_if_best_by_loss(&mut self) {
        let step = self.steps();
        let n = ((step - 1) % self.setup.settings().steps_per_epoch) + 1;
        let state = BestState {
            score: -self.losses.mean_of_last(n as usize),
            step,
            validation: None,
            training: None,
            curve: Vec::new(),
            calibrated: None,
        };
        self.checkpoint.offer(self.trainer.model(), state, false);
    }

    /// Takes what a validation found of the present weights; gives whether they are the best. `None` if they are not
    /// numbers.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn judge(&mut self, found: &Found) -> Result<Option<bool>, TrainError> {
        // ReLUs turn NaN into 0: broken weights may still give numbers.
        let is_sound = found.is_finite() && self.checkpoint_if_sound().await?;
        if !is_sound {
            return Ok(None);
        }
        Ok(Some(match self.setup.settings().best_by {
            BestBy::ValidationIou => {
                let by_part = self.setup.settings().held_back.is_some();
                self.checkpoint.offer(self.trainer.model(), found.of_weights(), by_part)
            }
            BestBy::TrainingLoss => self.checkpoint.describe(found.of_weights()),
        }))
    }

    /// What is wrong with predictions of this [contrast](Found::contrast), after trying fresh weights.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn failure(
        &mut self,
        contrast: (f32, bool),
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Failure>, TrainError> {
        let (health, trainer) = (&mut self.health, &mut self.trainer);
        health.validation(&self.setup, trainer, contrast, events).await
    }

    /// Drops the losses that wait on the device.
    pub(super) fn drop_waiting(&mut self) {
        self.losses.drop_waiting();
    }
}

#[cfg(test)]
impl Learner {
    pub(super) fn trainer_mut(&mut self) -> &mut Trainer {
        &mut self.trainer
    }

    /// All steps to come at another learning rate.
    pub(super) fn set_lr(&mut self, lr: f64) {
        self.setup.set_lr(lr);
    }

    /// No more fresh weights.
    pub(super) fn use_up_reinitializing(&mut self) {
        let watch = self.health.watch().clone();
        self.health = RunHealth::restore(watch, crate::train::health::reinitialize::MAX_REINITIALIZATIONS, false);
    }
}
