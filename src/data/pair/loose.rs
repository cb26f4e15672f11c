//! Pairs whose names are not equal: other separators, words of the data set in the name, folders of other shape.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use super::keys::CODED;
use super::kinds::{Pairing, Role};

/// A name with more images times masks than this, over all folders, pairs within its folder alone.
const MOST_ACROSS: usize = 40_000;

/// How far two files are apart; the less, the sooner they pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    other_context: bool,
    mask_rank: u8,
    image_rank: u8,
    cost: u8,
}

/// Pairs what is left by other spellings of the names, nearest first. A pair is made only where, at its distance, neither
/// file has another partner; `train/` never pairs with `test/`.
pub(super) fn pair<'a>(open: Vec<&'a File>, out: &mut Pairing) -> Vec<&'a File> {
    let mut sharing: BTreeMap<&str, Vec<(u8, usize)>> = BTreeMap::new();
    for (at, file) in open.iter().enumerate() {
        for (cost, key) in &file.loose {
            sharing.entry(key).or_default().push((*cost, at));
        }
    }
    let mut edges: BTreeMap<(usize, usize), Distance> = BTreeMap::new();
    for files in sharing.values() {
        let of = |role| -> Vec<(u8, usize)> {
            let there = files.iter().filter(|(_, at)| open[*at].role == role);
            there.copied().collect()
        };
        let (images, masks) = (of(Role::Image), of(Role::Mask));
        let mut add = |(image_cost, i): (u8, usize), (mask_cost, m): (u8, usize)| {
            if image_cost == CODED && mask_cost == CODED {
                return;
            }
            let (image, mask) = (open[i], open[m]);
            let distance = Distance {
                other_context: image.loose_context != mask.loose_context,
                mask_rank: mask.rank,
                image_rank: image.rank,
                cost: image_cost + mask_cost,
            };
            let known = edges.entry((i, m)).or_insert(distance);
            *known = distance.min(*known);
        };
        let mut masks_of: BTreeMap<&[String], Vec<(u8, usize)>> = BTreeMap::new();
        for &mask in &masks {
            masks_of.entry(&open[mask.1].loose_context).or_default().push(mask);
        }
        let across = images.len().saturating_mul(masks.len()) <= MOST_ACROSS;
        for &image in &images {
            let context = &open[image.1].loose_context;
            if across {
                let near = masks.iter().filter(|m| related(context, &open[m.1].loose_context));
                near.for_each(|mask| add(image, *mask));
            } else {
                masks_of
                    .get(&context[..])
                    .into_iter()
                    .flatten()
                    .for_each(|mask| add(image, *mask));
            }
        }
    }
    let mut tiers: BTreeMap<Distance, Vec<(usize, usize)>> = BTreeMap::new();
    let mut near: BTreeMap<usize, Vec<(usize, Distance)>> = BTreeMap::new();
    for (edge, distance) in edges {
        tiers.entry(distance).or_default().push(edge);
        near.entry(edge.0).or_default().push((edge.1, distance));
        near.entry(edge.1).or_default().push((edge.0, distance));
    }
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    // The partner of each that has one.
    let mut partner: BTreeMap<usize, usize> = BTreeMap::new();
    for (distance, edges) in tiers {
        // Another form of what is paired already is none of its own: infrared beside colour, with masks of two kinds.
        let is_form = |at: usize| {
            near.get(&at).into_iter().flatten().any(|(other, d)| {
                let rival = partner.get(other).map(|p| open[*p].rank);
                d.cost <= distance.cost
                    && d.other_context <= distance.other_context
                    && rival.is_some_and(|rank| rank != open[at].rank)
            })
        };
        let edges: Vec<(usize, usize)> = edges
            .into_iter()
            .filter(|(i, m)| !taken.contains(i) && !taken.contains(m) && !is_form(*i) && !is_form(*m))
            .collect();
        let mut partners: BTreeMap<usize, u32> = BTreeMap::new();
        for at in edges.iter().flat_map(|(i, m)| [*i, *m]) {
            *partners.entry(at).or_default() += 1;
        }
        for (i, m) in edges {
            match partners.get(&i) == Some(&1) && partners.get(&m) == Some(&1) {
                true => {
                    taken.extend([i, m]);
                    partner.extend([(i, m), (m, i)]);
                    out.pairs.push((open[i].index, open[m].index, open[i].title()));
                }
                // Neither is for a later, farther partner: what is unclear here stays open.
                false => taken.extend([i, m]),
            }
        }
    }
    let paired: BTreeSet<usize> = out.pairs.iter().flat_map(|(i, m, _)| [*i, *m]).collect();
    open.into_iter().filter(|f| !paired.contains(&f.index)).collect()
}

/// What the names of an image and a mask are apart; `None` if they have nothing in common.
pub(super) fn cost(image: &File, mask: &File) -> Option<u8> {
    let all = image.loose.iter().flat_map(|a| mask.loose.iter().map(move |b| (a, b)));
    let same = |a: &(u8, String), b: &(u8, String)| a.1 == b.1 && (a.0, b.0) != (CODED, CODED);
    all.filter(|(a, b)| same(a, b)).map(|(a, b)| a.0 + b.0).min()
}

/// One context goes on where the other ends.
pub(super) fn related(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    long.starts_with(short) || long.ends_with(short)
}
