//! The same runs in Chromium, through the real page: `tests/browser/demo.mjs` with the files of a set.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::options::{Budget, Options};
use super::runs::Plan;
use crate::serve;
use crate::workspace::Workspace;

/// A preset on a set with every seed. What the page tells of a run is less than what the engine's own events hold: IoU at
/// the model's threshold, and the time of a step.
pub fn run(
    workspace: &Workspace,
    options: &Options,
    plan: &Plan,
    preset: &str,
    take: &mut impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let folder = workspace.cargo_target().join("quality").join(&plan.set);
    let held_back = stage(plan, &folder)?;
    for seed in options.seeds.split(',') {
        let mut config = json!({"val_names": held_back, "seed": number(seed)?});
        if let Budget::Steps(steps) = options.budget {
            config["steps"] = json!(steps);
        }
        if held_back.is_empty() {
            config["val_share"] = json!(0);
        }
        for setting in &options.settings {
            let (field, text) = setting.split_once('=').context("--set takes KEY=VALUE")?;
            config[field] = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        }
        let job = json!({
            "device": "cpu", "adapter": "swiftshader", "preset": preset, "config": config,
            "images": folder.join("image"), "masks": folder.join("label"),
        });
        let mut script = serve::script_over_page(workspace, "browser/demo.mjs", &job)?;
        let output = script.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("the page failed on {}", plan.set);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let found: Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
        take(&line(plan, preset, &config, &found).to_string())?;
    }
    Ok(())
}

fn number(text: &str) -> Result<f64> {
    text.trim().parse().with_context(|| format!("--seeds {text}"))
}

/// The demo's figures under the names of a native run.
fn line(plan: &Plan, preset: &str, config: &Value, found: &Value) -> Value {
    let seconds = || Some(found["ms_per_step"].as_f64()? * found["steps"].as_f64()? / 1000.0);
    let accuracy = ["val_accuracy", "train_accuracy"].into_iter().map(|key| &found[key]);
    json!({
        "set": plan.set, "framework": "page", "preset": preset, "seed": config["seed"], "steps": found["steps"],
        "iou": found["val_iou"], "threshold": found["threshold"], "iou_own": found["val_iou"], "f1_own": found["val_f1"],
        "accuracy": accuracy.into_iter().find(|value| !value.is_null()), "seconds": seconds(),
    })
}

/// Copies the files of a set, and no others, to `image/` and `label/`; gives the names of the images held back.
fn stage(plan: &Plan, folder: &Path) -> Result<Vec<String>> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut held_back = Vec::new();
    for part in ["train", "validation"] {
        for pair in plan.files[part].as_array().context("a plan without its files")? {
            for (at, side) in ["image", "label"].into_iter().enumerate() {
                let from = Path::new(pair[at].as_str().context("a plan without a path")?);
                let name = from.file_name().context("a path without a name")?;
                fs::create_dir_all(folder.join(side))?;
                fs::copy(from, folder.join(side).join(name)).with_context(|| from.display().to_string())?;
                if side == "image" && part == "validation" {
                    held_back.push(name.to_string_lossy().into_owned());
                }
            }
        }
    }
    Ok(held_back)
}
