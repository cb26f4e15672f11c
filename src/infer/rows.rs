//! Where the rows of a map go.

use crate::data::held_back::Area;

/// Takes a map's rows as they are finished, from the top down.
pub trait Rows {
    /// `values`: `[rows, width, classes]`, whole rows that follow those given before.
    fn put(&mut self, values: &[f32]);
}

/// The whole map, held.
impl Rows for Vec<f32> {
    fn put(&mut self, values: &[f32]) {
        self.extend_from_slice(values);
    }
}

/// Passes on a part of a map's rows, whose width is known.
pub struct Cut<R> {
    pub out: R,
    /// Values a row, and the part of them that is passed on.
    line: usize,
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
    /// Rows taken.
    taken: usize,
}

impl<R: Rows> Cut<R> {
    /// Of a map `width` pixels wide the pixels in `part`.
    pub fn new(width: usize, part: Area, classes: usize, out: R) -> Self {
        let classes = classes.max(1);
        let [bottom, right] = part.end().map(|end| end as usize);
        Self {
            out,
            line: width * classes,
            columns: part.left as usize * classes..right * classes,
            rows: part.top as usize..bottom,
            taken: 0,
        }
    }
}

impl<R: Rows> Rows for Cut<R> {
    fn put(&mut self, values: &[f32]) {
        if self.columns == (0..self.line) && self.rows.start == 0 && self.rows.contains(&self.taken) {
            let left = (self.rows.end - self.taken) * self.line;
            self.taken += values.len() / self.line.max(1);
            self.out.put(values.get(..left).unwrap_or(values));
            return;
        }
        for row in values.chunks_exact(self.line.max(1)) {
            if self.rows.contains(&self.taken) {
                self.out.put(row.get(self.columns.clone()).unwrap_or_default());
            }
            self.taken += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_passed_on() {
        let map: Vec<f32> = (0..5 * 4 * 2).map(|i| i as f32).collect();
        for (top, left, height, width) in [(0, 0, 5, 4), (0, 0, 3, 4), (1, 1, 3, 2), (4, 3, 1, 1)] {
            let part = Area {
                top,
                left,
                height,
                width,
            };
            for rows in 1..=5 {
                let mut cut = Cut::new(4, part, 2, Vec::new());
                map.chunks(rows * 4 * 2).for_each(|some| cut.put(some));
                let pixels: Vec<[f32; 2]> = map.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
                assert_eq!(cut.out, part.cut(&pixels, 4).concat(), "{part:?} {rows}");
            }
        }
    }
}
