//! 2x2 maximum, stride 2: what it is.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, autodiff::checkpoint::strategy::CheckpointStrategy, backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};

use crate::ops::autodiff;

/// The pooling.
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "webgpu"))]
pub trait PoolOps: Backend {
    /// 2x2 maximum, stride 2. An odd last row or column is dropped, as Keras's `valid` pooling does.
    fn max_pool2d(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Its gradient.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait PoolGradOps: Backend {
    /// Gradient of [`PoolOps::max_pool2d`]; of equal maxima the first in row-major order gets all of it.
    fn max_pool2d_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl<B: PoolOps + PoolGradOps, C: CheckpointStrategy> PoolOps for Autodiff<B, C> {
    fn max_pool2d(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let ([x], nodes) = autodiff::parts::<B, C, _>([x]);
        let y = <B as PoolOps>::max_pool2d(x.clone());
        autodiff::step::<B, C, _, _>(nodes, y.clone(), (x, y), |(x, y), gy, [wanted]| {
            [wanted.then(|| B::max_pool2d_grad(x, y, gy))]
        })
    }
}

/// 2x2 maximum, stride 2.
pub fn max_pool2d(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PoolOps>::max_pool2d(x.into_dispatch()))
}

/// For every output of 2x2 stride-2 pooling, the index in `x` of the first largest of its block.
fn pool_winners(batch: usize, h: usize, w: usize, c: usize, x: &[f32]) -> Vec<usize> {
    let mut winners = Vec::new();
    for b in 0..batch {
        for oy in 0..h / 2 {
            for ox in 0..w / 2 {
                for i in 0..c {
                    let at = |dy: usize, dx: usize| ((b * h + 2 * oy + dy) * w + 2 * ox + dx) * c + i;
                    let mut best = at(0, 0);
                    for other in [at(0, 1), at(1, 0), at(1, 1)] {
                        if x[other] > x[best] {
                            best = other;
                        }
                    }
                    winners.push(best);
                }
            }
        }
    }
    winners
}

/// 2x2 max pooling of stride 2.
pub fn max_pool2d_plain(batch: usize, h: usize, w: usize, c: usize, x: &[f32]) -> Vec<f32> {
    pool_winners(batch, h, w, c, x).into_iter().map(|i| x[i]).collect()
}

/// The gradient of [`max_pool2d_plain`]; ties go to the first in row-major order.
pub fn max_pool2d_grad_plain(batch: usize, h: usize, w: usize, c: usize, x: &[f32], gy: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0; x.len()];
    for (winner, g) in pool_winners(batch, h, w, c, x).into_iter().zip(gy) {
        gx[winner] = *g;
    }
    gx
}
