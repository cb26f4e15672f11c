//! `cargo xtask label`: labelling and training as one loop in a headless browser, with the truth as the one who paints.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use serde_json::{Map, Value, json};

use crate::demo::{names, one_of, setting};
use crate::serve;
use crate::tools;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask label --images DIR --truth DIR [--val NAME,NAME,...] [--painted 10] [--strokes 12] [--minutes 5]
                  [--suggest | --random] [--more 40] [--seed N] [--out DIR] [--set FIELD=VALUE]...
                  [--device webgpu|cpu] [--adapter swiftshader|default]

Drops images without masks on the page in headless Chromium, paints --strokes strokes on each of --painted images with the mouse,
and trains for --minutes while the editor is open. --truth holds masks (PNG) of the images' names: they say where a stroke
goes and of which class it is, and only those of --val are dropped, to validate on. After half of the time
--suggest paints --more strokes where the page suggests, --random at places drawn by chance. One JSON line comes last.";

pub fn command(workspace: &Workspace, args: lexopt::Parser) -> Result<ExitCode> {
    let Some(job) = parse(args)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    serve::drive(workspace, "browser/label.mjs", &job)
}

/// The command line as the object that label.mjs takes; `None` if help was asked for.
fn parse(mut args: lexopt::Parser) -> Result<Option<Value>> {
    let (mut images, mut truth) = (None, None);
    let mut config = Map::new();
    config.insert("base".into(), json!(8));
    // A run that people end themselves: no schedule may wait for its end.
    config.insert("schedule".into(), json!("constant"));
    config.insert("lr".into(), json!(1e-3));
    let mut job = json!({
        "val": [], "painted": 10.0, "strokes": 12.0, "minutes": 5.0, "more": "none", "more_strokes": 40.0, "seed": 1.0,
        "device": "cpu", "adapter": "swiftshader",
    });
    while let Some(arg) = args.next()? {
        let lexopt::Arg::Long(name) = arg else {
            return Err(arg.unexpected().into());
        };
        let name = name.to_owned();
        let mut value = || -> Result<String> { Ok(args.value().with_context(|| format!("--{name}"))?.string()?) };
        match name.as_str() {
            "help" => return Ok(None),
            "images" => images = Some(folder(&name, &value()?)?),
            "truth" => truth = Some(folder(&name, &value()?)?),
            "out" => job["out"] = json!(tools::absolute(&value()?)?),
            "val" => job["val"] = names(&value()?),
            "painted" | "strokes" | "minutes" | "seed" => job[&name] = positive(&name, &value()?)?,
            "more" => job["more_strokes"] = positive(&name, &value()?)?,
            "suggest" | "random" => {
                if job["more"] != "none" {
                    bail!("--suggest and --random exclude each other");
                }
                job["more"] = json!(name);
            }
            "device" => job[&name] = json!(one_of(&name, &value()?, &["webgpu", "cpu"])?),
            "adapter" => job[&name] = json!(one_of(&name, &value()?, &["swiftshader", "default"])?),
            "set" => {
                let (field, parsed) = setting(&value()?)?;
                config.insert(field, parsed);
            }
            other => bail!("there is no option --{other}\n\n{USAGE}"),
        }
    }
    job["images"] = json!(images.with_context(|| format!("--images is missing\n\n{USAGE}"))?);
    job["truth"] = json!(truth.with_context(|| format!("--truth is missing\n\n{USAGE}"))?);
    job["config"] = Value::Object(config);
    Ok(Some(job))
}

fn positive(name: &str, text: &str) -> Result<Value> {
    let number: f64 = text
        .parse()
        .with_context(|| format!("--{name} takes a number, not `{text}`"))?;
    if !(number > 0.0 && number.is_finite()) {
        bail!("--{name} takes a number above 0, not `{text}`");
    }
    Ok(json!(number))
}

fn folder(name: &str, text: &str) -> Result<PathBuf> {
    let path = tools::absolute(text)?;
    if !path.is_dir() {
        bail!("--{name}: {} is no folder", path.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Option<Value>> {
        parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn what_is_not_said_has_its_usual_value() {
        let job = parsed(&[
            "--images",
            "/",
            "--truth",
            "/",
            "--val",
            "a.png, b.png",
            "--suggest",
            "--set",
            "depth=3",
        ]);
        let job = job.unwrap().unwrap();
        assert_eq!(job["val"], json!(["a.png", "b.png"]));
        assert_eq!(job["strokes"], 12.0);
        assert_eq!(job["more"], "suggest");
        assert_eq!(
            job["config"],
            json!({"base": 8, "schedule": "constant", "lr": 1e-3, "depth": 3.0})
        );
    }

    #[test]
    fn bad_command_lines_are_refused() {
        for arguments in [
            &["--images", "/"][..],
            &["--images", "/", "--truth", "/nowhere"],
            &["--images", "/", "--truth", "/", "--suggest", "--random"],
            &["--images", "/", "--truth", "/", "--minutes", "0"],
            &["--images", "/", "--truth", "/", "--nothing", "1"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }
}
