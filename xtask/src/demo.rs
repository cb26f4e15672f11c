//! `cargo xtask demo`: the whole job in a headless browser, through the real page.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use serde_json::{Map, Value, json};

use crate::serve;
use crate::tools;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask demo [--images PATH --masks PATH] [--test DIR] [--out DIR] [--save MODEL]
                 [--device webgpu|cpu] [--adapter swiftshader|default]
                 [--preset classic|balanced|fast] [--base N] [--tile N] [--channels rgb|grey] [--batch N]
                 [--epochs N | --steps N] [--lr X] [--seed N] [--val NAME,NAME,...] [--set FIELD=VALUE]...

Drops the files on the page in headless Chromium, trains, predicts the validation images and every image of
--test, writes masks and a screenshot to --out and the model to --save. Without --images the sample scenes
are used. PATH is a folder or one file; masks may be outlines (GeoJSON, Shapefile), laid onto the images by their place.
Without --val and --test there may be nothing to predict: then only the model is written. --set changes any other setting by its protocol name (--set depth=3). One JSON line comes last.";

pub fn command(workspace: &Workspace, args: lexopt::Parser) -> Result<ExitCode> {
    let Some(job) = parse(args)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    serve::drive(workspace, "browser/demo.mjs", &job)
}

/// The command line as the object that demo.mjs takes; `None` if help was asked for.
fn parse(mut args: lexopt::Parser) -> Result<Option<Value>> {
    let mut job = Map::new();
    // Settings by their names in `protocol::TrainConfig`.
    let mut config = Map::new();
    job.insert("device".into(), json!("cpu"));
    job.insert("adapter".into(), json!("swiftshader"));
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        if name == "help" {
            return Ok(None);
        }
        let value = args.value().with_context(|| format!("--{name}"))?.string()?;
        match name.as_str() {
            "images" | "masks" => {
                job.insert(name.clone(), json!(existing(&name, &value)?));
            }
            "test" => {
                job.insert(name.clone(), json!(existing_folder(&name, &value)?));
            }
            "out" | "save" => {
                job.insert(name, json!(tools::absolute(&value)?));
            }
            "device" => {
                job.insert(name.clone(), json!(one_of(&name, &value, &["webgpu", "cpu"])?));
            }
            "adapter" => {
                job.insert(name.clone(), json!(one_of(&name, &value, &["swiftshader", "default"])?));
            }
            "preset" => {
                let preset = one_of(&name, &value, &["seed", "classic", "balanced", "fast"])?;
                // The protocol's word for what people see as Classic.
                let preset = if preset == "classic" { "seed".to_owned() } else { preset };
                job.insert(name, json!(preset));
            }
            "channels" => {
                config.insert(name.clone(), json!(one_of(&name, &value, &["rgb", "grey"])?));
            }
            "tile" => {
                config.insert("tile_px".into(), number(&name, &value)?);
            }
            "base" | "batch" | "epochs" | "steps" | "lr" | "seed" => {
                config.insert(name.clone(), number(&name, &value)?);
            }
            "val" => {
                config.insert("val_names".into(), names(&value));
            }
            "set" => {
                let (field, parsed) = setting(&value)?;
                config.insert(field, parsed);
            }
            other => bail!("there is no option --{other}\n\n{USAGE}"),
        }
    }
    if job.contains_key("images") != job.contains_key("masks") {
        bail!("--images and --masks go together");
    }
    if config.contains_key("epochs") && config.contains_key("steps") {
        bail!("--epochs and --steps exclude each other");
    }
    if config.contains_key("epochs") {
        // Total steps of 0 means: as many as the epochs take.
        config.insert("steps".into(), json!(0));
    }
    job.insert("config".into(), Value::Object(config));
    Ok(Some(Value::Object(job)))
}

fn number(name: &str, text: &str) -> Result<Value> {
    let parsed: f64 = text
        .parse()
        .with_context(|| format!("--{name} takes a number, not `{text}`"))?;
    Ok(json!(parsed))
}

/// Names between commas.
pub fn names(text: &str) -> Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    json!(parts.collect::<Vec<_>>())
}

/// What `--set` takes: a field of the settings, and its value as a number where it is one.
pub fn setting(text: &str) -> Result<(String, Value)> {
    let (field, text) = text.split_once('=').context("--set takes FIELD=VALUE")?;
    let parsed = text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number));
    Ok((field.to_owned(), parsed))
}

pub fn one_of(name: &str, text: &str, choices: &[&str]) -> Result<String> {
    if !choices.contains(&text) {
        bail!("--{name} is one of {}, not `{text}`", choices.join(", "));
    }
    Ok(text.to_owned())
}

fn existing_folder(name: &str, text: &str) -> Result<PathBuf> {
    let folder = existing(name, text)?;
    if !folder.is_dir() {
        bail!("--{name}: {} is no folder", folder.display());
    }
    Ok(folder)
}

/// A file or folder.
fn existing(name: &str, text: &str) -> Result<PathBuf> {
    let path = tools::absolute(text)?;
    if !path.exists() {
        bail!("--{name}: there is no {}", path.display());
    }
    tools::say(format!("--{name}: {}", path.display()));
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Option<Value>> {
        parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn settings_get_their_protocol_names() {
        let job = parsed(&[
            "--device",
            "webgpu",
            "--tile",
            "128",
            "--val",
            "a.png, b.png",
            "--lr",
            "1e-3",
            "--set",
            "depth=3",
        ]);
        let job = job.unwrap().unwrap();
        assert_eq!(job["device"], "webgpu");
        assert_eq!(
            job["config"],
            json!({"tile_px": 128.0, "val_names": ["a.png", "b.png"], "lr": 1e-3, "depth": 3.0})
        );
    }

    #[test]
    fn images_and_masks_may_be_single_files() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let job = parsed(&["--images", here, "--masks", here]).unwrap().unwrap();
        assert_eq!(job["masks"], here);
        assert!(parsed(&["--test", here]).is_err());
    }

    #[test]
    fn epochs_replace_the_preset_steps() {
        assert_eq!(
            parsed(&["--epochs", "2"]).unwrap().unwrap()["config"],
            json!({"epochs": 2.0, "steps": 0})
        );
        assert!(parsed(&["--epochs", "2", "--steps", "9"]).is_err());
    }

    #[test]
    fn bad_command_lines_are_refused() {
        for arguments in [
            &["--device", "gpu"][..],
            &["--base", "eight"],
            &["--images", "/"],
            &["--nothing", "1"],
            &["--images", "/nowhere", "--masks", "/"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }
}
