//! The programs around ours that are too large for every test run: OpenCV, OpenVINO, STAC's validators, onnxruntime-web,
//! QGIS, and PyTorch for `scale/`. Each is skipped by name where it is not there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build;
use crate::http;
use crate::node::Node;
use crate::python;
use crate::serve;
use crate::tools::{self, say};
use crate::workspace::Workspace;

/// A Python that has what `scale/pyproject.toml` asks for; PyTorch takes gigabytes and is not installed here.
const SCALE_PYTHON: &str = "GROUNDMASK_SCALE_PYTHON";
/// Debian's QGIS runs on this one.
const QGIS_PYTHON: &str = "/usr/bin/python3";

/// A run of pytest, and where it leaves its figures.
pub struct Part {
    pub name: &'static str,
    pub command: Command,
    pub report: PathBuf,
}

/// Where the programs of the core are.
pub struct Programs {
    pub peer: PathBuf,
    pub native: PathBuf,
}

/// What can run here; the second list says what cannot, and why.
///
/// # Errors
/// If what is needed for it cannot be installed.
pub fn parts(workspace: &Workspace, programs: &Programs, node: &Node) -> Result<(Vec<Part>, Vec<String>)> {
    let folder = workspace.tests().join("neighbours");
    install_packages(&folder)?;
    let requirements = folder.join("requirements.txt");
    let python = python::environment(
        workspace,
        "neighbours-venv",
        &requirements,
        "the tests in other programs",
    )?;
    let mut command = pytest(&python, &folder, programs);
    command.env("CHROMIUM", node.chromium());
    if let Some(packages) = qgis_packages(workspace)? {
        command.env("GROUNDMASK_QGIS_PACKAGES", packages);
    }
    let mut parts = vec![part(workspace, "neighbours", command)];
    let mut skipped = Vec::new();
    match env::var_os(SCALE_PYTHON) {
        Some(python) => {
            let scale = workspace.root().join("scale");
            let mut command = pytest(Path::new(&python), &scale.join("tests"), programs);
            command.env("PYTHONPATH", &scale);
            command.env("CHROMIUM", node.chromium());
            // What PyTorch has made is opened in the page.
            build::build_if_missing(workspace)?;
            let address = http::start(0, serve::page(workspace))?;
            command.env("GROUNDMASK_URL", format!("http://localhost:{}/", address.port()));
            parts.push(part(workspace, "scale", command));
        }
        None => skipped.push(format!("scale/ ({SCALE_PYTHON} names no Python with torch)")),
    }
    Ok((parts, skipped))
}

fn pytest(python: &Path, folder: &Path, programs: &Programs) -> Command {
    let mut command = tools::command(python);
    command
        .current_dir(folder)
        .args(["-m", "pytest", "-q", "-rP", "-p", "no:cacheprovider", "-W", "ignore"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GROUNDMASK_PEER", &programs.peer)
        .env("GROUNDMASK", &programs.native);
    command
}

fn part(workspace: &Workspace, name: &'static str, mut command: Command) -> Part {
    let report = workspace.tests().join(format!("out/{name}.xml"));
    command.arg("--junit-xml").arg(&report);
    Part { name, command, report }
}

/// onnxruntime-web beside the tests, as the lock file has it.
fn install_packages(folder: &Path) -> Result<()> {
    let lock = fs::read_to_string(folder.join("package-lock.json")).context("tests/neighbours/package-lock.json")?;
    let stamp = folder.join("node_modules/.groundmask-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("installing the npm packages of tests/neighbours/");
    let npm = tools::find("npm").context("npm is missing; install it with: apt-get install npm")?;
    let mut command = tools::command(npm);
    command
        .current_dir(folder)
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .stdout(Stdio::null());
    tools::run(&mut command).context("by hand: cd tests/neighbours && npm ci")?;
    fs::write(&stamp, lock)?;
    Ok(())
}

/// onnxruntime for QGIS's own Python, in a folder of ours; `None` without QGIS.
fn qgis_packages(workspace: &Workspace) -> Result<Option<PathBuf>> {
    if tools::find("qgis_process.bin")
        .or(tools::find("qgis_process"))
        .is_none()
    {
        return Ok(None);
    }
    let folder = workspace.cargo_target().join("qgis-packages");
    if !folder.join("onnxruntime").is_dir() {
        say("onnxruntime for QGIS's Python (once)");
        // Its numpy is the system's, which QGIS's own modules were compiled for.
        let mut command = tools::command(QGIS_PYTHON);
        command
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--target",
            ])
            .arg(&folder)
            .args(QGIS_PACKAGES);
        tools::run(&mut command).context("by hand: python3 -m pip install onnxruntime, with QGIS's own Python")?;
    }
    Ok(Some(folder))
}

const QGIS_PACKAGES: [&str; 4] = ["onnxruntime==1.32.0", "flatbuffers", "protobuf", "packaging"];
