//! `cargo xtask generate`: what the page must know of the engine's plain values, written into `www/generated/`.
//!
//! The values are compiled into this program too: they import nothing else of the crate, and so writing them takes no
//! build of the engine.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::tools::say;
use crate::workspace::Workspace;

#[allow(dead_code, unused_imports)]
#[path = "../../src/values/mod.rs"]
pub mod values;

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    write(workspace)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the file where it is stale.
pub fn write(workspace: &Workspace) -> Result<()> {
    let (file, text) = (constants_file(workspace), constants()?);
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = file.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    say(format!("{} is written anew", workspace.show(&file)));
    Ok(())
}

fn constants_file(workspace: &Workspace) -> PathBuf {
    workspace.www().join("generated/constants.js")
}

const HEAD: &str = "\
// @ts-check
/**
 * Numbers, names and the rows of the settings that engine and page must agree on.
 *
 * Written by `cargo xtask generate` (and every build) from src/values/; a test says when it is stale. Do not edit.
 */
";

const FIELDS_HEAD: &str = "
/**
 * A setting's row; its label and help are the page's own.
 * @typedef {object} Row
 * @property {Exclude<keyof import('../../pkg/groundmask.js').TrainConfig, 'preset'>} name
 * @property {'number' | 'whole' | 'choice' | 'names' | 'numbers' | 'word'} kind
 * @property {'name' | 'main' | 'augment' | 'network' | 'tiles' | 'length' | 'learning' | 'validation'} group
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step] what its slider moves by
 * @property {readonly string[]} [options] the words it may be, in the order in which they are offered
 */

/** Every setting but the preset, in the order of the form. @type {readonly Row[]} */
export const FIELDS = [
";

/// The text of `constants.js`.
fn constants() -> Result<String> {
    let mut out = HEAD.to_owned();
    for (note, name, value) in [
        (
            "Version of the protocol.",
            "PROTOCOL_VERSION",
            f64::from(values::PROTOCOL_VERSION),
        ),
        (
            "Largest file read whole, bytes.",
            "MAX_FILE_BYTES",
            values::MAX_FILE_BYTES as f64,
        ),
        (
            "Most entries taken from one zip.",
            "MAX_ZIP_ENTRIES",
            f64::from(values::MAX_ZIP_ENTRIES),
        ),
        (
            "Most bytes one zip may unpack to.",
            "MAX_ZIP_BYTES",
            values::MAX_ZIP_BYTES as f64,
        ),
        ("Classes at most.", "MAX_CLASSES", values::MAX_CLASSES as f64),
        (
            "Bands of an image that a network sees at most.",
            "MAX_BANDS",
            values::MAX_BANDS as f64,
        ),
        (
            "Label of a pixel that is not labelled.",
            "UNLABELLED",
            f64::from(values::UNLABELLED),
        ),
        (
            "In a patch of labels: the pixel keeps its label.",
            "UNTOUCHED",
            f64::from(values::UNTOUCHED),
        ),
        (
            "Side of what is predicted at most for a look at it, pixels.",
            "MAX_VIEW_PX",
            f64::from(values::MAX_VIEW_PX),
        ),
        (
            "Where probabilities are cut if nothing chose that.",
            "EVEN_ODDS",
            values::EVEN_ODDS,
        ),
        (
            "Outlines of fewer pixels are left out unless other is asked for.",
            "USUAL_SMALLEST_PX",
            values::USUAL_SMALLEST_PX,
        ),
        (
            "Validations that a run tells of.",
            "MAX_VALIDATIONS",
            values::MAX_VALIDATIONS as f64,
        ),
        (
            "Fewer usable pairs than this cannot be divided sensibly.",
            "FEW_PAIRS",
            values::FEW_PAIRS as f64,
        ),
    ] {
        writeln!(
            out,
            "\n/** {note} */\nexport const {name} = {};",
            constant_number(value)
        )?;
    }
    let formats = values::IMAGE_FORMATS;
    let image_endings: Vec<&str> = formats.iter().flat_map(|format| format.endings).copied().collect();
    for (note, name, endings) in [
        ("Endings of images", "IMAGE_ENDINGS", &image_endings[..]),
        ("Endings of outlines", "OUTLINE_ENDINGS", values::OUTLINE_ENDINGS),
    ] {
        writeln!(
            out,
            "\n/** {note}: no part of a picture's name. */\nexport const {name} = [{}];",
            words(endings)
        )?;
    }
    writeln!(
        out,
        "\n/** Image formats that are read, as people call them. */\nexport const IMAGE_FORMATS = [{}];",
        words(&formats.map(|format| format.name))
    )?;
    let presets = values::Preset::ALL.iter().map(serde_json::to_value);
    let presets = presets.collect::<Result<Vec<_>, _>>()?;
    let presets: Vec<&str> = presets.iter().filter_map(|preset| preset.as_str()).collect();
    writeln!(
        out,
        "\n/** In the order in which they are offered. */\nexport const PRESETS = /** @type {{const}} */ ([{}]);",
        words(&presets)
    )?;
    out.push_str(FIELDS_HEAD);
    for field in values::FIELDS {
        write!(
            out,
            "  {{ name: '{}', kind: '{}', group: '{}'",
            field.name(),
            field.kind(),
            field.group().word()
        )?;
        if let Some([min, max]) = field.limits() {
            write!(out, ", min: {}, max: {}", constant_number(min), constant_number(max))?;
        }
        if let Some(step) = field.slider_step() {
            write!(out, ", step: {}", constant_number(step))?;
        }
        if let Some(options) = field.options() {
            write!(out, ", options: [{}]", words(&options))?;
        }
        out.push_str(" },\n");
    }
    out.push_str("];\n");
    if out.contains('\\') || out.contains("''") {
        bail!("a word of the settings is empty or needs escaping");
    }
    Ok(out)
}

/// As JavaScript writes it: whole numbers without a point.
fn constant_number(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 9e15 {
        true => format!("{value:.0}"),
        false => format!("{value}"),
    }
}

fn words<T: AsRef<str>>(list: &[T]) -> String {
    let quoted: Vec<String> = list.iter().map(|word| format!("'{}'", word.as_ref())).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_what_lies_there() {
        let workspace = Workspace::find().expect("a checkout");
        let there = fs::read_to_string(constants_file(&workspace)).unwrap_or_default();
        assert!(
            there == constants().expect("text"),
            "www/generated/constants.js is stale: run `cargo xtask generate`"
        );
    }
}
