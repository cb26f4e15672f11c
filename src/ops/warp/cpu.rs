//! The warp on the CPU: the plain loops, which take a small part of a step.

use burn::backend::{Flex, tensor::FloatTensor};

use super::reference::{WarpOps, warp_plain};
use crate::ops::cpu::tensor::{Dense, tensor};

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
        warp_plain(images.values(), [b, h, w, c], &rows, out_px, out_px, &mut out);
        tensor(out, [b, out_px, out_px, c])
    }
}
