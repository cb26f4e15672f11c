//! What the files of a Shapefile have in common: their errors, and numbers in their bytes.

use crate::geo::ClassError;

/// Largest `.shp` or `.dbf` that is read, bytes.
pub(super) const MAX_BYTES: usize = 256 << 20;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShapefileError {
    #[error("no Shapefile: {0}")]
    Corrupt(&'static str),
    #[error("cut off: {found} of {said} bytes are there")]
    CutOff { said: u64, found: usize },
    #[error("{0} MiB of Shapefile, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("it holds {0}, not polygons")]
    OtherShapes(&'static str),
    #[error("all of its {0} polygons have a corner without numbers, or too few corners")]
    Broken(usize),
    #[error(transparent)]
    Class(#[from] ClassError),
    #[error("no .prj file beside it says what its coordinates are")]
    NoProjection,
    #[error("the reference system of its .prj file is not known here")]
    Projection,
    #[error("its table (.dbf) holds {table} rows for {shapes} shapes")]
    Table { table: usize, shapes: usize },
}

pub(super) fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(super) fn int(bytes: &[u8], at: usize) -> Option<i32> {
    bytes_at(bytes, at).map(i32::from_le_bytes)
}

/// A length or count: not negative.
pub(super) fn count(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(int(bytes, at)?).ok()
}

/// Lengths and record numbers are in the other byte order, lengths in 16-bit words.
pub(super) fn words(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(i32::from_be_bytes(bytes_at(bytes, at)?))
        .ok()?
        .checked_mul(2)
}
