//! Which mask belongs to which image: by name, never by position.
//!
//! A path is read as context / role / stem. The role comes from a folder (`images/`, `labelRaw/`) or from the file
//! name (`layer12`, `x_mask`); what remains of folders and name once the role is taken out must be equal on both
//! sides. Names are compared decomposed (macOS), exactly first and then without case.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::unicode::decompose;

/// Outcome of [`pair_by_name`]; all numbers are positions in the list given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Image, mask, common stem; in natural order of the names.
    pub pairs: Vec<(usize, usize, String)>,
    pub images_only: Vec<usize>,
    pub masks_only: Vec<usize>,
    /// This file, and the one that already has its place.
    pub ambiguous: Vec<(usize, usize)>,
    /// Files that systems leave behind; no fault of anybody.
    pub junk: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Image,
    Mask,
}

const IMAGE_WORDS: &[&str] = &[
    "image", "images", "img", "imgs", "imageraw", "rawimage", "photo", "photos", "picture", "pictures", "sat", "rgb",
    "ortho", "input", "inputs",
];
const MASK_WORDS: &[&str] = &[
    "label",
    "labels",
    "labelraw",
    "lbl",
    "mask",
    "masks",
    "maskraw",
    "gt",
    "gts",
    "groundtruth",
    "truth",
    "annotation",
    "annotations",
    "annot",
    "layer",
    "layers",
    "layerraw",
    "seg",
    "segmentation",
    "segmentations",
    "target",
    "targets",
];
const EXTENSIONS: &[&str] = &[
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "dib", "gif", "tif", "tiff", "gtiff", "geotiff",
    "geojson",
];

/// Is this path something an operating system or archiver left behind (or hidden)?
pub fn is_junk(path: &str) -> bool {
    components(path).any(|part| {
        part.starts_with('.') && part != "." && part != ".."
            || ["__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini"].contains(&part.to_lowercase().as_str())
    })
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != "." && *part != "..")
}

/// `path` without a known picture extension; `None` if it has none.
pub(super) fn without_extension(path: &str) -> Option<&str> {
    let (stem, extension) = path.rsplit_once('.')?;
    EXTENSIONS
        .contains(&extension.to_ascii_lowercase().as_str())
        .then_some(stem)
}

fn role_of(word: &str) -> Option<Role> {
    let word = word.to_lowercase();
    if MASK_WORDS.contains(&word.as_str()) {
        Some(Role::Mask)
    } else if IMAGE_WORDS.contains(&word.as_str()) {
        Some(Role::Image)
    } else {
        None
    }
}

/// Words of a name: split at anything that is no letter or digit, before an upper-case letter that follows a
/// lower-case one, and between letters and digits. Each with its byte range.
fn words(name: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = None;
    let mut last = ' ';
    for (at, c) in name.char_indices() {
        let cut = (last.is_lowercase() && c.is_uppercase()) || (last.is_alphabetic() && c.is_numeric());
        if (!c.is_alphanumeric() || cut || (last.is_numeric() && c.is_alphabetic()))
            && let Some(s) = start.take()
        {
            out.push((s, at));
        }
        if c.is_alphanumeric() && start.is_none() {
            start = Some(at);
        }
        last = c;
    }
    out.extend(start.map(|s| (s, name.len())));
    out
}

/// Takes the role word out of a name, if it stands first or last (`layer12`, `x_mask`, `train-images`).
fn take_role(name: &str) -> Option<(Role, String)> {
    if let Some(role) = role_of(name) {
        return Some((role, String::new()));
    }
    let words = words(name);
    // The last word first: `mask_rcnn_images` holds images.
    for (first, &(start, end)) in [(false, words.last()?), (true, words.first()?)] {
        if let Some(role) = role_of(&name[start..end]) {
            let rest = if first { &name[end..] } else { &name[..start] };
            // `image` + `12` needs no separator, `photo` + `graph` does: words() saw to that.
            return Some((role, rest.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()));
        }
    }
    None
}

/// Context and key of a file, and the images and masks that share them.
type Groups<'a> = BTreeMap<(Vec<String>, String), (Vec<&'a File>, Vec<&'a File>)>;

struct File {
    index: usize,
    path: String,
    role: Role,
    /// Folders without their role words.
    context: Vec<String>,
    /// Name without extension and role word.
    key: String,
}

/// Pairs image and mask files by their names. The outcome depends on the names alone, not on their order.
pub fn pair_by_name(paths: &[String]) -> Pairing {
    let mut out = Pairing::default();
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by(|a, b| paths[*a].cmp(&paths[*b]));
    let plain: Vec<Vec<String>> = paths.iter().map(|p| components(p).map(decompose).collect()).collect();
    // Stems that lie in folders of both kinds say nothing themselves: `images/gt_1` with `masks/gt_1`.
    let stems_in = |role| -> BTreeSet<&str> {
        let there = plain.iter().filter(|parts| folder_role(parts) == Some(role));
        there
            .filter_map(|parts| parts.last())
            .map(|name| without_extension(name).unwrap_or(name))
            .collect()
    };
    let twice: BTreeSet<&str> = stems_in(Role::Image)
        .intersection(&stems_in(Role::Mask))
        .copied()
        .collect();
    let mut files = Vec::new();
    for &index in &order {
        if is_junk(&paths[index]) || plain[index].is_empty() {
            out.junk.push(index);
        } else {
            files.push(read(index, &paths[index], &plain[index], &twice));
        }
    }

    let mut open: Vec<&File> = files.iter().collect();
    for ignore_case in [false, true] {
        let mut groups: Groups = BTreeMap::new();
        for file in open.drain(..) {
            let context = file.context.iter().map(|c| c.to_lowercase()).collect();
            let key = if ignore_case {
                file.key.to_lowercase()
            } else {
                file.key.clone()
            };
            let group = groups.entry((context, key)).or_default();
            if file.role == Role::Image {
                group.0.push(file)
            } else {
                group.1.push(file)
            }
        }
        for (images, masks) in groups.into_values() {
            match (images.first(), masks.first()) {
                (Some(image), Some(mask)) => {
                    out.pairs.push((image.index, mask.index, stem(image)));
                    for side in [&images, &masks] {
                        out.ambiguous.extend(side[1..].iter().map(|f| (f.index, side[0].index)));
                    }
                }
                _ => open.extend(images.into_iter().chain(masks)),
            }
        }
        open.sort_by_key(|f| position(&order, f.index));
    }
    let open = pair_across_folders(open, &mut out);
    sort_leftovers(open, &mut out);

    let natural = |a: &(usize, usize, String), b: &(usize, usize, String)| {
        natural_order(&paths[a.0], &paths[b.0]).then_with(|| paths[a.0].cmp(&paths[b.0]))
    };
    out.pairs.sort_by(natural);
    name_duplicates(&files, &mut out.pairs);
    out
}

fn position(order: &[usize], index: usize) -> usize {
    order.iter().position(|i| *i == index).unwrap_or(usize::MAX)
}

fn folder_role(parts: &[String]) -> Option<Role> {
    let folders = &parts[..parts.len().saturating_sub(1)];
    folders
        .iter()
        .rev()
        .find_map(|folder| take_role(folder))
        .map(|(role, _)| role)
}

fn read(index: usize, path: &str, parts: &[String], twice: &BTreeSet<&str>) -> File {
    let (name, folders) = parts
        .split_last()
        .map_or(("", &[][..]), |(name, folders)| (name.as_str(), folders));
    let stem = without_extension(name).unwrap_or(name);
    let mut context = Vec::new();
    let mut by_folder = None;
    // The deepest folder with a role decides; its role word is no part of the context, the others' are.
    for folder in folders.iter().rev() {
        match take_role(folder) {
            Some((role, rest)) if by_folder.is_none() => {
                by_folder = Some(role);
                if !rest.is_empty() && !is_raw(&rest) {
                    context.push(rest);
                }
            }
            _ => context.push(folder.clone()),
        }
    }
    context.reverse();
    let by_name = if by_folder.is_some() && twice.contains(stem) {
        None
    } else {
        take_role(stem)
    };
    let role = match (by_folder, by_name.as_ref().map(|(role, _)| *role)) {
        (Some(Role::Mask), _) | (_, Some(Role::Mask)) => Role::Mask,
        _ => Role::Image,
    };
    let key = match by_name {
        // `image12_mask` belongs to `image12`, whose key is `12`.
        Some((Role::Mask, rest)) => match take_role(&rest) {
            Some((Role::Image, rest)) => rest,
            _ => rest,
        },
        Some((Role::Image, rest)) => rest,
        None => stem.to_owned(),
    };
    File {
        index,
        path: path.to_owned(),
        role,
        context,
        key,
    }
}

/// The seed's folders are `imageRaw` and `labelRaw`.
fn is_raw(rest: &str) -> bool {
    rest.eq_ignore_ascii_case("raw")
}

/// What is still single may lie beside a role folder (`1.png` with `masks/1.png`), as long as one context goes on
/// where the other ends and the name is unique on both sides: `train/` never pairs with `test/`.
fn pair_across_folders<'a>(open: Vec<&'a File>, out: &mut Pairing) -> Vec<&'a File> {
    let mut by_key: BTreeMap<String, Vec<&File>> = BTreeMap::new();
    for file in open {
        by_key.entry(file.key.to_lowercase()).or_default().push(file);
    }
    let mut left = Vec::new();
    for (key, group) in by_key {
        let pick = |role| group.iter().filter(|f| f.role == role).copied().collect::<Vec<_>>();
        let (images, masks) = (pick(Role::Image), pick(Role::Mask));
        match (images.as_slice(), masks.as_slice()) {
            ([image], [mask]) if !key.is_empty() && related(&image.context, &mask.context) => {
                out.pairs.push((image.index, mask.index, stem(image)));
            }
            _ => left.extend(group),
        }
    }
    left
}

fn related(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    long.starts_with(short) || long.ends_with(short)
}

/// Single files: the first of each place is an image or mask without partner, the others clash with it.
fn sort_leftovers(mut open: Vec<&File>, out: &mut Pairing) {
    open.sort_by(|a, b| a.path.cmp(&b.path));
    let mut first: BTreeMap<(bool, Vec<String>, String), usize> = BTreeMap::new();
    for file in open {
        let place = (file.role == Role::Mask, file.context.clone(), file.key.clone());
        match first.get(&place) {
            Some(other) => out.ambiguous.push((file.index, *other)),
            None => {
                first.insert(place, file.index);
                if file.role == Role::Image {
                    &mut out.images_only
                } else {
                    &mut out.masks_only
                }
                .push(file.index);
            }
        }
    }
}

fn stem(image: &File) -> String {
    if !image.key.is_empty() {
        return image.key.clone();
    }
    image.context.last().cloned().unwrap_or_else(|| "image".to_owned())
}

/// Pairs of the same stem in different folders get their folder in front.
fn name_duplicates(files: &[File], pairs: &mut [(usize, usize, String)]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (_, _, name) in pairs.iter() {
        *times.entry(name.clone()).or_default() += 1;
    }
    let by_index: BTreeMap<usize, &File> = files.iter().map(|f| (f.index, f)).collect();
    for (image, _, name) in pairs {
        let context = by_index.get(image).map(|f| f.context.join("/")).unwrap_or_default();
        if times.get(name).is_some_and(|n| *n > 1) && !context.is_empty() {
            *name = format!("{context}/{name}");
        }
    }
}

/// Numbers inside names by value: image2 before image10.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) => (x, y),
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
            let (n, m) = (digits(a), digits(b));
            let (p, q) = (a[..n].trim_start_matches('0'), b[..m].trim_start_matches('0'));
            let order = p.len().cmp(&q.len()).then_with(|| p.cmp(q));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[n..], &b[m..]);
        } else {
            if x != y {
                return x.cmp(&y);
            }
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
        }
    }
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
