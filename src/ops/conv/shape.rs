//! The shape of a convolution and the lengths that follow from it.

/// A stride-1 'same' convolution: `[batch, height, width, c_in]` to `[batch, height, width, c_out]` with weights
/// `[k, k, c_in, c_out]`. For the up-convolutions `height` and `width` are the input's (the low resolution), the
/// output is twice as large, and `k` is 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Input channels.
    pub c_in: usize,
    /// Output channels.
    pub c_out: usize,
    /// Kernel side: 1, 2 or 3 (any size works; even sizes pad more below and right, as Keras does).
    pub k: usize,
}

impl ConvShape {
    /// Over the pixels of `image` (its channels do not count), with the channels and taps of `weight`.
    pub fn of([batch, height, width, _]: [usize; 4], [k, _, c_in, c_out]: [usize; 4]) -> Self {
        Self {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        }
    }

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

    /// Shape of a tensor over this grid enlarged `scale` times with `channels`.
    pub fn grid(&self, scale: usize, channels: usize) -> [usize; 4] {
        [self.batch, self.height * scale, self.width * scale, channels]
    }

    /// Shape of the weights.
    pub fn weight(&self) -> [usize; 4] {
        [self.k, self.k, self.c_in, self.c_out]
    }

    /// The shape of the convolution after an upsampling by two.
    pub fn upsampled(&self) -> Self {
        Self {
            height: 2 * self.height,
            width: 2 * self.width,
            ..*self
        }
    }

    /// `conv3 2x128x128 8->16`; with `up` of the convolution after an upsampling.
    pub fn layer_name(&self, up: bool) -> String {
        let Self {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        } = self;
        let up = if up { "up_" } else { "" };
        format!("{up}conv{k} {batch}x{height}x{width} {c_in}->{c_out}")
    }

    /// Zero rows above and columns left of the input ('same' padding).
    pub(crate) fn pad_before(&self) -> usize {
        self.k.saturating_sub(1) / 2
    }

    /// True when there is nothing to compute on either side.
    pub(crate) fn is_empty(&self) -> bool {
        self.pixels() == 0 || self.c_out == 0 || self.c_in == 0 || self.k == 0
    }
}
