//! `cargo xtask fuzz`: broken files for every reader. The search is in `fuzz/`; this compiles the library with LLVM's
//! coverage counters, which stable Rust can do, and runs target after target.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;

use crate::node;
use crate::tools::{self, say};
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask fuzz [--seconds N] [--seed S] [--fresh] [TARGET...]

Gives broken files to the readers of tiff, image, geojson, shapefile, sidecar, hdf5, safetensors, gmrun and zip, N
seconds each (10 unless told), and looks for panics, for memory and for time beyond a limit. The seed is fixed; --fresh
draws one. What breaks a reader is written to target/fuzz/TARGET/. Once the fault is mended, it belongs into
fuzz/found/FAULT/ as TARGET or TARGET-2: every search begins with those.";

/// The same features of Burn as the tests of the library have: it is compiled once for both.
pub const FEATURES: &[&str] = &["--features", "groundmask/webgpu"];
/// The page's reader, which Node runs.
const ZIP: &str = "zip";
/// Set for the compiler's wrapper.
const WRAPPER: &str = "GROUNDMASK_RUSTC_WITH_COVERAGE";

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let (mut seconds, mut seed, mut targets) = (10, None, Vec::new());
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("seconds") => seconds = args.value()?.parse()?,
            lexopt::Arg::Long("seed") => seed = Some(args.value()?.parse()?),
            lexopt::Arg::Long("fresh") => seed = Some(fresh_seed()),
            lexopt::Arg::Value(name) => targets.push(name.string()?),
            lexopt::Arg::Long("help") => {
                println!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let broken = run(workspace, seconds, seed, &targets)?.failed;
    for name in &broken {
        println!("broken: {name}");
    }
    Ok(if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Nanoseconds of the clock.
pub fn fresh_seed() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |d| d.as_nanos() as u64)
}

/// Names of targets.
#[derive(Debug, Default)]
pub struct Outcome {
    pub passed: Vec<String>,
    pub failed: Vec<String>,
}

/// Runs these targets, or all.
pub fn run(workspace: &Workspace, seconds: u64, seed: Option<u64>, targets: &[String]) -> Result<Outcome> {
    let program = build(workspace)?;
    let listed = tools::capture(tools::command(&program).arg("--list"))?;
    let mut known: Vec<&str> = listed.lines().collect();
    known.push(ZIP);
    if let Some(name) = targets.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no target `{name}`; there are {}", known.join(", "));
    }
    let out = workspace.root().join("target/fuzz");
    fs::create_dir_all(&out)?;
    let mut outcome = Outcome::default();
    for name in known {
        if !targets.is_empty() && !targets.iter().any(|target| target == name) {
            continue;
        }
        let mut command = if name == ZIP {
            let mut command = tools::command(node::find_node()?);
            command.arg(workspace.root().join("fuzz/zip.mjs"));
            command
        } else {
            let mut command = tools::command(&program);
            command.arg(name);
            command
        };
        command
            .current_dir(workspace.root())
            .args(["--seconds", &seconds.to_string()])
            .arg("--out")
            .arg(&out);
        if let Some(seed) = seed {
            say(format!("{name}: --seed {seed}"));
            command.args(["--seed", &seed.to_string()]);
        }
        let status = command.status().with_context(|| format!("cannot start {name}"))?;
        if status.success() {
            outcome.passed.push(name.to_owned());
        } else {
            if status.code() != Some(1) {
                // A stack overflow, or memory refused: the program is gone with it.
                say(format!(
                    "{name}: {status}, while it read {}",
                    out.join(name).join("current").display()
                ));
            }
            outcome.failed.push(name.to_owned());
        }
    }
    Ok(outcome)
}

/// Compiles the search, and the library with counters. Cargo keeps what a wrapper compiled apart from what it did not, and
/// the dependencies, which have no counters, are those of the tests.
fn build(workspace: &Workspace) -> Result<std::path::PathBuf> {
    let own = env::current_exe().context("this program's path")?;
    tools::run(
        tools::command("cargo")
            .current_dir(workspace.root())
            .args(["build", "--package", "groundmask-fuzz", "--profile", "fast"])
            .args(FEATURES)
            .env("CARGO_TARGET_DIR", workspace.cargo_target())
            .env("RUSTC_WORKSPACE_WRAPPER", own)
            .env(WRAPPER, "1"),
    )?;
    Ok(workspace.cargo_target().join("fast/groundmask-fuzz"))
}

/// Where cargo called this program as `xtask RUSTC ARGUMENTS...`, compiles, and gives the exit code.
pub fn compile_with_coverage() -> Option<ExitCode> {
    env::var_os(WRAPPER)?;
    let mut args = env::args_os().skip(1);
    let rustc = args.next()?;
    if Path::new(&rustc).file_stem()? != "rustc" {
        return None;
    }
    let args: Vec<_> = args.collect();
    let mut command = Command::new(rustc);
    let is_library = args
        .windows(2)
        .any(|two| two[0] == "--crate-name" && two[1] == "groundmask");
    command.args(&args);
    if is_library {
        // See "SanitizerCoverage" in Clang's documentation.
        command.arg("-Cpasses=sancov-module");
        for option in ["level=3", "inline-8bit-counters", "trace-compares"] {
            command.arg(format!("-Cllvm-args=-sanitizer-coverage-{option}"));
        }
    }
    let code = command.status().ok()?.code().unwrap_or(1);
    Some(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
