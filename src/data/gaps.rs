//! Where painted background divides objects.
//!
//! Strokes are seldom whole objects: two of them with nothing said of what lies between may be on one roof. So a boundary is
//! made of painted background alone, where it is so narrow that both sides of it are within reach. What is near a pixel
//! decides about it, so that a stroke changes nothing far away, and costs no more on a large image than on a small one.

use super::{area::Area, classes::UNLABELLED};

/// Side of the squares that are looked at one by one, pixels: most of a large image holds no two labels.
const BLOCK_PX: usize = 256;

/// Labels as they were painted, row by row, in which a boundary is looked for.
pub struct Gaps<'a> {
    labels: &'a [u8],
    /// Width and height.
    size: [usize; 2],
    /// The class of the boundary itself, where it was painted by hand: no object.
    number: u8,
    /// Steps to the pixels within reach.
    near: Vec<[isize; 2]>,
    reach: usize,
}

/// A pixel around the one that is asked about.
#[derive(Clone, Copy)]
enum Cell {
    Other,
    /// Of an object within reach, and not reached from the first such pixel.
    Wanted,
    Reached,
}

/// Pixels around a boundary of this width that decide about it.
pub fn context_px(width_px: u32) -> u32 {
    width_px
}

impl<'a> Gaps<'a> {
    /// Of `width` x `height` labels, for a boundary of `width_px` with the class `number`; `None` if there are not as many.
    pub fn new(labels: &'a [u8], [width, height]: [u32; 2], width_px: u32, number: u8) -> Option<Self> {
        let reach = width_px as isize / 2;
        let radius = f64::from(width_px) / 2.0;
        let steps = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| [dy, dx]));
        let is_near = |[dy, dx]: &[isize; 2]| (dy * dy + dx * dx) as f64 <= radius * radius;
        let size = [width as usize, height as usize];
        (labels.len() == size[0] * size[1]).then(|| Self {
            labels,
            size,
            number,
            near: steps.filter(is_near).collect(),
            reach: reach.unsigned_abs(),
        })
    }

    fn is_object(&self, label: u8) -> bool {
        label != 0 && label != UNLABELLED && label != self.number
    }

    /// Places of the background of a part that divides objects, in ascending order within each square of it.
    pub fn within(&self, part: Area) -> Vec<usize> {
        let [bottom, right] = part.end().map(|end| end as usize);
        let (bottom, right) = (bottom.min(self.size[1]), right.min(self.size[0]));
        let mut found = Vec::new();
        let mut seen = Vec::new();
        for top in (part.top as usize..bottom).step_by(BLOCK_PX) {
            for left in (part.left as usize..right).step_by(BLOCK_PX) {
                let [rows, columns] = [top..(top + BLOCK_PX).min(bottom), left..(left + BLOCK_PX).min(right)];
                let around = [self.around(&rows, 1), self.around(&columns, 0)];
                if !self.any(&around, |label| self.is_object(label)) {
                    continue;
                }
                for y in rows {
                    for x in columns.clone() {
                        if self.labels.get(y * self.size[0] + x) == Some(&0) && self.divides(x, y, &mut seen) {
                            found.push(y * self.size[0] + x);
                        }
                    }
                }
            }
        }
        found
    }

    /// A range of rows (axis 1) or columns with those within reach.
    fn around(&self, range: &std::ops::Range<usize>, axis: usize) -> std::ops::Range<usize> {
        range.start.saturating_sub(self.reach)..(range.end + self.reach).min(self.size[axis])
    }

    fn any(&self, [rows, columns]: &[std::ops::Range<usize>; 2], is: impl Fn(u8) -> bool) -> bool {
        rows.clone().any(|y| {
            let row = y * self.size[0];
            let labels = self.labels.get(row + columns.start..row + columns.end);
            labels.unwrap_or_default().iter().any(|label| is(*label))
        })
    }

    /// The label so many steps from a pixel, if that is in the image.
    fn at(&self, x: usize, y: usize, [dy, dx]: [isize; 2]) -> Option<u8> {
        let (x, y) = (x.checked_add_signed(dx)?, y.checked_add_signed(dy)?);
        let label = self.labels.get(y * self.size[0] + x).filter(|_| x < self.size[0]);
        label.copied()
    }

    /// Whether two objects are within reach of a pixel that do not meet, over edges or corners, in the square of twice that
    /// reach around it. `seen` is room to work in.
    fn divides(&self, x: usize, y: usize, seen: &mut Vec<Cell>) -> bool {
        let objects = |step: &&[isize; 2]| self.at(x, y, **step).is_some_and(|label| self.is_object(label));
        let near = || self.near.iter().filter(objects);
        let Some(first) = near().next() else { return false };
        let Some(own) = self.at(x, y, *first) else { return false };
        let far = 2 * self.reach as isize;
        let side = 2 * far + 1;
        let cell = |[dy, dx]: [isize; 2]| ((dy + far) * side + dx + far) as usize;
        seen.clear();
        seen.resize((side * side) as usize, Cell::Other);
        let mut wanted = 0;
        for step in near() {
            seen[cell(*step)] = Cell::Wanted;
            wanted += 1;
        }
        seen[cell(*first)] = Cell::Reached;
        wanted -= 1;
        // What is near goes first: of one object alone, the usual case, the rest of it need not be walked over.
        let (mut open, mut later) = (vec![*first], Vec::new());
        while let Some([dy, dx]) = open.pop().or_else(|| later.pop()).filter(|_| wanted > 0) {
            for next in (-1..=1).flat_map(|down| (-1..=1).map(move |over| [dy + down, dx + over])) {
                if next.iter().any(|step| step.abs() > far) || self.at(x, y, next) != Some(own) {
                    continue;
                }
                match std::mem::replace(&mut seen[cell(next)], Cell::Reached) {
                    Cell::Reached => {}
                    Cell::Wanted => {
                        wanted -= 1;
                        open.push(next);
                    }
                    Cell::Other => later.push(next),
                }
            }
        }
        wanted > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1` and `2` are objects, `.` background, `b` the class between, a space nothing.
    fn labels(rows: &[&str]) -> (Vec<u8>, [u32; 2]) {
        let label = |letter: char| match letter {
            '.' => 0,
            ' ' => UNLABELLED,
            'b' => 3,
            digit => digit as u8 - b'0',
        };
        let all = rows.iter().flat_map(|row| row.chars()).map(label).collect();
        (all, [rows[0].len() as u32, rows.len() as u32])
    }

    fn seen(rows: &[&str], width_px: u32) -> Vec<String> {
        let (labels, size) = labels(rows);
        let gaps = Gaps::new(&labels, size, width_px, 3).expect("a label a pixel");
        let found = gaps.within(Area::whole(size[1], size[0]));
        let width = size[0] as usize;
        let letter = |at: usize, old: char| if found.contains(&at) { 'b' } else { old };
        let row = |(y, row): (usize, &&str)| row.chars().enumerate().map(|(x, c)| letter(y * width + x, c)).collect();
        rows.iter().enumerate().map(row).collect()
    }

    #[test]
    fn narrow_background_between_objects_is_a_boundary() {
        assert_eq!(seen(&["11.11", "11.11"], 2), ["11b11", "11b11"]);
        assert_eq!(seen(&["11...11"], 4), ["11.b.11"]);
        assert_eq!(seen(&["11...11"], 2), ["11...11"]);
        // Another class is another object, as in masks.
        assert_eq!(seen(&["11.22"], 2), ["11b22"]);
    }

    #[test]
    fn what_nobody_said_anything_about_divides_nothing() {
        assert_eq!(seen(&["11 11", "11 11"], 4), ["11 11", "11 11"]);
        // No label beside the background either.
        assert_eq!(seen(&["11 .11"], 4), ["11 b11"]);
    }

    #[test]
    fn two_ends_of_one_object_are_one() {
        assert_eq!(seen(&["11.11", "11111"], 2), ["11.11", "11111"]);
        // Over corners, as thin lines are.
        assert_eq!(seen(&["1..", ".1.", "..1"], 2), ["1..", ".1.", "..1"]);
        // Where they meet is far away: near here they are two.
        let rows = ["1.1", "1.1", "1.1", "1.1", "1.1", "111"];
        assert_eq!(seen(&rows, 2), ["1b1", "1b1", "1b1", "1.1", "1.1", "111"]);
    }

    #[test]
    fn the_class_itself_is_no_object() {
        assert_eq!(seen(&["11.b..."], 4), ["11.b..."]);
        assert_eq!(seen(&["11.b11"], 4), ["11bb11"]);
    }

    #[test]
    fn a_part_is_found_as_in_the_whole() {
        let side = 300usize;
        let hash = |at: usize| (at as u32).wrapping_mul(2_654_435_761) >> 24;
        let label = |at: usize| match hash(at / 3 % 100 + at / (3 * side) * 100) {
            0..90 => 1,
            90..180 => 0,
            _ => UNLABELLED,
        };
        let labels: Vec<u8> = (0..side * side).map(label).collect();
        let size = [side as u32; 2];
        let gaps = Gaps::new(&labels, size, 4, 3).expect("a label a pixel");
        let mut whole = gaps.within(Area::whole(300, 300));
        whole.sort_unstable();
        let part = Area {
            top: 250,
            left: 101,
            height: 40,
            width: 80,
        };
        let is_inside = |at: &usize| (250..290).contains(&(at / side)) && (101..181).contains(&(at % side));
        let wanted: Vec<usize> = whole.iter().copied().filter(is_inside).collect();
        assert!(wanted.len() > 20, "{}", wanted.len());
        assert_eq!(gaps.within(part), wanted);
        // From nothing but what lies around it.
        let around = part.grown(context_px(4), &Area::whole(300, 300));
        let cut = around.cut(&labels, side);
        let own = Gaps::new(&cut, [around.width, around.height], 4, 3).expect("a label a pixel");
        let inside = Area {
            top: part.top - around.top,
            left: part.left - around.left,
            ..part
        };
        let moved = |at: usize| {
            let (y, x) = (at / around.width as usize, at % around.width as usize);
            (y + around.top as usize) * side + x + around.left as usize
        };
        assert_eq!(own.within(inside).into_iter().map(moved).collect::<Vec<_>>(), wanted);
    }
}
