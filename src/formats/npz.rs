//! NumPy's `.npz` out: a zip of stored `.npy` arrays, as `numpy.savez` writes it.

use super::weights_file::FileTensor;

/// Date of every entry, so that equal weights give equal files: 1 January 1980, the first that zip knows.
const DOS_DATE: u16 = (1 << 5) | 1;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NpzError {
    #[error("{name} holds {values} values, its shape {shape:?} wants others")]
    Shape {
        name: String,
        shape: Vec<usize>,
        values: usize,
    },
    #[error("the file would be larger than 4 GiB")]
    TooLarge,
}

/// Arrays of 32-bit floats by name; a name may hold slashes.
///
/// # Errors
/// If a shape and its values contradict each other, or the file would pass what a plain zip can address.
pub fn write(arrays: &[FileTensor]) -> Result<Vec<u8>, NpzError> {
    let size = |n: usize| u32::try_from(n).map_err(|_| NpzError::TooLarge);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for array in arrays {
        let name = format!("{}.npy", array.name);
        let bytes = npy(array)?;
        let at = size(out.len())?;
        let mut header = Vec::new();
        // Version needed, flags (names are UTF-8), stored, time, date.
        for v in [20u16, 1 << 11, 0, 0, DOS_DATE] {
            header.extend(v.to_le_bytes());
        }
        for v in [crc32fast::hash(&bytes), size(bytes.len())?, size(bytes.len())?] {
            header.extend(v.to_le_bytes());
        }
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&header);
        out.extend(name.as_bytes());
        out.extend(&bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&header);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length) = (size(out.len())?, size(directory.len())?);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let entries = u16::try_from(arrays.len()).map_err(|_| NpzError::TooLarge)?;
    out.extend(entries.to_le_bytes());
    out.extend(entries.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// NumPy's format, version 1.0: the header's end lies on a multiple of 64 bytes.
fn npy(array: &FileTensor) -> Result<Vec<u8>, NpzError> {
    let count = array.shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
    if count != Some(array.values.len()) {
        return Err(NpzError::Shape {
            name: array.name.clone(),
            shape: array.shape.clone(),
            values: array.values.len(),
        });
    }
    let sides: String = array.shape.iter().map(|side| format!("{side},")).collect();
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
    let padded = (10 + text.len() + 1).next_multiple_of(64);
    text.push_str(&" ".repeat(padded - 10 - text.len() - 1));
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\0".to_vec();
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.as_bytes());
    out.extend(array.values.iter().flat_map(|v| v.to_le_bytes()));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_can_be_found_from_the_end() {
        let array = |name: &str, shape: &[usize]| FileTensor {
            name: name.into(),
            shape: shape.to_vec(),
            values: vec![0.5; shape.iter().product()],
        };
        let bytes = write(&[array("a/kernel", &[2, 3]), array("b", &[5])]).expect("written");
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        let long = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        let directory = long(end + 16);
        assert_eq!(directory + long(end + 12), end);
        assert_eq!(&bytes[directory..directory + 4], b"PK\x01\x02");
        assert_eq!(&bytes[directory + 46..directory + 58], b"a/kernel.npy");
        // The header of the array fills 128 bytes, its values follow.
        assert_eq!(long(directory + 24), 128 + 24);
        let mut wrong = array("x", &[3]);
        wrong.values.pop();
        assert!(matches!(write(&[wrong]), Err(NpzError::Shape { .. })));
    }
}
