//! A decoded image as plain numbers.

use std::hash::Hasher;

/// Samples of a [`Raster`], row by row, the bands of a pixel side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
}

impl Samples {
    pub fn len(&self) -> usize {
        match self {
            Samples::U8(v) => v.len(),
            Samples::U16(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A decoded image, upright (its EXIF orientation is already applied).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    /// 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA.
    pub bands: u8,
    /// `width * height * bands` numbers.
    pub samples: Samples,
    /// Bits a sample had in the file (1, 2, 4, 8 or 16); the samples are scaled to 8 or 16.
    pub source_bits: u8,
    /// The file is an animation, the rest of it was left out.
    pub first_frame_only: bool,
    /// The file asked to be turned or mirrored, and was.
    pub exif_rotated: bool,
}

/// Luma of ITU-R 601-2 in Pillow's integer form, for 8 and 16 bit alike.
pub fn luma(r: u32, g: u32, b: u32) -> u32 {
    // u64: 16 bit samples times 65536 just overflow 32 bits.
    ((19595 * u64::from(r) + 38470 * u64::from(g) + 7471 * u64::from(b) + 0x8000) >> 16) as u32
}

/// 0..=65535 to 0..=255, rounded.
pub fn to_8_bit(value: u16) -> u8 {
    ((u32::from(value) * 255 + 32767) / 65535) as u8
}

impl Raster {
    /// An 8-bit raster; `None` if the numbers do not fit together.
    pub fn from_u8(width: u32, height: u32, bands: u8, samples: Vec<u8>) -> Option<Raster> {
        Raster::new(width, height, bands, Samples::U8(samples), 8)
    }

    /// A 16-bit raster; `None` if the numbers do not fit together.
    pub fn from_u16(width: u32, height: u32, bands: u8, samples: Vec<u16>) -> Option<Raster> {
        Raster::new(width, height, bands, Samples::U16(samples), 16)
    }

    /// A raster; `None` if a side is 0, `bands` is not 1 to 4, or the number of samples is wrong.
    pub fn new(width: u32, height: u32, bands: u8, samples: Samples, source_bits: u8) -> Option<Raster> {
        let expected = (u64::from(width) * u64::from(height)).saturating_mul(u64::from(bands));
        if expected == 0 || bands > 4 || samples.len() as u64 != expected {
            return None;
        }
        Some(Raster {
            width,
            height,
            bands,
            samples,
            source_bits,
            first_frame_only: false,
            exif_rotated: false,
        })
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Bytes held by the samples.
    pub fn bytes(&self) -> u64 {
        match &self.samples {
            Samples::U8(v) => v.len() as u64,
            Samples::U16(v) => v.len() as u64 * 2,
        }
    }

    pub fn has_alpha(&self) -> bool {
        self.bands == 2 || self.bands == 4
    }

    /// Number of the first sample of a pixel; coordinates beyond the edge mean the edge.
    fn offset(&self, x: u32, y: u32) -> usize {
        let x = x.min(self.width.saturating_sub(1)) as usize;
        let y = y.min(self.height.saturating_sub(1)) as usize;
        (y * self.width as usize + x) * self.bands as usize
    }

    fn sample8(&self, at: usize) -> u8 {
        match &self.samples {
            Samples::U8(v) => v.get(at).copied().unwrap_or(0),
            Samples::U16(v) => v.get(at).copied().map_or(0, to_8_bit),
        }
    }

    /// A pixel as 8-bit RGBA; coordinates beyond the edge mean the edge.
    pub fn rgba8_at(&self, x: u32, y: u32) -> [u8; 4] {
        let at = self.offset(x, y);
        match self.bands {
            1 | 2 => {
                let v = self.sample8(at);
                let a = if self.bands == 2 { self.sample8(at + 1) } else { 255 };
                [v, v, v, a]
            }
            _ => {
                let a = if self.bands == 4 { self.sample8(at + 3) } else { 255 };
                [self.sample8(at), self.sample8(at + 1), self.sample8(at + 2), a]
            }
        }
    }

    /// Pillow's integer luma of a pixel, 0..=255; alpha is ignored.
    pub fn luma8_at(&self, x: u32, y: u32) -> u8 {
        let [r, g, b, _] = self.rgba8_at(x, y);
        if self.bands <= 2 {
            return r;
        }
        luma(r.into(), g.into(), b.into()) as u8
    }

    /// The top-left `width` x `height` pixels (at most the whole).
    pub fn top_left(&self, width: u32, height: u32) -> Raster {
        let width = width.clamp(1, self.width);
        let height = height.clamp(1, self.height);
        let line = self.width as usize * self.bands as usize;
        let keep = width as usize * self.bands as usize;
        fn rows<T: Copy>(v: &[T], line: usize, keep: usize, height: usize) -> Vec<T> {
            v.chunks_exact(line.max(1))
                .take(height)
                .flat_map(|row| &row[..keep])
                .copied()
                .collect()
        }
        let samples = match &self.samples {
            Samples::U8(v) => Samples::U8(rows(v, line, keep, height as usize)),
            Samples::U16(v) => Samples::U16(rows(v, line, keep, height as usize)),
        };
        Raster {
            width,
            height,
            samples,
            ..self.header_only()
        }
    }

    /// A raster of this size whose pixel at (x, y) is that of `from(x, y)` here; beyond the edge is the edge.
    pub fn remapped(&self, width: u32, height: u32, from: impl Fn(u32, u32) -> (u32, u32)) -> Raster {
        let bands = usize::from(self.bands);
        let (from, offset) = (&from, |(x, y)| self.offset(x, y));
        let starts = (0..height)
            .flat_map(|y| (0..width).map(move |x| from(x, y)))
            .map(offset);
        fn pick<T: Copy>(v: &[T], bands: usize, starts: impl Iterator<Item = usize>) -> Vec<T> {
            starts.flat_map(|at| &v[at..at + bands]).copied().collect()
        }
        let samples = match &self.samples {
            Samples::U8(v) => Samples::U8(pick(v, bands, starts)),
            Samples::U16(v) => Samples::U16(pick(v, bands, starts)),
        };
        Raster {
            width,
            height,
            samples,
            ..self.header_only()
        }
    }

    /// A copy without its samples.
    pub(crate) fn header_only(&self) -> Raster {
        Raster {
            samples: Samples::U8(Vec::new()),
            width: self.width,
            height: self.height,
            bands: self.bands,
            source_bits: self.source_bits,
            first_frame_only: self.first_frame_only,
            exif_rotated: self.exif_rotated,
        }
    }

    /// Any pixel that is not fully opaque?
    pub fn any_transparent(&self) -> bool {
        if !self.has_alpha() {
            return false;
        }
        let step = self.bands as usize;
        match &self.samples {
            Samples::U8(v) => v.iter().skip(step - 1).step_by(step).any(|a| *a < u8::MAX),
            Samples::U16(v) => v.iter().skip(step - 1).step_by(step).any(|a| *a < u16::MAX),
        }
    }

    /// 64-bit FNV-1a over size, bands and samples: equal images have equal hashes on every platform.
    pub fn pixel_hash(&self) -> u64 {
        let mut h = Fnv(0xcbf2_9ce4_8422_2325);
        h.write(&self.width.to_le_bytes());
        h.write(&self.height.to_le_bytes());
        h.write(&[self.bands]);
        match &self.samples {
            Samples::U8(v) => h.write(v),
            Samples::U16(v) => v.iter().for_each(|s| h.write(&s.to_le_bytes())),
        }
        h.finish()
    }
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_is_pillows() {
        for (rgb, expected) in [
            ([255, 0, 0], 76),
            ([0, 255, 0], 150),
            ([0, 0, 255], 29),
            ([10, 20, 30], 18),
        ] {
            let r = Raster::from_u8(1, 1, 3, rgb.to_vec()).unwrap();
            assert_eq!(r.luma8_at(0, 0), expected, "{rgb:?}");
        }
        assert_eq!(luma(65535, 65535, 65535), 65535);
    }

    #[test]
    fn pixels_beyond_the_edge_are_the_edge() {
        let r = Raster::from_u8(2, 1, 2, vec![1, 2, 3, 4]).unwrap();
        assert_eq!(r.rgba8_at(9, 9), [3, 3, 3, 4]);
        assert!(Raster::from_u8(2, 2, 3, vec![0; 11]).is_none());
        assert!(Raster::from_u8(0, 2, 3, vec![]).is_none());
    }

    #[test]
    fn sixteen_bits_round_to_eight() {
        assert_eq!(to_8_bit(0), 0);
        assert_eq!(to_8_bit(128), 0);
        assert_eq!(to_8_bit(129), 1);
        assert_eq!(to_8_bit(257 * 200), 200);
        assert_eq!(to_8_bit(65535), 255);
    }

    #[test]
    fn top_left_and_hash() {
        let r = Raster::from_u8(3, 2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let c = r.top_left(2, 2);
        assert_eq!(c.samples, Samples::U8(vec![1, 2, 4, 5]));
        assert_eq!((c.width, c.height), (2, 2));
        assert_ne!(r.pixel_hash(), c.pixel_hash());
        assert_eq!(r.pixel_hash(), r.clone().pixel_hash());
    }
}
