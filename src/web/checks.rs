//! The numeric checks of [`crate::checks`] as exports: each takes a device's name, gives a line of figures, and
//! throws if a number is off. Called by `tests/browser/checks.spec.mjs`.

use burn::tensor::Device;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{error, probe};
use crate::{
    checks::{self, Errors},
    device::{self, Choice},
    ops::{
        check::limit,
        gpu::{Variant, set_variant},
    },
};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/golden/",
            $name,
            ".safetensors"
        ))
    };
}

async fn bring_up(name: &str) -> Result<(Device, bool), JsValue> {
    let gpu = name == "webgpu";
    let choice = if gpu { Choice::WebGpu } else { Choice::Cpu };
    let start = device::Start {
        remembered: None,
        now_ms: &super::now_ms,
    };
    let ready = device::bring_up(choice, &probe::probe().await, &start)
        .await
        .map_err(error)?;
    Ok((ready.device, gpu))
}

/// The worst error as a line, or an exception that names all that are above their limit.
fn judge(errors: &Errors, limit: impl Fn(&str) -> f64) -> Result<String, JsValue> {
    let wrong: Vec<_> = errors
        .iter()
        .filter(|(name, e)| e.is_nan() || *e > limit(name))
        .collect();
    if !wrong.is_empty() || errors.is_empty() {
        return Err(error(format!("{} of {} are off: {wrong:?}", wrong.len(), errors.len())));
    }
    let worst = errors.iter().fold(
        ("", 0.0),
        |worst, (name, e)| if *e > worst.1 { (name.as_str(), *e) } else { worst },
    );
    Ok(format!(
        "{} comparisons, worst {:.1e} at {}",
        errors.len(),
        worst.1,
        worst.0
    ))
}

/// Every operator against its plain loops, on random numbers: of the seed that the page gave its worker.
#[wasm_bindgen]
pub async fn check_operators(device: String) -> Result<String, JsValue> {
    operators(&device, None).await
}

/// The same with the kernels for GPUs short of registers.
#[wasm_bindgen]
pub async fn check_operators_register_narrow_webgpu(device: String) -> Result<String, JsValue> {
    operators(&device, Some(Variant::RegisterNarrow)).await
}

/// The same with the kernels that share tiles in workgroup memory.
#[wasm_bindgen]
pub async fn check_operators_workgroup_webgpu(device: String) -> Result<String, JsValue> {
    operators(&device, Some(Variant::Workgroup)).await
}

async fn operators(device: &str, variant: Option<Variant>) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(device).await?;
    if let Some(variant) = variant {
        set_variant(variant);
    }
    let said = js_sys::Reflect::get(&js_sys::global(), &"testSeed".into())?;
    let seed = said.as_f64().ok_or_else(|| error("no seed"))? as u32;
    let errors = checks::operators(seed, &device).await.map_err(error)?;
    let line = judge(&errors, |name| limit(name, gpu)).map_err(|e| error(format!("seed {seed}: {e:?}")))?;
    Ok(format!("seed {seed}: {line}"))
}

/// Small networks against Keras: output, loss, every gradient, running statistics.
#[wasm_bindgen]
pub async fn check_networks(device: String) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(&device).await?;
    let mut all = Vec::new();
    for (file, weights) in [
        (golden!("unet_norm").as_slice(), golden!("unet_norm").as_slice()),
        (golden!("unet"), golden!("unet_norm")),
        (golden!("unet_small"), golden!("unet_small")),
    ] {
        all.extend(checks::golden_network(file, weights, &device).await.map_err(error)?);
    }
    judge(&all, |_| if gpu { 1e-3 } else { 1e-4 })
}

/// The losses, value and gradient, against Keras.
#[wasm_bindgen]
pub async fn check_losses(device: String) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(&device).await?;
    let errors = checks::golden_losses(golden!("losses"), &device).await.map_err(error)?;
    judge(&errors, |_| if gpu { 1e-4 } else { 1e-5 })
}

/// Losses of whole training steps against JAX.
#[wasm_bindgen]
pub async fn check_training_steps(device: String) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(&device).await?;
    let mut lines = Vec::new();
    for network in checks::losses_beside_jax(&device).await.map_err(error)? {
        let (base, worst) = (network.base, network.worst());
        if worst.is_nan() || worst > if gpu { 2e-4 } else { 2e-5 } {
            return Err(error(format!("base {base}: a loss is off by {worst:.1e}")));
        }
        lines.push(format!("base {base}: {worst:.1e}"));
    }
    Ok(lines.join(", "))
}

/// Two tiles learnt by heart; on WebGPU a smaller case and fewer steps, because the software adapter takes seconds a step.
#[wasm_bindgen]
pub async fn check_overfit(device: String) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(&device).await?;
    let (size, base, steps) = if gpu { (32, 4, 25) } else { (64, 8, 150) };
    let losses = checks::overfit(size, base, steps, &device).await.map_err(error)?;
    let first = losses.first().copied().unwrap_or(f64::NAN);
    let last = losses.last().copied().unwrap_or(f64::NAN);
    let limit = if gpu { 0.8 * first } else { 0.05 };
    if last.is_nan() || last >= limit {
        return Err(error(format!(
            "loss {first:.3} -> {last:.3} in {steps} steps, wanted below {limit:.3}"
        )));
    }
    Ok(format!("loss {first:.3} -> {last:.4} in {steps} steps"))
}

/// Loss, gradient and weights do not depend on what lies under pixels that nothing is known of.
#[wasm_bindgen]
pub async fn check_nodata(device: String) -> Result<String, JsValue> {
    let (device, gpu) = bring_up(&device).await?;
    let errors = checks::nodata(&device).await.map_err(error)?;
    // A GPU may add up in another order the second time.
    judge(&errors, |_| if gpu { 1e-6 } else { 0.0 })
}

/// Panics, as a bug would: the browser tests see by it that a panic costs no run.
#[wasm_bindgen]
pub fn panic_on_purpose() {
    panic!("asked to panic by a test");
}
