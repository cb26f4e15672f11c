//! A path as context, role and key.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::{FolderName, read_folder};
use super::names::{self, spelling, take_role, without_extension};
use super::{FolderRoles, Role, components, is_junk};
use crate::data::unicode::decompose;

pub(super) struct File {
    pub index: usize,
    pub path: String,
    pub role: Role,
    /// A word or the user says so; otherwise what is no mask is an image.
    pub certain: bool,
    /// The user says so.
    pub said: bool,
    /// Folders as they are, decomposed.
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
    /// See [`names::rank`].
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

    fn become_mask(&mut self, key: String) {
        self.role = Role::Mask;
        self.certain = true;
        // `image12_mask` belongs to `image12`, whose key is `12`.
        self.key = match take_role(&key) {
            Some((Role::Image, rest)) => rest,
            _ => key.clone(),
        };
        self.loose = names::loose_keys(&key, &self.key, &self.folder);
        self.rank = names::rank(&self.folder, &self.stem, Role::Mask);
    }
}

/// Reads all paths, in their order; junk is listed apart.
pub(super) fn read_all(paths: &[String], roles: &[FolderRoles], junk: &mut Vec<usize>) -> Vec<File> {
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by(|a, b| paths[*a].cmp(&paths[*b]));
    let plain: Vec<Vec<String>> = paths.iter().map(|p| components(p).map(decompose).collect()).collect();
    let specs: Vec<[Spec; 2]> = roles
        .iter()
        .map(|r| [Spec::new(&r.images, Role::Image), Spec::new(&r.masks, Role::Mask)])
        .collect();
    let mut folders: BTreeMap<&str, FolderName> = BTreeMap::new();
    for folder in plain.iter().flat_map(|parts| &parts[..parts.len().saturating_sub(1)]) {
        folders.entry(folder).or_insert_with(|| read_folder(folder));
    }
    // Stems that lie in folders of both kinds say nothing themselves: `images/gt_1` with `masks/gt_1`.
    let folder_role = |parts: &[String]| {
        let folders_of = &parts[..parts.len().saturating_sub(1)];
        let said = said_by_user(&specs, folders_of, parts.last().map_or("", String::as_str));
        said.map(|(role, _)| role)
            .or_else(|| folders_of.iter().rev().find_map(|f| folders.get(f.as_str())?.role))
    };
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
    for index in order {
        if is_junk(&paths[index]) || plain[index].is_empty() {
            junk.push(index);
            continue;
        }
        files.push(read(index, &paths[index], &plain[index], &folders, &specs, &twice));
    }
    by_outer_folder(&mut files, &folders);
    by_contrast(&mut files, &folders);
    by_evidence(&mut files);
    fields_of_view(&mut files);
    files
}

/// A file that is certainly a mask, or polygons for one.
pub(super) fn read_mask(path: &str) -> File {
    let parts: Vec<String> = components(path).map(decompose).collect();
    let folders = parts.iter().map(|f| (f.as_str(), read_folder(f))).collect();
    let mut file = read(0, path, &parts, &folders, &[], &BTreeSet::new());
    if file.role == Role::Image {
        (file.role, file.certain) = (Role::Mask, true);
    }
    file
}

/// Folders in a row that the user gave a role.
struct Spec {
    role: Role,
    folders: Vec<String>,
    /// Without the dot, in lower case.
    extension: Option<String>,
}

impl Spec {
    fn new(text: &str, role: Role) -> Spec {
        let mut folders: Vec<String> = components(text).map(decompose).collect();
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
fn said_by_user(specs: &[[Spec; 2]], folders: &[String], name: &str) -> Option<(Role, (usize, usize))> {
    specs.iter().rev().find_map(|pair| {
        let found = pair
            .iter()
            .filter_map(|spec| Some((spec.role, spec.find(folders, name)?)));
        found.max_by_key(|(_, (from, to))| (*to, to - from))
    })
}

fn read(
    index: usize,
    path: &str,
    parts: &[String],
    folders: &BTreeMap<&str, FolderName>,
    specs: &[[Spec; 2]],
    twice: &BTreeSet<&str>,
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
            // The seed's folders are `imageRaw` and `labelRaw`.
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
    let by_name = if by_folder.is_some() && twice.contains(stem) {
        None
    } else {
        take_role(stem)
    };
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
    let mut rank = names::rank(folder, stem, role);
    let aside = rank == names::NEVER && role == Role::Mask && said.is_none();
    // Beside what the user chose, the rest comes second.
    match said {
        Some(_) => rank = 0,
        None if !specs.is_empty() => rank += names::NEVER,
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
        loose: names::loose_keys(stem, &key, folder),
        key,
        rank,
        aside,
    }
}

/// `Semantic_masks/images/` holds masks, if nothing else under it does and there are images of the same names elsewhere.
fn by_outer_folder(files: &mut [File], folders: &BTreeMap<&str, FolderName>) {
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
        file.rank = names::rank(&file.folder, &file.stem, Role::Mask);
    }
}

/// `map` beside `sat` holds masks, because the other holds images of the same names.
fn by_contrast(files: &mut [File], folders: &BTreeMap<&str, FolderName>) {
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
            file.rank = names::rank(&file.folder, &file.stem, Role::Mask);
        }
    }
}

/// A name that is another file's with a mask's word more, wherever it stands, is that one's mask.
fn by_evidence(files: &mut [File]) {
    let mut there: BTreeMap<(Vec<String>, String), BTreeSet<usize>> = BTreeMap::new();
    for file in files.iter().filter(|f| f.role == Role::Image) {
        for key in [spelling(&file.key), spelling(&file.stem)] {
            there
                .entry((file.loose_context.clone(), key))
                .or_default()
                .insert(file.index);
        }
        for (_, key) in &file.loose {
            let place = (file.loose_context.clone(), key.clone());
            there.entry(place).or_default().insert(file.index);
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
        if let Some(name) = names::mask_of(&file.stem).into_iter().find(|name| is_there(name)) {
            found.push((at, name));
        }
    }
    for (at, name) in found {
        files[at].become_mask(name);
    }
}

/// Beside masks drawn by hand, `mask/` is the part of the picture that was looked at (retina: DRIVE, HRF).
fn fields_of_view(files: &mut [File]) {
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
