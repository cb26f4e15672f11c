//! A training run as a state machine: every call of [`Session::advance`] does a bounded slice of work.
//!
//! Pause = do not call it; cancel = [`Session::stop`]. Nothing here waits, sleeps or owns a thread.

use std::rc::Rc;

use burn::tensor::Device;
use serde::Serialize;

use super::{
    forecast::Forecast,
    learner::Learner,
    setup::RunSetup,
    validator::{Found, Validator},
};
use crate::{
    data::dataset::Dataset,
    formats::run_file::{RunFile, Sink},
    infer::InputSpec,
    model::UNet,
    train::{
        checkpoint::{
            best::BestState,
            state::{Bytes, SessionState, StateError, read_meta},
        },
        config::Settings,
        health::{stopping::Stopping, watch::Failure},
        report::{
            curve::OperatingPoint,
            events::{EndReason, Ended, Phase, RunFigures, SessionEvent, StepFigures, TrainError, ValidationFigures},
        },
    },
    values::Schedule,
};

/// One run.
pub struct Session {
    learner: Learner,
    validator: Validator,
    stopping: Stopping,
    forecast: Forecast,
    /// Of work, so far.
    elapsed_ms: f64,
    phase: Option<Phase>,
    /// Why the run ended; nothing happens any more.
    ended: Option<EndReason>,
    /// Why the run ended of its own accord before its last step. Saved: read back, it ends again at once.
    early_end: Option<EndReason>,
    /// Labels have changed since foreground and classes were weighed by them.
    is_relabelled: bool,
}

impl Session {
    /// `train` and `validation` are pair numbers of `data`. `reads_are_cheap`: the device is the CPU.
    ///
    /// # Errors
    /// If the model cannot be built.
    pub fn new(
        settings: Settings,
        data: Rc<Dataset>,
        train: Vec<usize>,
        validation: Vec<usize>,
        device: Device,
        reads_are_cheap: bool,
    ) -> Result<Self, TrainError> {
        let setup = RunSetup::new(settings, data, train, validation, device);
        Ok(Self {
            learner: Learner::new(setup, reads_are_cheap)?,
            validator: Validator::default(),
            stopping: Stopping::default(),
            forecast: Forecast::default(),
            elapsed_ms: 0.0,
            phase: None,
            ended: None,
            early_end: None,
            is_relabelled: false,
        })
    }

    /// A session that goes on where the saved one was. Settings and data must be those it was saved with, but
    /// that the batch may differ.
    ///
    /// # Errors
    /// If the file is not whole or holds another network.
    pub fn restore(
        settings: Settings,
        data: Rc<Dataset>,
        train: Vec<usize>,
        validation: Vec<usize>,
        device: Device,
        reads_are_cheap: bool,
        file: &mut RunFile,
    ) -> Result<Self, StateError> {
        let (state, _) = read_meta::<serde_json::Value>(file)?;
        let mut session = Self::new(settings, data, train, validation, device, reads_are_cheap)?;
        session.learner.restore(&state, file)?;
        session.validator = Validator::restore(state.validations, state.validated_at);
        session.stopping = state.stopping;
        session.early_end = state.early_end;
        session.elapsed_ms = state.elapsed_ms;
        if state.validating {
            session.begin_validation(&mut Vec::new());
        }
        Ok(session)
    }

    /// Reads the losses that wait on the device. To be called before [`save`](Self::save).
    ///
    /// # Errors
    /// If the device fails.
    pub async fn settle(&mut self, now_ms: &dyn Fn() -> f64) -> Result<Vec<SessionEvent>, TrainError> {
        let mut events = Vec::new();
        if self.ended.is_none() && self.learner.losses().are_waiting() {
            self.read_losses(now_ms, &mut events).await?;
        }
        Ok(events)
    }

    /// Writes the whole state as a run file, with `about` beside it in the header and `beside` after its tensors. Gives the
    /// length in bytes.
    ///
    /// # Errors
    /// If the sink is full, the device fails, or the weights are not finite.
    pub async fn save(
        &mut self,
        sink: &mut dyn Sink,
        about: &impl Serialize,
        beside: Vec<Bytes>,
    ) -> Result<u64, StateError> {
        let state = SessionState {
            validated_at: self.validator.step(),
            validating: self.validator.is_unfinished(),
            elapsed_ms: self.elapsed_ms,
            stopping: self.stopping.clone(),
            early_end: self.early_end,
            ..self.learner.state(self.validator.history())
        };
        self.learner.save(&state, sink, about, beside).await
    }

    pub fn settings(&self) -> &Settings {
        self.learner.setup().settings()
    }

    /// Begins with these weights instead of fresh ones, which are also those to fall back on; `false` (and nothing done)
    /// if they are of another network.
    pub fn start_from(&mut self, weights: &UNet) -> bool {
        self.learner.start_from(weights)
    }

    /// Whether the run began with weights of another one.
    pub fn is_continued(&self) -> bool {
        self.learner.health().is_continued()
    }

    /// The same pairs with other labels, which the next step and the next tile of a validation see, or with more pairs after
    /// them. Foreground and classes are weighed by the new labels from the next validation on.
    pub fn set_data(&mut self, data: Rc<Dataset>) {
        self.learner.setup_mut().set_data(data);
        self.is_relabelled = true;
    }

    /// Trains on one more pair from the next step on, unless it is on one of the sides.
    pub fn add_pair(&mut self, pair: usize) {
        self.learner.setup_mut().add_pair(pair);
    }

    /// Tells so many classes apart from the next step on, 1 for foreground and background. What was learnt stays, and the
    /// best weights are looked for anew.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub fn set_classes(&mut self, classes: usize) -> Result<(), TrainError> {
        if classes <= self.settings().model.classes {
            return Ok(());
        }
        self.learner.set_classes(classes)?;
        self.stopping = Stopping::default();
        let is_validating = self.is_validating();
        self.validator.break_off(false);
        if is_validating {
            self.validator.begin(self.learner.setup(), self.learner.steps());
        }
        Ok(())
    }

    /// Why the run ended, if it has.
    pub fn ended(&self) -> Option<EndReason> {
        self.ended
    }

    /// The weights as they are now.
    pub fn model(&self) -> &UNet {
        self.learner.trainer().model()
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.learner.steps()
    }

    /// Whether a validation is under way.
    pub fn is_validating(&self) -> bool {
        self.validator.is_under_way()
    }

    /// All validations so far.
    pub fn validations(&self) -> &[ValidationFigures] {
        self.validator.history()
    }

    /// The loss of every step so far.
    pub fn losses(&self) -> &[f64] {
        self.learner.losses().all()
    }

    /// Milliseconds of work so far.
    pub fn elapsed_ms(&self) -> f64 {
        self.elapsed_ms
    }

    /// Score and step of the best weights so far, with their metrics.
    pub fn best_state(&self) -> Option<BestState> {
        self.learner.checkpoint().best().map(|(_, state)| state.clone())
    }

    /// The best weights so far and their step. Before the first validation the present ones, or the last sound ones of
    /// a run that ended ill; none if there are none.
    pub fn best_model(&self) -> Option<(&UNet, u32)> {
        let is_ill = matches!(self.early_end, Some(EndReason::Ill(_)));
        let checkpoint = self.learner.checkpoint();
        match checkpoint.best() {
            Some((model, state)) => Some((model, state.step)),
            None if is_ill => checkpoint.sound(),
            None => Some((self.model(), self.steps())),
        }
    }

    /// Where the best weights' probabilities are to be cut, where a validation has chosen it.
    pub fn operating_point(&self) -> Option<OperatingPoint> {
        self.learner.checkpoint().operating_point()
    }

    /// IoU of the best weights so far, over the images held back, else over those trained on that were looked at.
    pub fn best_iou(&self) -> Option<f64> {
        self.learner.checkpoint().best_iou()
    }

    /// Pairs trained on and pairs held back, by their numbers in the data set.
    pub fn split(&self) -> (&[usize], &[usize]) {
        let setup = self.learner.setup();
        (setup.train(), setup.validation())
    }

    /// What the model expects as input.
    pub fn input_spec(&self) -> InputSpec {
        self.learner.setup().input_spec()
    }

    /// Works for about `budget_ms` (at least one step or one tile). After [`SessionEvent::Ended`] it does nothing.
    ///
    /// # Errors
    /// If the device fails; the session can then only be dropped.
    pub async fn advance(&mut self, budget_ms: f64, now_ms: &dyn Fn() -> f64) -> Result<Vec<SessionEvent>, TrainError> {
        let start = now_ms();
        let mut events = Vec::new();
        while self.ended.is_none() {
            let slice = now_ms();
            let was_validating = self.is_validating();
            // The first step compiles shaders and says nothing about the others.
            let (is_warm, steps) = (self.phase == Some(Phase::Training), self.steps());
            if let Some(reason) = self.early_end {
                self.end(reason, &mut events);
            } else if was_validating {
                self.validate_some(&mut events).await?;
            } else if steps >= self.settings().steps_total {
                self.end(EndReason::Finished, &mut events);
            } else {
                self.train_some(now_ms, &mut events).await?;
            }
            let took_ms = now_ms() - slice;
            self.elapsed_ms += took_ms;
            if was_validating {
                self.forecast.worked(took_ms, !self.is_validating());
            } else if is_warm {
                self.forecast.trained(took_ms, self.steps().saturating_sub(steps));
            }
            if now_ms() - start >= budget_ms || !events.is_empty() {
                break;
            }
        }
        Ok(events)
    }

    /// Ends the run now. Unread losses are dropped.
    pub fn stop(&mut self) -> Vec<SessionEvent> {
        let mut events = Vec::new();
        if self.ended.is_none() {
            self.end(EndReason::Stopped, &mut events);
        }
        events
    }

    fn enter(&mut self, phase: Phase, events: &mut Vec<SessionEvent>) {
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            events.push(SessionEvent::Phase(phase));
        }
    }

    async fn train_some(&mut self, now_ms: &dyn Fn() -> f64, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        if self.phase.is_none() {
            // Said before the first step, which compiles all shaders and may take long.
            self.enter(Phase::Compiling, events);
            return Ok(());
        }
        if let Some(failure) = self.learner.reinitialize_if_dead(events).await? {
            self.end(EndReason::Ill(failure), events);
            return Ok(());
        }
        if self.phase != Some(Phase::Compiling) {
            self.enter(Phase::Training, events);
        }
        self.learner.step(self.stopping.rate_scale(), now_ms);
        let (step, settings) = (self.steps(), self.settings());
        let to_validate = step == settings.steps_total || step.is_multiple_of(settings.validate_every);
        if to_validate || self.learner.are_losses_due() {
            self.read_losses(now_ms, events).await?;
        }
        if to_validate && self.ended.is_none() {
            self.begin_validation(events);
        }
        Ok(())
    }

    async fn read_losses(
        &mut self,
        now_ms: &dyn Fn() -> f64,
        events: &mut Vec<SessionEvent>,
    ) -> Result<(), TrainError> {
        // The first step compiles shaders and says nothing about the others.
        let timed = self.phase != Some(Phase::Compiling);
        let reading = match self.learner.read_losses(now_ms, timed).await? {
            Ok(reading) => reading,
            Err(failure) => {
                self.end(EndReason::Ill(failure), events);
                return Ok(());
            }
        };
        if self.phase == Some(Phase::Compiling) {
            self.enter(Phase::Training, events);
        }
        let (step, settings, ms_per_step) = (self.steps(), self.settings(), reading.ms_per_step());
        let left_ms = || self.forecast.left_ms(self.learner.setup(), step, ms_per_step);
        events.push(SessionEvent::Step(StepFigures {
            step,
            steps_total: settings.steps_total,
            epoch: 1 + (step - 1) / settings.steps_per_epoch,
            loss: reading.mean_loss(),
            accuracy: reading.accuracy(),
            images_per_s: 1000.0 * settings.batch as f64 / ms_per_step,
            ms_per_step,
            elapsed_ms: self.elapsed_ms,
            left_ms: self.learner.losses().are_enough().then(left_ms),
        }));
        Ok(())
    }

    fn begin_validation(&mut self, events: &mut Vec<SessionEvent>) {
        self.enter(Phase::Validating, events);
        if std::mem::take(&mut self.is_relabelled) {
            self.learner.weigh_again();
        }
        self.validator.begin(self.learner.setup(), self.learner.steps());
    }

    async fn validate_some(&mut self, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        let (setup, model) = (self.learner.setup(), self.learner.trainer().model());
        match self.validator.advance(setup, model).await? {
            Some(found) => self.judge(found, events).await,
            None => Ok(()),
        }
    }

    /// What follows from a validation.
    async fn judge(&mut self, found: Found, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        let Some(is_best) = self.learner.judge(&found).await? else {
            self.end(EndReason::Ill(Failure::NotFinite), events);
            return Ok(());
        };
        let best = self.learner.checkpoint().best();
        let best_step = best.map_or(self.validator.step(), |(_, state)| state.step);
        let (score, contrast) = (found.score(), found.contrast());
        self.validator
            .tell(found, (is_best, best_step), self.elapsed_ms, events);
        let settings = self.settings();
        let (reduce, patience) = (settings.schedule == Schedule::Plateau, settings.patience);
        if self.steps() >= settings.steps_total {
            return Ok(());
        }
        if let Some(failure) = self.learner.failure(contrast, events).await? {
            self.end(EndReason::Ill(failure), events);
        } else if self.stopping.judge(score, reduce, patience) {
            self.end(EndReason::EarlyStopped, events);
        } else {
            self.enter(Phase::Training, events);
        }
        Ok(())
    }

    fn end(&mut self, reason: EndReason, events: &mut Vec<SessionEvent>) {
        self.ended = Some(reason);
        self.early_end = matches!(reason, EndReason::EarlyStopped | EndReason::Ill(_)).then_some(reason);
        self.validator.break_off(reason == EndReason::Stopped);
        self.learner.drop_waiting();
        let (steps, losses) = (self.steps(), self.learner.losses());
        let [loss_first, loss_last] = losses.first_and_last();
        let best = self.learner.checkpoint().best().map(|(_, state)| state);
        let figures = RunFigures {
            steps,
            epochs: f64::from(steps) / f64::from(self.settings().steps_per_epoch),
            loss_first,
            loss_last,
            best_step: self.best_model().map_or(0, |(_, step)| step),
            validation: best.and_then(|b| b.validation.clone()),
            training: best.and_then(|b| b.training.clone()),
            ms_per_step: losses.ms_per_step().unwrap_or(0.0),
            elapsed_ms: self.elapsed_ms,
        };
        events.push(SessionEvent::Ended(Ended { reason, figures }));
    }
}

#[cfg(test)]
#[path = "session_tests/mod.rs"]
mod tests;
