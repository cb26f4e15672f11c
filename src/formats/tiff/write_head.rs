//! Directories of a TIFF to be written, classic or BigTIFF, in front of all data.

/// What the head of a file says of its layout, so that readers over a network need fewer looks (GDAL's "ghost area"):
/// directories first, and each tile between its length and a copy of its last four bytes.
const LAYOUT: &str = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n\
    BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";

/// A tag with its values as bytes.
pub(super) struct Field {
    pub tag: u16,
    kind: u16,
    count: usize,
    data: Vec<u8>,
}

impl Field {
    pub fn shorts(tag: u16, values: &[u16]) -> Field {
        Field::new(tag, 3, values.len(), values.iter().flat_map(|v| v.to_le_bytes()))
    }

    pub fn longs(tag: u16, values: &[u32]) -> Field {
        Field::new(tag, 4, values.len(), values.iter().flat_map(|v| v.to_le_bytes()))
    }

    /// Places in the file or lengths: 64 bits wide only where the file is BigTIFF.
    pub fn places(tag: u16, values: &[u64], is_big: bool) -> Field {
        match is_big {
            true => Field::new(tag, 16, values.len(), values.iter().flat_map(|v| v.to_le_bytes())),
            false => Field::new(
                tag,
                4,
                values.len(),
                values.iter().flat_map(|v| (*v as u32).to_le_bytes()),
            ),
        }
    }

    pub fn doubles(tag: u16, values: &[f64]) -> Field {
        Field::new(tag, 12, values.len(), values.iter().flat_map(|v| v.to_le_bytes()))
    }

    pub fn text(tag: u16, text: &str) -> Field {
        Field::new(tag, 2, text.len() + 1, text.bytes().chain([0]))
    }

    fn new(tag: u16, kind: u16, count: usize, data: impl Iterator<Item = u8>) -> Field {
        Field {
            tag,
            kind,
            count,
            data: data.collect(),
        }
    }
}

/// The beginning of a file: header, layout, and directories, each followed by those of its values that are too long for
/// their entries. How long it is follows from the fields' lengths alone, not from their values.
pub(super) fn head(mut directories: Vec<Vec<Field>>, is_big: bool) -> Vec<u8> {
    let mut out = match is_big {
        true => b"II\x2b\0\x08\0\0\0".to_vec(),
        false => b"II\x2a\0".to_vec(),
    };
    let ghost = format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{LAYOUT}", LAYOUT.len());
    let word = if is_big { 8 } else { 4 };
    let first = (out.len() + word + ghost.len()).next_multiple_of(2);
    put(&mut out, first, word);
    out.extend(ghost.as_bytes());
    out.resize(first, 0);
    let last = directories.len().saturating_sub(1);
    for (number, fields) in directories.iter_mut().enumerate() {
        fields.sort_by_key(|field| field.tag);
        directory(&mut out, fields, word, number == last);
    }
    out
}

/// A number of so many bytes.
fn put(out: &mut Vec<u8>, number: usize, bytes: usize) {
    out.extend((number as u64).to_le_bytes().into_iter().take(bytes));
}

/// One directory at the end of `out`. `word`: bytes of a place in the file.
fn directory(out: &mut Vec<u8>, fields: &[Field], word: usize, is_last: bool) {
    let count_bytes = if word == 8 { 8 } else { 2 };
    let mut beyond = out.len() + count_bytes + fields.len() * (4 + 2 * word) + word;
    let end = fields.iter().fold(beyond, |end, field| match field.data.len() > word {
        true => end + field.data.len().next_multiple_of(2),
        false => end,
    });
    put(out, fields.len(), count_bytes);
    for field in fields {
        out.extend(field.tag.to_le_bytes());
        out.extend(field.kind.to_le_bytes());
        put(out, field.count, word);
        if field.data.len() > word {
            put(out, beyond, word);
            beyond += field.data.len().next_multiple_of(2);
        } else {
            let filled = out.len() + word;
            out.extend(&field.data);
            out.resize(filled, 0);
        }
    }
    put(out, if is_last { 0 } else { end }, word);
    for field in fields.iter().filter(|field| field.data.len() > word) {
        out.extend(&field.data);
        out.resize(out.len().next_multiple_of(2), 0);
    }
}
