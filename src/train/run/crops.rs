//! The previews of a validation: small images whole, of larger ones crops of those parts where prediction and truth differ most.

use std::collections::BTreeMap;

use super::measure::Piece;
use crate::{
    data::{classes::UNLABELLED, held_back::Area},
    formats::raster::Raster,
    infer::View,
    train::report::{events::PreviewItem, layers::layers},
};

/// Previews of a validation.
const PREVIEWS: usize = 4;
/// Longer side of a preview in pixels.
const PREVIEW_PX: usize = 256;
/// Crops are tried every so many pixels.
const GRID_PX: usize = 16;
/// Of an image larger than this many previews along a side several crops are shown, where there are few images.
const SEVERAL: usize = 2;
/// A crop that was shown before stays until another is this many times as bad: so it can be watched getting better.
const LOYALTY: f64 = 2.0;

/// A crop that was shown: pair and area.
pub(in crate::train) type ShownCrop = (usize, Area);

/// A prediction of a piece, and what is true.
pub(in crate::train) struct Measured<'a> {
    pub(in crate::train) piece: Piece,
    pub(in crate::train) view: &'a View,
    pub(in crate::train) image: &'a Raster,
    /// A value a pixel, or one for each class.
    pub(in crate::train) map: &'a [f32],
    pub(in crate::train) truth: &'a [u8],
}

/// Previews as they come up, the best candidates of each image.
pub(in crate::train) struct Previews {
    /// Pieces to come may have the same number of images.
    images: usize,
    before: Vec<ShownCrop>,
    /// By the order of their images.
    found: BTreeMap<usize, Vec<Candidate>>,
    order: Vec<usize>,
}

struct Candidate {
    error: f64,
    /// Where it was cut out; `None` = the whole image.
    crop: Option<ShownCrop>,
    preview: PreviewItem,
}

impl Previews {
    /// Of so many images; `before`: the crops shown last.
    pub(in crate::train) fn new(images: usize, before: Vec<ShownCrop>) -> Self {
        Self {
            images,
            before,
            found: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    pub(in crate::train) fn add(&mut self, measured: &Measured) {
        let pair = measured.piece.pair;
        if !self.order.contains(&pair) {
            if self.order.len() == PREVIEWS {
                return;
            }
            self.order.push(pair);
        }
        let found = self.found.entry(pair).or_default();
        let area = measured.piece.area(measured.view);
        let whole = |n: u32| n as usize <= PREVIEW_PX;
        let Some(area) = area.filter(|area| !(measured.piece.is_whole() && whole(area.height) && whole(area.width)))
        else {
            if found.is_empty() {
                let preview = of_whole(measured);
                let (error, crop) = (0.0, None);
                found.push(Candidate { error, crop, preview });
            }
            return;
        };
        let (height, width) = (measured.image.height as usize, measured.image.width as usize);
        let is_large = height.max(width) > SEVERAL * PREVIEW_PX;
        let several = if is_large { PREVIEWS / self.images.max(1) } else { 1 };
        for (error, crop) in worst(measured, area, &self.before, several.max(1)) {
            if found.len() < several.max(1) || found.iter().any(|other| other.error < error) {
                let preview = of_crop(measured, area, crop);
                let crop = Some((pair, crop));
                found.push(Candidate { error, crop, preview });
                // Those that come first win among equals.
                found.sort_by(|a, b| b.error.total_cmp(&a.error));
                found.truncate(several.max(1));
            }
        }
    }

    /// The previews, and where those that are crops were cut out. A crop that was shown before stays where it was in the list.
    pub(in crate::train) fn finish(mut self) -> (Vec<PreviewItem>, Vec<ShownCrop>) {
        let found = self.order.iter().filter_map(|pair| self.found.remove(pair));
        let mut fresh: Vec<Candidate> = found.flatten().take(PREVIEWS).collect();
        let mut slots: Vec<Option<Candidate>> = fresh.iter().map(|_| None).collect();
        for (slot, crop) in slots.iter_mut().zip(&self.before) {
            let again = fresh.iter().position(|candidate| candidate.crop.as_ref() == Some(crop));
            *slot = again.map(|at| fresh.remove(at));
        }
        let mut fresh = fresh.into_iter();
        let all: Vec<Candidate> = slots
            .into_iter()
            .filter_map(|slot| slot.or_else(|| fresh.next()))
            .collect();
        let crops = all.iter().filter_map(|candidate| candidate.crop).collect();
        (all.into_iter().map(|candidate| candidate.preview).collect(), crops)
    }
}

/// The parts of a piece where prediction and truth differ most, in the image, worst first: at most `count`, of
/// which two share a quarter at most.
fn worst(measured: &Measured, area: Area, before: &[ShownCrop], count: usize) -> Vec<(f64, Area)> {
    let (height, width) = (area.height as usize, area.width as usize);
    let cells = Cells::new(measured.map, measured.truth, [height, width]);
    let side = [height, width].map(|n| n.min(PREVIEW_PX));
    let starts = |n: usize, side: usize| (0..=n.saturating_sub(side)).step_by(GRID_PX);
    let mut all: Vec<(f64, Area)> = starts(height, side[0])
        .flat_map(|top| starts(width, side[1]).map(move |left| [top, left]))
        .map(|corner| {
            let crop = Area {
                top: area.top + corner[0] as u32,
                left: area.left + corner[1] as u32,
                height: side[0] as u32,
                width: side[1] as u32,
            };
            let shown = before.contains(&(measured.piece.pair, crop));
            (cells.sum(corner, side) * if shown { LOYALTY } else { 1.0 }, crop)
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen: Vec<(f64, Area)> = Vec::new();
    for (error, crop) in all {
        if chosen.len() == count {
            break;
        }
        if !chosen.iter().any(|(_, other)| 4 * other.shared(&crop) > crop.pixels()) {
            chosen.push((error, crop));
        }
    }
    chosen
}

/// How far a prediction is from the truth, summed over cells of a grid.
struct Cells {
    across: usize,
    errors: Vec<f64>,
}

impl Cells {
    fn new(map: &[f32], truth: &[u8], [height, width]: [usize; 2]) -> Self {
        let across = width.div_ceil(GRID_PX);
        let mut errors = vec![0.0; across * height.div_ceil(GRID_PX)];
        let classes = (map.len() / truth.len().max(1)).max(1);
        for (at, (values, truth)) in map.chunks_exact(classes).zip(truth).enumerate() {
            let error = match (*truth, values) {
                (UNLABELLED, _) => 0.0,
                (truth, [value]) => (value - f32::from(truth)).abs(),
                (class, values) => values.get(class as usize).map_or(0.0, |own| 1.0 - own),
            };
            let cell = at / width.max(1) / GRID_PX * across + at % width.max(1) / GRID_PX;
            if let Some(sum) = errors.get_mut(cell) {
                *sum += f64::from(error);
            }
        }
        Self { across, errors }
    }

    /// Over the cells that a window begins with or holds.
    fn sum(&self, [top, left]: [usize; 2], [height, width]: [usize; 2]) -> f64 {
        let rows = top / GRID_PX..(top + height).div_ceil(GRID_PX);
        let columns = left / GRID_PX..(left + width).div_ceil(GRID_PX);
        let row = |y: usize| {
            self.errors
                .get(y * self.across + columns.start..y * self.across + columns.end)
        };
        rows.filter_map(row).flatten().sum()
    }
}

fn of_whole(measured: &Measured) -> PreviewItem {
    let view = measured.view;
    let size = [view.height, view.width];
    let (rgba, [height, width]) = view.picture(measured.image, PREVIEW_PX);
    let (truth, probability) = layers(measured.truth, measured.map, size, PREVIEW_PX);
    PreviewItem {
        pair: measured.piece.pair as u32,
        name: String::new(),
        validation: measured.piece.held_out,
        corner: None,
        width: width as u32,
        height: height as u32,
        iou: None,
        threshold: None,
        rgba,
        truth,
        probability,
    }
}

/// `area`: what the map is of, in the image.
fn of_crop(measured: &Measured, area: Area, crop: Area) -> PreviewItem {
    let classes = (measured.map.len() / measured.truth.len().max(1)).max(1);
    let inside = Area {
        top: crop.top - area.top,
        left: crop.left - area.left,
        ..crop
    };
    let values = Area {
        left: inside.left * classes as u32,
        width: inside.width * classes as u32,
        ..inside
    };
    let size = [crop.height as usize, crop.width as usize];
    let truth = inside.cut(measured.truth, area.width as usize);
    let map = values.cut(measured.map, area.width as usize * classes);
    let (truth, probability) = layers(&truth, &map, size, PREVIEW_PX);
    let pixels = (crop.top..crop.top + crop.height)
        .flat_map(|y| (crop.left..crop.left + crop.width).map(move |x| measured.image.rgba8_at(x, y)));
    PreviewItem {
        pair: measured.piece.pair as u32,
        name: String::new(),
        validation: measured.piece.held_out,
        corner: Some([crop.left, crop.top]),
        width: crop.width,
        height: crop.height,
        iou: None,
        threshold: None,
        rgba: pixels.flat_map(|[r, g, b, _]| [r, g, b, 255]).collect(),
        truth,
        probability,
    }
}

#[cfg(test)]
#[path = "crops_tests.rs"]
mod tests;
