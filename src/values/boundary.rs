//! The class between objects that touch.

use serde::{Deserialize, Serialize};

use super::ObjectsBy;

/// Name of the class that lies between objects.
pub const BOUNDARY_CLASS: &str = "boundary";

/// A class between objects that touch or nearly do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Boundary {
    /// Pixels that have two objects within half of it belong to the class.
    pub width_px: u32,
    pub objects: ObjectsBy,
}
