//! Masks of a folder that are all called like an image and one more word, whatever it means: `a-roof`, `b-roof`.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use super::kinds::{Pairing, Role};
use super::loose::related;
use super::names::{Word, is_separator, words};
use super::vocabulary::{COPY_WORDS, SPLITS};

/// More words than this are another name.
const MOST_WORDS: usize = 3;

/// What stands before or behind the other's name, and in whose: all in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Affix {
    of_mask: bool,
    before: bool,
    text: String,
}

/// Pairs two folders whose names differ by the same words in each pair, if that leaves no file of one of them over.
pub(super) fn pair<'a>(open: Vec<&'a File>, out: &mut Pairing) -> Vec<&'a File> {
    let mut by_folder: BTreeMap<(bool, &[String]), Vec<&File>> = BTreeMap::new();
    for &file in open.iter().filter(|f| !f.folder.is_empty()) {
        let is_mask = file.role == Role::Mask;
        if file.certain || !is_mask {
            by_folder.entry((is_mask, &file.folder)).or_default().push(file);
        }
    }
    let mut by_stem: BTreeMap<String, Vec<&File>> = BTreeMap::new();
    for file in by_folder.values().flatten() {
        by_stem.entry(file.stem.to_lowercase()).or_default().push(file);
    }
    // Folders of images and masks, and their pairs by affix.
    type Found<'a> = BTreeMap<(&'a [String], &'a [String]), BTreeMap<Affix, Vec<(&'a File, &'a File)>>>;
    let mut found: Found = BTreeMap::new();
    for &longer in by_folder.values().flatten() {
        let of_mask = longer.role == Role::Mask;
        for (before, text, rest) in cuts(&longer.stem) {
            for &shorter in by_stem.get(&rest).into_iter().flatten().take(MOST_LOOKED_AT) {
                let apart = shorter.role != longer.role && shorter.folder != longer.folder;
                if apart && related(&shorter.loose_context, &longer.loose_context) {
                    let pair = if of_mask { (shorter, longer) } else { (longer, shorter) };
                    let text = text.clone();
                    let affix = Affix { of_mask, before, text };
                    let folders = found.entry((&pair.0.folder, &pair.1.folder)).or_default();
                    folders.entry(affix).or_default().push(pair);
                }
            }
        }
    }
    let mut times: BTreeMap<&[String], usize> = BTreeMap::new();
    for (images, masks) in found.keys() {
        *times.entry(images).or_default() += 1;
        *times.entry(masks).or_default() += 1;
    }
    let mut gone = BTreeSet::new();
    for ((images, masks), affixes) in found {
        let only = times.get(images) == Some(&1) && times.get(masks) == Some(&1);
        let mut affixes = affixes.into_values();
        let (Some(pairs), None, true) = (affixes.next(), affixes.next(), only) else {
            continue;
        };
        let distinct = |of: &dyn Fn(&(&File, &File)) -> usize| pairs.iter().map(of).collect::<BTreeSet<_>>().len();
        let (i, m) = (distinct(&|p| p.0.index), distinct(&|p| p.1.index));
        let count = |is_mask, folder| by_folder.get(&(is_mask, folder)).map_or(0, Vec::len);
        let whole = pairs.len() == count(true, masks) || pairs.len() == count(false, images);
        if pairs.len() > 1 && i == pairs.len() && m == pairs.len() && whole {
            gone.extend(pairs.iter().flat_map(|(i, m)| [i.index, m.index]));
            out.pairs
                .extend(pairs.iter().map(|(i, m)| (i.index, m.index, i.title())));
        }
    }
    open.into_iter().filter(|f| !gone.contains(&f.index)).collect()
}

/// A name in more by_folder than this tells nothing of any two of them.
const MOST_LOOKED_AT: usize = 100;

/// The ways to take words off one end of a name: whether off its beginning, the words, and the rest.
fn cuts(stem: &str) -> Vec<(bool, String, String)> {
    let words = words(stem);
    // Numbers, copies and parts of a data set are other pictures.
    let is_plain = |w: &Word| {
        w.text.chars().all(char::is_alphabetic)
            && !COPY_WORDS.contains(&w.text.as_str())
            && !SPLITS.contains(&w.text.as_str())
    };
    let mut out = Vec::new();
    for n in 1..words.len().min(MOST_WORDS + 1) {
        for before in [true, false] {
            let (taken, from, to) = match before {
                true => (&words[..n], words[n].start, stem.len()),
                false => (&words[words.len() - n..], 0, words[words.len() - n - 1].end),
            };
            let joint = match before {
                true => &stem[words[n - 1].end..from],
                false => &stem[to..words[words.len() - n].start],
            };
            if !joint.is_empty() && joint.chars().all(is_separator) && taken.iter().all(is_plain) {
                let text: Vec<&str> = taken.iter().map(|w| w.text.as_str()).collect();
                out.push((before, text.join(" "), stem[from..to].to_lowercase()));
            }
        }
    }
    out
}
