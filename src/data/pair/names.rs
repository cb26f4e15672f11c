//! What the words of a name say: its role, and what remains once the words for the role are taken out.

use super::Role;
use super::folder::read_folder;
use super::vocabulary::{
    COLOUR_WORDS, COPY_WORDS, EXTENSIONS, FILLERS, GLUED_MASK, IMAGE_WORDS, MASK_TAILS, MASK_WORDS, NAMED_SO,
    NEUTRAL_TAILS,
};

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
fn is_separator(c: char) -> bool {
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
    EXTENSIONS
        .contains(&extension.to_ascii_lowercase().as_str())
        .then_some(stem)
}

/// Takes words off both ends that say how a file was made, as long as something remains; `None` if there are none.
/// `masks_only`: only if one of them says that it is a mask.
fn without_tails(stem: &str, masks_only: bool) -> Option<String> {
    let words = words(stem);
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    let joined_by_sign = |at: usize| stem[..words[at].start].ends_with(['_', '-', '.']);
    let (mut lo, mut hi) = (0, words.len());
    let mut is_mask = false;
    loop {
        let tail = |tails: &[&[&str]]| {
            tails
                .iter()
                .filter(|t| t.len() < hi - lo && texts[lo..hi].ends_with(t))
                .map(|t| t.len())
                .max()
        };
        let single = texts.get(hi.wrapping_sub(1)).copied().filter(|_| hi - lo > 1);
        if let Some(n) = tail(MASK_TAILS) {
            (hi, is_mask) = (hi - n, true);
        } else if let Some(n) = tail(NEUTRAL_TAILS) {
            hi -= n;
        } else if hi - lo == 2 && single.is_some_and(|w| is_number(texts[lo]) && ["training", "test"].contains(&w)) {
            // `21_training`; of other names it would bring training and test together.
            hi -= 1;
        } else if let Some(role) = single.and_then(role_of) {
            (hi, is_mask) = (hi - 1, is_mask || role == Role::Mask);
        } else if single.is_some_and(|w| NAMED_SO.contains(&w)) && joined_by_sign(hi - 1) {
            // CamVid's `_L`, a tile's `_m`.
            (hi, is_mask) = (hi - 1, true);
        } else {
            break;
        }
    }
    while hi - lo > 1 && (role_of(texts[lo]).is_some() || lo > 0 && FILLERS.contains(&texts[lo])) {
        is_mask |= role_of(texts[lo]) == Some(Role::Mask);
        lo += 1;
    }
    if (lo, hi) == (0, words.len()) || masks_only && !is_mask {
        return None;
    }
    let from = lo.checked_sub(1).map_or(0, |i| words[i].end);
    let to = words.get(hi).map_or(stem.len(), |w| w.start);
    Some(stem[from..to].trim_matches(is_separator).to_owned())
}

/// `stem` without the names of its folders: data sets repeat them (`buildings/buildings_img1`, `training/21_training`).
fn without_folders(stem: &str, folders: &[String]) -> Option<String> {
    let mut out = None;
    // Whole names first: `geojson_buildings` is one, though `buildings` stands elsewhere too.
    let rests = folders.iter().rev().map(|f| read_folder(f).rest);
    for (i, folder) in folders.iter().rev().cloned().chain(rests).enumerate() {
        if i >= folders.len() && out.is_some() {
            break;
        }
        let wanted: Vec<String> = words(&folder).into_iter().map(|w| w.text).collect();
        let letters = folder.chars().filter(|c| c.is_alphabetic()).count();
        let now = out.as_deref().unwrap_or(stem);
        let own = words(now);
        if letters == 0 || letters + wanted.len() < 3 || wanted.len() >= own.len() {
            continue;
        }
        let at = own
            .windows(wanted.len())
            .find(|w| w.iter().map(|w| &w.text).eq(&wanted));
        if let Some([first, ..]) = at
            && let Some(last) = at.and_then(<[Word]>::last)
        {
            let rest = cut(now, first.start, last.end);
            out = Some(rest);
        }
    }
    out
}

/// Spellings under which a file may find its partner when no exact name does, with what each costs.
pub(super) fn loose_keys(stem: &str, key: &str, folders: &[String]) -> Vec<(u8, String)> {
    let mut out: Vec<(u8, String)> = Vec::new();
    let mut add = |cost: u8, name: &str| {
        let name = spelling(name);
        if !name.is_empty() && out.iter().all(|(_, known)| *known != name) {
            out.push((cost, name));
        }
    };
    add(0, key);
    // `x.jpg.png`, as tools name the mask of `x.jpg`.
    let short = without_extension(key).unwrap_or(key);
    add(1, short);
    let bare = without_extension(stem).unwrap_or(stem);
    for name in [short, bare] {
        add(2, &without_tails(name, false).unwrap_or_default());
    }
    add(2, bare);
    for (cost, name) in [(2, bare), (3, short)] {
        if let Some(rest) = without_folders(name, folders) {
            add(cost.max(2), &rest);
            add(3, &without_tails(&rest, false).unwrap_or_default());
        }
    }
    out
}

/// What a name would be the mask of, where no word of it says for sure that it is one: masks' words inside it, glued to
/// it, or signs that some data sets use. Each is worth something only if an image of that name is there.
pub(super) fn mask_of(stem: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in words(stem) {
        if role_of(&word.text) == Some(Role::Mask) {
            out.push(cut(stem, word.start, word.end));
            continue;
        }
        for end in GLUED_MASK {
            let long = word.text.len() > end.len() && word.text.len() == word.end - word.start;
            if long && word.text.ends_with(end) && stem.is_char_boundary(word.end - end.len()) {
                out.push(cut(stem, word.end - end.len(), word.end));
            }
        }
    }
    out.extend(without_tails(stem, true));
    // `x.jpg___fuse.png`
    let short: Vec<String> = out
        .iter()
        .filter_map(|name| without_extension(name))
        .map(str::to_owned)
        .collect();
    out.extend(short);
    out.retain(|rest| !rest.is_empty());
    out
}

/// Which of several masks of one image is meant: 0 the usual one. [`NEVER`] is a picture for people.
pub(super) fn rank(folders: &[String], stem: &str, role: Role) -> u8 {
    let named: Vec<String> = folders
        .iter()
        .filter(|f| read_folder(f).role.is_some())
        .chain([&stem.to_owned()])
        .flat_map(|name| words(name).into_iter().map(|w| w.text))
        .collect();
    let has = |any: &[&str]| named.iter().any(|w| any.contains(&w.as_str()));
    if has(&[
        "visualization",
        "visualizations",
        "visualisation",
        "viz",
        "vis",
        "overlay",
        "overlays",
    ]) {
        return NEVER;
    }
    if role == Role::Image {
        return match () {
            () if has(&["rgbir", "nir", "dsm"]) => 2,
            () if has(&["irrg", "cir", "nrg"]) => 1,
            () => 0,
        };
    }
    let second = named
        .windows(2)
        .any(|w| w[0] == "2" && w[1] == "nd" || w[0] == "manual" && w[1] == "2");
    match () {
        () if has(&["semantic"]) => 0,
        () if has(&["panoptic", "instance", "instances", "object", "objects"]) => 4,
        () if has(&["color", "colour", "colors", "rgb", "human"]) => 3,
        () if second => 2,
        () if has(&["noboundary", "boundary", "multimasks"]) || has(&["ids"]) && !has(&["train"]) => 1,
        () => 0,
    }
}

/// [`rank`] of what is no mask, though it is named like one.
pub(super) const NEVER: u8 = 9;
