//! Where things lie in the checkout.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// File name stem of everything in the package.
pub const NAME: &str = "groundmask";

/// The module for browsers with relaxed SIMD; `groundmask_bg.wasm` runs in all.
pub const FUSED: &str = "groundmask_fused.wasm";

pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout this program was built from (cargo sets the variable when it runs it).
    pub fn find() -> Result<Self> {
        let manifest_dir =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir.parent().context("xtask/ lies in no checkout")?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// The npm package around the wasm build.
    pub fn pkg(&self) -> PathBuf {
        self.root.join("pkg")
    }

    /// The package with the numeric checks of the browser tests and the benchmark; never in `site`, and in `serve` only where
    /// it is asked for.
    pub fn pkg_checks(&self) -> PathBuf {
        self.root.join("target/pkg-checks")
    }

    pub fn tests(&self) -> PathBuf {
        self.root.join("tests")
    }

    pub fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// Folder of compiled code. In CI it lies outside the checkout, so that fresh clones share it.
    pub fn cargo_target(&self) -> PathBuf {
        if let Some(folder) = env::var_os("CARGO_TARGET_DIR") {
            return self.root.join(folder);
        }
        match (env::var_os("CI"), env::var_os("HOME")) {
            (Some(_), Some(home)) => PathBuf::from(home).join(".cache/groundmask/target"),
            _ => self.root.join("target"),
        }
    }

    /// A path as people read it: relative to the checkout where it lies inside.
    pub fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
