//! `cargo xtask site --zip`: the site in one file, for machines without a network: unpack, start a script, open the page.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::size;

/// The folder in the zip, and the page's folder in that.
const TOP: &str = "groundmask";

/// What Python's own server sends for modules depends on the machine: on Windows on its registry, where other programs put
/// `text/plain` for `.js`, which no browser takes for a module. So that type is named here.
const SERVE: &str = "import http.server as h; h.SimpleHTTPRequestHandler.extensions_map.update({'.js': 'text/javascript', '.wasm': 'application/wasm'}); h.test(h.SimpleHTTPRequestHandler, h.ThreadingHTTPServer, port=8080, bind='127.0.0.1')";

/// For Linux and macOS.
fn start_sh() -> String {
    format!(
        "#!/bin/sh\ncd \"$(dirname \"$0\")/page\" && echo 'Open http://localhost:8080' && exec python3 -c \"{SERVE}\"\n"
    )
}

/// For Windows.
fn start_cmd() -> String {
    format!("@cd /d \"%~dp0page\" && echo Open http://localhost:8080\r\n@py -3 -c \"{SERVE}\" || pause\r\n")
}

const READ_ME: &str = "\
Groundmask without a network
============================

Start start.sh (Linux, macOS; with Python 3) or start.cmd (Windows; with Python 3 from python.org), then open
http://localhost:8080 in a browser. Any other server of static files does as well: page/ is all it needs.
A browser that was there once keeps the page, and opens it without the server.
";

/// # Errors
/// If a file cannot be read or the zip not be written.
pub fn write(site: &Path, zip: &Path) -> Result<()> {
    let file = File::create(zip).with_context(|| format!("cannot write {}", zip.display()))?;
    let mut out = ZipWriter::new(file);
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text, mode) in [
        ("start.sh", start_sh(), 0o755),
        ("start.cmd", start_cmd(), 0o644),
        ("README.txt", READ_ME.to_owned(), 0o644),
    ] {
        out.start_file(format!("{TOP}/{name}"), plain.unix_permissions(mode))?;
        out.write_all(text.as_bytes())?;
    }
    for path in size::files_below(site)? {
        let below: Vec<_> = path
            .strip_prefix(site)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        out.start_file(format!("{TOP}/page/{}", below.join("/")), plain.unix_permissions(0o644))?;
        out.write_all(&fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?)?;
    }
    out.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_scripts_have_two_lines_and_no_quote_that_ends_too_early() {
        assert_eq!(start_sh().lines().count(), 2);
        assert_eq!(start_cmd().matches("\r\n").count(), 2);
        assert!(!SERVE.contains(['"', '$', '%', '`', '!']));
    }

    #[test]
    fn a_zip_holds_the_site_and_a_program_to_start_it() {
        let folder = std::env::temp_dir().join(format!("groundmask-zip-{}", std::process::id()));
        let site = folder.join("site");
        fs::create_dir_all(site.join("core")).unwrap();
        fs::write(site.join("core/a.js"), "1").unwrap();
        write(&site, &folder.join("site.zip")).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(folder.join("site.zip")).unwrap()).unwrap();
        assert!(zip.by_name("groundmask/page/core/a.js").is_ok());
        let start = zip.by_name("groundmask/start.sh").unwrap();
        assert_eq!(start.unix_mode().map(|mode| mode & 0o111), Some(0o111));
        drop(start);
        fs::remove_dir_all(&folder).unwrap();
    }
}
