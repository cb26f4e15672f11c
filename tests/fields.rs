//! A field of the training floor or the engine is written in the file that declares it, and nowhere else.
//!
//! What is found, by the text: an assignment (`.field =`, `.field +=`, a tuple of them), `&mut ... .field`, and a call of a
//! method of the standard library that changes what it is called on (`.field.push(`). What is not: a field handed on as a
//! mutable reference by a method, a method of our own that changes it, and two fields of one name in different structs
//! (where the writing file declares the name too, the write counts as its own). Private fields of `engine/mod.rs`, which
//! Rust lets the files below it write, are not looked at either.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Methods of the standard library that change what they are called on.
const CHANGES: &[&str] = &[
    "append",
    "as_mut",
    "clear",
    "clone_from",
    "dedup",
    "drain",
    "entry",
    "extend",
    "get_mut",
    "get_or_insert",
    "insert",
    "iter_mut",
    "last_mut",
    "pop",
    "pop_back",
    "pop_front",
    "push",
    "push_back",
    "push_front",
    "push_str",
    "remove",
    "replace",
    "resize",
    "retain",
    "sort",
    "sort_by",
    "swap",
    "take",
    "truncate",
];

fn source_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the source").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.ends_with("_tests") {
            source_files(&path, into);
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
            into.push(path);
        }
    }
}

/// The code of a file: no comments, no tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Fields of the structs of a file, and whether others may see them (`pub(super)`, `pub(crate)`, `pub(in ...)`).
fn fields(code: &str) -> Vec<(&str, bool)> {
    let mut in_struct = false;
    let mut declared = Vec::new();
    for line in code.lines() {
        let words = line.trim_start();
        if words.contains("struct ") && words.ends_with('{') {
            in_struct = true;
        } else if words == "}" {
            in_struct = false;
        } else if in_struct {
            let (is_seen, rest) = match words.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")) {
                Some((_, rest)) => (true, rest),
                None => (false, words.strip_prefix("pub ").unwrap_or(words)),
            };
            declared.extend(
                rest.split_once(": ")
                    .filter(|(name, _)| is_name(name))
                    .map(|(name, _)| (name, is_seen)),
            );
        }
    }
    declared
}

/// Whether the field at the end of `before` is written, by what stands around it.
fn is_written(before: &str, after: &str) -> bool {
    let next = after.trim_start();
    let assigned = next.starts_with("= ") || next.starts_with("=\n");
    let changed = ["+= ", "-= ", "*= ", "/= ", "|= ", "&= "]
        .iter()
        .any(|op| next.starts_with(op));
    let method = after.strip_prefix('.').and_then(|call| call.split_once('('));
    let mutated = method.is_some_and(|(name, _)| CHANGES.contains(&name));
    // `(a.x, a.y) = ...`
    let in_tuple = next.split_once(") = ").is_some_and(|(rest, _)| {
        let names = rest.trim_start_matches([',', ' ']);
        names.chars().all(|c| c.is_ascii_alphanumeric() || "_., ".contains(c)) && rest.len() < 100
    });
    let path = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.".contains(c)));
    let borrowed = path.is_some_and(|at| before[..=at].ends_with("&mut "));
    assigned || changed || mutated || in_tuple || borrowed
}

/// `file: .field` of every field that is seen outside its file and written there.
fn strangers_writes(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (owner, text) in files {
        for (field, _) in fields(text).into_iter().filter(|(_, is_seen)| *is_seen) {
            let others = files.iter().filter(|(file, _)| *file != owner);
            for (file, text) in others.filter(|(_, text)| !fields(text).iter().any(|(own, _)| *own == field)) {
                let needle = format!(".{field}");
                for (at, _) in text.match_indices(&needle) {
                    let after = &text[at + needle.len()..];
                    let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                    if whole && is_written(&text[..at], after) {
                        found.push(format!("{file} writes .{field} of {owner}"));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn no_field_is_written_from_another_file() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for floor in ["train", "engine"] {
        let mut paths = Vec::new();
        source_files(&src.join(floor), &mut paths);
        let read = |path: &PathBuf| {
            let name = path.strip_prefix(&src).expect("below src").display().to_string();
            (name, code(&fs::read_to_string(path).expect("a source file")))
        };
        let files: BTreeMap<String, String> = paths.iter().map(read).collect();
        assert!(files.len() > 10, "{floor}: {} files", files.len());
        assert_eq!(
            strangers_writes(&files),
            Vec::<String>::new(),
            "give the struct a method"
        );
    }
}

#[test]
fn every_kind_of_write_is_found_and_nothing_else() {
    let owner = "pub(super) struct A {\n    pub(super) b: u32,\n    c: u32,\n}\n";
    let writes = |body: &str| {
        let files = [("owner", owner), ("other", body)].map(|(name, text)| (name.to_owned(), code(text)));
        strangers_writes(&BTreeMap::from(files)).len()
    };
    for written in [
        "self.a.b = 1;",
        "a.b += 1;",
        "a.b.push(1);",
        "take(&mut self.a.b);",
        "(a.b, a.x) = (1, 2);",
        "self.a.b =\n    1;",
    ] {
        assert_eq!(writes(written), 1, "{written}");
    }
    for not_written in [
        "let x = a.b;",
        "if a.b == 1 {}",
        "a.bc = 1;",
        "a.c = 1;",
        "// a.b = 1;",
        "match a.b { 1 => 2, _ => a.b }",
        "a.b.iter();",
        "struct D {\n    b: u32,\n}\nself.b = 1;",
    ] {
        assert_eq!(writes(not_written), 0, "{not_written}");
    }
}
