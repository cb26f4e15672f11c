//! From a file's directory to a [`TiffImage`].

use std::{rc::Rc, sync::Arc};

use super::{
    chunk::Compression,
    chunk_ranges,
    ifd::Directory,
    image::{JpegFacts, TiffImage},
    lerc::Packing,
    names::Names,
    nodata,
    parts::{Kind, TiffError, tag},
};
use crate::{
    formats::bytes::Bytes,
    geo::{GeoKeys, OwnGeoRef},
};

impl TiffImage {
    /// Of one directory alone, without a mask.
    pub(super) fn from_directory(bytes: Rc<dyn Bytes>, d: &Directory) -> Result<Self, TiffError> {
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
        if compression == Compression::WebP && (bits != 8 || !(3..=4).contains(&bands)) {
            return Err(TiffError::Unsupported(format!("WebP of {bands} bands of {bits} bits")));
        }
        if compression == Compression::Lerc && bits < 8 {
            return Err(TiffError::Unsupported(format!("LERC of {bits} bits")));
        }
        let lerc = Packing::from_tag(&d.integers(tag::LERC_PARAMETERS)?)?;
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
        if compression == Compression::WebP && planar {
            return Err(TiffError::Unsupported("WebP in planes".into()));
        }
        if compression == Compression::Jpeg && bands > 4 && !planar {
            return Err(TiffError::Unsupported(format!("JPEG of {bands} bands")));
        }
        let georef = OwnGeoRef::from_tags(
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
            part: None,
            bands,
            bits: bits as usize,
            kind,
            alpha,
            nodata,
            mask: None,
            names: Names::read(&metadata, bands),
            geo: georef.geo.clone(),
            georef,
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
            lerc,
            reversed_bits,
            predictor: d.integer(tag::PREDICTOR, 1)?,
            chunk,
            tiled,
            chunk_ranges: Vec::new(),
        };
        image.chunk_ranges = image.chunk_ranges(chunk_ranges::listed(d, tiled)?)?;
        Ok(image)
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
