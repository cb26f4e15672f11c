//! What a Rust file declares, imports and names, by its tokens alone.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{self, Language};
use crate::sources::Sources;

pub type ModulePath = Vec<String>;

#[derive(Default)]
pub struct Module {
    pub file: String,
    /// What is defined in it by name.
    pub items: BTreeSet<String>,
    pub children: BTreeSet<String>,
    pub uses: Vec<Use>,
    /// Paths written out in code.
    pub paths: Vec<Vec<String>>,
    /// Words of its code outside of `use`.
    pub words: BTreeSet<String>,
}

#[derive(Clone)]
pub struct Use {
    pub path: Vec<String>,
    /// Under which name it is known here; `*` for all of it.
    pub name: String,
    pub public: bool,
}

struct Token<'a> {
    text: &'a str,
    at: usize,
}

/// Reads a file and those it declares. `folder` is where its child modules lie.
pub fn read_file(
    sources: &Sources,
    file: &str,
    folder: &str,
    path: ModulePath,
    modules: &mut BTreeMap<ModulePath, Module>,
) {
    let Some(text) = sources.get(file) else { return };
    let code = code::without_comments_and_strings(text, Language::Rust);
    let tokens = tokens(&code);
    let mut reader = Reader {
        text,
        tokens: &tokens,
        file,
        modules,
        declared: Vec::new(),
    };
    reader.module(0, tokens.len(), path, folder.to_owned());
    for (file, folder, path) in std::mem::take(&mut reader.declared) {
        read_file(sources, &file, &folder, path, modules);
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    file: &'a str,
    modules: &'a mut BTreeMap<ModulePath, Module>,
    /// File, folder of its children and module path of each `mod x;`.
    declared: Vec<(String, String, ModulePath)>,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// One module's tokens, from `at` to `end`.
    fn module(&mut self, mut at: usize, end: usize, path: ModulePath, folder: String) {
        let mut module = Module {
            file: self.file.to_owned(),
            ..Module::default()
        };
        let (mut test, mut place) = (false, None);
        while at < end {
            match self.word(at) {
                "#" => {
                    let open = if self.word(at + 1) == "!" { at + 2 } else { at + 1 };
                    let close = self.closing(open, end);
                    test |= self.word(at + 1) == "[" && self.is_test(open);
                    if self.word(open + 1) == "path" {
                        place = self.quoted(open, close);
                    }
                    at = close + 1;
                    continue;
                }
                _ if test => {
                    at = self.after_item(at, end);
                }
                "mod" if is_name(self.word(at + 1)) && matches!(self.word(at + 2), ";" | "{") => {
                    let name = self.word(at + 1).to_owned();
                    let mut child = path.clone();
                    child.push(name.clone());
                    if self.word(at + 2) == "{" {
                        let close = self.closing(at + 2, end);
                        self.module(at + 3, close, child, format!("{folder}/{name}"));
                        at = close + 1;
                    } else {
                        self.declare(child, &folder, &name, place.take());
                        at += 3;
                    }
                    module.children.insert(name);
                }
                "use" => {
                    let public = matches!(self.word(at.wrapping_sub(1)), "pub" | ")");
                    at = self.read_use(at + 1, &mut Vec::new(), public, &mut module.uses) + 1;
                }
                "macro_rules" if self.word(at + 1) == "!" => {
                    module.items.insert(self.word(at + 2).to_owned());
                    at += 3;
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union"
                    if is_name(self.word(at + 1)) =>
                {
                    module.items.insert(self.word(at + 1).to_owned());
                    at += 2;
                }
                word if is_name(word) => at = self.read_path(at, &mut module),
                _ => at += 1,
            }
            (test, place) = (false, None);
        }
        self.modules.insert(path, module);
    }

    fn declare(&mut self, child: ModulePath, folder: &str, name: &str, place: Option<String>) {
        let base = self.file.rsplit_once('/').map_or("", |(base, _)| base);
        let (file, inner) = match place {
            Some(place) => (format!("{base}/{place}"), base.to_owned()),
            None => (format!("{folder}/{name}.rs"), format!("{folder}/{name}")),
        };
        self.declared.push((file, inner.clone(), child.clone()));
        // Of the two ways to lay out a module one is there; the other reads as nothing.
        self.declared.push((format!("{inner}/mod.rs"), inner, child));
    }

    fn is_test(&self, open: usize) -> bool {
        self.word(open + 1) == "cfg"
            && (self.word(open + 3) == "test"
                || self.word(open + 3) == "all"
                    && (open + 4..self.closing(open, self.tokens.len())).any(|at| self.word(at) == "test"))
    }

    /// The string in an attribute: `#[path = "a.rs"]`.
    fn quoted(&self, open: usize, close: usize) -> Option<String> {
        let text = &self.text[self.tokens.get(open)?.at..self.tokens.get(close)?.at];
        text.split('"').nth(1).map(str::to_owned)
    }

    /// The bracket that closes the one at `open`.
    fn closing(&self, open: usize, end: usize) -> usize {
        let mut depth = 0;
        for at in open..end {
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
        }
        end
    }

    /// Behind the item that begins at `at`: behind its braces, or its semicolon.
    fn after_item(&self, mut at: usize, end: usize) -> usize {
        while at < end {
            match self.word(at) {
                ";" => return at + 1,
                "{" => return self.closing(at, end) + 1,
                "(" | "[" => at = self.closing(at, end) + 1,
                // A field or a variant.
                "," | "}" => return at,
                _ => at += 1,
            }
        }
        end
    }

    /// A tree of `use` behind `prefix`; gives the place of what ends it.
    fn read_use(&self, mut at: usize, prefix: &mut Vec<String>, public: bool, out: &mut Vec<Use>) -> usize {
        let depth = prefix.len();
        let mut name = None;
        loop {
            match self.word(at) {
                "::" => at += 1,
                "{" => {
                    loop {
                        at = self.read_use(at + 1, prefix, public, out);
                        if self.word(at) != "," {
                            break;
                        }
                    }
                    prefix.truncate(depth);
                    return at + 1;
                }
                "as" => {
                    name = Some(self.word(at + 1).to_owned());
                    at += 2;
                }
                "*" => {
                    name = Some("*".to_owned());
                    at += 1;
                }
                word if is_name(word) => {
                    prefix.push(word.to_owned());
                    at += 1;
                }
                _ => {
                    if prefix.len() > depth || name.is_some() {
                        let mut path = prefix.clone();
                        if path.len() > 1 && path.last().is_some_and(|word| word == "self") {
                            path.pop();
                        }
                        let name = name.unwrap_or_else(|| path.last().cloned().unwrap_or_default());
                        out.push(Use { path, name, public });
                    }
                    prefix.truncate(depth);
                    return at;
                }
            }
        }
    }

    fn read_path(&self, mut at: usize, module: &mut Module) -> usize {
        let alone = at > 0 && matches!(self.word(at - 1), "." | "::");
        let visibility = at > 0 && self.word(at - 1) == "in" && self.word(at.wrapping_sub(2)) == "(";
        let mut path = vec![self.word(at).to_owned()];
        at += 1;
        while self.word(at) == "::" && is_name(self.word(at + 1)) {
            path.push(self.word(at + 1).to_owned());
            at += 2;
        }
        if !alone {
            module.words.insert(path[0].clone());
        }
        if path.len() > 1 && !alone && !visibility {
            module.paths.push(path);
        }
        at
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        if code::is_word(bytes[at]) {
            while at < bytes.len() && code::is_word(bytes[at]) {
                at += 1;
            }
        } else if bytes[at..].starts_with(b"::") {
            at += 2;
        } else {
            at += 1;
            if bytes[start].is_ascii_whitespace() || !bytes[start].is_ascii() {
                continue;
            }
        }
        tokens.push(Token {
            text: &code[start..at],
            at: start,
        });
    }
    tokens
}
