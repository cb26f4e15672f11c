//! Windows of a TIFF as numbers.

use std::borrow::Cow;

use super::{
    chunk::{self, ChunkShape, Compression},
    ifd::Layout,
    image::{TiffImage, Window},
    jpeg, lerc,
    parts::{Kind, TiffError},
    webp,
};

/// A chunk's samples and how they lie.
type Chunk<'a> = (Cow<'a, [u8]>, ChunkShape);

impl TiffImage {
    /// Calls `put(position, value)` for every pixel of the window and every band of `bands`; positions count as
    /// `[row, column, band]`. What was never written is nodata, or 0 without one. What lies outside the image is not
    /// visited.
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
                    let chunk = self.chunk_data(number, rows)?;
                    let part = Window {
                        y: (down * chunk_height).max(window.y),
                        x: (across * chunk_width).max(window.x),
                        height: (down * chunk_height + rows).min(bottom),
                        width: ((across + 1) * chunk_width).min(right),
                    };
                    let Some((data, shape)) = chunk else {
                        let never_written = self.nodata.unwrap_or(0.0);
                        for y in part.y..part.height {
                            for x in part.x..part.width {
                                let at = ((y - window.y) * window.width + x - window.x) * bands.len();
                                picks.iter().for_each(|(_, place)| put(at + place, never_written));
                            }
                        }
                        continue;
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
        let shape = self.shape(rows).ok_or(TiffError::Truncated)?;
        let Some(raw) = self.encoded(number, shape.bytes())? else {
            return Ok(None);
        };
        let picture = match self.compression {
            Compression::Jpeg => Some(jpeg::decode(&raw, &self.jpeg.tables, self.jpeg.ycbcr, shape)?),
            Compression::WebP => Some(webp::decode(&raw, shape)?),
            Compression::Lerc => Some(lerc::decode(&raw, self.lerc, self.kind, shape)?),
            _ => None,
        };
        if let Some(data) = picture {
            return Ok(Some((data.into(), shape)));
        }
        let raw = match self.reversed_bits {
            false => raw,
            // It is the file's bytes that are turned, so before they are decompressed.
            true => raw.iter().map(|byte| byte.reverse_bits()).collect::<Vec<u8>>().into(),
        };
        let (packing, layout) = (self.compression, self.layout);
        let data = match raw {
            Cow::Borrowed(raw) => chunk::decode(raw, packing, self.predictor, shape, layout)?,
            Cow::Owned(raw) => Cow::Owned(chunk::decode(&raw, packing, self.predictor, shape, layout)?.into_owned()),
        };
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
            (&[a, b], Kind::Float) => half(layout.u16([a, b])),
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

/// A float of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::half;

    /// Values of IEEE 754-2019, table 3.5 and annex examples: one, the smallest and the largest, minus two.
    #[test]
    fn half_floats() {
        let values = [0x3c00, 0x0001, 0x7bff, 0xc000, 0x7c00, 0x3555].map(half);
        let expected = [1.0, 2f64.powi(-24), 65504.0, -2.0, f64::INFINITY, 0.333_251_953_125];
        assert_eq!(values, expected);
        assert!(half(0x7e00).is_nan());
    }
}
