//! Gives broken files to the readers of user files and looks for panics, for memory beyond a limit and for time beyond one.
//!
//! `groundmask-fuzz TARGET --seconds N [--seed S] [--out FOLDER]`, as `cargo xtask fuzz` calls it; `groundmask-fuzz --list`.
//! Inputs are changed at random, and those that reach new code are kept and changed further: `xtask` compiles the library
//! with LLVM's coverage counters (`coverage`), on stable Rust. Without them it works too, blindly.
//! First come the seeds (files of the tests) and every input that was ever found to break a reader (`fuzz/found/FAULT/`).

mod coverage;
mod memory;
mod mutate;
mod search;
mod seeds;
mod targets;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use search::{Options, search};

fn main() -> ExitCode {
    match options() {
        Ok(None) => {
            targets::NAMES.iter().for_each(|name| println!("{name}"));
            ExitCode::SUCCESS
        }
        Ok(Some((name, options))) => {
            let outcome = search(&name, &options);
            println!("{name}: {outcome}");
            if outcome.found == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("groundmask-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

/// None: list the targets.
fn options() -> Result<Option<(String, Options)>, String> {
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or("which target?")?;
    if name == "--list" {
        return Ok(None);
    }
    if !targets::NAMES.contains(&name.as_str()) {
        return Err(format!("no target `{name}`; there are {}", targets::NAMES.join(", ")));
    }
    let mut options = Options {
        time: Duration::from_secs(10),
        seed: groundmask::checks::random::FIXED_SEED,
        out: PathBuf::from("target/fuzz"),
    };
    while let Some(option) = args.next() {
        let value = args.next().ok_or(format!("{option} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{option}: {e}"));
        match option.as_str() {
            "--seconds" => options.time = Duration::from_secs(number()?),
            "--seed" => options.seed = number()?,
            "--out" => options.out = PathBuf::from(value),
            other => return Err(format!("what is {other}?")),
        }
    }
    Ok(Some((name, options)))
}
