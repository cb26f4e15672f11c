//! Directories of a TIFF file: which tags it has and where their values lie (TIFF 6.0, chapter 2; BigTIFF).
//!
//! Every count and offset comes from a stranger: nothing is allocated that the file itself is not long enough for.

use std::borrow::Cow;

use super::parts::TiffError;
use crate::formats::bytes::Bytes;

/// Directories followed at most; overviews and masks make a dozen.
const MAX_DIRECTORIES: usize = 64;
/// Tags in one directory at most.
const MAX_TAGS: u64 = 4096;

/// Byte order and size of offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub big_endian: bool,
    pub big_tiff: bool,
}

impl Layout {
    pub fn u16(self, b: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        }
    }

    pub fn u32(self, b: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        }
    }

    pub fn u64(self, b: [u8; 8]) -> u64 {
        if self.big_endian {
            u64::from_be_bytes(b)
        } else {
            u64::from_le_bytes(b)
        }
    }
}

/// One tag of a directory.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the values begin in the file.
    at: u64,
}

/// The values of a tag: their type, and their bytes.
type Values<'a> = (u16, Cow<'a, [u8]>);

/// One directory.
#[derive(Debug)]
pub struct Directory<'a> {
    bytes: &'a dyn Bytes,
    pub layout: Layout,
    entries: Vec<Entry>,
}

fn take<const N: usize>(bytes: &dyn Bytes, at: u64) -> Result<[u8; N], TiffError> {
    let taken = bytes.range(at, N).ok_or(TiffError::Truncated)?;
    (*taken).try_into().map_err(|_| TiffError::Truncated)
}

/// Bytes a value of a field type has; `None` for a type nobody defined.
fn size_of(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

/// All directories of a file, in order.
///
/// # Errors
/// If the header or the chain of directories leads outside the file.
pub fn directories(bytes: &dyn Bytes) -> Result<Vec<Directory<'_>>, TiffError> {
    let big_endian = match take::<2>(bytes, 0).as_ref() {
        Ok(b"II") => false,
        Ok(b"MM") => true,
        _ => return Err(TiffError::Damaged("no TIFF header".into())),
    };
    let mut layout = Layout {
        big_endian,
        big_tiff: false,
    };
    let mut next = match layout.u16(take(bytes, 2)?) {
        42 => u64::from(layout.u32(take(bytes, 4)?)),
        43 => {
            layout.big_tiff = true;
            layout.u64(take(bytes, 8)?)
        }
        other => return Err(TiffError::Damaged(format!("version {other}"))),
    };
    let mut all = Vec::new();
    let mut seen = Vec::new();
    while next != 0 && all.len() < MAX_DIRECTORIES {
        if seen.contains(&next) {
            break;
        }
        seen.push(next);
        match Directory::read(bytes, layout, next) {
            Ok((directory, after)) => {
                all.push(directory);
                next = after;
            }
            // A broken overview is no reason to refuse the image before it.
            Err(_) if !all.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    if all.is_empty() {
        return Err(TiffError::Damaged("no directory".into()));
    }
    Ok(all)
}

impl<'a> Directory<'a> {
    fn read(bytes: &'a dyn Bytes, layout: Layout, at: u64) -> Result<(Self, u64), TiffError> {
        let (count, mut cursor, step) = if layout.big_tiff {
            (layout.u64(take(bytes, at)?), at.saturating_add(8), 20)
        } else {
            (u64::from(layout.u16(take(bytes, at)?)), at.saturating_add(2), 12)
        };
        if count > MAX_TAGS {
            return Err(TiffError::Damaged(format!("{count} tags in a directory")));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let (tag, kind) = (
                layout.u16(take(bytes, cursor)?),
                layout.u16(take(bytes, cursor.saturating_add(2))?),
            );
            let (count, field, inline) = if layout.big_tiff {
                (layout.u64(take(bytes, cursor + 4)?), cursor + 12, 8)
            } else {
                (u64::from(layout.u32(take(bytes, cursor + 4)?)), cursor + 8, 4)
            };
            let length = size_of(kind).and_then(|size| size.checked_mul(count));
            let at = match length {
                Some(length) if length <= inline => field,
                _ if layout.big_tiff => layout.u64(take(bytes, field)?),
                _ => u64::from(layout.u32(take(bytes, field)?)),
            };
            entries.push(Entry { tag, kind, count, at });
            cursor = cursor.saturating_add(step);
        }
        let next = if layout.big_tiff {
            layout.u64(take(bytes, cursor)?)
        } else {
            u64::from(layout.u32(take(bytes, cursor)?))
        };
        Ok((Self { bytes, layout, entries }, next))
    }

    /// The bytes of a tag's values and their type; `None` if the tag is absent.
    fn raw(&self, tag: u16) -> Result<Option<Values<'a>>, TiffError> {
        let Some(entry) = self.entries.iter().find(|e| e.tag == tag) else {
            return Ok(None);
        };
        let size =
            size_of(entry.kind).ok_or_else(|| TiffError::Damaged(format!("tag {tag} of type {}", entry.kind)))?;
        let lies = || {
            TiffError::Damaged(format!(
                "tag {tag} claims {} values, which the file does not hold",
                entry.count
            ))
        };
        let length = size.checked_mul(entry.count).ok_or_else(lies)?;
        let length = usize::try_from(length).map_err(|_| lies())?;
        let values = self.bytes.range(entry.at, length).ok_or_else(lies)?;
        Ok(Some((entry.kind, values)))
    }

    /// Unsigned integers of any width; empty if the tag is absent.
    ///
    /// # Errors
    /// If the values lie outside the file or are of another kind.
    pub fn integers(&self, tag: u16) -> Result<Vec<u64>, TiffError> {
        let layout = self.layout;
        let Some((kind, raw)) = self.raw(tag)? else {
            return Ok(Vec::new());
        };
        Ok(match kind {
            1 | 7 => raw.iter().map(|b| u64::from(*b)).collect(),
            3 => raw
                .chunks_exact(2)
                .map(|b| u64::from(layout.u16([b[0], b[1]])))
                .collect(),
            4 | 13 => raw
                .chunks_exact(4)
                .map(|b| u64::from(layout.u32([b[0], b[1], b[2], b[3]])))
                .collect(),
            16 | 18 => raw
                .chunks_exact(8)
                .map(|b| layout.u64([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
                .collect(),
            other => return Err(TiffError::Damaged(format!("tag {tag} of type {other}"))),
        })
    }

    /// The first integer of a tag, or `default` if the tag is absent or empty.
    pub fn integer(&self, tag: u16, default: u64) -> Result<u64, TiffError> {
        Ok(self.integers(tag)?.first().copied().unwrap_or(default))
    }

    /// 64-bit floats; empty if absent or of another type.
    pub fn doubles(&self, tag: u16) -> Result<Vec<f64>, TiffError> {
        Ok(match self.raw(tag)? {
            Some((12, raw)) => raw
                .chunks_exact(8)
                .map(|b| f64::from_bits(self.layout.u64([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])))
                .collect(),
            _ => Vec::new(),
        })
    }

    /// Text without its closing zero; `None` if absent.
    pub fn text(&self, tag: u16) -> Result<Option<String>, TiffError> {
        Ok(match self.raw(tag)? {
            Some((1 | 2, raw)) => Some(String::from_utf8_lossy(&raw).trim_end_matches('\0').to_owned()),
            _ => None,
        })
    }
}
