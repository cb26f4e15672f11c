//! What became of the scenes of a prediction.

use std::path::PathBuf;

use serde::Serialize;

use crate::args::PredictArgs;
use groundmask::protocol::{Fault, GroundResolution};

/// The report, as it is written.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub model: String,
    /// `2/8`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Of this shard.
    pub scenes: usize,
    /// Predicted now.
    pub done: Vec<Done>,
    /// Results were there already.
    pub skipped: usize,
    /// Another process was at work on them.
    pub taken: Vec<String>,
    pub failed: Vec<Failed>,
    pub interrupted: bool,
    pub elapsed_ms: f64,
}

#[derive(Debug, Serialize)]
pub struct Done {
    pub image: String,
    pub width: u32,
    pub height: u32,
    pub elapsed_ms: f64,
    /// Of image and model, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<GroundResolution>,
    pub results: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Failed {
    pub image: String,
    /// What the engine says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The same in words.
    pub words: String,
}

/// Where the report of a command goes.
pub fn place(job: &PredictArgs) -> PathBuf {
    let usual = match job.shard {
        Some(shard) => format!("groundmask-report-{}-of-{}.json", shard.number, shard.of),
        None => "groundmask-report.json".to_owned(),
    };
    job.report.clone().unwrap_or_else(|| job.out.join(usual))
}
