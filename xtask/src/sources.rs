//! The text files of a checkout, as they lie on the disk or as a commit has them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Endings of what people write here. Data, pictures and models are no text to search.
const TEXT: [&str; 14] = [
    "rs", "js", "mjs", "css", "html", "py", "toml", "md", "sh", "ts", "json", "txt", "yml", "ci/run",
];

/// Path relative to the checkout, with `/`, and text.
#[derive(Default)]
pub struct Sources {
    files: BTreeMap<String, String>,
}

impl Sources {
    /// Tracked files and new ones that git does not ignore.
    pub fn of_disk(workspace: &Workspace) -> Result<Self> {
        let list = git(
            workspace,
            &["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        )?;
        let mut files = BTreeMap::new();
        for path in list.split('\0').filter(|path| is_text(path)) {
            // A file that is deleted but not yet committed is in the list and not on the disk; a link to a folder is no file.
            if let Ok(text) = fs::read_to_string(workspace.root().join(path)) {
                files.insert(path.to_owned(), text);
            }
        }
        Ok(Self { files })
    }

    pub fn of_commit(workspace: &Workspace, commit: &str) -> Result<Self> {
        let list = git(workspace, &["ls-tree", "-r", "-z", "--name-only", commit])?;
        let paths: Vec<String> = list
            .split('\0')
            .filter(|path| is_text(path))
            .map(str::to_owned)
            .collect();
        let mut child = Command::new("git")
            .current_dir(workspace.root())
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start git")?;
        let mut input = child.stdin.take().context("git takes no input")?;
        let asked: String = paths.iter().map(|path| format!("{commit}:{path}\n")).collect();
        // Beside the reading: a full pipe of answers would stop git from reading on.
        let writer = thread::spawn(move || input.write_all(asked.as_bytes()));
        let mut output = Vec::new();
        child
            .stdout
            .take()
            .context("git gives no output")?
            .read_to_end(&mut output)?;
        child.wait()?;
        writer.join().ok().context("the list for git broke off")??;
        let mut rest = output.as_slice();
        let mut files = BTreeMap::new();
        for path in paths {
            let (text, after) = next_object(rest).with_context(|| format!("git's answer for {path}"))?;
            if let Ok(text) = std::str::from_utf8(text) {
                files.insert(path, text.to_owned());
            }
            rest = after;
        }
        Ok(Self { files })
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned()));
        Self { files: files.collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

fn is_text(path: &str) -> bool {
    TEXT.iter()
        .any(|ending| path.strip_suffix(ending).is_some_and(|stem| stem.ends_with(['.', '/'])))
}

/// `<hash> blob <length>\n<bytes>\n` -> the bytes and what follows.
fn next_object(answer: &[u8]) -> Result<(&[u8], &[u8])> {
    let end = answer.iter().position(|&byte| byte == b'\n').context("it broke off")?;
    let head = std::str::from_utf8(&answer[..end])?;
    let length: usize = head
        .rsplit(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .with_context(|| head.to_owned())?;
    let body = &answer[end + 1..];
    match (body.get(..length), body.get(length + 1..)) {
        (Some(text), Some(after)) => Ok((text, after)),
        _ => bail!("it is shorter than it says"),
    }
}

fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .current_dir(workspace.root())
        .args(arguments)
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "git {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data_by_its_ending() {
        for (path, text) in [
            ("src/lib.rs", true),
            (".ci/run", true),
            ("a/overrun", false),
            ("www/icon.png", false),
        ] {
            assert_eq!(is_text(path), text, "{path}");
        }
    }

    #[test]
    fn objects_of_git_are_taken_by_their_length() {
        let (text, rest) = next_object(b"12ab blob 3\na\nb\n34cd blob 0\n\n").unwrap();
        assert_eq!(text, b"a\nb");
        assert_eq!(next_object(rest).unwrap().0, b"");
        assert!(next_object(b"12ab blob 9\nshort\n").is_err());
        assert!(next_object(b"HEAD:x missing\n").is_err());
    }
}
