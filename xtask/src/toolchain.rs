//! The Rust that compiles to wasm32: already there, added by rustup, or Debian's with its sources.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::tools::{self, say};
use crate::workspace::Workspace;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's linker for wasm; its Rust ships none.
const DEBIAN_LINKER: &str = "wasm-ld-22";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// How to call cargo for the wasm target.
pub enum Toolchain {
    /// The default toolchain has the target's standard library.
    Installed,
    /// Debian's Rust, linked into rustup as the toolchain `debian`; builds the standard library itself.
    DebianByRustup,
    /// Debian's Rust called by its path, where there is no rustup.
    DebianByPath,
}

impl Toolchain {
    /// The order: already installed, `rustup target add`, Debian's Rust. `GROUNDMASK_WASM_TOOLCHAIN=debian` forces the last.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        match env::var("GROUNDMASK_WASM_TOOLCHAIN").as_deref() {
            Ok("debian") => return Self::debian(),
            Ok("") | Err(_) => {}
            Ok(other) => {
                bail!("GROUNDMASK_WASM_TOOLCHAIN is `{other}`; the only choice is `debian`")
            }
        }
        if has_standard_library(workspace.root()) {
            return Ok(Self::Installed);
        }
        if let Some(rustup) = tools::find("rustup") {
            say(format!(
                "the Rust target {TARGET} is not installed; trying `rustup target add {TARGET}`"
            ));
            let mut add = tools::command(rustup);
            add.current_dir(workspace.root()).args(["target", "add", TARGET]);
            if tools::succeeds_within(&mut add, Duration::from_secs(120)) && has_standard_library(workspace.root()) {
                return Ok(Self::Installed);
            }
            say("rustup could not add it; going on with Debian's Rust, which builds its own standard library");
        }
        Self::debian()
    }

    fn debian() -> Result<Self> {
        let source = Path::new("/usr/lib/rustlib/src/rust/library/std/src/lib.rs");
        let missing: Vec<&str> = [
            ("rustc-web", Path::new(DEBIAN_RUSTC).is_file()),
            ("cargo-web", Path::new(DEBIAN_CARGO).is_file()),
            ("rust-web-src", source.is_file()),
            ("lld-22", tools::find(DEBIAN_LINKER).is_some()),
        ]
        .into_iter()
        .filter_map(|(package, there)| (!there).then_some(package))
        .collect();
        if !missing.is_empty() {
            tools::apt_install(&missing, "Debian's Rust for wasm is not complete")?;
        }
        let Some(rustup) = tools::find("rustup") else {
            return Ok(Self::DebianByPath);
        };
        let listed = tools::capture(tools::command(&rustup).args(["toolchain", "list"])).unwrap_or_default();
        if !listed
            .lines()
            .any(|line| line.split_whitespace().next() == Some("debian"))
        {
            tools::run(tools::command(&rustup).args(["toolchain", "link", "debian", "/usr"]))
                .context("cannot tell rustup about Debian's Rust; by hand: rustup toolchain link debian /usr")?;
        }
        Ok(Self::DebianByRustup)
    }

    pub fn describe(&self) -> &'static str {
        match self {
            Self::Installed => "the default Rust toolchain",
            Self::DebianByRustup | Self::DebianByPath => "Debian's Rust, standard library from source",
        }
    }

    /// `cargo` for this toolchain, without a subcommand.
    pub fn cargo(&self) -> Result<Command> {
        let mut command = match self {
            Self::Installed => tools::command(tools::find("cargo").unwrap_or_else(|| PathBuf::from("cargo"))),
            Self::DebianByRustup => {
                let rustup = tools::find("rustup").context("rustup vanished")?;
                let mut command = tools::command(rustup);
                command.args(["run", "debian", "cargo"]);
                command
            }
            Self::DebianByPath => {
                let mut command = tools::command(DEBIAN_CARGO);
                command.env("RUSTC", DEBIAN_RUSTC);
                command
            }
        };
        if !matches!(self, Self::Installed) {
            // -Zbuild-std is accepted by a stable compiler only with this.
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
        }
        Ok(command)
    }

    /// What `cargo build` needs beside `--target`.
    pub fn build_arguments(&self) -> &'static [&'static str] {
        match self {
            Self::Installed => &[],
            Self::DebianByRustup | Self::DebianByPath => &["-Zbuild-std=std,panic_abort"],
        }
    }
}

/// True if the default compiler has the standard library of the wasm target.
fn has_standard_library(root: &Path) -> bool {
    let mut rustc = tools::command("rustc");
    rustc
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", TARGET]);
    let Ok(folder) = tools::capture(&mut rustc) else {
        return false;
    };
    let Ok(entries) = std::fs::read_dir(folder.trim()) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}
