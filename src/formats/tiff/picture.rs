//! A TIFF as the raster that data set, model and page work with: numbers as in the file.

use std::sync::Arc;

use super::{
    image::{TiffImage, Window},
    parts::{Kind, TiffError},
};
use crate::formats::raster::{ChosenBands, MAX_BANDS, OwnRanges, Raster, Samples};
use crate::formats::samples::percentiles;

/// Which bands are read: one as grey, three as red, green, blue, or a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// By number from 0.
    pub picked: Vec<usize>,
    /// Of those that were asked for.
    pub chosen: Option<Arc<ChosenBands>>,
    /// Of more than 8 bits: what the image suggests as black and white.
    pub own_ranges: Option<Arc<OwnRanges>>,
}

/// Pixels looked at for an image's own range at most, of up to three bands.
const SAMPLE_PX: usize = 4_000_000;
/// Share of the pixels that an image's own range clamps at each end.
const CLIP: f64 = 0.02;

impl TiffImage {
    /// Bands that hold something measured: all but alpha.
    pub fn measured_bands(&self) -> Vec<usize> {
        // The inks of a pixel make one colour; none of them is a band to show.
        let bands = if self.cmyk { 3 } else { self.bands };
        (0..bands).filter(|band| Some(*band) != self.alpha).collect()
    }

    /// The bands to show unless the user chooses: one as grey, three or more as red, green, blue; those that the file
    /// calls so. Files of ten bands and more that call none so follow Sentinel-2, whose second to fourth bands are blue,
    /// green and red.
    pub fn default_bands(&self) -> Vec<usize> {
        let all = self.measured_bands();
        if let Some(named) = self.names.red_green_blue(&all, self.rgb) {
            return named;
        }
        match all.len() {
            0 => vec![0],
            1 | 2 => vec![all[0]],
            3..=9 => all[..3].to_vec(),
            _ => vec![all[3], all[2], all[1]],
        }
    }

    /// The bands asked for if the file has them all, else the default ones.
    pub fn pick(&self, asked: &[usize]) -> Vec<usize> {
        match self.has_all(asked) {
            true => asked.to_vec(),
            false => self.default_bands(),
        }
    }

    /// What the file calls its bands, in their order; empty where it says nothing.
    pub fn band_names(&self) -> Vec<String> {
        (0..self.bands).map(|band| self.names.of(band).to_owned()).collect()
    }

    fn has_all(&self, asked: &[usize]) -> bool {
        let colours = self.cmyk || self.palette.is_some() && ChosenBands::is_stack(asked.len());
        !colours && !asked.is_empty() && asked.iter().all(|band| *band < self.bands)
    }

    /// What [`pick`](Self::pick) gave of those asked for, with names; `None` if the file has not all of them.
    fn chosen(&self, asked: &[usize]) -> Option<ChosenBands> {
        let numbers = asked.iter().map(|band| *band as u32 + 1).collect();
        let names = asked.iter().map(|band| self.names.of(*band).to_owned()).collect();
        let usual: Option<Vec<usize>> = (self.default_bands().iter())
            .map(|band| asked.iter().position(|asked| asked == band))
            .collect();
        let shown = match (usual.as_deref(), asked.len()) {
            (Some([red, green, blue]), _) => [*red, *green, *blue],
            (Some([grey]), _) => [*grey; 3],
            (_, 0..3) => [0; 3],
            _ => [0, 1, 2],
        };
        self.has_all(asked).then_some(ChosenBands { numbers, names, shown })
    }

    /// How to read those asked for, or the default ones: numbers of 8 bits are brightness, for wider ones the image's own
    /// range is found.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn choose_asked(&self, asked: &[usize]) -> Result<Bands, TiffError> {
        let asked = &asked[..asked.len().min(MAX_BANDS)];
        let mut bands = Bands {
            picked: self.pick(asked),
            chosen: self.chosen(asked).map(Arc::new),
            own_ranges: None,
        };
        if !self.is_wide() {
            return Ok(bands);
        }
        let (mut measured, mut all) = self.sample(&bands)?;
        let small = |v: &f32| v.fract() == 0.0 && (0.0..=255.0).contains(v);
        let before = match all.as_slice() {
            [only] if only.iter().all(small) => [[0.0, 255.0]].into(),
            _ => all.iter_mut().map(|band| percentiles(band, CLIP)).collect(),
        };
        bands.own_ranges = Some(Arc::new(OwnRanges {
            stretched: measured.iter_mut().map(|band| percentiles(band, CLIP)).collect(),
            before,
        }));
        Ok(bands)
    }

    /// Whether numbers are more than brightness in 8 bits.
    fn is_wide(&self) -> bool {
        (self.bits > 8 || self.kind != Kind::Unsigned) && !self.cmyk
    }

    /// Numbers of some rows over the whole height, one list a band: those of pixels with data, and all but each band's
    /// own nodata.
    fn sample(&self, bands: &Bands) -> Result<(Sampled, Sampled), TiffError> {
        let whole = self.whole_window();
        let (width, height) = (whole.width, whole.height);
        let rows = self.chunk_rows();
        let chunks = height.div_ceil(rows);
        let most = sample_px(bands.picked.len());
        // Whole chunks cost what they cost; as many of them as the budget allows, spread evenly.
        let wanted = (most / (rows.min(height) * width).max(1)).clamp(1, chunks);
        let keep_every = (rows.min(height) * width / most).max(1);
        let mut measured = vec![Vec::new(); bands.picked.len()];
        let mut all = measured.clone();
        for i in 0..wanted {
            let y = (i * chunks / wanted + chunks / wanted / 2).min(chunks - 1) * rows;
            let window = Window {
                y: whole.y + y,
                x: whole.x,
                height: rows.min(height - y),
                width,
            };
            let part = self.raster(window, bands)?;
            let step = usize::from(part.bands);
            for pixel in (keep_every - 1..part.pixels() as usize).step_by(keep_every) {
                let at = pixel * step;
                let missing = part.has_alpha() && part.samples.number(at + step - 1) == 0.0;
                for (band, (measured, all)) in measured.iter_mut().zip(&mut all).enumerate() {
                    let number = part.samples.number(at + band);
                    if !self.is_nodata(f64::from(number)) {
                        all.push(number);
                        measured.extend((!missing).then_some(number));
                    }
                }
            }
        }
        Ok((measured, all))
    }

    /// A window as a raster: grey or RGB, with an alpha band (0 = nothing measured) where something can be missing.
    /// Numbers of up to 8 bits are scaled to 8, wider ones are those of the file.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn raster(&self, window: Window, bands: &Bands) -> Result<Raster, TiffError> {
        let samples: Samples = match (self.is_wide(), self.bits, self.kind) {
            (false, ..) => self.fill(window, bands, u8::MAX, |v| self.level(v))?.into(),
            (true, 16, Kind::Unsigned) => self.fill(window, bands, u16::MAX, |v| v as u16)?.into(),
            _ => self.fill(window, bands, 1.0, |v| v as f32)?.into(),
        };
        let (width, height) = (window.width as u32, window.height as u32);
        let bits = self.bits.min(64) as u8;
        let raster = match &bands.chosen {
            Some(chosen) if ChosenBands::is_stack(chosen.numbers.len()) => {
                Raster::stack([width, height], chosen.clone(), self.may_miss(), samples, bits)
            }
            _ => Raster::new(width, height, self.out_bands(bands) as u8, samples, bits),
        };
        let mut raster = raster.ok_or_else(|| TiffError::Damaged("an empty window".into()))?;
        raster.chosen = bands.chosen.clone();
        raster.file_bands = self.bands as u32;
        raster.own_ranges = bands.own_ranges.clone();
        raster.alpha_is_missing = self.alpha.is_none();
        raster.white_is_zero = self.inverted && !self.is_wide();
        raster.is_palette = self.palette.is_some();
        raster.is_float = self.kind == Kind::Float;
        Ok(raster)
    }

    /// Red, green and blue of ink on white paper, without a profile: what each ink and black leave of the light.
    fn colour_of_inks(&self, [cyan, magenta, yellow, black]: [f64; 4]) -> [u8; 3] {
        let most = if self.bits == 16 { 65535.0 } else { 255.0 };
        [cyan, magenta, yellow].map(|ink| ((most - ink) * (1.0 - black / most) * 255.0 / most) as u8)
    }

    /// A number of up to 8 bits as 0 to 255.
    fn level(&self, value: f64) -> u8 {
        let shown = match self.bits {
            8 => value,
            bits => value * 255.0 / f64::from((1u32 << bits) - 1),
        };
        // `as` saturates.
        shown.round() as u8
    }

    /// Bands of a raster of these.
    fn out_bands(&self, bands: &Bands) -> usize {
        self.colours(bands.picked.len()) + usize::from(self.may_miss())
    }

    fn colours(&self, picked: usize) -> usize {
        if self.palette.is_some() { 3 } else { picked.max(1) }
    }

    /// Samples of a window; `opaque`: alpha of what was measured.
    fn fill<T: Copy + Default + From<u8>>(
        &self,
        window: Window,
        bands: &Bands,
        opaque: T,
        number: impl Fn(f64) -> T,
    ) -> Result<Vec<T>, TiffError> {
        let colours = self.colours(bands.picked.len());
        let out_bands = self.out_bands(bands);
        let pixels = window.height * window.width;
        let asked = match self.cmyk {
            true => &[0, 1, 2, 3],
            false => &bands.picked[..colours.min(bands.picked.len())],
        };
        let mut inks = [0.0; 4];
        let mut out = vec![T::default(); pixels * out_bands];
        self.visit(window, asked, &mut |at, value| {
            if self.cmyk {
                // A pixel's inks come one after the other: they never lie in planes.
                inks[at % 4] = value;
                if at % 4 == 3 {
                    let to = at / 4 * out_bands;
                    for (to, v) in out[to..to + 3].iter_mut().zip(self.colour_of_inks(inks)) {
                        *to = T::from(v);
                    }
                }
                return;
            }
            let at = at / asked.len() * out_bands + at % asked.len();
            match &self.palette {
                Some(palette) => {
                    let colour = palette.get(value as usize).copied().unwrap_or_default();
                    for (to, v) in out[at..at + 3].iter_mut().zip(colour) {
                        *to = T::from(v);
                    }
                }
                None => out[at] = number(value),
            }
        })?;
        if self.may_miss() {
            out.iter_mut()
                .skip(out_bands - 1)
                .step_by(out_bands)
                .for_each(|alpha| *alpha = opaque);
            self.visit_missing(window, &mut |pixel| {
                if let Some(alpha) = out.get_mut((pixel + 1) * out_bands - 1) {
                    *alpha = T::default();
                }
            })?;
        }
        Ok(out)
    }

    /// The whole image as a raster.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn whole(&self, bands: &Bands) -> Result<Raster, TiffError> {
        self.raster(self.whole_window(), bands)
    }

    /// Bytes the whole image takes as a raster of the bands asked for.
    pub fn raster_bytes(&self, asked: &[usize]) -> u64 {
        let bands = self.colours(self.pick(asked).len()) + usize::from(self.may_miss());
        let bytes = match (self.is_wide(), self.bits, self.kind) {
            (false, ..) => 1,
            (true, 16, Kind::Unsigned) => 2,
            _ => 4,
        };
        let [width, height] = self.size();
        u64::from(width) * u64::from(height) * bands as u64 * bytes
    }
}

/// Pixels looked at for the own range of an image of so many bands at most: what is kept of them has to fit beside the
/// image, however many bands there are.
fn sample_px(bands: usize) -> usize {
    SAMPLE_PX / bands.div_ceil(3).max(1)
}

/// Numbers by band.
type Sampled = Vec<Vec<f32>>;
