//! Folders of the same names, of which no word says what they hold: a question, not a guess.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use super::kinds::{FolderRoles, Group, Pairing, Question, Role};
use super::vocabulary::SPLITS;

/// More ways to put it are no question but a muddle.
const MOST_OPTIONS: usize = 6;
/// A name in more groups than this tells nothing of any two of them.
const MOST_GROUPS: usize = 50;

/// A folder, or its files of one ending.
struct FileGroup<'a> {
    folder: &'a [String],
    extension: Option<&'a str>,
    files: Vec<&'a File>,
}

impl FileGroup<'_> {
    /// What words say of all its files.
    fn role(&self) -> Option<Role> {
        let role = self.files.first().filter(|f| f.certain)?.role;
        self.files.iter().all(|f| f.certain && f.role == role).then_some(role)
    }

    fn path(&self) -> String {
        let folder = self.folder.join("/");
        match self.extension {
            Some(extension) if folder.is_empty() => format!("*.{extension}"),
            Some(extension) => format!("{folder}/*.{extension}"),
            None => folder,
        }
    }
}

/// The two sides of a question and the groups of files that each is made of.
#[derive(Default)]
struct Axis {
    shared: usize,
    groups: [BTreeSet<usize>; 2],
}

/// Takes out what a question is about; gives back what is left.
pub(super) fn ask<'a>(open: Vec<&'a File>, answered: &[FolderRoles], out: &mut Pairing) -> Vec<&'a File> {
    let groups = groups(&open);
    let mut axes: BTreeMap<(String, String), Axis> = BTreeMap::new();
    for ((p, q), shared) in shared(&groups) {
        let Some((a, b)) = names(&groups[p], &groups[q]) else {
            continue;
        };
        let (a, b, p, q) = if a < b { (a, b, p, q) } else { (b, a, q, p) };
        if groups[p].role() == groups[q].role() && groups[p].role().is_some() {
            continue;
        }
        let is_same = |r: &FolderRoles| (r.images == a && r.masks == b) || (r.images == b && r.masks == a);
        if answered.iter().any(is_same) {
            continue;
        }
        let axis = axes.entry((a, b)).or_default();
        axis.shared += shared;
        axis.groups[0].insert(p);
        axis.groups[1].insert(q);
    }
    let size = |side: &BTreeSet<usize>| side.iter().map(|p| groups[*p].files.len()).sum::<usize>();
    axes.retain(|_, axis| axis.shared * 2 >= size(&axis.groups[0]).min(size(&axis.groups[1])));
    // What words say of one folder narrows what the others can be.
    let known = |axis: &Axis| axis.groups.iter().flatten().any(|p| groups[*p].role().is_some());
    if axes.values().any(known) {
        axes.retain(|_, axis| known(axis));
    }
    let most = axes.values().map(|axis| axis.shared).max().unwrap_or(0);
    axes.retain(|_, axis| axis.shared * 5 >= most * 4);
    let Some((question, asked)) = question(&axes, &groups) else {
        return open;
    };
    let gone: BTreeSet<usize> = asked.iter().copied().collect();
    (out.asked, out.question) = (asked, Some(question));
    open.into_iter().filter(|f| !gone.contains(&f.index)).collect()
}

fn question(axes: &BTreeMap<(String, String), Axis>, groups: &[FileGroup]) -> Option<(Question, Vec<usize>)> {
    let mut out = Question::default();
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    for ((a, b), axis) in axes {
        let mut group = |name: &String, side: &BTreeSet<usize>| {
            let known = out.groups.iter().position(|g| g.name == *name);
            known.unwrap_or_else(|| {
                out.groups.push(Group {
                    name: name.clone(),
                    folder: side.first().map(|p| groups[*p].path()).unwrap_or_default(),
                    files: side
                        .iter()
                        .flat_map(|p| groups[*p].files.iter().map(|f| f.index))
                        .collect(),
                });
                out.groups.len() - 1
            })
        };
        let (a, b) = (group(a, &axis.groups[0]), group(b, &axis.groups[1]));
        let role = |side: &BTreeSet<usize>| side.first().and_then(|p| groups[*p].role());
        let roles = [role(&axis.groups[0]), role(&axis.groups[1])];
        for (images, masks, roles) in [(a, b, roles), (b, a, [roles[1], roles[0]])] {
            if roles[0] != Some(Role::Mask) && roles[1] != Some(Role::Image) {
                out.options.push((images, masks));
            }
        }
        for side in &axis.groups {
            asked.extend(side.iter().flat_map(|p| groups[*p].files.iter().map(|f| f.index)));
        }
    }
    let fits = !out.options.is_empty() && out.options.len() <= MOST_OPTIONS;
    fits.then(|| (out, asked.into_iter().collect()))
}

fn groups<'a>(open: &[&'a File]) -> Vec<FileGroup<'a>> {
    let mut folders: BTreeMap<&[String], BTreeMap<&str, Vec<&File>>> = BTreeMap::new();
    for &file in open {
        let of = folders.entry(&file.folder).or_default();
        of.entry(&file.extension).or_default().push(file);
    }
    let mut out = Vec::new();
    for (folder, kinds) in folders {
        let stems = |files: &[&'a File]| -> BTreeSet<&'a str> { files.iter().map(|f| f.key.as_str()).collect() };
        let kinds: Vec<(&str, Vec<&File>)> = kinds.into_iter().collect();
        let divided = match kinds.as_slice() {
            [(_, a), (_, b)] => {
                let both = stems(a).intersection(&stems(b)).count();
                both * 2 >= a.len().min(b.len()) && a.iter().chain(b).all(|f| !f.certain)
            }
            _ => false,
        };
        if divided {
            out.extend(kinds.into_iter().map(|(extension, files)| FileGroup {
                folder,
                extension: Some(extension),
                files,
            }));
        } else {
            out.push(FileGroup {
                folder,
                extension: None,
                files: kinds.into_iter().flat_map(|(_, files)| files).collect(),
            });
        }
    }
    out
}

/// How many names any two groups have in common.
fn shared(groups: &[FileGroup]) -> BTreeMap<(usize, usize), usize> {
    let mut at: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (p, group) in groups.iter().enumerate() {
        for (_, key) in group.files.iter().flat_map(|f| &f.loose) {
            at.entry(key).or_default().insert(p);
        }
    }
    let mut out = BTreeMap::new();
    for (p, group) in groups.iter().enumerate() {
        for file in &group.files {
            let others: BTreeSet<usize> = file
                .loose
                .iter()
                .filter_map(|(_, key)| at.get(key.as_str()))
                .filter(|groups| groups.len() <= MOST_GROUPS)
                .flatten()
                .copied()
                .filter(|q| *q > p)
                .collect();
            for q in others {
                *out.entry((p, q)).or_default() += 1;
            }
        }
    }
    out
}

/// What two groups are called against each other: by the one folder in which their paths differ, or in full.
fn names(a: &FileGroup, b: &FileGroup) -> Option<(String, String)> {
    let parts = |group: &FileGroup| -> BTreeSet<String> {
        let folders = group.folder.iter().map(|c| c.to_lowercase());
        folders.filter(|c| SPLITS.contains(&c.as_str())).collect()
    };
    let (parts_a, parts_b) = (parts(a), parts(b));
    if !parts_a.is_empty() && !parts_b.is_empty() && parts_a.is_disjoint(&parts_b) {
        return None;
    }
    let in_full = Some((a.path(), b.path()));
    if a.folder.len() != b.folder.len() || a.extension.is_some() || b.extension.is_some() {
        return in_full;
    }
    let apart: Vec<(&String, &String)> = a.folder.iter().zip(b.folder).filter(|(x, y)| x != y).collect();
    // Numbered scenes, with the same names in each.
    let is_number = |name: &String| name.bytes().all(|c| c.is_ascii_digit());
    match apart.as_slice() {
        [] => None,
        _ if apart.iter().any(|(x, y)| is_number(x) && is_number(y)) => None,
        [(x, y)] => Some(((*x).clone(), (*y).clone())),
        _ => in_full,
    }
}
