//! TIFF and GeoTIFF, read by window: the file stays encoded in memory, and only what is asked for is decoded.
//!
//! Strips and tiles, bands side by side or in planes, 1 to 64 bits, integers and floats, BigTIFF, both byte
//! orders; grey, palettes, RGB, inks; compressions and predictors of [`chunk`]. Reduced images (overviews) are passed over; a
//! mask says which pixels are missing.
//! Written apart from the `tiff` crate because that one decodes neither by window over planes nor bounded by the
//! length of the file, and its chunk reader knows fewer of the variants that GDAL reads, in more bytes of download.

mod chunk;
mod chunk_ranges;
mod cuts;
mod directory;
mod fourth_band;
mod ifd;
mod image;
mod jpeg;
mod lerc;
mod missing;
mod names;
mod nodata;
mod parts;
mod picture;
mod read;
mod webp;
mod write;
mod write_head;

use std::rc::Rc;

use super::bytes::Bytes;

pub use cuts::{Beside, spread};
pub use image::{Mask, TiffImage, Window};
pub use parts::{Kind, TiffError};
pub use picture::Bands;
pub use write::{GeoTiffSpec, Sample, WriteError, write};

impl TiffImage {
    /// Reads the directory; no pixel is decoded.
    ///
    /// # Errors
    /// If the file is damaged or uses what is not supported; the error says what, with its number.
    pub fn open(bytes: Rc<dyn Bytes>) -> Result<Self, TiffError> {
        let shared = bytes.clone();
        let all = ifd::directories(&*shared)?;
        let main = missing::main_directory(&all);
        let mut image = Self::from_directory(bytes, &all[main])?;
        image.find_mask(&all, main)?;
        Ok(image)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "odd_tests.rs"]
mod odd_tests;
