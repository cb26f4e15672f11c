//! Run lengths of masks, as COCO has them: column by column, runs of background and foreground in turn, background first. As numbers,
//! or as their string: six bits a character (from `0` on), five of them the number's, the sixth says that it goes on, and
//! from the fourth number on it is the difference to the one before the last. Source: `maskApi.c` of the COCO API, whose
//! format it is.

use std::collections::HashMap;

use super::outlines::{AnnotationError, Budget};

/// Sides of a mask at most.
const MAX_SIDE: u64 = 100_000;

/// Run lengths of a string; `None` if it is none.
pub(super) fn of_text(text: &str) -> Option<Vec<u64>> {
    let mut counts: Vec<i64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let (mut value, mut shift, mut byte) = (0i64, 0u32, first);
        loop {
            let bits = byte.checked_sub(48).filter(|bits| *bits < 64)?;
            value |= i64::from(bits & 31) << shift;
            shift += 5;
            if bits & 32 == 0 {
                if bits & 16 != 0 {
                    value |= -1 << shift;
                }
                break;
            }
            // Twelve characters are sixty bits.
            if shift > 55 {
                return None;
            }
            byte = bytes.next()?;
        }
        if counts.len() > 2 {
            value = value.checked_add(counts[counts.len() - 2])?;
        }
        counts.push(value);
    }
    counts.into_iter().map(|count| u64::try_from(count).ok()).collect()
}

/// The foreground of run lengths as rectangles that touch and do not overlap, each a ring; `None` if the runs do not make
/// up a mask of this size.
///
/// # Errors
/// If they have more corners than the budget has left.
pub(super) fn rings(
    counts: &[u64],
    [height, width]: [u64; 2],
    budget: &Budget,
) -> Result<Option<Vec<Vec<[f64; 2]>>>, AnnotationError> {
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&height) || !sides.contains(&width) {
        return Ok(None);
    }
    let all = height * width;
    let mut pieces = Pieces::default();
    let mut at = 0u64;
    for (run, count) in counts.iter().enumerate() {
        let Some(end) = at.checked_add(*count).filter(|end| *end <= all) else {
            return Ok(None);
        };
        if run % 2 == 1 && end > at {
            pieces.add_run(at, end, height);
            // Before they are rings, which take far more than the runs.
            budget.check(4 * pieces.rectangles.len())?;
        }
        at = end;
    }
    Ok((at == all).then(|| pieces.rectangles.iter().map(Rectangle::ring).collect()))
}

/// The same of run lengths that go row by row.
pub(super) fn rings_by_row(
    counts: &[u64],
    [height, width]: [u64; 2],
    budget: &Budget,
) -> Result<Option<Vec<Vec<[f64; 2]>>>, AnnotationError> {
    let mut found = rings(counts, [width, height], budget)?;
    found.iter_mut().flatten().flatten().for_each(|corner| corner.reverse());
    Ok(found)
}

struct Rectangle {
    x: [u64; 2],
    y: [u64; 2],
}

impl Rectangle {
    fn ring(&self) -> Vec<[f64; 2]> {
        let [[left, right], [top, bottom]] = [self.x, self.y].map(|side| side.map(|v| v as f64));
        vec![[left, top], [right, top], [right, bottom], [left, bottom]]
    }
}

#[derive(Default)]
struct Pieces {
    rectangles: Vec<Rectangle>,
    /// The last one with these rows.
    by_rows: HashMap<[u64; 2], usize>,
}

impl Pieces {
    /// A run from one place to another, places counted down the columns.
    fn add_run(&mut self, from: u64, to: u64, height: u64) {
        let (mut first, top) = (from / height, from % height);
        let (last, bottom) = ((to - 1) / height, (to - 1) % height + 1);
        if first == last {
            return self.add([first, first + 1], [top, bottom]);
        }
        if top > 0 {
            self.add([first, first + 1], [top, height]);
            first += 1;
        }
        if first < last {
            self.add([first, last], [0, height]);
        }
        self.add([last, last + 1], [0, bottom]);
    }

    fn add(&mut self, x: [u64; 2], y: [u64; 2]) {
        let before = self.by_rows.get(&y).and_then(|at| self.rectangles.get_mut(*at));
        if let Some(before) = before.filter(|before| before.x[1] == x[0]) {
            before.x[1] = x[1];
            return;
        }
        self.by_rows.insert(y, self.rectangles.len());
        self.rectangles.push(Rectangle { x, y });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By pycocotools 2.0: `encode` of a mask of 5 x 4 whose pixels (1, 1), (2, 1), (1, 2), (2, 2) are set.
    #[test]
    fn a_string_is_its_runs() {
        assert_eq!(of_text("62304"), Some(vec![6, 2, 3, 2, 7]));
        assert_eq!(of_text(""), Some(Vec::new()));
        for bad in ["\n", "o", "oooooooooooooooo", "O", "\u{ff}"] {
            assert_eq!(of_text(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn runs_are_rectangles() {
        let square = |x: [f64; 2], y: [f64; 2]| vec![[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
        // Two rows of two columns.
        let budget = Budget::of(b"").expect("a budget");
        let rings_of = |counts: &[u64], size| rings(counts, size, &budget).expect("few corners");
        assert_eq!(
            rings_of(&[6, 2, 3, 2, 7], [5, 4]),
            Some(vec![square([1., 3.], [1., 3.])])
        );
        // Over the ends of columns.
        assert_eq!(
            rings_of(&[3, 9, 8], [5, 4]),
            Some(vec![
                square([0., 1.], [3., 5.]),
                square([1., 2.], [0., 5.]),
                square([2., 3.], [0., 2.])
            ])
        );
        assert_eq!(rings_of(&[20], [5, 4]), Some(Vec::new()));
        let by_row = rings_by_row(&[6, 2, 3, 2, 7], [4, 5], &budget).expect("few corners");
        assert_eq!(by_row, Some(vec![vec![[1., 1.], [1., 3.], [3., 3.], [3., 1.]]]));
        for (counts, size) in [
            (&[6, 2][..], [5, 4]),
            (&[6, 15], [5, 4]),
            (&[u64::MAX, 2], [5, 4]),
            (&[0], [0, 4]),
            (&[1 << 40], [1 << 20, 1 << 20]),
        ] {
            assert_eq!(rings_of(counts, size), None, "{counts:?}");
        }
        let few = Budget::with(11);
        assert!(rings(&[3, 5, 12], [5, 4], &few).is_ok());
        let many = rings(&[3, 9, 8], [5, 4], &few);
        assert!(matches!(many, Err(AnnotationError::TooManyCorners)));
    }
}
