//! Groundmask's build tool: `cargo xtask <command>`.
//!
//! One module a command; `toolchain`, `tools`, `node`, `size` and `serve` are shared. Progress goes to
//! standard error, results (a JSON line, the closing line of the tests) to standard output.

mod bench;
mod build;
mod demo;
mod fuzz;
mod generate;
mod headers;
mod http;
mod label;
mod model_job;
mod neighbours;
mod node;
mod offline;
mod package;
mod peers;
mod plain_simd;
mod python;
mod quality;
mod serve;
mod site;
mod size;
mod soak;
mod sources;
mod structure;
mod tally;
mod test;
mod threads;
mod toolchain;
mod tools;
mod trips;
mod workspace;
mod zip_site;

use std::process::ExitCode;

use anyhow::{Result, bail};
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask <command>

  build [--fast] [--features checks]   release package into pkg/, with a size report
                                       (--fast skips wasm-opt and the report's brotli)
  generate                             www/generated/ from src/values/ (every build does it too)
  serve [--port 8080] [--build]        the page on http://localhost:8080; builds if nothing is built yet
        [--checks]                     (--checks: with what the browser tests load beside it)
  site [--zip]                         target/site/, ready for any static host
                                       (--zip: and target/groundmask-site.zip, with a start script for machines without network)
  test [--rust|--browser|--peers]      every test; ends with `N passed, N failed`
       [--neighbours]                  (in QGIS, OpenCV, OpenVINO, onnxruntime-web, PyTorch: only where asked for)
       [--fresh]                       (random inputs have a fixed seed, which --fresh draws)
  fuzz [--seconds N] [TARGET...]       broken files for every reader (fuzz --help)
  demo [--images DIR --masks DIR] ...  the whole job in a headless browser; one JSON line (demo --help)
  label --images DIR --truth DIR ...   paints, trains and corrects in a headless browser; one JSON line (label --help)
  predict --model F --image F --out F  a mask or outlines of one image (predict --help)
  convert --model F --out F            a model in another program's format (convert --help)
  bench [--device webgpu|cpu] ...      training and inference times; one JSON line (bench --help)
  quality [--sets ...] [--references]  what presets reach on real images, beside PyTorch and Keras (quality --help)
  structure [--at COMMIT]              circles between files, imports upward, files too long, words that point outside
  trips [--at COMMIT]                  how many files a setting, a format, an operator and three ways touch (trips --help)
  soak --minutes N [--device ...]      trains for so long and watches memory and the page; one JSON line

Environment: GROUNDMASK_WASM_TOOLCHAIN=debian forces Debian's Rust, CHROMIUM and FIREFOX name browsers,
CARGO_TARGET_DIR the folder for compiled code.";

fn main() -> ExitCode {
    if let Some(code) = fuzz::compile_with_coverage() {
        return code;
    }
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut args = lexopt::Parser::from_env();
    let command = match args.next()? {
        Some(lexopt::Arg::Value(value)) => value.to_string_lossy().into_owned(),
        Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) | None => {
            println!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    let workspace = Workspace::find()?;
    match command.as_str() {
        "build" => package::command(&workspace, args),
        "generate" => generate::command(&workspace, args),
        "serve" => serve::command(&workspace, args),
        "site" => site::command(&workspace, args),
        "test" => test::command(&workspace, args),
        "fuzz" => fuzz::command(&workspace, args),
        "demo" => demo::command(&workspace, args),
        "label" => label::command(&workspace, args),
        "predict" => model_job::command(&workspace, model_job::Task::Predict, args),
        "convert" => model_job::command(&workspace, model_job::Task::Convert, args),
        "bench" => bench::command(&workspace, args),
        "quality" => quality::command(&workspace, args),
        "structure" => structure::command(&workspace, args),
        "trips" => trips::command(&workspace, args),
        "soak" => soak::command(&workspace, args),
        "help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}
