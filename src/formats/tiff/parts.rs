//! What the steps of the reader pass on: errors, kinds of samples, limits, tags.

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
pub(super) const MAX_CHUNK_BYTES: usize = 256 << 20;
/// Bytes of one strip at most, decompressed: a whole image of the largest that is read.
pub(super) const MAX_STRIP_BYTES: usize = 800_000_000;

pub(super) mod tag {
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
    pub const LERC_PARAMETERS: u16 = 50674;
}
