//! All paths of a drop as files with context, role and key.

use std::collections::BTreeMap;

use super::beside::is_junk;
use super::file::{File, Spec, read, said_by_user};
use super::folder::{FolderName, read_folder};
use super::kinds::{FolderRoles, Role, components};
use super::names::{self, composed, spelling};
use super::{evidence, silent};

/// Reads all paths, in their order; junk is listed apart.
pub(super) fn read_all(paths: &[String], roles: &[FolderRoles], junk: &mut Vec<usize>) -> Vec<File> {
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by(|a, b| paths[*a].cmp(&paths[*b]));
    let plain: Vec<Vec<String>> = paths.iter().map(|p| components(p).map(composed).collect()).collect();
    let specs: Vec<[Spec; 2]> = roles
        .iter()
        .map(|r| [Spec::new(&r.images, Role::Image), Spec::new(&r.masks, Role::Mask)])
        .collect();
    let mut folders: BTreeMap<&str, FolderName> = BTreeMap::new();
    for folder in plain.iter().flat_map(|parts| &parts[..parts.len().saturating_sub(1)]) {
        folders.entry(folder).or_insert_with(|| read_folder(folder));
    }
    inner_words(&mut folders);
    let folder_role = |parts: &[String]| {
        let folders_of = &parts[..parts.len().saturating_sub(1)];
        let said = said_by_user(&specs, folders_of, parts.last().map_or("", String::as_str));
        said.map(|(role, _)| role)
            .or_else(|| folders_of.iter().rev().find_map(|f| folders.get(f.as_str())?.role))
    };
    let silent = silent::find(&plain, &folders, folder_role);
    let mut files = Vec::new();
    for index in order {
        if is_junk(&paths[index]) || plain[index].is_empty() {
            junk.push(index);
            continue;
        }
        files.push(read(
            index,
            &paths[index],
            &plain[index],
            &folders,
            &specs,
            silent.contains(&index),
        ));
    }
    evidence::by_outer_folder(&mut files, &folders);
    evidence::by_contrast(&mut files, &folders);
    evidence::by_name(&mut files);
    evidence::fields_of_view(&mut files);
    files
}

/// `train_masks_v2` is the masks of `train_v2`, where that is there too.
fn inner_words(folders: &mut BTreeMap<&str, FolderName>) {
    let plain = folders.iter().filter(|(_, read)| read.role.is_none());
    let found: Vec<(&str, String)> = plain
        .filter_map(|(name, _)| {
            let mut rests = names::words(name)
                .into_iter()
                .filter(|w| names::role_of(&w.text) == Some(Role::Mask))
                .map(|w| names::cut(name, w.start, w.end));
            Some((*name, rests.find(|rest| folders.contains_key(rest.as_str()))?))
        })
        .collect();
    for (name, rest) in found {
        let read = FolderName {
            role: Some(Role::Mask),
            loose: spelling(&rest),
            rest,
            weak: false,
        };
        folders.insert(name, read);
    }
}
