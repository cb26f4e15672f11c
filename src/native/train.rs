//! `groundmask train`: a run from its data to its model, with saves on the way.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    args::TrainArgs,
    desk::{self, Desk},
    files::{self, NewFile, OldFile},
    stop::{INTERRUPTED, Stop, setting_words, spelt, words},
    voice::{Voice, clock},
};
use groundmask::{
    engine::Engine,
    protocol::{
        Command, DataSource, Dataset, EndReason, Event, FaultCode, ModelFormat, Purpose, RunEnd, SavedRun, TrainConfig,
        ValidationFigures,
    },
};

/// Work between two looks at the clock and at interrupts.
const SLICE_MS: f64 = 120.0;
const BAR: &str = "{bar:24} step {pos}/{len}  {msg}";

/// # Errors
/// See the exit codes in [`stop`](crate::stop).
pub fn train(job: &TrainArgs, voice: &Voice) -> Result<(), Stop> {
    let saved = job.resume.as_deref().map(described).transpose()?;
    let outputs = OutputPaths::of(job)?;
    let mut desk = Desk::open(desk::compute_as(job.arithmetic, job.device)?)?;
    desk.say_device(voice);
    load_data(&mut desk, job, saved.as_ref(), voice)?;
    let begun = match &job.resume {
        Some(run) => resume(&mut desk, run)?,
        None => start(&mut desk, job)?,
    };
    desk::heed_interrupts()?;
    let number = saved.map_or(0.0, |saved| saved.number);
    let mut run = Run {
        desk,
        outputs,
        voice: *voice,
        bar: voice.bar(0, BAR),
        iou: None,
        number,
        end: None,
    };
    run.tell(begun);
    run.drive(job)
}

fn described(at: &Path) -> Result<SavedRun, Stop> {
    let name = at.display().to_string();
    Engine::describe_run(Some(&name), &mut OldFile::open(at)?).map_err(|fault| Stop::from(&fault))
}

/// Where things go.
struct OutputPaths {
    run: PathBuf,
    model: PathBuf,
    /// How the data were named, for the line that says how to go on.
    data: String,
    /// The same of the device, empty where none was.
    device: String,
}

impl OutputPaths {
    fn of(job: &TrainArgs) -> Result<Self, Stop> {
        let usual = job.resume.clone().unwrap_or_else(|| "run.gmrun".into());
        let run = job.save.clone().unwrap_or(usual);
        let is_its_own = job.resume.as_ref() == Some(&run);
        if run.exists() && !is_its_own && !job.overwrite {
            return Err(Stop::usage(format!(
                "{} is there already: go on with --resume, or --overwrite it",
                run.display()
            )));
        }
        let model = job
            .model_out
            .clone()
            .unwrap_or_else(|| run.with_extension("safetensors"));
        let named = job.data.iter().map(|path| quoted(&path.display().to_string()));
        let data = match job.sample_scenes {
            Some(seed) => format!("--sample-scenes {seed}"),
            None => named.collect::<Vec<_>>().join(" "),
        };
        let device = format!("{}{}", job.device_named(), job.arithmetic_named());
        Ok(Self {
            run,
            model,
            data,
            device,
        })
    }

    fn how_to_go_on(&self) -> String {
        let run = quoted(&self.run.display().to_string());
        format!("groundmask train {} --resume {run}{}", self.data, self.device).replace("  ", " ")
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "/._-+:=@".contains(c));
    match is_plain {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

/// Gives the engine the data set of the command line, or that of the saved run where it is a generated one.
fn load_data(desk: &mut Desk, job: &TrainArgs, saved: Option<&SavedRun>, voice: &Voice) -> Result<(), Stop> {
    let of_run = saved
        .filter(|run| run.data.source == DataSource::SampleScenes)
        .and_then(|run| run.data.sample_seed);
    let events = match job.sample_scenes.or(of_run.filter(|_| job.data.is_empty())) {
        Some(seed) => desk.send(Command::SampleScenes { seed }),
        None => {
            prepare(desk, saved);
            let bands = if saved.is_none() {
                settings(job)?.band_numbers()
            } else {
                Vec::new()
            };
            if !bands.is_empty() {
                refused(desk.send(Command::SetBands { bands, network: true }))?;
            }
            let purpose = Purpose::Train;
            for file in files::listed(&job.data)? {
                desk.take_in(&file, purpose);
            }
            desk.send(Command::FilesDone { purpose })
        }
    };
    let mut events = events;
    if let Some(rule) = job.mask_rule.clone() {
        events.extend(desk.ask(Command::SetMaskRule { rule }).map_err(|f| Stop::from(&f))?);
    }
    let mut sets = events.iter().filter_map(|event| match event {
        Event::Dataset(set) => Some(set),
        _ => None,
    });
    let set = sets.next_back().ok_or_else(|| Stop::failed("no data set"))?;
    say_data(set, voice);
    if set.pairs.iter().any(|pair| pair.blocked.is_none()) {
        return Ok(());
    }
    let blocked = set.pairs.iter().filter_map(|pair| pair.blocked.as_ref());
    match set.faults.iter().chain(blocked).next() {
        Some(fault) => Err(Stop::from(fault)),
        None => Err(Stop::failed("no pair of image and mask among the files")),
    }
}

/// What the files of a saved run were told of.
fn prepare(desk: &mut Desk, saved: Option<&SavedRun>) {
    let Some(data) = saved.map(|run| &run.data) else {
        return;
    };
    if !data.bands.is_empty() {
        let bands = data.bands.clone();
        let network = saved.is_some_and(|run| !run.config.bands.is_empty());
        desk.send(Command::SetBands { bands, network });
    }
    for roles in &data.folders {
        let (images, masks) = (roles.images.clone(), roles.masks.clone());
        desk.send(Command::SetFolderRoles { images, masks });
    }
    if !data.by_hand.is_empty() {
        let pairs = data.by_hand.clone();
        desk.send(Command::PairByHand { pairs });
    }
}

fn say_data(set: &Dataset, voice: &Voice) {
    let usable = set.pairs.iter().filter(|pair| pair.blocked.is_none()).count();
    let faults: Vec<String> = set.faults.iter().map(words).collect();
    let blocked = set.pairs.iter().filter_map(|pair| pair.blocked.as_ref().map(words));
    let faults: Vec<String> = faults.into_iter().chain(blocked).collect();
    voice.line(&json!({
        "type": "dataset", "pairs": usable, "classes": set.classes, "foreground_share": set.foreground_share,
        "fingerprint": set.fingerprint, "faults": set.faults,
    }));
    let kinds = match set.classes.len() {
        0 => format!("{:.1} % foreground", 100.0 * set.foreground_share),
        n => format!("{n} classes"),
    };
    voice.note(&format!("{usable} pairs, {kinds}"));
    for fault in faults {
        voice.note(&format!("left out: {fault}"));
    }
}

fn resume(desk: &mut Desk, run: &Path) -> Result<Vec<Event>, Stop> {
    let mut file = OldFile::open(run)?;
    let name = run.display().to_string();
    let events = desk.engine().resume_run(Some(&name), &mut file, None);
    refused(events)
}

fn start(desk: &mut Desk, job: &TrainArgs) -> Result<Vec<Event>, Stop> {
    let config = settings(job)?;
    let events = match &job.from {
        Some(model) => {
            load_model(desk, model)?;
            desk.send(Command::StartFromModel { config })
        }
        None => desk.send(Command::Start { config }),
    };
    refused(events)
}

/// Puts a model file into the engine.
///
/// # Errors
/// If it cannot be read or is none.
pub fn load_model(desk: &mut Desk, at: &Path) -> Result<Vec<Event>, Stop> {
    let bytes = std::fs::read(at).map_err(|e| Stop::at(at, e))?;
    let name = at.display().to_string();
    desk.ask(Command::LoadModel { name, bytes })
        .map_err(|fault| Stop::from(&fault))
}

/// The events, if a run has begun.
fn refused(events: Vec<Event>) -> Result<Vec<Event>, Stop> {
    for event in &events {
        match event {
            Event::Fault(fault) => return Err(Stop::from(fault)),
            Event::Config(report) => {
                let errors: Vec<String> = report.errors.iter().map(setting_words).collect();
                return Err(Stop::usage(errors.join("; ")));
            }
            _ => {}
        }
    }
    Ok(events)
}

/// The preset, the file of settings and each `--set`, in this order.
fn settings(job: &TrainArgs) -> Result<TrainConfig, Stop> {
    let preset = serde_json::to_value(TrainConfig::of(job.preset)).map_err(Stop::failed)?;
    let mut whole = preset;
    if let Some(at) = &job.settings {
        let text = std::fs::read_to_string(at).map_err(|e| Stop::at(at, e))?;
        let file: Value = serde_json::from_str(&text).map_err(|e| Stop::at(at, e))?;
        let Some(Value::Object(given)) = file.get("config") else {
            return Err(Stop::at(at, "not a file of settings"));
        };
        for (key, value) in given {
            put(&mut whole, key, value)?;
        }
    }
    for (key, value) in &job.set {
        put(&mut whole, key, value)?;
    }
    serde_json::from_value(whole).map_err(|error| Stop::usage(format!("a setting cannot be used: {error}")))
}

fn put(whole: &mut Value, key: &str, value: &Value) -> Result<(), Stop> {
    let slot = whole.get_mut(key);
    *slot.ok_or_else(|| Stop::usage(format!("there is no setting `{key}`")))? = value.clone();
    Ok(())
}

/// A run under way.
struct Run {
    desk: Desk,
    outputs: OutputPaths,
    voice: Voice,
    bar: ProgressBar,
    /// Of the last validation.
    iou: Option<f64>,
    /// Saves so far.
    number: f64,
    end: Option<RunEnd>,
}

impl Run {
    fn drive(&mut self, job: &TrainArgs) -> Result<(), Stop> {
        let every = Duration::try_from_secs_f64(job.save_every.max(1.0)).unwrap_or(Duration::MAX);
        let mut saved_at = Instant::now();
        // One step at a time where it is to leave off at a step.
        let slice_ms = if job.until.is_some() { 0.0 } else { SLICE_MS };
        while self.desk.engine().is_busy() {
            let is_reached = job.until.is_some_and(|step| self.bar.position() >= u64::from(step));
            if desk::is_interrupted() || is_reached {
                return self.leave_off(is_reached);
            }
            if saved_at.elapsed() >= every {
                self.save()?;
                saved_at = Instant::now();
            }
            let events = self.desk.advance(slice_ms);
            self.tell(events);
        }
        self.bar.finish_and_clear();
        let end = self.end.take().ok_or_else(|| Stop::failed("the run has no end"))?;
        if end.reason == EndReason::DeviceFailed {
            return Err(Stop::failed("the device failed; go on from the last save"));
        }
        self.save()?;
        self.write_model()?;
        self.sum_up(&end)
    }

    /// Saves and says how to go on.
    fn leave_off(&mut self, is_reached: bool) -> Result<(), Stop> {
        let step = self.save()?.step;
        self.bar.finish_and_clear();
        let how = self.outputs.how_to_go_on();
        let run = self.outputs.run.display().to_string();
        let kind = if is_reached { "left_off" } else { "interrupted" };
        self.voice
            .line(&json!({ "type": kind, "step": step, "run": run, "resume": how }));
        self.voice.note(&format!("Saved at step {step}. Go on with: {how}"));
        match is_reached {
            true => Ok(()),
            false => Err(Stop::new(INTERRUPTED, "")),
        }
    }

    fn save(&mut self) -> Result<SavedRun, Stop> {
        let mut file = NewFile::create(&self.outputs.run)?;
        self.number += 1.0;
        let saving = self.desk.engine().save_run(self.number, desk::unix_ms(), &mut file);
        let (events, saved) = pollster::block_on(saving);
        self.tell(events);
        let saved = saved.map_err(|fault| match fault.code {
            FaultCode::SaveFailed => Stop::at(&self.outputs.run, words(&fault)),
            _ => Stop::from(&fault),
        })?;
        file.finish()?;
        let run = self.outputs.run.display().to_string();
        self.voice
            .line(&json!({ "type": "saved", "step": saved.step, "run": run, "bytes": saved.bytes }));
        Ok(saved)
    }

    fn write_model(&mut self) -> Result<(), Stop> {
        let command = Command::ExportModel {
            format: ModelFormat::Safetensors,
            threshold: 0.5,
            name: None,
        };
        for event in self.desk.ask(command).map_err(|fault| Stop::from(&fault))? {
            if let Event::File { bytes, .. } = event {
                files::write(&self.outputs.model, &bytes)?;
                let model = self.outputs.model.display().to_string();
                self.voice.line(&json!({ "type": "model", "model": model }));
            }
        }
        Ok(())
    }

    fn sum_up(&self, end: &RunEnd) -> Result<(), Stop> {
        let judged = end.figures.validation.as_ref().or(end.figures.training.as_ref());
        let iou = judged.and_then(|metrics| metrics.iou);
        let kept = iou.map_or_else(String::new, |iou| {
            format!(", IoU {iou:.3} at step {}", end.figures.best_step)
        });
        self.voice.note(&format!(
            "{} after {} steps in {}{kept}: {} and {}",
            spelt(&end.reason),
            end.figures.steps,
            clock(end.figures.elapsed_ms),
            self.outputs.run.display(),
            self.outputs.model.display()
        ));
        match end.reason {
            EndReason::Finished | EndReason::Stopped | EndReason::EarlyStopped => Ok(()),
            _ => Err(Stop::failed(format!("the run ended ill: {}", spelt(&end.reason)))),
        }
    }

    fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            match &event {
                Event::RunStarted { steps_total, .. } => {
                    self.bar.set_length(u64::from(*steps_total));
                    self.voice.line(&event);
                }
                Event::RunResumed { step, .. } => {
                    self.bar.set_position(u64::from(*step));
                    self.voice.line(&json!({ "type": "run_resumed", "step": step }));
                }
                Event::Step(report) => {
                    let step = &report.figures;
                    let left = step
                        .left_ms
                        .map_or_else(String::new, |ms| format!("  {} left", clock(ms)));
                    let iou = self.iou.map_or_else(String::new, |iou| format!("  IoU {iou:.3}"));
                    self.bar.set_position(u64::from(step.step));
                    self.bar.set_message(format!("loss {:.4}{iou}{left}", step.loss));
                    self.voice.line(&event);
                }
                Event::Validation(report) => {
                    let figures = &report.figures;
                    self.iou = judged_iou(figures);
                    self.voice.line(&json!({
                        "type": "validation", "step": figures.step, "validation": figures.validation,
                        "training": figures.training, "best": figures.best, "best_step": figures.best_step,
                    }));
                }
                Event::RunEnded(end) => {
                    self.end = Some(end.clone());
                    self.voice.line(&event);
                }
                Event::Reinitialized { .. } => self.voice.line(&event),
                Event::Fault(fault) => {
                    self.voice.line(&event);
                    self.voice.error(&words(fault));
                }
                _ => {}
            }
        }
    }
}

fn judged_iou(figures: &ValidationFigures) -> Option<f64> {
    figures.validation.as_ref().unwrap_or(&figures.training).iou
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_break_them() {
        assert_eq!(quoted("a/b.gmrun"), "a/b.gmrun");
        assert_eq!(quoted("my run.gmrun"), "'my run.gmrun'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }

    #[test]
    fn a_setting_that_is_none_is_refused_by_its_name() {
        let mut whole = serde_json::to_value(TrainConfig::default()).expect("JSON");
        assert!(put(&mut whole, "steps", &json!(30)).is_ok());
        let stop = put(&mut whole, "stepz", &json!(30)).expect_err("no setting");
        assert_eq!((stop.code(), stop.text()), (2, "there is no setting `stepz`"));
    }
}
