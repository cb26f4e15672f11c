//! Names whose word for a role says nothing, because their folders do: `images/gt_1` with `masks/gt_1`, `sat/img-1` with
//! `map/img-1`.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::FolderName;
use super::keys;
use super::kinds::Role;
use super::names::{take_role, without_extension};
use super::vocabulary::SPLITS;

struct Name<'a> {
    index: usize,
    folder: &'a [String],
    by_folder: Option<Role>,
    /// In a folder of a name such as `map`.
    weak: bool,
    /// In lower case.
    stem: String,
    role: Option<Role>,
    /// The stem without the word for the role.
    key: String,
}

impl Name<'_> {
    fn is_mask(&self) -> bool {
        self.by_folder == Some(Role::Mask) || self.role == Some(Role::Mask)
    }
}

/// Positions of the files that have their word in common with the file of the same name in a folder of the other kind.
pub(super) fn find(
    plain: &[Vec<String>],
    folders: &BTreeMap<&str, FolderName>,
    folder_role: impl Fn(&[String]) -> Option<Role>,
) -> BTreeSet<usize> {
    let mut files: Vec<Name> = Vec::new();
    for (index, parts) in plain.iter().enumerate() {
        let Some((name, folder)) = parts.split_last() else {
            continue;
        };
        let stem = without_extension(name).unwrap_or(name);
        let (role, key) = match take_role(stem) {
            Some((role, key)) => (Some(role), key),
            None => (None, stem.to_owned()),
        };
        files.push(Name {
            index,
            folder,
            by_folder: folder_role(parts),
            weak: folder.iter().any(|f| folders.get(f.as_str()).is_some_and(|f| f.weak)),
            stem: stem.to_lowercase(),
            role,
            key: key.to_lowercase(),
        });
    }
    files.sort_by(|a, b| (a.folder, &a.stem, a.index).cmp(&(b.folder, &b.stem, b.index)));
    // Where masks and others lie together, their names tell them apart.
    let mut kinds: BTreeMap<&[String], [bool; 2]> = BTreeMap::new();
    for file in &files {
        kinds.entry(file.folder).or_default()[usize::from(file.role == Some(Role::Mask))] = true;
    }
    let telling = |file: &Name| kinds.get(file.folder) == Some(&[true, true]);
    let mut of_stem: BTreeMap<String, Vec<&Name>> = BTreeMap::new();
    // Roles of the folders of a stem, and two stems of a key at most: as many as it takes to find another.
    let mut roles_of: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    let mut of_key: BTreeMap<(&str, bool), BTreeSet<&str>> = BTreeMap::new();
    for file in &files {
        let mut stems = vec![file.stem.clone()];
        if file.by_folder == Some(Role::Mask) {
            // `mask_1.mask` is of `mask_1`.
            stems.extend(keys::mask_of(&file.stem));
            let short = file.stem.rsplit_once('_').filter(|(_, end)| ENDS.contains(end));
            stems.extend(short.map(|(short, _)| short.to_owned()));
        }
        stems.sort_unstable();
        stems.dedup();
        for stem in stems {
            of_stem.entry(stem).or_default().push(file);
        }
        for key in [file.key.as_str(), file.stem.as_str()] {
            let stems = of_key.entry((key, file.is_mask())).or_default();
            if stems.len() < 2 {
                stems.insert(&file.stem);
            }
        }
        if let Some(role) = file.by_folder {
            roles_of.entry(&file.stem).or_default()[usize::from(role == Role::Mask)] = true;
        }
    }
    let is_silent = |file: &&Name| {
        let Some(role) = file.role else { return false };
        let same = of_stem.get(&file.stem).map(Vec::as_slice).unwrap_or_default();
        if file.by_folder.is_some() && roles_of.get(file.stem.as_str()) == Some(&[true, true]) {
            return true;
        }
        if telling(file) {
            return false;
        }
        let says_where = |f: &Name| f.by_folder.is_some() || f.weak;
        let counterpart = |other: &&Name| {
            other.folder != file.folder
                && (other.by_folder.is_none() || other.by_folder != file.by_folder)
                && (other.stem == file.stem || file.by_folder != Some(Role::Mask))
                && (role == Role::Image || says_where(file) || says_where(other))
                && !telling(other)
                && one_split(file.folder, other.folder)
        };
        if !same.iter().take(MOST_LOOKED_AT).any(counterpart) {
            return false;
        }
        // The word finds the file a partner of another name.
        let mut keys = vec![file.key.clone()];
        if role == Role::Mask {
            keys.extend(keys::mask_of(&file.stem));
        }
        let is_partner = |key: &String| {
            let stems = of_key.get(&(key.as_str(), role == Role::Image));
            stems.is_some_and(|stems| stems.iter().any(|stem| **stem != *file.stem))
        };
        !keys.iter().any(is_partner)
    };
    files.iter().filter(is_silent).map(|f| f.index).collect()
}

/// What data sets put behind the name of an image, after `_`.
const ENDS: [&str; 4] = ["l", "m", "p", "noboundary"];

/// A name in more places than this tells nothing of any two of them.
const MOST_LOOKED_AT: usize = 100;

/// Not one in `train/`, the other in `val/`.
fn one_split(a: &[String], b: &[String]) -> bool {
    let parts = |folder: &[String]| -> BTreeSet<String> {
        let folders = folder.iter().map(|c| c.to_lowercase());
        folders.filter(|c| SPLITS.contains(&c.as_str())).collect()
    };
    let (a, b) = (parts(a), parts(b));
    a.is_empty() || b.is_empty() || !a.is_disjoint(&b)
}
