//! 1x1 convolutions of a few channels (the U-Net's last layer is 2 -> 1): a register tile would be nearly empty
//! and cost more to set up than to compute, so these are plain loops over pixels.

use crate::ops::conv::shape::ConvShape;

/// Pixels summed in f32 before they are added to the total.
const CHUNK: usize = 256;

/// Whether a convolution is of this kind.
pub(crate) fn pays(s: &ConvShape) -> bool {
    s.k == 1 && s.c_in * s.c_out <= 8
}

/// `y = x * w + bias`, then ReLU if `relu`.
pub(crate) fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: &[f32], relu: bool, y: &mut [f32]) {
    for (x, y) in x.chunks_exact(s.c_in).zip(y.chunks_exact_mut(s.c_out)) {
        for (co, (y, bias)) in y.iter_mut().zip(bias).enumerate() {
            let sum = x
                .iter()
                .zip(w[co..].iter().step_by(s.c_out))
                .fold(*bias, |sum, (x, w)| sum + x * w);
            *y = if relu && sum < 0.0 { 0.0 } else { sum };
        }
    }
}

/// `gx = gy * w` transposed.
pub(crate) fn data_grad(s: &ConvShape, gy: &[f32], w: &[f32], gx: &mut [f32]) {
    for (gx, gy) in gx.chunks_exact_mut(s.c_in).zip(gy.chunks_exact(s.c_out)) {
        for (gx, w) in gx.iter_mut().zip(w.chunks_exact(s.c_out)) {
            *gx = gy.iter().zip(w).fold(0.0, |sum, (gy, w)| sum + gy * w);
        }
    }
}

/// `gw` and `gb`, both zero before.
pub(crate) fn weight_grad(s: &ConvShape, x: &[f32], gy: &[f32], gw: &mut [f32], gb: &mut [f32]) {
    for (x, gy) in x.chunks(CHUNK * s.c_in).zip(gy.chunks(CHUNK * s.c_out)) {
        for (co, gb) in gb.iter_mut().enumerate() {
            *gb += gy[co..].iter().step_by(s.c_out).sum::<f32>();
            for (ci, gw) in gw[co..].iter_mut().step_by(s.c_out).enumerate() {
                let pairs = x[ci..].iter().step_by(s.c_in).zip(gy[co..].iter().step_by(s.c_out));
                *gw += pairs.fold(0.0, |sum, (x, gy)| sum + x * gy);
            }
        }
    }
}
