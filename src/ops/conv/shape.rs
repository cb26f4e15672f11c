//! The shape of a convolution and the lengths that follow from it.

/// A stride-1 'same' convolution: `[batch, height, width, c_in]` to `[batch, height, width, c_out]` with weights
/// `[k, k, c_in, c_out]`. For the up-convolutions `height` and `width` are the input's (the low resolution), the
/// output is twice as large, and `k` is 2.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub c_in: usize,
    pub c_out: usize,
    /// Kernel side: 1, 2 or 3 (any size works; even sizes pad more below and right, as Keras does).
    pub k: usize,
}

impl ConvShape {
    /// Pixels of all images at the shape's resolution.
    pub fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// Length of the input, in floats.
    pub fn input_len(&self) -> usize {
        self.pixels() * self.c_in
    }

    /// Length of the output of the plain convolution, in floats.
    pub fn output_len(&self) -> usize {
        self.pixels() * self.c_out
    }

    /// Length of the weights, in floats.
    pub fn weight_len(&self) -> usize {
        self.k * self.k * self.c_in * self.c_out
    }

    /// Zero rows above and columns left of the input ('same' padding).
    pub(super) fn pad_before(&self) -> usize {
        self.k.saturating_sub(1) / 2
    }

    /// True when there is nothing to compute on either side.
    pub(super) fn is_empty(&self) -> bool {
        self.pixels() == 0 || self.c_out == 0 || self.c_in == 0 || self.k == 0
    }
}
