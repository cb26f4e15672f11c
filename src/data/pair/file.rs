//! A path as context, role and key.

use std::collections::BTreeMap;

use super::folder::{FolderName, read_folder};
use super::keys;
use super::kinds::{Role, components};
use super::names::{composed, spelling, take_role, without_extension};
use super::rank::{NEVER, rank};

pub(super) struct File {
    pub index: usize,
    pub path: String,
    pub role: Role,
    /// A word or the user says so; otherwise what is no mask is an image.
    pub certain: bool,
    /// The user says so.
    pub said: bool,
    /// Folders as they are, composed.
    pub folder: Vec<String>,
    /// Folders without their role word, as people read them, and in lower case.
    pub shown_context: Vec<String>,
    pub context: Vec<String>,
    /// Folders that tell data apart, in one spelling.
    pub loose_context: Vec<String>,
    /// Name without its extension.
    pub stem: String,
    pub extension: String,
    /// Name without extension and role word.
    pub key: String,
    /// Spellings of the name, with what each costs.
    pub loose: Vec<(u8, String)>,
    /// See [`rank`].
    pub rank: u8,
    /// Named like a mask, but none.
    pub aside: bool,
}

impl File {
    /// What people call the pair of this image.
    pub fn title(&self) -> String {
        if !self.key.is_empty() {
            return self.key.clone();
        }
        self.shown_context.last().cloned().unwrap_or_else(|| "image".to_owned())
    }

    pub fn become_mask(&mut self, key: String) {
        self.role = Role::Mask;
        self.certain = true;
        // `image12_mask` belongs to `image12`, whose key is `12`.
        self.key = match take_role(&key) {
            Some((Role::Image, rest)) => rest,
            _ => key.clone(),
        };
        self.loose = keys::loose_keys(&key, &self.key, &self.folder);
        self.rank = rank(&self.folder, &self.stem, Role::Mask);
    }
}

/// A file that is certainly a mask, or polygons for one.
pub(super) fn read_mask(path: &str) -> File {
    let parts: Vec<String> = components(path).map(composed).collect();
    let folders = parts.iter().map(|f| (f.as_str(), read_folder(f))).collect();
    let mut file = read(0, path, &parts, &folders, &[], false);
    if file.role == Role::Image {
        (file.role, file.certain) = (Role::Mask, true);
    }
    file
}

/// Folders in a row that the user gave a role.
pub(super) struct Spec {
    role: Role,
    folders: Vec<String>,
    /// Without the dot, in lower case.
    extension: Option<String>,
}

impl Spec {
    pub(super) fn new(text: &str, role: Role) -> Spec {
        let mut folders: Vec<String> = components(text).map(composed).collect();
        let extension = folders
            .last()
            .and_then(|last| last.strip_prefix("*."))
            .map(str::to_lowercase);
        if extension.is_some() {
            folders.pop();
        }
        Spec {
            role,
            folders,
            extension,
        }
    }

    /// Where the folders stand in a path, the deepest first.
    fn find(&self, folders: &[String], name: &str) -> Option<(usize, usize)> {
        if let Some(wanted) = &self.extension {
            let fits =
                folders == self.folders && name.rsplit_once('.').is_some_and(|(_, e)| e.to_lowercase() == *wanted);
            return fits.then_some((folders.len(), folders.len()));
        }
        if self.folders.is_empty() {
            return folders.is_empty().then_some((0, 0));
        }
        let n = self.folders.len();
        let at = folders.windows(n).rposition(|window| window == self.folders)?;
        Some((at, at + n))
    }
}

/// The role that the user gave a file by its folders, and where these stand.
pub(super) fn said_by_user(specs: &[[Spec; 2]], folders: &[String], name: &str) -> Option<(Role, (usize, usize))> {
    specs.iter().rev().find_map(|pair| {
        let found = pair
            .iter()
            .filter_map(|spec| Some((spec.role, spec.find(folders, name)?)));
        found.max_by_key(|(_, (from, to))| (*to, to - from))
    })
}

pub(super) fn read(
    index: usize,
    path: &str,
    parts: &[String],
    folders: &BTreeMap<&str, FolderName>,
    specs: &[[Spec; 2]],
    is_silent: bool,
) -> File {
    let (name, folder) = parts
        .split_last()
        .map_or(("", &[][..]), |(name, folders)| (name.as_str(), folders));
    let stem = without_extension(name).unwrap_or(name);
    let said = said_by_user(specs, folder, name);
    let mut shown_context = Vec::new();
    let mut loose_context = Vec::new();
    let mut by_folder = said.map(|(role, _)| role);
    // The deepest folder with a role decides; its role word is no part of the context, the others' are.
    for (at, component) in folder.iter().enumerate().rev() {
        if said.is_some_and(|(_, (from, to))| (from..to).contains(&at)) {
            continue;
        }
        let Some(read) = folders.get(component.as_str()) else {
            continue;
        };
        if by_folder.is_none() && read.role.is_some() {
            by_folder = read.role;
            // Classic's folders are `imageRaw` and `labelRaw`.
            if !read.rest.is_empty() && !read.rest.eq_ignore_ascii_case("raw") {
                shown_context.push(read.rest.clone());
            }
        } else {
            shown_context.push(component.clone());
        }
        let loose = match read.role {
            Some(_) => read.loose.clone(),
            None => spelling(component),
        };
        if !loose.is_empty() {
            loose_context.push(loose);
        }
    }
    shown_context.reverse();
    loose_context.reverse();
    let by_name = if is_silent { None } else { take_role(stem) };
    let role = match (by_folder, by_name.as_ref().map(|(role, _)| *role)) {
        _ if said.is_some() => by_folder.unwrap_or(Role::Image),
        (Some(Role::Mask), _) | (_, Some(Role::Mask)) => Role::Mask,
        _ => Role::Image,
    };
    let certain = by_folder.is_some() || by_name.is_some();
    let key = match by_name {
        // `image12_mask` belongs to `image12`, whose key is `12`.
        Some((Role::Mask, rest)) => match take_role(&rest) {
            Some((Role::Image, rest)) => rest,
            _ => rest,
        },
        Some((Role::Image, rest)) => rest,
        None => stem.to_owned(),
    };
    let mut rank = rank(folder, stem, role);
    let aside = rank == NEVER && role == Role::Mask && said.is_none();
    // Beside what the user chose, the rest comes second.
    match said {
        Some(_) => rank = 0,
        None if !specs.is_empty() => rank += NEVER,
        None => {}
    }
    File {
        index,
        path: path.to_owned(),
        role,
        certain,
        said: said.is_some(),
        folder: folder.to_vec(),
        context: shown_context.iter().map(|c| c.to_lowercase()).collect(),
        shown_context,
        loose_context,
        stem: stem.to_owned(),
        extension: name.get(stem.len() + 1..).unwrap_or_default().to_lowercase(),
        loose: keys::loose_keys(stem, &key, folder),
        key,
        rank,
        aside,
    }
}
