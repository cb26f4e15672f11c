//! `cargo xtask bench`: training and inference times of Classic's U-Net on random data, in the browser.

mod peers;
mod runner;
mod tables;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use runner::{Runner, count_operations};
use serde_json::{Map, Value, json};

use crate::build::{self, Options};
use crate::demo::one_of;
use crate::http;
use crate::node::Node;
use crate::serve;
use crate::size;
use crate::workspace::{FUSED, Workspace};

const USAGE: &str = "\
cargo xtask bench [--device webgpu|cpu] [--base 8] [--size 128] [--batch 2] [--steps 5] [--warmup 2] [--infer 5]
                  [--dropout 0.5] [--det 1] [--adapter swiftshader|default] [--timeout SECONDS]
                  [--ops | --table [--limit SECONDS] | --peers [--rounds 2]]

Trains the classic U-Net (`unet`) in headless Chromium through a page of its own and prints one JSON line. The package is
that of `cargo xtask build --features checks`: the released one, whose size is in the line, holds no benchmark.
--det 1: the weights and data of known values, no dropout, so that losses compare across libraries.
--ops: every pass of every layer alone, as a table with its share of the device's multiply-add ceiling.
--table: base {8,16,32,64} x size {128,256,512}; cells whose step would take longer than --limit (20) are estimated.
--peers: ours, jax-js and TensorFlow.js in turn, A B C A B C, from the folder GROUNDMASK_PEERS
(without it shared/bench/peers beside the checkout); prints ratios.";

/// What to measure.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    One,
    Operators,
    Table { limit_s: f64 },
    Peers { rounds: u64 },
}

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    // Names as `window.run` of bench.js takes them.
    let mut job = json!({
        "backend": "webgpu", "filters": 8, "size": 128, "batch": 2, "steps": 5, "warmup": 2, "infer": 5,
        "det": 0, "dropout": 0.5, "adapter": "swiftshader", "timeout": 900,
    });
    let (mut mode, mut limit_s, mut rounds) = (Mode::One, 20.0, 2);
    let fields: &mut Map<String, Value> = job.as_object_mut().context("not an object")?;
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        if name == "help" {
            println!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        match name.as_str() {
            "ops" => mode = Mode::Operators,
            "table" => mode = Mode::Table { limit_s },
            "peers" => mode = Mode::Peers { rounds },
            _ => {}
        }
        if matches!(name.as_str(), "ops" | "table" | "peers") {
            continue;
        }
        let value = args.value().with_context(|| format!("--{name}"))?.string()?;
        let (field, value) = match name.as_str() {
            "device" => ("backend", json!(one_of(&name, &value, &["webgpu", "cpu"])?)),
            "adapter" => ("adapter", json!(one_of(&name, &value, &["swiftshader", "default"])?)),
            "base" => ("filters", whole(&name, &value)?),
            "limit" => {
                limit_s = value.parse().context("--limit")?;
                continue;
            }
            "rounds" => {
                rounds = value.parse().context("--rounds")?;
                continue;
            }
            "dropout" => ("dropout", json!(value.parse::<f64>().context("--dropout")?)),
            "size" | "batch" | "steps" | "warmup" | "infer" | "det" | "timeout" => {
                (name.as_str(), whole(&name, &value)?)
            }
            other => bail!("there is no option --{other}\n\n{USAGE}"),
        };
        fields.insert(field.to_owned(), value);
    }
    let options = Options {
        checks: true,
        fast: false,
    };
    build::build(workspace, options)?;
    let released = workspace.pkg().join(FUSED);
    if released.is_file() {
        let wasm = size::measure(&released, false)?;
        fields.insert("wasm_raw".into(), json!(wasm.raw));
        fields.insert("wasm_gzip".into(), json!(wasm.gzip));
    }
    count_operations(&mut job);
    let node = Node::set_up(workspace)?;
    let address = http::start(0, serve::page_with_checks(workspace))?;
    let runner = Runner::new(node, format!("http://localhost:{}/tests/bench.html", address.port()));
    match mode {
        Mode::One => println!("{}", runner.run(&job)?),
        Mode::Operators => tables::operators(&runner, &job)?,
        Mode::Table { .. } => tables::sizes(&runner, &job, limit_s)?,
        Mode::Peers { .. } => peers::compare(workspace, &runner, &job, rounds)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn whole(name: &str, text: &str) -> Result<Value> {
    let parsed: u64 = text
        .parse()
        .with_context(|| format!("--{name} takes a whole number, not `{text}`"))?;
    Ok(json!(parsed))
}
