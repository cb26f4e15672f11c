//! Affine resampling of a batch: what it is.
//!
//! Semantics of `scipy.ndimage.affine_transform(order=1, mode="nearest")`, which is what Keras'
//! ImageDataGenerator calls: output pixel -> input coordinate, clamp, bilinear.

use burn::{
    backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor},
    tensor::{Tensor, TensorData},
};

/// A map from output to input pixels: `in_row = m0 i + m1 j + m2`, `in_col = m3 i + m4 j + m5`
/// for output row `i` and column `j`.
pub type Matrix = [f32; 6];

/// The matrix that copies.
pub const IDENTITY: Matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

/// The resampling.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait WarpOps: Backend {
    /// Affine warp of a batch, bilinear, coordinates clamped to the image.
    ///
    /// `images`: `[b, h, w, c]`, `matrices`: `[b, 6]` from output to input pixels; gives `[b, out_px, out_px, c]`.
    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self>;
}

/// Batched affine warp: `images` `[b, h, w, c]`, one output-to-input matrix an image, output `[b, out_px, out_px, c]`.
pub fn warp(images: Tensor<4>, matrices: &[Matrix], out_px: usize) -> Tensor<4> {
    let matrices = Tensor::<2>::from_data(
        TensorData::new(matrices.concat(), [matrices.len(), 6]),
        &images.device(),
    );
    Tensor::from_dispatch(<Dispatch as WarpOps>::warp(
        images.into_dispatch(),
        matrices.into_dispatch(),
        out_px,
    ))
}

/// Warps a batch `[b, h, w, c]` to `[b, out_h, out_w, c]`, one matrix a sample.
///
/// Each input coordinate is clamped to `[0, n - 1]` and sampled bilinearly; a coordinate that is
/// not a number samples the origin. `input` and `out` must have the lengths the shapes say; where
/// they do not, or a side is 0, nothing is written.
pub fn warp_plain(
    input: &[f32],
    [b, h, w, c]: [usize; 4],
    matrices: &[Matrix],
    out_h: usize,
    out_w: usize,
    out: &mut [f32],
) {
    let fits = input.len() == b * h * w * c
        && out.len() == b * out_h * out_w * c
        && matrices.len() == b
        && !input.is_empty()
        && !out.is_empty();
    debug_assert!(fits, "warp: lengths do not fit the shapes");
    if !fits {
        return;
    }
    let samples = input
        .chunks_exact(h * w * c)
        .zip(out.chunks_exact_mut(out_h * out_w * c));
    for (m, (image, target)) in matrices.iter().zip(samples) {
        for (i, row) in target.chunks_exact_mut(out_w * c).enumerate() {
            warp_row(image, [h, w, c], m, i, row);
        }
    }
}

/// Row `i` of a warped image.
pub(super) fn warp_row(image: &[f32], [h, w, c]: [usize; 3], m: &Matrix, i: usize, row: &mut [f32]) {
    for (j, pixel) in row.chunks_exact_mut(c).enumerate() {
        let (i, j) = (i as f32, j as f32);
        let (r0, r1, fr) = neighbours(m[0] * i + m[1] * j + m[2], h);
        let (c0, c1, fc) = neighbours(m[3] * i + m[4] * j + m[5], w);
        let at = |r: usize, col: usize| &image[(r * w + col) * c..(r * w + col + 1) * c];
        let (a, b, d, e) = (at(r0, c0), at(r0, c1), at(r1, c0), at(r1, c1));
        for (k, value) in pixel.iter_mut().enumerate() {
            let top = a[k] + (b[k] - a[k]) * fc;
            let bottom = d[k] + (e[k] - d[k]) * fc;
            *value = top + (bottom - top) * fr;
        }
    }
}

/// The two pixels around a coordinate, both inside `[0, n - 1]`, and the weight of the second.
fn neighbours(coordinate: f32, n: usize) -> (usize, usize, f32) {
    // `max` first: it turns NaN into 0.
    let x = coordinate.max(0.0).min((n - 1) as f32);
    let low = (x.floor() as usize).min(n - 1);
    (low, (low + 1).min(n - 1), x - low as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warp1(input: &[f32], h: usize, w: usize, m: Matrix) -> Vec<f32> {
        let mut out = vec![0.0; h * w];
        warp_plain(input, [1, h, w, 1], &[m], h, w, &mut out);
        out
    }

    #[test]
    fn identity_copies() {
        let x: Vec<f32> = (0..6).map(|v| v as f32).collect();
        assert_eq!(warp1(&x, 2, 3, IDENTITY), x);
    }

    #[test]
    fn shift_repeats_the_edge_and_halves_mix() {
        let x = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
        assert_eq!(
            warp1(&x, 2, 3, [1.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
            [1.0, 2.0, 2.0, 11.0, 12.0, 12.0]
        );
        assert_eq!(
            warp1(&x, 2, 3, [1.0, 0.0, 0.5, 0.0, 1.0, 0.0]),
            [5.0, 6.0, 7.0, 10.0, 11.0, 12.0]
        );
        assert_eq!(
            warp1(&x, 2, 3, [1.0, 0.0, 0.0, 0.0, 1.0, -0.25]),
            [0.0, 0.75, 1.75, 10.0, 10.75, 11.75]
        );
    }

    #[test]
    fn flip_and_quarter_turn() {
        let x = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(warp1(&x, 2, 2, [1.0, 0.0, 0.0, 0.0, -1.0, 1.0]), [1.0, 0.0, 3.0, 2.0]);
        assert_eq!(warp1(&x, 2, 2, [0.0, 1.0, 0.0, -1.0, 0.0, 1.0]), [1.0, 3.0, 0.0, 2.0]);
    }

    #[test]
    fn channels_and_samples_stay_apart_and_sizes_may_differ() {
        let x: Vec<f32> = (0..2 * 2 * 2 * 3).map(|v| v as f32).collect();
        let mut out = vec![0.0; 2 * 3];
        let m = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0];
        warp_plain(&x, [2, 2, 2, 3], &[m, IDENTITY], 1, 1, &mut out);
        assert_eq!(out, [9.0, 10.0, 11.0, 12.0, 13.0, 14.0]);
    }

    #[test]
    fn wild_numbers_stay_inside() {
        let x = [3.0; 4];
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            assert_eq!(warp1(&x, 2, 2, [bad; 6]), [3.0; 4]);
        }
    }
}
