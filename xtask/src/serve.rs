//! `cargo xtask serve`: the page on localhost.

use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::build::{self, Options};
use crate::http::{self, Mount};
use crate::node::Node;
use crate::offline::Parts;
use crate::package;
use crate::workspace::Workspace;

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut port = 8080;
    let (mut rebuild, mut checks) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("port") => port = lexopt::ValueExt::parse(&args.value()?).context("--port")?,
            lexopt::Arg::Long("build") => rebuild = true,
            lexopt::Arg::Long("checks") => checks = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if rebuild {
        package::build(workspace, Options::default())?;
    } else {
        build::build_if_missing(workspace)?;
    }
    let mounts = if checks {
        build::build(workspace, WITH_CHECKS)?;
        page_with_checks(workspace)
    } else {
        page(workspace)
    };
    let address = http::start(port, mounts)?;
    println!("Groundmask is on http://localhost:{}", address.port());
    // The server's threads do the work; Ctrl-C ends it.
    loop {
        thread::park();
    }
}

/// Runs a script of `tests/` over the served page, with `job` and the page's address as its arguments.
pub fn drive(workspace: &Workspace, script: &str, job: &Value) -> Result<ExitCode> {
    let mut script = script_over_page(workspace, script, job)?;
    let status = script.stdin(Stdio::null()).status().context("cannot start node")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A script of `tests/` with `job` and the address of the page, which is served from now on.
pub fn script_over_page(workspace: &Workspace, script: &str, job: &Value) -> Result<Command> {
    build::build_if_missing(workspace)?;
    let node = Node::set_up(workspace)?;
    let address = http::start(0, page(workspace))?;
    let url = format!("http://localhost:{}/", address.port());
    Ok(node.command(&[script, &job.to_string(), &url]))
}

/// The site as it is published: the page's files with the package beside them.
pub fn page(workspace: &Workspace) -> Vec<Mount> {
    Mount::page("/", Parts::of(workspace)).into()
}

/// The package of the browser tests. Numbers do not change by wasm-opt, which takes minutes.
pub const WITH_CHECKS: Options = Options {
    checks: true,
    fast: true,
};

/// The same with what only the browser tests load: the package with the checks, pages around it, and the page itself on
/// that package.
pub fn page_with_checks(workspace: &Workspace) -> Vec<Mount> {
    let mut mounts = page(workspace);
    let checked = Parts {
        pkg: workspace.pkg_checks(),
        ..Parts::of(workspace)
    };
    mounts.extend(Mount::page("/checked/", checked));
    mounts.push(Mount::new("/pkg-checks/", workspace.pkg_checks()));
    mounts.push(Mount::new("/tests/", workspace.tests().join("browser/pages")));
    mounts
}
