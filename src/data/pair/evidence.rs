//! Roles that no word of a path gives alone, but the other files do.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use super::folder::FolderName;
use super::keys;
use super::kinds::Role;
use super::names::{self, spelling};
use super::rank::rank;

/// `Semantic_masks/images/` holds masks, if nothing else under it does and there are images of the same names elsewhere.
pub(super) fn by_outer_folder(files: &mut [File], folders: &BTreeMap<&str, FolderName>) {
    let is_masks = |name: &String| folders.get(name.as_str()).is_some_and(|f| f.role == Some(Role::Mask));
    let outer = |file: &File| Some(file.folder[..=file.folder.iter().position(is_masks)?].to_vec());
    let mut inside: BTreeMap<Vec<String>, bool> = BTreeMap::new();
    let mut images: BTreeSet<&str> = BTreeSet::new();
    for file in files.iter() {
        match (outer(file), file.role) {
            (Some(folder), role) => *inside.entry(folder).or_default() |= role == Role::Mask || file.said,
            (None, Role::Image) => images.extend(file.loose.iter().map(|(_, key)| key.as_str())),
            (None, Role::Mask) => {}
        }
    }
    let is_mask = |file: &File| {
        let alone = outer(file).is_some_and(|folder| inside.get(&folder) == Some(&false));
        alone && file.loose.iter().any(|(_, key)| images.contains(key.as_str()))
    };
    let found: Vec<usize> = (0..files.len()).filter(|at| is_mask(&files[*at])).collect();
    for at in found {
        let file = &mut files[at];
        (file.role, file.certain) = (Role::Mask, true);
        file.rank = rank(&file.folder, &file.stem, Role::Mask);
    }
}

/// `map` beside `sat` holds masks, because the other holds images of the same names.
pub(super) fn by_contrast(files: &mut [File], folders: &BTreeMap<&str, FolderName>) {
    let without_weak = |file: &File| -> Option<Vec<String>> {
        let at = (0..file.folder.len())
            .rev()
            .find(|i| folders.get(file.folder[*i].as_str()).is_some_and(|f| f.weak))?;
        let loose = |(i, name): (usize, &String)| match folders.get(name.as_str()) {
            Some(read) if i == at || read.role.is_some() => read.loose.clone(),
            _ => spelling(name),
        };
        Some(
            file.folder
                .iter()
                .enumerate()
                .map(loose)
                .filter(|c| !c.is_empty())
                .collect(),
        )
    };
    let images: BTreeSet<(&[String], &str)> = files
        .iter()
        .filter(|f| f.role == Role::Image && f.certain && !f.folder.is_empty())
        .flat_map(|f| f.loose.iter().map(|(_, key)| (&f.loose_context[..], key.as_str())))
        .collect();
    let mut weak: BTreeMap<Vec<String>, [usize; 2]> = BTreeMap::new();
    for file in files.iter().filter(|f| !f.certain) {
        if let Some(context) = without_weak(file) {
            let fits = file
                .loose
                .iter()
                .any(|(_, key)| images.contains(&(&context[..], key.as_str())));
            let count = weak.entry(file.folder.clone()).or_default();
            count[usize::from(fits)] += 1;
        }
    }
    for file in files.iter_mut().filter(|f| !f.certain) {
        let Some(context) = without_weak(file) else { continue };
        if weak
            .get(&file.folder)
            .is_some_and(|[not, fits]| fits >= not && *fits > 0)
        {
            (file.role, file.certain, file.loose_context) = (Role::Mask, true, context);
            file.rank = rank(&file.folder, &file.stem, Role::Mask);
        }
    }
}

/// A name that is another file's with a mask's word more, wherever it stands, is that one's mask.
pub(super) fn by_name(files: &mut [File]) {
    let mut there: BTreeMap<(Vec<String>, String), BTreeSet<usize>> = BTreeMap::new();
    for file in files.iter().filter(|f| f.role == Role::Image) {
        for key in [spelling(&file.key), spelling(&file.stem)] {
            there
                .entry((file.loose_context.clone(), key))
                .or_default()
                .insert(file.index);
        }
        for (_, key) in &file.loose {
            let key = (file.loose_context.clone(), key.clone());
            there.entry(key).or_default().insert(file.index);
        }
    }
    let mut found = Vec::new();
    for (at, file) in files.iter().enumerate().filter(|(_, f)| f.role == Role::Image) {
        let is_there = |name: &str| {
            let files = there.get(&(file.loose_context.clone(), spelling(name)));
            files.is_some_and(|f| f.len() > usize::from(f.contains(&file.index)))
        };
        // Left and right eye of a pair of cameras.
        if file
            .stem
            .strip_suffix(['L', 'l'])
            .is_some_and(|s| is_there(&format!("{s}R")))
        {
            continue;
        }
        if let Some(name) = keys::mask_of(&file.stem).into_iter().find(|name| is_there(name)) {
            found.push((at, name));
        }
    }
    for (at, name) in found {
        files[at].become_mask(name);
    }
}

/// Beside masks drawn by hand, `mask/` is the part of the picture that was looked at (retina: DRIVE, HRF).
pub(super) fn fields_of_view(files: &mut [File]) {
    let is_manual = |f: &&File| {
        f.folder
            .iter()
            .any(|c| names::words(c).iter().any(|w| w.text == "manual"))
    };
    if !files.iter().any(|f| is_manual(&f)) {
        return;
    }
    for file in files.iter_mut() {
        let last = file.folder.last().map(|c| c.to_lowercase());
        if !file.said {
            file.aside |= last.is_some_and(|c| c == "mask" || c == "masks");
        }
    }
}
