//! The other face of the engine: files and a terminal in the place of a page.
//!
//! Whatever is computed goes through the same [`Command`](groundmask::protocol::Command)s and comes back as the same
//! [`Event`](groundmask::protocol::Event)s as in the browser, and a saved run goes on on either side.

mod args;
mod bench;
mod claim;
mod convert;
mod desk;
mod files;
mod inspect;
mod mosaic;
mod predict;
mod report;
mod scenes;
mod stac;
mod stop;
mod train;
mod voice;

use std::{io::Write, process::ExitCode};

use clap::{CommandFactory, Parser};

use crate::{
    args::{Args, Errand},
    stop::Stop,
    voice::Voice,
};

/// Runs the command line. Exit codes are those of [`Stop`]; wrong usage ends with 2.
fn main() -> ExitCode {
    let Args { json, quiet, errand } = Args::parse();
    let voice = Voice::new(json, quiet);
    let outcome = match errand {
        Errand::Train(job) => train::train(&job, &voice),
        Errand::Predict(job) => predict::predict(&job, &voice),
        Errand::Convert(job) => convert::convert(&job, &voice),
        Errand::Inspect(job) => inspect::inspect(&job, &voice),
        Errand::Bench(job) => bench::bench(&job),
        Errand::Completions { shell } => written(|out| {
            clap_complete::generate(shell, &mut Args::command(), "groundmask", out);
            Ok(())
        }),
        Errand::Man => written(|out| clap_mangen::Man::new(Args::command()).render(out)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !stop.text().is_empty() {
                voice.error(stop.text());
            }
            ExitCode::from(stop.code())
        }
    }
}

/// Puts a text on standard output at once: clap panics where a reader is gone in the middle of it.
fn written(make: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Result<(), Stop> {
    let mut text = Vec::new();
    make(&mut text).map_err(Stop::failed)?;
    // A reader that has seen enough is no fault.
    let _ = std::io::stdout().write_all(&text);
    Ok(())
}
