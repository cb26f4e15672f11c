//! How the pixels of a mask lie to those of its image, and the mask laid onto them.

use std::sync::Arc;

use crate::{formats::raster::Raster, values::Note};

/// Shift from which it is said that a mask lies beside the image's grid, pixels.
const SAID_SHIFT_PX: f64 = 0.5;
/// Pixel sizes that differ by more are not laid onto each other.
const MAX_RATIO: f64 = 16.0;
/// A place on the edge of two pixels, up to rounding, is in the later one.
const EDGE_PX: f64 = 1e-6;

/// Farthest that pixels of two grids may drift apart over the image for their axes to count as parallel, pixels.
pub(super) const MAX_DRIFT_PX: f64 = 0.45;

/// A mask on its image's grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aligned {
    /// `None` if it lies there as it is.
    pub mask: Option<Arc<Raster>>,
    /// Columns and rows of the image that the mask covers: from, and up to but without; `None` for all.
    pub covered: Option<[[u32; 2]; 2]>,
    pub notes: Vec<Note>,
}

/// Why a mask cannot be laid on a grid.
pub(super) enum Misfit {
    Apart,
    Grid(String),
}

/// `as` saturates.
pub(super) fn hundredths(value: f64) -> u32 {
    (value * 100.0).round() as u32
}

/// `mask = origin + column * c + row * r`.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    pub(super) origin: [f64; 2],
    pub(super) column: [f64; 2],
    pub(super) row: [f64; 2],
}

impl Affine {
    pub(super) fn at(&self, c: f64, r: f64) -> [f64; 2] {
        [0, 1].map(|i| self.origin[i] + self.column[i] * c + self.row[i] * r)
    }

    /// Side of a pixel of the image in pixels of the mask.
    pub(super) fn pixel_size(&self) -> f64 {
        (self.column[0] * self.row[1] - self.column[1] * self.row[0])
            .abs()
            .sqrt()
    }
}

/// How the two grids lie to each other.
pub(super) struct Grid {
    to_mask: Affine,
    image: [f64; 2],
    mask: [f64; 2],
    /// Rows of the image run along the mask's columns.
    swapped: bool,
    /// Steps of a column and of a row of the image in pixels of the mask, with their sign.
    steps: [f64; 2],
}

impl Grid {
    pub(super) fn new(to_mask: Affine, [image, mask]: [[f64; 2]; 2]) -> Result<Grid, Misfit> {
        let swapped = to_mask.column[0].abs() < to_mask.column[1].abs();
        let (steps, across) = if swapped {
            ([to_mask.column[1], to_mask.row[0]], [to_mask.column[0], to_mask.row[1]])
        } else {
            ([to_mask.column[0], to_mask.row[1]], [to_mask.column[1], to_mask.row[0]])
        };
        let size = to_mask.pixel_size();
        if across[0].abs() * image[0] + across[1].abs() * image[1] > MAX_DRIFT_PX * size.max(1.0) {
            let degrees = across[0].atan2(steps[0].abs()).to_degrees().abs();
            return Err(Misfit::Grid(format!(
                "turned against each other by {degrees:.1} degrees"
            )));
        }
        let ratio = |step: f64| !(1.0 / MAX_RATIO..=MAX_RATIO).contains(&step.abs());
        if steps.iter().any(|step| ratio(*step)) {
            return Err(Misfit::Grid(format!(
                "pixels of the mask have {:.3} of the image's size",
                1.0 / size
            )));
        }
        Ok(Grid {
            to_mask,
            image,
            mask,
            swapped,
            steps,
        })
    }

    /// Column of the mask for each column of the image (or row for each column), `None` beyond its edges.
    fn lookup(&self, axis: usize, most: u32) -> Vec<Option<u32>> {
        let count = self.image[axis] as u32;
        let into = if self.swapped { 1 - axis } else { axis };
        // The other axis moves it by less than half a pixel; its middle is the fairest.
        let middle = self.image.map(|n| n / 2.0);
        (0..count)
            .map(|i| {
                let mut at = middle;
                at[axis] = f64::from(i) + 0.5;
                let place = (self.to_mask.at(at[0], at[1])[into] + EDGE_PX).floor();
                (0.0..f64::from(most)).contains(&place).then_some(place as u32)
            })
            .collect()
    }

    /// Whether the pixels of both are of one size, so far as the image reaches.
    pub(super) fn has_same_pixels(&self) -> bool {
        let mut steps = self.steps.iter().zip(self.image);
        steps.all(|(step, n)| (step.abs() - 1.0).abs() * n < MAX_DRIFT_PX)
    }

    pub(super) fn lay(&self, image: &Raster, mask: &Raster, image_mm: Option<f64>) -> Result<Aligned, Misfit> {
        let sides = if self.swapped {
            [mask.height, mask.width]
        } else {
            [mask.width, mask.height]
        };
        let columns = self.lookup(0, sides[0]);
        let rows = self.lookup(1, sides[1]);
        let (Some(across), Some(down)) = (span(&columns), span(&rows)) else {
            return Err(Misfit::Apart);
        };
        let mut notes = Vec::new();
        let identity = |found: &[Option<u32>]| {
            found
                .iter()
                .enumerate()
                .all(|(i, at)| at.is_none_or(|at| at as usize == i))
        };
        let in_place = !self.swapped && identity(&columns) && identity(&rows);
        let covers = [across, down] == [[0, image.width], [0, image.height]];
        if self.swapped || self.steps.iter().any(|step| *step < 0.0) {
            notes.push(Note::MaskTurned);
        }
        if self.has_same_pixels() {
            notes.extend(self.shift(image_mm));
        } else {
            notes.push(Note::MaskResampled {
                hundredths: hundredths(1.0 / self.to_mask.pixel_size()),
            });
        }
        // A row or column less is cut off on both sides, as without places.
        let nearly = |a: u32, b: u32| a.abs_diff(b) <= 1;
        if in_place && nearly(image.width, mask.width) && nearly(image.height, mask.height) {
            return Ok(Aligned {
                mask: None,
                covered: None,
                notes,
            });
        }
        let whole = self.image[0] * self.image[1];
        let part = f64::from(across[1] - across[0]) * f64::from(down[1] - down[0]) / whole;
        if !covers {
            notes.push(Note::MaskCovers {
                percent: (part * 100.0).floor() as u32,
            });
        } else if self.mask[0] * self.mask[1] > 1.02 * whole * self.steps[0].abs() * self.steps[1].abs() {
            notes.push(Note::MaskCutOut);
        }
        let laid = mask.remapped(image.width, image.height, |x, y| {
            let at = |found: &[Option<u32>], i: u32| found.get(i as usize).copied().flatten().unwrap_or(0);
            let (a, b) = (at(&columns, x), at(&rows, y));
            if self.swapped { (b, a) } else { (a, b) }
        });
        Ok(Aligned {
            mask: Some(Arc::new(laid)),
            covered: (!covers).then_some([[across[0], down[0]], [across[1], down[1]]]),
            notes,
        })
    }

    /// How far the mask's grid lies beside the image's, where that is half a pixel or more: from corner to corner of two
    /// of one size, else from the nearest corners of pixels.
    fn shift(&self, image_mm: Option<f64>) -> Option<Note> {
        let sides = if self.swapped {
            [self.mask[1], self.mask[0]]
        } else {
            self.mask
        };
        let off = [0, 1].map(|axis| {
            let into = if self.swapped { 1 - axis } else { axis };
            let first = if self.steps[axis] < 0.0 { self.image[axis] } else { 0.0 };
            let at = self
                .to_mask
                .at(if axis == 0 { first } else { 0.0 }, if axis == 1 { first } else { 0.0 })[into];
            if (sides[axis] - self.image[axis]).abs() <= 1.0 {
                at
            } else {
                at - at.round()
            }
        });
        // Half a pixel by each axis.
        let far = off[0].abs().max(off[1].abs());
        (far >= SAID_SHIFT_PX - 1e-3).then(|| {
            let pixels = off[0].hypot(off[1]);
            Note::MaskShifted {
                hundredths_px: hundredths(pixels),
                millimetres: image_mm.map(|mm| (pixels * mm).round() as u32),
            }
        })
    }
}

/// From the first to the last found, exclusive.
fn span(found: &[Option<u32>]) -> Option<[u32; 2]> {
    let first = found.iter().position(Option::is_some)?;
    let last = found.iter().rposition(Option::is_some)?;
    Some([first as u32, last as u32 + 1])
}
