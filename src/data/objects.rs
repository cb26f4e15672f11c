//! Single objects of a mask, and the class of pixels between those that touch or nearly do.
//!
//! A network that tells only roof from ground sees one roof where two share a wall. With a class of its own for the pixels
//! between two objects it draws the wall, and outlines are cut along it (Ronneberger et al. 2015 weigh such pixels for the
//! same purpose).

use super::classes::UNLABELLED;
use super::mask_value::{MaskValue, NumberScale, each_value};
use crate::formats::raster::Raster;
use crate::values::{Boundary, ObjectsBy};
use std::collections::HashMap;

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
            runs.flat_map(|(length, number)| std::iter::repeat_n(u32::from(*number), *length as usize))
                .collect()
        })
    }
}

/// What the objects of a mask are read from.
pub struct Objects<'a> {
    pub mask: &'a Raster,
    pub scale: &'a NumberScale,
    /// Of the outlines that the mask was drawn from.
    pub drawn: Option<&'a ObjectMap>,
}

impl Objects<'_> {
    /// Gives labels of `width` x `height` the class `number` where two objects are within half the width of a boundary.
    /// What is not labelled stays so; 0 is background.
    pub fn draw_boundary(&self, labels: &mut [u8], [width, height]: [u32; 2], boundary: Boundary, number: u8) {
        let size = [width as usize, height as usize];
        if boundary.width_px == 0 || labels.len() != size[0] * size[1] {
            return;
        }
        let drawn = || self.drawn?.numbers([width, height]);
        let objects = match boundary.objects {
            ObjectsBy::Values => self.by_value(labels),
            ObjectsBy::Outlines => drawn().unwrap_or_else(|| connected(labels, size)),
        };
        let radius = f64::from(boundary.width_px) / 2.0;
        for at in between(&objects, size, radius) {
            if let Some(label) = labels.get_mut(at).filter(|label| **label != UNLABELLED) {
                *label = number;
            }
        }
    }

    /// One object for each colour or number of what is neither background nor without a label.
    fn by_value(&self, labels: &[u8]) -> Vec<u32> {
        let mut known: HashMap<MaskValue, u32> = HashMap::new();
        let mut objects = Vec::with_capacity(labels.len());
        let mut labels = labels.iter();
        // Objects are numbered, whatever levels their numbers would be.
        let scale = NumberScale {
            integers: None,
            floats: None,
            ..*self.scale
        };
        each_value(self.mask, &scale, 1, |value, _| {
            let is_object = labels.next().is_some_and(|label| *label != 0 && *label != UNLABELLED);
            let next = known.len() as u32 + 1;
            objects.push(if is_object {
                *known.entry(value).or_insert(next)
            } else {
                0
            });
        });
        objects
    }
}

/// Connected areas of one label but 0, over edges: their numbers from 1, and 0.
fn connected(labels: &[u8], [width, _]: [usize; 2]) -> Vec<u32> {
    let mut objects = vec![0u32; labels.len()];
    let (mut count, mut stack) = (0, Vec::new());
    for start in 0..labels.len() {
        let label = labels[start];
        if label == 0 || label == UNLABELLED || objects[start] != 0 {
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
        let mask: Vec<u8> = numbers.iter().map(|n| if *n > 0 { 255 } else { 0 }).collect();
        let mask = Raster::from_u8(SIZE[0], SIZE[1], 1, mask).expect("a mask");
        let map = ObjectMap::new(SIZE, numbers).expect("a number a pixel");
        let mut labels: Vec<u8> = numbers.iter().map(|n| u8::from(*n > 0)).collect();
        let objects = Objects {
            mask: &mask,
            scale: &NumberScale::default(),
            drawn: Some(&map).filter(|_| is_known),
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
