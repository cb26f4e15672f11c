//! Every operator in its plainest form, with f64 sums: slow, obviously right, and what the fast ones are tested
//! against on every device. Layouts as in [`super::cpu`]: NHWC tensors, HWIO weights, Keras 'same' padding.

/// Shape of a stride-1 'same' convolution; for the up-convolution `height` and `width` are the input's.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub c_in: usize,
    pub c_out: usize,
    pub k: usize,
}

impl Shape {
    /// `conv3 2x128x128 8->16`; with `up` of the convolution after an upsampling.
    pub fn layer_name(&self, up: bool) -> String {
        let Shape {
            batch,
            height,
            width,
            c_in,
            c_out,
            k,
        } = self;
        let up = if up { "up_" } else { "" };
        format!("{up}conv{k} {batch}x{height}x{width} {c_in}->{c_out}")
    }

    /// Calls `f(b, out_y, out_x, tap, in_y, in_x)` for every output pixel and every tap inside the image.
    fn for_each_tap(&self, mut f: impl FnMut(usize, usize, usize)) {
        let pad = (self.k - 1) / 2;
        for b in 0..self.batch {
            for oy in 0..self.height {
                for ox in 0..self.width {
                    for ky in 0..self.k {
                        for kx in 0..self.k {
                            let (iy, ix) = ((oy + ky).wrapping_sub(pad), (ox + kx).wrapping_sub(pad));
                            if iy < self.height && ix < self.width {
                                let output = (b * self.height + oy) * self.width + ox;
                                let input = (b * self.height + iy) * self.width + ix;
                                f(output, ky * self.k + kx, input);
                            }
                        }
                    }
                }
            }
        }
    }

    /// The shape of the convolution after the upsampling.
    fn upsampled(&self) -> Self {
        Self {
            height: 2 * self.height,
            width: 2 * self.width,
            ..*self
        }
    }
}

/// `y = relu?(x * w + bias)`.
pub fn conv_forward(s: &Shape, x: &[f32], w: &[f32], bias: &[f32], relu: bool) -> Vec<f32> {
    let mut y: Vec<f64> = (0..s.batch * s.height * s.width)
        .flat_map(|_| bias.iter().map(|b| f64::from(*b)))
        .collect();
    s.for_each_tap(|output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                y[output * s.c_out + co] +=
                    f64::from(x[input * s.c_in + ci]) * f64::from(w[(tap * s.c_in + ci) * s.c_out + co]);
            }
        }
    });
    y.into_iter()
        .map(|v| if relu { v.max(0.0) as f32 } else { v as f32 })
        .collect()
}

/// The gradient with respect to the input.
pub fn conv_data_grad(s: &Shape, gy: &[f32], w: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0f64; s.batch * s.height * s.width * s.c_in];
    s.for_each_tap(|output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                gx[input * s.c_in + ci] +=
                    f64::from(gy[output * s.c_out + co]) * f64::from(w[(tap * s.c_in + ci) * s.c_out + co]);
            }
        }
    });
    gx.into_iter().map(|v| v as f32).collect()
}

/// The gradients with respect to weights and bias.
pub fn conv_weight_grad(s: &Shape, x: &[f32], gy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut gw = vec![0.0f64; s.k * s.k * s.c_in * s.c_out];
    s.for_each_tap(|output, tap, input| {
        for ci in 0..s.c_in {
            for co in 0..s.c_out {
                gw[(tap * s.c_in + ci) * s.c_out + co] +=
                    f64::from(x[input * s.c_in + ci]) * f64::from(gy[output * s.c_out + co]);
            }
        }
    });
    let gb = sum_rows(gy, s.c_out);
    (
        gw.into_iter().map(|v| v as f32).collect(),
        gb.into_iter().map(|v| v as f32).collect(),
    )
}

/// Nearest x2 upsampling of `[batch, h, w, c]`.
pub fn upsample(batch: usize, h: usize, w: usize, c: usize, x: &[f32]) -> Vec<f32> {
    let mut y = Vec::with_capacity(4 * x.len());
    for b in 0..batch {
        for oy in 0..2 * h {
            for ox in 0..2 * w {
                y.extend_from_slice(&x[((b * h + oy / 2) * w + ox / 2) * c..][..c]);
            }
        }
    }
    y
}

/// The transpose of [`upsample`]: sums of 2x2 blocks of `[batch, 2h, 2w, c]`.
fn fold(batch: usize, h: usize, w: usize, c: usize, gy: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0f64; batch * h * w * c];
    for b in 0..batch {
        for oy in 0..2 * h {
            for ox in 0..2 * w {
                for i in 0..c {
                    gx[((b * h + oy / 2) * w + ox / 2) * c + i] +=
                        f64::from(gy[((b * 2 * h + oy) * 2 * w + ox) * c + i]);
                }
            }
        }
    }
    gx.into_iter().map(|v| v as f32).collect()
}

/// Upsampling, then the convolution.
pub fn up_conv_forward(s: &Shape, x: &[f32], w: &[f32], bias: &[f32], relu: bool) -> Vec<f32> {
    conv_forward(
        &s.upsampled(),
        &upsample(s.batch, s.height, s.width, s.c_in, x),
        w,
        bias,
        relu,
    )
}

/// The gradient of [`up_conv_forward`] with respect to its input.
pub fn up_conv_data_grad(s: &Shape, gy: &[f32], w: &[f32]) -> Vec<f32> {
    fold(
        s.batch,
        s.height,
        s.width,
        s.c_in,
        &conv_data_grad(&s.upsampled(), gy, w),
    )
}

/// The gradients of [`up_conv_forward`] with respect to weights and bias.
pub fn up_conv_weight_grad(s: &Shape, x: &[f32], gy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    conv_weight_grad(&s.upsampled(), &upsample(s.batch, s.height, s.width, s.c_in, x), gy)
}

/// `gy` where `y` is positive.
pub fn relu_mask(y: &[f32], gy: &[f32]) -> Vec<f32> {
    y.iter()
        .zip(gy)
        .map(|(y, gy)| if *y > 0.0 { *gy } else { 0.0 })
        .collect()
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
pub fn max_pool_forward(batch: usize, h: usize, w: usize, c: usize, x: &[f32]) -> Vec<f32> {
    pool_winners(batch, h, w, c, x).into_iter().map(|i| x[i]).collect()
}

/// The gradient of [`max_pool_forward`]; ties go to the first in row-major order.
pub fn max_pool_backward(batch: usize, h: usize, w: usize, c: usize, x: &[f32], gy: &[f32]) -> Vec<f32> {
    let mut gx = vec![0.0; x.len()];
    for (winner, g) in pool_winners(batch, h, w, c, x).into_iter().zip(gy) {
        gx[winner] = *g;
    }
    gx
}

/// Sums over rows, per channel.
fn sum_rows(x: &[f32], c: usize) -> Vec<f64> {
    (0..c)
        .map(|i| x.iter().skip(i).step_by(c).map(|v| f64::from(*v)).sum())
        .collect()
}

/// What [`batch_norm_forward`] gives: the output, the mean and `1 / sqrt(var + eps)` per channel.
pub struct BatchNorm {
    pub y: Vec<f32>,
    pub mean: Vec<f32>,
    pub inv_std: Vec<f32>,
}

/// Batch norm over rows with the batch's own (biased) statistics.
pub fn batch_norm_forward(rows: usize, c: usize, x: &[f32], gamma: &[f32], beta: &[f32], eps: f32) -> BatchNorm {
    let mut out = BatchNorm {
        y: vec![0.0; rows * c],
        mean: vec![0.0; c],
        inv_std: vec![0.0; c],
    };
    for i in 0..c {
        let column = || (0..rows).map(|r| f64::from(x[r * c + i]));
        let mean = column().sum::<f64>() / rows as f64;
        let variance = column().map(|v| (v - mean).powi(2)).sum::<f64>() / rows as f64;
        let inv_std = 1.0 / (variance + f64::from(eps)).sqrt();
        for (r, v) in column().enumerate() {
            out.y[r * c + i] = ((v - mean) * inv_std * f64::from(gamma[i]) + f64::from(beta[i])) as f32;
        }
        out.mean[i] = mean as f32;
        out.inv_std[i] = inv_std as f32;
    }
    out
}

/// Gradients of [`batch_norm_forward`] with respect to input, gamma and beta.
pub fn batch_norm_backward(
    rows: usize,
    c: usize,
    x: &[f32],
    gamma: &[f32],
    mean: &[f32],
    inv_std: &[f32],
    gy: &[f32],
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let (mut gx, mut ggamma, mut gbeta) = (vec![0.0; rows * c], vec![0.0; c], vec![0.0; c]);
    for i in 0..c {
        let std = f64::from(inv_std[i]);
        let normal = |r: usize| (f64::from(x[r * c + i]) - f64::from(mean[i])) * std;
        let grad = |r: usize| f64::from(gy[r * c + i]);
        let dot: f64 = (0..rows).map(|r| grad(r) * normal(r)).sum();
        let sum: f64 = (0..rows).map(grad).sum();
        for r in 0..rows {
            let centred = grad(r) - (sum + normal(r) * dot) / rows as f64;
            gx[r * c + i] = (f64::from(gamma[i]) * std * centred) as f32;
        }
        ggamma[i] = dot as f32;
        gbeta[i] = sum as f32;
    }
    (gx, ggamma, gbeta)
}

/// One step of Adam for one parameter: new parameter and moments. `t` counts from 1.
#[expect(clippy::too_many_arguments, reason = "a step's numbers")]
pub fn adam(p: f64, g: f64, m: f64, v: f64, lr: f64, betas: (f64, f64), eps: f64, t: i32) -> (f64, f64, f64) {
    let m = betas.0 * m + (1.0 - betas.0) * g;
    let v = betas.1 * v + (1.0 - betas.1) * g * g;
    let corrected = (m / (1.0 - betas.0.powi(t)), v / (1.0 - betas.1.powi(t)));
    (p - lr * corrected.0 / (corrected.1.sqrt() + eps), m, v)
}
