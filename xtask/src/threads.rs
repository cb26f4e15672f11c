//! The package's second part, `pkg/threads/`: the engine for the CPU alone, on every core, for pages whose memory threads can
//! share. WebGPU's types cannot be sent between threads, so it is a module of its own; and the standard library has to be
//! compiled for it, from its source. Where that cannot be had the page does without.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::build::{self, Options};
use crate::toolchain::TARGET;
use crate::tools::{self, say};
use crate::workspace::{NAME, Workspace};

/// The part's folder in the package.
pub const FOLDER: &str = "threads";

/// Memory that threads share, imported and at most 4 GiB; what wasm-bindgen needs to start threads in it.
const FLAGS: &str = "-C target-feature=+simd128,+atomics,+bulk-memory,+mutable-globals \
-C link-arg=--shared-memory -C link-arg=--import-memory -C link-arg=--max-memory=4294967296 \
-C link-arg=--export=__wasm_init_tls -C link-arg=--export=__tls_size -C link-arg=--export=__tls_align \
-C link-arg=--export=__tls_base -C link-arg=--export=__heap_base";

/// Builds the part if its source changed. The package for the browser tests has none: its pages have one thread.
pub fn build(workspace: &Workspace, options: Options) -> Result<()> {
    if options.checks {
        return Ok(());
    }
    let folder = workspace.pkg().join(FOLDER);
    if std::env::var("GROUNDMASK_THREADS").is_ok_and(|value| value == "0") || !has_source(workspace) {
        say(
            "no module with threads: the standard library's source is missing (rustup component add rust-src), or GROUNDMASK_THREADS=0",
        );
        // One of another build would not be of this page.
        let _ = fs::remove_dir_all(&folder);
        return Ok(());
    }
    let compiled = compile(workspace, options)?;
    let wasm = folder.join(format!("{NAME}_bg.wasm"));
    let wasm_opt = if options.fast { None } else { build::usable_wasm_opt() };
    let stamp_file = workspace.root().join("target/pkg-threads.stamp");
    let stamp = build::stamp(&compiled, options.fast, wasm_opt.is_some())?;
    if wasm.is_file() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        say(format!("{} is up to date", workspace.show(&folder)));
        return Ok(());
    }
    let _ = fs::remove_file(&stamp_file);
    build::bind(&compiled, &folder, options.fast)?;
    if let Some(program) = &wasm_opt {
        build::optimise(program, &wasm)?;
    }
    if let Some(folder) = stamp_file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&stamp_file, stamp).with_context(|| format!("cannot write {}", stamp_file.display()))
}

fn compile(workspace: &Workspace, options: Options) -> Result<PathBuf> {
    say("compiling the module with threads, standard library from source");
    let mut cargo = tools::command(tools::find("cargo").unwrap_or_else(|| PathBuf::from("cargo")));
    cargo
        // -Zbuild-std is accepted by a stable compiler only with this.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS)
        .args(["rustc", "-Zbuild-std=std,panic_abort"]);
    // A folder of its own: the two modules have one name.
    let target = workspace.cargo_target().join(FOLDER);
    build::run_cargo(workspace, cargo, &target, "threads", options)
}

/// Whether the default compiler has the source of its standard library, after asking rustup for it.
fn has_source(workspace: &Workspace) -> bool {
    let there = || {
        let mut rustc = tools::command("rustc");
        rustc.current_dir(workspace.root()).args(["--print", "sysroot"]);
        let source = "lib/rustlib/src/rust/library/std/src/lib.rs";
        tools::capture(&mut rustc).is_ok_and(|root| PathBuf::from(root.trim()).join(source).is_file())
    };
    if there() {
        return true;
    }
    let Some(rustup) = tools::find("rustup") else {
        return false;
    };
    say(format!(
        "the source of {TARGET}'s standard library is not installed; trying `rustup component add rust-src`"
    ));
    let mut add = tools::command(rustup);
    add.current_dir(workspace.root()).args(["component", "add", "rust-src"]);
    tools::succeeds_within(&mut add, Duration::from_secs(120)) && there()
}
