//! From the names of a builder's files to pairs, and what is said of the files that are in none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Builder, Loaded};
use crate::data::dataset::{FolderQuestion, Unpaired};
use crate::data::fault::{FaultKind, FileFault};
use crate::data::mask_value;
use crate::data::pair::{FolderRoles, Group, Known, Pairing, Question, by_path, pair_by_name};
use crate::formats::raster::Raster;

/// Files of a group that are looked at to guess what it holds.
const LOOKED_AT: usize = 3;

/// Positions in the builder's files, what is said, and what has to be asked.
pub(super) struct Paired {
    /// Image, mask, name; in natural order of the names.
    pub pairs: Vec<(usize, usize, String)>,
    pub faults: Vec<FileFault>,
    pub question: Option<FolderQuestion>,
    pub unpaired: Vec<Unpaired>,
    /// Images without a mask that were painted on, with their names.
    pub painted: Vec<(usize, String)>,
}

impl Builder {
    /// Pairs all files by name and by what is known of them.
    pub(super) fn pair_files(&self) -> Paired {
        let by_hand = self.files_by_hand();
        let is_taken: BTreeSet<usize> = by_hand.iter().flatten().copied().collect();
        // Drawn masks have no name to go by; their image is known.
        let is_open = |i: &usize| self.files[*i].of.is_none() && !is_taken.contains(i);
        let files: Vec<usize> = (0..self.files.len()).filter(is_open).collect();
        let paths: Vec<String> = files.iter().map(|i| self.files[*i].path.clone()).collect();
        let drawn: BTreeMap<&str, usize> = (0..self.files.len())
            .filter_map(|i| Some((self.files[i].of.as_deref()?, i)))
            .collect();
        let have: Vec<usize> = (0..paths.len())
            .filter(|i| drawn.contains_key(paths[*i].as_str()))
            .collect();
        let known = Known {
            roles: &self.roles,
            drawn: &have,
        };
        let pairing = pair_by_name(&paths, known);
        let mut faults = self.faults.clone();
        faults.extend(self.said_of(&pairing, &paths));
        let of_names = pairing
            .pairs
            .iter()
            .map(|(image, mask, _)| [files[*image], files[*mask]]);
        for [image, mask] in of_names.chain(by_hand.iter().copied()) {
            if let Some(spare) = drawn.get(self.files[image].path.as_str()) {
                faults.push(FileFault {
                    path: self.files[*spare].path.clone(),
                    kind: FaultKind::OtherForm {
                        kept: self.files[mask].path.clone(),
                        files: 1,
                    },
                });
            }
        }
        faults.sort_by(|a, b| a.path.cmp(&b.path));
        let question = pairing.question.as_ref().map(|q| self.question(q, &files));
        let unpaired = self.unpaired(&pairing, &files);
        let by_name = pairing.pairs.into_iter().map(|(i, m, name)| (files[i], files[m], name));
        let by_drawing = pairing.drawn.into_iter().filter_map(|(i, name)| {
            let mask = drawn.get(paths[i].as_str())?;
            Some((files[i], *mask, name))
        });
        let mut pairs: Vec<(usize, usize, String)> = by_name.chain(by_drawing).collect();
        self.add_by_hand(&by_hand, &mut pairs);
        pairs.sort_by(|a, b| by_path(&self.files[a.0].path, &self.files[b.0].path));
        let mut paired = Paired {
            pairs,
            faults,
            question,
            unpaired,
            painted: Vec::new(),
        };
        self.add_painted(&mut paired);
        paired
    }

    /// What is wrong with the files that became part of no pair; what concerns many alike is said once.
    fn said_of(&self, pairing: &Pairing, paths: &[String]) -> Vec<FileFault> {
        let mut out = Vec::new();
        let mut say = |path: &str, kind| {
            out.push(FileFault {
                path: path.to_owned(),
                kind,
            })
        };
        let partners = self.refused_partners(pairing.images_only.iter().chain(&pairing.masks_only), paths);
        let missing = |i: &usize, kind| match partners.get(i) {
            Some(other) => FaultKind::PartnerRefused { other: other.clone() },
            None => kind,
        };
        for i in &pairing.images_only {
            say(&paths[*i], missing(i, FaultKind::NoMask));
        }
        for i in &pairing.masks_only {
            say(&paths[*i], missing(i, FaultKind::NoImage));
        }
        for (file, other) in &pairing.ambiguous {
            let other = paths[*other].clone();
            say(&paths[*file], FaultKind::Ambiguous { other });
        }
        let mut forms: BTreeMap<(&str, &str), (usize, usize, usize)> = BTreeMap::new();
        for (file, kept) in &pairing.spare {
            let folders = (folder(&paths[*file]), folder(&paths[*kept]));
            forms.entry(folders).or_insert((*file, *kept, 0)).2 += 1;
        }
        for (file, kept, files) in forms.into_values() {
            let kept = paths[kept].clone();
            say(&paths[file], FaultKind::OtherForm { kept, files });
        }
        if let Some((mask, image)) = pairing.parts.first() {
            let mut images: Vec<usize> = pairing.parts.iter().map(|(_, image)| *image).collect();
            images.sort_unstable();
            images.dedup();
            let kind = FaultKind::ObjectMasks {
                image: paths[*image].clone(),
                masks: folder(&paths[*mask]).to_owned(),
                files: pairing.parts.len(),
                images: images.len(),
            };
            say(&paths[*mask], kind);
        }
        if let (Some(mask), images) = (pairing.tasks.0.first(), &pairing.tasks.1) {
            let kind = FaultKind::TaskNames {
                masks: folder(&paths[*mask]).to_owned(),
                images: images
                    .first()
                    .map(|i| folder(&paths[*i]).to_owned())
                    .unwrap_or_default(),
                files: pairing.tasks.0.len(),
            };
            say(&paths[*mask], kind);
        }
        if let Some(question) = &pairing.question {
            let kind = FaultKind::WhichFolder {
                folders: question.groups.iter().map(|g| g.folder.clone()).collect(),
                files: pairing.asked.len(),
            };
            say("", kind);
        }
        out
    }

    /// Of `lonely` files, those whose partner came but was refused, with its path.
    fn refused_partners<'a>(
        &self,
        lonely: impl Iterator<Item = &'a usize>,
        paths: &[String],
    ) -> BTreeMap<usize, String> {
        if self.faults.is_empty() {
            return BTreeMap::new();
        }
        let lonely: Vec<usize> = lonely.copied().collect();
        let refused = self.faults.iter().map(|f| f.path.clone());
        let all: Vec<String> = lonely.iter().map(|i| paths[*i].clone()).chain(refused).collect();
        let known = Known {
            roles: &self.roles,
            ..Known::default()
        };
        let pairs = pair_by_name(&all, known).pairs.into_iter();
        pairs
            .filter_map(|(image, mask, _)| {
                let (own, other) = (image.min(mask), image.max(mask));
                let file = *lonely.get(own)?;
                (other >= lonely.len()).then(|| (file, all[other].clone()))
            })
            .collect()
    }

    /// The question for people, with the answer that the pixels suggest: masks have few colours.
    fn question(&self, question: &Question, files: &[usize]) -> FolderQuestion {
        let colours = |group: &Group| -> usize {
            let looked = group.files.iter().take(LOOKED_AT);
            let of = |i: &usize| files.get(*i).map_or(0, |i| mask_value::colours(self.files[*i].mask()));
            looked.map(of).max().unwrap_or(0)
        };
        let colours: Vec<usize> = question.groups.iter().map(colours).collect();
        let roles = question.options.iter().map(|(images, masks)| FolderRoles {
            images: question.groups[*images].name.clone(),
            masks: question.groups[*masks].name.clone(),
        });
        // Only what is far apart suggests anything.
        let clear = |(images, masks): &(usize, usize)| colours[*masks] * 2 < colours[*images];
        FolderQuestion {
            options: roles.collect(),
            suggested: question.options.iter().position(clear).map(|n| n as u32),
            files: question.groups.iter().map(|g| g.files.len() as u32).sum(),
        }
    }
}

pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder)
}

impl Builder {
    /// Takes in a mask that was made for the image at `image`, whatever its name is; one made earlier is replaced.
    /// `name`: what it was made from, for people. `hash`: by which it is known, where that is of another drawing of the same.
    pub fn add_drawn(&mut self, image: &str, name: &str, mask: Raster, hash: Option<u64>) {
        self.objects.remove(image);
        self.files.retain(|f| f.of.as_deref() != Some(image));
        self.files.push(Loaded {
            path: name.to_owned(),
            hash: hash.unwrap_or_else(|| mask.pixel_hash()),
            bands: self.limits.bands.clone(),
            as_mask: None,
            raster: std::sync::Arc::new(mask),
            of: Some(image.to_owned()),
        });
    }

    /// Leaves the mask out that was made for the image.
    pub fn remove_drawn(&mut self, image: &str) {
        self.objects.remove(image);
        self.files.retain(|f| f.of.as_deref() != Some(image));
    }

    /// What the user said of folders.
    pub fn folder_roles(&self) -> &[FolderRoles] {
        &self.roles
    }

    /// Takes the user's word on which folder holds what, from the next [`finish`](Self::finish) on.
    pub fn set_folder_roles(&mut self, roles: FolderRoles) {
        let same = |r: &FolderRoles| {
            let (old, new) = ([&r.images, &r.masks], [&roles.images, &roles.masks]);
            old == new || old == [new[1], new[0]]
        };
        self.roles.retain(|r| !same(r));
        self.roles.push(roles);
    }
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
