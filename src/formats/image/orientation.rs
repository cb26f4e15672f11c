//! Which way up a picture is to be seen: EXIF, wherever writers put it, else XMP; in the order that Pillow's
//! `ImageOps.exif_transpose` has (EXIF counts as soon as it says anything about it).
//!
//! Sources: EXIF 2.32 (tag 274), XMP part 3.

use image::metadata::Orientation;

/// Entries of a directory of EXIF at most.
const MAX_ENTRIES: u16 = 1024;

/// Metadata of a file that may tell an orientation, the first of each.
#[derive(Default)]
pub(super) struct Metadata {
    pub exif: Option<Vec<u8>>,
    /// EXIF written as text.
    pub profile: Option<Vec<u8>>,
    pub xmp: Option<Vec<u8>>,
}

/// What the file asks for; a broken entry asks for nothing.
pub(super) fn of(found: Metadata) -> Orientation {
    let exif = found.exif.or(found.profile);
    let said = exif.and_then(|exif| in_exif(&exif));
    let said = said.or_else(|| found.xmp.and_then(|xmp| in_xmp(&xmp)));
    said.and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

pub(super) fn is_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
}

/// The value of tag 274 in the first directory; `None` if there is none. The data may begin with its own name, once or
/// twice.
fn in_exif(mut exif: &[u8]) -> Option<u8> {
    for _ in 0..2 {
        exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    }
    let big_endian = match exif.get(..4)? {
        b"II\x2a\0" => false,
        b"MM\0\x2a" => true,
        _ => return None,
    };
    let word = |at: usize| -> Option<u16> {
        let b = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big_endian {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        })
    };
    let double = |at: usize| -> Option<u32> {
        let b = exif.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if big_endian {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        })
    };
    let start = double(4)? as usize;
    for entry in 0..word(start)?.min(MAX_ENTRIES) {
        let at = start.checked_add(2 + 12 * usize::from(entry))?;
        if word(at)? != 0x112 {
            continue;
        }
        let value = match (word(at + 2)?, double(at + 4)?) {
            (3 | 8, 1) => u32::from(word(at + 8)?),
            (4 | 9, 1) => double(at + 8)?,
            // Said, but not as a number of a type that Pillow takes for one.
            _ => 0,
        };
        return Some(u8::try_from(value).unwrap_or(0));
    }
    None
}

/// The first `tiff:Orientation` of a packet, as attribute or element.
fn in_xmp(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let ends = (0..xmp.len().saturating_sub(NAME.len())).filter(|at| xmp[*at..].starts_with(NAME));
    ends.map(|at| &xmp[at + NAME.len()..]).find_map(|rest| match rest {
        [b'=', b'"' | b'\'', digit, ..] | [b'>', digit, ..] => digit.is_ascii_digit().then(|| digit - b'0'),
        _ => None,
    })
}

#[cfg(test)]
#[path = "orientation_tests.rs"]
mod tests;
