//! Windows of a TIFF as numbers.

use std::borrow::Cow;

use super::{
    Kind, TiffError, TiffImage, Window,
    chunk::{self, ChunkShape, Compression},
    ifd::Layout,
    jpeg,
};

/// A chunk's samples and how they lie.
type Chunk<'a> = (Cow<'a, [u8]>, ChunkShape);

impl TiffImage {
    /// Calls `put(position, value)` for every pixel of the window and every band of `bands`; positions count as
    /// `[row, column, band]`. What lies outside the image or was never written is not visited.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn visit(&self, window: Window, bands: &[usize], put: &mut impl FnMut(usize, f64)) -> Result<(), TiffError> {
        let bottom = (window.y + window.height).min(self.height as usize);
        let right = (window.x + window.width).min(self.width as usize);
        if window.y >= bottom || window.x >= right {
            return Ok(());
        }
        let [chunk_height, chunk_width] = self.chunk;
        for down in window.y / chunk_height..bottom.div_ceil(chunk_height) {
            for across in window.x / chunk_width..right.div_ceil(chunk_width) {
                let rows = if self.tiled {
                    chunk_height
                } else {
                    chunk_height.min(self.height as usize - down * chunk_height)
                };
                let number = down * self.chunks_across() + across;
                for plane in 0..self.planes() {
                    // Pairs of (sample of this chunk, place among the bands asked for).
                    let picks: Vec<(usize, usize)> = bands
                        .iter()
                        .enumerate()
                        .filter(|(_, band)| !self.planar || **band == plane)
                        .map(|(place, band)| (if self.planar { 0 } else { *band }, place))
                        .collect();
                    if picks.is_empty() {
                        continue;
                    }
                    let number = plane * self.chunks_down() * self.chunks_across() + number;
                    let Some((data, shape)) = self.chunk_data(number, rows)? else {
                        continue;
                    };
                    let part = Window {
                        y: (down * chunk_height).max(window.y),
                        x: (across * chunk_width).max(window.x),
                        height: (down * chunk_height + rows).min(bottom),
                        width: ((across + 1) * chunk_width).min(right),
                    };
                    for y in part.y..part.height {
                        let row = &data[(y - down * chunk_height) * shape.row_bytes()..][..shape.row_bytes()];
                        for x in part.x..part.width {
                            let pixel = (x - across * chunk_width) * shape.samples;
                            let at = ((y - window.y) * window.width + x - window.x) * bands.len();
                            for (sample, place) in &picks {
                                put(at + place, self.value(row, pixel + sample));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A chunk's samples; `None` if it was never written.
    fn chunk_data(&self, number: usize, rows: usize) -> Result<Option<Chunk<'_>>, TiffError> {
        let (Some(&(offset, length)), Some(shape)) = (self.places.get(number), self.shape(rows)) else {
            return Err(TiffError::Truncated);
        };
        if offset == 0 && length == 0 {
            return Ok(None);
        }
        let length = if length == u64::MAX {
            shape.bytes() as u64
        } else {
            length
        };
        let end = offset.checked_add(length).ok_or(TiffError::Truncated)?;
        let range = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(end).ok())
            .ok_or(TiffError::Truncated)?;
        let raw = self.bytes.get(range.0..range.1).ok_or(TiffError::Truncated)?;
        if self.compression == Compression::Jpeg {
            let data = jpeg::decode(raw, &self.jpeg.tables, self.jpeg.rgb && shape.samples == 3, shape)?;
            return Ok(Some((data.into(), shape)));
        }
        let data = chunk::decode(raw, self.compression, self.predictor, shape, self.layout)?;
        Ok(Some((data, shape)))
    }

    fn value(&self, row: &[u8], sample: usize) -> f64 {
        let bytes = self.bits / 8;
        let Some(raw) = row.get(sample * bytes..(sample + 1) * bytes).filter(|_| bytes > 0) else {
            let at = sample * self.bits;
            let byte = row.get(at / 8).copied().unwrap_or(0);
            return f64::from(byte >> (8 - self.bits - at % 8) & ((1 << self.bits) - 1));
        };
        // The floating point predictor leaves the most significant byte first, whatever the file's order.
        let layout = Layout {
            big_endian: self.layout.big_endian || self.predictor == 3,
            ..self.layout
        };
        match (raw, self.kind) {
            (&[b], Kind::Signed) => f64::from(b as i8),
            (&[b], _) => f64::from(b),
            (&[a, b], Kind::Signed) => f64::from(layout.u16([a, b]) as i16),
            (&[a, b], _) => f64::from(layout.u16([a, b])),
            (&[a, b, c, d], Kind::Float) => f64::from(f32::from_bits(layout.u32([a, b, c, d]))),
            (&[a, b, c, d], Kind::Signed) => f64::from(layout.u32([a, b, c, d]) as i32),
            (&[a, b, c, d], Kind::Unsigned) => f64::from(layout.u32([a, b, c, d])),
            (&[a, b, c, d, e, f, g, h], Kind::Float) => f64::from_bits(layout.u64([a, b, c, d, e, f, g, h])),
            (&[a, b, c, d, e, f, g, h], Kind::Signed) => layout.u64([a, b, c, d, e, f, g, h]) as i64 as f64,
            (&[a, b, c, d, e, f, g, h], Kind::Unsigned) => layout.u64([a, b, c, d, e, f, g, h]) as f64,
            _ => 0.0,
        }
    }
}
