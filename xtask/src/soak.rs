//! `cargo xtask soak`: trains for minutes or hours and watches memory, the page's tasks and the event queue.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use serde_json::{Value, json};

use crate::demo::one_of;
use crate::serve;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask soak [--minutes N] [--device webgpu|cpu] [--adapter swiftshader|default]

Trains on the sample scenes in headless Chromium for N minutes (30 unless told) and prints one JSON line: steps,
wasm_bytes_start, wasm_bytes_end, process_mb_start, process_mb_end, longest_task_ms (0: none over 50 ms),
long_tasks (how many), longest_task_less_stolen_ms (without what a virtual machine's host took of the cores
meanwhile), longest_own_ms (of that, what the page itself had of a core), stolen_ms (what it took in all), queue_max.
Each long task is listed on standard error.
The start figures are taken when the run has settled: after its first validation and a tenth of the time.";

pub fn command(workspace: &Workspace, args: lexopt::Parser) -> Result<ExitCode> {
    let Some(job) = parse(args)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    serve::drive(workspace, "browser/soak.mjs", &job)
}

/// The command line as the object that soak.mjs takes; `None` if help was asked for.
fn parse(mut args: lexopt::Parser) -> Result<Option<Value>> {
    let (mut minutes, mut device, mut adapter) = (30.0, "cpu".to_owned(), "swiftshader".to_owned());
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        if name == "help" {
            return Ok(None);
        }
        let value = args.value().with_context(|| format!("--{name}"))?.string()?;
        match name.as_str() {
            "minutes" => {
                minutes = value
                    .parse::<f64>()
                    .ok()
                    .filter(|m| m.is_finite() && *m > 0.0 && *m <= 24.0 * 60.0)
                    .with_context(|| format!("--minutes takes a number up to 1440, not `{value}`"))?;
            }
            "device" => device = one_of(&name, &value, &["webgpu", "cpu"])?,
            "adapter" => adapter = one_of(&name, &value, &["swiftshader", "default"])?,
            other => bail!("there is no option --{other}\n\n{USAGE}"),
        }
    }
    Ok(Some(
        json!({ "minutes": minutes, "device": device, "adapter": adapter }),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_devices_are_checked() {
        let parsed = |arguments: &[&str]| parse(lexopt::Parser::from_args(arguments));
        let job = parsed(&["--minutes", "0.5", "--device", "webgpu"]).unwrap().unwrap();
        assert_eq!(
            job,
            json!({ "minutes": 0.5, "device": "webgpu", "adapter": "swiftshader" })
        );
        assert!(parsed(&["--help"]).unwrap().is_none());
        for arguments in [
            &["--minutes", "0"][..],
            &["--minutes", "NaN"],
            &["--device", "gpu"],
            &["--x", "1"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }
}
