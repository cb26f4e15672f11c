//! Single objects of a mask, and the class of pixels between those that touch or nearly do.
//!
//! A network that tells only roof from ground sees one roof where two share a wall. With a class of its own for the pixels
//! between two objects it draws the wall, and outlines are cut along it (Ronneberger et al. 2015 weigh such pixels for the
//! same purpose).

use super::classes::UNLABELLED;
use super::mask_value::{MaskValue, NumberScale, each_value};
use crate::formats::raster::Raster;
use crate::values::{Boundary, ObjectsBy};
use std::{collections::HashMap, hash::Hash};

/// Numbers of objects of an image, row by row, as runs of equal ones; 0 is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMap {
    size: [u32; 2],
    /// Pixels of a run, and its number.
    runs: Vec<(u32, u16)>,
}

impl ObjectMap {
    /// `numbers`: one a pixel of an image of `width` x `height`; `None` if there are not as many.
    pub fn new([width, height]: [u32; 2], numbers: &[u16]) -> Option<Self> {
        let is_whole = numbers.len() as u64 == u64::from(width) * u64::from(height);
        let runs = numbers.chunk_by(|a, b| a == b);
        let runs = runs.filter_map(|run| Some((run.len() as u32, *run.first()?)));
        is_whole.then(|| Self {
            size: [width, height],
            runs: runs.collect(),
        })
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        (self.runs.len() * size_of::<(u32, u16)>()) as u64
    }

    /// The numbers of an image of that size; `None` of another.
    fn numbers(&self, size: [u32; 2]) -> Option<Vec<u32>> {
        let runs = self.runs.iter();
        (size == self.size).then(|| {
            let mut numbers = Vec::with_capacity(size[0] as usize * size[1] as usize);
            numbers.extend(runs.flat_map(|(length, number)| std::iter::repeat_n(u32::from(*number), *length as usize)));
            numbers
        })
    }
}

/// What the objects of a mask are read from.
pub struct Objects<'a> {
    pub mask: &'a Raster,
    pub scale: &'a NumberScale,
    /// Of the outlines that the mask was drawn from.
    pub drawn: Option<&'a ObjectMap>,
    /// Values of the mask may be noise of a lossy format, or smoothed edges.
    pub may_be_noise: bool,
}

impl Objects<'_> {
    /// Gives labels of `width` x `height` the class `number` where two objects are within half the width of a boundary.
    /// What is not labelled stays so; 0 is background.
    pub fn draw_boundary(&self, labels: &mut [u8], [width, height]: [u32; 2], boundary: Boundary, number: u8) {
        let size = [width as usize, height as usize];
        if boundary.width_px == 0 || labels.len() != size[0] * size[1] {
            return;
        }
        let objects = match boundary.objects {
            ObjectsBy::Values => self.by_value(labels, size).unwrap_or_else(|| connected(labels, size)),
            ObjectsBy::Outlines => self
                .outlines(labels, [width, height])
                .unwrap_or_else(|| connected(labels, size)),
        };
        let radius = f64::from(boundary.width_px) / 2.0;
        for at in between(&objects, size, radius) {
            if let Some(label) = labels.get_mut(at).filter(|label| **label != UNLABELLED) {
                *label = number;
            }
        }
    }

    /// One object for each outline of what is neither background nor without a label, if they are known.
    fn outlines(&self, labels: &[u8], size: [u32; 2]) -> Option<Vec<u32>> {
        let mut objects = self.drawn?.numbers(size)?;
        for (object, label) in objects.iter_mut().zip(labels) {
            if !is_object(*label) {
                *object = 0;
            }
        }
        Some(objects)
    }

    /// One object for each colour or number of what is neither background nor without a label; `None` where most values
    /// are noise.
    fn by_value(&self, labels: &[u8], size: [usize; 2]) -> Option<Vec<u32>> {
        let objects = if self.mask.measured_bands() == 1 {
            // Numbers of objects are more than those of classes can be, and no levels.
            let bands = usize::from(self.mask.bands).max(1);
            let number = |at: usize| self.mask.samples.number(at * bands).round().to_bits();
            numbered((0..labels.len()).map(number), labels)
        } else {
            let mut colours: Vec<MaskValue> = Vec::with_capacity(labels.len());
            each_value(self.mask, self.scale, 1, |value, _| colours.push(value));
            numbered(colours, labels)
        };
        (!self.may_be_noise || !are_noise(&objects, size)).then_some(objects)
    }
}

/// Values of pixels by the order in which they come, from 1; 0 where the label is of no object.
fn numbered<T: Eq + Hash>(values: impl IntoIterator<Item = T>, labels: &[u8]) -> Vec<u32> {
    let mut known: HashMap<T, u32> = HashMap::new();
    let mut objects = Vec::with_capacity(labels.len());
    objects.extend(values.into_iter().zip(labels).map(|(value, label)| {
        let next = known.len() as u32 + 1;
        match is_object(*label) {
            true => *known.entry(value).or_insert(next),
            false => 0,
        }
    }));
    objects.resize(labels.len(), 0);
    objects
}

/// Whether most objects have no pixel with only their own around it: objects fill areas, noise and smoothed edges do not.
fn are_noise(objects: &[u32], [width, height]: [usize; 2]) -> bool {
    let count = objects.iter().max().map_or(0, |last| *last as usize);
    let mut is_solid = vec![false; count + 1];
    for y in 1..height.saturating_sub(1) {
        for at in y * width + 1..(y + 1) * width - 1 {
            let own = objects[at];
            if [at - width, at - 1, at + 1, at + width]
                .iter()
                .all(|side| objects[*side] == own)
            {
                is_solid[own as usize] = true;
            }
        }
    }
    is_solid.iter().skip(1).filter(|solid| **solid).count() * 2 < count
}

/// Whether pixels of a label are of objects: neither background nor without a label.
fn is_object(label: u8) -> bool {
    label != 0 && label != UNLABELLED
}

/// Connected areas of one label but 0, over edges: their numbers from 1, and 0.
fn connected(labels: &[u8], [width, _]: [usize; 2]) -> Vec<u32> {
    let mut objects = vec![0u32; labels.len()];
    let (mut count, mut stack) = (0, Vec::new());
    for start in 0..labels.len() {
        let label = labels[start];
        if !is_object(label) || objects[start] != 0 {
            continue;
        }
        count += 1;
        objects[start] = count;
        stack.push(start);
        while let Some(at) = stack.pop() {
            let column = at % width;
            let sides = [
                (column > 0).then(|| at - 1),
                (column + 1 < width).then(|| at + 1),
                at.checked_sub(width),
                Some(at + width),
            ];
            for next in sides.into_iter().flatten() {
                if labels.get(next) == Some(&label) && objects[next] == 0 {
                    objects[next] = count;
                    stack.push(next);
                }
            }
        }
    }
    objects
}

/// Pixels from which two objects are at most `radius` away, middle to middle; the one that they belong to is 0 away.
fn between(objects: &[u32], [width, height]: [usize; 2], radius: f64) -> Vec<usize> {
    let reach = radius.floor() as usize;
    // How far a row that lies so many rows away is looked at.
    let half: Vec<usize> = (0..=reach)
        .map(|dy| (radius * radius - (dy * dy) as f64).max(0.0).sqrt().floor() as usize)
        .collect();
    // Pixels unlike the one before or above, summed over all to the left and above: most squares have none.
    let mut found = Vec::new();
    let mut changes = vec![0u32; (height + 1) * (width + 1)];
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let is_edge = [(x > 0).then(|| at - 1), at.checked_sub(width)]
                .into_iter()
                .flatten()
                .any(|before| objects[before] != objects[at]);
            let sums = (y + 1) * (width + 1) + x + 1;
            changes[sums] = u32::from(is_edge)
                .wrapping_add(changes[sums - 1])
                .wrapping_add(changes[sums - width - 1])
                .wrapping_sub(changes[sums - width - 2]);
        }
    }
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach).min(height - 1));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(reach), (x + reach).min(width - 1));
            let sum = |y: usize, x: usize| changes[y * (width + 1) + x];
            // Edges in the square around it: without any all of it is one.
            let edges = sum(bottom + 1, right + 1)
                .wrapping_add(sum(top, left))
                .wrapping_sub(sum(top, right + 1))
                .wrapping_sub(sum(bottom + 1, left));
            if edges == 0 {
                continue;
            }
            let mut first = 0;
            let is_between = (top..=bottom).any(|row| {
                let half = half.get(row.abs_diff(y)).copied().unwrap_or(0);
                let from = row * width + x.saturating_sub(half);
                let to = row * width + (x + half).min(width - 1);
                objects[from..=to].iter().any(|object| {
                    let is_other = *object != 0 && first != 0 && *object != first;
                    first = if *object == 0 { first } else { *object };
                    is_other
                })
            });
            if is_between {
                found.push(y * width + x);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::raster::Samples;
    use std::sync::Arc;

    const SIZE: [u32; 2] = [12, 6];

    /// Two squares of 4 pixels from column 1: the second begins `gap` pixels after the first.
    fn two(gap: usize) -> Vec<u16> {
        let number = |x: usize, y: usize| match x {
            _ if !(1..5).contains(&y) => 0,
            1..5 => 1,
            x if (5 + gap..9 + gap).contains(&x) => 2,
            _ => 0,
        };
        (0..72).map(|at| number(at % 12, at / 12)).collect()
    }

    fn drawn(numbers: &[u16], width_px: u32, is_known: bool) -> Vec<u8> {
        drawn_as(numbers, width_px, is_known, |number| u8::from(number > 0))
    }

    fn drawn_as(numbers: &[u16], width_px: u32, is_known: bool, label: impl Fn(u16) -> u8) -> Vec<u8> {
        let mask: Vec<u8> = numbers.iter().map(|n| if *n > 0 { 255 } else { 0 }).collect();
        let mask = Raster::from_u8(SIZE[0], SIZE[1], 1, mask).expect("a mask");
        let map = ObjectMap::new(SIZE, numbers).expect("a number a pixel");
        let mut labels: Vec<u8> = numbers.iter().map(|n| label(*n)).collect();
        let objects = Objects {
            mask: &mask,
            scale: &NumberScale::default(),
            drawn: Some(&map).filter(|_| is_known),
            may_be_noise: false,
        };
        let boundary = Boundary {
            width_px,
            objects: ObjectsBy::Outlines,
        };
        objects.draw_boundary(&mut labels, SIZE, boundary, 2);
        labels
    }

    fn columns(labels: &[u8]) -> Vec<usize> {
        let row = &labels[2 * 12..3 * 12];
        (0..12).filter(|x| row[*x] == 2).collect()
    }

    #[test]
    fn a_wall_lies_half_on_either_side() {
        for (width_px, wanted) in [(0, vec![]), (2, vec![4, 5]), (4, vec![3, 4, 5, 6])] {
            let labels = drawn(&two(0), width_px, true);
            assert_eq!(columns(&labels), wanted, "{width_px}");
        }
        // Beside their corners the ground is near both too.
        let labels = drawn(&two(0), 4, true);
        assert_eq!((labels[4], labels[0]), (2, 0));
        assert_eq!(labels.iter().filter(|label| **label == 1).count(), 16);
    }

    #[test]
    fn gaps_up_to_the_width_count() {
        assert_eq!(columns(&drawn(&two(1), 2, true)), [5]);
        assert_eq!(columns(&drawn(&two(1), 4, true)), [4, 5, 6]);
        assert_eq!(columns(&drawn(&two(3), 4, true)), [6]);
        assert_eq!(columns(&drawn(&two(3), 2, true)), [0; 0]);
    }

    #[test]
    fn without_outlines_objects_are_connected_areas() {
        assert_eq!(columns(&drawn(&two(0), 4, false)), [0; 0]);
        assert_eq!(columns(&drawn(&two(1), 4, false)), [4, 5, 6]);
    }

    /// Outlines that the rule takes for background, or leaves without a label, have no walls.
    #[test]
    fn outlines_of_background_are_no_objects() {
        for (other, wanted) in [
            (1, vec![3, 4, 5, 6]),
            (3, vec![3, 4, 5, 6]),
            (0, vec![]),
            (UNLABELLED, vec![]),
        ] {
            let label = |number: u16| [0, 1, other][usize::from(number)];
            let labels = drawn_as(&two(0), 4, true, label);
            assert_eq!(columns(&labels), wanted, "{other}");
        }
    }

    #[test]
    fn every_colour_is_an_object_where_somebody_says_so() {
        let numbers = two(0);
        let colours: Vec<u8> = numbers
            .iter()
            .flat_map(|n| [[0, 0, 0], [200, 30, 30], [30, 90, 200]][usize::from(*n)])
            .collect();
        let mask = Raster::from_u8(SIZE[0], SIZE[1], 3, colours).expect("a mask");
        let objects = Objects {
            mask: &mask,
            scale: &NumberScale::default(),
            drawn: None,
            may_be_noise: true,
        };
        for (by, wanted) in [(ObjectsBy::Values, vec![4, 5]), (ObjectsBy::Outlines, vec![])] {
            let mut labels: Vec<u8> = numbers.iter().map(|n| u8::from(*n > 0)).collect();
            labels[2 * 12 + 5] = if by == ObjectsBy::Values { 1 } else { UNLABELLED };
            let boundary = Boundary {
                width_px: 2,
                objects: by,
            };
            objects.draw_boundary(&mut labels, SIZE, boundary, 2);
            assert_eq!(columns(&labels), wanted, "{by:?}");
        }
    }

    fn by_value(mask: &Raster, labels: Vec<u8>, may_be_noise: bool) -> Vec<u8> {
        let mut labels = labels;
        let objects = Objects {
            mask,
            scale: &NumberScale::default(),
            drawn: None,
            may_be_noise,
        };
        let boundary = Boundary {
            width_px: 2,
            objects: ObjectsBy::Values,
        };
        objects.draw_boundary(&mut labels, SIZE, boundary, 2);
        labels
    }

    /// Numbers of objects go beyond those of classes.
    #[test]
    fn numbers_of_objects_are_as_large_as_the_file_has_them() {
        for [one, other] in [[1.0, 2.0], [70_000.0, 70_001.0], [16_000_000.0, 16_000_001.0]] {
            let numbers = two(0);
            let mask = numbers.iter().map(|n| [0.0, one, other][usize::from(*n)]).collect();
            let mask = Raster::new(SIZE[0], SIZE[1], 1, Samples::F32(Arc::new(mask)), 32).expect("a mask");
            let labels = numbers.iter().map(|n| u8::from(*n > 0)).collect();
            assert_eq!(columns(&by_value(&mask, labels, true)), [4, 5], "{one}");
        }
    }

    /// Of a lossy format every pixel can have a value of its own: then areas are objects, not values.
    #[test]
    fn noise_is_no_objects() {
        let numbers = two(1);
        let mask = (0u8..)
            .zip(&numbers)
            .map(|(at, n)| if *n > 0 { 255 - at } else { at % 9 })
            .collect();
        let mask = Raster::from_u8(SIZE[0], SIZE[1], 1, mask).expect("a mask");
        let labels: Vec<u8> = numbers.iter().map(|n| u8::from(*n > 0)).collect();
        assert_eq!(columns(&by_value(&mask, labels.clone(), true)), [5]);
        assert!(columns(&by_value(&mask, labels, false)).len() > 5);
    }

    /// The square of edges is a short cut: what it leaves out has no two objects within reach.
    #[test]
    fn all_that_is_between_is_found() {
        let size = [40, 30];
        let objects: Vec<u32> = (0..1200u32)
            .map(|at| {
                let (x, y) = (at % 40, at / 40);
                let cell = x / 7 + 9 * (y / 6) + 1;
                if (cell * 2_654_435_761) >> 30 == 0 { 0 } else { cell }
            })
            .collect();
        for radius in [1.0, 1.5, 2.0, 5.0] {
            let plain: Vec<usize> = (0..1200usize)
                .filter(|at| {
                    let (x, y) = ((at % 40) as f64, (at / 40) as f64);
                    let near = (0..1200usize).filter(|other| {
                        let (dx, dy) = ((other % 40) as f64 - x, (other / 40) as f64 - y);
                        objects[*other] != 0 && dx * dx + dy * dy <= radius * radius
                    });
                    let mut near: Vec<u32> = near.map(|other| objects[other]).collect();
                    near.sort_unstable();
                    near.dedup();
                    near.len() > 1
                })
                .collect();
            assert_eq!(between(&objects, size, radius), plain, "{radius}");
        }
    }
}
