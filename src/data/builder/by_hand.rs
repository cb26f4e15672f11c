//! What names do not pair: the files that are left over, and the pairs that the user makes of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Builder;
use super::pairing::folder;
use crate::data::dataset::Unpaired;
use crate::data::mask_value::colours;
use crate::data::pair::{Pairing, by_path, without_extension};

/// Colours of a picture's grid, up to which it may be a mask: photographs have more.
const FEW_COLOURS: usize = 32;
/// Files that are looked at for it.
const LOOKED_AT: usize = 2000;
/// More pairs than these nobody makes by hand.
const MOST: usize = 100_000;

impl Builder {
    /// All pairs that the user makes, as paths of image and mask, from the next [`finish`](Self::finish) on; a path that
    /// comes twice is in the later pair. Files that are not here yet find each other when they come.
    pub fn set_pairs_by_hand(&mut self, pairs: Vec<[String; 2]>) {
        let mut taken = BTreeSet::new();
        let mut kept: Vec<[String; 2]> = Vec::new();
        for pair in pairs.into_iter().rev().take(MOST) {
            if pair[0] != pair[1] && !pair.iter().any(|path| taken.contains(path)) {
                taken.extend(pair.iter().cloned());
                kept.push(pair);
            }
        }
        kept.reverse();
        self.by_hand = kept;
    }

    /// The pairs that the user made: paths of image and mask.
    pub fn pairs_by_hand(&self) -> &[[String; 2]] {
        &self.by_hand
    }

    /// Positions of image and mask of those whose files are both here.
    pub(super) fn files_by_hand(&self) -> Vec<[usize; 2]> {
        if self.by_hand.is_empty() {
            return Vec::new();
        }
        let own = self.files.iter().enumerate().filter(|(_, file)| file.of.is_none());
        let at: BTreeMap<&str, usize> = own.map(|(i, file)| (file.path.as_str(), i)).collect();
        let here = |[image, mask]: &[String; 2]| Some([*at.get(image.as_str())?, *at.get(mask.as_str())?]);
        self.by_hand.iter().filter_map(here).collect()
    }

    /// Adds them to the pairs of names, each called like its image; with its folders where another is called so.
    pub(super) fn add_by_hand(&self, by_hand: &[[usize; 2]], pairs: &mut Vec<(usize, usize, String)>) {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for (_, _, name) in pairs.iter() {
            *names.entry(name.clone()).or_default() += 1;
        }
        let named: Vec<(usize, usize, &str, &str)> = by_hand
            .iter()
            .map(|[image, mask]| {
                let path = self.files[*image].path.as_str();
                let whole = without_extension(path).unwrap_or(path);
                (*image, *mask, whole.rsplit(['/', '\\']).next().unwrap_or(whole), whole)
            })
            .collect();
        for (_, _, name, _) in &named {
            *names.entry((*name).to_owned()).or_default() += 1;
        }
        for (image, mask, name, whole) in named {
            let name = if names.get(name) == Some(&1) { name } else { whole };
            pairs.push((image, mask, name.to_owned()));
        }
    }

    /// Files in no pair that could be in one. `files`: positions of those that were paired by name.
    pub(super) fn unpaired(&self, pairing: &Pairing, files: &[usize]) -> Vec<Unpaired> {
        // What claims the place of a file that is alone is alone too.
        let with_rivals = |side: Vec<usize>| -> Vec<usize> {
            let own: BTreeSet<usize> = side.iter().copied().collect();
            let of_side = |(_, other): &&(usize, usize)| own.contains(other);
            let rivals = pairing.ambiguous.iter().filter(of_side).map(|(file, _)| *file);
            rivals.chain(side.iter().copied()).collect()
        };
        let masks: Vec<usize> = [&pairing.masks_only, &pairing.tasks.0]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let images: Vec<usize> = [&pairing.images_only, &pairing.tasks.1]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let (masks, images) = (with_rivals(masks), with_rivals(images));
        let like_masks = match masks.is_empty() && images.len() > 1 {
            true => self.like_masks(&images, files),
            false => BTreeSet::new(),
        };
        let one = |i: usize, is_mask: bool| {
            let file = self.files.get(*files.get(i)?)?;
            Some(Unpaired {
                path: file.path.clone(),
                is_mask,
                raster: file.side(is_mask).clone(),
                hash: file.hash,
                is_placed: self.located.get(&file.path).is_some_and(|one| one.geo.is_some()),
            })
        };
        let images = images.into_iter().map(|i| (i, like_masks.contains(&i)));
        let all = images.chain(masks.into_iter().map(|i| (i, true)));
        let mut out: Vec<Unpaired> = all.filter_map(|(i, is_mask)| one(i, is_mask)).collect();
        out.sort_by(|a, b| by_path(&a.path, &b.path));
        out
    }

    /// Of files that no word calls a mask, those that look like one beside others that do not: they have few colours,
    /// more than one (an empty picture has one), or lie in a folder of nothing else.
    fn like_masks(&self, images: &[usize], files: &[usize]) -> BTreeSet<usize> {
        if images.len() > LOOKED_AT {
            return BTreeSet::new();
        }
        let mut folders: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for i in images {
            if let Some(file) = files.get(*i).and_then(|at| self.files.get(*at)) {
                folders
                    .entry(folder(&file.path))
                    .or_default()
                    .push((*i, colours(file.mask())));
            }
        }
        let is_few = |n: usize| n <= FEW_COLOURS;
        let mut out = BTreeSet::new();
        for files in folders.values() {
            let all = files.iter().all(|(_, n)| is_few(*n)) && files.iter().any(|(_, n)| *n > 1);
            let like = files.iter().filter(|(_, n)| all || *n > 1 && is_few(*n));
            out.extend(like.map(|(i, _)| *i));
        }
        match out.len() == images.len() {
            true => BTreeSet::new(),
            false => out,
        }
    }
}

#[cfg(test)]
#[path = "by_hand_tests.rs"]
mod tests;
