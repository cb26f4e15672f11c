//! Where strips and tiles lie in the file.

use std::borrow::Cow;

use super::{
    chunk::Compression,
    ifd::Directory,
    image::TiffImage,
    parts::{MAX_CHUNK_BYTES, MAX_STRIP_BYTES, TiffError, tag},
};

/// The offsets and lengths of strips or tiles; under the other kind's tags where a writer put them there.
pub(super) fn listed(d: &Directory, tiled: bool) -> Result<[Vec<u64>; 2], TiffError> {
    let (tiles, strips) = (
        [tag::TILE_OFFSETS, tag::TILE_COUNTS],
        [tag::STRIP_OFFSETS, tag::STRIP_COUNTS],
    );
    let (own, other) = if tiled { (tiles, strips) } else { (strips, tiles) };
    let read = |at: usize| -> Result<Vec<u64>, TiffError> {
        let values = d.integers(own[at])?;
        if values.is_empty() {
            d.integers(other[at])
        } else {
            Ok(values)
        }
    };
    Ok([read(0)?, read(1)?])
}

impl TiffImage {
    /// Checks that there are as many strips or tiles as the sizes ask for, and bounds their bytes.
    ///
    /// # Errors
    /// If there are fewer, or one would take more than [`MAX_STRIP_BYTES`] or [`MAX_CHUNK_BYTES`] decompressed.
    pub(super) fn chunk_ranges(&self, [offsets, mut counts]: [Vec<u64>; 2]) -> Result<Vec<(u64, u64)>, TiffError> {
        let wanted = (self.chunks_down() as u64)
            .saturating_mul(self.chunks_across() as u64)
            .saturating_mul(self.planes() as u64);
        let what = if self.tiled { "tiles" } else { "strips" };
        if (offsets.len() as u64) < wanted {
            return Err(TiffError::Damaged(format!("{} {what}, {wanted} needed", offsets.len())));
        }
        // Old writers leave the lengths out where they follow from the sizes, or from the end of the file.
        if counts.is_empty() && (self.compression == Compression::None || wanted == 1) {
            let rest = |offset: &u64| self.bytes.length().saturating_sub(*offset);
            counts = offsets.iter().map(rest).collect();
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
        // No strip is larger than its image, which is bounded where it is decoded; a tile may be.
        let most = if self.tiled { MAX_CHUNK_BYTES } else { MAX_STRIP_BYTES };
        match bytes {
            Some(n) if n <= most || self.compression == Compression::None => {}
            _ => {
                let (n, limit) = (bytes.unwrap_or(usize::MAX) >> 20, most >> 20);
                return Err(TiffError::Unsupported(format!("{what} of {n} MiB, limit {limit} MiB")));
            }
        }
        Ok(offsets.into_iter().zip(counts).collect())
    }

    /// The bytes of a chunk of `wanted` bytes decompressed; `None` if it was never written.
    ///
    /// # Errors
    /// If it lies outside of the file.
    pub(super) fn encoded(&self, number: usize, wanted: usize) -> Result<Option<Cow<'_, [u8]>>, TiffError> {
        let &(offset, length) = self.chunk_ranges.get(number).ok_or(TiffError::Truncated)?;
        if length == 0 && (offset == 0 || self.compression != Compression::None) {
            return Ok(None);
        }
        let rest = self.bytes.length().checked_sub(offset).ok_or(TiffError::Truncated)?;
        // Lengths that are too small or too large are common where they say nothing new.
        let length = match self.compression {
            Compression::None => rest.min(wanted as u64),
            _ => length,
        };
        let length = usize::try_from(length).map_err(|_| TiffError::Truncated)?;
        self.bytes.range(offset, length).map(Some).ok_or(TiffError::Truncated)
    }
}
