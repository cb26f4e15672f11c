//! One strip or tile: decompressed, its predictor undone. Source: TIFF 6.0 chapters 9, 13, 14; Adobe's
//! technical note 3 for the floating point predictor.

use std::{borrow::Cow, convert::Infallible, io::Read};

use ruzstd::decoding::StreamingDecoder;

use super::{ifd::Layout, parts::TiffError};

/// Writers that stream take a window by their level, however little comes: 8 MiB up to level 19, and 32, 64 and 128 MiB at
/// 20 to 22, which GDAL offers too. A damaged chunk fills a window at most before it is found out.
const ZSTD_LEAST_WINDOW: usize = 128 << 20;

/// Compressions that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    /// The newer kind, compression 7; decoded by [`super::jpeg`].
    Jpeg,
    /// ITU-T T.6, bilevel.
    Fax4,
    Zstd,
    /// Decoded by [`super::webp`].
    WebP,
    /// Decoded by [`super::lerc`].
    Lerc,
}

impl Compression {
    /// By the tag's number.
    ///
    /// # Errors
    /// `Unsupported`, with number and name.
    pub fn from_tag(number: u64) -> Result<Self, TiffError> {
        let name = match number {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            8 | 32946 => return Ok(Self::Deflate),
            32773 => return Ok(Self::PackBits),
            7 => return Ok(Self::Jpeg),
            4 => return Ok(Self::Fax4),
            50000 => return Ok(Self::Zstd),
            50001 => return Ok(Self::WebP),
            34887 => return Ok(Self::Lerc),
            2..=3 => " (fax)",
            6 => " (old JPEG)",
            34712 => " (JPEG 2000)",
            34925 => " (LZMA)",
            50002 => " (JPEG XL)",
            _ => "",
        };
        Err(TiffError::Unsupported(format!("compression {number}{name}")))
    }

    /// Most bytes that one byte can become, rounded up.
    fn most_ratio(self) -> usize {
        match self {
            Self::None => 1,
            // A code has 9 bits at least, a string of the table is shorter than the table.
            Self::Lzw => 4096,
            // Four copies of 258 bytes, each by a length and a distance of one bit (RFC 1951).
            Self::Deflate => 1032,
            Self::PackBits => 64,
            // A block of one byte repeated has four bytes and becomes 128 KiB at most (RFC 8878).
            Self::Zstd => 32 << 10,
            // One bit of fax can be a row of any width; the others say their own sizes.
            Self::Jpeg | Self::Fax4 | Self::WebP | Self::Lerc => usize::MAX,
        }
    }
}

/// What the samples of a chunk look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkShape {
    /// Pixels a row, padding of a tile included.
    pub width: usize,
    pub rows: usize,
    /// Samples a pixel in this chunk: all bands, or one where the planes are apart.
    pub samples: usize,
    /// Bits a sample: 1, 2, 4, 8, 16, 32 or 64.
    pub bits: usize,
}

impl ChunkShape {
    pub fn row_bytes(&self) -> usize {
        (self.width * self.samples * self.bits).div_ceil(8)
    }

    pub fn bytes(&self) -> usize {
        self.row_bytes() * self.rows
    }
}

/// The samples of a chunk, in the file's byte order unless the predictor was the floating point one (big endian).
///
/// # Errors
/// `Damaged` if the data ends early or does not decompress.
pub fn decode<'a>(
    raw: &'a [u8],
    compression: Compression,
    predictor: u64,
    shape: ChunkShape,
    layout: Layout,
) -> Result<Cow<'a, [u8]>, TiffError> {
    let wanted = shape.bytes();
    let short = |found: usize| TiffError::Damaged(format!("a strip or tile ends early: {found} bytes of {wanted}"));
    if wanted > raw.len().saturating_mul(compression.most_ratio()) {
        // Said before memory is taken for what cannot come.
        return Err(TiffError::Damaged(format!(
            "a strip or tile ends early: {} bytes packed, {wanted} wanted",
            raw.len()
        )));
    }
    let mut data: Cow<'a, [u8]> = match compression {
        Compression::None => Cow::Borrowed(raw.get(..wanted).ok_or_else(|| short(raw.len()))?),
        Compression::Deflate => Cow::Owned(deflate(raw, wanted)?),
        Compression::Zstd => Cow::Owned(zstd(raw, wanted)?),
        Compression::Lzw => Cow::Owned(lzw(lzw_decoder(raw), raw, wanted)?),
        Compression::PackBits => Cow::Owned(pack_bits(raw, wanted)),
        Compression::Fax4 => Cow::Owned(fax(raw, shape)?),
        Compression::Jpeg | Compression::WebP | Compression::Lerc => {
            return Err(TiffError::Damaged("no stream of bytes".into()));
        }
    };
    if data.len() < wanted {
        return Err(short(data.len()));
    }
    match predictor {
        1 => {}
        2 => horizontal(data.to_mut(), shape, layout)?,
        3 => floating(data.to_mut(), shape)?,
        other => return Err(TiffError::Unsupported(format!("predictor {other}"))),
    }
    Ok(data)
}

/// The first `wanted` bytes of a zlib stream, or what there is.
pub(super) fn deflate(raw: &[u8], wanted: usize) -> Result<Vec<u8>, TiffError> {
    let mut out = Vec::with_capacity(wanted.min(raw.len().saturating_mul(1032)));
    flate2::read::ZlibDecoder::new(raw)
        .take(wanted as u64)
        .read_to_end(&mut out)
        .map_err(|e| TiffError::Damaged(format!("Deflate: {e}")))?;
    Ok(out)
}

/// The first `wanted` bytes of a frame of Zstandard, or what there is.
pub(super) fn zstd(raw: &[u8], wanted: usize) -> Result<Vec<u8>, TiffError> {
    let damaged = |e: String| TiffError::Damaged(format!("ZSTD: {e}"));
    let window = (wanted as u64 * 2).max(ZSTD_LEAST_WINDOW as u64);
    let decoder = StreamingDecoder::new_with_max_window_size(raw, window).map_err(|e| damaged(e.to_string()))?;
    let mut out = Vec::with_capacity(wanted.min(raw.len().saturating_mul(32 << 10)));
    let read = decoder.take(wanted as u64).read_to_end(&mut out);
    read.map_err(|e| damaged(e.to_string()))?;
    Ok(out)
}

/// Before TIFF 5, codes ran from the lowest bit and grew one code later, as in GIF. Either kind begins with the code
/// that clears the table, whose 9 bits tell them apart.
fn lzw_decoder(raw: &[u8]) -> weezl::decode::Decoder {
    match raw {
        [0, second, ..] if second & 1 == 1 => weezl::decode::Decoder::new(weezl::BitOrder::Lsb, 8),
        _ => weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8),
    }
}

fn lzw(mut decoder: weezl::decode::Decoder, raw: &[u8], wanted: usize) -> Result<Vec<u8>, TiffError> {
    let mut out = vec![0; wanted];
    let (mut read, mut written) = (0, 0);
    while written < wanted {
        let step = decoder.decode_bytes(&raw[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(TiffError::Damaged(format!("LZW: {error}"))),
        }
    }
    out.truncate(written);
    Ok(out)
}

fn pack_bits(raw: &[u8], wanted: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(wanted.min(raw.len().saturating_mul(64)));
    let mut rest = raw;
    while let [head, tail @ ..] = rest {
        if out.len() >= wanted {
            break;
        }
        match *head as i8 {
            -128 => rest = tail,
            n @ 0.. => {
                let n = (n as usize + 1).min(tail.len());
                out.extend_from_slice(&tail[..n]);
                rest = &tail[n..];
            }
            n => {
                let Some((value, after)) = tail.split_first() else {
                    break;
                };
                out.extend(std::iter::repeat_n(*value, 1 + n.unsigned_abs() as usize));
                rest = after;
            }
        }
    }
    out.truncate(wanted);
    out
}

/// Rows of black and white, one bit a pixel: 0 is white, as in libtiff, whatever the file says that its bits mean. Rows
/// that its writer left out before the end of the block are white.
fn fax(raw: &[u8], shape: ChunkShape) -> Result<Vec<u8>, TiffError> {
    let damaged = || TiffError::Damaged("fax: no code of T.6".into());
    let width = u16::try_from(shape.width)
        .map_err(|_| TiffError::Unsupported(format!("fax of {} pixels a row", shape.width)))?;
    let row_bytes = shape.row_bytes();
    let mut out = Vec::new();
    let bytes = raw.iter().copied().map(Ok::<u8, Infallible>);
    let mut decoder = fax::decoder::Group4Decoder::new(bytes, width).map_err(|_| damaged())?;
    for row in 0..shape.rows {
        if decoder.advance().map_err(|_| damaged())? == fax::decoder::DecodeStatus::End {
            if !ends_block(raw) {
                return Err(TiffError::Damaged(format!(
                    "fax: it ends after {row} of {} rows",
                    shape.rows
                )));
            }
            break;
        }
        let from = out.len();
        out.resize(from + row_bytes, 0);
        let black = fax::decoder::pels(decoder.transition(), width).map(|colour| colour == fax::Color::Black);
        for (at, _) in black.enumerate().filter(|(_, black)| *black) {
            if let Some(byte) = out.get_mut(from + at / 8) {
                *byte |= 0x80 >> (at % 8);
            }
        }
    }
    out.resize(shape.bytes(), 0);
    Ok(out)
}

/// Whether the last bits that are not padding are T.6's end of a block: eleven zeros and a one, twice.
fn ends_block(raw: &[u8]) -> bool {
    let bits = raw.iter().rev().flat_map(|byte| (0..8).map(move |i| byte >> i & 1));
    let last: Vec<u8> = bits.skip_while(|bit| *bit == 0).take(24).collect();
    last.len() == 24 && last.iter().enumerate().all(|(i, bit)| (*bit == 1) == (i % 12 == 0))
}

/// Predictor 2: each sample is the difference to the same band of the pixel before.
fn horizontal(data: &mut [u8], shape: ChunkShape, layout: Layout) -> Result<(), TiffError> {
    let (bytes, step) = (shape.bits / 8, shape.samples);
    for row in data.chunks_exact_mut(shape.row_bytes().max(1)) {
        match shape.bits {
            8 => (step..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - step])),
            16 | 32 | 64 => {
                for i in (step * bytes..row.len().saturating_sub(bytes - 1)).step_by(bytes) {
                    let before = integer(&row[i - step * bytes..][..bytes], layout);
                    let sum = integer(&row[i..][..bytes], layout).wrapping_add(before);
                    let all = if layout.big_endian {
                        sum.to_be_bytes()
                    } else {
                        sum.to_le_bytes()
                    };
                    let part = if layout.big_endian {
                        &all[8 - bytes..]
                    } else {
                        &all[..bytes]
                    };
                    row[i..i + bytes].copy_from_slice(part);
                }
            }
            bits => return Err(TiffError::Unsupported(format!("predictor 2 with {bits} bits"))),
        }
    }
    Ok(())
}

fn integer(bytes: &[u8], layout: Layout) -> u64 {
    let add = |n: u64, b: &u8| n << 8 | u64::from(*b);
    if layout.big_endian {
        bytes.iter().fold(0, add)
    } else {
        bytes.iter().rev().fold(0, add)
    }
}

/// Predictor 3: bytes of equal significance lie together, most significant first, as differences along the row.
fn floating(data: &mut [u8], shape: ChunkShape) -> Result<(), TiffError> {
    let bytes = shape.bits / 8;
    if !matches!(shape.bits, 16 | 32 | 64) {
        return Err(TiffError::Unsupported(format!("predictor 3 with {} bits", shape.bits)));
    }
    let (step, count) = (shape.samples, shape.width * shape.samples);
    let mut plain = vec![0; shape.row_bytes()];
    for row in data.chunks_exact_mut(shape.row_bytes().max(1)) {
        (step..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - step]));
        for i in 0..count {
            for byte in 0..bytes {
                plain[i * bytes + byte] = row[byte * count + i];
            }
        }
        row.copy_from_slice(&plain);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_is_apples_example() {
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa,
        ];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(pack_bits(&packed, 24), plain);
        assert_eq!(pack_bits(&packed[..8], 24), plain[..10]);
    }

    /// By hand from RFC 8878: a header that says the window alone, and a raw block of three bytes, the last.
    #[test]
    fn windows_of_the_highest_levels_are_taken() {
        let frame = |window: u8| [0x28, 0xb5, 0x2f, 0xfd, 0, window, 0x19, 0, 0, 7, 8, 9];
        let of_log = |log: u8| zstd(&frame((log - 10) << 3), 3);
        for log in [17, 23, 25, 26, 27] {
            assert_eq!(of_log(log), Ok(vec![7, 8, 9]), "{log}");
        }
        assert!(matches!(of_log(28), Err(TiffError::Damaged(_))));
    }

    /// By hand from T.6: a row of white (V0), one of 3 white, 2 black and the rest white (horizontal, white 3, black 2,
    /// V0), and the end of the block.
    #[test]
    fn fax_is_black_and_white() {
        let shape = ChunkShape {
            width: 8,
            rows: 3,
            samples: 1,
            bits: 1,
        };
        // 1 | 001 1000 11 1 | 000000000001 000000000001
        let raw = [0b1001_1000, 0b1110_0000, 0b0000_0010, 0b0000_0000, 0b0010_0000];
        assert_eq!(fax(&raw, shape), Ok(vec![0, 0b0001_1000, 0]));
        // Two of three rows, and no end of the block; then nothing at all.
        assert!(matches!(fax(&raw[..2], shape), Err(TiffError::Damaged(_))));
        assert!(matches!(fax(&[0, 0], shape), Err(TiffError::Damaged(_))));
        let wide = ChunkShape { width: 70_000, ..shape };
        assert!(matches!(fax(&raw, wide), Err(TiffError::Unsupported(_))));
    }

    #[test]
    fn unknown_compressions_have_their_number() {
        assert_eq!(
            Compression::from_tag(50002),
            Err(TiffError::Unsupported("compression 50002 (JPEG XL)".into()))
        );
        assert_eq!(
            Compression::from_tag(777),
            Err(TiffError::Unsupported("compression 777".into()))
        );
    }
}
