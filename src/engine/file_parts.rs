//! Files handed over in pieces while they are made.

use super::host::Post;
use crate::{formats::Parts, protocol::Event};

/// Makes a file by `make`, handing over its pieces meanwhile where somebody takes them: how many, and its beginning.
pub(super) fn in_parts<T>(early: &mut Option<Post>, make: impl FnOnce(Parts) -> T) -> (u32, T) {
    let mut count = 0;
    let mut take = early.as_mut().map(|post| {
        |bytes| {
            count += 1;
            post(Event::FilePart { bytes });
        }
    });
    let parts = match &mut take {
        Some(take) => Parts::to(take),
        None => Parts::whole(),
    };
    let made = make(parts);
    (count, made)
}
