//! Which JavaScript file imports which other: `import`, `export ... from` and `import()`. Types named in comments do not count.

use super::code::{self, Language};
use super::rust_modules::Edges;
use crate::sources::Sources;

pub fn edges(sources: &Sources) -> Edges {
    let mut edges = Edges::new();
    for (path, text) in sources.iter() {
        if !path.ends_with(".js") && !path.ends_with(".mjs") || path.contains("/vendor/") {
            continue;
        }
        let code = code::without_comments(text, Language::JavaScript);
        // The same places with the strings blanked: the words of an import stand outside of strings.
        let bare = code::without_comments_and_strings(text, Language::JavaScript);
        for specifier in specifiers(&code, &bare) {
            let Some(target) = resolve(path, specifier) else {
                continue;
            };
            if target != path && sources.get(&target).is_some() {
                edges
                    .entry((path.to_owned(), target))
                    .or_insert_with(|| specifier.to_owned());
            }
        }
    }
    edges
}

/// What stands in quotes behind `from`, `import` and `import(`.
fn specifiers<'a>(code: &'a str, bare: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for (at, _) in bare.match_indices(word) {
            if at > 0 && code::is_word(bare.as_bytes()[at - 1]) {
                continue;
            }
            let rest = code[at + word.len()..].trim_start();
            let rest = rest.strip_prefix('(').map_or(rest, str::trim_start);
            let Some(quote) = rest.chars().next().filter(|c| "'\"`".contains(*c)) else {
                continue;
            };
            found.extend(rest[1..].split(quote).next());
        }
    }
    found
}

/// `./x.js` and `../x.js` against the file that names it; anything else is no file of ours.
fn resolve(from: &str, specifier: &str) -> Option<String> {
    if !specifier.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_all_kinds_are_found() {
        let sources = Sources::of(&[
            (
                "www/a.js",
                "import { b,\n c } from './b.js';\nexport * from \"./deep/c.js\";\nconst d = await import('../d.js');\nimport './e.js';",
            ),
            (
                "www/b.js",
                "// import './a.js'\n/** @type {import('./a.js').A} */\nconst text = \"from './a.js'\";",
            ),
            ("www/deep/c.js", "import * as a from '../a.js';"),
            ("d.js", ""),
            ("www/e.js", ""),
        ]);
        let found: Vec<String> = edges(&sources)
            .into_keys()
            .map(|(from, to)| format!("{from} {to}"))
            .collect();
        assert_eq!(
            found,
            [
                "www/a.js d.js",
                "www/a.js www/b.js",
                "www/a.js www/deep/c.js",
                "www/a.js www/e.js",
                "www/deep/c.js www/a.js"
            ]
        );
    }
}
