//! `cargo xtask trips`: how many files a newcomer has to touch, or to read, for six common errands.
//!
//! - A setting, an image format, an operator: the files that name a given one in their code, in any spelling
//!   (`clip_norm`, `clip-norm`, `clipNorm`, `ClipNorm`); of an operator also all of its folder below `src/ops/`. Comments,
//!   documents, generated files and other people's code do not count; tests do, and are told apart. A format is judged
//!   without its tests, which name others' formats to have them refused.
//! - A file to a tile, a training step, a probability to a GeoTIFF: the files of the hops in `xtask/trips.txt`.
//!
//! `--at COMMIT` counts an old commit by the same rules.

mod hops;

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use lexopt::ValueExt;

use crate::sources::Sources;
use crate::structure::code::{self, Language};
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask trips [--at COMMIT] [--setting NAME]... [--format NAME]... [--operator NAME]... [--short]

Counts, with their names, the files of six errands. Without names: the settings clip_norm and label_smoothing, the format
webp, the operator relu_mask. --short leaves the names of the files out.";

/// What a thing is called by whoever adds one, and the most files that should take.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Setting,
    Format,
    Operator,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Format => "image format",
            Self::Operator => "operator",
        }
    }

    fn at_most(self) -> usize {
        match self {
            Self::Setting | Self::Operator => 6,
            Self::Format => 4,
        }
    }
}

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let (mut commit, mut things, mut short) = (None, Vec::new(), false);
    while let Some(arg) = args.next()? {
        let kind = match arg {
            lexopt::Arg::Long("help") => {
                println!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            lexopt::Arg::Long("at") => {
                commit = Some(args.value()?.string()?);
                continue;
            }
            lexopt::Arg::Long("short") => {
                short = true;
                continue;
            }
            lexopt::Arg::Long("setting") => Kind::Setting,
            lexopt::Arg::Long("format") => Kind::Format,
            lexopt::Arg::Long("operator") => Kind::Operator,
            other => return Err(other.unexpected().into()),
        };
        things.push((kind, args.value()?.string()?));
    }
    if things.is_empty() {
        let usual = [
            (Kind::Setting, "clip_norm"),
            (Kind::Setting, "label_smoothing"),
            (Kind::Format, "webp"),
            (Kind::Operator, "relu_mask"),
        ];
        things.extend(usual.map(|(kind, name)| (kind, name.to_owned())));
    }
    let sources = match &commit {
        Some(commit) => Sources::of_commit(workspace, commit)?,
        None => Sources::of_disk(workspace)?,
    };
    let mut is_whole = true;
    for trip in hops::read(workspace)? {
        let layout = match trip.layout(&sources) {
            Ok(layout) => layout,
            Err(error) => {
                println!("{}: {error}", trip.name);
                is_whole = false;
                continue;
            }
        };
        let held = match layout.held_by.len() {
            0 => String::new(),
            types => format!("; held by {types}: {}", layout.held_by.join(", ")),
        };
        println!(
            "{}: {} files{}{held}",
            trip.name,
            layout.files().len(),
            wanted(trip.at_most)
        );
        for hop in layout.hops.iter().filter(|_| !short) {
            println!("    {hop}");
        }
    }
    for (kind, name) in &things {
        let files = naming(&sources, *kind, name);
        if files.is_empty() {
            println!("a new {}, {name}: there is none yet", kind.word());
            continue;
        }
        let (tests, own): (Vec<&str>, Vec<&str>) = files.iter().partition(|path| is_test(path));
        println!(
            "a new {}, {name}: {} files{}: {} of source, {} of tests",
            kind.word(),
            files.len(),
            wanted(Some(kind.at_most())),
            own.len(),
            tests.len()
        );
        for path in own.iter().chain(&tests).filter(|_| !short) {
            println!("    {path}");
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wanted(at_most: Option<usize>) -> String {
    at_most.map_or_else(String::new, |files| format!(" (wanted: at most {files})"))
}

fn code_of(path: &str, text: &str) -> String {
    Language::of(path).map_or_else(String::new, |language| code::without_comments(text, language))
}

/// The files that whoever adds such a thing has to touch, by one that is there.
fn naming<'a>(sources: &'a Sources, kind: Kind, name: &str) -> BTreeSet<&'a str> {
    let folder = format!("src/ops/{name}/");
    let spellings = spellings(name);
    let mut found = BTreeSet::new();
    for (path, text) in sources.iter() {
        if !counts(path) || kind == Kind::Format && is_test(path) {
            continue;
        }
        let code = code_of(path, text);
        let code = if kind == Kind::Format {
            code.to_lowercase()
        } else {
            code
        };
        if kind == Kind::Operator && path.starts_with(&folder)
            || spellings.iter().any(|spelling| code.contains(spelling))
        {
            found.insert(path);
        }
    }
    found
}

/// Code written here, by hand; the tables of this command and of the rules of the house name things of their own.
fn counts(path: &str) -> bool {
    let places = ["src/", "www/", "tests/", "xtask/src/", "fuzz/", "Cargo.toml"];
    places.iter().any(|place| path.starts_with(place))
        && !["/vendor/", "/generated/", "xtask/src/trips/", "xtask/src/structure/"]
            .iter()
            .any(|other| path.contains(other))
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("tests/")
        || path.starts_with("fuzz/")
        || path.contains("/tests/")
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
}

/// `clip_norm`, `clip-norm`, `clipNorm`, `ClipNorm`, `CLIP_NORM`.
fn spellings(name: &str) -> BTreeSet<String> {
    let words: Vec<&str> = name.split('_').collect();
    let capital = |word: &&str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    let pascal: String = words.iter().map(capital).collect();
    let camel = words[0].to_owned() + &pascal[words[0].len()..];
    [name.to_owned(), words.join("-"), camel, pascal, name.to_uppercase()].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_every_spelling_and_not_in_comments_documents_or_what_is_generated() {
        let sources = Sources::of(&[
            ("src/a.rs", "let clip_norm = 1;"),
            ("src/b_tests.rs", "ClipNorm"),
            ("src/c.rs", "// clip_norm"),
            ("www/d.js", "x.clipNorm"),
            ("www/generated/e.js", "clip_norm"),
            ("README.md", "clip_norm"),
            ("tests/f.mjs", "'clip-norm'"),
            ("src/ops/clip_norm/cpu.rs", ""),
        ]);
        let found: Vec<&str> = naming(&sources, Kind::Setting, "clip_norm").into_iter().collect();
        assert_eq!(found, ["src/a.rs", "src/b_tests.rs", "tests/f.mjs", "www/d.js"]);
        assert_eq!(naming(&sources, Kind::Operator, "clip_norm").len(), 5);
        assert_eq!(naming(&sources, Kind::Format, "clip_norm").len(), 1);
        assert!(is_test("src/b_tests.rs") && is_test("tests/f.mjs") && !is_test("src/a.rs"));
    }
}
