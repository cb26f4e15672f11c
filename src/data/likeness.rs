//! How like the whole of an image a part of it is: what is to be found there, and what could be taken for it.

use super::{area::Area, classes::UNLABELLED};
use crate::formats::raster::Raster;

/// Pixels that are looked at, about.
const SAMPLED: f64 = 250_000.0;
/// Cells along a side that are summed up.
const CELLS: usize = 64;
/// Leading bits of each colour: 16 steps of red, green and blue.
const BITS: u32 = 4;

/// What lies in a cell.
#[derive(Debug, Clone)]
struct Cell {
    /// Row and column of its first pixel.
    corner: [u32; 2],
    /// Labelled pixels of each class.
    counts: Vec<f64>,
    /// Background by its chance of being foreground, by the colour alone.
    confusable: f64,
}

/// An image in cells.
#[derive(Debug, Clone)]
pub(super) struct Likeness {
    cells: Vec<Cell>,
    classes: usize,
}

impl Likeness {
    /// Of an image and its labels, `[height, width]`, with that many classes, background included.
    pub(super) fn new(image: &Raster, labels: &[u8], classes: usize) -> Self {
        let (height, width) = (image.height as usize, image.width as usize);
        let every = ((image.pixels() as f64 / SAMPLED).sqrt().ceil() as usize).max(1);
        let mut colours = vec![[0.0f64; 2]; 1 << (3 * BITS)];
        let mut pixels = Vec::new();
        for y in (0..height).step_by(every) {
            for x in (0..width).step_by(every) {
                let label = labels.get(y * width + x).copied().unwrap_or(UNLABELLED) as usize;
                if label < classes {
                    let [red, green, blue, _] =
                        image.rgba8_at(x as u32, y as u32).map(|v| usize::from(v >> (8 - BITS)));
                    let colour = (red << (2 * BITS)) | (green << BITS) | blue;
                    colours[colour][usize::from(label > 0)] += 1.0;
                    pixels.push(([y, x], label, colour));
                }
            }
        }
        let (down, across) = (height.div_ceil(CELLS).max(1), width.div_ceil(CELLS).max(1));
        let mut cells: Vec<Cell> = (0..CELLS * CELLS)
            .map(|i| Cell {
                corner: [(i / CELLS * down) as u32, (i % CELLS * across) as u32],
                counts: vec![0.0; classes],
                confusable: 0.0,
            })
            .collect();
        for ([y, x], label, colour) in pixels {
            let cell = &mut cells[y / down * CELLS + x / across];
            cell.counts[label] += 1.0;
            if label == 0 {
                let [background, foreground] = colours[colour];
                cell.confusable += foreground / (background + foreground);
            }
        }
        Self { cells, classes }
    }

    /// Pixels of each class in an area, and the background that could be foreground.
    fn sums(&self, area: &Area) -> (Vec<f64>, f64) {
        let mut counts = vec![0.0; self.classes];
        let mut confusable = 0.0;
        let [bottom, right] = area.end();
        for cell in &self.cells {
            let [top, left] = cell.corner;
            if top >= area.top && left >= area.left && u64::from(top) < bottom && u64::from(left) < right {
                counts.iter_mut().zip(&cell.counts).for_each(|(sum, n)| *sum += n);
                confusable += cell.confusable;
            }
        }
        (counts, confusable)
    }

    /// Labelled pixels of an area as parts of all.
    pub(super) fn labelled_share(&self, area: &Area) -> f64 {
        let of = |area: &Area| self.sums(area).0.iter().sum::<f64>();
        of(area) / of(&Area::whole(u32::MAX, u32::MAX)).max(1.0)
    }

    /// How far an area is from the whole: the absolute natural logarithm of the ratio of shares, the largest over the
    /// classes and, for each pixel of foreground, the background that could be taken for it.
    pub(super) fn difference(&self, area: &Area) -> f64 {
        let ((part, part_confusable), (whole, confusable)) =
            (self.sums(area), self.sums(&Area::whole(u32::MAX, u32::MAX)));
        let sum = |counts: &[f64]| counts.iter().sum::<f64>().max(1.0);
        let (own, all) = (sum(&part), sum(&whole));
        // A tenth added, so that nothing at all is far and not infinitely far.
        let far = |part: f64, whole: f64| ((part + 0.1 * whole) / (1.1 * whole)).ln().abs();
        let present = whole.iter().zip(&part).filter(|(whole, _)| **whole > 0.0);
        let classes = present
            .map(|(whole, part)| far(part / own, whole / all))
            .fold(0.0, f64::max);
        let foreground = |counts: &[f64]| counts.iter().skip(1).sum::<f64>();
        match (foreground(&part), foreground(&whole)) {
            (found, to_find) if found > 0.0 && confusable > 0.0 => {
                classes.max(far(part_confusable / found, confusable / to_find))
            }
            _ => classes,
        }
    }
}
