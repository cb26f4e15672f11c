//! How many tests passed, failed or were skipped, by the reports of their runners.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What one part of the run came to.
#[derive(Debug, Default, PartialEq)]
pub struct Tally {
    /// Below 0 for a moment where a runner says that a test cannot run before it counts it among the passed ones.
    pub passed: i64,
    pub failed: u64,
    /// Names of tests that did not run.
    pub skipped: Vec<String>,
    /// Names of tests that failed and passed when they were run again.
    pub run_again: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.run_again.extend(other.run_again);
    }
}

/// Reads one line of a Rust test program's report.
pub fn read_libtest(line: &str, tally: &mut Tally) {
    if let Some(counts) = line.strip_prefix("test result: ") {
        tally.passed += number_before(counts, " passed") as i64;
        tally.failed += number_before(counts, " failed");
    } else if let Some((name, _)) = line
        .strip_prefix("test ")
        .and_then(|rest| rest.split_once(" ... ignored"))
    {
        tally.skipped.push(name.to_owned());
    } else if let Some(name) = line.strip_prefix("skipped: ") {
        // A test that found out while it ran that it cannot: `tests/common/mod.rs`. Libtest counts it as passed.
        tally.skipped.push(name.to_owned());
        tally.passed -= 1;
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// Reads one line of a report in TAP, the Test Anything Protocol.
pub fn read_tap(line: &str, tally: &mut Tally) {
    let count = |word: &str| {
        line.strip_prefix(word)
            .and_then(|count| count.parse::<u64>().ok())
            .unwrap_or(0)
    };
    tally.passed += count("# pass ") as i64;
    // A test that was broken off is none that passed.
    tally.failed += count("# fail ") + count("# cancelled ");
    if let Some((before, reason)) = line.split_once(" # SKIP") {
        let name = before
            .trim_start_matches(|c: char| !c.is_alphabetic())
            .trim_start_matches("ok ");
        let name = name.split_once(" - ").map_or(name, |(_, name)| name);
        let reason = reason.trim();
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(" ({reason})")
        };
        tally.skipped.push(format!("{name}{reason}"));
    }
}

/// The report of Playwright.
pub fn read_playwright(report: &Path) -> Result<Tally> {
    let text = fs::read_to_string(report).context("Playwright wrote no report")?;
    let report: Value = serde_json::from_str(&text).context("Playwright's report")?;
    let count = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
    let mut tally = Tally {
        // Only where `playwright.config.mjs` allows a second try; named, so that it is looked into.
        passed: (count("expected") + count("flaky")) as i64,
        failed: count("unexpected"),
        ..Tally::default()
    };
    // Errors outside any test: a spec that does not load, say.
    tally.failed += report["errors"].as_array().map_or(0, |errors| errors.len() as u64);
    collect(&report, "", "skipped", &mut tally.skipped);
    collect(&report, "", "flaky", &mut tally.run_again);
    Ok(tally)
}

/// Names of the tests of a suite that have a status, with what is annotated.
fn collect(suite: &Value, above: &str, status: &str, names: &mut Vec<String>) {
    let list = |name: &str| suite[name].as_array().map(Vec::as_slice).unwrap_or_default();
    for inner in list("suites") {
        let title = format!("{above}{} > ", inner["title"].as_str().unwrap_or_default());
        collect(inner, &title, status, names);
    }
    for spec in list("specs") {
        let tests = spec["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
        for test in tests.iter().filter(|test| test["status"] == status) {
            let reason = test["annotations"]
                .as_array()
                .and_then(|all| all.iter().find_map(|one| one["description"].as_str()));
            let reason = reason.map(|text| format!(" ({text})")).unwrap_or_default();
            names.push(format!("{above}{}{reason}", spec["title"].as_str().unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_lines_are_counted() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::slow ... ignored, needs an hour",
            "skipped: a::wide (no AVX2)",
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            read_libtest(line, &mut tally);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 41,
                failed: 3,
                skipped: vec!["a::slow".to_owned(), "a::wide (no AVX2)".to_owned()],
                ..Tally::default()
            }
        );
    }

    #[test]
    fn tap_lines_are_counted_and_skipped_tests_named() {
        let mut tally = Tally::default();
        for line in [
            "# Subtest: Firefox on the CPU",
            "ok 1 - Firefox on the CPU",
            "ok 2 - WebKit on the CPU # SKIP not installed: xvfb",
            "ok 3 - no reason # SKIP",
            "# pass 1",
            "# fail 2",
            "# cancelled 1",
            "# skipped 2",
        ] {
            read_tap(line, &mut tally);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 1,
                failed: 3,
                skipped: vec![
                    "WebKit on the CPU (not installed: xvfb)".to_owned(),
                    "no reason".to_owned()
                ],
                ..Tally::default()
            }
        );
    }

    #[test]
    fn browser_tests_that_were_skipped_or_run_again_are_named() {
        let report: Value = serde_json::from_str(
            r#"{"suites":[{"title":"a.spec.mjs","suites":[{"title":"on webgpu","specs":[
                {"title":"trains","tests":[{"status":"skipped","annotations":[{"type":"skip","description":"no adapter"}]}]},
                {"title":"ends","tests":[{"status":"flaky"}]},
                {"title":"loads","tests":[{"status":"expected"}]}]}]}]}"#,
        )
        .unwrap();
        let named = |status| {
            let mut names = Vec::new();
            collect(&report, "", status, &mut names);
            names
        };
        assert_eq!(named("skipped"), ["a.spec.mjs > on webgpu > trains (no adapter)"]);
        assert_eq!(named("flaky"), ["a.spec.mjs > on webgpu > ends"]);
    }
}
