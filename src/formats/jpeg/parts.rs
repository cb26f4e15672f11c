//! What the steps of the decoder pass on.

/// What is wrong with a stream, in words.
pub type Fault = String;

/// The components of a picture, side by side, 8 bits each.
#[derive(Debug, PartialEq, Eq)]
pub struct Components {
    pub width: usize,
    pub height: usize,
    /// 1 to 4.
    pub count: usize,
    /// `height * width * count` samples.
    pub samples: Vec<u8>,
}

/// Coefficients of a block of 8 x 8, by row.
pub(super) type Block = [i16; 64];
