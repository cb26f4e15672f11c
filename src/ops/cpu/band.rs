//! Zero-padded copies of a few image rows, so that the micro-kernels never test for a border.
//!
//! A band holds the input rows that some output rows need, padded left and right, in NHWC order; one copied
//! float serves `k * k * c_out` multiplies, so the copy is cheap, and a band is small enough to stay in cache.

/// Rows and columns of an NHWC image as a kernel with `kh x kw` taps walks over them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Input rows and columns of one image.
    pub in_h: usize,
    pub in_w: usize,
    pub channels: usize,
    /// Kernel positions per image, each `stride` input pixels from the next.
    pub out_h: usize,
    pub out_w: usize,
    pub stride: usize,
    /// The largest extent of taps at one position.
    pub kh: usize,
    pub kw: usize,
    /// Zero rows above, zero columns left.
    pub pad_top: usize,
    pub pad_left: usize,
}

impl Window {
    /// Columns of a padded row.
    pub fn padded_w(&self) -> usize {
        (self.out_w - 1) * self.stride + self.kw
    }

    /// Floats of a padded row.
    pub fn row_len(&self) -> usize {
        self.padded_w() * self.channels
    }

    /// Padded rows needed for `rows` rows of kernel positions.
    pub fn padded_rows(&self, rows: usize) -> usize {
        (rows - 1) * self.stride + self.kh
    }

    /// True when a band would equal the image itself and the image can be read in place.
    pub fn is_plain(&self) -> bool {
        self.kh == 1 && self.kw == 1 && self.stride == 1 && self.pad_top == 0 && self.pad_left == 0
    }

    /// Rows of kernel positions per band, so that a band holds about `floats` floats, halo rows included.
    pub fn rows_per_band(&self, floats: usize) -> usize {
        let padded = (floats / self.row_len().max(1)).max(self.kh);
        ((padded - self.kh) / self.stride + 1).clamp(1, self.out_h)
    }

    /// Copies the rows for kernel positions `row .. row + rows` of one image into `band`.
    pub fn fill(&self, image: &[f32], row: usize, rows: usize, band: &mut [f32]) {
        let row_len = self.row_len();
        for (r, target) in band[..self.padded_rows(rows) * row_len]
            .chunks_exact_mut(row_len)
            .enumerate()
        {
            self.fill_line(image, row * self.stride + r, target);
        }
    }

    /// Copies padded row `line` of an image (its first is `pad_top` above the image's) into `target`.
    pub fn fill_line(&self, image: &[f32], line: usize, target: &mut [f32]) {
        let row_len = self.row_len();
        let left = (self.pad_left * self.channels).min(row_len);
        let copied = (self.in_w * self.channels).min(row_len - left);
        let source_row = line.wrapping_sub(self.pad_top);
        if source_row >= self.in_h {
            target.fill(0.0);
            return;
        }
        let source = &image[source_row * self.in_w * self.channels..][..copied];
        target[..left].fill(0.0);
        target[left..left + copied].copy_from_slice(source);
        target[left + copied..].fill(0.0);
    }
}
