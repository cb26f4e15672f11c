//! Files that the documents name.

use crate::sources::Sources;

/// What a path of this repository begins with.
const ROOTS: [&str; 10] = [
    "src/",
    "scale/",
    "www/",
    "tests/",
    "xtask/",
    "docs/",
    "findings/",
    "fuzz/",
    "pkg/",
    ".ci/",
];

/// Documents that tell of what was: their files may be gone.
const OF_THE_PAST: [&str; 2] = ["CHANGELOG.md", "docs/performance-log.md"];

/// Paths between backticks, or behind a link's bracket, that nothing in the repository has. `exists` knows files that are no text.
pub fn faults(sources: &Sources, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (document, text) in sources.iter() {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_ours = document.ends_with(".md") && !document.contains("/vendor/") && !document.starts_with("tests/");
        if !is_ours || OF_THE_PAST.contains(&document) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let named = line
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|word| ROOTS.iter().any(|root| word.starts_with(root)));
            let linked = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let linked = linked.filter(|link| !link.contains("://") && !link.starts_with('#'));
            let paths = named
                .map(str::to_owned)
                .chain(linked.map(|link| joined(folder, link.split('#').next().unwrap_or(link))));
            for path in paths.filter(|path| is_plain(path)) {
                let path = path.split("::").next().unwrap_or(&path);
                let is_here = sources.iter().any(|(file, _)| file.starts_with(path)) || exists(path);
                if !is_here {
                    found.push(format!("{document}:{}: there is no {path}", number + 1));
                }
            }
        }
    }
    found
}

/// A path, and no pattern or command with one in it, nor a folder that is there only after tests.
fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with("tests/out/")
        && !path.contains(['*', '{', '<', ' ', '|'])
        && !path.contains("NAME")
}

/// A link against the folder of its document.
fn joined(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_paths_that_are_gone_are_found() {
        let sources = Sources::of(&[
            (
                "README.md",
                "`src/a.rs`, `src/gone.rs`, `src/ops/NAME/cpu.rs`, `cargo x`, [b](docs/b.md#c), [d](docs/d.md), [e](https://f/g)",
            ),
            (
                "docs/b.md",
                "[r](../README.md) [log](gone.md) `src/a.rs::one` `src/x/` `www/icon.svg`",
            ),
            ("CHANGELOG.md", "`src/gone.rs`"),
            ("src/a.rs", ""),
            ("src/x/y.rs", ""),
        ]);
        assert_eq!(
            faults(&sources, |path| path == "www/icon.svg"),
            [
                "README.md:1: there is no src/gone.rs",
                "README.md:1: there is no docs/d.md",
                "docs/b.md:1: there is no docs/gone.md"
            ]
        );
    }
}
