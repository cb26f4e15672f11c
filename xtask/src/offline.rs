//! What the page needs in order to start without a network: a list of all its files with their hashes, written into two of
//! them. The service worker (`www/sw.js`) keeps what the list names and takes nothing else; page and worker carry the same
//! name of the build (`www/core/build.js`) and refuse to mix.
//!
//! In the checkout both files are without a list; `serve` fills them in as they are asked for, `site` as it writes them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use base64::Engine;
use sha2::{Digest, Sha256};

use crate::headers::HEADERS;
use crate::size;
use crate::workspace::Workspace;

const SERVICE_WORKER: &str = "sw.js";
const BUILD: &str = "core/build.js";

/// The files that are made, as paths below the page.
pub const MADE: [&str; 2] = [SERVICE_WORKER, BUILD];

/// Hexadecimal digits of a build's name: nobody has to guess it, it has to differ.
const BUILD_DIGITS: usize = 16;

/// Where the two parts of a page lie.
#[derive(Clone)]
pub struct Parts {
    pub www: PathBuf,
    pub pkg: PathBuf,
}

/// SHA-256 in base64, and length in bytes.
#[derive(Clone, PartialEq, Debug)]
struct Content {
    hash: String,
    bytes: u64,
}

impl Parts {
    pub fn of(workspace: &Workspace) -> Self {
        Self {
            www: workspace.www(),
            pkg: workspace.pkg(),
        }
    }

    /// The package's files that browsers load: modules and binaries, those of its own folders too.
    pub fn package_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = size::files_below(&self.pkg)?;
        files.retain(|file| {
            file.extension()
                .is_some_and(|ending| ending == "js" || ending == "wasm")
        });
        Ok(files)
    }

    /// The text of one of the files in [`MADE`]; `None` for any other. What cannot be made is sent as it lies there: a page
    /// without a list works, and does without its service worker.
    pub fn made(&self, name: &str) -> Option<String> {
        MADE.contains(&name).then(|| self.make(name).ok()).flatten()
    }

    /// # Errors
    /// If a file cannot be read, or has no place for the list.
    pub fn make(&self, name: &str) -> Result<String> {
        let mut files = self.files()?;
        let build = self.build(&files)?;
        let build_js = self.build_text(&build, &files)?;
        files.insert(BUILD.to_owned(), content(build_js.as_bytes()));
        match name {
            BUILD => Ok(build_js),
            SERVICE_WORKER => self.service_worker_text(&build, &files),
            other => bail!("{other} is not made"),
        }
    }

    /// Every file as it lies there, by its path below the page.
    fn files(&self) -> Result<BTreeMap<String, Content>> {
        let mut files = BTreeMap::new();
        for file in size::page_files(&self.www)? {
            let name = below(&self.www, &file)?;
            if !MADE.contains(&name.as_str()) {
                files.insert(name, content_of(&file)?);
            }
        }
        for file in self.package_files()? {
            files.insert(format!("pkg/{}", below(&self.pkg, &file)?), content_of(&file)?);
        }
        Ok(files)
    }

    /// A name that is another one whenever anything of the page is another.
    fn build(&self, files: &BTreeMap<String, Content>) -> Result<String> {
        let mut hasher = Sha256::new();
        for (name, content) in files {
            hasher.update(format!("{name} {}\n", content.hash));
        }
        for (name, value) in HEADERS {
            hasher.update(format!("{name}: {value}\n"));
        }
        for name in MADE {
            hasher.update(self.template(name)?);
        }
        let digits: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(digits[..BUILD_DIGITS].to_owned())
    }

    fn template(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.www.join(name)).with_context(|| format!("cannot read {name}"))
    }

    fn build_text(&self, build: &str, files: &BTreeMap<String, Content>) -> Result<String> {
        let package: BTreeMap<&str, &str> = files
            .iter()
            .filter(|(name, _)| name.ends_with(".wasm"))
            .map(|(name, content)| (name.as_str(), content.hash.as_str()))
            .collect();
        let text = fill(
            &self.template(BUILD)?,
            "export const BUILD = '';",
            &format!("export const BUILD = '{build}';"),
        )?;
        let package = serde_json::to_string(&package)?;
        fill(
            &text,
            "export const BINARIES = {};",
            &format!("export const BINARIES = {package};"),
        )
    }

    fn service_worker_text(&self, build: &str, files: &BTreeMap<String, Content>) -> Result<String> {
        let list: BTreeMap<&str, (&str, u64)> = files
            .iter()
            .map(|(name, content)| (name.as_str(), (content.hash.as_str(), content.bytes)))
            .collect();
        let headers: BTreeMap<&str, &str> = HEADERS.into_iter().collect();
        let text = fill(
            &self.template(SERVICE_WORKER)?,
            "const BUILD = '';",
            &format!("const BUILD = '{build}';"),
        )?;
        let text = fill(
            &text,
            "const FILES = {};",
            &format!("const FILES = {};", serde_json::to_string(&list)?),
        )?;
        fill(
            &text,
            "const HEADERS = {};",
            &format!("const HEADERS = {};", serde_json::to_string(&headers)?),
        )
    }
}

fn fill(text: &str, place: &str, filled: &str) -> Result<String> {
    if text.matches(place).count() != 1 {
        bail!("a file to be made has not one `{place}`");
    }
    Ok(text.replace(place, filled))
}

fn below(folder: &Path, file: &Path) -> Result<String> {
    let path = file.strip_prefix(folder)?;
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    Ok(parts.join("/"))
}

fn content(bytes: &[u8]) -> Content {
    Content {
        hash: base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes)),
        bytes: bytes.len() as u64,
    }
}

/// What was hashed, and when it was changed last: a page is asked for more often than it changes.
static HASHED: LazyLock<Mutex<HashMap<PathBuf, (SystemTime, Content)>>> = LazyLock::new(Mutex::default);

fn content_of(file: &Path) -> Result<Content> {
    let about = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    let changed = about.modified()?;
    let known = HASHED.lock().ok().and_then(|hashed| hashed.get(file).cloned());
    if let Some((_, content)) = known.filter(|(when, content)| *when == changed && content.bytes == about.len()) {
        return Ok(content);
    }
    let content = content(&fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    if let Ok(mut hashed) = HASHED.lock() {
        hashed.insert(file.to_path_buf(), (changed, content.clone()));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of three files with a package of two, in a folder of its own.
    fn page(name: &str) -> Parts {
        let root = std::env::temp_dir().join(format!("groundmask-offline-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let parts = Parts {
            www: root.join("www"),
            pkg: root.join("pkg"),
        };
        let real = Parts::of(&Workspace::find().expect("a checkout"));
        fs::create_dir_all(parts.www.join("core")).unwrap();
        fs::create_dir_all(parts.pkg.join("snippets")).unwrap();
        for made in MADE {
            fs::copy(real.www.join(made), parts.www.join(made)).unwrap();
        }
        for (file, text) in [("index.html", "<!doctype html>"), ("notes.md", "no part of it")] {
            fs::write(parts.www.join(file), text).unwrap();
        }
        for (file, text) in [("a.wasm", "abc"), ("a.d.ts", "no part"), ("snippets/b.js", "1")] {
            fs::write(parts.pkg.join(file), text).unwrap();
        }
        parts
    }

    #[test]
    fn the_list_names_what_browsers_load_with_the_hash_that_integrity_wants() {
        let text = page("list").make(SERVICE_WORKER).unwrap();
        for there in ["\"index.html\":[", "\"core/build.js\":[", "\"pkg/snippets/b.js\":["] {
            assert!(text.contains(there), "{there}");
        }
        // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
        assert!(text.contains("\"pkg/a.wasm\":[\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\",3]"));
        for absent in ["notes.md", "a.d.ts", "\"sw.js\""] {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(text.contains("require-corp"));
    }

    #[test]
    fn all_that_is_made_of_one_page_has_one_name_and_another_page_has_another() {
        let parts = page("name");
        let name = |parts: &Parts, file: &str| {
            let text = parts.make(file).unwrap();
            let (_, rest) = text.split_once("const BUILD = '").unwrap();
            rest.split_once('\'').unwrap().0.to_owned()
        };
        let first = name(&parts, BUILD);
        assert_eq!(first.len(), BUILD_DIGITS);
        assert_eq!(first, name(&parts, SERVICE_WORKER));
        fs::write(parts.www.join("index.html"), "<!doctype html>\n").unwrap();
        assert_ne!(first, name(&parts, BUILD));
        assert_eq!(name(&parts, BUILD), name(&parts, SERVICE_WORKER));
    }
}
