//! Every operator against the plain reference.

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Check, Errors, read, relative_error, upload};
use crate::{
    device::relative_to,
    kernels::{
        nn,
        ops::AdamStep,
        reference::{self, Shape},
        warp::warp_reference,
    },
};

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
    let name = s.layer_name(up);
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
        let shape = |k| Shape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        };
        for k in [3, 1, 2] {
            let s = shape(k);
            check_conv(s, false, (i + k) % 2 == 0, rng, device, &mut errors).await?;
            if k == 3 {
                check_conv_norm(s, rng, device, &mut errors).await?;
            }
        }
        check_conv(shape(2), true, i % 2 == 0, rng, device, &mut errors).await?;
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
