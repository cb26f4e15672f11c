//! The loop of labelling and training without a browser: what `cargo xtask label` does by the mouse, done by commands to the
//! engine, many steps a second, so that recipes and suggestions can be compared over several seeds.

#[path = "../common/driving.rs"]
mod driving;
mod oracle;
mod places;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::ExitCode,
    rc::Rc,
    time::Instant,
};

use driving::{Outcome, advance, send};
use groundmask::{
    engine::Engine,
    formats::{Limits, decode},
    protocol::{Command, DeviceChoice, Event, Preset, Purpose, TrainConfig, UNTOUCHED},
};
use oracle::{Oracle, Random, Rect, Stroke};
use serde_json::{Map, Value, json};

const USAGE: &str = "\
labelling --images DIR --truth DIR [--val NAME,NAME,...] [--painted 10] [--strokes 12] [--steps 1200] [--more WAY,WAY,...]
          [--more-strokes 40] [--more-at STEP] [--seeds 1,2,3] [--set FIELD=VALUE]...

As `cargo xtask label`, in steps instead of minutes; one JSON line for each way of --more, all of which go on from the same
state of the same run, and each seed: none, no more strokes; suggest, where the engine suggests; random, at places drawn by
chance; worst, where the network has the most pixels wrong; all, every pixel of every image, which is what strokes can
be worth at most. --more-at: half of the steps unless told. A mask has its image's name, or that with .png.";

struct Options {
    images: String,
    truth: String,
    val: Vec<String>,
    painted: usize,
    strokes: usize,
    steps: u32,
    more: Vec<String>,
    more_strokes: usize,
    more_at: Option<u32>,
    seeds: Vec<u32>,
    set: Map<String, Value>,
}

fn main() -> ExitCode {
    match run(&env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Outcome<()> {
    let options = Options::read(args)?;
    for seed in &options.seeds {
        let state = Loop::new(&options, *seed)?.begin()?;
        for more in &options.more {
            println!("{}", state.go_on(more)?);
        }
    }
    Ok(())
}

impl Options {
    fn read(args: &[String]) -> Outcome<Self> {
        let mut options = Self {
            images: String::new(),
            truth: String::new(),
            val: Vec::new(),
            painted: 10,
            strokes: 12,
            steps: 1200,
            more: vec!["none".to_owned()],
            more_strokes: 40,
            more_at: None,
            seeds: vec![1],
            set: Map::from_iter([
                ("base".to_owned(), json!(8.0)),
                ("schedule".to_owned(), json!("constant")),
                ("lr".to_owned(), json!(1e-3)),
            ]),
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else { return Err(USAGE.into()) };
            match name.as_str() {
                "--images" => options.images.clone_from(value),
                "--truth" => options.truth.clone_from(value),
                "--val" => options.val = value.split(',').map(str::to_owned).collect(),
                "--painted" => options.painted = value.parse()?,
                "--strokes" => options.strokes = value.parse()?,
                "--steps" => options.steps = value.parse()?,
                "--more" => options.more = value.split(',').map(str::to_owned).collect(),
                "--more-strokes" => options.more_strokes = value.parse()?,
                "--more-at" => options.more_at = Some(value.parse()?),
                "--seeds" => options.seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
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

    fn config(&self, seed: u32) -> Outcome<TrainConfig> {
        let usual = TrainConfig {
            // As many as nobody waits for: the loop ends it.
            steps: 100_000.0,
            seed: f64::from(seed),
            val_names: self.val.clone(),
            ..TrainConfig::of(Preset::Fast)
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

/// An engine's clock, which can be stopped: what has so many milliseconds in the page has all of its time then, so that a
/// result does not depend on what else the machine does.
#[derive(Clone)]
struct Clock {
    start: Instant,
    stopped_ms: Rc<Cell<Option<f64>>>,
}

impl Clock {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            stopped_ms: Rc::default(),
        }
    }

    fn now_ms(&self) -> f64 {
        let now_ms = self.start.elapsed().as_secs_f64() * 1000.0;
        self.stopped_ms.get().unwrap_or(now_ms)
    }

    /// What comes of something that takes no time.
    fn stopped<T>(&self, act: impl FnOnce() -> T) -> T {
        self.stopped_ms.set(Some(self.now_ms()));
        let done = act();
        self.stopped_ms.set(None);
        done
    }
}

/// A loop as it was when the first strokes were learnt from.
struct State<'a> {
    options: &'a Options,
    seed: u32,
    run: Vec<u8>,
    random: Random,
    strokes: usize,
    step: u32,
    curve: Vec<(u32, Option<f64>)>,
}

/// One seed's loop.
struct Loop<'a> {
    options: &'a Options,
    engine: Engine,
    clock: Clock,
    seed: u32,
    random: Random,
    /// By the images' file names, those held back left aside.
    truths: BTreeMap<String, Oracle>,
    strokes: usize,
    /// Strokes that said something else than the network.
    corrections: usize,
    /// Of the strokes that came later those of the foreground, and the images they are on.
    foreground: usize,
    more_images: BTreeSet<String>,
    places: Vec<String>,
    step: u32,
    curve: Vec<(u32, Option<f64>)>,
}

impl<'a> Loop<'a> {
    fn new(options: &'a Options, seed: u32) -> Outcome<Self> {
        let clock = Clock::new();
        let own = clock.clone();
        let mut engine = Engine::new(Box::new(move || own.now_ms()));
        let (device, calibration) = (DeviceChoice::Cpu, None);
        send(&mut engine, Command::Init { device, calibration })?;
        let purpose = Purpose::Train;
        let mut truths = BTreeMap::new();
        let mut files: Vec<_> = fs::read_dir(&options.images)?.collect::<Result<_, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let mut mask = Path::new(&options.truth).join(&name);
            if !mask.exists() {
                mask.set_extension("png");
            }
            let truth = fs::read(&mask)?;
            let (path, bytes) = (format!("images/{name}"), fs::read(file.path())?);
            send(&mut engine, Command::AddFile { path, bytes, purpose })?;
            if options.val.contains(&name) {
                let mask = mask.file_name().unwrap_or_default().to_string_lossy();
                let (path, bytes) = (format!("masks/{mask}"), truth);
                send(&mut engine, Command::AddFile { path, bytes, purpose })?;
            } else {
                let raster = decode(&truth, &Limits::default())?;
                let (width, height) = (raster.width, raster.height);
                let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
                let labels = all.map(|(x, y)| u8::from(raster.rgba8_at(x, y)[0] >= 128)).collect();
                truths.insert(name, Oracle { width, height, labels });
            }
        }
        send(&mut engine, Command::FilesDone { purpose })?;
        Ok(Self {
            options,
            engine,
            clock,
            seed,
            random: Random::new(seed),
            truths,
            strokes: 0,
            corrections: 0,
            foreground: 0,
            more_images: BTreeSet::new(),
            places: Vec::new(),
            step: 0,
            curve: Vec::new(),
        })
    }

    /// Paints the first strokes and learns from them.
    fn begin(mut self) -> Outcome<State<'a>> {
        let options = self.options;
        let mut names: Vec<String> = self.truths.keys().cloned().collect();
        self.random.shuffle(&mut names);
        for name in names.iter().take(options.painted) {
            self.paint(name, options.strokes, None)?;
        }
        let config = options.config(self.seed)?;
        let events = send(&mut self.engine, Command::Start { config })?;
        if !matches!(events.first(), Some(Event::RunStarted { .. })) {
            return Err(format!("it does not start: {events:?}").into());
        }
        let more_at = options.more_at.unwrap_or(options.steps / 2);
        self.train(more_at.min(options.steps))?;
        let mut run = Vec::new();
        let (_, saved) = pollster::block_on(self.engine.save_run(1.0, 0.0, &mut run));
        saved.map_err(|fault| format!("it is not saved: {fault:?}"))?;
        Ok(State {
            options,
            seed: self.seed,
            run,
            random: self.random,
            strokes: self.strokes,
            step: self.step,
            curve: self.curve,
        })
    }

    /// The rest of a loop, with more strokes or none.
    fn finish(mut self, more: &str) -> Outcome<Value> {
        let options = self.options;
        let start = Instant::now();
        let before = self.step;
        if more != "none" {
            self.more(more)?;
        }
        self.train(options.steps)?;
        let best = self.curve.iter().filter_map(|point| point.1).fold(0.0, f64::max);
        // What the last steps made of it, too.
        let after = self.curve.iter().filter(|point| point.0 > before);
        let after: Vec<f64> = after.filter_map(|point| point.1).collect();
        let mean = after.iter().sum::<f64>() / after.len().max(1) as f64;
        let pairs = &self.engine.dataset().pairs;
        let trained: Vec<_> = pairs.iter().filter(|pair| pair.is_only_painted()).collect();
        let labelled: u64 = trained.iter().map(|pair| pair.tally.labelled).sum();
        let pixels: u64 = trained.iter().map(|pair| pair.image.pixels()).sum();
        Ok(json!({
            "more": more, "seed": self.seed, "val_iou": best, "mean_iou_after": mean, "strokes": self.strokes, "corrections": self.corrections,
            "labelled_share": labelled as f64 / pixels.max(1) as f64, "images_labelled": trained.len(), "steps": self.step,
            "more_foreground": self.foreground, "more_images": self.more_images.len(), "set": options.set, "wall_s": start.elapsed().as_secs(),
            "places": self.places, "curve": self.curve,
        }))
    }

    /// On up to a step.
    fn train(&mut self, until: u32) -> Outcome<()> {
        while self.step < until {
            for event in advance(&mut self.engine, 1.0)? {
                match event {
                    Event::Step(step) => self.step = step.figures.step,
                    Event::Validation(report) => {
                        let iou = report.figures.validation.and_then(|metrics| metrics.iou);
                        self.curve
                            .push((report.figures.step, iou.map(|iou| (iou * 1e4).round() / 1e4)));
                    }
                    Event::RunEnded(end) => return Err(format!("the run has ended: {end:?}").into()),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn paint(&mut self, name: &str, count: usize, within: Option<Rect>) -> Outcome<()> {
        let truth = self.truths.get(name).ok_or("an image without its truth")?;
        for stroke in truth.strokes(count, &mut self.random, within) {
            let image = format!("images/{name}");
            let corrected = self.step > 0 && disagrees(&mut self.engine, &image, &stroke)?;
            let ([left, top, width, height], values) = (stroke.rect, stroke.values);
            if within.is_some() {
                self.foreground += usize::from(values.contains(&1));
                self.more_images.insert(name.to_owned());
            }
            send(
                &mut self.engine,
                Command::PaintLabels {
                    image,
                    left,
                    top,
                    width,
                    height,
                    values,
                    corrected,
                },
            )?;
            self.strokes += 1;
            self.corrections += usize::from(corrected);
        }
        Ok(())
    }
}

impl State<'_> {
    fn go_on(&self, more: &str) -> Outcome<Value> {
        let mut own = Loop {
            random: self.random.clone(),
            strokes: self.strokes,
            step: self.step,
            curve: self.curve.clone(),
            ..Loop::new(self.options, self.seed)?
        };
        let events = own.engine.resume_run(None, &mut self.run.as_slice(), None);
        if let Some(Event::Fault(fault)) = events.iter().find(|event| matches!(event, Event::Fault(_))) {
            return Err(format!("it does not go on: {fault:?}").into());
        }
        own.finish(more)
    }
}

/// Whether a stroke says something else than the network for most of its pixels.
fn disagrees(engine: &mut Engine, image: &str, stroke: &Stroke) -> Outcome<bool> {
    let ([left, top, width, height], image) = (stroke.rect, image.to_owned());
    let events = send(
        engine,
        Command::PredictView {
            image,
            left,
            top,
            width,
            height,
        },
    )?;
    let Some(Event::ViewPrediction(seen)) = events.into_iter().next() else {
        return Err("no view".into());
    };
    let painted = stroke
        .values
        .iter()
        .zip(seen.values)
        .filter(|(value, _)| **value != UNTOUCHED);
    let (wrong, all) = painted.fold((0, 0), |(wrong, all), (value, seen)| {
        (wrong + usize::from((seen >= 128) != (*value == 1)), all + 1)
    });
    Ok(2 * wrong > all)
}
