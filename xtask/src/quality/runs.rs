//! The programs that train: ours natively, and the references.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::options::Options;
use crate::python;
use crate::tools::{self, say};
use crate::workspace::Workspace;

/// The files of a set, as the references read them.
pub struct Plan {
    pub set: String,
    pub files: Value,
    path: PathBuf,
}

pub struct Runner<'a> {
    options: &'a Options,
    /// `tests/quality/quality.rs`, compiled.
    program: PathBuf,
    /// Folder and Python of the references, where they are wanted.
    references: Option<(PathBuf, PathBuf)>,
    /// For the plans.
    folder: PathBuf,
}

impl<'a> Runner<'a> {
    pub fn set_up(workspace: &Workspace, options: &'a Options) -> Result<Self> {
        say("compiling the engine's command line");
        let mut build = tools::command("cargo");
        build
            .current_dir(workspace.root())
            .env("CARGO_TARGET_DIR", workspace.cargo_target())
            .args([
                "build",
                "--quiet",
                "--profile",
                "fast",
                "--package",
                "groundmask",
                "--example",
                "quality",
            ]);
        tools::run(&mut build)?;
        let scripts = workspace.tests().join("quality");
        let references = if options.references {
            let requirements = scripts.join("requirements.txt");
            let python = python::environment(workspace, "quality-venv", &requirements, "PyTorch and Keras")?;
            Some((scripts, python))
        } else {
            None
        };
        let folder = workspace.cargo_target().join("quality");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            options,
            program: workspace.cargo_target().join("fast/examples/quality"),
            references,
            folder,
        })
    }

    /// # Errors
    /// If there is no such set, or it is not among the data.
    pub fn plan(&self, set: &str) -> Result<Plan> {
        let mut command = self.ours("plan", set);
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let path = self.folder.join(format!("{set}.json"));
        fs::write(&path, &output.stdout)?;
        Ok(Plan {
            set: set.to_owned(),
            files: serde_json::from_slice(&output.stdout)?,
            path,
        })
    }

    fn ours(&self, what: &str, set: &str) -> Command {
        let mut command = tools::command(&self.program);
        command.args([what, set, "--data"]).arg(&self.options.data);
        command
    }

    /// A preset on a set with every seed.
    pub fn engine(&self, set: &str, preset: &str, take: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        let mut command = self.ours("train", set);
        command
            .env("RAYON_NUM_THREADS", self.options.threads.to_string())
            .args(["--preset", preset, "--seeds", &self.options.seeds])
            .args(self.options.budget.arguments());
        for setting in &self.options.settings {
            command.args(["--set", setting]);
        }
        each_line(&mut command, take)
    }

    /// Both references on a set with every seed, where they are wanted and can learn it: they know foreground and images
    /// that are held back.
    pub fn references(&self, plan: &Plan, take: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        let Some((folder, python)) = &self.references else {
            return Ok(());
        };
        if plan.files["validation"].as_array().is_none_or(Vec::is_empty) || plan.set == "dubai" {
            say(format!("{}: nothing for the references", plan.set));
            return Ok(());
        }
        for framework in ["torch", "keras"] {
            self.reference([folder, python], plan, framework, take)?;
        }
        Ok(())
    }

    fn reference(
        &self,
        [folder, python]: [&Path; 2],
        plan: &Plan,
        framework: &str,
        take: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let mut command = tools::command(python);
        command
            .current_dir(folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("reference.py")
            .arg(&plan.path)
            .args(["--framework", framework, "--seeds", &self.options.seeds])
            .args(["--threads", &self.options.threads.to_string()])
            .args(self.options.budget.arguments())
            // TensorFlow greets on it.
            .stderr(Stdio::null());
        each_line(&mut command, take).with_context(|| format!("{framework} on {}", plan.set))
    }
}

/// Hands on what a program prints, line by line.
fn each_line(command: &mut Command, take: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(output).lines() {
        take(&line?)?;
    }
    if !child.wait()?.success() {
        bail!("a run failed");
    }
    Ok(())
}
