//! The arithmetic ceiling of one thread: multiply-adds on registers, no memory.

use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};

use super::reference::MultiplyAddsOps;
use crate::ops::cpu::{
    simd::{Lanes, Work, dispatch},
    tensor::tensor,
};

/// Independent sums: enough to hide the latency of a multiply and an add.
const CHAINS: usize = 12;

/// About `flop` operations as multiply-adds; gives a value that depends on all of them.
pub fn multiply_adds(flop: u64) -> f32 {
    struct Peak<'a>(u64, &'a mut f32);
    impl Work for Peak<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            let rounds = self.0 / (2 * CHAINS * V::N) as u64;
            let mut whole = [0.0f32; 32];
            // SAFETY: registers only, but for one store into an array wider than any register.
            unsafe {
                let (scale, shift) = (V::splat(0.999), V::splat(1e-3));
                let mut sums: [V; CHAINS] = core::array::from_fn(|i| V::splat(i as f32));
                for _ in 0..rounds {
                    for sum in &mut sums {
                        *sum = shift.mul_acc(*sum, scale);
                    }
                }
                let mut total = sums[0];
                for sum in &sums[1..] {
                    total = total.add(*sum);
                }
                total.store(whole.as_mut_ptr());
            }
            *self.1 = whole[0];
        }
    }
    let mut result = 0.0;
    dispatch(Peak(flop, &mut result));
    result
}

impl MultiplyAddsOps for Flex {
    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self> {
        let n = x.shape().num_elements();
        tensor(vec![multiply_adds(flop); n], [n])
    }
}
