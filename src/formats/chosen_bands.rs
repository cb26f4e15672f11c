//! Which bands of a file a raster holds, where they were asked for.

pub use crate::values::MAX_BANDS;

/// Bands of a file in the order in which they were asked for. One is held as grey and three as red, green and blue, as if
/// the file had no others; two, or four and more, make a stack: numbers side by side of which three are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChosenBands {
    /// By number from 1.
    pub numbers: Vec<u32>,
    /// What the file calls them, in the same order; empty where it says nothing.
    pub names: Vec<String>,
    /// Places among them of what is shown as red, green and blue.
    pub shown: [usize; 3],
}

impl ChosenBands {
    /// Whether so many bands are a stack.
    pub fn is_stack(count: usize) -> bool {
        count == 2 || count > 3
    }

    /// A stack's own check: places shown are among its bands.
    pub(super) fn is_sound(&self) -> bool {
        let count = self.numbers.len();
        Self::is_stack(count) && count <= MAX_BANDS && self.shown.iter().all(|place| *place < count)
    }
}

/// Which bands of an image were read.
#[derive(Clone, Copy)]
pub struct ReadBands<'a> {
    /// Those that were asked for, if the file has them.
    pub chosen: Option<&'a ChosenBands>,
    /// How many the file has.
    pub of_file: u32,
    /// They were asked for as those of a network.
    pub for_network: bool,
}
