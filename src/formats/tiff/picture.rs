//! A TIFF as the picture that data set, model and page work with: at most four bands of 8 or 16 bits.

use super::{Kind, TiffError, TiffImage, Window};
use crate::formats::raster::{Raster, Samples};

/// Which bands are shown as grey or as red, green, blue, and how their values become brightness.
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// One band or three, by number from 0.
    pub picked: Vec<usize>,
    pub stretch: Stretch,
}

/// How values become brightness.
#[derive(Debug, Clone, PartialEq)]
pub enum Stretch {
    /// 8-bit values as they are (also whole numbers of wider types that fit, such as class numbers).
    None,
    /// 16-bit values as they are.
    Full16,
    /// Each picked band from its lower to its upper value, beyond clamped.
    Linear(Vec<[f64; 2]>),
}

/// Pixels looked at for a stretch at most.
const SAMPLE_PX: usize = 4_000_000;
/// Share of the pixels that may be clamped at each end.
const CLIP: f64 = 0.02;

impl TiffImage {
    /// Bands that hold something measured: all but alpha.
    pub fn measured_bands(&self) -> Vec<usize> {
        (0..self.bands).filter(|band| Some(*band) != self.alpha).collect()
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
        if asked.is_empty() || asked.iter().any(|band| *band >= self.bands) {
            return self.default_bands();
        }
        asked.to_vec()
    }

    /// How to show `picked`: 8-bit values as they are, wider ones from their 2nd to their 98th percentile.
    ///
    /// A single band of small whole numbers is taken as it is too: that is what class masks look like.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn choose(&self, picked: Vec<usize>) -> Result<Bands, TiffError> {
        let picked: Vec<usize> = picked.into_iter().map(|b| b.min(self.bands - 1)).take(3).collect();
        if self.bits <= 8 && self.kind == Kind::Unsigned {
            return Ok(Bands {
                picked,
                stretch: Stretch::None,
            });
        }
        let mut values = self.sample(&picked)?;
        let small = |v: &f32| v.fract() == 0.0 && (0.0..=255.0).contains(v);
        if let [only] = values.as_slice()
            && only.iter().all(small)
        {
            return Ok(Bands {
                picked,
                stretch: Stretch::None,
            });
        }
        let ranges = values.iter_mut().map(|band| range(band)).collect();
        Ok(Bands {
            picked,
            stretch: Stretch::Linear(ranges),
        })
    }

    /// Values of some rows over the whole height, nodata left out, one list a band.
    fn sample(&self, picked: &[usize]) -> Result<Vec<Vec<f32>>, TiffError> {
        let (width, height) = (self.width as usize, self.height as usize);
        let rows = self.chunk_rows();
        let chunks = height.div_ceil(rows);
        // Whole chunks cost what they cost; as many of them as the budget allows, spread evenly.
        let wanted = (SAMPLE_PX / (rows.min(height) * width).max(1)).clamp(1, chunks);
        let keep_every = (rows.min(height) * width / SAMPLE_PX).max(1);
        let mut values = vec![Vec::new(); picked.len()];
        for i in 0..wanted {
            let y = (i * chunks / wanted + chunks / wanted / 2).min(chunks - 1) * rows;
            let window = Window {
                y,
                x: 0,
                height: rows.min(height - y),
                width,
            };
            let mut valid = vec![true; if self.may_miss() { window.height * width } else { 0 }];
            self.visit_missing(window, &mut |pixel| valid[pixel] = false)?;
            self.visit(window, picked, &mut |at, value| {
                let (pixel, band) = (at / picked.len(), at % picked.len());
                let kept = valid.get(pixel).copied().unwrap_or(true) && !value.is_nan();
                if kept && pixel % keep_every == 0 {
                    values[band].push(value as f32);
                }
            })?;
        }
        Ok(values)
    }

    /// A window as a raster: grey or RGB, with an alpha band (0 = nothing measured) where the file has alpha or
    /// nodata. 8 bits if the stretch is `None`, else 16.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn raster(&self, window: Window, bands: &Bands) -> Result<Raster, TiffError> {
        let colours = if bands.picked.len() >= 3 || self.palette.is_some() {
            3
        } else {
            1
        };
        let masked = self.may_miss();
        let out_bands = colours + usize::from(masked);
        let pixels = window.height * window.width;
        let asked = &bands.picked[..colours.min(bands.picked.len())];
        let samples = if bands.stretch == Stretch::None {
            let mut out = vec![0u8; pixels * out_bands];
            self.fill(window, asked, out_bands, masked, bands, &mut out, 255)?;
            Samples::U8(out)
        } else {
            let mut out = vec![0u16; pixels * out_bands];
            self.fill(window, asked, out_bands, masked, bands, &mut out, u16::MAX)?;
            Samples::U16(out)
        };
        let bits = self.bits.min(16) as u8;
        Raster::new(
            window.width as u32,
            window.height as u32,
            out_bands as u8,
            samples,
            bits,
        )
        .ok_or_else(|| TiffError::Damaged("an empty window".into()))
    }

    #[expect(clippy::too_many_arguments, reason = "one loop for two sample types")]
    fn fill<T: Copy + FromSample>(
        &self,
        window: Window,
        asked: &[usize],
        out_bands: usize,
        masked: bool,
        bands: &Bands,
        out: &mut [T],
        opaque: T,
    ) -> Result<(), TiffError> {
        let step = asked.len();
        self.visit(window, asked, &mut |at, value| {
            let (pixel, band) = (at / step * out_bands, at % step);
            if masked && band == 0 {
                out[pixel + out_bands - 1] = opaque;
            }
            if let Some(palette) = &self.palette {
                let colour = palette.get(value as usize).copied().unwrap_or_default();
                for (to, v) in out[pixel..pixel + 3].iter_mut().zip(colour) {
                    *to = T::from_sample(f64::from(v));
                }
                return;
            }
            let top = if self.bits < 8 {
                f64::from((1 << self.bits) - 1)
            } else {
                255.0
            };
            let shown = match &bands.stretch {
                Stretch::None if self.bits < 8 => value * 255.0 / top,
                Stretch::None | Stretch::Full16 => value,
                Stretch::Linear(ranges) => match ranges.get(band) {
                    Some([low, high]) => (value - low) / (high - low) * 65535.0,
                    None => value,
                },
            };
            let shown = if self.inverted && bands.stretch == Stretch::None {
                255.0 - shown
            } else {
                shown
            };
            out[pixel + band] = T::from_sample(shown);
        })?;
        self.visit_missing(window, &mut |pixel| {
            out[(pixel + 1) * out_bands - 1] = T::from_sample(0.0);
        })
    }

    /// The whole image as a raster of its default bands.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn whole(&self, bands: &Bands) -> Result<Raster, TiffError> {
        self.raster(self.whole_window(), bands)
    }

    /// Bytes the whole image takes as a raster.
    pub fn raster_bytes(&self) -> u64 {
        let bands = if self.measured_bands().len() >= 3 || self.palette.is_some() {
            3
        } else {
            1
        };
        let masked = self.may_miss();
        let bytes = if self.bits <= 8 { 1 } else { 2 };
        u64::from(self.width) * u64::from(self.height) * (bands + u64::from(masked)) * bytes
    }
}

/// A number as a sample, rounded and clamped; NaN is 0.
trait FromSample {
    fn from_sample(value: f64) -> Self;
}

impl FromSample for u8 {
    fn from_sample(value: f64) -> u8 {
        // `as` saturates.
        value.round() as u8
    }
}

impl FromSample for u16 {
    fn from_sample(value: f64) -> u16 {
        value.round() as u16
    }
}

/// 2nd and 98th percentile; never equal.
fn range(values: &mut [f32]) -> [f64; 2] {
    if values.is_empty() {
        return [0.0, 1.0];
    }
    let last = values.len() - 1;
    let mut at = |share: f64| {
        let i = (last as f64 * share).round() as usize;
        f64::from(*values.select_nth_unstable_by(i, f32::total_cmp).1)
    };
    let (low, high) = (at(CLIP), at(1.0 - CLIP));
    if high > low {
        [low, high]
    } else {
        // Nearly constant: by the extremes, so that the little there is shows.
        let (min, max) = (at(0.0), at(1.0));
        if max > min { [min, max] } else { [low, low + 1.0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_leaves_two_percent_out_at_each_end() {
        let mut values: Vec<f32> = (0..=1000).rev().map(|v| v as f32).collect();
        assert_eq!(range(&mut values), [20.0, 980.0]);
        assert_eq!(range(&mut [5.0; 10]), [5.0, 6.0]);
        assert_eq!(range(&mut []), [0.0, 1.0]);
    }
}
