//! XML as it streams by, for maps: no DTD is followed and no entity but XML's own five is expanded, so that nothing grows.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Elements within elements at most.
const MAX_DEPTH: usize = 64;
/// Longest text of one element, bytes.
const MAX_TEXT_BYTES: usize = 64 << 20;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("no sound XML: {0}")]
    Syntax(String),
    #[error("it declares entities (a DTD), which are not followed")]
    Dtd,
    #[error("its elements lie {MAX_DEPTH} deep or more")]
    TooDeep,
    #[error("a text of more than {limit} MiB", limit = MAX_TEXT_BYTES >> 20)]
    LongText,
}

/// What is seen of a file.
pub(in crate::formats) enum Seen<'a> {
    /// An element begins; its name without a prefix.
    Start(&'a str, Attributes<'a>),
    /// It ends; what stood directly in it.
    End(&'a str, &'a str),
}

/// The attributes of an element.
pub(in crate::formats) struct Attributes<'a>(&'a BytesStart<'a>);

impl Attributes<'_> {
    /// The value of one of this name.
    pub(in crate::formats) fn get(&self, name: &str) -> Option<String> {
        let found = self.0.try_get_attribute(name).ok()??;
        Some(plain(&found.value))
    }
}

/// Calls `see` with each element's beginning and end.
///
/// # Errors
/// If the file is no XML, ends early, or declares entities; or what `see` says.
pub(in crate::formats) fn walk<E: From<XmlError>>(
    bytes: &[u8],
    mut see: impl FnMut(Seen) -> Result<(), E>,
) -> Result<(), E> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        let event = reader
            .read_event()
            .map_err(|error| XmlError::Syntax(error.to_string()))?;
        let more = match &event {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(XmlError::TooDeep.into());
                }
                let name = start.local_name().as_ref().to_owned();
                see(Seen::Start(&name, Attributes(start)))?;
                open.push((name, String::new()));
                continue;
            }
            Event::End(_) => {
                if let Some((name, text)) = open.pop() {
                    see(Seen::End(&name, &text))?;
                }
                continue;
            }
            Event::Text(text) => text.to_string(),
            Event::CData(text) => text.to_string(),
            Event::GeneralRef(name) => plain(&format!("&{};", &**name)),
            Event::DocType(text) if text.to_ascii_uppercase().contains("<!ENTITY") => {
                return Err(XmlError::Dtd.into());
            }
            Event::Eof => {
                return match open.last() {
                    Some((name, _)) => Err(XmlError::Syntax(format!("it ends within <{name}>")).into()),
                    None => Ok(()),
                };
            }
            _ => continue,
        };
        if let Some((_, text)) = open.last_mut() {
            if text.len() + more.len() > MAX_TEXT_BYTES {
                return Err(XmlError::LongText.into());
            }
            text.push_str(&more);
        }
    }
}

/// Text with XML's own entities and numbers of characters put in; others stay as they are written.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // Not in the whole rest: that many `&` would take its square.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let character = end.and_then(|end| character(&rest[1..end]));
        match (end, character) {
            (Some(end), Some(character)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Vec<String>, XmlError> {
        let mut all = Vec::new();
        walk(text.as_bytes(), |seen| {
            all.push(match seen {
                Seen::Start(name, attributes) => format!("<{name} {}", attributes.get("k").unwrap_or_default()),
                Seen::End(name, text) => format!("{name}={}", text.trim()),
            });
            Ok::<(), XmlError>(())
        })?;
        Ok(all)
    }

    #[test]
    fn elements_come_with_their_text() {
        let text = "<?xml version='1.0'?><!-- c --><x:a k='1 &amp; 2'>one &lt; <b/>&#x32;<![CDATA[<3]]></x:a>";
        assert_eq!(told(text).unwrap(), ["<a 1 & 2", "<b ", "b=", "a=one < 2<3"]);
    }

    #[test]
    fn many_ampersands_take_no_time() {
        let text = "&".repeat(1 << 20);
        let begin = std::time::Instant::now();
        assert_eq!(plain(&text), text);
        assert!(begin.elapsed().as_secs() < 10);
        assert_eq!(plain("&#x00000041;&#x000000041;"), "A&#x000000041;");
    }

    #[test]
    fn bombs_and_halves_are_refused() {
        let bomb = "<!DOCTYPE l [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><l>&b;</l>";
        assert_eq!(told(bomb), Err(XmlError::Dtd));
        // One that is not declared stays as it is written.
        assert_eq!(told("<l>&b;</l>").unwrap(), ["<l ", "l=&b;"]);
        assert_eq!(told(&"<a>".repeat(100)), Err(XmlError::TooDeep));
        for half in ["<a>", "<a", "<a></b>", "<a k=></a", "<a>&#x110000;"] {
            assert!(matches!(told(half), Err(XmlError::Syntax(_))), "{half}");
        }
    }
}
