//! Fields that are open to the files beside (`pub(super)`) and set by one of them, where state has an owner: `train`, `engine`.
//!
//! By the text alone: a line that assigns to a field of that name, in another file of the same folder or below it, that has
//! no field of that name of its own. What is changed through a method of the field is not seen.

use std::collections::BTreeMap;

use super::code::{self, Language};
use crate::sources::Sources;

const FOLDERS: [&str; 2] = ["src/train/", "src/engine/"];

pub fn faults(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let files: Vec<(&str, String)> = sources
            .iter()
            .filter(|(path, _)| path.starts_with(folder) && path.ends_with(".rs") && !path.contains("_tests"))
            .map(|(path, text)| (path, code::without_comments_and_strings(text, Language::Rust)))
            .collect();
        let mut open: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (path, code) in &files {
            for name in declared(code).filter_map(|line| field(line, &["pub(super) ", "pub(in "])) {
                open.entry(name).or_default().push(path);
            }
        }
        for (path, code) in &files {
            let own: Vec<&str> = declared(code)
                .filter_map(|line| field(line, &["pub(super) ", ""]))
                .collect();
            for (number, line) in code.lines().enumerate() {
                let Some(name) = assigned(line) else { continue };
                let Some(owners) = open.get(name).filter(|_| !own.contains(&name)) else {
                    continue;
                };
                if !owners.contains(path) {
                    found.push(format!("{path}:{}: sets {name} of {}", number + 1, owners.join(", ")));
                }
            }
        }
    }
    found
}

/// The lines inside of structs.
fn declared(code: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    code.lines().filter(move |line| {
        let line = line.trim();
        let before = inside;
        inside = match inside {
            true => line != "}",
            false => line.contains("struct ") && line.ends_with('{'),
        };
        before && inside
    })
}

/// The name of the field that a line of a struct declares, with one of these before it.
fn field<'a>(line: &'a str, before: &[&str]) -> Option<&'a str> {
    let line = line.trim();
    let rest = before.iter().find_map(|word| line.strip_prefix(word))?;
    let rest = rest
        .split_once(") ")
        .filter(|_| rest.starts_with("crate::"))
        .map_or(rest, |(_, rest)| rest);
    let rest = rest.strip_prefix("pub ").unwrap_or(rest);
    let (name, kind) = rest.split_once(": ")?;
    let is_name = !name.is_empty() && name.bytes().all(code::is_word);
    (is_name && kind.ends_with(',')).then_some(name)
}

/// `x` of `a.b.x = 1;` and `a.x += 1;`.
fn assigned(line: &str) -> Option<&str> {
    let (left, right) = line.split_once('=')?;
    let left = left.trim_end_matches(['+', '-', '*', '/', '|', '&', '^']).trim();
    let is_place = left.bytes().all(|byte| code::is_word(byte) || byte == b'.') && !right.starts_with(['=', '>']);
    let (_, name) = left.rsplit_once('.').filter(|_| is_place)?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_write_from_beside_is_found() {
        let found = faults(&Sources::of(&[
            (
                "src/train/session.rs",
                "pub struct Session {\n    pub(super) step: u32,\n    losses: Vec<f64>,\n}\nfn f(s: &mut Session) { s.step = 1; }",
            ),
            (
                "src/train/state.rs",
                "fn g(s: &mut Session) {\n    s.step += 1;\n    if s.step == 2 {}\n    let a = s.step;\n    match s { _ if s.step => {} }\n}",
            ),
            (
                "src/train/other.rs",
                "struct Own {\n    step: u32,\n}\nfn h(o: &mut Own) {\n    o.step = 2;\n}",
            ),
            ("src/data/x.rs", "s.step = 1;"),
        ]));
        assert_eq!(found, ["src/train/state.rs:2: sets step of src/train/session.rs"]);
    }
}
