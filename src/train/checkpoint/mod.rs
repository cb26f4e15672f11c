//! The weights worth keeping, and a run as a file.

pub(in crate::train) mod best;
pub mod state;
