//! TIFF and GeoTIFF, read by window: the file stays encoded in memory, and only what is asked for is decoded.
//!
//! Strips and tiles, bands side by side or in planes, 1 to 64 bits, integers and floats, BigTIFF, both byte
//! orders; grey, palettes, RGB, inks; compressions and predictors of [`chunk`]. Reduced images (overviews) are passed over; a
//! mask says which pixels are missing.
//! Written apart from the `tiff` crate because that one decodes neither by window over planes nor bounded by the
//! length of the file, and its chunk reader knows fewer of the variants that GDAL reads, in more bytes of download.

mod chunk;
mod fourth_band;
mod ifd;
mod jpeg;
mod missing;
mod names;
mod nodata;
mod picture;
mod places;
mod read;
mod write;

use std::sync::Arc;

use chunk::{ChunkShape, Compression};
use ifd::{Directory, Layout};
use names::Names;

use super::geo::{GeoKeys, GeoRef, OwnPlace};
pub use missing::Mask;
pub use picture::Bands;
pub use write::{GeoTiffSpec, Sample, WriteError, write};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TiffError {
    #[error("the file ends early")]
    Truncated,
    #[error("{0}")]
    Damaged(String),
    /// What it is, with its number: "compression 50002 (JPEG XL)".
    #[error("{0}")]
    Unsupported(String),
    /// What is wrong with the picture that says which pixels of an image have no data.
    #[error("its mask of missing pixels: {0}")]
    Mask(String),
}

/// How the bits of a sample are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// Bytes of one tile at most, decompressed. A file whose strips are larger is not worth reading by window.
const MAX_CHUNK_BYTES: usize = 256 << 20;
/// Bytes of one strip at most, decompressed: a whole image of the largest that is read.
const MAX_STRIP_BYTES: usize = 800_000_000;

mod tag {
    pub const SUBFILE: u16 = 254;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const SAMPLES: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_COUNTS: u16 = 279;
    pub const PLANAR: u16 = 284;
    pub const PREDICTOR: u16 = 317;
    pub const COLOUR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_COUNTS: u16 = 325;
    pub const EXTRA: u16 = 338;
    pub const JPEG_TABLES: u16 = 347;
    pub const FORMAT: u16 = 339;
    pub const GDAL_METADATA: u16 = 42112;
    pub const GDAL_NODATA: u16 = 42113;
}

/// An opened file. Cloning shares its bytes.
#[derive(Debug, Clone)]
pub struct TiffImage {
    bytes: Arc<Vec<u8>>,
    layout: Layout,
    pub width: u32,
    pub height: u32,
    /// Samples a pixel, alpha included.
    pub bands: usize,
    pub bits: usize,
    pub kind: Kind,
    /// Which band is alpha, if one is.
    pub alpha: Option<usize>,
    /// The value that means "nothing was measured here", as the samples' type has it.
    pub nodata: Option<f64>,
    /// Where nothing was measured, by a mask of the file or beside it.
    mask: Option<Mask>,
    names: Names,
    pub geo: Option<GeoRef>,
    /// That, and what else its tags say of where it lies.
    pub place: OwnPlace,
    /// Colours of a palette image, 8 bits each.
    palette: Option<Vec<[u8; 3]>>,
    /// 0 is white.
    inverted: bool,
    jpeg: JpegFacts,
    /// The first three bands are red, green and blue.
    rgb: bool,
    /// The four bands are inks: cyan, magenta, yellow and black.
    cmyk: bool,
    planar: bool,
    compression: Compression,
    /// The first pixel of a byte is its lowest bit.
    reversed_bits: bool,
    predictor: u64,
    /// Width and height of strips or tiles; strips may be cut by the image's end, tiles never.
    chunk: [usize; 2],
    tiled: bool,
    /// Where each chunk lies: offset and length. Length 0 means that it was never written.
    places: Vec<(u64, u64)>,
}

/// What strips and tiles of JPEG have in common.
#[derive(Debug, Clone)]
struct JpegFacts {
    tables: Arc<Vec<u8>>,
    /// Three components are luma and chroma, to be made red, green and blue. Others are taken as they are.
    ycbcr: bool,
}

/// Part of an image in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub y: usize,
    pub x: usize,
    pub height: usize,
    pub width: usize,
}

impl TiffImage {
    /// Reads the directory; no pixel is decoded.
    ///
    /// # Errors
    /// If the file is damaged or uses what is not supported; the error says what, with its number.
    pub fn open(bytes: Arc<Vec<u8>>) -> Result<Self, TiffError> {
        let shared = bytes.clone();
        let all = ifd::directories(&shared)?;
        let main = missing::main_directory(&all);
        let mut image = Self::from_directory(bytes, &all[main])?;
        image.find_mask(&all, main)?;
        Ok(image)
    }

    fn from_directory(bytes: Arc<Vec<u8>>, d: &Directory) -> Result<Self, TiffError> {
        let side = |tag, name: &str| match d.integer(tag, 0)? {
            0 => Err(TiffError::Damaged(format!("{name} is 0 or missing"))),
            n => u32::try_from(n).map_err(|_| TiffError::Damaged(format!("{name} is {n}"))),
        };
        let (width, height) = (side(tag::WIDTH, "width")?, side(tag::HEIGHT, "height")?);
        let bands = d.integer(tag::SAMPLES, 1)?;
        if !(1..=64).contains(&bands) {
            return Err(TiffError::Unsupported(format!("{bands} bands")));
        }
        let bands = bands as usize;
        let depths = d.integers(tag::BITS)?;
        let bits = depths.first().copied().unwrap_or(1);
        if depths.iter().any(|b| *b != bits) {
            return Err(TiffError::Unsupported(format!("bands of different depth {depths:?}")));
        }
        let kind = match d.integer(tag::FORMAT, 1)? {
            1 | 4 => Kind::Unsigned,
            2 => Kind::Signed,
            3 => Kind::Float,
            other => return Err(TiffError::Unsupported(format!("sample format {other}"))),
        };
        let known = match kind {
            Kind::Float => matches!(bits, 16 | 32 | 64),
            Kind::Signed => matches!(bits, 8 | 16 | 32 | 64),
            Kind::Unsigned => matches!(bits, 1 | 2 | 4 | 8 | 16 | 32 | 64),
        };
        if !known {
            return Err(TiffError::Unsupported(format!("{bits}-bit samples of format {kind:?}")));
        }
        let reversed_bits = match d.integer(tag::FILL_ORDER, 1)? {
            1 => false,
            2 => true,
            other => return Err(TiffError::Unsupported(format!("fill order {other}"))),
        };
        let compression = Compression::from_tag(d.integer(tag::COMPRESSION, 1)?)?;
        let photometric = d.integer(tag::PHOTOMETRIC, 1)?;
        let palette = match photometric {
            0..=2 | 4 | 32803 | 34892 => None,
            5 if bands == 4 && matches!(bits, 8 | 16) && kind == Kind::Unsigned => None,
            3 => Some(palette(d, bits)?),
            // YCbCr, which the JPEG decoder gives as RGB.
            6 if compression == Compression::Jpeg => None,
            other => return Err(TiffError::Unsupported(unsupported_colours(other))),
        };
        if compression == Compression::Fax4 && (bits != 1 || bands != 1) {
            return Err(TiffError::Unsupported(format!("fax of {bands} bands of {bits} bits")));
        }
        if compression == Compression::Jpeg && bits != 8 {
            return Err(TiffError::Unsupported(format!("{bits}-bit JPEG inside TIFF")));
        }
        let extra = d.integers(tag::EXTRA)?;
        // 1: associated alpha, 2: unassociated; extra samples are the last ones.
        let alpha = extra
            .iter()
            .position(|kind| matches!(kind, 1 | 2))
            .and_then(|at| (bands + at).checked_sub(extra.len()));
        let nodata = d
            .text(tag::GDAL_NODATA)?
            .and_then(|text| nodata::of_text(&text, kind, bits as usize));
        let metadata = d.text(tag::GDAL_METADATA)?.unwrap_or_default();
        let tiled = d.integer(tag::TILE_WIDTH, 0)? != 0;
        let chunk = if tiled {
            [
                side(tag::TILE_HEIGHT, "tile height")? as usize,
                side(tag::TILE_WIDTH, "tile width")? as usize,
            ]
        } else {
            let rows = match d.integer(tag::ROWS_PER_STRIP, 0)? {
                0 => u64::from(height),
                rows => rows.min(u64::from(height)),
            };
            [rows as usize, width as usize]
        };
        let planar = bands > 1 && d.integer(tag::PLANAR, 1)? == 2;
        if photometric == 5 && planar {
            return Err(TiffError::Unsupported("CMYK in planes".into()));
        }
        if compression == Compression::Jpeg && bands > 4 && !planar {
            return Err(TiffError::Unsupported(format!("JPEG of {bands} bands")));
        }
        let place = OwnPlace::from_tags(
            &d.doubles(33550)?,
            &d.doubles(33922)?,
            &d.doubles(34264)?,
            GeoKeys {
                directory: d.integers(34735)?.iter().map(|v| *v as u16).collect(),
                doubles: d.doubles(34736)?,
                ascii: d.text(34737)?.unwrap_or_default(),
                text: None,
            },
        );
        let mut image = Self {
            layout: d.layout,
            bytes,
            width,
            height,
            bands,
            bits: bits as usize,
            kind,
            alpha,
            nodata,
            mask: None,
            names: Names::read(&metadata, bands),
            geo: place.geo.clone(),
            place,
            palette,
            inverted: photometric == 0,
            jpeg: JpegFacts {
                tables: Arc::new(d.integers(tag::JPEG_TABLES)?.iter().map(|b| *b as u8).collect()),
                ycbcr: photometric == 6,
            },
            rgb: photometric == 2,
            cmyk: photometric == 5,
            planar,
            compression,
            reversed_bits,
            predictor: d.integer(tag::PREDICTOR, 1)?,
            chunk,
            tiled,
            places: Vec::new(),
        };
        image.places = image.places(places::listed(d, tiled)?)?;
        Ok(image)
    }

    fn whole_window(&self) -> Window {
        Window {
            y: 0,
            x: 0,
            height: self.height as usize,
            width: self.width as usize,
        }
    }

    fn planes(&self) -> usize {
        if self.planar { self.bands } else { 1 }
    }

    fn chunks_across(&self) -> usize {
        (self.width as usize).div_ceil(self.chunk[1])
    }

    fn chunks_down(&self) -> usize {
        (self.height as usize).div_ceil(self.chunk[0])
    }

    /// Rows of one strip or of one row of tiles: reading whole ones decodes nothing twice.
    pub fn chunk_rows(&self) -> usize {
        self.chunk[0]
    }

    /// Whether its strips or tiles are small enough to decode some of them for each window.
    pub fn is_worth_windows(&self) -> bool {
        self.shape(self.chunk[0])
            .is_some_and(|shape| shape.bytes() <= MAX_CHUNK_BYTES || self.compression == Compression::None)
    }

    /// Bytes held: the file as it came.
    pub fn encoded_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn shape(&self, rows: usize) -> Option<ChunkShape> {
        let samples = if self.planar { 1 } else { self.bands };
        self.chunk[1].checked_mul(samples)?.checked_mul(self.bits)?;
        Some(ChunkShape {
            width: self.chunk[1],
            rows,
            samples,
            bits: self.bits,
        })
    }
}

/// A photometric interpretation that is not read, by number and name.
fn unsupported_colours(number: u64) -> String {
    let name = match number {
        5 => " (CMYK of other depths or bands)",
        6 => " (YCbCr without JPEG)",
        8 => " (CIELab)",
        9 => " (ICCLab)",
        10 => " (ITULab)",
        32844 => " (LogL)",
        32845 => " (LogLuv)",
        _ => "",
    };
    format!("photometric interpretation {number}{name}")
}

/// The colour map: all reds, then greens, then blues, 16 bits each.
fn palette(d: &Directory, bits: u64) -> Result<Vec<[u8; 3]>, TiffError> {
    let map = d.integers(tag::COLOUR_MAP)?;
    let n = map.len() / 3;
    if bits > 8 || n < 1 << bits {
        return Err(TiffError::Damaged(format!("a palette of {n} colours for {bits} bits")));
    }
    // Some writers store 0..255.
    let scale = if map.iter().all(|v| *v < 256) { 1 } else { 257 };
    Ok((0..n)
        .map(|i| [i, n + i, 2 * n + i].map(|at| (map[at] / scale).min(255) as u8))
        .collect())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "odd_tests.rs"]
mod odd_tests;
