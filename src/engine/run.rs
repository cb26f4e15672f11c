//! Settings, start, pause, stop and the slices of a run.

use super::{Engine, Model, Run, advice, fault};
use crate::{
    data::{
        augment::Augmentation,
        batches::{Sampling, epoch_samples},
        class_order::order_of,
        classes::ClassInfo,
        held_back::HeldBack,
        place, split,
    },
    protocol::{
        ConfigReport, EndReason, Event, FaultCode, FieldError, FieldErrorCode, Phase, PreviewItem, RunEnd, Stage,
        StepReport, TrainConfig, ValBy, ValidationReport,
    },
    train::{
        Ended, Room, Session, SessionEvent, SessionPhase, Settings, ValidationNews, expected_bytes, forecast,
        usual_interval_for,
    },
};

/// Which pairs train and which validate.
pub(super) struct Sides {
    pub(super) train: Vec<usize>,
    /// A single image of which a part is held back is on both sides.
    pub(super) validation: Vec<usize>,
    /// Places they were divided by, 0 if they were not.
    places: usize,
}

impl Engine {
    pub(super) fn report_config(&self, config: TrainConfig) -> Vec<Event> {
        let (errors, settings, sides) = self.check(&config);
        let gpu = self
            .ready
            .as_ref()
            .is_some_and(|r| r.kind == crate::device::Kind::WebGpu);
        let augment = Augmentation::from(&config).ranges();
        vec![Event::Config(ConfigReport {
            config,
            parameters: settings.as_ref().map_or(0.0, |s| s.model.parameters() as f64),
            memory_bytes: settings
                .as_ref()
                .map_or(0.0, |s| expected_bytes(&s.model, s.tile_px, s.batch, gpu) as f64),
            step_macs: settings.as_ref().map_or(0.0, forecast::step_macs),
            steps_total: settings.as_ref().map_or(0.0, |s| f64::from(s.steps_total)),
            validations: settings.as_ref().map_or(0.0, |s| f64::from(forecast::validations(s))),
            validation_macs: settings.as_ref().map_or(0.0, |s| self.validation_macs(s, &sides)),
            classic_macs: self.classic_macs(),
            train_pairs: sides.train.len() as u32,
            validation_pairs: sides.validation.len() as u32,
            places: sides.places as u32,
            held_back: settings
                .as_ref()
                .and_then(|s| self.held_back_out(s.held_back.as_ref()?)),
            augment,
            errors,
        })]
    }

    /// All that is wrong with the settings, the settings where nothing is, and the split.
    pub(super) fn check(&self, config: &TrainConfig) -> (Vec<FieldError>, Option<Settings>, Sides) {
        let usable = self.data.usable();
        let mut errors = Vec::new();
        let names = || -> Vec<(usize, String)> {
            let paths = usable
                .iter()
                .map(|&pair| (pair, self.data.image_path(pair).unwrap_or_default()));
            paths.map(|(pair, path)| (pair, path.to_owned())).collect()
        };
        let mut sides = if config.val_names.is_empty() {
            let share = if config.val_share.is_finite() {
                config.val_share.clamp(0.0, 0.9)
            } else {
                0.0
            };
            match config.val_by {
                ValBy::Share => {
                    let (train, validation) = split::by_share(&usable, share, config.seed as u32);
                    Sides {
                        train,
                        validation,
                        places: 0,
                    }
                }
                ValBy::Place => {
                    let split = place::by_place(&names(), share, config.seed as u32);
                    if split.places == 0 && !usable.is_empty() {
                        errors.push(field_error("val_by", FieldErrorCode::NoPlaces, None));
                    }
                    Sides {
                        train: split.train,
                        validation: split.validation,
                        places: split.places,
                    }
                }
            }
        } else {
            let names = names();
            let (train, validation, unknown) = split::by_names(&names, &config.val_names);
            for name in unknown {
                errors.push(field_error("val_names", FieldErrorCode::UnknownName, Some(name)));
            }
            Sides {
                train,
                validation,
                places: 0,
            }
        };
        if !usable.is_empty() && sides.train.is_empty() {
            let field = if config.val_names.is_empty() {
                "val_share"
            } else {
                "val_names"
            };
            errors.push(field_error(field, FieldErrorCode::NoTrainingPairs, None));
        }
        let held = self.hold_back(config, &sides);
        if held.is_some() {
            sides.validation = sides.train.clone();
            // By place it is.
            errors.retain(|error| error.code != FieldErrorCode::NoPlaces);
        }
        let pass = |tile_px, batch| self.pass_steps(&sides.train, config.sampling, tile_px, batch, held.as_ref());
        let settings = match Settings::checked(config, self.data.classes().len(), pass) {
            Ok(mut settings) => {
                settings.held_back = held;
                if config.validate_every == 0.0 {
                    settings.validate_every =
                        usual_interval_for(&self.data, &settings, &sides.train, &sides.validation);
                }
                Some(settings)
            }
            Err(problems) => {
                errors.extend(problems);
                None
            }
        };
        if let Some(s) = &settings {
            let room = self.room();
            if !room.fits(&s.model, s.tile_px, s.batch) {
                let narrower = room.narrower(&s.model, s.tile_px, s.batch);
                let mut error = field_error("base", FieldErrorCode::DoesNotFit, None);
                error.value = narrower.map(|base| base as f64);
                errors.push(error);
            }
        }
        (errors, settings, sides)
    }

    /// What the device in use has room for.
    fn room(&self) -> Room {
        match &self.ready {
            Some(ready) if ready.kind == crate::device::Kind::WebGpu => {
                let limit = |name: &str| ready.limits.iter().find(|(n, _)| n == name).map(|(_, v)| *v as u64);
                let limits = [limit("maxBufferSize"), limit("maxStorageBufferBindingSize")];
                Room {
                    total_bytes: None,
                    tensor_bytes: limits.into_iter().flatten().min(),
                }
            }
            _ => Room::of_wasm(self.builder.memory_bytes()),
        }
    }

    /// Steps of one epoch: of one visit to each training image, or to each tile's worth of it.
    pub(super) fn pass_steps(
        &self,
        train: &[usize],
        sampling: Sampling,
        tile_px: usize,
        batch: usize,
        held_back: Option<&HeldBack>,
    ) -> u32 {
        let samples = epoch_samples(&self.data, train, sampling, tile_px, held_back);
        samples.div_ceil(batch.max(1)).clamp(1, 1_000_000) as u32
    }

    pub(super) fn start(&mut self, config: TrainConfig, from_model: bool) -> Vec<Event> {
        if self.run.is_some() || self.predicting.is_some() {
            return vec![fault(FaultCode::Busy, Stage::Train, None, None)];
        }
        let Some(ready) = &self.ready else {
            return vec![fault(FaultCode::DeviceError, Stage::Device, None, None)];
        };
        let (errors, settings, sides) = self.check(&config);
        let Some(settings) = settings.filter(|_| errors.is_empty()) else {
            return self.report_config(config);
        };
        if sides.train.is_empty() {
            return vec![fault(FaultCode::NothingToTrain, Stage::Train, None, None)];
        }
        let cheap = ready.kind == crate::device::Kind::Cpu;
        let mut session = match Session::new(
            settings,
            self.data.clone(),
            sides.train,
            sides.validation,
            ready.device.clone(),
            cheap,
        ) {
            Ok(session) => session,
            Err(error) => {
                return vec![fault(
                    FaultCode::DeviceError,
                    Stage::Train,
                    None,
                    Some(error.to_string()),
                )];
            }
        };
        if from_model {
            let Some(model) = &self.model else {
                return vec![fault(FaultCode::NoModel, Stage::Train, None, None)];
            };
            let other = |detail: String| {
                let detail = Some(format!("{}: {detail}", model.name));
                vec![fault(FaultCode::CannotContinue, Stage::Train, None, detail)]
            };
            let classes = self.data.classes();
            let Some(order) = order_of(&classes, &model.classes) else {
                return other(format!(
                    "it tells {} apart, the masks {}",
                    class_words(&model.classes),
                    class_words(&classes)
                ));
            };
            let unet = if order.is_sorted() {
                model.unet.clone()
            } else {
                model.unet.clone().with_outputs(&order)
            };
            if !session.start_from(&unet) {
                return other("the settings describe another network".to_owned());
            }
        }
        vec![self.take_on(session, config)]
    }

    /// Makes a session the run under way.
    pub(super) fn take_on(&mut self, session: Session, config: TrainConfig) -> Event {
        self.runs += 1;
        self.ended_run = None;
        let (train, validation) = session.sides();
        self.last_validation = validation.to_vec();
        self.last_held_back = session.settings().held_back;
        let numbers = |pairs: &[usize]| pairs.iter().map(|&p| p as u32).collect();
        let settings = session.settings();
        let event = Event::RunStarted {
            run_id: self.runs,
            config: config.clone(),
            train: numbers(train),
            validation: numbers(validation),
            steps_total: settings.steps_total,
            steps_per_epoch: settings.steps_per_epoch,
            parameters: settings.model.parameters() as u32,
            classes: self.data.classes(),
            continued: session.is_continued(),
        };
        self.run = Some(Run {
            id: self.runs,
            session,
            config,
            paused: false,
        });
        event
    }

    pub(super) fn pause(&mut self, paused: bool) -> Vec<Event> {
        let Some(run) = &mut self.run else {
            return vec![fault(FaultCode::NotRunning, Stage::Train, None, None)];
        };
        run.paused = paused;
        let phase = if paused { Phase::Paused } else { Phase::Training };
        vec![Event::Phase { run_id: run.id, phase }]
    }

    pub(super) async fn stop(&mut self) -> Vec<Event> {
        let Some(run) = &mut self.run else {
            return vec![fault(FaultCode::NotRunning, Stage::Train, None, None)];
        };
        // Losses that cannot be read any more are no reason not to stop.
        let mut news = run.session.settle(&self.now_ms).await.unwrap_or_default();
        news.extend(run.session.stop());
        self.tell(news)
    }

    pub(super) async fn advance_run(&mut self, budget_ms: f64) -> Vec<Event> {
        let Some(run) = &mut self.run else { return Vec::new() };
        match run.session.advance(budget_ms, &self.now_ms).await {
            Ok(news) => self.tell(news),
            Err(error) => {
                let mut events = vec![fault(
                    FaultCode::DeviceError,
                    Stage::Train,
                    None,
                    Some(error.to_string()),
                )];
                let news = run.session.stop();
                let mut stopped = self.tell(news);
                // What a failed device holds cannot be saved.
                self.ended_run = None;
                for event in &mut stopped {
                    if let Event::RunEnded(end) = event {
                        end.reason = EndReason::DeviceFailed;
                    }
                }
                events.extend(stopped);
                events
            }
        }
    }

    /// The session's news as events; at the run's end its best weights become the model.
    pub(super) fn tell(&mut self, news: Vec<SessionEvent>) -> Vec<Event> {
        let Some(run) = &self.run else { return Vec::new() };
        let (run_id, steps_total) = (run.id, run.session.settings().steps_total);
        let mut events = Vec::new();
        let mut ended = false;
        for item in news {
            events.push(match item {
                SessionEvent::Phase(phase) => Event::Phase {
                    run_id,
                    phase: match phase {
                        SessionPhase::Compiling => Phase::Compiling,
                        SessionPhase::Training => Phase::Training,
                        SessionPhase::Validating => Phase::Validating,
                    },
                },
                SessionEvent::Step(s) => Event::Step(StepReport {
                    run_id,
                    step: s.step,
                    steps_total,
                    epoch: s.epoch,
                    loss: s.loss,
                    accuracy: s.accuracy,
                    images_per_s: s.images_per_s,
                    ms_per_step: s.ms_per_step,
                    elapsed_ms: s.elapsed_ms,
                    left_ms: s.left_ms,
                }),
                SessionEvent::Validation(news) => Event::Validation(validation_report(run_id, &news)),
                SessionEvent::Preview { step, items } => {
                    let items = items.into_iter().map(|p| self.preview_item(p)).collect();
                    Event::Preview { run_id, step, items }
                }
                SessionEvent::Mended { step, tries, seed } => Event::Mended {
                    run_id,
                    step,
                    tries,
                    seed,
                },
                SessionEvent::Ended(end) => {
                    ended = true;
                    Event::RunEnded(run_end(run_id, &end, &run.config))
                }
            });
        }
        if ended && let Some(run) = self.run.take() {
            let (spec, steps) = (run.session.input_spec(), run.session.steps());
            if let Some((unet, step)) = run.session.best_model().filter(|_| steps > 0) {
                let usable = || {
                    let pairs = self.data.pairs.iter().filter(|pair| pair.is_usable());
                    pairs.map(|pair| pair.image_path.as_str())
                };
                let about = self.about_run(&run);
                self.model = Some(Model {
                    unet: unet.clone(),
                    spec,
                    // Of the weights: the run may have gone on for longer.
                    steps: step,
                    name: format!("run {run_id}"),
                    classes: self.data.classes(),
                    ranges: self.data.ranges.clone(),
                    pixel_m: self.vectors.pixel_m(usable()),
                    map_pixel_m: self.vectors.map_pixel_m(usable()),
                    operating_point: run.session.operating_point(),
                    about,
                });
            }
            self.ended_run = Some(run);
            events.push(self.model_event());
        }
        events
    }

    fn preview_item(&self, p: crate::train::Preview) -> PreviewItem {
        PreviewItem {
            pair: p.pair as u32,
            name: self.data.name(p.pair).unwrap_or_default().to_owned(),
            validation: p.validation,
            corner: p.corner,
            width: p.width as u32,
            height: p.height as u32,
            iou: p.iou,
            threshold: p.threshold,
            rgba: p.rgba,
            truth: p.truth,
            probability: p.probability,
        }
    }
}

fn run_end(run_id: u32, end: &Ended, config: &TrainConfig) -> RunEnd {
    RunEnd {
        run_id,
        reason: end.reason.into(),
        steps: end.steps,
        epochs: end.epochs,
        loss_first: end.loss_first,
        loss_last: end.loss_last,
        best_step: end.best_step,
        validation: end.validation.clone(),
        training: end.training.clone(),
        ms_per_step: end.ms_per_step,
        elapsed_ms: end.elapsed_ms,
        retry: match end.reason {
            crate::train::EndReason::Ill(ailment) => Some(advice::retry(ailment, config)),
            _ => None,
        },
    }
}

/// `road, water, land`; those of a binary set have no names.
fn class_words(classes: &[ClassInfo]) -> String {
    match classes {
        [] => "foreground and background".to_owned(),
        _ => classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn field_error(field: &str, code: FieldErrorCode, detail: Option<String>) -> FieldError {
    FieldError {
        detail,
        ..FieldError::new(field, code)
    }
}

pub(super) fn validation_report(run_id: u32, news: &ValidationNews) -> ValidationReport {
    ValidationReport {
        run_id,
        step: news.step,
        validation: news.validation.clone(),
        training: news.training.clone(),
        best: news.best,
        best_step: news.best_step,
        elapsed_ms: news.elapsed_ms,
        images: news.images.clone(),
        curve: news.curve.clone(),
    }
}
