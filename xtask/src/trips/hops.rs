//! The table of `xtask/trips.txt`, and whether the code is as it says.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::sources::Sources;
use crate::structure::code::{self, Language};
use crate::workspace::Workspace;

/// A way through the code.
pub struct Trip {
    pub name: String,
    /// The most files it should touch, where it is judged by that.
    pub at_most: Option<usize>,
    /// Newest first.
    layouts: Vec<Layout>,
}

#[derive(Default)]
pub struct Layout {
    name: String,
    pub hops: Vec<Hop>,
    /// The types that what travels is in.
    pub held_by: Vec<String>,
}

pub struct Hop {
    file: String,
    symbol: String,
    /// The word that it is reached by, if that is not its own name.
    by: Option<String>,
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.file, self.symbol)
    }
}

impl Layout {
    pub fn files(&self) -> BTreeSet<&str> {
        self.hops.iter().map(|hop| hop.file.as_str()).collect()
    }
}

pub fn read(workspace: &Workspace) -> Result<Vec<Trip>> {
    let path = workspace.root().join("xtask/trips.txt");
    parse(&fs::read_to_string(&path).with_context(|| path.display().to_string())?)
}

fn parse(text: &str) -> Result<Vec<Trip>> {
    let mut trips: Vec<Trip> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let at = || format!("xtask/trips.txt, line {}: {line}", number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("trip:") {
            trips.push(Trip {
                name: name.trim().to_owned(),
                at_most: None,
                layouts: Vec::new(),
            });
            continue;
        }
        let trip = trips.last_mut().with_context(at)?;
        if let Some(files) = line.strip_prefix("at most:") {
            trip.at_most = Some(files.trim().parse().with_context(at)?);
        } else if let Some(name) = line.strip_prefix("layout:") {
            trip.layouts.push(Layout {
                name: name.trim().to_owned(),
                ..Layout::default()
            });
        } else if let Some(types) = line.strip_prefix("held by:") {
            let types = types.split(',').map(|name| name.trim().to_owned());
            trip.layouts.last_mut().with_context(at)?.held_by = types.collect();
        } else {
            let (way, by) = line
                .split_once(" by ")
                .map_or((line, None), |(way, by)| (way, Some(by)));
            let (file, symbol) = way.split_once("::").with_context(at)?;
            trip.layouts.last_mut().with_context(at)?.hops.push(Hop {
                file: file.to_owned(),
                symbol: symbol.to_owned(),
                by: by.map(str::to_owned),
            });
        }
    }
    Ok(trips)
}

impl Trip {
    /// The newest layout that the code has.
    ///
    /// # Errors
    /// What is wrong with each, if none fits.
    pub fn layout(&self, sources: &Sources) -> Result<&Layout> {
        let mut faults = Vec::new();
        for layout in &self.layouts {
            let found = missing(layout, sources);
            if found.is_empty() {
                return Ok(layout);
            }
            faults.push(format!("  layout {}:\n    {}", layout.name, found.join("\n    ")));
        }
        bail!("xtask/trips.txt does not fit the code\n{}", faults.join("\n"))
    }

    /// What is wrong with the newest layout.
    #[cfg(test)]
    pub fn faults(&self, sources: &Sources) -> Vec<String> {
        self.layouts
            .first()
            .map_or_else(|| vec!["no layout".to_owned()], |layout| missing(layout, sources))
    }
}

fn missing(layout: &Layout, sources: &Sources) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before = String::new();
    for hop in &layout.hops {
        let Some(text) = sources.get(&hop.file) else {
            faults.push(format!("there is no file {}", hop.file));
            continue;
        };
        let code = Language::of(&hop.file).map_or_else(String::new, |language| code::without_comments(text, language));
        if !defines(&code, &hop.symbol) {
            faults.push(format!("{} does not define {}", hop.file, hop.symbol));
        }
        let linked = match &hop.by {
            Some(by) => has_word(&before, by) && has_word(&code, by),
            None => has_word(&before, &hop.symbol),
        };
        if !before.is_empty() && !linked {
            let word = hop.by.as_ref().unwrap_or(&hop.symbol);
            faults.push(format!("no file before {hop} names {word}"));
        }
        before.push_str(&code);
    }
    for name in &layout.held_by {
        if !["struct", "enum"]
            .iter()
            .any(|kind| before.contains(&format!("{kind} {name}")))
        {
            faults.push(format!("no file on the way defines the type {name}"));
        }
    }
    faults
}

/// Whether code defines a name: an item of Rust, a declaration or a method of JavaScript.
fn defines(code: &str, name: &str) -> bool {
    const KEYWORDS: [&str; 11] = [
        "fn", "struct", "enum", "trait", "type", "const", "static", "mod", "function", "class", "let",
    ];
    places(code, name).any(|at| {
        let before = code[..at].trim_end();
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let after = &code[at + name.len()..];
        let line = code[..at].rsplit('\n').next().unwrap_or("").trim();
        let method = matches!(line, "" | "async" | "static") && after.starts_with('(');
        KEYWORDS.contains(&word) || method && after.lines().next().is_some_and(|rest| rest.ends_with('{'))
    })
}

fn has_word(code: &str, word: &str) -> bool {
    places(code, word).next().is_some()
}

/// Where a name stands as a whole word.
fn places<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(name).map(|(at, _)| at).filter(move |&at| {
        let after = bytes.get(at + name.len());
        (at == 0 || !code::is_word(bytes[at - 1])) && !after.is_some_and(|byte| code::is_word(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hop_is_there() {
        let workspace = Workspace::find().unwrap();
        let sources = Sources::of_disk(&workspace).unwrap();
        for trip in read(&workspace).unwrap() {
            let faults = trip.faults(&sources);
            assert!(faults.is_empty(), "{}:\n{}", trip.name, faults.join("\n"));
        }
    }

    #[test]
    fn hops_that_are_gone_renamed_or_left_out_are_found() {
        let sources = Sources::of(&[
            ("a.rs", "fn one() { two() } // four"),
            ("b.rs", "pub struct Held; fn two() { three() }"),
            ("c.js", "export class C {\n  async three(x) {\n  }\n}"),
        ]);
        let check = |hops: &str| parse(&format!("trip: t\nlayout: l\n{hops}")).unwrap()[0].faults(&sources);
        assert!(check("a.rs::one\nb.rs::two\nc.js::three\nheld by: Held").is_empty());
        assert!(check("a.rs::one\nb.rs::Held by two").is_empty());
        assert_eq!(
            check("a.rs::one\nc.js::three"),
            ["no file before c.js::three names three"]
        );
        assert_eq!(check("a.rs::four"), ["a.rs does not define four"]);
        assert_eq!(check("d.rs::one"), ["there is no file d.rs"]);
        assert_eq!(
            check("a.rs::one\nheld by: Held"),
            ["no file on the way defines the type Held"]
        );
    }

    #[test]
    fn an_older_layout_is_taken_where_the_newest_does_not_fit() {
        let trip = &parse("trip: t\nat most: 3\nlayout: new\nb.rs::two\nlayout: old\na.rs::one").unwrap()[0];
        assert_eq!(trip.at_most, Some(3));
        let found = |sources: &[(&str, &str)]| trip.layout(&Sources::of(sources)).map(|layout| layout.name.clone());
        assert_eq!(found(&[("a.rs", "fn one() {}")]).unwrap(), "old");
        assert_eq!(found(&[("b.rs", "fn two() {}")]).unwrap(), "new");
        assert!(found(&[]).unwrap_err().to_string().contains("layout old"));
    }
}
