//! `groundmask inspect`: what a saved run, a model or an image holds, on one screen.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    args::InspectArgs,
    desk::Desk,
    files::OldFile,
    predict::own_threshold,
    stop::{FAILED, IN_PART, Stop, spelt},
    train::load_model,
    voice::{Voice, clock},
};
use groundmask::{
    engine::Engine,
    formats::run_file::{RunFile, RunFileError},
    protocol::{Command, DeviceChoice, Event, Input, ModelInfo, Purpose, SavedRun},
};

/// # Errors
/// If a file is none of what is known here; the others are shown nevertheless.
pub fn inspect(job: &InspectArgs, voice: &Voice) -> Result<(), Stop> {
    let mut failed = Vec::new();
    for at in &job.files {
        match described(at) {
            Ok((text, value)) => voice.answer(&text, &value),
            Err(stop) => failed.push(stop),
        }
    }
    let code = if failed.len() < job.files.len() {
        IN_PART
    } else {
        FAILED
    };
    match failed.split_last() {
        None => Ok(()),
        Some((last, others)) => {
            others.iter().for_each(|stop| voice.error(stop.text()));
            Err(Stop::new(code, last.text()))
        }
    }
}

fn described(at: &Path) -> Result<(String, Value), Stop> {
    let name = at.display().to_string();
    let mut file = OldFile::open(at)?;
    if !matches!(RunFile::open(&mut file), Err(RunFileError::Foreign)) {
        let run = Engine::describe_run(Some(&name), &mut file).map_err(|fault| Stop::from(&fault))?;
        return Ok((
            run_words(&name, &run),
            json!({ "type": "run", "file": name, "run": run }),
        ));
    }
    let mut desk = Desk::open(DeviceChoice::Cpu)?;
    let ending = at.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if matches!(
        ending.as_deref(),
        Some("safetensors" | "h5" | "hdf5" | "npz" | "keras" | "onnx" | "pt" | "pth")
    ) {
        let model = load_model(&mut desk, at)?.into_iter().find_map(|event| match event {
            Event::Model { model } => model,
            _ => None,
        });
        let model = model.ok_or_else(|| Stop::at(at, "no model"))?;
        return Ok((
            model_words(&name, &model),
            json!({ "type": "model", "file": name, "model": model }),
        ));
    }
    image(&mut desk, at, name)
}

fn image(desk: &mut Desk, at: &Path, name: String) -> Result<(String, Value), Stop> {
    let purpose = Purpose::Predict;
    let bytes = std::fs::read(at).map_err(|e| Stop::at(at, e))?;
    // The name alone: a folder's name must not make the image a hidden one.
    let path = at.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let refused = |fault: groundmask::protocol::Fault| Stop::from(&fault);
    desk.ask(Command::AddFile { path, bytes, purpose }).map_err(refused)?;
    let events = desk.ask(Command::FilesDone { purpose }).map_err(refused)?;
    let (mut input, mut most_bands) = (None, None);
    for event in events {
        match event {
            Event::Inputs { inputs, .. } => input = inputs.into_iter().next(),
            Event::Bands { most, .. } => most_bands = Some(most),
            _ => {}
        }
    }
    let input = input.ok_or_else(|| Stop::at(at, "neither a saved run nor a model nor an image"))?;
    let raster = desk.engine().input_as_trained(0);
    let bands = most_bands.or(raster.as_ref().map(|raster| u32::from(raster.bands)));
    let bits = raster.as_ref().map(|raster| raster.source_bits);
    let text = image_words(&name, &input, bands, bits.map(u32::from));
    let value = json!({
        "type": "image", "file": name, "width": input.width, "height": input.height, "bands": bands, "bits": bits,
        "geo": input.geo,
    });
    Ok((text, value))
}

/// Rows under a heading, their values below each other.
fn table(heading: &str, rows: &[(&str, String)]) -> String {
    let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> = rows.map(|(name, value)| format!("  {name:widest$}  {value}")).collect();
    format!("{heading}\n{}", lines.join("\n"))
}

fn run_words(name: &str, run: &SavedRun) -> String {
    let best = run.best_step.map_or_else(String::new, |step| {
        let iou = run.best_iou.map_or_else(String::new, |iou| format!(", IoU {iou:.4}"));
        format!("step {step}{iou}")
    });
    let config = &run.config;
    let end = match run.ended {
        Some(reason) => spelt(&reason),
        None => "under way".to_owned(),
    };
    table(
        &format!("{name}: a saved run"),
        &[
            ("steps", format!("{} of {}, {end}", run.step, run.steps_total)),
            ("best", best),
            ("loss", run.loss.map_or_else(String::new, |loss| format!("{loss:.4}"))),
            ("worked for", clock(run.elapsed_ms)),
            ("settings", settings_words(config)),
            (
                "data",
                format!("{} pairs: {}", run.data.pairs, run.data.names.join(", ")),
            ),
            ("fingerprint", run.data.fingerprint.clone()),
            ("device", format!("{}, {}", spelt(&run.device), run.adapter)),
            (
                "written by",
                format!("Groundmask {}, {:.0} bytes", run.version, run.bytes),
            ),
        ],
    )
}

fn settings_words(config: &groundmask::protocol::TrainConfig) -> String {
    format!(
        "{}, {} of base {} and depth {}, {} px tiles by {}, rate {}, seed {}",
        spelt(&config.preset),
        spelt(&config.architecture),
        config.base,
        config.depth,
        config.tile_px,
        config.batch,
        config.lr,
        config.seed
    )
}

fn model_words(name: &str, model: &ModelInfo) -> String {
    let classes = match model.classes.is_empty() {
        true => match model.about.class_name.as_str() {
            "" => "foreground and background".to_owned(),
            class => format!("{class} and background"),
        },
        false => {
            let names = model.classes.iter().map(|class| class.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        }
    };
    let network = format!(
        "{}, base {}, depth {}, {} parameters, {} image",
        spelt(&model.architecture),
        model.base,
        model.depth,
        model.parameters,
        spelt(&model.channels)
    );
    let trained = format!("{} steps on {} px tiles", model.steps, model.tile_px);
    table(
        &format!("{name}: a model"),
        &[
            ("name", model.about.name.clone()),
            ("network", network),
            ("classes", classes),
            ("trained", trained),
            (
                "IoU",
                model.about.iou.map_or_else(String::new, |iou| format!("{iou:.4}")),
            ),
            ("threshold", format!("{:.3}", own_threshold(model))),
            (
                "resolution",
                model.pixel_m.map_or_else(String::new, |m| format!("{m:.3} m a pixel")),
            ),
            ("date", model.about.date.clone()),
        ],
    )
}

fn image_words(name: &str, input: &Input, bands: Option<u32>, bits: Option<u32>) -> String {
    let count = |n: Option<u32>, what: &str| n.map_or_else(String::new, |n| format!(", {n} {what}"));
    let geo = input.geo.as_ref();
    let crs = geo.map_or_else(String::new, |geo| match (geo.epsg, &geo.crs, &geo.unknown_crs) {
        (Some(code), name, _) => format!("EPSG:{code} {}", name.as_deref().unwrap_or_default()),
        (None, _, Some(name)) => format!("{name}, not known here"),
        _ => "without a reference system".to_owned(),
    });
    let pixel = geo
        .and_then(|geo| geo.pixel_m)
        .map_or_else(String::new, |[x, y]| format!("{x:.4} by {y:.4} m"));
    let middle = geo
        .and_then(|geo| geo.middle)
        .map_or_else(String::new, |[x, y]| format!("{x:.6}, {y:.6}"));
    let size = format!(
        "{} by {} pixels{}{}",
        input.width,
        input.height,
        count(bands, "bands"),
        count(bits, "bits")
    );
    table(
        &format!("{name}: an image"),
        &[("size", size), ("place", crs), ("pixel", pixel), ("middle", middle)],
    )
}
