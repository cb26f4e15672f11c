//! What an operator's check works with: the same code natively and in a browser, on any device. Each operator lists its own in
//! `check.rs` of its folder, all stand in [`CHECKS`](super::CHECKS). Not in the released page.

use std::pin::Pin;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    compare::relative_to,
    gpu::{plan::Plan, variant::Variant},
    read_back::read_back,
};

/// A named relative error: largest difference over the largest wanted value.
pub type Errors = Vec<(String, f64)>;

/// A check under way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// How one operator is checked.
#[derive(Clone, Copy)]
pub struct OperatorCheck {
    /// Its folder.
    pub name: &'static str,
    /// Compares what a device computes with the plain loops.
    pub run: for<'a> fn(&'a mut Case) -> Running<'a>,
    /// Plans of awkward shapes, whose texts can be looked through without an adapter.
    pub plans: fn(Variant) -> Vec<Plan>,
}

/// A device, random numbers for it, and what came out so far.
pub struct Case {
    device: Device,
    rng: ChaCha8Rng,
    errors: Errors,
}

impl Case {
    /// `n` numbers in -1..1.
    pub fn random(&mut self, n: usize) -> Vec<f32> {
        self.uniform(n, -1.0, 1.0)
    }

    /// `n` numbers in `low..high`.
    pub fn uniform(&mut self, n: usize, low: f32, high: f32) -> Vec<f32> {
        (0..n).map(|_| self.rng.random_range(low..high)).collect()
    }

    /// These values on the device.
    pub fn upload<const D: usize>(&self, values: &[f32], shape: [usize; D]) -> Tensor<D> {
        upload(values, shape, &self.device)
    }

    /// These values on the device, as something to be differentiated by.
    pub fn tracked<const D: usize>(&self, values: &[f32], shape: [usize; D]) -> Tensor<D> {
        self.upload(values, shape).autodiff().require_grad()
    }

    /// Reads `found` and notes how far it is from `wanted`.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn compare<const D: usize>(
        &mut self,
        name: String,
        wanted: &[f32],
        found: Tensor<D>,
    ) -> Result<(), String> {
        self.compare_to(name, wanted, wanted, found).await
    }

    /// The same relative to the largest of `scale`.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn compare_to<const D: usize>(
        &mut self,
        name: String,
        scale: &[f32],
        wanted: &[f32],
        found: Tensor<D>,
    ) -> Result<(), String> {
        let found = read_back(found).await?;
        self.errors.push((name, relative_to(scale, wanted, &found)));
        Ok(())
    }

    /// Notes a gradient, which must be there.
    ///
    /// # Errors
    /// If it is not, or the device fails.
    pub async fn compare_gradient<const D: usize>(
        &mut self,
        name: String,
        wanted: &[f32],
        found: Option<Tensor<D>>,
    ) -> Result<(), String> {
        let found = found.ok_or_else(|| format!("{name}: a gradient is missing"))?;
        self.compare(name, wanted, found).await
    }
}

/// Runs `checks` on fresh random numbers of `seed`.
///
/// # Errors
/// If the device fails.
pub async fn run(checks: &[OperatorCheck], seed: u32, device: &Device) -> Result<Errors, String> {
    let mut case = Case {
        device: device.clone(),
        rng: ChaCha8Rng::seed_from_u64(u64::from(seed)),
        errors: Vec::new(),
    };
    for check in checks {
        let before = case.errors.len();
        (check.run)(&mut case).await?;
        if case.errors.len() == before {
            return Err(format!("the check of {} compares nothing", check.name));
        }
    }
    Ok(case.errors)
}

/// Largest error that is still rounding, of a comparison of this name on a GPU or on the CPU.
pub fn limit(name: &str, gpu: bool) -> f64 {
    match (gpu, name.contains("grad")) {
        (true, _) => 1e-3,
        (false, true) => 1e-4,
        (false, false) => 1e-5,
    }
}

/// These values on `device`.
pub fn upload<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}
