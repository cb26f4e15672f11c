//! `cargo xtask test`: every test there is, and one closing line.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::build::{self, Options};
use crate::fuzz;
use crate::http;
use crate::neighbours::{self, Programs};
use crate::node::Node;
use crate::package;
use crate::peers;
use crate::serve;
use crate::tally::{Tally, read_libtest, read_playwright, read_tap};
use crate::tools::{self, say};
use crate::workspace::Workspace;

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let (mut rust, mut browser, mut peers, mut neighbours, mut fresh) = (false, false, false, false, false);
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("rust") => rust = true,
            lexopt::Arg::Long("browser") => browser = true,
            lexopt::Arg::Long("peers") => peers = true,
            lexopt::Arg::Long("neighbours") => neighbours = true,
            lexopt::Arg::Long("fresh") => fresh = true,
            other => return Err(other.unexpected().into()),
        }
    }
    // The neighbours only where they are asked for: they take gigabytes.
    if !rust && !browser && !peers && !neighbours {
        (rust, browser, peers) = (true, true, true);
    }
    // The native command's figures are the CPU's, whatever graphics card there is, but where a test names another device.
    // SAFETY: no other thread runs yet.
    unsafe { env::set_var("GROUNDMASK_DEVICE", "cpu") };
    if fresh {
        let seed = fuzz::fresh_seed();
        say(format!("{SEED}={seed} repeats this run"));
        // SAFETY: as above.
        unsafe { env::set_var(SEED, seed.to_string()) };
    }
    let mut tally = Tally::default();
    let mut part = |name: &str, outcome: Result<Tally>| match outcome {
        Ok(result) => {
            say(format!("{name}: {} passed, {} failed", result.passed, result.failed));
            tally.add(result);
        }
        Err(error) => {
            say(format!("{name}: FAILED: {error:#}"));
            tally.failed += 1;
        }
    };
    thread::scope(|scope| {
        // Compiling to wasm is mostly one crate at a time: it goes on beside the native tests and fills the other core.
        let set_up = browser.then(|| scope.spawn(|| browser_set_up(workspace)));
        if rust {
            part("format", gate(cargo(workspace).args(["fmt", "--all", "--check"])));
            // Package by package: together cargo would unify their features and compile Burn once more.
            for (package, features) in PACKAGES {
                let clippy = ["clippy", "--package", package, "--all-targets"];
                let mut command = cargo(workspace);
                part(
                    "clippy",
                    gate(
                        command
                            .args(clippy)
                            .args(features)
                            .args(PROFILE)
                            .args(["--", "-D", "warnings"]),
                    ),
                );
                part("Rust, native", native_tests(workspace, package, features));
            }
            part("broken files", fuzz_tests(workspace));
        }
        if peers {
            part("other people's tools", peer_tests(workspace));
        }
        if neighbours {
            part("other programs", neighbour_tests(workspace));
        }
        let Some(set_up) = set_up else { return };
        match set_up.join().unwrap_or_else(|_| Err(anyhow!("it panicked"))) {
            Ok(node) => {
                part("types of the page", type_check(&node));
                part("JavaScript units", unit_tests(workspace, &node));
                part("main job in three engines", engine_tests(workspace, &node));
                part("wasm and page in Chromium", browser_tests(workspace, &node));
            }
            Err(error) => part("set-up of the browser tests", Err(error)),
        }
    });
    for name in &tally.skipped {
        println!("skipped: {name}");
    }
    for name in &tally.run_again {
        println!("passed only when run again: {name}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What random tests draw by, in Rust and in the browser: `src/checks/random.rs`.
const SEED: &str = "GROUNDMASK_TEST_SEED";
/// Of broken files for each reader.
const FUZZ_SECONDS: u64 = 3;

/// The profile is the one the alias in .cargo/config.toml runs this tool with: one set of compiled dependencies.
const PROFILE: [&str; 2] = ["--profile", "fast"];
/// Packages, and what their tests are compiled with: the kernels of the GPU wherever Burn is, so that it is compiled once.
const PACKAGES: [(&str, &[&str]); 3] = [("groundmask", GPU), ("xtask", &[]), ("groundmask-fuzz", fuzz::FEATURES)];
/// The native command is tested as it is for graphics cards.
const GPU: &[&str] = &["--features", "gpu"];

fn cargo(workspace: &Workspace) -> Command {
    let mut command = tools::command("cargo");
    command
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.cargo_target());
    command
}

/// A check that is passed or not, and counts only if not.
fn gate(command: &mut Command) -> Result<Tally> {
    tools::run(command)?;
    Ok(Tally::default())
}

fn native_tests(workspace: &Workspace, package: &str, features: &[&str]) -> Result<Tally> {
    let mut command = cargo(workspace);
    command
        .args(["test", "--package", package, "--no-fail-fast"])
        .args(features)
        .args(PROFILE);
    let mut tally = Tally::default();
    let succeeded = follow(&mut command, |line| read_libtest(line, &mut tally))?;
    if !succeeded && tally.failed == 0 {
        bail!("cargo test failed before or outside a test");
    }
    Ok(tally)
}

/// Every reader for a moment; each is a test.
fn fuzz_tests(workspace: &Workspace) -> Result<Tally> {
    let seed = env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let outcome = fuzz::run(workspace, FUZZ_SECONDS, seed, &[])?;
    Ok(Tally {
        passed: outcome.passed.len() as i64,
        failed: outcome.failed.len() as u64,
        ..Tally::default()
    })
}

/// Our files in other tools and theirs in ours.
fn peer_tests(workspace: &Workspace) -> Result<Tally> {
    let programs = build_programs(workspace)?;
    python_tests(
        &mut peers::tests(workspace, &programs.peer, &programs.native)?,
        &peers::report(workspace),
    )
}

/// Our models in programs that are not for every test run.
fn neighbour_tests(workspace: &Workspace) -> Result<Tally> {
    let programs = build_programs(workspace)?;
    let (parts, skipped) = neighbours::parts(workspace, &programs, &Node::set_up(workspace)?)?;
    let mut tally = Tally {
        skipped,
        ..Tally::default()
    };
    for mut part in parts {
        let outcome = python_tests(&mut part.command, &part.report).with_context(|| part.name)?;
        tally.add(outcome);
    }
    Ok(tally)
}

/// The core behind a command line, and the native command.
fn build_programs(workspace: &Workspace) -> Result<Programs> {
    tools::run(
        cargo(workspace)
            .args([
                "build",
                "--package",
                "groundmask",
                "--example",
                "peer",
                "--bin",
                "groundmask",
            ])
            .args(GPU)
            .args(PROFILE),
    )?;
    Ok(Programs {
        peer: workspace.cargo_target().join("fast/examples/peer"),
        native: native_program(workspace),
    })
}

/// Runs pytest and counts by its report.
fn python_tests(command: &mut Command, report: &Path) -> Result<Tally> {
    // An old report must not stand in for a run that broke off.
    let _ = fs::remove_file(report);
    let succeeded = follow(command, |_| {})?;
    let text = fs::read_to_string(report).context("pytest wrote no report")?;
    let (passed, failed, skipped) = peers::read_report(&text)?;
    if !succeeded && failed == 0 {
        bail!("pytest failed outside a test");
    }
    Ok(Tally {
        passed: passed as i64,
        failed,
        skipped,
        ..Tally::default()
    })
}

/// Everything the browser tests need: both packages, the native command (a run goes over to it and back), Node, its packages, Chromium.
fn browser_set_up(workspace: &Workspace) -> Result<Node> {
    let node = Node::set_up(workspace)?;
    package::build(workspace, Options::default())?;
    build::build(workspace, serve::WITH_CHECKS)?;
    build_programs(workspace)?;
    Ok(node)
}

/// Page and worker are two programs for the type checker: their global objects differ.
fn type_check(node: &Node) -> Result<Tally> {
    let compiler = node.package_script("typescript/bin/tsc");
    for project in ["tsconfig.json", "tsconfig.worker.json"] {
        gate(&mut node.command(&[&compiler, "--project", project]))?;
    }
    Ok(Tally::default())
}

/// Tests of the page's modules that need no browser.
fn unit_tests(workspace: &Workspace, node: &Node) -> Result<Tally> {
    let folder = workspace.tests().join("unit");
    let mut files: Vec<String> = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(".test.mjs") {
                files.push(path.display().to_string());
            }
        }
    }
    if files.is_empty() {
        return Ok(Tally::default());
    }
    files.sort();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    node_tests(&mut node.command(&node_test_arguments(&files)))
}

/// The main job in Chromium, Firefox and WebKit; those that are not installed are skipped by name.
fn engine_tests(workspace: &Workspace, node: &Node) -> Result<Tally> {
    let address = http::start(0, serve::page(workspace))?;
    let mut command = node.command(&node_test_arguments(&["browser/engines/engines.test.mjs"]));
    command.env("GROUNDMASK_URL", format!("http://localhost:{}/", address.port()));
    node_tests(&mut command)
}

fn node_test_arguments<'a>(files: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--test", "--test-reporter=tap"];
    arguments.extend(files);
    arguments
}

/// Runs Node's test runner and counts by its report.
fn node_tests(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let succeeded = follow(command, |line| read_tap(line, &mut tally))?;
    if !succeeded && tally.failed == 0 {
        bail!("node --test failed outside a test");
    }
    Ok(tally)
}

fn browser_tests(workspace: &Workspace, node: &Node) -> Result<Tally> {
    let address = http::start(0, serve::page_with_checks(workspace))?;
    let report = workspace.tests().join("out/report.json");
    // An old report must not stand in for a run that broke off.
    let _ = fs::remove_file(&report);
    let runner = node.package_script("@playwright/test/cli.js");
    let mut command = node.command(&[&runner, "test", "--config", "browser/playwright.config.mjs"]);
    command.env("GROUNDMASK_URL", format!("http://localhost:{}/", address.port()));
    command.env("GROUNDMASK_NATIVE", native_program(workspace));
    let succeeded = follow(&mut command, |_| {})?;
    let tally = read_playwright(&report)?;
    if !succeeded && tally.failed == 0 {
        bail!("Playwright failed outside a test");
    }
    Ok(tally)
}

/// The native command; the tests of the package build it too.
fn native_program(workspace: &Workspace) -> PathBuf {
    workspace.cargo_target().join("fast/groundmask")
}

/// Runs a command, shows its output line by line and hands each line on; true if it ended with exit code 0.
fn follow(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let output = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        on_line(line.trim_end());
    }
    Ok(child.wait()?.success())
}
