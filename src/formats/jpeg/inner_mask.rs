//! The mask that GDAL's JPEG driver writes behind the end of a picture: a zlib stream of one bit a pixel, 0 where there is
//! no data, and in the last four bytes of the file where it begins.
//!
//! Measured with GDAL 3.10: rows follow each other without padding, the lowest bit of a byte comes first; behind the last row
//! lie as many bytes as padding would have taken.

use std::io::Read;

use super::Fault;

/// Whether each pixel has data, row by row as stored; `None` if the file has no such mask. What else may lie behind a
/// picture is none.
///
/// # Errors
/// If there is a mask and it is damaged or of another size.
pub fn inner_mask(bytes: &[u8], width: usize, height: usize) -> Result<Option<Vec<bool>>, Fault> {
    let Some(stream) = stream(bytes) else { return Ok(None) };
    let damaged = |what: &str| format!("the mask behind the picture: {what}");
    let pixels = width.checked_mul(height).ok_or_else(|| damaged("too large"))?;
    let expected = pixels.div_ceil(8)..=width.div_ceil(8).saturating_mul(height);
    let mut packed = Vec::new();
    let read = flate2::read::ZlibDecoder::new(stream)
        .take(*expected.end() as u64 + 1)
        .read_to_end(&mut packed);
    read.map_err(|error| damaged(&error.to_string()))?;
    if !expected.contains(&packed.len()) {
        return Err(damaged("not of the picture's size"));
    }
    let bit = |at: usize, high_first: bool| {
        let in_byte = if high_first { 7 - at % 8 } else { at % 8 };
        packed.get(at / 8).is_some_and(|byte| byte >> in_byte & 1 == 1)
    };
    let high_first = width > 8 && height > 1 && one_edge_down(width, |at| bit(at, true));
    Ok(Some((0..pixels).map(|at| bit(at, high_first)).collect()))
}

/// What lies between the end of a picture and the four bytes that tell where that is. It has to fill less than half of the
/// file, as for GDAL, and to begin as zlib's streams do.
fn stream(bytes: &[u8]) -> Option<&[u8]> {
    let (rest, tail) = bytes.split_last_chunk::<4>()?;
    let start = u32::from_le_bytes(*tail) as usize;
    let (picture, stream) = rest.split_at_checked(start)?;
    let begins = matches!(stream, [a, b, ..] if a & 0x0f == 8 && u16::from_be_bytes([*a, *b]).is_multiple_of(31));
    (start >= bytes.len() / 2 && picture.ends_with(&[0xff, 0xd9]) && begins).then_some(stream)
}

/// Some writers begin with the highest bit. GDAL takes a mask for such a one where its first two rows are then the same and
/// have one edge, which read the other way they could not have: not where edge and width are whole bytes.
fn one_edge_down(width: usize, bit: impl Fn(usize) -> bool) -> bool {
    let mut edges = (1..width).filter(|x| bit(*x) != bit(x - 1));
    let Some(edge) = edges.next() else { return false };
    let whole_bytes = edge.is_multiple_of(8) && width.is_multiple_of(8);
    !whole_bytes && edges.next().is_none() && (0..width).all(|x| bit(x) == bit(x + width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A mask as GDAL writes it, behind as much picture as it needs.
    fn file(packed: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 98];
        bytes.extend([0xff, 0xd9]);
        let mut zlib = flate2::write::ZlibEncoder::new(bytes, flate2::Compression::default());
        zlib.write_all(packed).expect("in memory");
        let mut bytes = zlib.finish().expect("in memory");
        bytes.extend(100u32.to_le_bytes());
        bytes
    }

    fn missing(packed: &[u8], width: usize, height: usize) -> Vec<usize> {
        let mask = inner_mask(&file(packed), width, height).expect("whole").expect("there");
        (0..mask.len()).filter(|at| !mask[*at]).collect()
    }

    /// `dataset_mask()` of rasterio 1.4 for files with these bits.
    #[test]
    fn lowest_bit_first_and_rows_follow_each_other() {
        // 5 x 3: the pixels (1, 0), (0, 1), (4, 2).
        assert_eq!(missing(&[0b1101_1101, 0b1011_1111], 5, 3), [1, 5, 14]);
        assert_eq!(missing(&[0b1101_1101, 0b1011_1111, 0], 5, 3), [1, 5, 14]);
        assert_eq!(missing(&[0xff, 0], 5, 3), [8, 9, 10, 11, 12, 13, 14]);
    }

    /// As above: rows without an edge tell nothing, and the last byte is not full.
    #[test]
    fn a_row_of_one_value_tells_nothing() {
        assert_eq!(missing(&[0xff, 0xff, 0x3f, 0], 11, 2), Vec::<usize>::new());
        assert_eq!(missing(&[0, 0, 0, 0b10], 13, 2).len(), 25);
    }

    /// As above: three columns of data in ten, two rows; the same of 8 pixels, where nothing tells.
    #[test]
    fn highest_bit_first_where_the_rows_tell() {
        let columns: Vec<usize> = (3..10).chain(13..20).collect();
        assert_eq!(missing(&[0b1110_0000, 0b0011_1000, 0], 10, 2), columns);
        assert_eq!(missing(&[0b0000_0111, 0b0001_1100, 0], 10, 2), columns);
        assert_eq!(
            missing(&[0b1110_0000, 0b1110_0000], 8, 2),
            [0, 1, 2, 3, 4, 8, 9, 10, 11, 12]
        );
    }

    #[test]
    fn what_is_no_mask_is_none_and_half_a_mask_is_an_error() {
        let whole = file(&[0xff, 0x7f]);
        for (at, value) in [(98, 0), (99, 0), (100, 0), (whole.len() - 4, 99), (whole.len() - 1, 1)] {
            let mut other = whole.clone();
            other[at] = value;
            assert_eq!(inner_mask(&other, 5, 3), Ok(None), "{at}");
        }
        for end in 0..4 {
            assert_eq!(inner_mask(&whole[..end], 5, 3), Ok(None));
        }
        for (width, height) in [(5, 1), (5, 4), (usize::MAX, 2)] {
            assert!(inner_mask(&whole, width, height).is_err(), "{width} x {height}");
        }
        let mut cut = whole[..106].to_vec();
        cut.extend(100u32.to_le_bytes());
        assert!(inner_mask(&cut, 5, 3).is_err());
    }
}
