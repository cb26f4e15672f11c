//! A training run as a state machine: every call of [`Session::advance`] does a bounded slice of work.
//!
//! Pause = do not call it; cancel = [`Session::stop`]. Nothing here waits, sleeps or owns a thread.

use std::{collections::VecDeque, rc::Rc};

use burn::tensor::{Device, Tensor};

use super::{
    crops::Place,
    forecast::Forecast,
    step::{Batch, Trainer},
    validator::Validation,
};
use crate::{
    data::{
        batches::{SampleSpec, make_batch},
        dataset::Dataset,
    },
    infer::InputSpec,
    model::{LossConfig, UNet},
    train::{
        config::{KeepBest, NormStatistics, Settings},
        health::{
            control::Control,
            watch::{Ailment, Health},
        },
        report::{
            curve::{CurvePoint, OperatingPoint, rounded},
            news::{EndReason, Ended, ImageMetrics, SessionEvent, SessionPhase, StepNews, TrainError, ValidationNews},
        },
        weights,
    },
};

/// Losses are read back about this often on a GPU: each read waits for all work before it.
const READ_EVERY_MS: f64 = 150.0;

/// Steps between two sets of weights kept to fall back on.
const KEEP_EVERY: u32 = 10;

/// The weights to end with.
pub(in crate::train) struct Best {
    pub(in crate::train) model: UNet,
    pub(in crate::train) score: f64,
    pub(in crate::train) step: u32,
    pub(in crate::train) validation: Option<ImageMetrics>,
    pub(in crate::train) training: Option<ImageMetrics>,
    /// Precision and recall of the images they were judged on.
    pub(in crate::train) curve: Vec<CurvePoint>,
}

impl Best {
    /// Those of the images held back, else of those trained on that were looked at; `None` before a validation.
    fn judged(&self) -> Option<&ImageMetrics> {
        self.validation.as_ref().or(self.training.as_ref())
    }
}

/// One run.
pub struct Session {
    pub(in crate::train) settings: Settings,
    pub(in crate::train) spec: SampleSpec,
    pub(in crate::train) data: Rc<Dataset>,
    pub(in crate::train) train: Vec<usize>,
    pub(in crate::train) validation: Vec<usize>,
    pub(in crate::train) trainer: Trainer,
    pub(in crate::train) device: Device,
    pub(in crate::train) validating: Option<Validation>,
    /// The run was stopped in a validation: if it goes on, then with that.
    pub(in crate::train) is_validation_due: bool,
    pub(in crate::train) validated_at: u32,
    /// Where the last previews were cut out.
    pub(in crate::train) preview_places: Vec<Place>,
    pub(in crate::train) pending: Vec<Tensor<1>>,
    pub(in crate::train) pending_since_ms: f64,
    pub(in crate::train) read_every: usize,
    pub(in crate::train) step_ms: VecDeque<f64>,
    pub(in crate::train) forecast: Forecast,
    pub(in crate::train) elapsed_ms: f64,
    pub(in crate::train) losses: Vec<f64>,
    pub(in crate::train) history: Vec<ValidationNews>,
    pub(in crate::train) best: Option<Best>,
    /// Weights known to be numbers, and of which step, to end with if there are no best ones yet.
    pub(in crate::train) good: Option<(UNet, u32)>,
    pub(in crate::train) health: Health,
    pub(in crate::train) control: Control,
    /// Sets of fresh weights tried.
    pub(in crate::train) repairs: u32,
    /// The run began with weights of another one.
    pub(in crate::train) continued: bool,
    pub(in crate::train) reads_are_cheap: bool,
    pub(in crate::train) phase: Option<SessionPhase>,
    /// Why the run ended; nothing happens any more.
    pub(in crate::train) ended: Option<EndReason>,
    /// Why the run ended of its own accord before its last step. Saved: read back, it ends again at once.
    pub(in crate::train) verdict: Option<EndReason>,
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
        let model = UNet::new(settings.model, settings.seed, &device)?;
        let foreground_weight = match settings.class_weights[..] {
            [background, foreground] if settings.model.classes == 1 => foreground / background,
            _ if settings.weigh_foreground => weights::foreground(&data, &train, settings.held_back.as_ref()),
            _ => 1.0,
        };
        let loss = LossConfig {
            kind: settings.loss,
            foreground_weight,
        };
        let keras_momentum = settings.norm_statistics == NormStatistics::Keras;
        let mut trainer = Trainer::new(model, loss, settings.lr, settings.seed, keras_momentum);
        trainer.set_clip_norm(settings.clip_norm);
        trainer.class_weights = match &settings.class_weights {
            given if !given.is_empty() => given.clone(),
            _ if settings.weigh_foreground => weights::by_class(&data, &train, settings.held_back.as_ref()),
            _ => Vec::new(),
        };
        let spec = settings.samples();
        Ok(Self {
            settings,
            spec,
            data,
            train,
            validation,
            trainer,
            device,
            validating: None,
            is_validation_due: false,
            validated_at: 0,
            preview_places: Vec::new(),
            pending: Vec::new(),
            pending_since_ms: 0.0,
            read_every: 1,
            step_ms: VecDeque::new(),
            forecast: Forecast::default(),
            elapsed_ms: 0.0,
            losses: Vec::new(),
            history: Vec::new(),
            best: None,
            good: None,
            health: Health::default(),
            control: Control::default(),
            repairs: 0,
            continued: false,
            reads_are_cheap,
            phase: None,
            ended: None,
            verdict: None,
        })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins with these weights instead of fresh ones, which are also those to fall back on; `false` (and nothing done)
    /// if they are of another network.
    pub fn start_from(&mut self, weights: &UNet) -> bool {
        let dropout = self.settings.model.dropout;
        let same = crate::model::ModelConfig {
            dropout,
            ..*weights.config()
        } == self.settings.model;
        if same {
            self.trainer.model = weights.clone().with_dropout(dropout);
            self.good = Some((self.trainer.model.clone(), 0));
            self.continued = true;
        }
        same
    }

    /// Whether the run began with weights of another one.
    pub fn is_continued(&self) -> bool {
        self.continued
    }

    /// Why the run ended, if it has.
    pub fn ended(&self) -> Option<EndReason> {
        self.ended
    }

    /// The weights as they are now.
    pub fn model(&self) -> &UNet {
        &self.trainer.model
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.trainer.steps()
    }

    /// The best weights so far and their step. Before the first validation the present ones, or the last sound ones of
    /// a run that ended ill; none if there are none.
    pub fn best_model(&self) -> Option<(&UNet, u32)> {
        let ill = matches!(self.verdict, Some(EndReason::Ill(_)));
        match (&self.best, &self.good) {
            (Some(best), _) => Some((&best.model, best.step)),
            (None, good) if ill => good.as_ref().map(|(model, step)| (model, *step)),
            (None, _) => Some((&self.trainer.model, self.steps())),
        }
    }

    /// Where the best weights' probabilities are to be cut, where a validation has chosen it.
    pub fn operating_point(&self) -> Option<OperatingPoint> {
        let best = self.best.as_ref()?;
        let metrics = best.judged()?;
        Some(OperatingPoint {
            threshold: metrics.threshold?,
            iou: metrics.iou.map(rounded),
            f1: metrics.f1.map(rounded),
            held_out: best.validation.is_some(),
            curve: best.curve.clone(),
        })
    }

    /// IoU of the best weights so far, over the images held back, else over those trained on that were looked at.
    pub fn best_iou(&self) -> Option<f64> {
        self.best.as_ref()?.judged()?.iou
    }

    /// Pairs trained on and pairs held back, by their numbers in the data set.
    pub fn sides(&self) -> (&[usize], &[usize]) {
        (&self.train, &self.validation)
    }

    /// What the model expects as input.
    pub fn input_spec(&self) -> InputSpec {
        InputSpec {
            channels: self.settings.channels,
            sampling: self.settings.sampling,
            tile_px: self.settings.tile_px,
            stride_px: self.settings.model.stride_px(),
        }
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
            let was_validating = self.validating.is_some();
            // The first step compiles shaders and says nothing about the others.
            let (is_warm, steps) = (self.phase == Some(SessionPhase::Training), self.steps());
            if let Some(reason) = self.verdict {
                self.end(reason, &mut events);
            } else if self.validating.is_some() {
                self.validate_some(&mut events).await?;
            } else if self.steps() >= self.settings.steps_total {
                self.end(EndReason::Finished, &mut events);
            } else {
                self.train_some(now_ms, &mut events).await?;
            }
            let took_ms = now_ms() - slice;
            self.elapsed_ms += took_ms;
            if was_validating {
                self.forecast.worked(took_ms, self.validating.is_none());
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

    pub(in crate::train) fn enter(&mut self, phase: SessionPhase, events: &mut Vec<SessionEvent>) {
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            events.push(SessionEvent::Phase(phase));
        }
    }

    async fn train_some(&mut self, now_ms: &dyn Fn() -> f64, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        if self.phase.is_none() {
            // Said before the first step, which compiles all shaders and may take long.
            self.enter(SessionPhase::Compiling, events);
            return Ok(());
        }
        if self.time_to_look()
            && let Some(ailment) = self.mend_if_dead(events).await?
        {
            self.end(EndReason::Ill(ailment), events);
            return Ok(());
        }
        if self.phase != Some(SessionPhase::Compiling) {
            self.enter(SessionPhase::Training, events);
        }
        if self.pending.is_empty() {
            self.pending_since_ms = now_ms();
        }
        let cpu = make_batch(
            &self.data,
            &self.train,
            &self.spec,
            u64::from(self.steps()),
            self.settings.batch,
        );
        let batch = Batch::upload(cpu, self.settings.channels.count(), &self.device);
        self.trainer.lr = self.settings.lr_at(self.steps()) * self.control.rate_scale;
        self.pending.push(self.trainer.step(batch));
        let step = self.steps();
        let at_end = step == self.settings.steps_total;
        let to_validate = at_end || step.is_multiple_of(self.settings.validate_every);
        // The weights to keep are those of an epoch's end, not of whenever the losses happen to be read.
        let to_judge = self.settings.keep_best == KeepBest::TrainingLoss && self.at_epochs_end();
        if self.pending.len() >= self.read_every || to_validate || to_judge || step == 1 {
            self.read_losses(now_ms, events).await?;
        }
        if to_validate && self.ended.is_none() {
            self.begin_validation(events);
        }
        Ok(())
    }

    pub(in crate::train) async fn read_losses(
        &mut self,
        now_ms: &dyn Fn() -> f64,
        events: &mut Vec<SessionEvent>,
    ) -> Result<(), TrainError> {
        let count = self.pending.len();
        let joined = Tensor::cat(std::mem::take(&mut self.pending), 0);
        let data = joined
            .into_data_async()
            .await
            .map_err(|e| TrainError::Read(format!("{e:?}")))?;
        let values = data
            .try_into_vec::<f32>()
            .map_err(|e| TrainError::Read(format!("{e:?}")))?;
        let ms_per_step = (now_ms() - self.pending_since_ms) / count.max(1) as f64;
        let step = self.steps();
        if self.phase != Some(SessionPhase::Compiling) {
            // The first step compiles shaders and says nothing about the others.
            self.step_ms.push_back(ms_per_step);
            if self.step_ms.len() > 15 {
                self.step_ms.pop_front();
            }
            if !self.reads_are_cheap {
                self.read_every = ((READ_EVERY_MS / ms_per_step) as usize).clamp(1, 16);
            }
        }
        let losses: Vec<f64> = values.iter().step_by(2).map(|&v| f64::from(v)).collect();
        let mut ailment = self.health.losses(&losses);
        // Before there are best weights some are kept now and then; later a validation does it.
        let keep = self.best.is_none() && (step == 1 || step / KEEP_EVERY > (step - count as u32) / KEEP_EVERY);
        let epoch_ends = self.settings.keep_best == KeepBest::TrainingLoss && self.at_epochs_end();
        if ailment.is_none() && (keep || epoch_ends) && !self.keep_if_sound().await? {
            ailment = Some(Ailment::NotFinite);
        }
        if let Some(ailment) = ailment {
            self.losses.extend(losses.iter().filter(|l| l.is_finite()));
            self.end(EndReason::Ill(ailment), events);
            return Ok(());
        }
        let loss = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
        // A loss of exactly 0: nothing in the batch is labelled, so nothing of it is right or wrong.
        let labelled = values.chunks_exact(2).filter(|v| v[0] != 0.0);
        let (n, right) = labelled.fold((0u32, 0.0), |(n, sum), v| (n + 1, sum + f64::from(v[1])));
        let accuracy = right / f64::from(n.max(1));
        self.losses.extend(losses);
        if self.settings.keep_best == KeepBest::TrainingLoss {
            // The seed's checkpoint looks at the mean loss of an epoch.
            self.keep_if_best_by_loss();
        }
        if self.phase == Some(SessionPhase::Compiling) {
            self.enter(SessionPhase::Training, events);
        }
        let ms_per_step = self.ms_per_step().unwrap_or(ms_per_step);
        events.push(SessionEvent::Step(StepNews {
            step,
            epoch: 1 + (step - 1) / self.settings.steps_per_epoch,
            loss,
            accuracy,
            images_per_s: 1000.0 * self.settings.batch as f64 / ms_per_step,
            ms_per_step,
            elapsed_ms: self.elapsed_ms,
            left_ms: (self.step_ms.len() >= 5).then(|| self.left_ms(ms_per_step)),
        }));
        Ok(())
    }

    fn at_epochs_end(&self) -> bool {
        let step = self.steps();
        step.is_multiple_of(self.settings.steps_per_epoch) || step == self.settings.steps_total
    }

    fn keep_if_best_by_loss(&mut self) {
        let step = self.steps();
        let per_epoch = self.settings.steps_per_epoch;
        if !self.at_epochs_end() {
            return;
        }
        let n = (((step - 1) % per_epoch) + 1) as usize;
        let recent = &self.losses[self.losses.len().saturating_sub(n)..];
        let loss = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        if self.best.as_ref().is_none_or(|b| -loss > b.score) {
            let model = self.trainer.model.clone();
            self.best = Some(Best {
                model,
                score: -loss,
                step,
                validation: None,
                training: None,
                curve: Vec::new(),
            });
        }
    }

    pub(in crate::train) fn end(&mut self, reason: EndReason, events: &mut Vec<SessionEvent>) {
        self.ended = Some(reason);
        self.verdict = matches!(reason, EndReason::EarlyStopped | EndReason::Ill(_)).then_some(reason);
        self.is_validation_due = reason == EndReason::Stopped && self.validating.is_some();
        self.validating = None;
        self.pending.clear();
        let steps = self.steps();
        events.push(SessionEvent::Ended(Ended {
            reason,
            steps,
            epochs: f64::from(steps) / f64::from(self.settings.steps_per_epoch),
            loss_first: self.losses.first().copied().unwrap_or(f64::NAN),
            loss_last: last_mean(&self.losses),
            best_step: self.best_model().map_or(0, |(_, step)| step),
            validation: self.best.as_ref().and_then(|b| b.validation.clone()),
            training: self.best.as_ref().and_then(|b| b.training.clone()),
            ms_per_step: self.ms_per_step().unwrap_or(0.0),
            elapsed_ms: self.elapsed_ms,
        }));
    }

    /// Median of the recent steps.
    fn ms_per_step(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.step_ms.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

/// Mean of the last ten losses, less noisy than the last one.
fn last_mean(losses: &[f64]) -> f64 {
    let last = &losses[losses.len().saturating_sub(10)..];
    if last.is_empty() {
        f64::NAN
    } else {
        last.iter().sum::<f64>() / last.len() as f64
    }
}
