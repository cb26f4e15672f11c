//! `cargo xtask trips`: how many files a newcomer has to touch, or to read, for six common errands.
//!
//! A file to a tile, a training step, a probability to a GeoTIFF: the files of the hops in `xtask/trips.txt`.
//!
//! A setting, an image format, an operator: what a given one touches, found by its name in the code, in any spelling
//! (`clip_norm`, `clip-norm`, `clipNorm`, `ClipNorm`). Comments, documents, generated files and other people's code do not
//! count.
//!
//! - Of a setting every file counts that names it, tests too: they are part of the recipe.
//! - Of an image format the files count that a new one touches: its row of names, its reader, where that is entered, and the
//!   crate. Not its tests, which name others' formats to have them refused, nor `src/formats/tiff/`, if it is not TIFF: its
//!   codecs inside TIFF have the names of image formats (JPEG, WebP) and are other code. Both are listed apart.
//! - Of an operator its folder below `src/ops/` counts, `src/ops/mod.rs`, and whoever computes with it: one that several
//!   use counts one more for each. Listed apart are files that only compare: checks, tests, and references of other
//!   operators that take no more of it than its plain loops (`relu_mask_plain`).
//!
//! `--at COMMIT` counts an old commit by the same rules.

mod hops;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::Result;
use lexopt::ValueExt;

use crate::sources::Sources;
use crate::structure::code::{self, Language};
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask trips [--at COMMIT] [--setting NAME]... [--format NAME]... [--operator NAME]... [--short]

Counts, with their names, the files of six errands. Without names: the settings clip_norm and label_smoothing, the format
webp (the image file, not TIFF's codec of that name), the operator relu_mask. --short leaves the names of the files out.";

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
        let count = naming(&sources, *kind, name);
        if count.files.is_empty() {
            println!("a new {}, {name}: there is none yet", kind.word());
            continue;
        }
        println!(
            "a new {}, {name}: {} files{}{}",
            kind.word(),
            count.files.len(),
            wanted(Some(kind.at_most())),
            count.parts(*kind, name)
        );
        print_files(count.files.iter().filter(|path| !is_test(path)), short);
        print_files(count.files.iter().filter(|path| is_test(path)), short);
        for (why, files) in &count.apart {
            println!("  not counted, {why}: {} files", files.len());
            print_files(files, short);
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

fn print_files<'a>(files: impl IntoIterator<Item = &'a &'a str>, short: bool) {
    for path in files.into_iter().filter(|_| !short) {
        println!("    {path}");
    }
}

/// The files that whoever adds such a thing has to touch, by one that is there.
#[derive(Default)]
struct Count<'a> {
    files: BTreeSet<&'a str>,
    /// Files that name it and do not count, by the reason.
    apart: BTreeMap<&'static str, BTreeSet<&'a str>>,
}

impl Count<'_> {
    /// What the files are, in words.
    fn parts(&self, kind: Kind, name: &str) -> String {
        let tests = self.files.iter().filter(|path| is_test(path)).count();
        match kind {
            Kind::Setting => format!(": {} of source, {tests} of tests", self.files.len() - tests),
            Kind::Format => String::new(),
            Kind::Operator => {
                let own = self.files.iter().filter(|path| path.starts_with(&folder(name))).count();
                let callers = self.files.iter().filter(|path| is_caller(path, name)).count();
                format!(": {own} in its folder, {OPERATORS}, {callers} that compute with it")
            }
        }
    }
}

/// Where every operator is entered.
const OPERATORS: &str = "src/ops/mod.rs";

fn folder(operator: &str) -> String {
    format!("src/ops/{operator}/")
}

fn is_caller(path: &str, operator: &str) -> bool {
    path != OPERATORS && !path.starts_with(&folder(operator))
}

fn naming<'a>(sources: &'a Sources, kind: Kind, name: &str) -> Count<'a> {
    let spellings = spellings(name);
    let mut count = Count::default();
    for (path, text) in sources.iter().filter(|(path, _)| counts(path)) {
        let mut code = code_of(path, text);
        if kind == Kind::Format {
            code = code.to_lowercase();
        }
        let is_named = |code: &str| spellings.iter().any(|spelling| code.contains(spelling));
        let is_own = kind == Kind::Operator && path.starts_with(&folder(name));
        if !is_own && !is_named(&code) {
            continue;
        }
        let reason = match kind {
            Kind::Format if is_test(path) => Some("tests that name it"),
            Kind::Format if name != "tiff" && path.starts_with("src/formats/tiff/") => {
                Some("a codec of that name inside TIFF")
            }
            Kind::Operator
                if is_caller(path, name) && (is_check(path) || !is_named(&without_reference(&code, name))) =>
            {
                Some("compared with its reference alone")
            }
            _ => None,
        };
        match reason {
            Some(why) => count.apart.entry(why).or_default().insert(path),
            None => count.files.insert(path),
        };
    }
    count
}

/// Code without what it takes of an operator's reference to compare with.
fn without_reference(code: &str, operator: &str) -> String {
    code.replace(&format!("{operator}::reference"), "")
        .replace(&format!("{operator}_plain"), "")
}

/// Code that holds results to others', and computes none for anybody.
fn is_check(path: &str) -> bool {
    is_test(path) || path.ends_with("/check.rs") || path.starts_with("src/checks") || path.starts_with("src/bench")
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

    fn files<'a>(sources: &'a Sources, kind: Kind, name: &str) -> Vec<&'a str> {
        naming(sources, kind, name).files.into_iter().collect()
    }

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
        ]);
        assert_eq!(
            files(&sources, Kind::Setting, "clip_norm"),
            ["src/a.rs", "src/b_tests.rs", "tests/f.mjs", "www/d.js"]
        );
        assert!(is_test("src/b_tests.rs") && is_test("tests/f.mjs") && !is_test("src/a.rs"));
    }

    #[test]
    fn of_a_format_neither_tests_nor_codecs_inside_tiff_count() {
        let sources = Sources::of(&[
            ("Cargo.toml", "image = { features = [\"webp\"] }"),
            ("src/formats/image/webp.rs", "pub const WEBP: u8 = 1;"),
            ("src/formats/image/tests.rs", "encoded(WebP)"),
            ("src/formats/tiff/webp.rs", "WebPDecoder"),
        ]);
        assert_eq!(
            files(&sources, Kind::Format, "webp"),
            ["Cargo.toml", "src/formats/image/webp.rs"]
        );
        assert_eq!(naming(&sources, Kind::Format, "webp").apart.len(), 2);
        assert_eq!(files(&sources, Kind::Format, "tiff"), [""; 0]);
    }

    #[test]
    fn of_an_operator_its_folder_counts_and_who_computes_with_it() {
        let sources = Sources::of(&[
            ("src/ops/mod.rs", "pub mod mask {} mask::check::CHECK"),
            ("src/ops/mask/wgsl.rs", ""),
            (
                "src/ops/conv/reference.rs",
                "use mask::reference::mask_plain; mask_plain(y)",
            ),
            ("src/ops/conv/check.rs", "B::mask(y)"),
            ("src/ops/norm/reference.rs", "use mask::reference::MaskOps; B::mask(y)"),
            ("src/ops/pool/cpu.rs", "// mask"),
        ]);
        assert_eq!(
            files(&sources, Kind::Operator, "mask"),
            ["src/ops/mask/wgsl.rs", "src/ops/mod.rs", "src/ops/norm/reference.rs"]
        );
        let apart = naming(&sources, Kind::Operator, "mask").apart;
        assert_eq!(apart.values().map(BTreeSet::len).sum::<usize>(), 2);
    }
}
