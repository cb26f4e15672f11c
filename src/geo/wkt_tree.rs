//! Well-known text as a tree of bracketed nodes. Every length comes from a stranger.

/// Longest text that is looked at, bytes: the longest in PROJ's register has 20 KiB.
const MAX_BYTES: usize = 256 << 10;
/// Brackets in brackets at most; real ones go to 9.
const MAX_DEPTH: usize = 24;

/// `KEYWORD[value, value, ...]`.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// In capitals.
    pub(super) keyword: String,
    values: Vec<Value>,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Number(f64),
    Node(Node),
}

impl Node {
    pub(super) fn name(&self) -> Option<&str> {
        match self.values.first() {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.values.iter().filter_map(|value| match value {
            Value::Node(node) => Some(node),
            _ => None,
        })
    }

    pub(super) fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.nodes().find(|node| keywords.contains(&node.keyword.as_str()))
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.numbers().next()
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.values.iter().filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
    }

    pub(super) fn authorities(&self) -> impl Iterator<Item = &Node> {
        self.nodes()
            .filter(|node| matches!(node.keyword.as_str(), "AUTHORITY" | "ID"))
    }

    /// Its own code, not that of a part.
    pub(super) fn own_code(&self) -> Option<u32> {
        let code = self
            .authorities()
            .filter(|node| node.name().is_some_and(|name| name.eq_ignore_ascii_case("EPSG")))
            .find_map(|node| match node.values.get(1)? {
                Value::Text(text) => text.trim().parse().ok(),
                Value::Number(number) => (number.fract() == 0.0).then_some(*number as u32),
                Value::Node(_) => None,
            })?;
        (code > 0).then_some(code)
    }
}

/// Reads text from its beginning; what follows the first system (Esri puts heights there) is not looked at.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, wanted: &[char]) -> bool {
        self.skip_blanks();
        let Some(rest) = self.rest.strip_prefix(wanted) else {
            return false;
        };
        self.rest = rest;
        true
    }

    /// A quoted text; two quotes stand for one.
    fn text(&mut self) -> Option<String> {
        let mut out = String::new();
        loop {
            let end = self.rest.find('"')?;
            out.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            let Some(rest) = self.rest.strip_prefix('"') else {
                return Some(out);
            };
            out.push('"');
            self.rest = rest;
        }
    }

    fn word(&mut self) -> String {
        self.skip_blanks();
        let end = self.rest.find(|c: char| "[](),\"".contains(c) || c.is_whitespace());
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if self.take(&['"']) {
            return self.text().map(Value::Text);
        }
        let word = self.word();
        if word.is_empty() {
            return None;
        }
        if self.take(&['[', '(']) {
            return self.node(word, depth).map(Value::Node);
        }
        Some(match word.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(word),
        })
    }

    fn node(&mut self, keyword: String, depth: usize) -> Option<Node> {
        if depth == 0 {
            return None;
        }
        let mut node = Node {
            keyword: keyword.to_ascii_uppercase(),
            values: Vec::new(),
        };
        loop {
            if self.take(&[']', ')']) {
                return Some(node);
            }
            node.values.push(self.value(depth - 1)?);
            self.take(&[',']);
        }
    }
}

/// The first node of a text; `None` if there is none, or it does not end.
pub(super) fn parse(text: &str) -> Option<Node> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    match (Reader { rest: text }).value(MAX_DEPTH)? {
        Value::Node(node) => Some(node),
        _ => None,
    }
}
