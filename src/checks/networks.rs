//! Whole networks: against Keras's numbers, and learning two tiles by heart.

use burn::tensor::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Check, Errors, read_back, relative_error, upload};
use crate::{
    bench::{Bench, BenchConfig},
    formats::weights_file::{FileTensor, WeightsFile},
    model::{Architecture, LossConfig, ModelConfig, NamedTensor, UNet, loss_from_logits, read_weights, write_weights},
    train::{AdamConfig, Batch, Trainer},
};

/// Losses of training steps 1, 2, ... of the benchmark's problem: (base width, side in pixels, losses).
/// From a network of the same layers in JAX, on the CPU, with the weights and data of `crate::bench`: Adam 1e-4, eps 1e-7,
/// batch 2.
const JAX_LOSSES: [(usize, usize, &[f64]); 2] = [
    (4, 64, &[0.694111, 0.693918, 0.693743, 0.693581]),
    (8, 128, &[0.690733, 0.688821, 0.687483, 0.686145, 0.684825, 0.683618]),
];

/// Training steps of one network of the benchmark.
pub struct StepsBesideJax {
    pub base: usize,
    pub tile_px: usize,
    /// Of each step: ours, and JAX's.
    pub losses: Vec<(f64, f64)>,
}

impl StepsBesideJax {
    /// Largest difference, NaN if a loss of ours is.
    pub fn worst(&self) -> f64 {
        let differences = self.losses.iter().map(|(ours, jax)| (ours - jax).abs());
        differences.fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst })
    }
}

/// The first training steps of two networks of the benchmark, each loss beside JAX's.
///
/// # Errors
/// If the device fails.
pub async fn losses_beside_jax(device: &Device) -> Check<Vec<StepsBesideJax>> {
    let mut networks = Vec::new();
    for (base, tile_px, wanted) in JAX_LOSSES {
        let config = BenchConfig {
            channels: 1,
            filters: base,
            size: tile_px,
            batch: 2,
            dropout: 0.0,
            deterministic: true,
        };
        let mut bench = Bench::new(config, device).map_err(|e| e.to_string())?;
        let mut losses = Vec::new();
        for jax in wanted {
            losses.push((bench.step().await.map_err(|e| e.to_string())?, *jax));
        }
        networks.push(StepsBesideJax { base, tile_px, losses });
    }
    Ok(networks)
}

struct Golden(WeightsFile);

impl Golden {
    fn get(&self, name: &str) -> Check<&FileTensor> {
        self.0
            .tensors
            .iter()
            .find(|t| t.name == name)
            .ok_or_else(|| format!("golden tensor {name} is missing"))
    }

    fn number(&self, key: &str) -> Check<usize> {
        self.0
            .metadata
            .get(key)
            .and_then(|v| v.parse().ok())
            .ok_or_else(|| format!("no {key} in the golden file"))
    }
}

fn four(shape: &[usize]) -> Check<[usize; 4]> {
    shape.try_into().map_err(|_| format!("{shape:?} has not four axes"))
}

/// A network of a golden file (`tests/golden/`): probabilities in inference and in training, loss,
/// every gradient and the running statistics after a step, each against Keras's.
/// `weights` is the file its metadata names under `weights`, often the same.
///
/// # Errors
/// If the file does not hold what it should, or the device fails.
pub async fn golden_network(file: &[u8], weights: &[u8], device: &Device) -> Check<Errors> {
    let golden = Golden(WeightsFile::read(file).map_err(|e| e.to_string())?);
    let architecture = match golden.0.metadata.get("architecture").map(String::as_str) {
        Some("unet_norm") => Architecture::UnetNorm,
        Some("unet") => Architecture::Unet,
        Some("unet_small") => Architecture::UnetSmall,
        other => return Err(format!("unknown architecture {other:?}")),
    };
    let (base, depth) = (golden.number("base")?, golden.number("depth")?);
    let config = ModelConfig {
        architecture,
        base,
        depth,
        channels: 1,
        head: crate::values::Head::TwoChannels,
        dropout: 0.0,
        classes: 1,
    };
    let mut model = UNet::new(config, 1, device).map_err(|e| e.to_string())?;
    let weights = WeightsFile::read(weights).map_err(|e| e.to_string())?;
    let named: Vec<NamedTensor> = weights
        .tensors
        .iter()
        .map(|t| NamedTensor {
            name: t.name.clone(),
            shape: t.shape.clone(),
            values: t.values.clone(),
        })
        .collect();
    write_weights(&mut model, &named).map_err(|e| e.to_string())?;

    let (x, y) = (golden.get("x")?, golden.get("y")?);
    let images: Tensor<4> = upload(&x.values, four(&x.shape)?, device);
    let masks: Tensor<4> = upload(&y.values, four(&y.shape)?, device);
    let mut errors = Vec::new();
    let infer = read_back(burn::tensor::activation::sigmoid(model.forward(images.clone()))).await?;
    errors.push((
        "prob.infer".to_owned(),
        relative_error(&golden.get("prob.infer")?.values, &infer),
    ));

    let mut tracked = model.tracked();
    let (logits, stats) = tracked.forward_train(images, &mut |_| None);
    let train = read_back(burn::tensor::activation::sigmoid(logits.clone().inner())).await?;
    errors.push((
        "prob.train".to_owned(),
        relative_error(&golden.get("prob.train")?.values, &train),
    ));
    let loss = loss_from_logits(logits, masks, LossConfig::of(crate::values::Loss::Bce));
    errors.push((
        "loss".to_owned(),
        relative_error(&golden.get("loss")?.values, &read_back(loss.clone().inner()).await?),
    ));
    let mut grads = loss.backward();
    let names: Vec<String> = model.parameter_sizes().into_iter().map(|(name, _)| name).collect();
    for (name, gradient) in names.iter().zip(tracked.take_gradients(&mut grads)) {
        let wanted = &golden.get(&format!("grad.{name}"))?.values;
        let found = read_back(gradient.ok_or_else(|| format!("{name} has no gradient"))?).await?;
        errors.push((format!("grad.{name}"), relative_error(wanted, &found)));
    }
    model.blend_statistics(stats, 0.99);
    for tensor in read_weights(&model).await.map_err(|e| e.to_string())? {
        if let Ok(wanted) = golden.get(&format!("updated.{}", tensor.name)) {
            errors.push((
                format!("updated.{}", tensor.name),
                relative_error(&wanted.values, &tensor.values),
            ));
        }
    }
    Ok(errors)
}

/// The losses of `tests/golden/losses.safetensors`, value and gradient.
///
/// # Errors
/// If the file does not hold what it should, or the device fails.
pub async fn golden_losses(file: &[u8], device: &Device) -> Check<Errors> {
    let golden = Golden(WeightsFile::read(file).map_err(|e| e.to_string())?);
    let (logits, y) = (golden.get("logits")?, golden.get("y")?);
    let weight = golden.get("foreground_weight")?.values.first().copied().unwrap_or(1.0);
    let cases = [
        ("bce", crate::values::Loss::Bce, 1.0),
        ("bce_dice", crate::values::Loss::BceDice, 1.0),
        ("weighted.bce", crate::values::Loss::Bce, weight),
        ("weighted.bce_dice", crate::values::Loss::BceDice, weight),
    ];
    let mut errors = Vec::new();
    for (name, kind, foreground_weight) in cases {
        let z: Tensor<4> = upload(&logits.values, four(&logits.shape)?, device)
            .autodiff()
            .require_grad();
        let target: Tensor<4> = upload(&y.values, four(&y.shape)?, device);
        let loss = loss_from_logits(
            z.clone(),
            target,
            LossConfig {
                foreground_weight,
                ..LossConfig::of(kind)
            },
        );
        let value = read_back(loss.clone().inner()).await?;
        let gradient = read_back(z.grad(&loss.backward()).ok_or("the logits have no gradient")?).await?;
        errors.push((
            format!("{name}.loss"),
            relative_error(&golden.get(&format!("{name}.loss"))?.values, &value),
        ));
        let wanted = &golden.get(&format!("{name}.grad_logits"))?.values;
        errors.push((format!("{name}.grad_logits"), relative_error(wanted, &gradient)));
    }
    Ok(errors)
}

/// Losses of a small `unetNorm` that sees the same two tiles of `size` px again and again.
///
/// # Errors
/// If the device fails.
pub async fn overfit(size: usize, base: usize, steps: u32, device: &Device) -> Check<Vec<f64>> {
    let config = ModelConfig {
        architecture: Architecture::UnetNorm,
        base,
        depth: 3,
        channels: 1,
        head: crate::values::Head::TwoChannels,
        dropout: 0.0,
        classes: 1,
    };
    let model = UNet::new(config, 5, device).map_err(|e| e.to_string())?;
    let loss = LossConfig::of(crate::values::Loss::Bce);
    let mut trainer = Trainer::new(model, loss, AdamConfig::default(), 5e-3, 5, false);
    let rng = &mut ChaCha8Rng::seed_from_u64(11);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for tile in 0..2usize {
        for i in 0..size {
            for j in 0..size {
                // A disc and a bar, brighter than a noisy ground.
                let (dy, dx) = (
                    i as f32 - size as f32 * 0.4,
                    j as f32 - size as f32 * (0.3 + 0.3 * tile as f32),
                );
                let inside = dy * dy + dx * dx < (size * size) as f32 * 0.04 || (i > size * 3 / 4 && j % 16 > 6);
                y.push(f32::from(inside));
                x.push(rng.random_range(0.0..0.5f32) + if inside { 0.4 } else { 0.1 });
            }
        }
    }
    let batch = Batch {
        images: upload(&x, [2, size, size, 1], device),
        masks: upload(&y, [2, size, size, 1], device),
    };
    let mut losses = Vec::new();
    for _ in 0..steps {
        let values = read_back(trainer.step(batch.clone())).await?;
        losses.push(f64::from(*values.first().ok_or("no loss")?));
    }
    Ok(losses)
}
