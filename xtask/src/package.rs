//! `cargo xtask build`: the whole package, with a report of its size.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::build::{self, Options};
use crate::size;
use crate::threads;
use crate::workspace::Workspace;

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("fast" | "no-wasm-opt") => options.fast = true,
            lexopt::Arg::Long("features") => {
                let features = args.value()?;
                if features != "checks" {
                    bail!(
                        "unknown feature `{}`; there is only `checks`",
                        features.to_string_lossy()
                    );
                }
                options.checks = true;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let package = build(workspace, options)?;
    size::report(workspace, &package, !options.fast)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds what changed of both parts and gives the package's folder.
pub fn build(workspace: &Workspace, options: Options) -> Result<PathBuf> {
    let package = build::build(workspace, options)?;
    threads::build(workspace, options)?;
    Ok(package)
}
