//! Other names under which a file may find its partner.

use super::folder::read_folder;
use super::kinds::Role;
use super::names::{Word, cut, is_number, is_separator, role_of, spelling, without_extension, words};
use super::vocabulary::{FILLERS, FORM_PHRASES, GLUED_MASK, MASK_TAILS, NAMED_SO, NEUTRAL_TAILS};

/// Cost of a name without the code that a labelling tool put before it; two such are not compared.
pub(super) const CODED: u8 = 9;

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
        } else if single.is_some_and(|w| NAMED_SO.contains(&w) || w == "p" && !masks_only) && joined_by_sign(hi - 1) {
            // CamVid's `_L`, a tile's `_m`; `_P` alone is panchromatic as well.
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
    if let Some((name, _)) = channel(bare, folders) {
        add(3, name);
    }
    if let Some(name) = without_phrase(bare) {
        add(3, &name);
        add(3, &without_tails(&name, false).unwrap_or_default());
    }
    for (cost, name) in [(2, bare), (3, short)] {
        if let Some(rest) = without_folders(name, folders) {
            add(cost.max(2), &rest);
            add(3, &without_tails(&rest, false).unwrap_or_default());
        }
    }
    if let Some(rest) = without_last_of_folder(bare, folders) {
        add(3, &rest);
    }
    for name in [bare, short] {
        if let Some(rest) = without_code(name) {
            add(CODED, rest);
            add(CODED, &without_tails(rest, false).unwrap_or_default());
        }
    }
    out
}

/// nnU-Net keeps one file for each channel of an image: `imagesTr/case_0000.png`; the name of the case, and the channel.
pub(super) fn channel<'a>(stem: &'a str, folders: &[String]) -> Option<(&'a str, u8)> {
    let folder = folders.last()?.to_lowercase();
    if !["imagestr", "imagests", "imagesval"].contains(&folder.as_str()) {
        return None;
    }
    let (name, number) = stem.rsplit_once('_')?;
    let fits = !name.is_empty() && number.len() == 4 && is_number(number);
    fits.then(|| Some((name, number.parse().ok().filter(|n| *n < 8)?)))?
}

/// Without words that say in what form the data are, wherever they stand: `..._geojson_buildings_img1`, `..._PS-RGB_img1`.
fn without_phrase(stem: &str) -> Option<String> {
    let own = words(stem);
    let at = |phrase: &&[&str]| {
        let found = own
            .windows(phrase.len())
            .find(|w| w.iter().map(|w| &w.text).eq(*phrase));
        let [first, .., last] = found? else { return None };
        Some(cut(stem, first.start, last.end)).filter(|rest| !rest.is_empty())
    };
    FORM_PHRASES.iter().find_map(at)
}

/// `train_red/red_patch_1` without `red`.
fn without_last_of_folder(stem: &str, folders: &[String]) -> Option<String> {
    let last = words(folders.last()?).pop()?.text;
    let own = words(stem);
    let first = own.first().filter(|w| own.len() > 1 && w.text == last)?;
    let says = last.chars().count() > 1 && last.chars().all(char::is_alphabetic) && role_of(&last).is_none();
    says.then(|| cut(stem, first.start, first.end))
}

/// Label Studio puts eight hexadecimal digits before the names of files: `1a2b3c4d-tile`. A date is none.
fn without_code(name: &str) -> Option<&str> {
    let (code, rest) = name.split_once('-')?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if code.len() != 8 || !code.bytes().all(is_hex) || rest.is_empty() {
        return None;
    }
    let part = |from: usize, to: usize| code.get(from..to)?.parse::<u32>().ok();
    let is_date = part(0, 4).is_some_and(|year| (1900..2100).contains(&year))
        && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && part(6, 8).is_some_and(|day| (1..=31).contains(&day));
    (!is_date).then_some(rest)
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
