//! What the name of a folder says: what it holds, and what remains without the words that say so.

use super::kinds::Role;
use super::names::{cut, is_number, role_of, spelling, words};
use super::vocabulary::{COLOUR_WORDS, FILLERS, GLUED_MASK, WEAK_MASK_WORDS};

/// A folder's name.
#[derive(Default)]
pub(super) struct FolderName {
    pub role: Option<Role>,
    /// Masks, if beside it lies a folder of images with the same names: `map` beside `sat`.
    pub weak: bool,
    /// Without the word for the role.
    pub rest: String,
    /// The same without words that say how the files are made, and in one spelling.
    pub loose: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role(Role),
    Filler,
    Other,
}

pub(super) fn read_folder(name: &str) -> FolderName {
    let compact: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    if let Some(role) = role_of(&compact) {
        return FolderName {
            role: Some(role),
            ..FolderName::default()
        };
    }
    let words = words(name);
    let counted = |i: usize| {
        words
            .get(i + 1)
            .is_some_and(|w| ["bit", "classes", "st", "nd"].contains(&w.text.as_str()))
    };
    let kinds: Vec<Kind> = words
        .iter()
        .enumerate()
        .map(|(i, word)| match role_of(&word.text) {
            Some(role) => Kind::Role(role),
            None if FILLERS.contains(&word.text.as_str()) => Kind::Filler,
            // `2_Ortho`, `5_Labels`: the folder's place in a list.
            None if is_number(&word.text) && (i == 0 || counted(i)) => Kind::Filler,
            None => Kind::Other,
        })
        .collect();
    let masks = kinds.contains(&Kind::Role(Role::Mask));
    let kinds: Vec<Kind> = kinds
        .into_iter()
        .zip(&words)
        // A mask in colours is no photograph.
        .map(
            |(kind, word)| match masks && COLOUR_WORDS.contains(&word.text.as_str()) {
                true => Kind::Filler,
                false => kind,
            },
        )
        .collect();
    let mut says: Vec<usize> = (0..words.len()).filter(|i| kinds[*i] != Kind::Filler).collect();
    let loose = |says: &[usize], more: &str| {
        let kept = says
            .iter()
            .filter(|i| kinds[**i] == Kind::Other)
            .map(|i| words[*i].text.as_str());
        kept.chain((!more.is_empty()).then_some(more))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let plain = || FolderName {
        rest: name.to_owned(),
        loose: spelling(name),
        ..FolderName::default()
    };
    let (Some(&first), Some(&last)) = (says.first(), says.last()) else {
        return plain();
    };
    for at in [last, first] {
        let Kind::Role(mut role) = kinds[at] else { continue };
        let mut start = words[at].start;
        // Images of labels are masks; labelled images are none.
        let before = at.checked_sub(1).filter(|i| kinds[*i] == Kind::Role(Role::Mask));
        if let (Role::Image, Some(i)) = (role, before)
            && !["labeled", "labelled"].contains(&words[i].text.as_str())
        {
            (role, start) = (Role::Mask, words[i].start);
        }
        return FolderName {
            role: Some(role),
            weak: false,
            rest: cut(name, start, words[at].end),
            loose: loose(&says, ""),
        };
    }
    let word = &words[last];
    for (end, role) in GLUED_MASK
        .iter()
        .map(|e| (*e, Role::Mask))
        .chain([("images", Role::Image)])
    {
        if let Some(prefix) = word.text.strip_suffix(end).filter(|p| p.chars().count() > 1)
            && name.is_char_boundary(word.end.saturating_sub(end.len()))
        {
            let prefix = if FILLERS.contains(&prefix) { "" } else { prefix };
            says.pop();
            return FolderName {
                role: Some(role),
                weak: false,
                rest: cut(name, word.end - end.len(), word.end),
                loose: loose(&says, prefix),
            };
        }
    }
    let weak = [last, first]
        .into_iter()
        .find(|i| WEAK_MASK_WORDS.contains(&words[*i].text.as_str()));
    match weak {
        Some(at) => {
            says.retain(|i| *i != at);
            FolderName {
                role: None,
                weak: true,
                rest: cut(name, words[at].start, words[at].end),
                loose: loose(&says, ""),
            }
        }
        None => plain(),
    }
}
