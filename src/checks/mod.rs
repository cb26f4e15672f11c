//! Numeric checks that run natively and, in the wasm build with the feature `checks`, in a browser
//! on either device: operators against the plain reference, whole networks against Keras, and a
//! network that has to learn two tiles by heart. Tests only; the released page does not hold them.

mod networks;
mod nodata;
pub mod random;

use burn::tensor::Device;

pub use self::{
    networks::{StepsBesideJax, golden_losses, golden_network, losses_beside_jax, overfit},
    nodata::nodata,
};
pub use crate::ops::check::Errors;
use crate::ops::{
    CHECKS,
    check::{self, upload},
    compare::relative_error,
    read_back::read_back,
};

type Check<T> = Result<T, String>;

/// Every operator against its plain loops, on fresh random numbers of `seed`.
///
/// # Errors
/// If the device fails.
pub async fn operators(seed: u32, device: &Device) -> Check<Errors> {
    check::run(&CHECKS, seed, device).await
}
