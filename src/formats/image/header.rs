//! What a file says about itself before its pixels, and numbers of it.

use super::parts::DecodeError;

pub(super) fn truncated() -> DecodeError {
    DecodeError::Corrupt("the file ends early".into())
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at + 2)?;
    Some(u32::from(u16::from_be_bytes(b.try_into().ok()?)))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(b.try_into().ok()?))
}
