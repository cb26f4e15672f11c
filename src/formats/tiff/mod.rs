//! TIFF and GeoTIFF, read by window: the file stays encoded in memory, and only what is asked for is decoded.
//!
//! Strips and tiles, bands side by side or in planes, 1 to 64 bits, integers and floats, BigTIFF, both byte
//! orders; compressions and predictors of [`chunk`]. Reduced images (overviews) and masks are passed over.
//! Written apart from the `tiff` crate because that one decodes neither by window over planes nor bounded by the
//! length of the file, and gives no directory to read the georeference from.

mod chunk;
mod ifd;
mod jpeg;
mod picture;
mod read;
mod write;

use std::sync::Arc;

use chunk::{ChunkShape, Compression};
use ifd::{Directory, Layout};

use super::geo::{GeoKeys, GeoRef, OwnPlace};
pub use picture::{Bands, Stretch};
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
}

/// How the bits of a sample are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// Bytes of one strip or tile at most, decompressed. A file whose strips are larger cannot be read by window.
const MAX_CHUNK_BYTES: usize = 256 << 20;

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
    /// The value that means "nothing was measured here".
    pub nodata: Option<f64>,
    pub geo: Option<GeoRef>,
    /// That, and what else its tags say of where it lies.
    pub place: OwnPlace,
    /// Colours of a palette image, 8 bits each.
    palette: Option<Vec<[u8; 3]>>,
    /// 0 is white.
    inverted: bool,
    jpeg: JpegFacts,
    planar: bool,
    compression: Compression,
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
    /// Their components are red, green and blue.
    rgb: bool,
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
        // Bit 0: a reduced version of another image. Bit 2: a mask of another.
        let full = |d: &&Directory| d.integer(tag::SUBFILE, 0).is_ok_and(|kind| kind & 5 == 0);
        let directory = all.iter().find(full).unwrap_or(&all[0]);
        Self::from_directory(bytes, directory)
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
            Kind::Float => matches!(bits, 32 | 64),
            Kind::Signed => matches!(bits, 8 | 16 | 32 | 64),
            Kind::Unsigned => matches!(bits, 1 | 2 | 4 | 8 | 16 | 32 | 64),
        };
        if !known {
            return Err(TiffError::Unsupported(format!("{bits}-bit samples of format {kind:?}")));
        }
        if d.integer(tag::FILL_ORDER, 1)? != 1 {
            return Err(TiffError::Unsupported("fill order 2".into()));
        }
        let compression = Compression::from_tag(d.integer(tag::COMPRESSION, 1)?)?;
        let photometric = d.integer(tag::PHOTOMETRIC, 1)?;
        let palette = match photometric {
            0..=2 | 4 | 32803 | 34892 => None,
            3 => Some(palette(d, bits)?),
            // YCbCr, which the JPEG decoder gives as RGB.
            6 if compression == Compression::Jpeg => None,
            other => return Err(TiffError::Unsupported(format!("photometric interpretation {other}"))),
        };
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
            .and_then(|text| text.trim().parse::<f64>().ok());
        let tiled = d.integer(tag::TILE_WIDTH, 0)? != 0;
        let chunk = if tiled {
            [
                side(tag::TILE_HEIGHT, "tile height")? as usize,
                side(tag::TILE_WIDTH, "tile width")? as usize,
            ]
        } else {
            let rows = d
                .integer(tag::ROWS_PER_STRIP, u64::from(height))?
                .clamp(1, u64::from(height));
            [rows as usize, width as usize]
        };
        let planar = bands > 1 && d.integer(tag::PLANAR, 1)? == 2;
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
        let (offsets, counts) = if tiled {
            (d.integers(tag::TILE_OFFSETS)?, d.integers(tag::TILE_COUNTS)?)
        } else {
            (d.integers(tag::STRIP_OFFSETS)?, d.integers(tag::STRIP_COUNTS)?)
        };
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
            geo: place.geo.clone(),
            place,
            palette,
            inverted: photometric == 0,
            jpeg: JpegFacts {
                tables: Arc::new(d.integers(tag::JPEG_TABLES)?.iter().map(|b| *b as u8).collect()),
                rgb: photometric == 2,
            },
            planar,
            compression,
            predictor: d.integer(tag::PREDICTOR, 1)?,
            chunk,
            tiled,
            places: Vec::new(),
        };
        image.places = image.places(offsets, counts)?;
        Ok(image)
    }

    /// Checks that there are as many strips or tiles as the sizes ask for.
    fn places(&self, offsets: Vec<u64>, mut counts: Vec<u64>) -> Result<Vec<(u64, u64)>, TiffError> {
        let wanted = (self.chunks_down() as u64)
            .saturating_mul(self.chunks_across() as u64)
            .saturating_mul(self.planes() as u64);
        let what = if self.tiled { "tiles" } else { "strips" };
        if (offsets.len() as u64) < wanted {
            return Err(TiffError::Damaged(format!("{} {what}, {wanted} needed", offsets.len())));
        }
        if counts.is_empty() && self.compression == Compression::None {
            // Old writers leave the lengths out where they follow from the sizes.
            counts = offsets.iter().map(|_| u64::MAX).collect();
        }
        if (counts.len() as u64) < wanted {
            return Err(TiffError::Damaged(format!(
                "{} lengths of {what}, {wanted} needed",
                counts.len()
            )));
        }
        let bytes = self
            .shape(self.chunk[0])
            .and_then(|s| s.row_bytes().checked_mul(s.rows));
        match bytes {
            Some(n) if n <= MAX_CHUNK_BYTES || self.compression == Compression::None => {}
            _ => {
                let (n, limit) = (bytes.unwrap_or(usize::MAX) >> 20, MAX_CHUNK_BYTES >> 20);
                return Err(TiffError::Unsupported(format!("{what} of {n} MiB, limit {limit} MiB")));
            }
        }
        Ok(offsets.into_iter().zip(counts).collect())
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

    /// Whether a value stands for nothing measured.
    pub fn is_nodata(&self, value: f64) -> bool {
        value.is_nan() || self.nodata == Some(value)
    }
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
