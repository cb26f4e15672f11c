//! Images too large to be held decoded: a TIFF stays as it came, and bands of its rows are decoded when asked for.

use std::sync::Arc;

use crate::{
    data::batches::Sampling,
    export::PixelSet,
    formats::{
        DecodeError,
        raster::{ChosenBands, Raster},
        tiff::{Bands, Mask, TiffError, TiffImage, Window},
    },
    infer::shrunk,
};

/// TIFFs that take more bytes than this decoded are read by window.
pub(super) const WHOLE_BYTES: u64 = 64 << 20;
/// Pixels of a TIFF at most: 32,768 x 32,768.
pub(super) const MAX_PIXELS: u64 = 1 << 30;
/// Why an image cannot be predicted of which only parts are seen at a time.
pub(super) const LOOKS_AT_WHOLE_IMAGES: &str = "too large for a model that looks at whole images at once";
/// Bytes a band of rows may take while a preview is made.
const BAND_BYTES: u64 = 32 << 20;

/// A TIFF read by window.
pub(in crate::engine) struct Large {
    image: TiffImage,
    bands: Bands,
    /// Rows decoded last: the number of the first, and the rows.
    band: Option<(usize, Raster)>,
    /// Pixels without data among the rows decoded so far.
    missing: Option<PixelSet>,
}

impl Large {
    /// # Errors
    /// If it has more pixels than can be predicted, or is damaged. `asked`: bands by number from 0.
    pub(in crate::engine) fn open(image: TiffImage, asked: &[usize]) -> Result<Large, DecodeError> {
        let pixels = u64::from(image.width) * u64::from(image.height);
        if pixels > MAX_PIXELS {
            return Err(DecodeError::TooManyPixels {
                megapixels: pixels as f64 / 1e6,
                limit_megapixels: MAX_PIXELS as f64 / 1e6,
            });
        }
        let bands = image.choose_asked(asked)?;
        Ok(Large {
            image,
            bands,
            band: None,
            missing: None,
        })
    }

    /// Takes a value for missing that a file beside the image names, if the image itself names none.
    pub(in crate::engine) fn set_nodata(&mut self, values: &[f64]) {
        if !self.image.may_miss() {
            self.image.nodata = values.first().copied();
        }
    }

    /// Which bands are read, of those that were asked for, and how many there are.
    pub(super) fn chosen(&self) -> (Option<Arc<ChosenBands>>, u32) {
        (self.bands.chosen.clone(), self.image.bands as u32)
    }

    pub(in crate::engine) fn size(&self) -> [usize; 2] {
        [self.image.height as usize, self.image.width as usize]
    }

    /// Bytes held.
    pub(in crate::engine) fn bytes(&self) -> u64 {
        self.image.encoded_bytes() as u64
    }

    /// Gives the image the mask of missing pixels that lies beside it; a new preview comes back.
    ///
    /// # Errors
    /// If the sizes differ, or a strip or tile is damaged.
    pub(super) fn attach_mask(&mut self, mask: Mask, preview_px: usize) -> Result<Raster, TiffError> {
        self.image.attach_mask(mask)?;
        self.band = None;
        self.preview(preview_px)
    }

    /// Whether images seen in this way can be read by window. The other ways look at the whole at once.
    pub(in crate::engine) fn fits(sampling: Sampling) -> bool {
        sampling == Sampling::Crop
    }

    /// The image shrunk as predictions are for the page: each pixel the middle one of its block.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub(super) fn preview(&self, max_px: usize) -> Result<Raster, TiffError> {
        let size = self.size();
        let ([out_height, out_width], factor) = shrunk(size, max_px);
        let row_bytes = (self.image.raster_bytes(&self.bands.picked) / size[0].max(1) as u64).max(1);
        // Whole strips or rows of tiles where they fit, so that none is decoded twice.
        let (fit, whole) = (
            ((BAND_BYTES / row_bytes) as usize).max(1),
            self.image.chunk_rows().max(1),
        );
        let step = if fit >= whole { fit / whole * whole } else { fit };
        let mut rgba = Vec::with_capacity(out_height * out_width * 4);
        let middle = |i: usize, n: usize| (i * factor + factor / 2).min(n - 1);
        let mut next = 0;
        for y in (0..size[0]).step_by(step) {
            let window = Window {
                y,
                x: 0,
                height: step.min(size[0] - y),
                width: size[1],
            };
            let rows = self.image.raster(window, &self.bands)?;
            while next < out_height && middle(next, size[0]) < y + window.height {
                let row = (middle(next, size[0]) - y) as u32;
                for x in 0..out_width {
                    rgba.extend(rows.rgba8_at(middle(x, size[1]) as u32, row));
                }
                next += 1;
            }
        }
        let raster = Raster::from_u8(out_width as u32, out_height as u32, 4, rgba);
        raster.ok_or_else(|| TiffError::Damaged("an empty preview".into()))
    }

    /// The rows from `y` on as a raster, and the row it begins with; kept until others are asked for.
    ///
    /// # Errors
    /// If a strip or tile is damaged.
    pub(in crate::engine) fn rows(&mut self, y: usize, height: usize) -> Result<&Raster, DecodeError> {
        let is_held = self
            .band
            .as_ref()
            .is_some_and(|(top, band)| *top == y && band.height as usize >= height);
        if !is_held {
            // The old rows go before the new ones come.
            self.band = None;
            let window = Window {
                y,
                x: 0,
                height,
                width: self.image.width as usize,
            };
            let rows = self.image.raster(window, &self.bands)?;
            self.note_missing(y, &rows);
            self.band = Some((y, rows));
        }
        match &self.band {
            Some((_, band)) => Ok(band),
            None => Err(DecodeError::Corrupt("no rows".into())),
        }
    }

    fn note_missing(&mut self, y: usize, rows: &Raster) {
        if !rows.any_transparent() {
            return;
        }
        let [height, width] = self.size();
        let missing = self.missing.get_or_insert_with(|| PixelSet::none(height * width));
        for row in 0..rows.height {
            for x in 0..rows.width {
                if rows.alpha8_at(x, row) == 0 {
                    missing.set((y + row as usize) * width + x as usize);
                }
            }
        }
    }

    /// Forgets the rows decoded last.
    pub(super) fn forget_rows(&mut self) {
        self.band = None;
    }

    /// Forgets the rows decoded last; gives the pixels without data.
    pub(in crate::engine) fn finish(&mut self) -> Option<PixelSet> {
        self.band = None;
        self.missing.take()
    }
}
