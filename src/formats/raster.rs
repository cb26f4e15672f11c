//! A decoded image as plain numbers.

use std::sync::Arc;

pub use super::chosen_bands::{ChosenBands, MAX_BANDS, ReadBands};
pub use super::samples::{Brightness, OwnRanges, Ranges, Samples, luma, percentiles, to_8_bit};

/// A decoded image, upright (its EXIF orientation is already applied).
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    /// 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA; of a stack (see [`ChosenBands`]) its bands and alpha, if it has one.
    pub bands: u8,
    /// `width * height * bands` numbers. Alpha is 0 where nothing was measured, else the largest number of the type (1
    /// of floats).
    pub samples: Samples,
    /// Bits a sample had in the file (1, 2, 4, 8, 16, ...); fewer than 8 are scaled to 8.
    pub source_bits: u8,
    /// Of an image of more than 8 bits.
    pub own_ranges: Option<Arc<OwnRanges>>,
    /// The range in force; none for the image's own, or the whole range of the type if it has none.
    pub ranges: Option<Ranges>,
    /// Numbers of 8 bits at most are darker the greater they are, as the file has it; brightness is turned over, the
    /// samples are not: in a mask they are numbers.
    pub white_is_zero: bool,
    /// The colours are those of a palette: few and exact.
    pub is_palette: bool,
    /// Which of the file's bands these are; none where nobody asked, or the file has not all that were asked for.
    pub chosen: Option<Arc<ChosenBands>>,
    /// Bands that the file has, where they are more than these; else 0.
    pub file_bands: u32,
    /// The file's samples are floating point.
    pub is_float: bool,
    /// Alpha tells where the file has no data (nodata, a mask), not how a drawing fades.
    pub alpha_is_missing: bool,
    /// The file's alpha holds many values, as infrared would.
    pub alpha_may_be_band: bool,
    /// The file is an animation, the rest of it was left out.
    pub first_frame_only: bool,
    /// The file asked to be turned or mirrored, and was.
    pub exif_rotated: bool,
}

/// Pixels looked at for an image's own range at most.
const OWN_RANGE_PX: usize = 1_000_000;
/// Share of the pixels that an image's own range clamps at each end.
const OWN_CLIP: f64 = 0.02;

impl Raster {
    /// An 8-bit raster; `None` if the numbers do not fit together.
    pub fn from_u8(width: u32, height: u32, bands: u8, samples: Vec<u8>) -> Option<Raster> {
        Raster::new(width, height, bands, samples.into(), 8)
    }

    /// A 16-bit raster; `None` if the numbers do not fit together.
    pub fn from_u16(width: u32, height: u32, bands: u8, samples: Vec<u16>) -> Option<Raster> {
        Raster::new(width, height, bands, samples.into(), 16)
    }

    /// A raster; `None` if a side is 0, `bands` is not 1 to 4, or the number of samples is wrong.
    pub fn new(width: u32, height: u32, bands: u8, samples: Samples, source_bits: u8) -> Option<Raster> {
        (bands <= 4).then(|| Raster::of_any_bands(width, height, bands, samples, source_bits))?
    }

    /// A stack of bands, with one more where something can be missing; `None` if the numbers do not fit together.
    pub fn stack(
        [width, height]: [u32; 2],
        chosen: Arc<ChosenBands>,
        has_alpha: bool,
        samples: Samples,
        source_bits: u8,
    ) -> Option<Raster> {
        let bands = chosen.is_sound().then_some(chosen.numbers.len())? + usize::from(has_alpha);
        let raster = Raster::of_any_bands(width, height, bands as u8, samples, source_bits)?;
        Some(Raster {
            chosen: Some(chosen),
            ..raster
        })
    }

    fn of_any_bands(width: u32, height: u32, bands: u8, samples: Samples, source_bits: u8) -> Option<Raster> {
        let expected = (u64::from(width) * u64::from(height)).saturating_mul(u64::from(bands));
        if expected == 0 || samples.len() as u64 != expected {
            return None;
        }
        Some(Raster {
            width,
            height,
            bands,
            samples,
            source_bits,
            own_ranges: None,
            ranges: None,
            white_is_zero: false,
            is_palette: false,
            chosen: None,
            file_bands: 0,
            is_float: false,
            alpha_is_missing: false,
            alpha_may_be_band: false,
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
            Samples::F32(v) => v.len() as u64 * 4,
        }
    }

    /// Whether what is black and what is white has to be said: the samples are numbers of more than 8 bits.
    pub fn is_wide(&self) -> bool {
        self.own_ranges.is_some()
    }

    /// Bands without alpha.
    pub fn measured_bands(&self) -> usize {
        usize::from(self.bands) - usize::from(self.has_alpha())
    }

    /// The same pixels, shown from black to white by other numbers. An image of 8 bits stays what it is.
    pub fn in_ranges(&self, ranges: Option<Ranges>) -> Raster {
        Raster {
            ranges: ranges.filter(|_| self.is_wide()),
            ..self.clone()
        }
    }

    /// Finds the image's own range; `before` is [`OwnRanges::before`].
    pub fn suggest_ranges(&mut self, before: Ranges) {
        let spread = self.spread(OWN_RANGE_PX);
        let stretched = spread.into_iter().map(|mut band| percentiles(&mut band, OWN_CLIP));
        self.own_ranges = Some(Arc::new(OwnRanges {
            stretched: stretched.collect(),
            before,
        }));
    }

    /// How the numbers of a band become brightness. A range of one band is for all.
    pub fn brightness(&self, band: usize) -> Brightness {
        let own = self.own_ranges.as_ref().map(|own| &own.stretched);
        let ranges = self.ranges.as_ref().or(own);
        let range = ranges.and_then(|r| r.get(band).or(r.last()).copied());
        Brightness::new(range.unwrap_or(self.samples.type_range()))
    }

    /// Up to about `most` numbers of each band but alpha, evenly spread over the image; missing pixels are left out.
    pub fn spread(&self, most: usize) -> Vec<Vec<f32>> {
        let (bands, measured) = (usize::from(self.bands).max(1), self.measured_bands());
        let pixels = self.pixels() as usize;
        // Odd, so that it does not fall into step with a common width.
        let step = pixels.div_ceil(most.max(1)).max(1) | 1;
        let mut all = vec![Vec::new(); measured];
        for pixel in (0..pixels).step_by(step) {
            let at = pixel * bands;
            if self.has_alpha() && self.samples.number(at + measured) == 0.0 {
                continue;
            }
            for (band, values) in all.iter_mut().enumerate() {
                let number = self.samples.number(at + band);
                if number.is_finite() {
                    values.push(number);
                }
            }
        }
        all
    }

    pub fn has_alpha(&self) -> bool {
        match self.as_stack() {
            Some(stack) => usize::from(self.bands) > stack.numbers.len(),
            None => self.bands == 2 || self.bands == 4,
        }
    }

    /// What its bands are, if they are neither grey nor red, green and blue.
    pub fn as_stack(&self) -> Option<&ChosenBands> {
        let chosen = self.chosen.as_deref()?;
        ChosenBands::is_stack(chosen.numbers.len()).then_some(chosen)
    }

    /// Bands that can be asked of its file.
    pub fn bands_of_file(&self) -> u32 {
        self.file_bands.max(self.measured_bands() as u32)
    }

    /// Whether it holds exactly these bands of its file, by number from 1, in this order. Where there is no choice, and
    /// nobody made one, it has all of them as they are.
    pub fn holds_bands(&self, numbers: &[u32]) -> bool {
        match &self.chosen {
            Some(chosen) => chosen.numbers == numbers,
            None => self.file_bands == 0 && numbers.iter().copied().eq(1..=self.measured_bands() as u32),
        }
    }

    /// Number of the first sample of a pixel; coordinates beyond the edge mean the edge.
    fn offset(&self, x: u32, y: u32) -> usize {
        let x = x.min(self.width.saturating_sub(1)) as usize;
        let y = y.min(self.height.saturating_sub(1)) as usize;
        (y * self.width as usize + x) * self.bands as usize
    }

    fn sample8(&self, at: usize, band: usize) -> u8 {
        match &self.samples {
            Samples::U8(v) if !self.is_wide() => {
                let number = v.get(at).copied().unwrap_or(0);
                if self.white_is_zero { 255 - number } else { number }
            }
            Samples::U16(v) if !self.is_wide() => v.get(at).copied().map_or(0, to_8_bit),
            samples => to_8_bit(self.brightness(band).of(samples.number(at))),
        }
    }

    pub(super) fn alpha8(&self, at: usize) -> u8 {
        match &self.samples {
            Samples::U8(v) => v.get(at).copied().unwrap_or(0),
            // Only what is 0 in the file is without data.
            Samples::U16(v) => v.get(at).map_or(0, |v| to_8_bit(*v).max(u8::from(*v > 0))),
            // `as` saturates.
            Samples::F32(v) => v
                .get(at)
                .map_or(0, |v| ((v * 255.0).round() as u8).max(u8::from(*v > 0.0))),
        }
    }

    /// Alpha of a pixel as 8 bits; 255 of an image without.
    pub fn alpha8_at(&self, x: u32, y: u32) -> u8 {
        match self.has_alpha() {
            true => self.alpha8(self.offset(x, y) + self.measured_bands()),
            false => 255,
        }
    }

    /// A pixel as 8-bit RGBA; coordinates beyond the edge mean the edge.
    pub fn rgba8_at(&self, x: u32, y: u32) -> [u8; 4] {
        let at = self.offset(x, y);
        if let Some(stack) = self.as_stack() {
            let [r, g, b] = stack.shown.map(|band| self.sample8(at + band, band));
            let missing = usize::from(self.bands) > stack.numbers.len();
            let a = if missing {
                self.alpha8(at + stack.numbers.len())
            } else {
                255
            };
            return [r, g, b, a];
        }
        match self.bands {
            1 | 2 => {
                let v = self.sample8(at, 0);
                let a = if self.bands == 2 { self.alpha8(at + 1) } else { 255 };
                [v, v, v, a]
            }
            _ => {
                let a = if self.bands == 4 { self.alpha8(at + 3) } else { 255 };
                [self.sample8(at, 0), self.sample8(at + 1, 1), self.sample8(at + 2, 2), a]
            }
        }
    }

    /// Whether the network sees more than 256 levels of it.
    pub fn is_deep(&self) -> bool {
        self.is_wide() || !matches!(self.samples, Samples::U8(_))
    }

    /// Pixels as 16-bit numbers as the network sees them, by the range in force: red, green, blue and alpha, of a stack its
    /// bands and alpha (`out` holds one more than it has bands). Alpha is 0 or 65535. Coordinates beyond the edge mean the
    /// edge.
    pub fn levels16(&self) -> impl Fn(u32, u32, &mut [u16]) + '_ {
        let measured = self.measured_bands();
        let bands: Vec<Brightness> = (0..measured).map(|band| self.brightness(band)).collect();
        move |x, y, out| {
            let at = self.offset(x, y);
            let level = |band: usize| match bands.get(band) {
                Some(brightness) if self.is_deep() => brightness.of(self.samples.number(at + band)),
                _ => u16::from(self.sample8(at + band, band)) * 257,
            };
            let Some((alpha, colours)) = out.split_last_mut() else {
                return;
            };
            *alpha = if self.alpha8_at(x, y) == 0 { 0 } else { u16::MAX };
            for (band, colour) in colours.iter_mut().enumerate() {
                *colour = level(if measured == 1 { 0 } else { band });
            }
        }
    }

    /// Whether every band but alpha is 0 and the pixel is opaque.
    pub fn is_opaque_black(&self, x: u32, y: u32) -> bool {
        if !self.is_wide() {
            return self.rgba8_at(x, y) == [0, 0, 0, 255];
        }
        let (at, measured) = (self.offset(x, y), self.measured_bands());
        (0..measured).all(|band| self.samples.number(at + band) == 0.0)
            && (!self.has_alpha() || self.alpha8(at + measured) == 255)
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
        self.remapped(width, height, |x, y| (x, y))
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
            Samples::U8(v) => pick(v, bands, starts).into(),
            Samples::U16(v) => pick(v, bands, starts).into(),
            Samples::F32(v) => pick(v, bands, starts).into(),
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
            samples: Vec::<u8>::new().into(),
            ..self.clone()
        }
    }

    /// An image without alpha with one: 0 where every band that is shown has its value for nothing. `values`: of the
    /// bands in their order, the last one of those that follow too.
    pub fn with_nodata(&self, values: &[f64]) -> Raster {
        let bands = usize::from(self.bands);
        let number = |band: usize| {
            self.chosen
                .as_ref()
                .and_then(|chosen| chosen.numbers.get(band).copied())
        };
        let in_file = |band: usize| number(band).map_or(band, |number| number as usize - 1);
        let of = |band: usize| {
            values
                .get(in_file(band))
                .or(values.last())
                .map_or(f32::NAN, |v| *v as f32)
        };
        let nodata: Vec<f32> = (0..bands).map(of).collect();
        let same = |number: f32, nodata: f32| number == nodata || number.is_nan() && nodata.is_nan();
        let is_missing = |pixel: usize| {
            let numbers = (0..bands).map(|band| self.samples.number(pixel * bands + band));
            numbers.zip(&nodata).all(|(number, nodata)| same(number, *nodata))
        };
        self.with_data(|pixel| !is_missing(pixel))
    }

    /// The image with an alpha that is 0 where a pixel, counted row by row, has no data, and the largest number of its type
    /// elsewhere, whatever alpha it had.
    pub fn with_data(&self, has_data: impl Fn(usize) -> bool) -> Raster {
        let (bands, measured) = (usize::from(self.bands).max(1), self.measured_bands());
        let has_data = &has_data;
        fn extended<T: Copy>(v: &[T], bands: usize, measured: usize, alpha: impl Fn(usize) -> T) -> Vec<T> {
            let pixels = v.chunks_exact(bands);
            let mut out = Vec::with_capacity(pixels.len() * (measured + 1));
            for (at, pixel) in pixels.enumerate() {
                out.extend_from_slice(&pixel[..measured]);
                out.push(alpha(at));
            }
            out
        }
        let samples = match &self.samples {
            Samples::U8(v) => extended(v, bands, measured, |at| if has_data(at) { u8::MAX } else { 0 }).into(),
            Samples::U16(v) => extended(v, bands, measured, |at| if has_data(at) { u16::MAX } else { 0 }).into(),
            Samples::F32(v) => extended(v, bands, measured, |at| if has_data(at) { 1.0 } else { 0.0 }).into(),
        };
        let mut out = Raster {
            bands: measured as u8 + 1,
            samples,
            alpha_is_missing: true,
            ..self.header_only()
        };
        if let Some(own) = &self.own_ranges {
            out.suggest_ranges(own.before.clone());
        }
        out
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
            Samples::F32(v) => v.iter().skip(step - 1).step_by(step).any(|a| *a < 1.0),
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
    fn only_alpha_0_of_16_bits_is_0_in_8() {
        let r = Raster::from_u16(4, 1, 2, vec![9, 0, 9, 1, 9, 127, 9, 65535]).unwrap();
        assert_eq!([0, 1, 2, 3].map(|x| r.alpha8_at(x, 0)), [0, 1, 1, 255]);
        assert_eq!(Raster::from_u8(1, 1, 1, vec![9]).unwrap().alpha8_at(0, 0), 255);
    }

    #[test]
    fn a_value_for_nothing_makes_pixels_transparent() {
        let r = Raster::from_u8(3, 1, 3, vec![0, 0, 0, 0, 7, 0, 9, 9, 9])
            .unwrap()
            .with_nodata(&[0.0]);
        assert_eq!([0, 1, 2].map(|x| r.rgba8_at(x, 0)[3]), [0, 255, 255]);
        let each = Raster::from_u8(2, 1, 3, vec![1, 2, 3, 1, 1, 1])
            .unwrap()
            .with_nodata(&[1.0, 2.0, 3.0]);
        assert_eq!([0, 1].map(|x| each.rgba8_at(x, 0)[3]), [0, 255]);
    }

    #[test]
    fn white_is_zero_is_seen_and_not_counted() {
        let r = Raster::from_u8(2, 1, 1, vec![0, 10]).unwrap();
        let turned = Raster {
            white_is_zero: true,
            ..r.clone()
        };
        assert_eq!((turned.rgba8_at(1, 0)[0], turned.samples.number(1)), (245, 10.0));
        let seen = Raster::from_u8(2, 1, 1, vec![255, 245]).unwrap();
        assert_eq!(turned.pixel_hash(), seen.pixel_hash());
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
        assert_eq!(c.samples, vec![1u8, 2, 4, 5].into());
        assert_eq!((c.width, c.height), (2, 2));
        assert_ne!(r.pixel_hash(), c.pixel_hash());
        assert_eq!(r.pixel_hash(), r.clone().pixel_hash());
    }
}
