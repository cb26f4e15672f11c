//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::Value;

use groundmask::ops::Arithmetic;
use groundmask::protocol::{DeviceChoice, ExportKind, MaskRule, ModelFormat, Preset};

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed; the last line on standard error names the file
  2    the command line or a setting is wrong
  3    some files are done and others failed; the report says which
  130  interrupted (Ctrl-C or SIGTERM); a run is saved, and predictions that are done stay";

const EXAMPLES: &str = "\
Examples:
  groundmask train photos/ --preset fast --set steps=600 --save run.gmrun
  groundmask train photos/ --resume run.gmrun
  groundmask predict --model run.safetensors scenes/ --out masks/
  groundmask inspect run.gmrun";

/// Train a U-Net on images and masks, and predict: the engine of Groundmask's page on a workstation.
#[derive(Debug, Parser)]
#[command(name = "groundmask", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Args {
    /// One JSON object a line on standard output, for scripts
    #[arg(long, global = true)]
    pub json: bool,
    /// Only errors on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub errand: Errand,
}

#[derive(Debug, Subcommand)]
pub enum Errand {
    /// Train a model, or go on with a saved run
    Train(Box<TrainArgs>),
    /// Masks of images, one or thousands
    Predict(Box<PredictArgs>),
    /// A model in another program's format
    Convert(ConvertArgs),
    /// What a saved run, a model or an image holds
    Inspect(InspectArgs),
    /// Milliseconds of a training step and of inference, with the keys of `cargo xtask bench`
    Bench(BenchArgs),
    /// Completions of this command for a shell
    #[command(hide = true)]
    Completions { shell: clap_complete::Shell },
    /// This command's man page
    #[command(hide = true)]
    Man,
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  groundmask train photos/ --preset fast --set steps=600 --save run.gmrun
  groundmask train ortho.tif buildings.geojson --set base=16 --set tile_px=256
  groundmask train photos/ --resume run.gmrun            goes on where the page or this command left off
  groundmask train --sample-scenes 1 --set steps=100     no data of one's own
Settings have the names of the page's settings file: steps, epochs, lr, base, depth, tile_px, batch, seed, val_share,
val_names=[\"12.png\"], loss, schedule, patience, ...";

#[derive(Debug, clap::Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub struct TrainArgs {
    /// Images and masks as they would be dropped on the page: folders, or files (also GeoJSON, Shapefile)
    #[arg(value_name = "DATA", required_unless_present_any = ["sample_scenes", "resume"])]
    pub data: Vec<PathBuf>,
    /// The settings to begin with: fast, balanced or classic
    #[arg(long, value_parser = word::<Preset>, default_value = "fast", conflicts_with = "resume")]
    pub preset: Preset,
    /// A file of settings as the page saves it; `--set` comes on top
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub settings: Option<PathBuf>,
    /// One setting
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, conflicts_with = "resume")]
    pub set: Vec<(String, Value)>,
    /// How mask pixels become labels, as JSON: {"kind":"not_black","invert":false}
    #[arg(long, value_name = "JSON", value_parser = json::<MaskRule>, conflicts_with = "resume")]
    pub mask_rule: Option<MaskRule>,
    /// Begin with the weights of a model instead of fresh ones
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    pub from: Option<PathBuf>,
    /// Go on with this saved run, which has to be of the same data, and save it there again
    #[arg(long, value_name = "RUN")]
    pub resume: Option<PathBuf>,
    /// Generated scenes as data, from this seed
    #[arg(long, value_name = "SEED", conflicts_with = "data")]
    pub sample_scenes: Option<u32>,
    /// Where the run is saved [default: run.gmrun, or the file given by --resume]
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Where the best weights go [default: beside the run, ending .safetensors]
    #[arg(long, value_name = "FILE")]
    pub model_out: Option<PathBuf>,
    /// Seconds between two saves while it trains
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub save_every: f64,
    /// Save and leave off once so many steps are done, for a later --resume
    #[arg(long, value_name = "STEP")]
    pub until: Option<u32>,
    /// Write over a run that is there
    #[arg(long)]
    pub overwrite: bool,
    /// What it computes on: auto, cpu or gpu (a graphics card, or a software adapter, where this program was built with the
    /// feature gpu; auto takes a graphics card alone)
    #[arg(long, env = "GROUNDMASK_DEVICE", value_parser = device, default_value = "auto")]
    pub device: DeviceChoice,
    /// Whose sums on the CPU: own (the fastest), page (a run begun in a browser goes on as there, to the last bit), or
    /// page-plain (of a browser without relaxed SIMD)
    #[arg(long, value_parser = word::<Arithmetic>, default_value = "own")]
    pub arithmetic: Arithmetic,
}

impl TrainArgs {
    /// The device as a command line names it, with a space before it; empty where none was asked for.
    pub fn device_named(&self) -> &'static str {
        match self.device {
            DeviceChoice::Auto => "",
            DeviceChoice::Cpu => " --device cpu",
            DeviceChoice::WebGpu => " --device gpu",
        }
    }

    /// Its arithmetic, likewise.
    pub fn arithmetic_named(&self) -> &'static str {
        match self.arithmetic {
            Arithmetic::Own => "",
            Arithmetic::Page => " --arithmetic page",
            Arithmetic::PagePlain => " --arithmetic page-plain",
        }
    }
}

const PREDICT_EXAMPLES: &str = "\
Examples:
  groundmask predict --model run.safetensors scenes/ --out masks/
  groundmask predict --model m.safetensors a.tif b.tif --out masks/ --format mask-tif,geojson
  groundmask predict --model m.safetensors scenes/ --out masks/ --shard $SLURM_ARRAY_TASK_ID/8
  groundmask predict --model m.safetensors tiles/ --out masks/ --mosaic
  groundmask predict --model m.safetensors tiles/ --out masks/ --mosaic --one-file --format class-tif,geojson
What is done already is left alone, so that a job that was killed is simply started again.";

#[derive(Debug, clap::Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub struct PredictArgs {
    /// A model: .safetensors of the page or of train, or Keras weights (.h5, .npz)
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// Images, or folders of them; what lies beside an image (world file, .aux.xml, .msk) is read with it
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
    /// Folder of the results; folders below those named are kept
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// mask-png, mask-tif, class-tif, probability-png, probability-tif, geojson, coco-json, areas-csv, world-file, aux-xml
    /// [default: mask-tif of TIFFs, mask-png of others]
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', value_parser = word::<ExportKind>)]
    pub format: Vec<ExportKind>,
    /// The N parts of the work have numbers from 1: this one alone
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// The images are one mosaic, cut along its pixels: each is predicted with what lies around it, as in the whole mosaic, at
    /// its own resolution
    #[arg(long, conflicts_with = "adapt")]
    pub mosaic: bool,
    /// With --mosaic: one result of all images together, mosaic_mask.tif and the like, instead of one of each image
    #[arg(long, requires = "mosaic", conflicts_with = "shard")]
    pub one_file: bool,
    /// Images at a time, each on one core [default: all cores]; on a graphics card always one
    #[arg(long, short)]
    pub jobs: Option<usize>,
    /// Probability from which on a pixel is foreground [default: the model's own]
    #[arg(long)]
    pub threshold: Option<f32>,
    /// Mean over the mirrored and turned image: eight times the work
    #[arg(long)]
    pub averaged: bool,
    /// Adapt the network to each image: for ground or cameras unlike those trained on
    #[arg(long)]
    pub adapt: bool,
    /// Outlines with right angles where they nearly have them
    #[arg(long)]
    pub right_angles: bool,
    /// Outlines of touching objects apart: along the boundary class of a model trained with boundary_px, else at their necks
    #[arg(long)]
    pub separate: bool,
    /// Do not resample images to the ground resolution that the model was trained at
    #[arg(long)]
    pub own_resolution: bool,
    /// How far outlines (geojson) may be simplified, pixels [default: 1.5 of placed images, else 0]
    #[arg(long, value_name = "PX")]
    pub simplify: Option<f64>,
    /// Make results anew that are there
    #[arg(long)]
    pub overwrite: bool,
    /// Where the report goes [default: groundmask-report.json in the folder of results, with the shard in its name]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// As for train
    #[arg(long, env = "GROUNDMASK_DEVICE", value_parser = device, default_value = "auto")]
    pub device: DeviceChoice,
}

/// One of several parts of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    pub of: usize,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundmask convert --model run.safetensors --out run.onnx")]
pub struct ConvertArgs {
    /// A model: .safetensors, or Keras weights (.h5, .npz)
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// The new file, its format by its ending: .onnx, .h5, .npz, .safetensors
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Fix the size of tiles, as QGIS's Deepness wants it (.onnx)
    #[arg(long)]
    pub qgis: bool,
    /// Write a STAC item of the model too, for catalogues: beside the ONNX file, ending .stac.json
    #[arg(long)]
    pub stac: bool,
}

impl ConvertArgs {
    /// The format that the name of the new file asks for.
    pub fn format(&self) -> Option<ModelFormat> {
        let ending = self.out.extension()?.to_string_lossy().to_lowercase();
        match (ending.as_str(), self.qgis) {
            ("onnx", true) => Some(ModelFormat::OnnxQgis),
            (_, true) => None,
            (ending, _) if self.stac && ending != "onnx" => None,
            ("onnx", false) => Some(ModelFormat::Onnx),
            ("h5" | "hdf5", _) => Some(ModelFormat::Keras),
            ("npz", _) => Some(ModelFormat::KerasNpz),
            ("safetensors", _) => Some(ModelFormat::Safetensors),
            _ => None,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundmask inspect run.gmrun")]
pub struct InspectArgs {
    /// A saved run (.gmrun), a model or an image
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundmask bench --base 16 --size 256")]
pub struct BenchArgs {
    /// Filters of the first level
    #[arg(long, default_value_t = 8)]
    pub base: usize,
    /// Side of the square images, pixels
    #[arg(long, default_value_t = 128)]
    pub size: usize,
    /// Images a step
    #[arg(long, default_value_t = 2)]
    pub batch: usize,
    /// Steps that are measured
    #[arg(long, default_value_t = 5)]
    pub steps: usize,
    /// Steps before those
    #[arg(long, default_value_t = 2)]
    pub warmup: usize,
    /// Inferences that are measured
    #[arg(long, default_value_t = 5)]
    pub infer: usize,
    #[arg(long, default_value_t = 0.5)]
    pub dropout: f32,
    /// Known weights and data, no dropout: losses compare across libraries
    #[arg(long)]
    pub det: bool,
    /// As for train, but never by itself
    #[arg(long, value_parser = device, default_value = "cpu")]
    pub device: DeviceChoice,
    /// As for train
    #[arg(long, value_parser = word::<Arithmetic>, default_value = "own")]
    pub arithmetic: Arithmetic,
}

/// A word of the protocol, with `-` for `_`.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.replace('-', "_").into()).map_err(|error| error.to_string())
}

/// A device; a graphics card also by the word of the protocol, as `cargo xtask bench` has it.
fn device(text: &str) -> Result<DeviceChoice, String> {
    match text {
        "auto" => Ok(DeviceChoice::Auto),
        "cpu" => Ok(DeviceChoice::Cpu),
        "gpu" | "webgpu" => Ok(DeviceChoice::WebGpu),
        _ => Err("auto, cpu or gpu is wanted".to_owned()),
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// `KEY=VALUE`, the value as JSON or, where it is none, as a word.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is wanted")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((key.to_owned(), value))
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').map(|(i, n)| (i.parse(), n.parse()));
    match parts {
        Some((Ok(number), Ok(of))) if (1..=of).contains(&number) => Ok(Shard { number, of }),
        _ => Err("I/N is wanted, I from 1 to N".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn words_are_those_of_the_protocol() {
        assert_eq!(word::<ExportKind>("mask-tif"), Ok(ExportKind::MaskTif));
        assert!(word::<ExportKind>("mask-gif").is_err());
        assert_eq!(device("gpu"), Ok(DeviceChoice::WebGpu));
        assert!(device("cuda").is_err());
        assert_eq!(pair("steps=30"), Ok(("steps".into(), 30.into())));
        assert_eq!(pair("loss=bce_dice"), Ok(("loss".into(), "bce_dice".into())));
        assert_eq!(shard("2/3"), Ok(Shard { number: 2, of: 3 }));
        assert!(shard("0/3").is_err() && shard("4/3").is_err() && shard("1").is_err());
    }
}
