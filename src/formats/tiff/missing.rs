//! Which pixels of a TIFF hold nothing, by what the file says: a mask of its own or beside it, values that mean nothing,
//! or alpha; in this order, and the first alone, as GDAL has it. A pixel is missing where all its bands are.

use std::rc::Rc;

use super::{
    ifd::{self, Directory},
    image::{Mask, TiffImage, Window},
    nodata,
    parts::{Kind, TiffError, tag},
};
use crate::formats::raster::Raster;

/// GDAL's flag of a mask that holds for all bands.
const PER_DATASET: u64 = 2;
/// Of a pixel: some band has a value that is not "nothing".
const MEASURED: u8 = 1;
/// Of a pixel: some band is a number.
const NUMBER: u8 = 2;

impl Mask {
    /// Opens a `.msk` file.
    ///
    /// # Errors
    /// If the file is damaged, uses what is not supported, or does not say that it is a mask (GDAL passes such a file
    /// over).
    pub fn open(bytes: Vec<u8>) -> Result<Self, TiffError> {
        let picture = TiffImage::open(Rc::new(bytes)).map_err(in_mask)?;
        let flags = picture.names.mask_flags;
        let flags = flags.ok_or_else(|| TiffError::Mask("INTERNAL_MASK_FLAGS_1 is missing".into()))?;
        let bands = if flags & PER_DATASET != 0 { 1 } else { picture.bands };
        Ok(Self {
            picture: Box::new(picture),
            bands: (0..bands).collect(),
        })
    }

    /// Bytes held: the file as it came.
    pub fn encoded_bytes(&self) -> usize {
        self.picture.encoded_bytes()
    }

    fn fits(&self, width: u32, height: u32) -> Result<(), TiffError> {
        let own = &self.picture;
        if (own.width, own.height) == (width, height) {
            return Ok(());
        }
        Err(TiffError::Mask(format!(
            "{} × {}, the image has {width} × {height}",
            own.width, own.height
        )))
    }

    /// A raster whose alpha is this mask, whatever it was before: 0 or the largest value of its samples.
    ///
    /// # Errors
    /// If the sizes differ, the raster was turned as its EXIF says (the mask was not), or the mask is damaged.
    pub fn apply(&self, raster: &Raster) -> Result<Raster, TiffError> {
        if raster.exif_rotated {
            return Err(TiffError::Mask(
                "the image is turned as its EXIF says, its mask is not".into(),
            ));
        }
        self.fits(raster.width, raster.height)?;
        let mut valid = vec![false; raster.width as usize * raster.height as usize];
        let window = self.picture.whole_window();
        let count = self.bands.len().max(1);
        let mut put = |at: usize, value: f64| valid[at / count] |= value != 0.0;
        self.picture.visit(window, &self.bands, &mut put).map_err(in_mask)?;
        Ok(raster.with_data(|pixel| valid.get(pixel).copied().unwrap_or(false)))
    }
}

fn in_mask(error: TiffError) -> TiffError {
    match error {
        TiffError::Mask(_) => error,
        other => TiffError::Mask(other.to_string()),
    }
}

impl TiffImage {
    /// Takes the mask of the directory at `main` from the others: of its size, of one band or as many, 8 bits at most.
    ///
    /// # Errors
    /// If the mask uses what is not supported or is damaged. A mask that is there and cannot be read is no reason to
    /// take everything for valid.
    pub(super) fn find_mask(&mut self, all: &[Directory], main: usize) -> Result<(), TiffError> {
        for (at, directory) in all.iter().enumerate() {
            // Bit 0: the mask of an overview.
            if at == main || directory.integer(tag::SUBFILE, 0).unwrap_or(0) & 5 != 4 {
                continue;
            }
            let said = |tag, default| directory.integer(tag, default).unwrap_or(0);
            let size = [said(tag::WIDTH, 0), said(tag::HEIGHT, 0)];
            let bands = said(tag::SAMPLES, 1);
            let fits = size == [self.width, self.height].map(u64::from) && (bands == 1 || bands == self.bands as u64);
            if !fits || said(tag::BITS, 1) > 8 {
                continue;
            }
            let picture = Self::from_directory(self.bytes.clone(), directory).map_err(in_mask)?;
            self.mask = Some(Mask {
                bands: (0..picture.bands).collect(),
                picture: Box::new(picture),
            });
            return Ok(());
        }
        Ok(())
    }

    /// Gives the image the mask that lies beside it; a mask of its own counts for more.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn attach_mask(&mut self, mask: Mask) -> Result<(), TiffError> {
        mask.fits(self.width, self.height)?;
        self.mask.get_or_insert(mask);
        Ok(())
    }

    /// Whether pixels can be missing at all.
    pub fn may_miss(&self) -> bool {
        self.mask.is_some()
            || self.names.nodata_values.is_some()
            || self.nodata.is_some()
            || self.alpha.is_some()
            // NaN is nothing without being announced.
            || self.kind == Kind::Float
    }

    /// The value that stands for nothing in a band. A pixel is missing where all bands have theirs.
    pub fn nodata_of_band(&self, band: usize) -> Option<f64> {
        match &self.names.nodata_values {
            Some(values) => values.get(band).copied(),
            None => self.nodata,
        }
    }

    /// Whether a value stands for nothing measured, compared in the samples' own type.
    pub fn is_nodata(&self, value: f64) -> bool {
        value.is_nan() || self.nodata.is_some_and(|nodata| self.same(nodata, value))
    }

    fn same(&self, nodata: f64, value: f64) -> bool {
        nodata::equal(nodata, value, self.kind, self.bits)
    }

    /// Calls `put(pixel)` for every pixel of the window that holds nothing; pixels count as `row * window.width +
    /// column`. Takes a byte a pixel for as many rows as one strip or row of tiles has.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub fn visit_missing(&self, window: Window, put: &mut impl FnMut(usize)) -> Result<(), TiffError> {
        let bottom = (window.y + window.height).min(self.height as usize);
        if !self.may_miss() || window.y >= bottom || window.x >= self.width as usize {
            return Ok(());
        }
        let mask_rows = self.mask.as_ref().map_or(1, |mask| mask.picture.chunk_rows());
        let step = self.chunk_rows().max(mask_rows).max(1);
        let mut y = window.y;
        while y < bottom {
            // To the next edge of a strip, so that none is decoded twice.
            let part = Window {
                y,
                height: (step - y % step).min(bottom - y),
                width: window.width.min(self.width as usize - window.x),
                ..window
            };
            let state = self.state(part)?;
            for (row, states) in state.chunks_exact(part.width.max(1)).enumerate() {
                for (column, _) in states.iter().enumerate().filter(|(_, s)| **s != MEASURED | NUMBER) {
                    put((y - window.y + row) * window.width + column);
                }
            }
            y += part.height;
        }
        Ok(())
    }

    /// Red, green, blue and alpha with a nodata of 0: that is alpha's, and colours under it may be anything (rasterio has
    /// it so for four bands alone).
    fn alpha_is_nodata(&self) -> bool {
        self.rgb && self.bands == 4 && self.alpha == Some(3) && self.nodata == Some(0.0)
    }

    /// Of each pixel of a window: [`MEASURED`] and [`NUMBER`].
    fn state(&self, window: Window) -> Result<Vec<u8>, TiffError> {
        let floats = self.kind == Kind::Float;
        let mut state = vec![if floats { 0 } else { NUMBER }; window.height * window.width];
        let all: Vec<usize> = (0..self.bands).collect();
        let by_value = self.names.nodata_values.is_some() || self.nodata.is_some() && !self.alpha_is_nodata();
        if let Some(mask) = &self.mask {
            let count = mask.bands.len().max(1);
            let mut put = |at: usize, value: f64| state[at / count] |= u8::from(value != 0.0) * MEASURED;
            mask.picture.visit(window, &mask.bands, &mut put).map_err(in_mask)?;
        } else if by_value {
            // Of planes, the next one is looked at only where those before have left a doubt.
            let groups = if self.planar {
                all.chunks(1)
            } else {
                all.chunks(all.len())
            };
            for group in groups {
                self.visit(window, group, &mut |at, value| {
                    let band = group[at % group.len()];
                    let nothing = self.nodata_of_band(band).is_some_and(|nodata| self.same(nodata, value));
                    let number = Some(band) != self.alpha && !value.is_nan();
                    state[at / group.len()] |= (u8::from(!nothing) * MEASURED) | (u8::from(number) * NUMBER);
                })?;
                if state.iter().all(|s| *s == MEASURED | NUMBER) {
                    break;
                }
            }
            return Ok(state);
        } else if let Some(alpha) = self.alpha {
            self.visit(window, &[alpha], &mut |at, value| {
                state[at] |= u8::from(value != 0.0) * MEASURED;
            })?;
        } else {
            state.iter_mut().for_each(|s| *s |= MEASURED);
        }
        if floats {
            let bands = self.measured_bands();
            let count = bands.len().max(1);
            self.visit(window, &bands, &mut |at, value| {
                state[at / count] |= u8::from(!value.is_nan()) * NUMBER;
            })?;
        }
        Ok(state)
    }
}

/// The directory of a file that is the image itself: the first that is neither a reduced version (bit 0) nor a mask
/// (bit 2) of another.
pub(super) fn main_directory(all: &[ifd::Directory]) -> usize {
    let full = |d: &Directory| d.integer(tag::SUBFILE, 0).is_ok_and(|kind| kind & 5 == 0);
    all.iter().position(full).unwrap_or(0)
}

#[cfg(test)]
#[path = "missing_tests.rs"]
mod tests;
