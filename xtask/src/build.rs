//! `cargo xtask build`: Rust -> wasm -> bindings -> wasm-opt -> a second file without relaxed SIMD -> size report.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::generate;
use crate::plain_simd;
use crate::toolchain::{TARGET, Toolchain};
use crate::tools::{self, say};
use crate::workspace::{FUSED, NAME, Workspace};

/// What to build.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Leave wasm-opt out.
    pub fast: bool,
    /// The package with the numeric checks and the benchmark, into `target/pkg-checks/`.
    pub checks: bool,
}

/// Builds the package if its source changed and gives its folder.
pub fn build(workspace: &Workspace, options: Options) -> Result<PathBuf> {
    generate::write(workspace)?;
    let compiled = compile(workspace, options)?;
    let package = if options.checks {
        workspace.pkg_checks()
    } else {
        workspace.pkg()
    };
    let wasm = package.join(format!("{NAME}_bg.wasm"));
    let wasm_opt = if options.fast { None } else { usable_wasm_opt() };

    // Bindings and wasm-opt take about a minute on this much code, so an unchanged input is not processed again.
    let stamp_file = workspace.root().join("target").join(if options.checks {
        "pkg-checks.stamp"
    } else {
        "pkg.stamp"
    });
    let stamp = stamp(&compiled, options.fast, wasm_opt.is_some())?;
    if wasm.is_file() && package.join(FUSED).is_file() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp)
    {
        say(format!("{} is up to date", workspace.show(&package)));
        return Ok(package);
    }
    // A build that breaks off below must not count as done.
    let _ = fs::remove_file(&stamp_file);

    let named = options.fast || options.checks;
    bind(&compiled, &package, named)?;
    match &wasm_opt {
        Some(program) => optimise(program, &wasm)?,
        None if options.fast => {}
        None => say("no usable wasm-opt, so the package is about a quarter larger; binaryen 117 or newer has it"),
    }
    let fused = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    fs::write(package.join(FUSED), &fused).with_context(|| format!("cannot write {FUSED}"))?;
    let plain = plain_simd::rewrite(&fused, named).context("the file without relaxed SIMD")?;
    fs::write(&wasm, plain).with_context(|| format!("cannot write {}", wasm.display()))?;
    if let Some(folder) = stamp_file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&stamp_file, stamp).with_context(|| format!("cannot write {}", stamp_file.display()))?;
    Ok(package)
}

/// Builds only what is missing: `serve` and the head-less commands take a package that is there as it is.
pub fn build_if_missing(workspace: &Workspace) -> Result<()> {
    let wasm = workspace.pkg().join(format!("{NAME}_bg.wasm"));
    if !wasm.is_file() || !workspace.pkg().join(FUSED).is_file() {
        say("pkg/ holds no build yet; building it (a cold build takes some minutes)");
        build(workspace, Options::default())?;
    }
    Ok(())
}

/// Runs cargo and gives the path of the raw wasm file.
fn compile(workspace: &Workspace, options: Options) -> Result<PathBuf> {
    let toolchain = Toolchain::find(workspace)?;
    say(format!("compiling to wasm with {}", toolchain.describe()));
    let mut cargo = toolchain.cargo()?;
    cargo.arg("rustc").args(toolchain.build_arguments());
    run_cargo(workspace, cargo, &workspace.cargo_target(), "webgpu", options)
}

/// `cargo` goes as far as `rustc` and its own arguments; `device` is the feature of the package.
pub fn run_cargo(
    workspace: &Workspace,
    mut cargo: Command,
    target_folder: &Path,
    device: &str,
    options: Options,
) -> Result<PathBuf> {
    let start = Instant::now();
    cargo
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", target_folder)
        .args(["--package", NAME, "--lib", "--target", TARGET, "--release"])
        // Only here: a package that is always one has file names without a hash, and cargo would not tell the library that
        // the tests use from the one with counters for `fuzz`.
        .args(["--crate-type", "cdylib"])
        .arg("--config")
        .arg(workspace.root().join("xtask/page-profile.toml"));
    let checks = if options.checks { ",checks" } else { "" };
    cargo.args(["--no-default-features", "--features", &format!("{device}{checks}")]);
    // For our own crate alone, whose kernels use it; all others stay as every browser takes them.
    cargo.args(["--", "-C", "target-feature=+relaxed-simd"]);
    tools::run(&mut cargo)?;
    say(format!("compiled in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(target_folder.join(TARGET).join("release").join(format!("{NAME}.wasm")))
}

/// Writes the JavaScript and TypeScript side and the wasm that belongs to it. `named` keeps the functions' names, for
/// profiles and stack traces: a quarter of the download. A panic names its place in the source either way.
pub fn bind(compiled: &Path, package: &Path, named: bool) -> Result<()> {
    let start = Instant::now();
    fs::create_dir_all(package).with_context(|| format!("cannot make {}", package.display()))?;
    let mut generator = wasm_bindgen_cli_support::Bindgen::new();
    generator
        .input_path(compiled)
        .out_name(NAME)
        .typescript(true)
        .remove_name_section(!named)
        .remove_producers_section(true);
    generator.web(true)?.generate(package).context("wasm-bindgen")?;
    say(format!("bindings written in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// First binaryen that leaves tables of references alone; Debian 12's 108 breaks them, and the page does not start.
const OLDEST_WASM_OPT: u32 = 117;

/// wasm-opt where it is there and new enough.
pub fn usable_wasm_opt() -> Option<PathBuf> {
    let path = tools::find("wasm-opt")?;
    let text = tools::capture(tools::command(&path).arg("--version")).ok()?;
    let version: u32 = text.split_whitespace().find_map(|word| word.parse().ok())?;
    if version < OLDEST_WASM_OPT {
        tools::say(format!(
            "wasm-opt {version} is too old ({OLDEST_WASM_OPT} is needed) and is left out"
        ));
        return None;
    }
    Some(path)
}

/// Shrinks and speeds up the wasm file in place. The features named are those rustc's wasm target and `simd128` use.
pub fn optimise(wasm_opt: &Path, wasm: &Path) -> Result<()> {
    let start = Instant::now();
    let before = fs::metadata(wasm)?.len();
    let optimised = wasm.with_extension("wasm.opt");
    let mut command = tools::command(wasm_opt);
    command.args([
        "-O3",
        "--enable-simd",
        "--enable-relaxed-simd",
        "--enable-bulk-memory",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        "--enable-threads",
    ]);
    command.args([
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-multivalue",
    ]);
    command.arg(wasm).arg("-o").arg(&optimised);
    tools::run(&mut command).context("wasm-opt; `cargo xtask build --fast` goes without it")?;
    fs::rename(&optimised, wasm)?;
    let after = fs::metadata(wasm)?.len();
    say(format!(
        "wasm-opt: {:.1} -> {:.1} MB in {:.0} s",
        before as f64 / 1e6,
        after as f64 / 1e6,
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Identifies the input and the way it is processed.
pub fn stamp(compiled: &Path, fast: bool, optimised: bool) -> Result<String> {
    let bytes = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Ok(format!(
        "{} bytes, hash {:016x}, fast {fast}, wasm-opt {optimised}",
        bytes.len(),
        hasher.finish()
    ))
}
