//! What the words of a name say: its role, and what remains once the words for the role are taken out.

use super::kinds::Role;
use super::vocabulary::{COLOUR_WORDS, COPY_WORDS, IMAGE_WORDS, MASK_WORDS};
use crate::values::{OUTLINE_ENDINGS, image_format_of_ending};

/// A name in composed form (Unicode's NFC): macOS hands out decomposed ones, everybody else composed ones, and
/// `tile_München` must match itself. In the browser all names come in composed, by `String.prototype.normalize`.
#[cfg(not(target_arch = "wasm32"))]
pub(in crate::data) fn composed(name: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfc(name).collect()
}

/// The name as the page composed it.
#[cfg(target_arch = "wasm32")]
pub(in crate::data) fn composed(name: &str) -> String {
    name.to_owned()
}

/// A word of a name: its bytes, and its text in lower case.
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Words of a name: split at anything that is no letter or digit, between letters and digits, and where capitals begin
/// a word (`gtFine`, `JPEGImages`). `ground truth` is one word.
pub(super) fn words(name: &str) -> Vec<Word> {
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    let mut out: Vec<Word> = Vec::new();
    let mut start = None;
    let mut push = |start: usize, end: usize| {
        let text = name[start..end].to_lowercase();
        match out.last_mut() {
            Some(last) if text == "truth" && last.text == "ground" => {
                last.end = end;
                last.text = "groundtruth".into();
            }
            _ => out.push(Word { start, end, text }),
        }
    };
    let mut last = ' ';
    for (i, &(at, c)) in chars.iter().enumerate() {
        let next_is_small = chars.get(i + 1).is_some_and(|(_, next)| next.is_lowercase());
        let capital = c.is_uppercase() && (last.is_lowercase() || last.is_uppercase() && next_is_small);
        let digits = last.is_alphabetic() && c.is_numeric() || last.is_numeric() && c.is_alphabetic();
        if (!c.is_alphanumeric() || capital || digits)
            && let Some(from) = start.take()
        {
            push(from, at);
        }
        if c.is_alphanumeric() && start.is_none() {
            start = Some(at);
        }
        last = c;
    }
    if let Some(from) = start {
        push(from, name.len());
    }
    out
}

pub(super) fn role_of(word: &str) -> Option<Role> {
    let word = word.to_lowercase();
    if MASK_WORDS.contains(&word.as_str()) {
        Some(Role::Mask)
    } else if IMAGE_WORDS.contains(&word.as_str()) {
        Some(Role::Image)
    } else {
        None
    }
}

/// What stands between the words of a name and means nothing.
pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-' | '.')
}

/// `name` without these bytes and what joined them to the rest; signs that belong to the rest stay (`50%_mask` -> `50%`).
pub(super) fn cut(name: &str, start: usize, end: usize) -> String {
    let (mut left, mut right) = (&name[..start], &name[end..]);
    for brackets in [('(', ')'), ('[', ']'), ('{', '}')] {
        if let (Some(l), Some(r)) = (left.strip_suffix(brackets.0), right.strip_prefix(brackets.1)) {
            (left, right) = (l, r);
        }
    }
    let (l, r) = (
        left.trim_end_matches(is_separator),
        right.trim_start_matches(is_separator),
    );
    if l.is_empty() || r.is_empty() {
        return format!("{l}{r}");
    }
    // `tile_mask (1)` is of `tile (1)`, `Copy of mask_tile` of `Copy of tile`.
    let (before, after) = (&left[l.len()..], &right[..right.len() - r.len()]);
    let joint = match (before.contains(' '), after.contains(' ')) {
        (true, false) if !after.is_empty() => before,
        _ if after.is_empty() && r.starts_with(char::is_alphanumeric) => before,
        _ => after,
    };
    format!("{l}{joint}{r}")
}

/// What systems put behind the name of a copy: ` (2)`, `(1)`, ` (3rd copy)`, ` - Copy (2)`, ` copy 2`, ` 2`.
fn is_copy_mark(suffix: &str) -> bool {
    if !suffix.starts_with(|c: char| c.is_whitespace() || c == '(' || c == '[') {
        return false;
    }
    let mut rest = suffix.trim();
    while let Some(open) = rest
        .strip_suffix(')')
        .and_then(|s| s.rfind('('))
        .or_else(|| rest.strip_suffix(']')?.rfind('['))
    {
        rest = rest[..open].trim_end();
    }
    if rest.is_empty() {
        return true;
    }
    // What stands behind a dash is a word of the system's language.
    if let Some(word) = rest.strip_prefix(['-', '\u{2013}']) {
        return word.split_whitespace().count() <= 2 && !word.contains(char::is_numeric);
    }
    let known = |token: &str| COPY_WORDS.contains(&token.to_lowercase().as_str()) || token.parse::<u32>().is_ok();
    rest.split_whitespace().count() <= 3 && rest.split_whitespace().all(known)
}

/// Takes the role word out of a name, if it stands first or last (`layer12`, `x_mask`, `train-images`) or before a copy's
/// mark (`x_mask (1)`).
pub(super) fn take_role(name: &str) -> Option<(Role, String)> {
    if let Some(role) = role_of(name) {
        return Some((role, String::new()));
    }
    let words = words(name);
    let role = |word: &Word| Some((role_of(&word.text)?, cut(name, word.start, word.end)));
    // A mask in colours is no photograph.
    let coloured = words
        .iter()
        .rev()
        .take_while(|w| COLOUR_WORDS.contains(&w.text.as_str()))
        .count();
    if coloured > 0
        && let Some(word) = words
            .iter()
            .rev()
            .nth(coloured)
            .filter(|w| role_of(&w.text) == Some(Role::Mask))
    {
        return Some((Role::Mask, cut(name, word.start, name.len())));
    }
    // The last word first: `mask_rcnn_images` holds images.
    role(words.last()?)
        .or_else(|| {
            let marked = |w: &&Word| role_of(&w.text).is_some() && is_copy_mark(&name[w.end..]);
            role(words.iter().find(marked)?)
        })
        .or_else(|| role(words.first()?))
}

pub(super) fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// One spelling of a name: lower case, one space for any run of separators, none before a bracket.
pub(super) fn spelling(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.to_lowercase().chars() {
        if is_separator(c) {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        if matches!(c, '(' | '[') && out.ends_with(' ') {
            out.pop();
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// `path` without a known picture extension; `None` if it has none.
pub(in crate::data) fn without_extension(path: &str) -> Option<&str> {
    let (stem, extension) = path.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let is_known = image_format_of_ending(&extension).is_some() || OUTLINE_ENDINGS.contains(&extension.as_str());
    is_known.then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::composed;

    #[test]
    fn composed_equals_decomposed() {
        for (name, apart) in [
            ("M\u{fc}nchen", "Mu\u{308}nchen"),
            ("\u{1ec7}", "e\u{323}\u{302}"),
            ("\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("\u{304c}\u{3071}", "\u{304b}\u{3099}\u{306f}\u{309a}"),
            ("\u{30f4}", "\u{30a6}\u{3099}"),
            ("\u{439}", "\u{438}\u{306}"),
            ("\u{3ac}", "\u{3b1}\u{301}"),
            ("plain 🛰 \u{5e9}", "plain 🛰 \u{5e9}"),
        ] {
            assert_eq!(composed(apart), name);
            assert_eq!(composed(name), name);
        }
    }
}
