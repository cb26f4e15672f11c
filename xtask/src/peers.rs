//! The tests against other people's tools: onnxruntime, Keras, GDAL, PROJ, shapely. They run in a Python
//! environment of their own below the target folder; the versions stand in `tests/peers/requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::python;
use crate::tools;
use crate::workspace::Workspace;

/// A command that runs the tests: pytest in its environment, told where the core's program and the native command are.
pub fn tests(workspace: &Workspace, program: &Path, native: &Path) -> Result<Command> {
    let folder = workspace.tests().join("peers");
    let requirements = folder.join("requirements.txt");
    let python = python::environment(workspace, "peers-venv", &requirements, "the tests against other tools")?;
    let mut command = tools::command(python);
    command
        .current_dir(&folder)
        .args([
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore",
            "--junit-xml",
        ])
        .arg(report(workspace))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GROUNDMASK_PEER", program)
        .env("GROUNDMASK", native);
    Ok(command)
}

/// Where pytest leaves its figures.
pub fn report(workspace: &Workspace) -> PathBuf {
    workspace.tests().join("out/peers.xml")
}

/// Tests, failures and errors, and skipped ones by name, of pytest's report.
pub fn read_report(text: &str) -> Result<(u64, u64, Vec<String>)> {
    let head = text
        .split("<testsuite ")
        .nth(1)
        .context("pytest's report has no suite")?;
    let number = |name: &str| -> u64 {
        head.split(&format!("{name}=\""))
            .nth(1)
            .and_then(|rest| rest.split('"').next()?.parse().ok())
            .unwrap_or(0)
    };
    let wrong = number("failures") + number("errors");
    let skipped: Vec<String> = text
        .split("<testcase ")
        .skip(1)
        .filter(|case| case.contains("<skipped"))
        .filter_map(|case| case.split(" name=\"").nth(1)?.split('"').next().map(str::to_owned))
        .collect();
    Ok((
        number("tests").saturating_sub(wrong + skipped.len() as u64),
        wrong,
        skipped,
    ))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_report_is_counted() {
        let text = r#"<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="1" tests="10" time="1">
            <testcase classname="a" name="test_x[one]" time="1"/><testcase classname="a" name="test_y" time="1"><skipped
            type="pytest.skip"/></testcase></testsuite></testsuites>"#;
        assert_eq!(read_report(text).unwrap(), (6, 3, vec!["test_y".to_owned()]));
        assert!(read_report("").is_err());
    }
}
