//! `cargo xtask structure`: the rules of the house that a program can hold.
//!
//! - no circle between files, in Rust and in JavaScript;
//! - no module imports upward (`FLOORS`);
//! - no file of more than `MOST_LINES` lines of code, without blank lines and comments, with the tests in it;
//! - sources and documents refer to nothing that a reader of the repository cannot see (`words`);
//! - the files that documents name are there (`places`).
//!
//! Its tests hold the checkout to them, so `cargo xtask test` does.

mod circles;
pub mod code;
mod js_modules;
mod places;
mod rust_modules;
mod rust_reader;
mod words;

use std::process::ExitCode;

use anyhow::Result;
use code::Language;
use rust_modules::Edges;

use crate::sources::Sources;
use crate::workspace::Workspace;

/// Lines with code on them, in one file.
const MOST_LINES: usize = 400;

/// The modules of src/, top to bottom: each may import those that stand after it.
const FLOORS: [&str; 16] = [
    "web", "checks", "bench", "engine", "protocol", "export", "train", "infer", "model", "data", "device", "ops",
    "formats", "geo", "values", "lib",
];

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut commit = None;
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("at") => commit = Some(args.value()?.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let sources = match commit {
        Some(commit) => Sources::of_commit(workspace, &commit)?,
        None => Sources::of_disk(workspace)?,
    };
    let mut count = 0;
    for (rule, faults) in [
        ("circles between files", circles(&sources)),
        ("imports upward", upward(&sources)),
        ("files of more than 400 lines of code", long_files(&sources)),
        ("words that point outside the repository", words::faults(&sources)),
        (
            "files that documents name and that are not there",
            gone(&sources, workspace),
        ),
    ] {
        println!("{rule}: {}", faults.len());
        for fault in &faults {
            println!("  {fault}");
        }
        count += faults.len();
    }
    Ok(if count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn gone(sources: &Sources, workspace: &Workspace) -> Vec<String> {
    places::faults(sources, |path| workspace.root().join(path).exists())
}

fn circles(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for edges in [
        rust_modules::edges(sources, "src/lib.rs"),
        rust_modules::edges(sources, "src/native/main.rs"),
        rust_modules::edges(sources, "xtask/src/main.rs"),
        js_modules::edges(sources),
    ] {
        for group in circles::groups(&edges) {
            found.push(circles::report(&group, &edges).join("\n"));
        }
    }
    found
}

fn upward(sources: &Sources) -> Vec<String> {
    upward_edges(&rust_modules::edges(sources, "src/lib.rs"))
}

fn upward_edges(edges: &Edges) -> Vec<String> {
    let floor = |file: &str| {
        let name = file.trim_start_matches("src/").split(['/', '.']).next().unwrap_or("");
        FLOORS.iter().position(|floor| *floor == name)
    };
    edges
        .iter()
        .filter(|((from, to), _)| floor(from) > floor(to) || floor(from).is_none() || floor(to).is_none())
        .map(|((from, to), name)| format!("{from} -> {to} by {name}"))
        .collect()
}

fn long_files(sources: &Sources) -> Vec<String> {
    let mut found: Vec<(usize, &str)> = sources
        .iter()
        .filter(|(path, _)| is_ours(path))
        .filter_map(|(path, text)| Some((lines_of_code(text, Language::of(path)?), path)))
        .filter(|&(lines, _)| lines > MOST_LINES)
        .collect();
    found.sort_unstable();
    found.reverse();
    found
        .into_iter()
        .map(|(lines, path)| format!("{path}: {lines}"))
        .collect()
}

/// Written here, by hand. The page's one document is no code.
fn is_ours(path: &str) -> bool {
    !path.ends_with(".html") && !path.contains("/vendor/") && !path.contains("/generated/") && !path.starts_with("pkg/")
}

fn lines_of_code(text: &str, language: Language) -> usize {
    code::without_comments(text, language)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        Sources::of_disk(&Workspace::find().unwrap()).unwrap()
    }

    fn none(faults: Vec<String>) {
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }

    #[test]
    fn no_files_depend_on_each_other_in_a_circle() {
        none(circles(&sources()));
    }

    #[test]
    fn no_module_imports_upward() {
        none(upward(&sources()));
    }

    #[test]
    fn no_file_is_longer_than_people_read_at_once() {
        none(long_files(&sources()));
    }

    #[test]
    fn nothing_points_outside_the_repository() {
        none(words::faults(&sources()));
    }

    #[test]
    fn every_file_that_documents_name_is_there() {
        none(gone(&sources(), &Workspace::find().unwrap()));
    }

    #[test]
    fn the_imports_of_the_library_are_found() {
        let sources = sources();
        let edges = rust_modules::edges(&sources, "src/lib.rs");
        assert!(
            edges.len() > 300,
            "{} edges: the reader of modules has lost its way",
            edges.len()
        );
    }

    #[test]
    fn a_planted_circle_is_found_in_both_languages() {
        let found = circles(&Sources::of(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::B; pub struct A(B);"),
            ("src/b.rs", "pub struct B; impl B { fn of(_: super::a::A) {} }"),
            ("www/a.js", "import './b.js';"),
            ("www/b.js", "import './a.js';"),
        ]));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_planted_import_upward_is_found() {
        let found = upward(&Sources::of(&[
            ("src/lib.rs", "mod data; mod formats; mod stray;"),
            ("src/data.rs", "use crate::formats::Image; pub struct Tile;"),
            ("src/formats.rs", "use crate::data::Tile; pub struct Image;"),
            ("src/stray.rs", "use crate::data::Tile;"),
        ]));
        assert_eq!(
            found,
            [
                "src/formats.rs -> src/data.rs by crate::data::Tile",
                "src/stray.rs -> src/data.rs by crate::data::Tile"
            ]
        );
    }

    #[test]
    fn a_planted_long_file_is_found_and_comments_do_not_count() {
        let code = "let a = 1;\n".repeat(MOST_LINES);
        let commented = format!("// {}\n\n/* \n\n */\n{code}", "words");
        let long = format!("{code}let b = 2; // one more\n");
        let found = long_files(&Sources::of(&[
            ("src/short.rs", &commented),
            ("www/long.js", &long),
            ("www/vendor/x.js", &long),
        ]));
        assert_eq!(found, ["www/long.js: 401"]);
    }
}
