//! Runs of the real engine on folders of images, natively: what `cargo xtask quality` measures recipes with.

#[path = "../common/driving.rs"]
mod driving;
mod judge;
mod sets;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use driving::{Outcome, advance, send};
use groundmask::{
    engine::Engine,
    formats::{Limits, decode, raster::Samples},
    protocol::{Command, DeviceChoice, Event, ExportKind, Outlines, Preset, Purpose, RunEnd, TrainConfig},
};
use judge::{Judge, iou_at_half, rounded};
use serde_json::{Map, Value, json};
use sets::Plan;

const USAGE: &str = "\
quality train SETS [--data DIR] [--preset fast] [--seeds 1] [--steps 600 | --seconds N] [--set KEY=VALUE ...]
quality plan SET [--data DIR]

train: one JSON line a run, sets and seeds being lists with commas. --seconds: as many steps as take so long, by the
median of the first ones. --set: any setting by its name in the settings' file.
plan: the files of a set as JSON, for reference.py.";

/// Steps that are measured to know how many fit into a time.
const PROBE_STEPS: f64 = 20.0;

struct Options {
    data: PathBuf,
    preset: Preset,
    seeds: Vec<u32>,
    steps: f64,
    seconds: Option<f64>,
    set: Map<String, Value>,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Outcome<()> {
    let [command, sets, rest @ ..] = args else {
        return Err(USAGE.into());
    };
    let options = Options::read(rest)?;
    match command.as_str() {
        "plan" => println!("{}", serde_json::to_string(&sets::plan(sets, &options.data)?)?),
        "train" => {
            for set in sets.split(',') {
                let plan = sets::plan(set, &options.data)?;
                for seed in &options.seeds {
                    println!("{}", measure(&plan, &options, *seed)?);
                }
            }
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

impl Options {
    fn read(args: &[String]) -> Outcome<Self> {
        let mut options = Self {
            data: ".".into(),
            preset: Preset::Fast,
            seeds: vec![1],
            steps: 600.0,
            seconds: None,
            set: Map::new(),
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else { return Err(USAGE.into()) };
            match name.as_str() {
                "--data" => options.data = value.into(),
                "--preset" => options.preset = serde_json::from_value(value.as_str().into())?,
                "--seeds" => options.seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--steps" => options.steps = value.parse()?,
                "--seconds" => options.seconds = Some(value.parse()?),
                "--set" => {
                    let (key, value) = value.split_once('=').ok_or("--set KEY=VALUE")?;
                    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
                    options.set.insert(key.to_owned(), value);
                }
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    /// Settings of a run on a set.
    fn config(&self, plan: &Plan, seed: u32) -> Outcome<TrainConfig> {
        let usual = TrainConfig {
            steps: self.steps,
            seed: f64::from(seed),
            val_names: plan
                .validation
                .iter()
                .map(|[image, _]| name_in_drop("image", image))
                .collect(),
            val_share: 0.0,
            ..TrainConfig::of(self.preset)
        };
        let mut whole = serde_json::to_value(usual)?;
        for (key, value) in &self.set {
            *whole
                .get_mut(key)
                .ok_or_else(|| format!("there is no setting `{key}`"))? = value.clone();
        }
        Ok(serde_json::from_value(whole)?)
    }
}

/// `image/12.png`
fn name_in_drop(side: &str, path: &Path) -> String {
    format!("{side}/{}", path.file_name().unwrap_or_default().to_string_lossy())
}

/// The engine with its device up and a set dropped.
fn with_set(plan: &Plan) -> Outcome<Engine> {
    let start = Instant::now();
    let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
    let device = DeviceChoice::Cpu;
    send(
        &mut engine,
        Command::Init {
            device,
            calibration: None,
        },
    )?;
    let purpose = Purpose::Train;
    for pair in plan.train.iter().chain(&plan.validation) {
        for (side, path) in ["image", "label"].into_iter().zip(pair) {
            let (path, bytes) = (name_in_drop(side, path), fs::read(path)?);
            send(&mut engine, Command::AddFile { path, bytes, purpose })?;
        }
    }
    send(&mut engine, Command::FilesDone { purpose })?;
    Ok(engine)
}

/// What was said of a run until it ended.
struct Run {
    events: Vec<Event>,
    end: RunEnd,
    wall_s: f64,
}

impl Run {
    /// Steps alone, validations left aside: the median of a step is not disturbed by what else the machine does.
    fn train_s(&self) -> f64 {
        self.end.figures.ms_per_step * f64::from(self.end.figures.steps) / 1000.0
    }

    /// Step, IoU at even odds and at the best threshold, seconds of training.
    fn curve(&self) -> Vec<(u32, Option<f64>, Option<f64>, f64)> {
        let reports = self.events.iter().filter_map(|event| match event {
            Event::Validation(report) => Some(report),
            _ => None,
        });
        let point = |report: &groundmask::protocol::ValidationReport| {
            let judged = report.figures.validation.as_ref().unwrap_or(&report.figures.training);
            let seconds = self.end.figures.ms_per_step * f64::from(report.figures.step) / 1000.0;
            (
                report.figures.step,
                iou_at_half(&report.curve).map(rounded),
                judged.iou.map(rounded),
                (seconds * 10.0).round() / 10.0,
            )
        };
        reports.map(point).collect()
    }
}

fn train(engine: &mut Engine, config: TrainConfig) -> Outcome<Run> {
    let start = Instant::now();
    let mut events = send(engine, Command::Start { config })?;
    if !matches!(events.first(), Some(Event::RunStarted { .. })) {
        return Err(format!("it does not start: {events:?}").into());
    }
    while engine.is_busy() {
        events.extend(advance(engine, 200.0)?);
    }
    let end = events.iter().find_map(|event| match event {
        Event::RunEnded(end) => Some(end.clone()),
        _ => None,
    });
    Ok(Run {
        end: end.ok_or("the run has no end")?,
        events,
        wall_s: start.elapsed().as_secs_f64(),
    })
}

/// One run, as a line.
fn measure(plan: &Plan, options: &Options, seed: u32) -> Outcome<Value> {
    let mut engine = with_set(plan)?;
    let mut config = options.config(plan, seed)?;
    if let Some(seconds) = options.seconds {
        let probe = TrainConfig {
            steps: PROBE_STEPS,
            validate_every: PROBE_STEPS,
            ..config.clone()
        };
        let ms_per_step = train(&mut engine, probe)?.end.figures.ms_per_step;
        config.steps = (1000.0 * seconds / ms_per_step.max(0.01)).round().max(1.0);
    }
    let run = train(&mut engine, config)?;
    let curve = run.curve();
    let last = curve.last();
    let kept = run
        .end
        .figures
        .validation
        .as_ref()
        .or(run.end.figures.training.as_ref());
    let mut line = json!({
        "set": plan.set, "framework": "groundmask", "preset": options.preset, "settings": options.set, "seed": seed,
        "steps": run.end.figures.steps, "step": run.end.figures.best_step, "end": run.end.reason,
        "iou": kept.and_then(|m| m.iou).map(rounded), "accuracy": kept.and_then(|m| m.accuracy).map(rounded),
        "last_iou_half": last.and_then(|point| point.1), "last_iou_best": last.and_then(|point| point.2),
        "step90": crossing(&curve), "seconds": rounded(run.train_s()), "wall_s": rounded(run.wall_s),
        "redrawn": run.events.iter().filter(|event| matches!(event, Event::Reinitialized { .. })).count(),
        "curve": curve,
    });
    if !plan.validation.is_empty()
        && engine.dataset().classes().is_empty()
        && let Some(line) = line.as_object_mut()
    {
        for (prefix, adapted) in [("", false), ("adapted_", true)] {
            let figures = judged(&mut engine, &run, adapted)?;
            let figures = figures.as_object().into_iter().flatten();
            line.extend(figures.map(|(name, value)| (format!("{prefix}{name}"), value.clone())));
        }
    }
    Ok(line)
}

/// The first step at which the curve is above nine tenths of its end.
fn crossing(curve: &[(u32, Option<f64>, Option<f64>, f64)]) -> Option<u32> {
    let end = curve.last()?.2?;
    let over = |point: &&(u32, Option<f64>, Option<f64>, f64)| point.2.is_some_and(|iou| iou >= 0.9 * end);
    curve.iter().find(over).map(|point| point.0)
}

/// The model's probabilities of the pairs held back, as its files have them, against their masks; `adapted` to them or not.
fn judged(engine: &mut Engine, run: &Run, adapted: bool) -> Outcome<Value> {
    let own = run.events.iter().rev().find_map(|event| match event {
        Event::Model { model } => Some(model.as_ref()?.operating_point.as_ref()?.threshold),
        _ => None,
    });
    let mut events = send(
        engine,
        Command::Predict {
            validation: true,
            threshold: 0.5,
            averaged: false,
            match_resolution: false,
            adapted,
        },
    )?;
    while engine.is_busy() {
        events.extend(advance(engine, 200.0)?);
    }
    let mut judge = Judge::new();
    for event in events {
        let Event::Result(result) = event else { continue };
        let pair = result.pair.ok_or("a result without its pair")? as usize;
        let export = Command::Export {
            result: result.result,
            kind: ExportKind::ProbabilityPng,
            threshold: 0.5,
            outlines: Outlines::default(),
        };
        let Some(Event::File { bytes, .. }) = send(engine, export)?.into_iter().next() else {
            return Err("a result without its file".into());
        };
        let labels = engine.dataset().mask_labels(pair).ok_or("a pair without its mask")?;
        match decode(&bytes, &Limits::default())?.samples {
            Samples::U16(values) => judge.add(&values, labels),
            other => return Err(format!("probabilities of another kind: {other:?}").into()),
        }
    }
    Ok(judge.figures(own.unwrap_or(0.5)))
}
