//! Start, pause, stop and the slices of a run.

use super::{advice, settings::Split};
use crate::{
    data::{class_order::order_of, classes::ClassInfo},
    device::Ready,
    engine::{Engine, Model, fault, run_state::Run},
    protocol::{
        Band, EndReason, Event, FaultCode, Phase, RunEnd, Stage, StepReport, TrainConfig, ValidationReport,
        band_numbers,
    },
    train::{Ended, Session, SessionEvent, Settings},
};

impl Engine {
    pub(in crate::engine) fn start(&mut self, config: TrainConfig, from_model: bool) -> Vec<Event> {
        let Some(ready) = self.device.ready.clone() else {
            return vec![fault(FaultCode::DeviceError, Stage::Device, None, None)];
        };
        let (errors, mut settings, split) = self.check(&config);
        let mut told = Vec::new();
        if errors.is_empty() && !split.train.is_empty() {
            match self.label_for(&config) {
                Ok(events) => told = events,
                Err(error) => return vec![fault(FaultCode::BadLegend, Stage::Train, None, Some(error.to_string()))],
            }
            if !told.is_empty() {
                settings = self.check(&config).1;
            }
        }
        let settings = settings.filter(|_| errors.is_empty());
        // Whatever becomes of the run: the data set is labelled anew.
        told.extend(self.begin_run(config, settings, split, from_model, &ready));
        told
    }

    fn begin_run(
        &mut self,
        config: TrainConfig,
        settings: Option<Settings>,
        split: Split,
        from_model: bool,
        ready: &Ready,
    ) -> Vec<Event> {
        let Some(settings) = settings else {
            return self.report_config(config);
        };
        if split.train.is_empty() {
            return vec![fault(FaultCode::NothingToTrain, Stage::Train, None, None)];
        }
        let cheap = ready.kind == crate::device::Kind::Cpu;
        let mut session = match Session::new(
            settings,
            self.data.set.clone(),
            split.train,
            split.validation,
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
            let classes = self.data.set.classes();
            if model.band_numbers() != config.band_numbers() {
                let [its, wanted] =
                    [model.band_numbers(), config.band_numbers()].map(|numbers| match numbers.as_slice() {
                        [] => "the usual bands".to_owned(),
                        numbers => format!("bands {}", band_numbers(numbers.iter().copied())),
                    });
                return other(format!("it sees {its}, the settings say {wanted}"));
            }
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
        let (train, validation) = session.split();
        let held_back = session.settings().held_back;
        self.prediction.remember_split(validation.to_vec(), held_back);
        let numbers = |pairs: &[usize]| pairs.iter().map(|&p| p as u32).collect();
        let (train, validation) = (numbers(train), numbers(validation));
        let settings = session.settings();
        let (steps_total, steps_per_epoch) = (settings.steps_total, settings.steps_per_epoch);
        let parameters = settings.model.parameters() as u32;
        let continued = session.is_continued();
        Event::RunStarted {
            run_id: self.run.begin(session, config.clone()),
            config,
            train,
            validation,
            steps_total,
            steps_per_epoch,
            parameters,
            classes: self.data.set.classes(),
            continued,
        }
    }

    pub(in crate::engine) fn pause(&mut self, paused: bool) -> Vec<Event> {
        let phase = if paused { Phase::Paused } else { Phase::Training };
        let run_id = self.run.set_paused(paused);
        run_id
            .map(|run_id| Event::Phase { run_id, phase })
            .into_iter()
            .collect()
    }

    pub(in crate::engine) async fn stop(&mut self) -> Vec<Event> {
        let Some(run) = self.run.under_way_mut() else {
            return Vec::new();
        };
        // Losses that cannot be read any more are no reason not to stop.
        let mut told = run.session_mut().settle(&self.host.now_ms).await.unwrap_or_default();
        told.extend(run.session_mut().stop());
        self.tell(told)
    }

    pub(in crate::engine) async fn advance_run(&mut self, budget_ms: f64) -> Vec<Event> {
        let Some(run) = self.run.under_way_mut() else {
            return Vec::new();
        };
        match run.session_mut().advance(budget_ms, &self.host.now_ms).await {
            Ok(told) => self.tell(told),
            Err(error) => {
                let mut events = vec![fault(
                    FaultCode::DeviceError,
                    Stage::Train,
                    None,
                    Some(error.to_string()),
                )];
                let told = run.session_mut().stop();
                let mut stopped = self.tell(told);
                // What a failed device holds cannot be saved.
                self.run.release();
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

    /// What the session tells, as events; at the run's end its best weights become the model.
    pub(in crate::engine) fn tell(&mut self, told: Vec<SessionEvent>) -> Vec<Event> {
        let Some(run) = self.run.under_way() else {
            return Vec::new();
        };
        let run_id = run.id();
        let mut events = Vec::new();
        let mut ended = false;
        for item in told {
            events.push(match item {
                SessionEvent::Phase(phase) => Event::Phase { run_id, phase },
                SessionEvent::Step(figures) => Event::Step(StepReport { run_id, figures }),
                SessionEvent::Validation { figures, images, curve } => Event::Validation(ValidationReport {
                    run_id,
                    figures,
                    images,
                    curve,
                }),
                SessionEvent::Preview { step, items } => Event::Preview { run_id, step, items },
                SessionEvent::Reinitialized { step, tries, seed } => Event::Reinitialized {
                    run_id,
                    step,
                    tries,
                    seed,
                },
                SessionEvent::Ended(end) => {
                    ended = true;
                    Event::RunEnded(run_end(run_id, end, run.config()))
                }
            });
        }
        if ended {
            self.run.end();
            if let Some(model) = self.run.last().and_then(|run| self.best_model(run)) {
                self.take_model(model);
            }
            events.push(self.model_event());
        }
        events
    }

    /// The bands that its network sees, as the images call them.
    fn bands_of_run(&self, config: &TrainConfig) -> Vec<Band> {
        let numbers = config.band_numbers();
        let mut images = self.data.set.pairs.iter().filter(|pair| pair.is_usable());
        let chosen = images.find_map(|pair| pair.image.chosen.as_ref().filter(|chosen| chosen.numbers == numbers));
        let name = |at: usize| chosen.and_then(|chosen| chosen.names.get(at).cloned());
        let bands = numbers.iter().enumerate();
        bands
            .map(|(at, number)| Band {
                number: *number,
                name: name(at).unwrap_or_default(),
            })
            .collect()
    }

    /// The best weights of a run that has learnt something.
    fn best_model(&self, run: &Run) -> Option<Model> {
        let session = run.session();
        let (unet, step) = session.best_model().filter(|_| session.steps() > 0)?;
        let usable = || {
            let pairs = self.data.set.pairs.iter().filter(|pair| pair.is_usable());
            pairs.map(|pair| pair.image_path.as_str())
        };
        let operating_point = session.operating_point();
        let unet = match operating_point.as_ref().and_then(|point| point.calibration) {
            Some(map) => unet.clone().with_logits_mapped(map.scale as f32, map.offset as f32),
            None => unet.clone(),
        };
        Some(Model {
            unet,
            spec: session.input_spec(),
            bands: self.bands_of_run(run.config()),
            // Of the weights: the run may have gone on for longer.
            steps: step,
            name: format!("run {}", run.id()),
            classes: self.data.set.classes(),
            ranges: self.data.set.ranges.clone(),
            pixel_m: self.data.vectors.pixel_m(usable()),
            map_pixel_m: self.data.vectors.map_pixel_m(usable()),
            operating_point,
            about: self.about_run(run),
        })
    }
}

fn run_end(run_id: u32, end: Ended, config: &TrainConfig) -> RunEnd {
    RunEnd {
        run_id,
        reason: end.reason.into(),
        figures: end.figures,
        retry: match end.reason {
            crate::train::EndReason::Ill(failure) => Some(advice::retry(failure, config)),
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
