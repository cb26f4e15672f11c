//! GeoTIFF out: one band, Deflate, tiles of 256 pixels, directory before data, georeference and nodata as they came.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};

use crate::{formats::Parts, geo::GeoRef};

/// Side of a tile in pixels.
const TILE_PX: usize = 256;

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
    fn push(self, before: Self, out: &mut Vec<u8>);
}

impl Sample for u8 {
    const BITS: u16 = 8;
    const FORMAT: u16 = 1;
    const PREDICTOR: u16 = 1;
    fn push(self, _: u8, out: &mut Vec<u8>) {
        out.push(self);
    }
}

impl Sample for u16 {
    const BITS: u16 = 16;
    const FORMAT: u16 = 1;
    const PREDICTOR: u16 = 2;
    fn push(self, before: u16, out: &mut Vec<u8>) {
        out.extend(self.wrapping_sub(before).to_le_bytes());
    }
}

impl Sample for f32 {
    const BITS: u16 = 32;
    const FORMAT: u16 = 3;
    const PREDICTOR: u16 = 1;
    fn push(self, _: f32, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("compressing failed: {0}")]
    Deflate(#[from] std::io::Error),
    #[error("the file would be larger than 4 GiB")]
    TooLarge,
}

/// A tag with its values as bytes.
struct Field {
    tag: u16,
    kind: u16,
    count: usize,
    data: Vec<u8>,
}

impl Field {
    fn shorts(tag: u16, values: &[u16]) -> Field {
        Field {
            tag,
            kind: 3,
            count: values.len(),
            data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    fn longs(tag: u16, values: &[u32]) -> Field {
        Field {
            tag,
            kind: 4,
            count: values.len(),
            data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    fn doubles(tag: u16, values: &[f64]) -> Field {
        Field {
            tag,
            kind: 12,
            count: values.len(),
            data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    fn text(tag: u16, text: &str) -> Field {
        let data: Vec<u8> = text.bytes().chain([0]).collect();
        Field {
            tag,
            kind: 2,
            count: data.len(),
            data,
        }
    }

    /// Bytes that do not fit the directory's entry, an even number.
    fn bytes_beyond(&self) -> usize {
        match self.data.len() {
            0..=4 => 0,
            n => n.next_multiple_of(2),
        }
    }
}

/// Writes one band; `value(row, column)` is asked once a pixel. Gives the file's beginning, its directory, which
/// `parts` follows (see [`Parts::finish`]).
///
/// # Errors
/// If the file would pass the 4 GiB that a TIFF can address.
pub fn write<T: Sample>(
    spec: GeoTiffSpec,
    value: impl Fn(usize, usize) -> T,
    mut parts: Parts,
) -> Result<Vec<u8>, WriteError> {
    let count = spec.width.div_ceil(TILE_PX) * spec.height.div_ceil(TILE_PX);
    // The directory's length does not depend on what is in it.
    let none = vec![0; count];
    let head_bytes = Directory::new(fields::<T>(spec, &none, &none)).bytes();
    let (mut offsets, mut counts) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut raw = Vec::with_capacity(TILE_PX * TILE_PX * usize::from(T::BITS) / 8);
    for top in (0..spec.height).step_by(TILE_PX) {
        for left in (0..spec.width).step_by(TILE_PX) {
            raw.clear();
            for y in top..top + TILE_PX {
                let mut before = T::default();
                for x in left..left + TILE_PX {
                    // Beyond the edge the last pixel goes on: it compresses to nothing.
                    let v = value(y.min(spec.height - 1), x.min(spec.width - 1));
                    v.push(before, &mut raw);
                    before = v;
                }
            }
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&raw)?;
            let tile = encoder.finish()?;
            let at = head_bytes as u64 + parts.written();
            if at + tile.len() as u64 >= u64::from(u32::MAX) {
                return Err(WriteError::TooLarge);
            }
            offsets.push(at as u32);
            counts.push(tile.len() as u32);
            parts.push(&tile);
            if !tile.len().is_multiple_of(2) {
                parts.push(&[0]);
            }
        }
    }
    let head = Directory::new(fields::<T>(spec, &offsets, &counts)).write();
    Ok(parts.finish(head))
}

/// The file's header and its only directory, followed by those values that are too long for their entries.
struct Directory {
    fields: Vec<Field>,
}

impl Directory {
    fn new(fields: Vec<Field>) -> Self {
        Self { fields }
    }

    /// Bytes up to the values beyond the entries.
    fn entries_bytes(&self) -> usize {
        8 + 2 + 12 * self.fields.len() + 4
    }

    /// Bytes in all.
    fn bytes(&self) -> usize {
        self.entries_bytes() + self.fields.iter().map(Field::bytes_beyond).sum::<usize>()
    }

    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes());
        out.extend(b"II\x2a\0\x08\0\0\0");
        out.extend((self.fields.len() as u16).to_le_bytes());
        let mut beyond = self.entries_bytes();
        for field in &self.fields {
            out.extend(field.tag.to_le_bytes());
            out.extend(field.kind.to_le_bytes());
            out.extend((field.count as u32).to_le_bytes());
            if field.bytes_beyond() > 0 {
                out.extend((beyond as u32).to_le_bytes());
                beyond += field.bytes_beyond();
            } else {
                let mut inline = field.data.clone();
                inline.resize(4, 0);
                out.extend(inline);
            }
        }
        out.extend([0; 4]);
        for field in self.fields.iter().filter(|f| f.bytes_beyond() > 0) {
            out.extend(&field.data);
            if !out.len().is_multiple_of(2) {
                out.push(0);
            }
        }
        out
    }
}

/// The directory's entries, ascending by tag.
fn fields<T: Sample>(spec: GeoTiffSpec, offsets: &[u32], counts: &[u32]) -> Vec<Field> {
    let mut fields = vec![
        Field::longs(256, &[spec.width as u32]),
        Field::longs(257, &[spec.height as u32]),
        Field::shorts(258, &[T::BITS]),
        // Deflate.
        Field::shorts(259, &[8]),
        // 1: 0 is black. 3: palette.
        Field::shorts(262, &[if spec.palette.is_some() { 3 } else { 1 }]),
        Field::shorts(277, &[1]),
        Field::shorts(284, &[1]),
        Field::text(305, concat!("Groundmask ", env!("CARGO_PKG_VERSION"))),
        Field::shorts(317, &[T::PREDICTOR]),
        Field::longs(322, &[TILE_PX as u32]),
        Field::longs(323, &[TILE_PX as u32]),
        Field::longs(324, offsets),
        Field::longs(325, counts),
        Field::shorts(339, &[T::FORMAT]),
    ];
    if let Some(palette) = spec.palette {
        let channel = |c: usize| (0..256).map(move |i| palette.get(i).map_or(0, |rgb| u16::from(rgb[c]) * 257));
        fields.push(Field::shorts(320, &(0..3).flat_map(channel).collect::<Vec<_>>()));
    }
    if let Some(geo) = spec.geo {
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
    }
    if let Some(nodata) = spec.nodata {
        fields.push(Field::text(42113, &format!("{nodata}")));
    }
    fields.sort_by_key(|f| f.tag);
    fields
}
