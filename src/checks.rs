//! Numeric checks that run natively and, in the wasm build with the feature `checks`, in a browser
//! on either device: operators against the plain reference, whole networks against Keras, and a
//! network that has to learn two tiles by heart. Tests only; the released page does not hold them.

mod nodata;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use self::nodata::nodata;
pub use crate::device::relative_error;
use crate::{
    device::relative_to,
    formats::weights_file::{FileTensor, WeightsFile},
    kernels::{
        nn,
        ops::AdamStep,
        reference::{self, Shape},
        warp::warp_reference,
    },
    model::{
        Architecture, LossConfig, LossKind, ModelConfig, NamedTensor, UNet, loss_from_logits, read_weights,
        write_weights,
    },
    train::{Batch, Trainer},
};

/// A named relative error: largest difference over the largest wanted value.
pub type Errors = Vec<(String, f64)>;

type Check<T> = Result<T, String>;

/// Losses of training steps 1, 2, ... of the benchmark's problem: (base width, side in pixels, losses).
/// From JAX on the CPU (`../shared/golden/unet_losses.json`), Adam 1e-4, eps 1e-7, batch 2.
pub const JAX_LOSSES: [(usize, usize, &[f64]); 2] = [
    (4, 64, &[0.694111, 0.693918, 0.693743, 0.693581]),
    (8, 128, &[0.690733, 0.688821, 0.687483, 0.686145, 0.684825, 0.683618]),
];

async fn read<const D: usize>(tensor: Tensor<D>) -> Check<Vec<f32>> {
    let data = tensor.into_data_async().await.map_err(|e| format!("{e:?}"))?;
    data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))
}

fn upload<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

// --- networks against Keras -----------------------------------------------------------------

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
    let infer = read(burn::tensor::activation::sigmoid(model.forward(images.clone()))).await?;
    errors.push((
        "prob.infer".to_owned(),
        relative_error(&golden.get("prob.infer")?.values, &infer),
    ));

    let mut tracked = model.tracked();
    let (logits, stats) = tracked.forward_train(images, &mut |_| None);
    let train = read(burn::tensor::activation::sigmoid(logits.clone().inner())).await?;
    errors.push((
        "prob.train".to_owned(),
        relative_error(&golden.get("prob.train")?.values, &train),
    ));
    let loss = loss_from_logits(
        logits,
        masks,
        LossConfig {
            kind: LossKind::Bce,
            foreground_weight: 1.0,
        },
    );
    errors.push((
        "loss".to_owned(),
        relative_error(&golden.get("loss")?.values, &read(loss.clone().inner()).await?),
    ));
    let mut grads = loss.backward();
    let names: Vec<String> = model.parameter_sizes().into_iter().map(|(name, _)| name).collect();
    for (name, gradient) in names.iter().zip(tracked.take_gradients(&mut grads)) {
        let wanted = &golden.get(&format!("grad.{name}"))?.values;
        let found = read(gradient.ok_or_else(|| format!("{name} has no gradient"))?).await?;
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
        ("bce", LossKind::Bce, 1.0),
        ("bce_dice", LossKind::BceDice, 1.0),
        ("weighted.bce", LossKind::Bce, weight),
        ("weighted.bce_dice", LossKind::BceDice, weight),
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
                kind,
                foreground_weight,
            },
        );
        let value = read(loss.clone().inner()).await?;
        let gradient = read(z.grad(&loss.backward()).ok_or("the logits have no gradient")?).await?;
        errors.push((
            format!("{name}.loss"),
            relative_error(&golden.get(&format!("{name}.loss"))?.values, &value),
        ));
        let wanted = &golden.get(&format!("{name}.grad_logits"))?.values;
        errors.push((format!("{name}.grad_logits"), relative_error(wanted, &gradient)));
    }
    Ok(errors)
}

// --- operators against the plain reference ----------------------------------------------------

fn random(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(-1.0f32..1.0)).collect()
}

/// Convolutions of one shape, plain and after upsampling, forward and all gradients.
async fn check_conv(
    s: Shape,
    up: bool,
    relu: bool,
    rng: &mut ChaCha8Rng,
    device: &Device,
    errors: &mut Errors,
) -> Check<()> {
    let scale = if up { 2 } else { 1 };
    let out_shape = [s.batch, scale * s.height, scale * s.width, s.c_out];
    let x = random(rng, s.batch * s.height * s.width * s.c_in);
    let w = random(rng, s.k * s.k * s.c_in * s.c_out);
    let b = random(rng, s.c_out);
    let gy = random(rng, out_shape.iter().product());
    let raw = if up {
        reference::up_conv_forward(&s, &x, &w, &b, false)
    } else {
        reference::conv_forward(&s, &x, &w, &b, false)
    };
    let y: Vec<f32> = if relu {
        raw.iter().map(|v| v.max(0.0)).collect()
    } else {
        raw.clone()
    };
    let masked = if relu {
        reference::relu_mask(&y, &gy)
    } else {
        gy.clone()
    };
    let (gx, (gw, gb)) = if up {
        (
            reference::up_conv_data_grad(&s, &masked, &w),
            reference::up_conv_weight_grad(&s, &x, &masked),
        )
    } else {
        (
            reference::conv_data_grad(&s, &masked, &w),
            reference::conv_weight_grad(&s, &x, &masked),
        )
    };
    let xt = upload(&x, [s.batch, s.height, s.width, s.c_in], device)
        .autodiff()
        .require_grad();
    let wt = upload(&w, [s.k, s.k, s.c_in, s.c_out], device)
        .autodiff()
        .require_grad();
    let bt = upload(&b, [s.c_out], device).autodiff().require_grad();
    let conv = if up { nn::up_conv2d } else { nn::conv2d };
    let yt = conv(xt.clone(), wt.clone(), bt.clone(), relu);
    let grads = (yt.clone() * upload(&gy, out_shape, device)).sum().backward();
    let name = format!(
        "{}conv{} {}x{}x{} {}->{}",
        if up { "up_" } else { "" },
        s.k,
        s.batch,
        s.height,
        s.width,
        s.c_in,
        s.c_out
    );
    errors.push((
        format!("{name} forward"),
        relative_to(&raw, &y, &read(yt.inner()).await?),
    ));
    let missing = || format!("{name}: a gradient is missing");
    errors.push((
        format!("{name} grad x"),
        relative_error(&gx, &read(xt.grad(&grads).ok_or_else(missing)?).await?),
    ));
    errors.push((
        format!("{name} grad w"),
        relative_error(&gw, &read(wt.grad(&grads).ok_or_else(missing)?).await?),
    ));
    errors.push((
        format!("{name} grad b"),
        relative_error(&gb, &read(bt.grad(&grads).ok_or_else(missing)?).await?),
    ));
    Ok(())
}

/// A 3x3 convolution with ReLU and the fixed scale and shift of a batch norm, as inference runs it.
async fn check_conv_norm(s: Shape, rng: &mut ChaCha8Rng, device: &Device, errors: &mut Errors) -> Check<()> {
    let x = random(rng, s.batch * s.height * s.width * s.c_in);
    let w = random(rng, s.k * s.k * s.c_in * s.c_out);
    let [b, scale, shift] = [(); 3].map(|()| random(rng, s.c_out));
    let raw = reference::conv_forward(&s, &x, &w, &b, false);
    let channel = |i: usize| i % s.c_out;
    let wanted: Vec<f32> = raw
        .iter()
        .enumerate()
        .map(|(i, v)| v.max(0.0) * scale[channel(i)] + shift[channel(i)])
        .collect();
    let found = nn::conv2d_norm(
        upload(&x, [s.batch, s.height, s.width, s.c_in], device),
        upload(&w, [s.k, s.k, s.c_in, s.c_out], device),
        upload(&b, [s.c_out], device),
        upload(&scale, [s.c_out], device),
        upload(&shift, [s.c_out], device),
    );
    errors.push((
        format!("conv_norm {}x{}x{} {}->{}", s.batch, s.height, s.width, s.c_in, s.c_out),
        relative_to(&raw, &wanted, &read(found).await?),
    ));
    Ok(())
}

async fn check_concat(
    [b, h, w, ca]: [usize; 4],
    cb: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
    errors: &mut Errors,
) -> Check<()> {
    let pixels = b * h * w;
    let (x, y, gy) = (
        random(rng, pixels * ca),
        random(rng, pixels * cb),
        random(rng, pixels * (ca + cb)),
    );
    let joined: Vec<f32> = (0..pixels)
        .flat_map(|i| x[i * ca..][..ca].iter().chain(&y[i * cb..][..cb]))
        .copied()
        .collect();
    let xt = upload(&x, [b, h, w, ca], device).autodiff().require_grad();
    let yt = upload(&y, [b, h, w, cb], device).autodiff().require_grad();
    let out = nn::concat(xt.clone(), yt.clone());
    let grads = (out.clone() * upload(&gy, [b, h, w, ca + cb], device)).sum().backward();
    let part = |from: usize, len: usize| -> Vec<f32> {
        gy.chunks_exact(ca + cb)
            .flat_map(|row| &row[from..from + len])
            .copied()
            .collect()
    };
    let name = format!("concat {b}x{h}x{w} {ca}+{cb}");
    let missing = || format!("{name}: a gradient is missing");
    let ga = read(xt.grad(&grads).ok_or_else(missing)?).await?;
    let gb = read(yt.grad(&grads).ok_or_else(missing)?).await?;
    errors.push((name.clone(), relative_error(&joined, &read(out.inner()).await?)));
    errors.push((format!("{name} grad a"), relative_error(&part(0, ca), &ga)));
    errors.push((format!("{name} grad b"), relative_error(&part(ca, cb), &gb)));
    Ok(())
}

async fn check_pool_and_norm(
    dims: [usize; 4],
    rng: &mut ChaCha8Rng,
    device: &Device,
    errors: &mut Errors,
) -> Check<()> {
    let [b, h, w, c] = dims;
    let rows = b * h * w;
    let x = random(rng, rows * c);
    if h > 1 && w > 1 {
        let pooled = [b, h / 2, w / 2, c];
        let gy = random(rng, pooled.iter().product());
        let y = reference::max_pool_forward(b, h, w, c, &x);
        let gx = reference::max_pool_backward(b, h, w, c, &x, &gy);
        let xt = upload(&x, dims, device).autodiff().require_grad();
        let yt = nn::max_pool2d(xt.clone());
        let grads = (yt.clone() * upload(&gy, pooled, device)).sum().backward();
        errors.push((
            format!("max_pool {dims:?}"),
            relative_error(&y, &read(yt.inner()).await?),
        ));
        let found = read(xt.grad(&grads).ok_or("max_pool has no gradient")?).await?;
        errors.push((format!("max_pool {dims:?} grad"), relative_error(&gx, &found)));
    }
    let (gamma, beta, gy) = (random(rng, c), random(rng, c), random(rng, rows * c));
    let reference::BatchNorm { y, mean, inv_std } = reference::batch_norm_forward(rows, c, &x, &gamma, &beta, 1e-3);
    let (gx, g_gamma, g_beta) = reference::batch_norm_backward(rows, c, &x, &gamma, &mean, &inv_std, &gy);
    let xt = upload(&x, dims, device).autodiff().require_grad();
    let gt = upload(&gamma, [c], device).autodiff().require_grad();
    let bt = upload(&beta, [c], device).autodiff().require_grad();
    let (yt, mt, st) = nn::batch_norm(xt.clone(), gt.clone(), bt.clone(), 1e-3);
    let grads = (yt.clone() * upload(&gy, dims, device)).sum().backward();
    let missing = "batch_norm has no gradient";
    for (what, wanted, found) in [
        ("", &y, read(yt.inner()).await?),
        (" mean", &mean, read(mt.inner()).await?),
        (" inv_std", &inv_std, read(st.inner()).await?),
        (" grad x", &gx, read(xt.grad(&grads).ok_or(missing)?).await?),
        (" grad gamma", &g_gamma, read(gt.grad(&grads).ok_or(missing)?).await?),
        (" grad beta", &g_beta, read(bt.grad(&grads).ok_or(missing)?).await?),
    ] {
        // With one row the output is beta alone and the gradient of x is rounding around zero.
        if rows > 1 || !what.contains("grad") {
            errors.push((format!("batch_norm {dims:?}{what}"), relative_error(wanted, &found)));
        }
    }
    let applied: Vec<f32> = x
        .iter()
        .enumerate()
        .map(|(i, v)| v * gamma[i % c] + beta[i % c])
        .collect();
    let found = read(nn::scale_shift(
        upload(&x, dims, device),
        upload(&gamma, [c], device),
        upload(&beta, [c], device),
    ))
    .await?;
    errors.push((format!("scale_shift {dims:?}"), relative_error(&applied, &found)));
    Ok(())
}

async fn check_warp_and_adam(rng: &mut ChaCha8Rng, device: &Device, errors: &mut Errors) -> Check<()> {
    for dims in [[2, 9, 9, 4], [3, 12, 12, 2], [1, 5, 5, 1]] {
        let images = random(rng, dims.iter().product());
        let matrices: Vec<[f32; 6]> = (0..dims[0])
            .map(|_| {
                let mut near = |centre: f32| centre + rng.random_range(-0.4f32..0.4);
                [
                    near(1.0),
                    near(0.0),
                    near(0.0) * 5.0,
                    near(0.0),
                    near(1.0),
                    near(0.0) * 5.0,
                ]
            })
            .collect();
        let out_px = 7;
        let mut wanted = vec![0.0; dims[0] * out_px * out_px * dims[3]];
        warp_reference(&images, dims, &matrices, out_px, out_px, &mut wanted);
        let found = read(nn::warp(upload(&images, dims, device), &matrices, out_px)).await?;
        errors.push((format!("warp {dims:?}"), relative_error(&wanted, &found)));
    }
    for n in [1usize, 5, 1000, 70_001] {
        let (p, g, m) = (random(rng, n), random(rng, n), random(rng, n));
        let v: Vec<f32> = random(rng, n).iter().map(|v| v.abs()).collect();
        let t = 3;
        let (beta1, beta2) = (0.9f64, 0.999f64);
        let (correction1, correction2) = (1.0 / (1.0 - beta1.powi(t)), 1.0 / (1.0 - beta2.powi(t)));
        let step = AdamStep {
            lr: 1e-2,
            beta1: beta1 as f32,
            beta2: beta2 as f32,
            eps: 1e-7,
            correction1: correction1 as f32,
            correction2: correction2 as f32,
        };
        let wanted: Vec<(f64, f64, f64)> = (0..n)
            .map(|i| {
                let [p, g, m, v] = [p[i], g[i], m[i], v[i]].map(f64::from);
                reference::adam(p, g, m, v, f64::from(step.lr), (beta1, beta2), f64::from(step.eps), t)
            })
            .collect();
        let column = |pick: fn(&(f64, f64, f64)) -> f64| wanted.iter().map(|w| pick(w) as f32).collect::<Vec<f32>>();
        let tensor = |values: &[f32]| upload(values, [n], device);
        let (pt, mt, vt) = nn::adam(tensor(&p), tensor(&g), tensor(&m), tensor(&v), step);
        errors.push((
            format!("adam {n} p"),
            relative_error(&column(|w| w.0), &read(pt).await?),
        ));
        errors.push((
            format!("adam {n} m"),
            relative_error(&column(|w| w.1), &read(mt).await?),
        ));
        errors.push((
            format!("adam {n} v"),
            relative_error(&column(|w| w.2), &read(vt).await?),
        ));
    }
    Ok(())
}

/// Every operator against the plain reference, on fresh random numbers of `seed`.
///
/// # Errors
/// If the device fails.
pub async fn operators(seed: u32, device: &Device) -> Check<Errors> {
    let rng = &mut ChaCha8Rng::seed_from_u64(u64::from(seed));
    let mut errors = Vec::new();
    // (batch, height, width, c_in, c_out): odd sizes, one pixel, and every kind of channel count.
    let shapes = [
        (2, 7, 5, 3, 8),
        (1, 1, 1, 1, 2),
        (1, 9, 6, 8, 5),
        (2, 4, 4, 2, 1),
        (1, 3, 17, 5, 64),
        (1, 6, 5, 64, 130),
        (1, 5, 3, 130, 3),
        (1, 8, 8, 64, 64),
    ];
    for (i, (batch, height, width, c_in, c_out)) in shapes.into_iter().enumerate() {
        for k in [3, 1, 2] {
            let s = Shape {
                batch,
                height,
                width,
                c_in,
                c_out,
                k,
            };
            check_conv(s, false, (i + k) % 2 == 0, rng, device, &mut errors).await?;
            if k == 3 {
                check_conv_norm(s, rng, device, &mut errors).await?;
            }
        }
        let s = Shape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k: 2,
        };
        check_conv(s, true, i % 2 == 0, rng, device, &mut errors).await?;
    }
    for dims in [[2, 6, 4, 8], [1, 7, 5, 3], [1, 2, 3, 130], [2, 1, 1, 5], [1, 32, 32, 2]] {
        check_pool_and_norm(dims, rng, device, &mut errors).await?;
    }
    for (dims, cb) in [
        ([2, 3, 5, 8], 4),
        ([1, 7, 1, 3], 5),
        ([1, 1, 1, 1], 130),
        ([2, 4, 4, 64], 64),
    ] {
        check_concat(dims, cb, rng, device, &mut errors).await?;
    }
    check_warp_and_adam(rng, device, &mut errors).await?;
    Ok(errors)
}

// --- learning -----------------------------------------------------------------------------------

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
        dropout: 0.0,
        classes: 1,
    };
    let model = UNet::new(config, 5, device).map_err(|e| e.to_string())?;
    let loss = LossConfig {
        kind: LossKind::Bce,
        foreground_weight: 1.0,
    };
    let mut trainer = Trainer::new(model, loss, 5e-3, 5, false);
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
        let values = read(trainer.step(batch.clone())).await?;
        losses.push(f64::from(*values.first().ok_or("no loss")?));
    }
    Ok(losses)
}
