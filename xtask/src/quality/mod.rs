//! `cargo xtask quality`: what the presets reach on real images, by the engine itself, beside plain loops in other
//! frameworks.

mod options;
mod page;
mod runs;
mod table;

use std::fs::{self, File};
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::tools::say;
use crate::workspace::Workspace;
use options::{Options, USAGE};
use runs::Runner;
use table::Line;

pub fn command(workspace: &Workspace, args: lexopt::Parser) -> Result<ExitCode> {
    let Some(options) = options::parse(workspace, args)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    let mut lines: Vec<Line> = Vec::new();
    for path in &options.with {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for line in text.lines() {
            lines.push(read(line)?);
        }
    }
    if options.has_runs() {
        run(workspace, &options, &mut lines)?;
    }
    if lines.is_empty() {
        bail!("no run: see above");
    }
    print!("{}", table::of(&lines));
    Ok(ExitCode::SUCCESS)
}

fn read(text: &str) -> Result<Line> {
    serde_json::from_str(text).with_context(|| format!("not a run: {text}"))
}

/// Everything there is to run, set by set.
fn run(workspace: &Workspace, options: &Options, lines: &mut Vec<Line>) -> Result<()> {
    let runner = Runner::set_up(workspace, options)?;
    let mut out = match &options.json {
        Some(path) => Some(File::create(path).with_context(|| path.display().to_string())?),
        None => None,
    };
    let mut take = |text: &str| -> Result<()> {
        if let Some(file) = &mut out {
            writeln!(file, "{text}")?;
        }
        let line = read(text)?;
        say(line.progress());
        lines.push(line);
        Ok(())
    };
    for set in &options.sets {
        let plan = match runner.plan(set) {
            Ok(plan) => plan,
            Err(error) => {
                say(format!("{set} is left out: {error:#}"));
                continue;
            }
        };
        for preset in &options.presets {
            if options.page {
                page::run(workspace, options, &plan, preset, &mut take)?;
            } else {
                runner.engine(set, preset, &mut take)?;
            }
        }
        runner.references(&plan, &mut take)?;
    }
    Ok(())
}
