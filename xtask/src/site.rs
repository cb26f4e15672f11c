//! `cargo xtask site`: the page as plain files for any static host, in whatever folder of it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::build::Options;
use crate::headers::HEADERS;
use crate::http::{self, Mount};
use crate::node::Node;
use crate::offline::{self, Parts};
use crate::package;
use crate::size;
use crate::tools::{self, say};
use crate::workspace::Workspace;
use crate::zip_site;

/// A made-up folder of a host, to show that no path of the page starts at the root.
const SUB_PATH: &str = "/some/folder/";

pub fn command(workspace: &Workspace, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut zipped = false;
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("zip") => zipped = true,
            other => return Err(other.unexpected().into()),
        }
    }
    package::build(workspace, Options::default())?;
    let site = workspace.site();
    assemble(workspace, &site)?;
    let absolute = absolute_references(&site)?;
    if !absolute.is_empty() {
        bail!("these references break under a sub-path:\n  {}", absolute.join("\n  "));
    }
    if zipped {
        let zip = workspace.root().join("target/groundmask-site.zip");
        zip_site::write(&site, &zip)?;
        println!("{}", zip.display());
    }
    let node = Node::set_up(workspace).context("the site is written; only its check in a browser could not run")?;
    let address = http::start(0, vec![Mount::new(SUB_PATH, &site)])?;
    let url = format!("http://localhost:{}{SUB_PATH}", address.port());
    tools::run(&mut node.command(&["browser/check-site.mjs", &url]))
        .context("the site does not work under a sub-path")?;
    say("it was opened in Chromium under a sub-path and its engine came up");
    println!("{}", site.display());
    Ok(ExitCode::SUCCESS)
}

/// Copies what visitors load, and the licences of what is in it.
fn assemble(workspace: &Workspace, site: &Path) -> Result<()> {
    if site.exists() {
        fs::remove_dir_all(site).with_context(|| format!("cannot empty {}", site.display()))?;
    }
    let www = workspace.www();
    let mut files = size::page_files(&www)?;
    // What is published must carry the licences of the code in it.
    files.extend(
        size::files_below(&www.join("vendor"))?
            .into_iter()
            .filter(|file| file.ends_with("LICENSE")),
    );
    for file in files {
        copy(&file, &site.join(file.strip_prefix(&www)?))?;
    }
    let parts = Parts::of(workspace);
    for file in parts.package_files()? {
        copy(&file, &site.join("pkg").join(file.strip_prefix(&parts.pkg)?))?;
    }
    for name in offline::MADE {
        let text = parts.make(name)?;
        fs::write(site.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    fs::write(site.join("_headers"), headers_file()).context("cannot write _headers")?;
    for licence in ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workspace.root().join(licence), &site.join(licence))?;
    }
    Ok(())
}

/// The headers for hosts that read them from a file of the site, as Cloudflare Pages and Netlify do. Others: docs/hosting.md.
fn headers_file() -> String {
    let mut text = "/*\n".to_owned();
    for (name, value) in HEADERS {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    text
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

/// Lines that name a path from the root of a host, as `file:line: text`.
fn absolute_references(site: &Path) -> Result<Vec<String>> {
    let patterns = [
        "=\"/",
        "='/",
        "from \"/",
        "from '/",
        "import(\"/",
        "import('/",
        "url(/",
        "url(\"/",
        "URL(\"/",
        "URL('/",
        "fetch(\"/",
        "fetch('/",
    ];
    let mut found = Vec::new();
    for file in size::page_files(site)? {
        let is_text = file.extension().is_some_and(|extension| {
            ["html", "js", "css", "webmanifest"]
                .iter()
                .any(|text| extension == *text)
        });
        // Vendored code is checked by running it; it is full of strings that look like paths.
        if !is_text || file.components().any(|part| part.as_os_str() == "vendor") {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for (number, line) in text.lines().enumerate() {
            if patterns.iter().any(|pattern| line.contains(pattern)) {
                let place = file.strip_prefix(site)?.display();
                found.push(format!("{place}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_hosts_names_every_header() {
        let workspace = Workspace::find().expect("a checkout");
        let page = fs::read_to_string(workspace.root().join("docs/hosting.md")).unwrap_or_default();
        for (name, value) in HEADERS {
            let quoted = format!("{name} \"{value}\"");
            // Once for each of three servers.
            assert_eq!(page.matches(&quoted).count(), 3, "docs/hosting.md: {quoted}");
        }
    }
}
