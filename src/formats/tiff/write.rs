//! GeoTIFF out, cloud-optimised: one band, Deflate, tiles of 256 pixels, overviews; directories before data, overviews
//! before the image, georeference and nodata as they came.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};

use super::write_head::{Field, head};
use crate::{formats::Parts, geo::GeoRef};

/// Side of a tile in pixels.
const TILE_PX: usize = 256;
/// Overviews are added until none of the last one's sides is longer.
const SMALLEST_OVERVIEW_PX: usize = 512;

/// What a file holds beside its pixels.
#[derive(Debug, Clone, Copy)]
pub struct GeoTiffSpec<'a> {
    pub width: usize,
    pub height: usize,
    pub geo: Option<&'a GeoRef>,
    pub nodata: Option<f64>,
    /// One colour a value: the file is a palette image then (8 bits only).
    pub palette: Option<&'a [[u8; 3]]>,
}

/// A type of sample that can be written.
pub trait Sample: Copy + Default {
    const BITS: u16;
    /// 1 unsigned, 3 floating point.
    const FORMAT: u16;
    /// Horizontal differences where they make smooth values small.
    const PREDICTOR: u16;
    /// Whether a pixel of an overview is the mean of those it stands for, nodata left out. Else it is the middle one: the
    /// mean of two class numbers is a third class.
    const IS_MEASURED: bool;
    fn push(self, before: Self, out: &mut Vec<u8>);
    fn to_f64(self) -> f64;
    /// The nearest value of the type.
    fn of_f64(value: f64) -> Self;
}

impl Sample for u8 {
    const BITS: u16 = 8;
    const FORMAT: u16 = 1;
    const PREDICTOR: u16 = 1;
    const IS_MEASURED: bool = false;
    fn push(self, _: u8, out: &mut Vec<u8>) {
        out.push(self);
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn of_f64(value: f64) -> u8 {
        value.round() as u8
    }
}

impl Sample for u16 {
    const BITS: u16 = 16;
    const FORMAT: u16 = 1;
    const PREDICTOR: u16 = 2;
    const IS_MEASURED: bool = true;
    fn push(self, before: u16, out: &mut Vec<u8>) {
        out.extend(self.wrapping_sub(before).to_le_bytes());
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn of_f64(value: f64) -> u16 {
        value.round() as u16
    }
}

impl Sample for f32 {
    const BITS: u16 = 32;
    const FORMAT: u16 = 3;
    const PREDICTOR: u16 = 1;
    const IS_MEASURED: bool = true;
    fn push(self, _: f32, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn of_f64(value: f64) -> f32 {
        value as f32
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("compressing failed: {0}")]
    Deflate(#[from] std::io::Error),
}

/// The image or one of its overviews: where its tiles lie, row by row.
struct Level {
    /// Pixels of the image along a side of one of its own.
    factor: usize,
    width: usize,
    height: usize,
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl Level {
    fn new(spec: GeoTiffSpec, factor: usize) -> Self {
        let [width, height] = [spec.width, spec.height].map(|n| n.div_ceil(factor));
        let tiles = width.div_ceil(TILE_PX) * height.div_ceil(TILE_PX);
        Self {
            factor,
            width,
            height,
            offsets: vec![0; tiles],
            counts: vec![0; tiles],
        }
    }

    /// The image, then its overviews, each half as wide and high as the one before.
    fn all(spec: GeoTiffSpec) -> Vec<Self> {
        let mut all = vec![Self::new(spec, 1)];
        let mut longest = spec.width.max(spec.height);
        while longest > SMALLEST_OVERVIEW_PX {
            longest = longest.div_ceil(2);
            all.push(Self::new(spec, 1 << all.len()));
        }
        all
    }

    /// A pixel of it.
    fn value<T: Sample>(&self, spec: GeoTiffSpec, value: &impl Fn(usize, usize) -> T, y: usize, x: usize) -> T {
        let factor = self.factor;
        if !T::IS_MEASURED || factor == 1 {
            let middle = |at: usize, side: usize| (at * factor + factor / 2).min(side - 1);
            return value(middle(y, spec.height), middle(x, spec.width));
        }
        let block = |at: usize, side: usize| at * factor..((at + 1) * factor).min(side);
        let (mut sum, mut count) = (0.0, 0u32);
        for row in block(y, spec.height) {
            for column in block(x, spec.width) {
                let one = value(row, column).to_f64();
                if Some(one) != spec.nodata {
                    sum += one;
                    count += 1;
                }
            }
        }
        match (count, spec.nodata) {
            (0, Some(nodata)) => T::of_f64(nodata),
            _ => T::of_f64(sum / f64::from(count)),
        }
    }

    /// Tiles of it, one after the other, behind a head of so many bytes.
    fn write<T: Sample>(
        &mut self,
        spec: GeoTiffSpec,
        value: &impl Fn(usize, usize) -> T,
        head_bytes: usize,
        parts: &mut Parts,
    ) -> Result<(), WriteError> {
        let row_bytes = TILE_PX * usize::from(T::BITS) / 8;
        let mut raw = Vec::with_capacity(TILE_PX * row_bytes);
        let mut number = 0;
        for top in (0..self.height).step_by(TILE_PX) {
            for left in (0..self.width).step_by(TILE_PX) {
                raw.clear();
                // Beyond the edge the last pixel goes on: it compresses to nothing.
                for y in top..(top + TILE_PX).min(self.height) {
                    let (mut before, mut one) = (T::default(), T::default());
                    for x in left..left + TILE_PX {
                        if x < self.width {
                            one = self.value(spec, value, y, x);
                        }
                        one.push(before, &mut raw);
                        before = one;
                    }
                }
                while raw.len() < TILE_PX * row_bytes {
                    raw.extend_from_within(raw.len() - row_bytes..);
                }
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&raw)?;
                let tile = encoder.finish()?;
                parts.push(&(tile.len() as u32).to_le_bytes());
                self.offsets[number] = head_bytes as u64 + parts.written();
                self.counts[number] = tile.len() as u64;
                parts.push(&tile);
                parts.push(&tile[tile.len().saturating_sub(4)..]);
                number += 1;
            }
        }
        Ok(())
    }

    fn fields<T: Sample>(&self, spec: GeoTiffSpec, is_big: bool) -> Vec<Field> {
        let mut fields = vec![
            Field::longs(256, &[self.width as u32]),
            Field::longs(257, &[self.height as u32]),
            Field::shorts(258, &[T::BITS]),
            // Deflate.
            Field::shorts(259, &[8]),
            // 1: 0 is black. 3: palette.
            Field::shorts(262, &[if spec.palette.is_some() { 3 } else { 1 }]),
            Field::shorts(277, &[1]),
            Field::shorts(284, &[1]),
            Field::shorts(317, &[T::PREDICTOR]),
            Field::longs(322, &[TILE_PX as u32]),
            Field::longs(323, &[TILE_PX as u32]),
            Field::places(324, &self.offsets, is_big),
            Field::places(325, &self.counts, is_big),
            Field::shorts(339, &[T::FORMAT]),
        ];
        if let Some(palette) = spec.palette {
            let channel = |c: usize| (0..256).map(move |i| palette.get(i).map_or(0, |rgb| u16::from(rgb[c]) * 257));
            fields.push(Field::shorts(320, &(0..3).flat_map(channel).collect::<Vec<_>>()));
        }
        if let Some(nodata) = spec.nodata {
            fields.push(Field::text(42113, &format!("{nodata}")));
        }
        if self.factor > 1 {
            // An image of reduced resolution.
            fields.push(Field::longs(254, &[1]));
            return fields;
        }
        fields.push(Field::text(305, concat!("Groundmask ", env!("CARGO_PKG_VERSION"))));
        if let Some(geo) = spec.geo {
            fields.extend(place(geo));
        }
        fields
    }
}

/// Writes one band; `value(row, column)` is asked once a pixel for the image, and again for its overviews, so that no
/// level is held. Gives the file's beginning, its directories, which `parts` follows (see [`Parts::finish`]). A file that
/// might pass 4 GiB is a BigTIFF.
///
/// # Errors
/// If compressing fails.
pub fn write<T: Sample>(
    spec: GeoTiffSpec,
    value: impl Fn(usize, usize) -> T,
    parts: Parts,
) -> Result<Vec<u8>, WriteError> {
    let tiles: usize = Level::all(spec).iter().map(|level| level.offsets.len()).sum();
    let raw = (tiles as u64).saturating_mul((TILE_PX * TILE_PX * usize::from(T::BITS) / 8) as u64);
    // What Deflate adds to noise, and the entries and lengths of tiles.
    let longest = raw + raw / 1000 + 64 * tiles as u64 + (1 << 16);
    write_sized(spec, value, parts, longest > u64::from(u32::MAX))
}

/// `is_big`: as BigTIFF.
pub(super) fn write_sized<T: Sample>(
    spec: GeoTiffSpec,
    value: impl Fn(usize, usize) -> T,
    mut parts: Parts,
    is_big: bool,
) -> Result<Vec<u8>, WriteError> {
    let mut levels = Level::all(spec);
    let heads = |levels: &[Level]| {
        head(
            levels.iter().map(|level| level.fields::<T>(spec, is_big)).collect(),
            is_big,
        )
    };
    let head_bytes = heads(&levels).len();
    // Smallest first: who reads the file from its beginning has seen all of it early.
    for level in levels.iter_mut().rev() {
        level.write(spec, &value, head_bytes, &mut parts)?;
    }
    Ok(parts.finish(heads(&levels)))
}

/// Where the image lies on the ground.
fn place(geo: &GeoRef) -> Vec<Field> {
    let mut fields = Vec::new();
    let [x, a, b, y, d, e] = geo.transform;
    if b == 0.0 && d == 0.0 && a > 0.0 && e < 0.0 {
        fields.push(Field::doubles(33550, &[a, -e, 0.0]));
        fields.push(Field::doubles(33922, &[0.0, 0.0, 0.0, x, y, 0.0]));
    } else {
        let matrix = [a, b, 0.0, x, d, e, 0.0, y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        fields.push(Field::doubles(34264, &matrix));
    }
    if geo.keys.directory.len() >= 4 {
        fields.push(Field::shorts(34735, &geo.keys.directory));
        if !geo.keys.doubles.is_empty() {
            fields.push(Field::doubles(34736, &geo.keys.doubles));
        }
        if !geo.keys.ascii.is_empty() {
            fields.push(Field::text(34737, &geo.keys.ascii));
        }
    }
    fields
}
