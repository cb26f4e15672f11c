//! How much the page weighs: raw, gzip and brotli.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};

use crate::workspace::{FUSED, NAME, Workspace};

/// Bytes of some files together, as they are and as a host would send them.
#[derive(Clone, Copy, Default)]
pub struct Size {
    pub raw: usize,
    pub gzip: usize,
    /// 0 where it was not asked for.
    pub brotli: usize,
}

/// Prints a table of the wasm file and of all that the page loads.
pub fn report(workspace: &Workspace, package: &Path, with_brotli: bool) -> Result<()> {
    // A visitor loads one of the two wasm files, most of them this one.
    let wasm = package.join(FUSED);
    let mut rest = vec![package.join(format!("{NAME}.js"))];
    rest.extend(page_files(&workspace.www())?);
    let wasm_size = measure(&wasm, with_brotli)?;
    let mut all = wasm_size;
    for file in &rest {
        let size = measure(file, with_brotli)?;
        all = Size {
            raw: all.raw + size.raw,
            gzip: all.gzip + size.gzip,
            brotli: all.brotli + size.brotli,
        };
    }
    println!("{:<34} {:>12} {:>12} {:>12}", "bytes", "raw", "gzip -9", "brotli -11");
    let row = |name: &str, size: Size| {
        let brotli = if with_brotli {
            size.brotli.to_string()
        } else {
            "-".to_owned()
        };
        println!("{name:<34} {:>12} {:>12} {brotli:>12}", size.raw, size.gzip);
    };
    row(&workspace.show(&wasm), wasm_size);
    row(&format!("all the page loads ({} files)", rest.len() + 1), all);
    Ok(())
}

/// Sizes of one file. Both compressors run at their best level, as a build of a static site would.
pub fn measure(file: &Path, with_brotli: bool) -> Result<Size> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    thread::scope(|scope| {
        let brotli = scope.spawn(|| if with_brotli { brotli_bytes(&bytes) } else { Ok(0) });
        let gzip = gzip_bytes(&bytes)?;
        let brotli = brotli
            .join()
            .unwrap_or_else(|_| anyhow::bail!("the brotli thread panicked"))?;
        Ok(Size {
            raw: bytes.len(),
            gzip,
            brotli,
        })
    })
}

fn gzip_bytes(bytes: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn brotli_bytes(bytes: &[u8]) -> Result<usize> {
    let mut output = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut output, &parameters)?;
    Ok(output.len())
}

/// Every file of the page that a visitor's browser fetches: no notes, no types, no licences.
pub fn page_files(www: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_below(www)?;
    files.retain(|file| {
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        !["md", "txt", "ts", "map", ""].contains(&extension.as_ref())
    });
    Ok(files)
}

/// All files below a folder, sorted; none if there is no such folder.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    Ok(files)
}
