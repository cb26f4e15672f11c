//! LERC inside TIFF (Esri's "Limited Error Raster Compression", version 2; libtiff's tag 50674): each strip or tile is
//! one blob for all its bands, or one a band where they have different holes; packed once more by Deflate or ZSTD if
//! the tag says so.

use std::borrow::Cow;

use lerc_reader::{Decoded, decode_first_with_mask};

use super::{
    chunk::{self, ChunkShape},
    parts::{Kind, TiffError},
};

/// What the blobs are packed with, by the second number of the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    None,
    Deflate,
    Zstd,
}

impl Packing {
    /// From the tag's numbers; files without the tag are not packed.
    ///
    /// # Errors
    /// `Unsupported` with the number.
    pub(super) fn from_tag(numbers: &[u64]) -> Result<Self, TiffError> {
        match numbers.get(1).copied().unwrap_or(0) {
            0 => Ok(Self::None),
            1 => Ok(Self::Deflate),
            2 => Ok(Self::Zstd),
            other => Err(TiffError::Unsupported(format!("LERC packed with method {other}"))),
        }
    }
}

/// A blob is hardly longer than its samples: they stand in it as they are where nothing shortens them. A header and a
/// mask come on top.
const SPARE_BYTES: usize = 64 << 10;

/// The samples of a strip or tile in the file's byte order: a big endian file's samples were turned before they became a
/// blob, so that a blob's own order is the file's. Floats that a mask says are missing are NaN, integers 0; an
/// alpha band that the mask stands for is 0 or the largest value.
///
/// # Errors
/// If a blob is damaged, or its size, bands and kind of samples are not those that the directory says.
pub(super) fn decode(raw: &[u8], packing: Packing, kind: Kind, shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let most = shape.bytes().saturating_mul(2).saturating_add(SPARE_BYTES);
    let unpacked = match packing {
        Packing::None => Cow::Borrowed(raw),
        Packing::Deflate => Cow::Owned(chunk::deflate(raw, most)?),
        Packing::Zstd => Cow::Owned(chunk::zstd(raw, most)?),
    };
    let mut rest: &[u8] = &unpacked;
    let bytes = shape.bits / 8;
    let mut out = Vec::new();
    out.try_reserve_exact(shape.bytes()).map_err(|_| TiffError::Truncated)?;
    out.resize(shape.bytes(), 0);
    // Masks are written once for all bands that have the same.
    let mut mask: Option<Vec<u8>> = None;
    let mut band = 0;
    while band < shape.samples {
        let depth = Header::read(rest)?.check(shape, band)?;
        let decoded = match &mask {
            Some(mask) => decode_first_with_mask(rest, mask),
            None => lerc_reader::decode_first(rest),
        };
        let decoded = decoded.map_err(|error| damaged(&error.to_string()))?;
        put(&decoded, kind, depth, band, shape, &mut out)?;
        rest = rest.get(decoded.info.blob_size..).unwrap_or_default();
        mask = decoded.mask;
        band += depth;
        // Alpha is the mask, where libtiff found that it is nothing else.
        if band + 1 == shape.samples && rest.is_empty() && kind == Kind::Unsigned {
            for (pixel, to) in out.chunks_exact_mut(shape.samples * bytes).enumerate() {
                let there = mask
                    .as_ref()
                    .is_none_or(|mask| mask.get(pixel).is_some_and(|m| *m != 0));
                to[band * bytes..].fill(if there { 255 } else { 0 });
            }
            break;
        }
    }
    Ok(out)
}

fn damaged(what: &str) -> TiffError {
    TiffError::Damaged(format!("LERC: {what}"))
}

/// What has to be known before anything is decoded: the sizes that memory is taken for.
struct Header {
    height: u32,
    width: u32,
    depth: u32,
}

impl Header {
    /// Key, version, checksum (since 3), rows, columns, and samples a pixel (since 4).
    fn read(blob: &[u8]) -> Result<Self, TiffError> {
        let number = |at: usize| {
            let bytes = blob.get(at..at + 4).and_then(|b| b.try_into().ok());
            bytes.map(u32::from_le_bytes).ok_or_else(|| damaged("it ends early"))
        };
        if !blob.starts_with(b"Lerc2 ") {
            return Err(damaged("no blob begins"));
        }
        let version = number(6)?;
        let sizes = if version >= 3 { 14 } else { 10 };
        Ok(Self {
            height: number(sizes)?,
            width: number(sizes + 4)?,
            depth: if version >= 4 { number(sizes + 8)? } else { 1 },
        })
    }

    /// Bands of this blob, of which `before` came already.
    fn check(&self, shape: ChunkShape, before: usize) -> Result<usize, TiffError> {
        let (width, height, depth) = (self.width as usize, self.height as usize, self.depth as usize);
        if width != shape.width || height != shape.rows || depth == 0 || depth > shape.samples - before {
            let wanted = format!("{} x {} x {}", shape.width, shape.rows, shape.samples - before);
            return Err(damaged(&format!(
                "{width} x {height} x {depth}, the directory says {wanted}"
            )));
        }
        Ok(depth)
    }
}

/// Writes the bands of a blob between the others.
fn put(
    decoded: &Decoded,
    kind: Kind,
    depth: usize,
    band: usize,
    shape: ChunkShape,
    out: &mut [u8],
) -> Result<(), TiffError> {
    use lerc_core::PixelData as Of;
    let bits = shape.bits;
    let pixel_bytes = shape.samples * bits / 8;
    let is_missing = |pixel: usize| decoded.mask.as_ref().is_some_and(|mask| mask.get(pixel) == Some(&0));
    macro_rules! copy {
        ($values:expr, $missing:expr) => {{
            let pixels = $values.chunks_exact(depth).zip(out.chunks_exact_mut(pixel_bytes));
            for (pixel, (from, to)) in pixels.enumerate() {
                let missing = is_missing(pixel);
                for (value, to) in from.iter().zip(to.chunks_exact_mut(bits / 8).skip(band)) {
                    let value = if missing { $missing } else { *value };
                    to.copy_from_slice(&value.to_le_bytes());
                }
            }
        }};
    }
    match (&decoded.pixels, kind, bits) {
        (Of::U8(values), Kind::Unsigned, 8) => copy!(values, 0),
        (Of::I8(values), Kind::Signed, 8) => copy!(values, 0),
        (Of::U16(values), Kind::Unsigned, 16) => copy!(values, 0),
        (Of::I16(values), Kind::Signed, 16) => copy!(values, 0),
        (Of::U32(values), Kind::Unsigned, 32) => copy!(values, 0),
        (Of::I32(values), Kind::Signed, 32) => copy!(values, 0),
        (Of::F32(values), Kind::Float, 32) => copy!(values, f32::NAN),
        (Of::F64(values), Kind::Float, 64) => copy!(values, f64::NAN),
        _ => {
            let found = decoded.info.data_type;
            return Err(damaged(&format!(
                "{found:?}, the directory says {kind:?} of {bits} bits"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ChunkShape = ChunkShape {
        width: 8,
        rows: 4,
        samples: 1,
        bits: 8,
    };

    /// Key, version 4, checksum, then sizes as given.
    fn head(rows: u32, columns: u32, depth: u32) -> Vec<u8> {
        let numbers = [4, 0, rows, columns, depth, rows.wrapping_mul(columns), 8, 0, 1];
        let bytes = numbers.into_iter().flat_map(u32::to_le_bytes);
        b"Lerc2 ".iter().copied().chain(bytes).collect()
    }

    #[test]
    fn sizes_that_lie_are_refused_before_memory_is_taken() {
        for (blob, words) in [
            (head(4, 9, 1), "9 x 4 x 1, the directory says 8 x 4 x 1"),
            (head(u32::MAX, u32::MAX, 1), "4294967295 x 4294967295"),
            (head(4, 8, 0), "8 x 4 x 0"),
            (head(4, 8, 2), "8 x 4 x 2"),
            (b"Lerc2 \x04\0".to_vec(), "it ends early"),
            (b"CntZImage ".to_vec(), "no blob begins"),
            (Vec::new(), "no blob begins"),
        ] {
            let error = decode(&blob, Packing::None, Kind::Unsigned, SHAPE).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        // The sizes are right; nothing comes.
        let error = decode(&head(4, 8, 1), Packing::None, Kind::Unsigned, SHAPE).unwrap_err();
        assert!(matches!(error, TiffError::Damaged(_)), "{error}");
    }

    #[test]
    fn other_packings_have_their_number() {
        let error = Packing::from_tag(&[4, 7]).unwrap_err();
        assert_eq!(error.to_string(), "LERC packed with method 7");
        assert_eq!(Packing::from_tag(&[]), Ok(Packing::None));
    }
}
