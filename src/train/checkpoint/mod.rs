//! The weights worth keeping, and a run as a file.

pub mod state;
