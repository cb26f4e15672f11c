//! Which images a file of polygons is for, by its name.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{self, File};
use super::loose;
use super::names::{self, Word, is_number, spelling, words};
use super::read;
use super::vocabulary::{FILLERS, GENERAL_WORDS};

/// A name of more words is compared by its first ones.
const MOST_WORDS: usize = 40;
/// Digits of a place in a grid, that no date has.
const TILE_DIGITS: usize = 9;

/// Images to look up by the names of masks.
pub struct ImageNames {
    images: Vec<File>,
    /// Positions in `images` by a name, its words with one space between.
    by_words: BTreeMap<String, Vec<usize>>,
    /// The same by numbers at the end of a name.
    by_tile: BTreeMap<String, Vec<usize>>,
}

impl ImageNames {
    pub fn new(images: &[String]) -> ImageNames {
        let images = read::read_all(images, &[], &mut Vec::new());
        let mut by_words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut by_tile: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, image) in images.iter().enumerate() {
            let mut own = BTreeSet::from([joined(&words(&image.stem))]);
            own.extend(image.loose.iter().map(|(_, name)| joined(&words(name))));
            for name in own {
                let says_nothing =
                    |w: &str| names::role_of(w).is_some() || FILLERS.contains(&w) || GENERAL_WORDS.contains(&w);
                if !name.split(' ').all(says_nothing) {
                    by_words.entry(name).or_default().push(at);
                }
            }
            let all = words(&image.stem);
            let numbers = numbers_at_end(&all);
            for from in 0..numbers.len() {
                if let Some(key) = tile_key(&numbers[from..]) {
                    by_tile.entry(key).or_default().push(at);
                }
            }
        }
        ImageNames {
            images,
            by_words,
            by_tile,
        }
    }

    /// Positions of the images that a file of polygons or a mask is for by its name: those of exactly its name, or else
    /// those of its name in another spelling, or else those whose whole name is in it. A name that holds those of several
    /// images is of none.
    pub fn like(&self, mask: &str) -> Vec<usize> {
        let wanted = file::read_mask(mask);
        let mut found: Vec<(u8, &File)> = Vec::new();
        for image in &self.images {
            let exact = image.stem == wanted.stem || image.key == wanted.key && !image.key.is_empty();
            let cost = match exact {
                true => Some(0),
                false => loose::cost(image, &wanted).map(|cost| cost + 1),
            };
            found.extend(cost.map(|cost| (cost, image)));
        }
        if !found.is_empty() {
            return nearest(found, &wanted);
        }
        let found = self.held_by(&wanted.stem);
        nearest(found.into_iter().map(|image| (0, image)).collect(), &wanted)
    }

    /// Images whose whole name, or whose place in a grid, stands in this one.
    fn held_by(&self, stem: &str) -> Vec<&File> {
        let mut words = words(stem);
        words.truncate(MOST_WORDS);
        let mut held: Vec<(usize, usize, &Vec<usize>)> = Vec::new();
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                // `tile_1_2` is of `tile_1_2` alone, whether that is there or not.
                let goes_on = words.get(to).is_some_and(|w| is_number(&w.text));
                let bounded = is_bounded(stem, &words, from) && is_bounded(stem, &words, to);
                let images = (bounded && !goes_on).then(|| self.by_words.get(&joined(&words[from..to])));
                if let Some(images) = images.flatten() {
                    held.push((from, to, images));
                }
            }
        }
        let longest = held.iter().max_by_key(|(from, to, _)| (to - from, *from));
        if let Some(&(start, end, images)) = longest {
            let apart = held.iter().any(|(from, to, _)| *from < start || *to > end);
            return match apart {
                true => Vec::new(),
                false => images.iter().map(|at| &self.images[*at]).collect(),
            };
        }
        while words.last().is_some_and(|w| !is_number(&w.text)) {
            words.pop();
        }
        let images = tile_key(&numbers_at_end(&words)).and_then(|key| self.by_tile.get(&key));
        images.into_iter().flatten().map(|at| &self.images[*at]).collect()
    }
}

/// The nearest images; those in folders of another context only where there are no others.
fn nearest(found: Vec<(u8, &File)>, wanted: &File) -> Vec<usize> {
    let mut found: Vec<((bool, u8), usize)> = found
        .into_iter()
        .map(|(cost, image)| {
            let apart = !loose::related(&image.loose_context, &wanted.loose_context);
            ((apart, cost), image.index)
        })
        .collect();
    found.sort_unstable();
    let best = found.first().map(|(cost, _)| *cost);
    let best = found.into_iter().filter(|(cost, _)| Some(*cost) == best);
    best.map(|(_, i)| i).collect()
}

fn joined(words: &[Word]) -> String {
    let words: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    spelling(&words.join(" "))
}

/// Does a sign or the end of the name stand before the word `at`?
fn is_bounded(stem: &str, words: &[Word], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| words.get(i));
    match (before, words.get(at)) {
        (Some(before), Some(word)) => before.end < word.start && stem.is_char_boundary(word.start),
        _ => true,
    }
}

fn numbers_at_end(words: &[Word]) -> Vec<&str> {
    let mut out: Vec<&str> = words
        .iter()
        .rev()
        .map_while(|w| is_number(&w.text).then_some(w.text.as_str()))
        .collect();
    out.reverse();
    out
}

/// Numbers that say a place in a grid: two or more, of many digits.
fn tile_key(numbers: &[&str]) -> Option<String> {
    let digits: usize = numbers.iter().map(|n| n.len()).sum();
    (numbers.len() > 1 && digits >= TILE_DIGITS).then(|| numbers.join(" "))
}

/// Does a name say what could not be seen in an image (`..._UDM`, an unusable data mask), not what is in it?
pub fn is_unusable_data(path: &str) -> bool {
    let stem = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = names::without_extension(stem).unwrap_or(stem);
    words(stem).iter().any(|w| w.text == "udm")
}
