//! Runs that outlive the page: saving the run under way, describing a saved one, going on with it.

use super::saved_run::{About, curve, data_words, describe, plain, run_fault};
use crate::{
    data::{classes::Labelling, dataset::Dataset, value_ranges::RangeChoice},
    device::Kind,
    engine::{Engine, allowed, dataset::map_faults, fault, run_state::Run},
    formats::run_file::{RunFile, Sink, Source},
    protocol::{
        self, DeviceKind, EndReason, Event, Fault, FaultCode, Phase, SavedData, SavedRun, Stage, TrainConfig,
        ValidationFigures, ValidationReport,
    },
    train::{
        Session, Settings,
        state::{StateError, read_meta},
        usual_interval,
    },
};

/// Pair names that a saved run tells.
const NAMES: usize = 3;
/// Losses that the mean for people is taken over.
const LAST_LOSSES: usize = 10;

/// A data set's fingerprint as the protocol carries it; empty if there is no pair.
pub(in crate::engine) fn fingerprint(data: &Dataset) -> String {
    match data.fingerprint() {
        0 => String::new(),
        number => format!("{number:016x}"),
    }
}

/// As versions made it that stretched images of more than 8 bits one by one.
pub(in crate::engine) fn fingerprint_before(data: &Dataset) -> String {
    match data.fingerprint_before() {
        0 => String::new(),
        number => format!("{number:016x}"),
    }
}

impl Engine {
    /// Whether there is a run that [`save_run`](Self::save_run) can save: one under way, or the last one until
    /// [`release_run`](Self::release_run).
    pub fn can_save(&self) -> bool {
        self.run.can_save()
    }

    /// Forgets the run that has ended; its model stays.
    pub fn release_run(&mut self) {
        self.run.release();
    }

    /// Writes the run's whole state. `number` counts the saves, `saved_at_ms` is Unix time.
    /// Gives what happened on the way, and what was saved or why not; the run itself is never harmed.
    pub async fn save_run(
        &mut self,
        number: f64,
        saved_at_ms: f64,
        sink: &mut dyn Sink,
    ) -> (Vec<Event>, Result<SavedRun, Fault>) {
        let mut events = Vec::new();
        if let Some(run) = self.run.under_way_mut() {
            match run.session_mut().settle(&self.host.now_ms).await {
                Ok(told) => events = self.tell(told),
                Err(error) => return (events, Err(run_fault(&error.into(), None))),
            }
        }
        let (layers, beside) = self.saved_layers();
        let painted_classes = self.data.builder.painted_classes().to_vec();
        let data = &self.data.set;
        let Some(run) = self.run.savable() else {
            return (events, Err(plain(FaultCode::NotRunning, None)));
        };
        let (train, validation) = run.session().split();
        let losses = run.session().losses();
        let last = &losses[losses.len().saturating_sub(LAST_LOSSES)..];
        let (device, adapter) = match &self.device.ready {
            Some(ready) => (ready.kind, ready.adapter.clone()),
            None => (DeviceKind::Cpu, String::new()),
        };
        let about = About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            saved_at_ms,
            number,
            config: run.config().clone(),
            steps_total: run.session().settings().steps_total,
            steps_per_epoch: run.session().settings().steps_per_epoch,
            loss: (!last.is_empty()).then(|| last.iter().sum::<f64>() / last.len() as f64),
            data: SavedData {
                fingerprint: fingerprint(data),
                pairs: data.usable().len() as u32,
                names: data
                    .usable()
                    .into_iter()
                    .filter_map(|p| data.name(p))
                    .take(NAMES)
                    .map(str::to_owned)
                    .collect(),
                source: self.data.source,
                sample_seed: (self.data.source == crate::protocol::DataSource::SampleScenes)
                    .then_some(self.data.sample_seed),
                bands: self.inputs.chosen_bands(),
                ranges: Some([
                    protocol::RangeChoice::from(&data.range_choice),
                    protocol::RangeChoice::from(&data.ranges),
                ]),
                folders: self.data.builder.folder_roles().to_vec(),
                by_hand: self.data.builder.pairs_by_hand().to_vec(),
            },
            rule: (&data.labelling).into(),
            excluded: (0..data.pairs.len()).filter(|&p| data.pairs[p].excluded).collect(),
            moved: map_faults::moved(data),
            left_out: map_faults::left_out(data),
            train: train.to_vec(),
            validation: validation.to_vec(),
            device,
            adapter,
            ended: run.session().ended().map(EndReason::from),
            held_back: run.session().settings().held_back,
            validate_every: run.session().settings().validate_every,
            layers,
            painted_classes,
        };
        let saved = match run.session_mut().save(sink, &about, beside).await {
            Ok(bytes) => {
                let best = run.session().best_state();
                Ok(describe(
                    run.session().steps(),
                    run.session().elapsed_ms(),
                    best,
                    about,
                    bytes,
                ))
            }
            Err(error) => Err(run_fault(&error, None)),
        };
        (events, saved)
    }

    /// Reads all of a saved run to see whether it is whole.
    ///
    /// # Errors
    /// The fault that says what is wrong with it; `name` is the file's, if it is one.
    pub fn describe_run(name: Option<&str>, source: &mut dyn Source) -> Result<SavedRun, Fault> {
        let mut read = || -> Result<SavedRun, StateError> {
            let mut file = RunFile::open(source)?;
            file.verify()?;
            let (state, about) = read_meta::<About>(&file)?;
            Ok(describe(
                state.steps,
                state.elapsed_ms,
                state.best,
                about,
                file.length(),
            ))
        };
        read().map_err(|error| run_fault(&error, name))
    }

    /// Goes on with a saved run on the data that is here, which must be the data it was saved with. Another `batch`
    /// changes the order of the samples and nothing else.
    pub fn resume_run(&mut self, name: Option<&str>, source: &mut dyn Source, batch: Option<f64>) -> Vec<Event> {
        let (when, stage) = allowed::RESUME_SAVED;
        if let Err(code) = when.check(self.state()) {
            return vec![fault(code, stage, None, None)];
        }
        let Some(ready) = self.device.ready.clone() else {
            return vec![fault(FaultCode::DeviceError, Stage::Device, None, None)];
        };
        match self.try_resume(source, batch, &ready) {
            Ok(events) => events,
            Err(error) => vec![Event::Fault(match error {
                Refusal::State(error) => run_fault(&error, name),
                Refusal::OtherData(data) => plain(FaultCode::RunOtherData, Some(data_words(&data))),
            })],
        }
    }

    fn try_resume(
        &mut self,
        source: &mut dyn Source,
        batch: Option<f64>,
        ready: &crate::device::Ready,
    ) -> Result<Vec<Event>, Refusal> {
        let mut file = RunFile::open(source).map_err(StateError::from)?;
        file.verify().map_err(StateError::from)?;
        let (state, about) = read_meta::<About>(&file)?;
        let here = [fingerprint(&self.data.set), fingerprint_before(&self.data.set)];
        if about.data.fingerprint.is_empty() || !here.contains(&about.data.fingerprint) {
            return Err(Refusal::OtherData(Box::new(about.data)));
        }
        let painted = self.restore_painted(&about, &mut file)?;
        let mut events = self.restore_choices(&about)?;
        if events.is_empty() && painted {
            events = self.data_event();
        }
        let pairs = self.data.set.pairs.len();
        let config = TrainConfig {
            batch: batch.unwrap_or(about.config.batch),
            ..about.config.clone()
        };
        // Checked when the run began, against a length that another batch may change.
        let warmup_steps = config.warmup_steps as u32;
        let unhurried = TrainConfig {
            warmup_steps: 0.0,
            ..config.clone()
        };
        let held = about.held_back.as_ref();
        let checked = Settings::checked(&unhurried, self.data.set.classes().len(), |tile, batch| {
            self.pass_steps(&about.train, config.sampling, tile, batch, held)
        });
        let known = about.train.iter().chain(&about.validation).all(|&p| p < pairs) && !about.train.is_empty();
        let known = known && held.is_none_or(|held| held.fits(&self.data.set));
        let settings = checked.ok().filter(|_| known);
        let mut settings = Settings {
            steps_total: about.steps_total,
            steps_per_epoch: about.steps_per_epoch.max(1),
            warmup_steps,
            held_back: about.held_back,
            ..settings.ok_or_else(|| StateError::Meta("its settings cannot be used".to_owned()))?
        };
        if config.validate_every == 0.0 {
            settings.validate_every = match about.validate_every {
                0 => usual_interval(settings.steps_total),
                saved => saved,
            };
        }
        let (train, validation) = (about.train, about.validation);
        let (device, cheap) = (ready.device.clone(), ready.kind == Kind::Cpu);
        let session = Session::restore(
            settings,
            self.data.set.clone(),
            train,
            validation,
            device,
            cheap,
            &mut file,
        )?;
        let (losses, elapsed_ms) = (curve(session.losses()), session.elapsed_ms());
        let (validations, best) = (session.validations().to_vec(), session.best_state());
        let validating = session.is_validating();
        events.push(self.take_on(session, config));
        let run_id = self.run.under_way().map_or(0, Run::id);
        // Of those before, the best alone still has its curve.
        let report = |figures: ValidationFigures| ValidationReport {
            run_id,
            curve: match &best {
                Some(best) if best.step == figures.step => best.curve.clone(),
                _ => Vec::new(),
            },
            figures,
            images: Vec::new(),
        };
        events.push(Event::RunResumed {
            run_id,
            step: state.steps,
            losses,
            validations: validations.into_iter().map(report).collect(),
            elapsed_ms,
        });
        if validating {
            let phase = Phase::Validating;
            events.push(Event::Phase { run_id, phase });
        }
        Ok(events)
    }

    /// The range the saved run saw its images in, if it is not the one in force.
    fn saved_range(&self, about: &About) -> Option<RangeChoice> {
        let [choice, used] = about
            .data
            .ranges
            .clone()
            .unwrap_or([protocol::RangeChoice::AsBefore, protocol::RangeChoice::AsBefore]);
        if used == protocol::RangeChoice::from(&self.data.set.ranges) {
            return None;
        }
        // What was found over all images then is what the run has learnt from, whatever would be found now.
        let seen = if choice == protocol::RangeChoice::Together {
            used
        } else {
            choice
        };
        RangeChoice::try_from(seen).ok()
    }

    /// The saved run's mask rule, range and exclusions; a data set event if they differed.
    fn restore_choices(&mut self, about: &About) -> Result<Vec<Event>, Refusal> {
        let labelling = Labelling::of(about.rule.clone(), self.data.set.detected.legend.lossy)
            .map_err(|e| StateError::Meta(e.to_string()))?;
        let excluded = |p: usize| about.excluded.contains(&p);
        let same = (0..self.data.set.pairs.len()).all(|p| self.data.set.pairs[p].excluded == excluded(p));
        let wide = self.data.set.pairs.iter().any(|pair| pair.image.is_wide());
        let range = self.saved_range(about).filter(|_| wide);
        let adjusted = self.restore_adjustments(&about.moved, &about.left_out);
        if self.data.set.labelling.labels_like(&labelling) && same && range.is_none() && !adjusted {
            return Ok(Vec::new());
        }
        let pairs = self.data.set.pairs.len();
        Ok(self.change_data(|builder| {
            builder.set_labelling(labelling);
            if let Some(range) = range {
                builder.set_ranges(range);
            }
            (0..pairs).for_each(|p| builder.set_excluded(p, excluded(p)));
        }))
    }
}

pub(super) enum Refusal {
    State(StateError),
    OtherData(Box<SavedData>),
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

#[cfg(test)]
#[path = "resume_tests.rs"]
mod tests;
