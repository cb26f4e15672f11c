//! Python environments of the checks against other people's software, below the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::tools::{self, say};
use crate::workspace::Workspace;

/// Versions of Python that all pinned packages have wheels for.
const PYTHON: std::ops::RangeInclusive<u32> = 11..=13;

/// The Python of an environment with these requirements; made anew if they have changed. `what_for`: for people who wait.
pub fn environment(workspace: &Workspace, name: &str, requirements: &Path, what_for: &str) -> Result<PathBuf> {
    let folder = workspace.cargo_target().join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("requirements.txt");
    let wanted = fs::read_to_string(requirements).with_context(|| workspace.show(requirements))?;
    if fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && python.is_file() {
        return Ok(python);
    }
    let system = find_python(what_for)?;
    say(format!("Python packages for {what_for} (minutes, once)"));
    tools::run(tools::command(&system).args(["-m", "venv", "--clear"]).arg(&folder))
        .context("Debian's python3-venv may be missing")?;
    tools::run(
        tools::command(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements),
    )?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}

fn find_python(what_for: &str) -> Result<PathBuf> {
    for name in ["python3", "python3.13", "python3.12", "python3.11"] {
        let Some(python) = tools::find(name) else { continue };
        let script = "import sys; print(sys.version_info[0] * 100 + sys.version_info[1])";
        let version: u32 = tools::capture(tools::command(&python).args(["-c", script]))?
            .trim()
            .parse()?;
        if version / 100 == 3 && PYTHON.contains(&(version % 100)) {
            return Ok(python);
        }
    }
    bail!(
        "Python 3.{} to 3.{} is needed for {what_for}",
        PYTHON.start(),
        PYTHON.end()
    )
}
