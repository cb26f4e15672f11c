//! Programs of the system: finding them, running them, installing what is missing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A progress line; standard output is kept for results.
pub fn say(message: impl AsRef<str>) {
    eprintln!("xtask: {}", message.as_ref());
}

/// The program's path, if it is an absolute path that exists or a name found in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.is_absolute() {
        return path.is_file().then(|| path.to_path_buf());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command without the variables that `cargo run` sets for this program: inherited by a nested cargo or
/// by build scripts they would make it compile again what is already there.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if own.iter().any(|prefix| name_text.starts_with(prefix)) || name_text == "OUT_DIR" || name_text == "CARGO" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs to the end with inherited output; an exit code other than 0 is an error that names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end and gives what it wrote to standard output.
pub fn capture(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!(
            "`{shown}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs quietly for at most `limit`; true if it ended in time with exit code 0.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
    else {
        return false;
    };
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
            _ => {
                // It hung, typically on a network that swallows packets; nothing is lost by ending it.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    if text.len() > 300 {
        text.truncate(text.floor_char_boundary(300));
        text.push_str(" ...");
    }
    text
}

/// Installs Debian packages where we may; otherwise the error is the command that would.
pub fn apt_install(packages: &[&str], why: &str) -> Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let is_root = capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let Some(apt) = find("apt-get").filter(|_| is_root) else {
        bail!("{why}; install it with: sudo {by_hand}");
    };
    say(format!("{why}; running {by_hand}"));
    let install = || {
        let mut command = Command::new(&apt);
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "--no-install-recommends"]);
        // Its report is progress, not a result.
        command.args(packages).stdout(Stdio::null());
        run(&mut command)
    };
    if install().is_err() {
        // The package lists may be missing or old.
        run(Command::new(&apt).arg("update").stdout(Stdio::null()))?;
        install().with_context(|| format!("{why}; by hand: {by_hand}"))?;
    }
    Ok(())
}

/// A path given on the command line, from the present folder: what runs it may stand elsewhere.
pub fn absolute(text: &str) -> Result<PathBuf> {
    std::path::absolute(Path::new(text)).with_context(|| format!("bad path `{text}`"))
}
