//! `groundmask predict`: many images, each once, on all cores; what is done stays done.

use std::{
    fs,
    fs::File,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use indicatif::ProgressBar;
use serde_json::json;

use crate::{
    args::PredictArgs,
    claim::Claim,
    desk::{self, Desk},
    files::{self, NewFile},
    mosaic::Sheet,
    report::{self, Done, Failed, Report},
    scenes::{Scene, scenes, share},
    stop::{IN_PART, INTERRUPTED, Stop, words},
    train::load_model,
    voice::{Voice, clock},
};
use groundmask::{
    formats::run_file::Sink,
    protocol::{
        AreaUnit, Command, DeviceChoice, DeviceKind, Event, Fault, FaultCode, ModelInfo, Mosaic, Outlines,
        PredictionResult, Purpose, ResultPlace, Stage, USUAL_SMALLEST_PX,
    },
};

/// Work between two looks at interrupts.
const SLICE_MS: f64 = 250.0;
/// Lines of placed outlines, as on the page.
const SIMPLIFY_PLACED_PX: f64 = 1.5;
/// Says in the folder of results what they were made with.
const MADE_WITH: &str = "groundmask.json";
const BAR: &str = "{bar:24} {pos}/{len} images  {elapsed}  {msg}";

/// # Errors
/// See the exit codes in [`stop`](crate::stop).
pub fn predict(job: &PredictArgs, voice: &Voice) -> Result<(), Stop> {
    let start = Instant::now();
    let scenes = scenes(job)?;
    // Before any work: a model that is none, scenes that are no mosaic, or the results of another one.
    let first = Worker::open(job, job.device)?;
    first.desk.say_device(voice);
    let sheet = job.mosaic.then(|| Sheet::of(&scenes, voice)).transpose()?;
    note_what_with(job, &first, sheet.as_ref())?;
    let (scenes, together) = match job.one_file {
        true => (vec![Scene::of_all(job)], scenes),
        false => (scenes, Vec::new()),
    };
    let mine = share(scenes.len(), job.shard);
    desk::heed_interrupts()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = match first.desk.device().kind {
        DeviceKind::Cpu => job.jobs.unwrap_or(cores).clamp(1, mine.len().max(1)),
        DeviceKind::WebGpu => 1,
    };
    let work = Work {
        job,
        voice,
        bar: voice.bar(mine.len() as u64, BAR),
        next: AtomicUsize::new(0),
        report: Mutex::new(Report {
            model: job.model.display().to_string(),
            shard: job.shard.map(|shard| format!("{}/{}", shard.number, shard.of)),
            scenes: mine.len(),
            ..Report::default()
        }),
        scenes,
        together,
        mine,
        sheet,
    };
    // A graphics card works at one image at a time; where it was not taken, it is not tried again.
    let others_on = DeviceChoice::Cpu;
    let outcome = thread::scope(|scope| {
        let others: Vec<_> = (1..jobs)
            .map(|_| scope.spawn(|| Worker::open(job, others_on).and_then(|worker| work.share(worker))))
            .collect();
        let mine = work.share(first);
        let others = others.into_iter().map(|other| match other.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        others.fold(mine, Result::and)
    });
    work.bar.finish_and_clear();
    let mut report = work.report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.interrupted = desk::is_interrupted();
    report.elapsed_ms = start.elapsed().as_secs_f64() * 1000.0;
    // In whatever order they were done.
    report.done.sort_by(|a, b| a.image.cmp(&b.image));
    report.failed.sort_by(|a, b| a.image.cmp(&b.image));
    let text = serde_json::to_vec_pretty(&report).map_err(Stop::failed)?;
    files::write(&report::place(job), &text)?;
    voice.line(&json!({ "type": "report", "report": report }));
    outcome?;
    end(&report, voice)
}

fn end(report: &Report, voice: &Voice) -> Result<(), Stop> {
    let (done, failed) = (report.done.len(), report.failed.len());
    let taken = match report.taken.len() {
        0 => String::new(),
        n => format!(", {n} at work elsewhere"),
    };
    voice.note(&format!(
        "{done} predicted, {} there already, {failed} failed{taken}, in {}",
        report.skipped,
        clock(report.elapsed_ms)
    ));
    let differs = report
        .done
        .iter()
        .find_map(|done| done.resolution.filter(|r| !r.resampled));
    if let Some(differs) = differs {
        voice.note(&format!(
            "predicted at {:.2} m a pixel, the model was trained at {:.2} m",
            differs.image_m, differs.model_m
        ));
    }
    match report.failed.first() {
        _ if report.interrupted => Err(Stop::new(INTERRUPTED, "interrupted; the same command goes on")),
        None => Ok(()),
        Some(first) if done + report.skipped == 0 => Err(Stop::failed(&first.words)),
        Some(first) => Err(Stop::new(
            IN_PART,
            format!("{failed} failed, the first: {}", first.words),
        )),
    }
}

/// Writes into the folder of results what they are made with.
///
/// # Errors
/// If what lies there was made with something else.
fn note_what_with(job: &PredictArgs, worker: &Worker, sheet: Option<&Sheet>) -> Result<(), Stop> {
    let bytes = fs::read(&job.model).map_err(|e| Stop::at(&job.model, e))?;
    let mut made_with = json!({
        "model_crc32": format!("{:08x}", crc32fast::hash(&bytes)),
        "threshold": worker.threshold, "averaged": job.averaged, "own_resolution": job.own_resolution,
        "simplify_px": job.simplify, "adapt": job.adapt, "right_angles": job.right_angles,
    });
    // Folders from before there was the choice stay what they are.
    if job.separate {
        made_with["separate"] = true.into();
    }
    // With other scenes around it each would come out otherwise.
    if let Some(sheet) = sheet {
        made_with["mosaic"] = sheet.summary();
    }
    if job.one_file {
        made_with["one_file"] = true.into();
    }
    let text = serde_json::to_vec_pretty(&made_with).map_err(Stop::failed)?;
    let at = job.out.join(MADE_WITH);
    fs::create_dir_all(&job.out).map_err(|e| Stop::at(&job.out, e))?;
    // The jobs of an array begin at once: they look and write one after the other. Where a folder cannot be locked, those that
    // write the same still do not disturb each other.
    let folder = File::open(&job.out).ok();
    let _ = folder.as_ref().map(File::lock);
    match fs::read(&at) {
        // As texts: a number read back from JSON may differ in its last bit.
        Ok(before) if before == text => Ok(()),
        Ok(_) if !job.overwrite => Err(Stop::usage(format!(
            "{} holds results of another model or other settings: choose another folder, or --overwrite them",
            job.out.display()
        ))),
        _ => {
            let mut file = NewFile::create_beside_others(&at)?;
            file.write(&text).map_err(|e| Stop::at(&at, e))?;
            file.finish()
        }
    }
}

/// All scenes, and what became of them.
struct Work<'a> {
    job: &'a PredictArgs,
    voice: &'a Voice,
    bar: ProgressBar,
    scenes: Vec<Scene>,
    /// The images that the only scene is put together of.
    together: Vec<Scene>,
    /// Those of this command's shard, by number.
    mine: Vec<usize>,
    /// Where the scenes lie, if they are one mosaic.
    sheet: Option<Sheet>,
    next: AtomicUsize,
    report: Mutex<Report>,
}

impl Work<'_> {
    /// Takes scenes until there are none.
    ///
    /// # Errors
    /// If the disk takes nothing more: a scene that fails is none.
    fn share(&self, mut worker: Worker) -> Result<(), Stop> {
        while let Some(&number) = self.mine.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Some(scene) = self.scenes.get(number) else { break };
            if desk::is_interrupted() {
                break;
            }
            let outcome = worker.scene(self, number, scene)?;
            self.note(scene, outcome);
        }
        Ok(())
    }

    /// The scenes that the prediction of one looks at, itself among them, and how it is looked at.
    fn around<'a>(&'a self, number: usize, scene: &'a Scene, stride_px: usize) -> (Vec<&'a Scene>, Way) {
        if !self.together.is_empty() {
            return (self.together.iter().collect(), Way::Whole);
        }
        let seen = self.sheet.as_ref().map(|sheet| (sheet, sheet.seen(number, stride_px)));
        match seen {
            Some((sheet, seen)) if !seen.is_empty() => {
                let scenes = seen.iter().filter_map(|number| self.scenes.get(*number));
                (scenes.collect(), Way::Part(sheet.told(&self.scenes, &seen)))
            }
            _ => (vec![scene], Way::Alone),
        }
    }

    fn note(&self, scene: &Scene, outcome: Outcome) {
        let image = scene.image.path.clone();
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Done(done) => {
                self.voice
                    .line(&json!({ "type": "predicted", "image": image, "results": done.results }));
                report.done.push(done);
            }
            Outcome::WasThere => report.skipped += 1,
            Outcome::Taken => report.taken.push(image),
            Outcome::Interrupted => return,
            Outcome::Failed(fault) => {
                let words = words(&fault);
                self.voice
                    .line(&json!({ "type": "failed", "image": image, "fault": fault }));
                self.bar.suspend(|| self.voice.error(&words));
                let fault = Some(fault);
                report.failed.push(Failed { image, fault, words });
            }
        }
        drop(report);
        self.bar.inc(1);
    }
}

/// How a scene is looked at.
enum Way {
    Alone,
    /// As the part of a mosaic that it is.
    Part(Mosaic),
    /// It is all images of a mosaic.
    Whole,
}

/// What became of one scene.
enum Outcome {
    Done(Done),
    WasThere,
    /// Another process is at it.
    Taken,
    Failed(Fault),
    Interrupted,
}

/// One core's engine with the model in it.
struct Worker {
    desk: Desk,
    threshold: f32,
    /// Outlines of less are left out.
    smallest_px: f64,
    /// Of the network: its tiles begin at multiples of it.
    stride_px: usize,
}

impl Worker {
    fn open(job: &PredictArgs, device: DeviceChoice) -> Result<Self, Stop> {
        let mut desk = Desk::open(device)?;
        let loaded = load_model(&mut desk, &job.model)?;
        let model = loaded.into_iter().find_map(|event| match event {
            Event::Model { model } => model,
            _ => None,
        });
        let model = model.ok_or_else(|| Stop::at(&job.model, "no model"))?;
        Ok(Self {
            desk,
            threshold: job.threshold.unwrap_or_else(|| own_threshold(&model)),
            smallest_px: model.about.least_object_px.unwrap_or(USUAL_SMALLEST_PX),
            // Halved at each level.
            stride_px: 1 << model.depth.min(16),
        })
    }

    /// # Errors
    /// If the folder of results takes nothing.
    fn scene(&mut self, work: &Work, number: usize, scene: &Scene) -> Result<Outcome, Stop> {
        let job = work.job;
        if scene.is_done() && !job.overwrite {
            return Ok(Outcome::WasThere);
        }
        let Some(claim) = Claim::take(scene)? else {
            return Ok(Outcome::Taken);
        };
        // It may have been done while this process waited for the disk.
        if scene.is_done() && !job.overwrite {
            return Ok(Outcome::WasThere);
        }
        let (seen, way) = work.around(number, scene, self.stride_px);
        let found = match self.map(scene, &seen, way, job) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Outcome::Interrupted),
            Err(fault) => return Ok(Outcome::Failed(fault)),
        };
        let outcome = self.write(scene, job, &found)?;
        drop(claim);
        Ok(outcome)
    }

    /// Predicts a scene; nothing if it was interrupted. `seen`: itself, and those around it in a mosaic.
    ///
    /// # Errors
    /// Why it cannot be predicted.
    fn map(
        &mut self,
        scene: &Scene,
        seen: &[&Scene],
        way: Way,
        job: &PredictArgs,
    ) -> Result<Option<PredictionResult>, Fault> {
        let purpose = Purpose::Predict;
        self.desk.send(Command::Clear { purpose });
        for file in seen
            .iter()
            .flat_map(|seen| std::iter::once(&seen.image).chain(&seen.beside))
        {
            desk::no_fault(self.desk.take_in(file, purpose))?;
        }
        self.desk.ask(Command::FilesDone { purpose })?;
        self.desk.ask(match way {
            Way::Whole => Command::PredictMosaic {
                validation: false,
                threshold: self.threshold,
                averaged: job.averaged,
                // `--mosaic` goes without.
                adapted: false,
            },
            Way::Part(mosaic) => Command::PredictPart {
                mosaic,
                image: scene.image.path.clone(),
                threshold: self.threshold,
                averaged: job.averaged,
            },
            Way::Alone => Command::Predict {
                validation: false,
                threshold: self.threshold,
                averaged: job.averaged,
                match_resolution: !job.own_resolution,
                adapted: job.adapt,
            },
        })?;
        let mut found = None;
        while self.desk.engine().is_busy() {
            if desk::is_interrupted() {
                self.desk.send(Command::CancelPredict);
                return Ok(None);
            }
            for event in self.desk.advance(SLICE_MS) {
                match event {
                    Event::Result(result) => found = Some(result),
                    Event::Fault(fault) => return Err(self.given_up(fault)),
                    _ => {}
                }
            }
        }
        match found {
            Some(result) => Ok(Some(result)),
            None => Err(fault(FaultCode::NoInputs, &scene.image.path, String::new())),
        }
    }

    /// After a fault nothing may be left of the prediction.
    fn given_up(&mut self, fault: Fault) -> Fault {
        self.desk.send(Command::CancelPredict);
        fault
    }

    /// # Errors
    /// If the disk does not take it.
    fn write(&mut self, scene: &Scene, job: &PredictArgs, found: &PredictionResult) -> Result<Outcome, Stop> {
        let usual = match found.place {
            ResultPlace::None => 0.0,
            _ => SIMPLIFY_PLACED_PX,
        };
        let outlines = Outlines {
            smallest: self.smallest_px,
            unit: AreaUnit::Px,
            simplify_px: job.simplify.unwrap_or(usual),
            right_angles: job.right_angles,
            separate: job.separate,
        };
        let mut results = Vec::new();
        for (kind, at) in &scene.results {
            let command = Command::Export {
                result: found.result,
                kind: *kind,
                threshold: self.threshold,
                outlines,
            };
            let events = match self.desk.ask(command) {
                Ok(events) => events,
                Err(fault) => return Ok(Outcome::Failed(fault)),
            };
            for event in events {
                if let Event::File { bytes, .. } = event {
                    files::write(at, &bytes)?;
                    results.push(at.clone());
                }
            }
        }
        Ok(Outcome::Done(Done {
            image: scene.image.path.clone(),
            width: found.width,
            height: found.height,
            elapsed_ms: found.elapsed_ms,
            resolution: found.resolution,
            results,
        }))
    }
}

/// Where a model says its probabilities are cut.
pub fn own_threshold(model: &ModelInfo) -> f32 {
    model
        .operating_point
        .as_ref()
        .map_or(0.5, |point| point.threshold as f32)
}

fn fault(code: FaultCode, path: &str, detail: String) -> Fault {
    Fault {
        code,
        stage: Stage::Predict,
        file: Some(path.to_owned()),
        detail: Some(detail),
    }
}
