//! What lies under pixels that nothing is known of (nodata, transparent) must move no weight.

use std::sync::Arc;

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Check, Errors, read_back};
use crate::{
    data::{
        augment::Augmentation,
        batches::{SampleSpec, Sampling, make_batch},
        builder::Builder,
        dataset::Dataset,
        preprocess::Channels,
    },
    formats::raster::Raster,
    model::{Architecture, LossConfig, ModelConfig, UNet, read_weights},
    train::{AdamConfig, Batch, Trainer},
};

const SIDE_PX: usize = 48;
const STEPS: u64 = 2;

/// An image with alpha and its mask, of which the left half is not known: `hidden` draws what lies there.
fn half_known(seen: u64, hidden: u64) -> Check<Dataset> {
    let draw = |seed: u64, salt: u64| ChaCha8Rng::seed_from_u64(seed ^ (salt << 32));
    let (mut known, mut other) = (draw(seen, 1), draw(hidden, 2));
    let (mut image, mut mask) = (Vec::new(), Vec::new());
    for at in 0..SIDE_PX * SIDE_PX {
        let (x, y) = (at % SIDE_PX, at / SIDE_PX);
        let is_known = x >= SIDE_PX / 2;
        let rng = if is_known { &mut known } else { &mut other };
        let inside = (x / 6 + y / 6) % 2 == 0;
        let grey: u8 = rng.random_range(0..120);
        image.extend([
            if is_known && inside { grey + 100 } else { grey },
            if is_known { 255 } else { 0 },
        ]);
        mask.push(if is_known {
            u8::from(inside) * 255
        } else {
            rng.random_range(0..=1u8) * 255
        });
    }
    let side = SIDE_PX as u32;
    let raster = |bands, samples| Raster::from_u8(side, side, bands, samples).ok_or("no raster");
    let mut builder = Builder::default();
    builder.add_raster("images/0.png", raster(2, image)?);
    builder.add_raster("masks/0.png", raster(1, mask)?);
    Ok(builder.finish())
}

/// Losses, accuracies and all weights after some steps on such an image.
async fn train(
    data: &Dataset,
    augmentation: Augmentation,
    kind: crate::values::Loss,
    device: &Device,
) -> Check<Vec<f32>> {
    let config = ModelConfig {
        architecture: Architecture::UnetNorm,
        base: 4,
        depth: 2,
        channels: 1,
        head: crate::values::Head::TwoChannels,
        dropout: 0.0,
        classes: 1,
    };
    let spec = SampleSpec {
        sampling: Sampling::Crop,
        channels: Channels::Grey,
        tile_px: 32,
        augmentation,
        seed: 3,
        held_back: None,
    };
    let loss = LossConfig {
        foreground_weight: 2.5,
        ..LossConfig::of(kind)
    };
    let model = UNet::new(config, 5, device).map_err(|e| e.to_string())?;
    let mut trainer = Trainer::new(model, loss, AdamConfig::default(), 1e-3, 5, false);
    let mut out = Vec::new();
    for step in 0..STEPS {
        let batch = Batch::upload(make_batch(data, &[0], &spec, step, 2), 1, device);
        if batch.masks.dims()[3] != 2 {
            return Err("the batch does not say what is known".into());
        }
        out.extend(read_back(trainer.step(batch)).await?);
    }
    let weights = read_weights(trainer.model()).await.map_err(|e| e.to_string())?;
    out.extend(weights.into_iter().flat_map(|t| t.values));
    Ok(out)
}

/// Largest difference between runs on images that differ only where nothing is known; and, to show that the check can
/// fail, 0 if runs on images that differ elsewhere differ.
///
/// # Errors
/// If the device fails.
pub async fn nodata(device: &Device) -> Check<Errors> {
    let mut errors = Errors::new();
    let ways = [
        ("plain", Augmentation::Off, crate::values::Loss::Bce),
        (
            "augmented, with Dice",
            Augmentation::Strong,
            crate::values::Loss::BceDice,
        ),
    ];
    for (name, augmentation, kind) in ways {
        let mut runs = Vec::new();
        for [seen, hidden] in [[1, 1], [1, 2], [2, 1]] {
            let data = Arc::new(half_known(seen, hidden)?);
            runs.push(train(&data, augmentation, kind, device).await?);
        }
        let apart = |a: &[f32], b: &[f32]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| f64::from((a - b).abs()))
                .fold(0.0, f64::max)
        };
        let [first, hidden, seen] = runs.as_slice() else {
            return Err("three runs".into());
        };
        if first.iter().any(|v| !v.is_finite()) {
            return Err(format!("{name}: not finite"));
        }
        errors.push((format!("{name}: what is not known"), apart(first, hidden)));
        let moved = apart(first, seen) > 1e-4;
        errors.push((format!("{name}: what is known"), f64::from(u8::from(!moved))));
    }
    Ok(errors)
}
