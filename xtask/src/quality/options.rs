//! What `cargo xtask quality` is told.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;

use crate::demo::one_of;
use crate::tools;
use crate::workspace::Workspace;

pub const USAGE: &str = "\
cargo xtask quality [--sets ggaba,amazon,inria,deadtree] [--presets fast,balanced] [--seeds 1,2,3]
                    [--steps 600 | --seconds N] [--set KEY=VALUE]... [--references | --only-references]
                    [--threads 1] [--page] [--data DIR] [--json FILE] [--with FILE]...

Trains every preset on every set with every seed through the engine, natively, and prints what each reached on the images
held back: IoU and F1 at 0.5, at the model's own threshold and at the best there is, calibration, time. Long: a run of
600 steps takes a minute or more.
Further sets: isbi (training accuracy), dubai (several classes, mean IoU), scenes-1, scenes-2, scenes-3 (the sample
scenes of these seeds, painted here). --data holds a folder of each set; without it
GROUNDMASK_DATA, else shared/data beside the checkout. Sets that are not there are left out, which is said.
--seconds: as many steps as take so long, validations left aside. --set: any setting by its protocol name.
--references: PyTorch and Keras on the same files too (tests/quality/, into a Python environment below the target
folder: gigabytes, once). --threads: theirs and ours. --page: presets in Chromium instead of natively, through the real page.
--json: every run as a line, written as they come. --with: runs of an earlier --json go into the table too; with
--presets none nothing else is run.";

/// How long each run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    Steps(u32),
    Seconds(f64),
}

impl Options {
    /// Whether there is anything but earlier runs.
    pub fn has_runs(&self) -> bool {
        self.references || !self.presets.is_empty()
    }
}

impl Budget {
    pub fn arguments(self) -> [String; 2] {
        match self {
            Budget::Steps(steps) => ["--steps".to_owned(), steps.to_string()],
            Budget::Seconds(seconds) => ["--seconds".to_owned(), seconds.to_string()],
        }
    }
}

/// What a recipe is judged on, all of them together.
const USUAL_SETS: &str = "ggaba,amazon,inria,deadtree";

/// What to run.
pub struct Options {
    pub sets: Vec<String>,
    pub presets: Vec<String>,
    pub seeds: String,
    pub budget: Budget,
    pub settings: Vec<String>,
    pub references: bool,
    pub threads: u32,
    pub page: bool,
    pub data: PathBuf,
    pub json: Option<PathBuf>,
    /// Earlier runs.
    pub with: Vec<PathBuf>,
}

/// `None` if help was asked for.
pub fn parse(workspace: &Workspace, mut args: lexopt::Parser) -> Result<Option<Options>> {
    let list = |text: &str| -> Vec<String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let mut options = Options {
        sets: list(USUAL_SETS),
        presets: list("fast,balanced"),
        seeds: "1,2,3".to_owned(),
        budget: Budget::Steps(600),
        settings: Vec::new(),
        references: false,
        threads: 1,
        page: false,
        data: usual_data(workspace),
        json: None,
        with: Vec::new(),
    };
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        match name.as_str() {
            "help" => return Ok(None),
            "references" => options.references = true,
            "only-references" => {
                options.references = true;
                options.presets.clear();
            }
            "page" => options.page = true,
            _ => {
                let value = args.value().with_context(|| format!("--{name}"))?.string()?;
                let number = || value.parse::<f64>().with_context(|| format!("--{name} {value}"));
                match name.as_str() {
                    "sets" => options.sets = list(&value),
                    "presets" if value == "none" => options.presets.clear(),
                    "presets" => {
                        let preset = |word: &String| {
                            let word = one_of(&name, word, &["fast", "balanced", "classic", "seed"])?;
                            // The protocol's word for what people see as Classic.
                            Ok(if word == "classic" { "seed".to_owned() } else { word })
                        };
                        options.presets = list(&value).iter().map(preset).collect::<Result<_>>()?;
                    }
                    "with" => options.with.push(tools::absolute(&value)?),
                    "seeds" => options.seeds = value,
                    "steps" => options.budget = Budget::Steps(number()? as u32),
                    "seconds" => options.budget = Budget::Seconds(number()?),
                    "threads" => options.threads = number()? as u32,
                    "set" => options.settings.push(value),
                    "data" => options.data = tools::absolute(&value)?,
                    "json" => options.json = Some(tools::absolute(&value)?),
                    other => bail!("there is no option --{other}\n\n{USAGE}"),
                }
            }
        }
    }
    if options.page && matches!(options.budget, Budget::Seconds(_)) {
        bail!("--page goes by --steps");
    }
    if let Some(folder) = options.json.as_deref().and_then(std::path::Path::parent) {
        fs::create_dir_all(folder)?;
    }
    Ok(Some(options))
}

fn usual_data(workspace: &Workspace) -> PathBuf {
    let beside = || {
        workspace
            .root()
            .parent()
            .unwrap_or(workspace.root())
            .join("shared/data")
    };
    env::var_os("GROUNDMASK_DATA").map_or_else(beside, PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Option<Options>> {
        parse(&Workspace::find()?, lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn the_command_line_is_read() {
        let options = parsed(&[
            "--sets",
            "isbi, dubai",
            "--presets",
            "classic",
            "--seconds",
            "30",
            "--set",
            "lr=2e-3",
        ]);
        let options = options.unwrap().unwrap();
        assert_eq!(options.sets, ["isbi", "dubai"]);
        assert_eq!(options.presets, ["seed"]);
        assert_eq!(options.budget, Budget::Seconds(30.0));
        assert_eq!(options.settings, ["lr=2e-3"]);
        assert!(parsed(&["--only-references"]).unwrap().unwrap().presets.is_empty());
        let earlier = parsed(&["--presets", "none", "--with", "a.jsonl"]).unwrap().unwrap();
        assert!(!earlier.has_runs() && earlier.with.len() == 1);
        assert!(parsed(&["--presets", "slow"]).is_err());
        assert!(parsed(&["--page", "--seconds", "3"]).is_err());
        assert!(parsed(&["--nothing"]).is_err());
    }
}
