//! Code without its comments, byte for byte in the same place, so that a finding has its line.

/// Which rules of comments and strings a file has.
#[derive(Clone, Copy, PartialEq)]
pub enum Language {
    Rust,
    JavaScript,
    Css,
    Html,
    /// Python, TOML, shells: a comment from `#` to the end of the line.
    Hash,
}

impl Language {
    pub fn of(path: &str) -> Option<Self> {
        Some(match path.rsplit('.').next()? {
            "rs" => Self::Rust,
            "js" | "mjs" | "ts" => Self::JavaScript,
            "css" => Self::Css,
            "html" => Self::Html,
            "py" | "toml" | "sh" | "yml" => Self::Hash,
            _ => return None,
        })
    }
}

/// Comments as spaces.
pub fn without_comments(text: &str, language: Language) -> String {
    strip(text, language, false)
}

/// Comments, and what stands between quotes, as spaces.
pub fn without_comments_and_strings(text: &str, language: Language) -> String {
    strip(text, language, true)
}

fn strip(text: &str, language: Language, strings: bool) -> String {
    let mut lexer = Lexer {
        text: text.as_bytes(),
        at: 0,
        out: text.as_bytes().to_vec(),
        strings,
    };
    match language {
        Language::Rust => lexer.rust(),
        Language::JavaScript => lexer.javascript(),
        Language::Css => lexer.blocks("/*", "*/"),
        Language::Html => lexer.blocks("<!--", "-->"),
        Language::Hash => lexer.hash(),
    }
    // Whole characters are blanked or none: what separates code from comments and strings is ASCII.
    String::from_utf8_lossy(&lexer.out).into_owned()
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    out: Vec<u8>,
    strings: bool,
}

impl Lexer<'_> {
    fn sees(&self, word: &str) -> bool {
        self.text[self.at..].starts_with(word.as_bytes())
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn blank(&mut self, from: usize) {
        let end = self.at.min(self.text.len());
        for byte in &mut self.out[from..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn line_comment(&mut self) {
        let from = self.at;
        while self.at < self.text.len() && self.byte(0) != b'\n' {
            self.at += 1;
        }
        self.blank(from);
    }

    fn block_comment(&mut self, open: &str, close: &str, nested: bool) {
        let (from, mut depth) = (self.at, 0);
        while self.at < self.text.len() {
            if self.sees(close) {
                self.at += close.len();
                depth -= 1;
                if depth <= 0 {
                    break;
                }
            } else if self.sees(open) && (depth == 0 || nested) {
                self.at += open.len();
                depth += 1;
            } else {
                self.at += 1;
            }
        }
        self.blank(from);
    }

    fn blocks(&mut self, open: &str, close: &str) {
        while self.at < self.text.len() {
            if self.sees(open) {
                self.block_comment(open, close, false);
            } else {
                self.at += 1;
            }
        }
    }

    /// From an opening quote to its closing one, over backslashes.
    fn string(&mut self, quote: &str) {
        self.at += quote.len();
        let from = self.at;
        while self.at < self.text.len() && !self.sees(quote) {
            self.at += if self.byte(0) == b'\\' { 2 } else { 1 };
        }
        if self.strings {
            self.blank(from);
        }
        self.at = (self.at + quote.len()).min(self.text.len());
    }

    fn word_before(&self) -> bool {
        self.at > 0 && is_word(self.text[self.at - 1])
    }

    fn rust(&mut self) {
        while self.at < self.text.len() {
            match self.byte(0) {
                b'/' if self.byte(1) == b'/' => self.line_comment(),
                b'/' if self.byte(1) == b'*' => self.block_comment("/*", "*/", true),
                b'"' => self.string("\""),
                b'r' | b'b' | b'c' if !self.word_before() => self.raw_string(),
                b'\'' => self.quote_or_lifetime(),
                _ => self.at += 1,
            }
        }
    }

    /// `r"..."`, `br##"..."##`; anything else that begins so is a word.
    fn raw_string(&mut self) {
        let prefix = if self.byte(0) == b'r' { 1 } else { 2 };
        let raw = self.byte(prefix - 1) == b'r';
        let mut hashes = 0;
        while raw && self.byte(prefix + hashes) == b'#' {
            hashes += 1;
        }
        if !raw || self.byte(prefix + hashes) != b'"' {
            self.at += 1;
            return;
        }
        self.at += prefix + hashes + 1;
        let from = self.at;
        let close = format!("\"{}", "#".repeat(hashes));
        while self.at < self.text.len() && !self.sees(&close) {
            self.at += 1;
        }
        if self.strings {
            self.blank(from);
        }
        self.at = (self.at + close.len()).min(self.text.len());
    }

    fn quote_or_lifetime(&mut self) {
        if self.byte(1) == b'\\' {
            self.at += 3;
            while self.at < self.text.len() && self.byte(0) != b'\'' {
                self.at += 1;
            }
            self.at += 1;
            return;
        }
        // One character of up to four bytes, then a quote; else it is a lifetime.
        let end = (2..=5).find(|&ahead| self.byte(ahead) == b'\'');
        match end {
            Some(ahead) if ahead == 2 || self.byte(1) >= 0x80 => self.at += ahead + 1,
            _ => self.at += 1,
        }
    }

    fn javascript(&mut self) {
        // How many braces are open in each `${...}` that the place lies in.
        let mut templates: Vec<usize> = Vec::new();
        let mut last = b'(';
        while self.at < self.text.len() {
            let byte = self.byte(0);
            match byte {
                b'/' if self.byte(1) == b'/' => {
                    self.line_comment();
                    continue;
                }
                b'/' if self.byte(1) == b'*' => {
                    self.block_comment("/*", "*/", false);
                    continue;
                }
                b'/' if is_regex_after(last, &self.out[..self.at]) => self.regex(),
                b'"' => self.string("\""),
                b'\'' => self.string("'"),
                b'`' => self.template(&mut templates),
                b'{' => {
                    if let Some(depth) = templates.last_mut() {
                        *depth += 1;
                    }
                    self.at += 1;
                }
                b'}' => match templates.last_mut() {
                    Some(0) => {
                        templates.pop();
                        self.template(&mut templates);
                    }
                    Some(depth) => {
                        *depth -= 1;
                        self.at += 1;
                    }
                    None => self.at += 1,
                },
                _ => self.at += 1,
            }
            if !byte.is_ascii_whitespace() {
                last = byte;
            }
        }
    }

    /// From a backtick, or the `}` of a place in it, to the next place or the closing backtick.
    fn template(&mut self, templates: &mut Vec<usize>) {
        self.at += 1;
        let from = self.at;
        while self.at < self.text.len() && self.byte(0) != b'`' && !self.sees("${") {
            self.at += if self.byte(0) == b'\\' { 2 } else { 1 };
        }
        if self.strings {
            self.blank(from);
        }
        if self.at < self.text.len() && self.sees("${") {
            templates.push(0);
            self.at += 1;
        }
        self.at = (self.at + 1).min(self.text.len());
    }

    fn regex(&mut self) {
        let mut class = false;
        self.at += 1;
        while self.at < self.text.len() && self.byte(0) != b'\n' {
            match self.byte(0) {
                b'\\' => self.at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = (self.at + 1).min(self.text.len());
    }

    fn hash(&mut self) {
        while self.at < self.text.len() {
            match self.byte(0) {
                b'#' => self.line_comment(),
                b'"' if self.sees("\"\"\"") => self.string("\"\"\""),
                b'\'' if self.sees("'''") => self.string("'''"),
                b'"' => self.string("\""),
                b'\'' => self.string("'"),
                _ => self.at += 1,
            }
        }
    }
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A slash begins a regular expression where a value may begin, and divides elsewhere.
fn is_regex_after(last: u8, before: &[u8]) -> bool {
    if b"(,=:[!&|?{};+-*%<>~^".contains(&last) {
        return true;
    }
    let text = before.trim_ascii_end();
    let word = text.iter().rev().take_while(|byte| is_word(**byte)).count();
    matches!(
        &text[text.len() - word..],
        b"return" | b"typeof" | b"case" | b"of" | b"in"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_rust_go_and_what_looks_like_one_stays() {
        let text =
            "let a = \"// no\"; // yes\n/* x /* y */ z */ let b = r#\"/* \" no */\"#; let c = '\"'; let d: &'a str;";
        let code = without_comments(text, Language::Rust);
        assert_eq!(code.len(), text.len());
        assert!(
            code.contains("// no") && code.contains("/* \" no */") && code.ends_with("let c = '\"'; let d: &'a str;")
        );
        assert!(!code.contains("yes") && !code.contains('z'));
        let bare = without_comments_and_strings(text, Language::Rust);
        assert!(!bare.contains("no") && bare.contains("let b = r#\""));
        assert_eq!(
            without_comments_and_strings("f('\\'', 'é', \"é\") // é", Language::Rust).trim_end(),
            "f('\\'', 'é', \"  \")"
        );
    }

    #[test]
    fn comments_of_javascript_go_and_what_looks_like_one_stays() {
        let text =
            "a = b / c; // one\nd = /[/]*\\//.test(e) /* two */;\nf = `// ${g ? '/* ' : `}`} http://x`; // three\n";
        let code = without_comments(text, Language::JavaScript);
        for gone in ["one", "two", "three"] {
            assert!(!code.contains(gone), "{code}");
        }
        assert!(code.contains("/[/]*\\//.test(e)") && code.contains("http://x`;"));
    }

    #[test]
    fn a_hash_in_quotes_begins_no_comment() {
        assert_eq!(without_comments("a = \"#1\" # b\n", Language::Hash), "a = \"#1\"    \n");
    }
}
