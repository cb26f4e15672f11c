//! Rectangles that touch, and whether they came back one by one.

use std::collections::BTreeMap;

use rand::Rng;

/// Rectangles that share walls.
pub struct Touching {
    pub side: usize,
    /// Number of the rectangle a pixel is of, from 1; 0 is ground.
    pub numbers: Vec<u16>,
    /// Columns from and to, rows from and to.
    pub rectangles: Vec<[usize; 4]>,
}

impl Touching {
    /// In rows and blocks, on an image of `side` x `side` pixels.
    pub fn new(side: usize, rng: &mut impl Rng) -> Self {
        let mut rectangles = Vec::new();
        let mut top = 6;
        while top + 44 < side {
            let (mut left, height) = (6, rng.random_range(12..40));
            while left + 40 < side {
                for _ in 0..rng.random_range(2..5) {
                    let (width, shift) = (rng.random_range(10..30), rng.random_range(0..4));
                    if left + width + 6 > side {
                        break;
                    }
                    // Some stand back to back.
                    let parts = if height > 24 && rng.random_bool(0.4) { 2 } else { 1 };
                    for part in 0..parts {
                        let rows = [part, part + 1].map(|part| top + shift + part * height / parts);
                        rectangles.push([left, left + width, rows[0], rows[1]]);
                    }
                    left += width;
                }
                left += rng.random_range(8..20);
            }
            top += height + 10;
        }
        let mut numbers = vec![0; side * side];
        for (number, [left, right, top, bottom]) in (1..).zip(&rectangles) {
            for y in *top..*bottom {
                numbers[y * side + left..y * side + right].fill(number);
            }
        }
        Self {
            side,
            numbers,
            rectangles,
        }
    }

    /// Of regions (rings of columns and rows along the pixels' edges): how many rectangles are found alone by one of them, more
    /// than half of both together being common, and how many are divided among several.
    pub fn found(&self, regions: &[Vec<Vec<[usize; 2]>>]) -> (usize, usize) {
        let shared: Vec<BTreeMap<usize, usize>> = regions.iter().map(|rings| self.under(rings)).collect();
        let (mut alone, mut split) = (0, 0);
        for (number, [left, right, top, bottom]) in (1..).zip(&self.rectangles) {
            let area = (right - left) * (bottom - top);
            let common = |shared: &BTreeMap<usize, usize>| shared.get(&number).copied().unwrap_or(0);
            let whole = |shared: &BTreeMap<usize, usize>| shared.values().sum::<usize>();
            let own = shared
                .iter()
                .filter(|one| 2 * common(one) > area + whole(one) - common(one));
            alone += usize::from(own.count() == 1);
            let parts = shared
                .iter()
                .filter(|one| 10 * common(one) > area && 2 * common(one) > whole(one));
            split += usize::from(parts.count() > 1);
        }
        (alone, split)
    }

    /// Pixels of a region by the rectangle they are of.
    fn under(&self, rings: &[Vec<[usize; 2]>]) -> BTreeMap<usize, usize> {
        let mut upright = Vec::new();
        for ring in rings {
            for (a, b) in ring
                .iter()
                .zip(ring.iter().cycle().skip(1))
                .filter(|(a, b)| a[0] == b[0])
            {
                upright.extend((a[1].min(b[1])..a[1].max(b[1])).map(|row| [row, a[0]]));
            }
        }
        upright.sort_unstable();
        let mut counts = BTreeMap::new();
        for pair in upright.chunks_exact(2) {
            for column in pair[0][1]..pair[1][1] {
                let number = self.numbers[pair[0][0] * self.side + column];
                *counts.entry(usize::from(number)).or_default() += 1;
            }
        }
        counts
    }
}
