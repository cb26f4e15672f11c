//! Which mask belongs to which image: by name, never by position.
//!
//! A path is read as context / role / stem. The role comes from a folder (`images/`, `labelRaw/`) or from the file
//! name (`layer12`, `x_mask`); what remains of folders and name once the role is taken out must be equal on both
//! sides. Names are compared composed ([`composed`]), exactly first, then without case, then in one spelling without the
//! words and folders that data sets put into names ([`loose`]). Where no word says which folder is what, there is one
//! [`Question`] instead of a guess.

mod affix;
mod ask;
mod beside;
mod evidence;
mod file;
mod folder;
mod keys;
mod kinds;
mod loose;
mod names;
mod rank;
mod read;
mod silent;
mod vector;
mod vocabulary;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

pub use beside::{is_beside, is_junk};
use file::File;
use kinds::Role;
pub use kinds::{FolderRoles, Group, Pairing, Question};
pub(super) use names::{composed, without_extension};
pub use vector::{ImageNames, is_unusable_data};

/// What is known beside the names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Answers to questions; the last that fits a file counts.
    pub roles: &'a [FolderRoles],
    /// Positions of images that have a mask already, if no file is one by name.
    pub drawn: &'a [usize],
}

/// Pairs of one name that are compared with what is left over.
const MOST_LOOKED_AT: usize = 100;

/// Context and key of a file, and the images and masks that share them.
type Groups<'a> = BTreeMap<(Vec<String>, String), (Vec<&'a File>, Vec<&'a File>)>;

/// Pairs image and mask files by their names. The outcome depends on the names alone, not on their order.
pub fn pair_by_name(paths: &[String], known: Known) -> Pairing {
    let mut out = Pairing::default();
    let files = read::read_all(paths, known.roles, &mut out.junk);
    // What is no mask takes no part, but is said.
    let (mut open, aside): (Vec<&File>, Vec<&File>) = files.iter().partition(|f| !f.aside);
    for ignore_case in [false, true] {
        open = pair_exactly(open, ignore_case, &mut out);
    }
    let open = affix::pair(loose::pair(open, &mut out), &mut out);
    let answered = !known.roles.is_empty();
    let mut open = spares(open.into_iter().chain(aside).collect(), &files, answered, &mut out);
    let drawn: BTreeSet<usize> = known.drawn.iter().copied().collect();
    open.retain(|f| {
        let has = drawn.contains(&f.index);
        if has {
            out.drawn.push((f.index, f.title()));
        }
        !has
    });
    let open = tasks(parts(open, &files, &mut out), &mut out);
    let open = ask::ask(open, known.roles, &mut out);
    sort_leftovers(open, &mut out);

    out.pairs.sort_by(|a, b| by_path(&paths[a.0], &paths[b.0]));
    out.drawn.sort_by(|a, b| by_path(&paths[a.0], &paths[b.0]));
    name_duplicates(&files, &mut out);
    out
}

fn pair_exactly<'a>(open: Vec<&'a File>, ignore_case: bool, out: &mut Pairing) -> Vec<&'a File> {
    let mut groups: Groups = BTreeMap::new();
    for file in open {
        let key = match ignore_case {
            true => file.key.to_lowercase(),
            false => file.key.clone(),
        };
        let group = groups.entry((file.context.clone(), key)).or_default();
        match file.role {
            Role::Image => group.0.push(file),
            Role::Mask => group.1.push(file),
        }
    }
    let mut left = Vec::new();
    for (mut images, mut masks) in groups.into_values() {
        for side in [&mut images, &mut masks] {
            side.sort_by(|a, b| (a.rank, &a.path).cmp(&(b.rank, &b.path)));
        }
        let (Some(image), Some(mask)) = (images.first(), masks.first()) else {
            left.extend(images.into_iter().chain(masks));
            continue;
        };
        // Masks of one name in two folders, and none the usual one: not ours to choose.
        let rival = |side: &[&File]| {
            side.get(1)
                .is_some_and(|b| b.rank == side[0].rank && b.folder != side[0].folder)
        };
        if rival(&images) || rival(&masks) {
            left.extend(images.into_iter().chain(masks));
            continue;
        }
        out.pairs.push((image.index, mask.index, image.title()));
        for side in [&images, &masks] {
            for other in &side[1..] {
                match other.rank == side[0].rank {
                    true => out.ambiguous.push((other.index, side[0].index)),
                    false => out.spare.push((other.index, side[0].index)),
                }
            }
        }
    }
    left.sort_by(|a, b| a.path.cmp(&b.path));
    left
}

/// What is left and is called like a pair, but lies in another folder or is of another kind, is another form of the
/// same: it is neither paired nor asked about.
/// `answered`: the user chose between folders, so that those not chosen are known to be spare.
fn spares<'a>(open: Vec<&'a File>, files: &'a [File], answered: bool, out: &mut Pairing) -> Vec<&'a File> {
    let by_index: BTreeMap<usize, &File> = files.iter().map(|f| (f.index, f)).collect();
    let mut taken: BTreeMap<&str, Vec<(&File, &File)>> = BTreeMap::new();
    for (image, mask, _) in &out.pairs {
        if let (Some(image), Some(mask)) = (by_index.get(image), by_index.get(mask)) {
            for (_, key) in image.loose.iter().chain(&mask.loose).filter(|(cost, _)| *cost <= 2) {
                let pairs = taken.entry(key).or_default();
                if pairs.len() < MOST_LOOKED_AT && pairs.last().is_none_or(|(last, _)| last.index != image.index) {
                    pairs.push((image, mask));
                }
            }
        }
    }
    let mut left = Vec::new();
    for file in open {
        let pairs = file
            .loose
            .iter()
            .filter_map(|(_, key)| taken.get(key.as_str()))
            .flatten();
        let kept = pairs.copied().find_map(|(image, mask)| {
            let kept = if file.role == Role::Image && !file.aside {
                image
            } else {
                mask
            };
            let near = loose::related(&file.loose_context, &image.loose_context);
            let chosen = answered && image.said && !file.said;
            let other = file.folder != image.folder && file.folder != mask.folder;
            let is_form = chosen || other || file.rank != kept.rank;
            ((chosen || near) && (is_form || file.role == Role::Mask)).then_some((is_form, kept.index))
        });
        match kept {
            Some((true, kept)) => out.spare.push((file.index, kept)),
            Some((false, kept)) => out.ambiguous.push((file.index, kept)),
            None => left.push(file),
        }
    }
    left
}

/// One image in a folder of its own, and masks of many names beside: a mask for each object. Where others lie in pairs,
/// the masks that are left lack their images.
fn parts<'a>(open: Vec<&'a File>, files: &'a [File], out: &mut Pairing) -> Vec<&'a File> {
    let paired: BTreeSet<usize> = out.pairs.iter().map(|(image, ..)| *image).collect();
    let in_pairs: BTreeSet<&[String]> = files
        .iter()
        .filter(|f| paired.contains(&f.index))
        .map(|f| f.context.as_slice())
        .collect();
    let may_be = |f: &&&File| f.certain && !f.context.is_empty() && !in_pairs.contains(f.context.as_slice());
    let mut by_context: BTreeMap<&[String], (Vec<&File>, Vec<&File>)> = BTreeMap::new();
    for &file in open.iter().filter(may_be) {
        let pair = by_context.entry(&file.context).or_default();
        match file.role {
            Role::Image => pair.0.push(file),
            Role::Mask => pair.1.push(file),
        }
    }
    let mut gone = BTreeSet::new();
    for (images, masks) in by_context.into_values() {
        if let [image] = images.as_slice()
            && !masks.is_empty()
            && masks
                .iter()
                .all(|m| m.folder != image.folder && m.folder == masks[0].folder)
        {
            out.parts.extend(masks.iter().map(|m| (m.index, image.index)));
            gone.extend(masks.iter().chain(&images).map(|f| f.index));
        }
    }
    // One image and one mask in each folder have other names by mistake.
    let images: BTreeSet<usize> = out.parts.iter().map(|(_, image)| *image).collect();
    if out.parts.len() == images.len() {
        out.parts.clear();
        return open;
    }
    open.into_iter().filter(|f| !gone.contains(&f.index)).collect()
}

/// Label Studio names its masks by the number of the task (`task-12-annotation-3-by-1-tag-roof-0`), never by the image.
fn tasks<'a>(open: Vec<&'a File>, out: &mut Pairing) -> Vec<&'a File> {
    let is_task = |f: &&File| {
        let number = f
            .stem
            .strip_prefix("task-")
            .and_then(|rest| rest.split_once("-annotation-"));
        number.is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()))
    };
    let (masks, rest): (Vec<&File>, Vec<&File>) = open.into_iter().partition(is_task);
    if masks.is_empty() {
        return rest;
    }
    let (images, rest): (Vec<&File>, Vec<&File>) = rest.into_iter().partition(|f| f.role == Role::Image);
    let indices = |files: Vec<&File>| files.iter().map(|f| f.index).collect();
    out.tasks = (indices(masks), indices(images));
    rest
}

/// Single files: the first of each place is an image or mask without partner, the others clash with it.
fn sort_leftovers(mut open: Vec<&File>, out: &mut Pairing) {
    open.sort_by(|a, b| a.path.cmp(&b.path));
    let mut first: BTreeMap<(bool, Vec<String>, String), usize> = BTreeMap::new();
    for file in open {
        let slot = (file.role == Role::Mask, file.folder.clone(), file.key.clone());
        match first.get(&slot) {
            Some(other) => out.ambiguous.push((file.index, *other)),
            None => {
                first.insert(slot, file.index);
                match file.role {
                    Role::Image => &mut out.images_only,
                    Role::Mask => &mut out.masks_only,
                }
                .push(file.index);
            }
        }
    }
}

/// Pairs of the same stem in different folders get their folder in front.
fn name_duplicates(files: &[File], out: &mut Pairing) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let names = out.pairs.iter().map(|(_, _, name)| name);
    for name in names.chain(out.drawn.iter().map(|(_, name)| name)) {
        *times.entry(name.clone()).or_default() += 1;
    }
    let by_index: BTreeMap<usize, &File> = files.iter().map(|f| (f.index, f)).collect();
    let pairs = out.pairs.iter_mut().map(|(image, _, name)| (image, name));
    for (image, name) in pairs.chain(out.drawn.iter_mut().map(|(image, name)| (image, name))) {
        let context = by_index
            .get(image)
            .map(|f| f.shown_context.join("/"))
            .unwrap_or_default();
        if times.get(name).is_some_and(|n| *n > 1) && !context.is_empty() {
            *name = format!("{context}/{name}");
        }
    }
}

/// The natural order of paths, and of those that it does not tell apart.
pub(super) fn by_path(a: &str, b: &str) -> Ordering {
    natural_order(a, b).then_with(|| a.cmp(b))
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
mod tests;

#[cfg(test)]
mod layout_tests;

#[cfg(test)]
mod ask_tests;
