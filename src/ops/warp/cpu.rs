//! The warp on the CPU: the plain loops, row by row.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{WarpOps, warp_row};
use crate::ops::cpu::{
    parallel::{self, Shared},
    tensor::{Dense, tensor},
};

impl WarpOps for Flex {
    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self> {
        let (images, matrices) = (Dense::new(images), Dense::new(matrices));
        let [b, h, w, c] = images.dims();
        let rows: Vec<[f32; 6]> = matrices
            .values()
            .chunks_exact(6)
            .map(|m| std::array::from_fn(|i| m[i]))
            .collect();
        let mut out = vec![0.0; b * out_px * out_px * c];
        let (image_len, row_len) = (h * w * c, out_px * c);
        if image_len > 0 && row_len > 0 {
            let to = Shared::new(&mut out);
            // Four times what a copy costs: four pixels and their weights for one.
            parallel::for_ranges(b * out_px, 1, 8 * row_len, |range| {
                for row in range {
                    let image = &images.values()[row / out_px * image_len..][..image_len];
                    // SAFETY: a row is written once.
                    let to = unsafe { to.part(row * row_len..(row + 1) * row_len) };
                    warp_row(image, [h, w, c], &rows[row / out_px], row % out_px, to);
                }
            });
        }
        tensor(out, [b, out_px, out_px, c])
    }
}
