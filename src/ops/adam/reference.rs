//! One step of Adam (Kingma and Ba, 2015): what it is.

use burn::{
    backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};

/// The numbers of one step of Adam (Kingma and Ba, 2015).
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Learning rate of this step.
    pub lr: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// Added to the root of the corrected second moment.
    pub eps: f32,
    /// `1 / (1 - beta1^t)`, t from 1.
    pub correction1: f32,
    /// `1 / (1 - beta2^t)`.
    pub correction2: f32,
}

/// The optimizer.
#[backend_extension(Flex, Cube: cfg(feature = "webgpu"))]
pub trait AdamOps: Backend {
    /// One Adam step on a flat parameter `[n]`, in place where no tensor is shared; gives the new parameter and moments.
    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// One Adam step on a flat parameter.
pub fn adam(
    param: Tensor<1>,
    grad: Tensor<1>,
    m: Tensor<1>,
    v: Tensor<1>,
    step: AdamStep,
) -> (Tensor<1>, Tensor<1>, Tensor<1>) {
    let (p, m, v) = <Dispatch as AdamOps>::adam(
        param.into_dispatch(),
        grad.into_dispatch(),
        m.into_dispatch(),
        v.into_dispatch(),
        step,
    );
    (
        Tensor::from_dispatch(p),
        Tensor::from_dispatch(m),
        Tensor::from_dispatch(v),
    )
}

/// One step of Adam for one parameter: new parameter and moments. `t` counts from 1.
#[expect(clippy::too_many_arguments, reason = "a step's numbers")]
pub fn adam_plain(p: f64, g: f64, m: f64, v: f64, lr: f64, betas: (f64, f64), eps: f64, t: i32) -> (f64, f64, f64) {
    let m = betas.0 * m + (1.0 - betas.0) * g;
    let v = betas.1 * v + (1.0 - betas.1) * g * g;
    let corrected = (m / (1.0 - betas.0.powi(t)), v / (1.0 - betas.1.powi(t)));
    (p - lr * corrected.0 / (corrected.1.sqrt() + eps), m, v)
}
