//! A small web server for static files, with the headers the page is published under.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

/// What page and worker may do: load and call home nowhere but to their own origin. The page carries the same
/// policy for hosts that cannot set headers; only the header binds the worker.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const THREADS: usize = 8;

/// A folder and the path it appears under: `/` or `/name/`.
pub struct Mount {
    pub prefix: String,
    pub folder: PathBuf,
}

impl Mount {
    pub fn new(prefix: &str, folder: impl Into<PathBuf>) -> Self {
        Self {
            prefix: prefix.to_owned(),
            folder: folder.into(),
        }
    }
}

/// Serves until the process ends; gives the address it listens on.
///
/// # Errors
/// If the port is taken.
pub fn start(port: u16, mut mounts: Vec<Mount>) -> Result<SocketAddr> {
    // The longest prefix wins.
    mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
    let server = Server::http(("127.0.0.1", port))
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("cannot listen on port {port}; `--port N` takes another"))?;
    let address = server.server_addr().to_ip().context("the server has no IP address")?;
    let server = Arc::new(server);
    let mounts = Arc::new(mounts);
    for _ in 0..THREADS {
        let (server, mounts) = (Arc::clone(&server), Arc::clone(&mounts));
        thread::spawn(move || {
            while let Ok(request) = server.recv() {
                answer(request, &mounts);
            }
        });
    }
    Ok(address)
}

/// Sends the file or a short error text. A visitor who went away is no error of ours.
fn answer(request: Request, mounts: &[Mount]) {
    if !matches!(request.method(), Method::Get | Method::Head) {
        let _ = request.respond(text_response(405, "only GET and HEAD"));
        return;
    }
    let Some(path) = clean_path(request.url()) else {
        let _ = request.respond(text_response(400, "bad path"));
        return;
    };
    match open(&path, mounts) {
        Some((file, media_type)) => {
            let response = with_headers(Response::from_file(file), media_type);
            let _ = request.respond(response);
        }
        None => {
            let _ = request.respond(text_response(404, "not found"));
        }
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

fn open(path: &str, mounts: &[Mount]) -> Option<(File, &'static str)> {
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
    Some((File::open(&file).ok()?, media_type(&file)))
}

fn media_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
    {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "md" | "txt" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text_response(status: u16, text: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    with_headers(
        Response::from_string(text).with_status_code(StatusCode(status)),
        "text/plain; charset=utf-8",
    )
}

fn with_headers<R: std::io::Read>(mut response: Response<R>, media_type: &str) -> Response<R> {
    let headers = [
        ("Content-Type", media_type),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ];
    for (name, value) in headers {
        if let Ok(header) = Header::from_bytes(name.as_bytes(), value.as_bytes()) {
            response.add_header(header);
        }
    }
    response
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
