//! A small web server for static files, with the headers the page is published under.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::generate::values::image_format_of_ending;
use crate::headers::HEADERS;
use crate::offline::Parts;

/// Longest request head that is read; a browser's is below 2 kB.
const MAX_HEAD_BYTES: u64 = 16 * 1024;

/// A folder and the path it appears under: `/` or `/name/`.
pub struct Mount {
    pub prefix: String,
    pub folder: PathBuf,
    /// Where the page's parts lie, if this is a page as it lies in the checkout: two of its files are made as they are asked for.
    parts: Option<Parts>,
}

impl Mount {
    pub fn new(prefix: &str, folder: impl Into<PathBuf>) -> Self {
        Self {
            prefix: prefix.to_owned(),
            folder: folder.into(),
            parts: None,
        }
    }

    /// The page below a path, with its package in `pkg/` there, as two mounts.
    pub fn page(prefix: &str, parts: Parts) -> [Self; 2] {
        let package = Self::new(&format!("{prefix}pkg/"), &parts.pkg);
        [
            Self {
                parts: Some(parts.clone()),
                ..Self::new(prefix, &parts.www)
            },
            package,
        ]
    }
}

/// What is sent for a path.
enum Body {
    File(File),
    Text(String),
}

/// Serves until the process ends; gives the address it listens on.
///
/// # Errors
/// If the port is taken.
pub fn start(port: u16, mut mounts: Vec<Mount>) -> Result<SocketAddr> {
    // The longest prefix wins.
    mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
    let listener = TcpListener::bind(("127.0.0.1", port))
        .with_context(|| format!("cannot listen on port {port}; `--port N` takes another"))?;
    let address = listener.local_addr().context("the server has no address")?;
    let mounts = Arc::new(mounts);
    // A thread a connection, each closed after its answer: a browser opens six at once and keeps them, which
    // starved the fixed pool of the library that was here before (tiny_http 0.12) and hung the page.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mounts = Arc::clone(&mounts);
            thread::spawn(move || {
                // A visitor who went away is no error of ours.
                let _ = answer(stream, &mounts);
            });
        }
    });
    Ok(address)
}

/// Reads one request and sends the file or a short error text.
fn answer(stream: TcpStream, mounts: &[Mount]) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = BufReader::new((&stream).take(MAX_HEAD_BYTES));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    // Nothing in the other lines changes the answer, but they have to be read before the connection may close.
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split_whitespace();
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(method, "GET" | "HEAD") {
        return send_text(&stream, "405 Method Not Allowed", "only GET and HEAD");
    }
    let Some(path) = clean_path(url) else {
        return send_text(&stream, "400 Bad Request", "bad path");
    };
    match open(&path, mounts) {
        Some((body, media_type)) => {
            let bytes = match &body {
                Body::File(file) => file.metadata()?.len(),
                Body::Text(text) => text.len() as u64,
            };
            // Drivers that time pages of several libraries poll by eval; the benchmark handles nobody's data.
            let has_policy = path != "tests/bench.html";
            send_head(&stream, "200 OK", media_type, bytes, has_policy)?;
            match body {
                _ if method != "GET" => Ok(()),
                Body::File(mut file) => io::copy(&mut file, &mut &stream).map(|_| ()),
                Body::Text(text) => (&mut &stream).write_all(text.as_bytes()),
            }
        }
        None => send_text(&stream, "404 Not Found", "not found"),
    }
}

/// The decoded path below the root, without a leading slash; `None` for anything that could leave a folder.
fn clean_path(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let decoded = percent_decode(path)?;
    let hostile = decoded.contains(['\\', '\0', ':']) || decoded.split('/').any(|part| part.starts_with('.'));
    (!hostile).then_some(decoded)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn open(path: &str, mounts: &[Mount]) -> Option<(Body, &'static str)> {
    let (mount, below) = mounts.iter().find_map(|mount| {
        let prefix = mount.prefix.trim_start_matches('/');
        path.strip_prefix(prefix).map(|below| (mount, below))
    })?;
    let folder = mount.folder.canonicalize().ok()?;
    let mut file = folder.join(below).canonicalize().ok()?;
    if file.is_dir() {
        file = file.join("index.html").canonicalize().ok()?;
    }
    // A link in the folder could still lead out of it.
    if !file.starts_with(&folder) || !file.is_file() {
        return None;
    }
    let made = mount.parts.as_ref().and_then(|parts| parts.made(below));
    let body = match made {
        Some(text) => Body::Text(text),
        None => Body::File(File::open(&file).ok()?),
    };
    Some((body, media_type(&file)))
}

fn media_type(file: &Path) -> &'static str {
    let ending = file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "ico" => "image/x-icon",
        "md" | "txt" | "ts" => "text/plain; charset=utf-8",
        _ => image_format_of_ending(ending).map_or("application/octet-stream", |format| format.media_type),
    }
}

fn send_text(stream: &TcpStream, status: &str, text: &str) -> io::Result<()> {
    let bytes = text.len() as u64;
    send_head(stream, status, "text/plain; charset=utf-8", bytes, true)?;
    (&mut &*stream).write_all(text.as_bytes())
}

fn send_head(mut stream: &TcpStream, status: &str, media_type: &str, bytes: u64, has_policy: bool) -> io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {bytes}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n"
    );
    for (name, value) in HEADERS {
        if has_policy || name != "Content-Security-Policy" {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_leave_the_folder_are_refused() {
        for url in [
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/a/%2E%2E%2fx",
            "/..%5cx",
            "/.git/config",
            "/a%00b",
            "/c:/x",
            "/%zz",
            "/%2",
        ] {
            assert_eq!(clean_path(url), None, "{url}");
        }
    }

    #[test]
    fn ordinary_paths_are_decoded() {
        assert_eq!(clean_path("/"), Some(String::new()));
        assert_eq!(clean_path("/app/a%20b.js?v=1#x"), Some("app/a b.js".to_owned()));
    }

    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let folder = std::env::temp_dir().join(format!("groundmask-http-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("in.js"), "1").unwrap();
        let mounts = [Mount::new("/", &folder)];
        assert_eq!(
            open("in.js", &mounts).map(|(_, media_type)| media_type),
            Some("text/javascript; charset=utf-8")
        );
        #[cfg(unix)]
        {
            let _ = std::os::unix::fs::symlink("/etc/hostname", folder.join("out.js"));
            assert!(open("out.js", &mounts).is_none());
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
