//! Labels painted over an image, kept in tiles.
//!
//! A tile of one value takes no pixels, and copies of a layer share their tiles until one is painted on: what a layer
//! takes is a byte for each pixel of the tiles that hold more than one value.

use std::sync::Arc;

use super::{area::Area, classes::UNLABELLED, draw::Draw};
use crate::values::{MAX_CLASSES, UNTOUCHED};

/// Side of a tile in pixels.
const TILE_PX: usize = 256;
const TILE_PIXELS: usize = TILE_PX * TILE_PX;
/// Side of the cells that labels are counted by, in pixels.
const CELL_PX: usize = 32;
/// Set in a label that corrects what the network thought.
const CORRECTED: u8 = 0x80;

#[derive(Debug, Clone, PartialEq)]
enum Tile {
    /// One value all over.
    Same(u8),
    Pixels(Arc<Vec<u8>>),
}

/// What was painted over one image: a class number a pixel, [`UNLABELLED`] where a label was taken away, [`UNTOUCHED`]
/// where nothing was painted.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelLayer {
    width: u32,
    height: u32,
    /// Row by row; those at the right and lower edge reach beyond the image, where they stay untouched.
    tiles: Vec<Tile>,
    /// Pixels with a label in each cell, row by row, and those of them that are corrections.
    cells: Vec<[u16; 2]>,
    /// The same of all together.
    labelled: u64,
    corrected: u64,
}

/// Why bytes are no layer of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayerError {
    #[error("they are of an image of another size")]
    OtherSize,
    #[error("they are cut off")]
    Truncated,
    #[error("they hold a label that is none")]
    BadLabel,
}

/// Why nothing can be painted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaintError {
    /// There is no such image, or it is a mask, or its pair is blocked.
    NoImage,
    /// The patch reaches beyond the image, whose width and height these are.
    Outside([u32; 2]),
    /// Its values are too few or too many, or one of them is no class.
    BadValues,
}

/// Values of a rectangle of an image, row by row, to be painted.
#[derive(Debug, Clone, Copy)]
pub struct Patch<'a> {
    pub area: Area,
    /// Class numbers, [`UNLABELLED`] or [`UNTOUCHED`].
    pub values: &'a [u8],
    pub is_correction: bool,
}

/// The class of a stored label, and whether it is a correction; `None` for what is no label.
fn parts(stored: u8) -> Option<(u8, bool)> {
    let class = stored & !CORRECTED;
    (usize::from(class) < MAX_CLASSES).then_some((class, stored & CORRECTED != 0))
}

impl LabelLayer {
    /// Nothing is painted yet on an image of so many pixels.
    pub fn new(width: u32, height: u32) -> Self {
        let count = |side: usize| (width as usize).div_ceil(side) * (height as usize).div_ceil(side);
        Self {
            width,
            height,
            tiles: vec![Tile::Same(UNTOUCHED); count(TILE_PX)],
            cells: vec![[0; 2]; count(CELL_PX)],
            labelled: 0,
            corrected: 0,
        }
    }

    /// Width and height of the image.
    pub fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> u64 {
        let pixels = |tile: &Tile| match tile {
            Tile::Same(_) => 0,
            Tile::Pixels(pixels) => pixels.len(),
        };
        let tiles: usize = self.tiles.iter().map(pixels).sum();
        (tiles + self.tiles.len() * size_of::<Tile>() + self.cells.len() * size_of::<[u16; 2]>()) as u64
    }

    /// Pixels with a label.
    pub fn labelled(&self) -> u64 {
        self.labelled
    }

    /// Pixels with a label that is a correction.
    pub fn corrected(&self) -> u64 {
        self.corrected
    }

    fn tile_of(&self, x: usize, y: usize) -> (usize, usize) {
        let across = (self.width as usize).div_ceil(TILE_PX);
        (y / TILE_PX * across + x / TILE_PX, y % TILE_PX * TILE_PX + x % TILE_PX)
    }

    fn stored(&self, x: usize, y: usize) -> u8 {
        let (tile, at) = self.tile_of(x, y);
        match self.tiles.get(tile) {
            Some(Tile::Same(value)) => *value,
            Some(Tile::Pixels(pixels)) => pixels.get(at).copied().unwrap_or(UNTOUCHED),
            None => UNTOUCHED,
        }
    }

    /// What was painted at a pixel of the image; [`UNTOUCHED`] beyond it.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        let stored = self.stored(x, y);
        parts(stored).map_or(stored, |(class, _)| class)
    }

    /// Whether a pixel's label is a correction.
    pub fn is_corrected(&self, x: usize, y: usize) -> bool {
        parts(self.stored(x, y)).is_some_and(|(_, is_correction)| is_correction)
    }

    /// Paints a patch, as far as it lies within the image. Where the image knows nothing (`is_known` of column and row) no
    /// label holds.
    pub fn paint(&mut self, patch: &Patch, is_known: impl Fn(u32, u32) -> bool) {
        let Patch { area, values, .. } = *patch;
        let flag = if patch.is_correction { CORRECTED } else { 0 };
        let across = (self.width as usize).div_ceil(CELL_PX);
        for (row, line) in values.chunks_exact(area.width.max(1) as usize).enumerate() {
            let y = area.top as usize + row;
            for (column, value) in line.iter().enumerate() {
                let x = area.left as usize + column;
                if *value == UNTOUCHED || x >= self.width as usize || y >= self.height as usize {
                    continue;
                }
                let is_label = usize::from(*value) < MAX_CLASSES && is_known(x as u32, y as u32);
                let new = if is_label { *value | flag } else { UNLABELLED };
                let old = self.put(x, y, new);
                let count =
                    |stored: u8| parts(stored).map_or([0, 0], |(_, is_correction)| [1, u64::from(is_correction)]);
                let ([gone, gone_too], [come, come_too]) = (count(old), count(new));
                self.labelled = self.labelled + come - gone;
                self.corrected = self.corrected + come_too - gone_too;
                if let Some([labelled, corrected]) = self.cells.get_mut(y / CELL_PX * across + x / CELL_PX) {
                    *labelled = *labelled + come as u16 - gone as u16;
                    *corrected = *corrected + come_too as u16 - gone_too as u16;
                }
            }
        }
        self.tidy(&area);
    }

    /// Stores a value and gives the one of before.
    fn put(&mut self, x: usize, y: usize, value: u8) -> u8 {
        let (tile, at) = self.tile_of(x, y);
        let Some(tile) = self.tiles.get_mut(tile) else {
            return UNTOUCHED;
        };
        if let Tile::Same(same) = tile {
            if *same == value {
                return value;
            }
            *tile = Tile::Pixels(Arc::new(vec![*same; TILE_PIXELS]));
        }
        match tile {
            Tile::Pixels(pixels) => match Arc::make_mut(pixels).get_mut(at) {
                Some(stored) => std::mem::replace(stored, value),
                None => UNTOUCHED,
            },
            Tile::Same(value) => *value,
        }
    }

    /// Tiles of an area that hold one value need no pixels.
    fn tidy(&mut self, area: &Area) {
        let across = (self.width as usize).div_ceil(TILE_PX);
        let [bottom, right] = area.end().map(|end| (end.saturating_sub(1)) as usize / TILE_PX);
        for row in area.top as usize / TILE_PX..=bottom {
            for column in area.left as usize / TILE_PX..=right.min(across.saturating_sub(1)) {
                if let Some(tile) = self.tiles.get_mut(row * across + column)
                    && let Tile::Pixels(pixels) = tile
                    && let Some(first) = pixels.first().copied()
                    && pixels.iter().all(|value| *value == first)
                {
                    *tile = Tile::Same(first);
                }
            }
        }
    }

    /// Lays what was painted over labels of rows of `width` pixels; a class that is none of `classes` is no label.
    pub fn lay_over(&self, labels: &mut [u8], width: usize, classes: usize) {
        for (y, row) in labels.chunks_exact_mut(width.max(1)).enumerate() {
            for (x, label) in row.iter_mut().enumerate() {
                *label = self.over(x, y, *label, classes);
            }
        }
    }

    /// The label of a pixel that has `label` where nothing was painted.
    pub fn over(&self, x: usize, y: usize, label: u8, classes: usize) -> u8 {
        match self.at(x, y) {
            UNTOUCHED => label,
            painted if usize::from(painted) < classes => painted,
            _ => UNLABELLED,
        }
    }

    fn cell_area(&self, cell: usize) -> Area {
        let across = (self.width as usize).div_ceil(CELL_PX).max(1);
        let (top, left) = ((cell / across * CELL_PX) as u32, (cell % across * CELL_PX) as u32);
        Area {
            top,
            left,
            height: (CELL_PX as u32).min(self.height.saturating_sub(top)),
            width: (CELL_PX as u32).min(self.width.saturating_sub(left)),
        }
    }

    /// Cells that hold a label, or a correction, and meet an area.
    fn cells_of(&self, area: &Area, is_correction: bool) -> Vec<usize> {
        let holds = |cell: &[u16; 2]| cell[usize::from(is_correction)] > 0;
        let held = self.cells.iter().enumerate().filter(|(_, cell)| holds(cell));
        held.map(|(at, _)| at)
            .filter(|at| self.cell_area(*at).meets(area))
            .collect()
    }

    /// Cells with a label, of all the image.
    pub fn labelled_cells(&self) -> usize {
        self.cells.iter().filter(|cell| cell[0] > 0).count()
    }

    /// Pixels of a cell.
    pub fn cell_pixels() -> u64 {
        (CELL_PX * CELL_PX) as u64
    }

    /// The smallest area of cells that holds all labels; `None` if there are none.
    pub fn bounds(&self) -> Option<Area> {
        let cells = self.cells_of(&Area::whole(self.height, self.width), false);
        let all = cells.into_iter().map(|cell| self.cell_area(cell));
        all.reduce(|a, b| {
            let ([bottom, right], [other_bottom, other_right]) = (a.end(), b.end());
            let (top, left) = (a.top.min(b.top), a.left.min(b.left));
            Area {
                top,
                left,
                height: bottom.max(other_bottom) as u32 - top,
                width: right.max(other_right) as u32 - left,
            }
        })
    }

    /// Whether an area holds a cell with a label.
    pub fn meets(&self, area: &Area) -> bool {
        !self.cells_of(area, false).is_empty()
    }

    /// Row and column of a pixel with a label in an area, or with a correction: every cell that has one is as likely. `None`
    /// if there is none.
    pub fn draw_pixel(&self, area: &Area, is_correction: bool, draw: &mut Draw) -> Option<[u32; 2]> {
        let cells = self.cells_of(area, is_correction);
        let first = if cells.is_empty() { 0 } else { draw.below(cells.len()) };
        let in_turn = (0..cells.len()).filter_map(|i| cells.get((first + i) % cells.len()));
        let pixels = in_turn.map(|cell| {
            let cell = self.cell_area(*cell);
            let ([bottom, right], [last_row, last_column]) = (cell.end(), area.end());
            let rows = cell.top.max(area.top)..bottom.min(last_row) as u32;
            let columns = cell.left.max(area.left)..right.min(last_column) as u32;
            let all = rows.flat_map(|y| columns.clone().map(move |x| [y, x]));
            let wanted = |[y, x]: &[u32; 2]| {
                parts(self.stored(*x as usize, *y as usize)).is_some_and(|(_, corrects)| corrects || !is_correction)
            };
            all.filter(wanted).collect::<Vec<_>>()
        });
        let pixels = pixels.into_iter().find(|pixels| !pixels.is_empty())?;
        pixels.get(draw.below(pixels.len())).copied()
    }

    /// All of it in few bytes: width and height as 32-bit numbers, then runs of values in the order of the tiles, each the
    /// value and the run's length in groups of seven bits, the lowest first; little-endian.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = [self.width.to_le_bytes(), self.height.to_le_bytes()].concat();
        let mut run: (u8, u64) = (UNTOUCHED, 0);
        let mut put = |run: (u8, u64)| {
            let (value, mut length) = run;
            out.push(value);
            while length >= 0x80 {
                out.push(length as u8 | 0x80);
                length >>= 7;
            }
            out.push(length as u8);
        };
        let mut add = |value: u8, length: u64| {
            if value == run.0 {
                run.1 += length;
            } else {
                if run.1 > 0 {
                    put(run);
                }
                run = (value, length);
            }
        };
        for tile in &self.tiles {
            match tile {
                Tile::Same(value) => add(*value, TILE_PIXELS as u64),
                Tile::Pixels(pixels) => pixels.iter().for_each(|value| add(*value, 1)),
            }
        }
        if run.1 > 0 {
            put(run);
        }
        out
    }

    /// Reads what [`encode`](Self::encode) wrote of an image of this size.
    ///
    /// # Errors
    /// If it is of another size, cut off, or holds what is no label.
    pub fn decode(bytes: &[u8], [width, height]: [u32; 2]) -> Result<Self, LayerError> {
        let mut layer = Self::new(width, height);
        let number = |at: usize| {
            bytes
                .get(at..at + 4)
                .and_then(|b| b.try_into().ok())
                .map(u32::from_le_bytes)
        };
        let (Some(own_width), Some(own_height)) = (number(0), number(4)) else {
            return Err(LayerError::Truncated);
        };
        if [own_width, own_height] != [width, height] {
            return Err(LayerError::OtherSize);
        }
        let mut rest = bytes.get(8..).unwrap_or_default().iter();
        let mut run: (u8, u64) = (UNTOUCHED, 0);
        let mut next = || -> Result<(u8, u64), LayerError> {
            let value = *rest.next().ok_or(LayerError::Truncated)?;
            if parts(value).is_none() && value != UNLABELLED && value != UNTOUCHED {
                return Err(LayerError::BadLabel);
            }
            let mut length = 0;
            for shift in (0..63).step_by(7) {
                let byte = *rest.next().ok_or(LayerError::Truncated)?;
                length |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            Ok((value, length))
        };
        for tile in &mut layer.tiles {
            while run.1 == 0 {
                run = next()?;
            }
            if run.1 >= TILE_PIXELS as u64 {
                *tile = Tile::Same(run.0);
                run.1 -= TILE_PIXELS as u64;
                continue;
            }
            let mut pixels = Vec::with_capacity(TILE_PIXELS);
            while pixels.len() < TILE_PIXELS {
                while run.1 == 0 {
                    run = next()?;
                }
                let some = run.1.min((TILE_PIXELS - pixels.len()) as u64);
                pixels.resize(pixels.len() + some as usize, run.0);
                run.1 -= some;
            }
            *tile = Tile::Pixels(Arc::new(pixels));
        }
        layer.count();
        Ok(layer)
    }

    fn count(&mut self) {
        let across = (self.width as usize).div_ceil(CELL_PX);
        self.cells.fill([0; 2]);
        (self.labelled, self.corrected) = (0, 0);
        for y in 0..self.height as usize {
            for x in 0..self.width as usize {
                let Some((_, is_correction)) = parts(self.stored(x, y)) else {
                    continue;
                };
                self.labelled += 1;
                self.corrected += u64::from(is_correction);
                if let Some([labelled, corrected]) = self.cells.get_mut(y / CELL_PX * across + x / CELL_PX) {
                    *labelled += 1;
                    *corrected += u16::from(is_correction);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "label_layer_tests.rs"]
mod tests;
