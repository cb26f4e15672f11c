//! NumPy's `.npz` out: a zip of stored `.npy` arrays, as `numpy.savez` writes it.

use super::{
    weights_file::FileTensor,
    zip::{TooLarge, ZipWriter},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NpzError {
    #[error("{name} holds {values} values, its shape {shape:?} wants others")]
    Shape {
        name: String,
        shape: Vec<usize>,
        values: usize,
    },
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Arrays of 32-bit floats by name; a name may hold slashes.
///
/// # Errors
/// If a shape and its values contradict each other, or the file would pass what a plain zip can address.
pub fn write(arrays: &[FileTensor]) -> Result<Vec<u8>, NpzError> {
    let mut zip = ZipWriter::default();
    for array in arrays {
        zip.add(&format!("{}.npy", array.name), &npy(array)?)?;
    }
    Ok(zip.finish()?)
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
