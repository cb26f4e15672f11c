//! Ours beside the libraries a user would pick instead, in turn, on the same machine in the same minutes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::runner::Runner;
use crate::tools::{self, say};
use crate::workspace::Workspace;

/// What is run in each round, in this order.
const TURNS: [(&str, &str); 4] = [
    ("jaxjs", "webgpu"),
    ("ours", "webgpu"),
    ("tfjs", "webgpu"),
    ("ours", "cpu"),
];

/// Prints each run's median step and, at the end, the peers' times over ours.
pub fn compare(workspace: &Workspace, runner: &Runner, job: &Value, rounds: u64) -> Result<()> {
    let folder = set_up(workspace)?;
    println!(
        "{:>5} {:6} {:7} {:>10} {:>10} {:>10}",
        "round", "who", "device", "train ms", "infer ms", "first ms"
    );
    let mut best = [(f64::INFINITY, f64::INFINITY); TURNS.len()];
    for round in 1..=rounds {
        for (turn, (who, device)) in TURNS.into_iter().enumerate() {
            let found = match run(&folder, runner, job, who, device) {
                Ok(found) => found,
                Err(error) => {
                    println!("{round:>5} {who:6} {device:7} failed: {error:#}");
                    continue;
                }
            };
            let number = |key: &str| found[key].as_f64().unwrap_or(f64::NAN);
            let (train, infer) = (number("trainMs"), number("inferMs"));
            println!(
                "{round:>5} {who:6} {device:7} {train:>10.0} {infer:>10.0} {:>10.0}",
                number("trainFirstMs")
            );
            best[turn] = (best[turn].0.min(train), best[turn].1.min(infer));
        }
    }
    let [jax, ours, tf, cpu] = best;
    println!(
        "shortest medians, peer over ours on WebGPU: jax-js {:.1}x, TensorFlow.js {:.1}x a step",
        jax.0 / ours.0,
        tf.0 / ours.0
    );
    println!(
        "the faster peer's WebGPU step over our CPU step: {:.1}x",
        jax.0.min(tf.0) / cpu.0
    );
    Ok(())
}

/// A copy of the peers' benchmark that can be written to, with its packages installed.
fn set_up(workspace: &Workspace) -> Result<PathBuf> {
    let beside = || {
        workspace
            .root()
            .parent()
            .map(|folder| folder.join("shared/bench/peers"))
    };
    let source = env::var_os("GROUNDMASK_PEERS").map(PathBuf::from).or_else(beside);
    let source = source.context("the peers' side: set GROUNDMASK_PEERS to its folder")?;
    if !source.join("bench.mjs").is_file() {
        bail!(
            "{} is not there: it holds the peers' side; GROUNDMASK_PEERS names another folder",
            source.display()
        );
    }
    let folder = workspace.root().join("target/peers");
    if !folder.join("dist").is_dir() {
        say("setting the peers up in target/peers");
        copy(&source, &folder)?;
        let npm = tools::find("npm").context("npm is missing; install it with: apt-get install npm")?;
        let quiet = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
        for arguments in [&quiet[..], &["run", "build"]] {
            let mut command = tools::command(&npm);
            command.current_dir(&folder).args(arguments).stdout(Stdio::null());
            command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
            tools::run(&mut command)?;
        }
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}

fn run(folder: &Path, runner: &Runner, job: &Value, who: &str, device: &str) -> Result<Value> {
    let text = |key: &str| job[key].to_string();
    let node = tools::find("node").context("node is missing")?;
    let mut command = tools::command(node);
    command
        .current_dir(folder)
        .args(["bench.mjs", "--lib", who, "--backend", device]);
    command.args([
        "--filters",
        &text("filters"),
        "--size",
        &text("size"),
        "--batch",
        &text("batch"),
    ]);
    // TensorFlow.js takes ten times as long; three steps are a median too.
    let steps = if who == "tfjs" { "3".to_owned() } else { text("steps") };
    command.args(["--steps", &steps, "--infer", "2"]);
    if who == "ours" {
        command.args(["--url", runner.url()]);
    }
    if job["adapter"] == "default" {
        command.args(["--adapter", "default"]);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    let found: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
    match found["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => Ok(found),
    }
}
