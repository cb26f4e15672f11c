//! Node, the npm packages of `tests/` and the browser.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tools::{self, say};
use crate::workspace::Workspace;

/// The oldest Node whose test runner and `fetch` the scripts use.
const OLDEST_NODE: u32 = 20;

/// Node, npm packages and browser, all there.
pub struct Node {
    node: PathBuf,
    tests: PathBuf,
    chromium: PathBuf,
}

impl Node {
    /// Finds or installs all three.
    pub fn set_up(workspace: &Workspace) -> Result<Self> {
        let node = find_node()?;
        install_packages(workspace)?;
        Ok(Self {
            node,
            tests: workspace.tests(),
            chromium: find_chromium()?,
        })
    }

    pub fn chromium(&self) -> &Path {
        &self.chromium
    }

    /// `node <arguments>` in `tests/`, told which browser to take.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tools::command(&self.node);
        command
            .current_dir(&self.tests)
            .args(arguments)
            .env("CHROMIUM", &self.chromium);
        command
    }

    /// A program of an npm package, by the script that is its entry.
    pub fn package_script(&self, script: &str) -> String {
        self.tests.join("node_modules").join(script).display().to_string()
    }
}

pub fn find_node() -> Result<PathBuf> {
    if tools::find("node").is_none() || tools::find("npm").is_none() {
        tools::apt_install(&["nodejs", "npm"], "Node and npm are missing")?;
    }
    let node = tools::find("node").context("node is still missing after its installation")?;
    let version = tools::capture(tools::command(&node).arg("--version"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!(
            "Node {} is too old; install Node {OLDEST_NODE} or newer",
            version.trim()
        );
    }
    Ok(node)
}

/// `npm ci` in `tests/`, unless what is installed is what the lock file asks for.
fn install_packages(workspace: &Workspace) -> Result<()> {
    let tests = workspace.tests();
    let lock = fs::read_to_string(tests.join("package-lock.json")).context("tests/package-lock.json")?;
    let stamp = tests.join("node_modules/.groundmask-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("installing the npm packages of tests/");
    let npm = tools::find("npm").context("npm is missing; install it with: apt-get install npm")?;
    let mut command = tools::command(npm);
    // The browser comes from the system.
    command.current_dir(&tests).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .stdout(std::process::Stdio::null());
    tools::run(&mut command).context("by hand: cd tests && npm ci")?;
    fs::write(&stamp, lock)?;
    Ok(())
}

fn find_chromium() -> Result<PathBuf> {
    if let Ok(named) = env::var("CHROMIUM").map(PathBuf::from) {
        if !named.is_file() {
            bail!("CHROMIUM names {}, which does not exist", named.display());
        }
        return Ok(named);
    }
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    let there = || names.iter().find_map(|name| tools::find(name));
    if let Some(found) = there() {
        return Ok(found);
    }
    tools::apt_install(&["chromium"], "no Chromium is installed")?;
    there().context("Chromium is still missing after its installation; CHROMIUM=PATH names one")
}
