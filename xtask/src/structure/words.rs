//! Words that send a reader to where the repository does not reach: a plan, a tracker, a folder beside the checkout.

use crate::sources::Sources;

/// Where these words are looked for.
const PLACES: [&str; 7] = ["src/", "tests/", "xtask/", "www/", "docs/", "findings/", "fuzz/"];

/// Words of one's own trade for "when": a reader knows commits and dates.
const ORDINALS: [&str; 13] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
];

pub fn faults(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources.iter() {
        let here = PLACES.iter().any(|place| path.starts_with(place)) || !path.contains('/') && path.ends_with(".md");
        // This file spells the words out; packages.json and vendored code are other people's.
        if !here || path.ends_with("structure/words.rs") || path.contains("/vendor/") || path.ends_with(".json") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = fault(line) {
                found.push(format!("{path}:{}: \"{word}\" in: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

fn fault(line: &str) -> Option<&'static str> {
    // It was the name of a file that docs/ holds now.
    if line.contains("PERFORMANCE.md") {
        return Some("PERFORMANCE.md");
    }
    let line = line.to_lowercase();
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if line.contains("../shared") || line.contains("shared/design") || line.contains("seed-system") {
        return Some("../shared");
    }
    if words
        .windows(2)
        .any(|pair| pair[0] == "the" && matches!(pair[1], "issue" | "issues"))
        || line.contains("project's issue")
    {
        return Some("issue");
    }
    let numbered = line.match_indices("day ").any(|(at, word)| {
        line[at + word.len()..].starts_with(|c: char| c.is_ascii_digit())
            && !line[..at].ends_with(char::is_alphanumeric)
    });
    let counted = words
        .windows(2)
        .any(|pair| pair[1] == "day" && ORDINALS.contains(&pair[0]));
    (numbered || counted).then_some("day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_words_are_found_and_the_words_of_others_are_not() {
        for (line, word) in [
            ("// see ../shared/golden", Some("../shared")),
            ("what the issue of this asks for", Some("issue")),
            ("| tried on the Fourth day |", Some("day")),
            ("day 3", Some("day")),
            ("slower there (PERFORMANCE.md)", Some("PERFORMANCE.md")),
            ("zhixuhao/unet issues 31 and 80", None),
            ("a run can be had back for a day", None),
            ("is_some_and(|day| (1..=31).contains(&day))", None),
            ("shared edges, the first days of a run", None),
        ] {
            assert_eq!(fault(line), word, "{line}");
        }
        let found = faults(&Sources::of(&[
            ("src/a.rs", "//\n// day 2\n"),
            ("Cargo.lock", "day 2"),
            ("README.md", "day 2"),
        ]));
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
