//! `cargo xtask predict` and `cargo xtask convert`: a model at work in a headless browser, through the real page.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use serde_json::{Value, json};

use crate::demo::one_of;
use crate::serve;
use crate::tools;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask predict --model FILE --image FILE --out FILE.tif|.png|.geojson
                    [--probability] [--classes] [--threshold N] [--simplify PX] [--right-angles] [--separate] [--tta] [--adapt] [--own-resolution] [--device webgpu|cpu] [--adapter swiftshader|default]
cargo xtask convert --model FILE --out FILE.onnx|.h5|.npz|.safetensors [--qgis]

The model is a .safetensors file saved by the page or Keras weights of Classic's networks (.h5). The image is any
that the page reads, its world file and .prj beside it. --out chooses the format by its ending: a GeoTIFF or PNG mask
(0 or 255, cut at the model's own threshold unless --threshold gives another; --probability: probabilities; --classes:
class numbers with nodata, GeoTIFF only) or outlines (of a placed image with lines simplified to 1.5 pixels, as on the
page; --simplify 0: along the pixels; --right-angles: with right angles where they nearly have them; --separate: touching
objects apart, along the boundary class if the model has one, else at their necks). --adapt: the
network adapted to the image, for ground unlike that of training. --own-resolution:
the image is not seen at the ground resolution the model was trained at. --qgis fixes the ONNX file's tile size, as QGIS's Deepness plugin wants it. One JSON line comes last.";

/// Which of the two commands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Task {
    Predict,
    Convert,
}

pub fn command(workspace: &Workspace, task: Task, args: lexopt::Parser) -> Result<ExitCode> {
    let Some(job) = parse(task, args)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    serve::drive(workspace, "browser/model-job.mjs", &job)
}

/// The command line as the object that model-job.mjs takes; `None` if help was asked for.
fn parse(task: Task, mut args: lexopt::Parser) -> Result<Option<Value>> {
    let (mut model, mut image, mut out) = (None, None, None);
    let (mut probability, mut classes, mut tta, mut adapt, mut qgis) = (false, false, false, false, false);
    let mut own_resolution = false;
    let (mut threshold, mut device, mut adapter) = (None::<f64>, "cpu".to_owned(), "swiftshader".to_owned());
    let (mut simplify, mut right_angles, mut separate) = (None, false, false);
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        let mut value = || -> Result<String> { Ok(args.value().with_context(|| format!("--{name}"))?.string()?) };
        match (name.as_str(), task) {
            ("help", _) => return Ok(None),
            ("model", _) => model = Some(existing(&name, &value()?)?),
            ("out", _) => out = Some(tools::absolute(&value()?)?),
            ("device", _) => device = one_of(&name, &value()?, &["webgpu", "cpu"])?,
            ("adapter", _) => adapter = one_of(&name, &value()?, &["swiftshader", "default"])?,
            ("image", Task::Predict) => image = Some(existing(&name, &value()?)?),
            ("probability", Task::Predict) => probability = true,
            ("classes", Task::Predict) => classes = true,
            ("tta", Task::Predict) => tta = true,
            ("adapt", Task::Predict) => adapt = true,
            ("own-resolution", Task::Predict) => own_resolution = true,
            ("right-angles", Task::Predict) => right_angles = true,
            ("separate", Task::Predict) => separate = true,
            ("simplify", Task::Predict) => {
                let text = value()?;
                let px = text.parse::<f64>().ok().filter(|px| (0.0..=50.0).contains(px));
                simplify = Some(px.with_context(|| format!("--simplify takes pixels from 0 to 50, not `{text}`"))?);
            }
            ("threshold", Task::Predict) => {
                let text = value()?;
                let number: f64 = text
                    .parse()
                    .with_context(|| format!("--threshold takes a number, not `{text}`"))?;
                if !(0.01..=0.99).contains(&number) {
                    bail!("--threshold is from 0.01 to 0.99, not {number}");
                }
                threshold = Some(number);
            }
            ("qgis", Task::Convert) => qgis = true,
            (other, _) => bail!("there is no option --{other}\n\n{USAGE}"),
        }
    }
    let model = model.with_context(|| format!("--model is missing\n\n{USAGE}"))?;
    let out: PathBuf = out.with_context(|| format!("--out is missing\n\n{USAGE}"))?;
    let ending = out
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let mut job = json!({
        "model": model, "out": out, "threshold": threshold, "tta": tta, "adapt": adapt, "own_resolution": own_resolution, "device": device, "adapter": adapter,
    });
    match task {
        Task::Predict => {
            let kind = match (ending.as_str(), probability, classes) {
                ("tif" | "tiff", false, false) => "mask_tif",
                ("tif" | "tiff", true, false) => "probability_tif",
                ("tif" | "tiff", false, true) => "class_tif",
                ("png", false, false) => "mask_png",
                ("png", true, false) => "probability_png",
                ("geojson" | "json", false, false) => "geojson",
                _ => bail!(
                    "nothing can be written as {} with these options\n\n{USAGE}",
                    out.display()
                ),
            };
            if (simplify.is_some() || right_angles || separate) && kind != "geojson" {
                bail!("--simplify, --right-angles and --separate are for outlines (.geojson)\n\n{USAGE}");
            }
            job["kind"] = json!(kind);
            job["simplify"] = json!(simplify);
            job["right_angles"] = json!(right_angles);
            job["separate"] = json!(separate);
            job["image"] = json!(image.with_context(|| format!("--image is missing\n\n{USAGE}"))?);
        }
        Task::Convert => {
            job["format"] = json!(match (ending.as_str(), qgis) {
                ("onnx", true) => "onnx_qgis",
                ("onnx", false) => "onnx",
                ("h5" | "hdf5", false) => "keras",
                ("npz", false) => "keras_npz",
                ("safetensors", false) => "safetensors",
                _ => bail!(
                    "a model cannot be written as {} with these options\n\n{USAGE}",
                    out.display()
                ),
            });
        }
    }
    Ok(Some(job))
}

fn existing(name: &str, text: &str) -> Result<PathBuf> {
    let file = tools::absolute(text)?;
    if !file.is_file() {
        bail!("--{name}: there is no file {}", file.display());
    }
    // Chromium does not read a path with `..` in it.
    file.canonicalize().with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(task: Task, arguments: &[&str]) -> Result<Option<Value>> {
        parse(task, lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn the_ending_chooses_the_format() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        for (out, more, kind) in [
            ("a.tif", "", "mask_tif"),
            ("a.TIF", "--probability", "probability_tif"),
            ("a.tif", "--classes", "class_tif"),
            ("a.png", "", "mask_png"),
            ("a.geojson", "--tta", "geojson"),
        ] {
            let mut arguments = vec!["--model", here, "--image", here, "--out", out];
            arguments.extend(Some(more).filter(|m| !m.is_empty()));
            let job = parsed(Task::Predict, &arguments).unwrap().unwrap();
            assert_eq!(job["kind"], kind, "{arguments:?}");
        }
        let job = parsed(
            Task::Predict,
            &[
                "--model",
                here,
                "--image",
                here,
                "--out",
                "a.geojson",
                "--simplify",
                "0",
                "--right-angles",
                "--separate",
            ],
        );
        let job = job.unwrap().unwrap();
        assert_eq!((&job["simplify"], &job["right_angles"]), (&json!(0.0), &json!(true)));
        assert_eq!(job["separate"], json!(true));
        let job = parsed(Task::Convert, &["--model", here, "--out", "m.onnx", "--qgis"])
            .unwrap()
            .unwrap();
        assert_eq!(job["format"], "onnx_qgis");
        let job = parsed(Task::Convert, &["--model", here, "--out", "m.npz"])
            .unwrap()
            .unwrap();
        assert_eq!(job["format"], "keras_npz");
    }

    #[test]
    fn bad_command_lines_are_refused() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        for arguments in [
            &["--model", here, "--out", "a.tif"][..],
            &["--model", here, "--image", here, "--out", "a.jpg"],
            &["--model", here, "--image", here, "--out", "a.geojson", "--probability"],
            &["--model", "/nowhere", "--image", here, "--out", "a.tif"],
            &["--model", here, "--image", here, "--out", "a.tif", "--threshold", "2"],
            &["--model", here, "--image", here, "--out", "a.tif", "--qgis"],
            &["--model", here, "--image", here, "--out", "a.tif", "--simplify", "2"],
            &["--model", here, "--image", here, "--out", "a.tif", "--separate"],
            &[
                "--model",
                here,
                "--image",
                here,
                "--out",
                "a.geojson",
                "--simplify",
                "nan",
            ],
        ] {
            assert!(parsed(Task::Predict, arguments).is_err(), "{arguments:?}");
        }
        assert!(parsed(Task::Convert, &["--model", here, "--out", "a.pt"]).is_err());
    }
}
