//! An opened TIFF, and the sizes that follow from what its directory says.

use std::{rc::Rc, sync::Arc};

use super::{
    chunk::{ChunkShape, Compression},
    ifd::Layout,
    lerc::Packing,
    names::Names,
    parts::{Kind, MAX_CHUNK_BYTES},
};
use crate::{
    formats::bytes::Bytes,
    geo::{GeoRef, OwnGeoRef},
};

/// An opened file. Cloning shares its bytes.
#[derive(Debug, Clone)]
pub struct TiffImage {
    pub(super) bytes: Rc<dyn Bytes>,
    pub(super) layout: Layout,
    /// Of the whole file.
    pub width: u32,
    pub height: u32,
    /// Of the file, what is the image; all of it where there is none.
    pub(super) part: Option<Window>,
    /// Samples a pixel, alpha included.
    pub bands: usize,
    pub bits: usize,
    pub kind: Kind,
    /// Which band is alpha, if one is.
    pub alpha: Option<usize>,
    /// The value that means "nothing was measured here", as the samples' type has it.
    pub nodata: Option<f64>,
    /// Where nothing was measured, by a mask of the file or beside it.
    pub(super) mask: Option<Mask>,
    pub(super) names: Names,
    pub geo: Option<GeoRef>,
    /// That, and what else its tags say of where it lies.
    pub georef: OwnGeoRef,
    /// Colours of a palette image, 8 bits each.
    pub(super) palette: Option<Vec<[u8; 3]>>,
    /// 0 is white.
    pub(super) inverted: bool,
    pub(super) jpeg: JpegFacts,
    /// The first three bands are red, green and blue.
    pub(super) rgb: bool,
    /// The four bands are inks: cyan, magenta, yellow and black.
    pub(super) cmyk: bool,
    pub(super) planar: bool,
    pub(super) compression: Compression,
    /// Of LERC: what its blobs are packed with.
    pub(super) lerc: Packing,
    /// The first pixel of a byte is its lowest bit.
    pub(super) reversed_bits: bool,
    pub(super) predictor: u64,
    /// Width and height of strips or tiles; strips may be cut by the image's end, tiles never.
    pub(super) chunk: [usize; 2],
    pub(super) tiled: bool,
    /// Where each chunk lies: offset and length. Length 0 means that it was never written.
    pub(super) chunk_ranges: Vec<(u64, u64)>,
}

/// What strips and tiles of JPEG have in common.
#[derive(Debug, Clone)]
pub(super) struct JpegFacts {
    pub(super) tables: Arc<Vec<u8>>,
    /// Three components are luma and chroma, to be made red, green and blue. Others are taken as they are.
    pub(super) ycbcr: bool,
}

/// Part of an image in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub y: usize,
    pub x: usize,
    pub height: usize,
    pub width: usize,
}

/// A picture of an image's size that is 0 where the image has no data: a directory of the same file, or a file named
/// as the image with `.msk` behind it (GDAL's RFC 15).
#[derive(Debug, Clone)]
pub struct Mask {
    pub(super) picture: Box<TiffImage>,
    /// Bands of it that are looked at; data of one of them is enough.
    pub(super) bands: Vec<usize>,
}

impl TiffImage {
    pub(super) fn whole_window(&self) -> Window {
        self.part.unwrap_or(Window {
            y: 0,
            x: 0,
            height: self.height as usize,
            width: self.width as usize,
        })
    }

    pub(super) fn planes(&self) -> usize {
        if self.planar { self.bands } else { 1 }
    }

    pub(super) fn chunks_across(&self) -> usize {
        (self.width as usize).div_ceil(self.chunk[1])
    }

    pub(super) fn chunks_down(&self) -> usize {
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

    /// Bytes held: the file as it came, or none of one that stays where it is.
    pub fn encoded_bytes(&self) -> usize {
        self.bytes.held()
    }

    pub(super) fn shape(&self, rows: usize) -> Option<ChunkShape> {
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
