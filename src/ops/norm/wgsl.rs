//! Batch normalisation over all axes but the last. Each chunk of pixels finds its own mean and squared deviations in two passes over
//! cached memory, and the chunks are merged by the parallel-variance rule, so a large mean does not swallow a small variance.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::{NormGradOps, NormOps};
#[cfg(feature = "webgpu")]
use crate::ops::gpu::{
    launch::{dense, run, sizes},
    variant::variant,
};
use crate::ops::gpu::{
    plan::{ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread},
    reduce::split,
    variant::Variant,
};

/// Which kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// x to (mean, squared deviations) of each chunk.
    Moments,
    /// Chunks to mean and 1 / sqrt(variance + eps).
    Merge,
    /// y.
    Normalise,
    /// x, gy to (sum gy, sum gy * normalised) of each chunk.
    GradSums,
    /// Chunks to gradients of gamma and beta.
    GradMerge,
    /// gx.
    GradInput,
}

/// The text of one of the batch-norm kernels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NormShader {
    kind: Kind,
    quads: bool,
}

/// `c`: channels in elements of the bindings; `n`: elements of x.
const PARAMS: [&str; 6] = ["c", "pixels", "per", "chunks", "n", "eps: f32"];

impl KernelText for NormShader {
    fn source(&self) -> String {
        let (names, out, body): (&[&str], &[&str], &str) = match self.kind {
            Kind::Moments => (&["X"], &["O"], MOMENTS),
            Kind::Merge => (&["Q"], &["MEAN", "INV"], MERGE),
            Kind::Normalise => (&["X", "GAMMA", "BETA", "MEAN", "INV"], &["O"], NORMALISE),
            Kind::GradSums => (&["X", "G", "MEAN", "INV"], &["O"], GRAD_SUMS),
            Kind::GradMerge => (&["Q"], &["GG", "GB"], GRAD_MERGE),
            Kind::GradInput => (&["X", "G", "GAMMA", "MEAN", "INV", "GG", "GB"], &["O"], GRAD_INPUT),
        };
        let t = element(self.quads);
        let storage: Vec<(&str, &str, &str)> = names
            .iter()
            .map(|n| (*n, "read", t))
            .chain(out.iter().map(|n| (*n, "read_write", t)))
            .collect();
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  $BODY$
}
",
            &[
                ("BIND", bindings(&storage, &PARAMS)),
                ("BODY", body.to_owned()),
                ("T", t.to_owned()),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
            ],
        )
    }
}

const MOMENTS: &str = "if (t >= p.chunks * p.c) { return; }
  let c = t % p.c;
  let start = (t / p.c) * p.per;
  let end = min(start + p.per, p.pixels);
  var sum = $T$(0.0);
  for (var i = start; i < end; i++) { sum += X[i * p.c + c]; }
  let mean = sum / f32(end - start);
  var dev = $T$(0.0);
  for (var i = start; i < end; i++) { let d = X[i * p.c + c] - mean; dev = fma(d, d, dev); }
  let o = (t / p.c) * 2u * p.c + c;
  O[o] = mean;
  O[o + p.c] = dev;";

const MERGE: &str = "if (t >= p.c) { return; }
  var n = 0.0;
  var mean = $T$(0.0);
  var dev = $T$(0.0);
  for (var k = 0u; k < p.chunks; k++) {
    let m = f32(min(p.per, p.pixels - k * p.per));
    let o = k * 2u * p.c + t;
    let d = Q[o] - mean;
    let all = n + m;
    mean += d * (m / all);
    dev += Q[o + p.c] + d * d * (n * m / all);
    n = all;
  }
  MEAN[t] = mean;
  INV[t] = $T$(1.0) / sqrt(dev / n + $T$(p.eps));";

const NORMALISE: &str = "if (t >= p.n) { return; }
  let c = t % p.c;
  O[t] = (X[t] - MEAN[c]) * (INV[c] * GAMMA[c]) + BETA[c];";

const GRAD_SUMS: &str = "if (t >= p.chunks * p.c) { return; }
  let c = t % p.c;
  let start = (t / p.c) * p.per;
  let end = min(start + p.per, p.pixels);
  let mean = MEAN[c];
  let inv = INV[c];
  var gb = $T$(0.0);
  var gg = $T$(0.0);
  for (var i = start; i < end; i++) {
    let g = G[i * p.c + c];
    gb += g;
    gg = fma(g, (X[i * p.c + c] - mean) * inv, gg);
  }
  let o = (t / p.c) * 2u * p.c + c;
  O[o] = gg;
  O[o + p.c] = gb;";

const GRAD_MERGE: &str = "if (t >= p.c) { return; }
  var gg = $T$(0.0);
  var gb = $T$(0.0);
  for (var k = 0u; k < p.chunks; k++) { let o = k * 2u * p.c + t; gg += Q[o]; gb += Q[o + p.c]; }
  GG[t] = gg;
  GB[t] = gb;";

const GRAD_INPUT: &str = "if (t >= p.n) { return; }
  let c = t % p.c;
  let inv = INV[c];
  let d = (X[t] - MEAN[c]) * inv;
  O[t] = GAMMA[c] * inv * (G[t] - (GB[c] + d * GG[c]) / f32(p.pixels));";

/// Builds the launches of one batch norm, which share their uniform words.
struct Builder {
    quads: bool,
    params: Vec<u32>,
    channels: usize,
    chunks: usize,
    elements: usize,
}

impl Builder {
    fn new(pixels: usize, channels: usize, eps: f32, variant: Variant) -> Self {
        let quads = channels.is_multiple_of(4);
        let lanes = if quads { channels / 4 } else { channels };
        let (chunks, per) = split(pixels, lanes, variant);
        let elements = pixels * lanes;
        let mut params: Vec<u32> = [lanes, pixels, per, chunks, elements].map(|v| v as u32).to_vec();
        params.push(eps.to_bits());
        Self {
            quads,
            params,
            channels: lanes,
            chunks,
            elements,
        }
    }

    fn launch(&self, kind: Kind, slots: Vec<Slot>) -> Dispatch {
        let invocations = match kind {
            Kind::Moments | Kind::GradSums => self.chunks * self.channels,
            Kind::Merge | Kind::GradMerge => self.channels,
            Kind::Normalise | Kind::GradInput => self.elements,
        };
        Dispatch {
            shader: Shader::new(NormShader {
                kind,
                quads: self.quads,
            }),
            slots,
            params: self.params.clone(),
            workgroups: spread(invocations, LINE),
        }
    }
}

/// Inputs x (`shape`, channels last), gamma, beta; outputs y, mean, inv_std. The variance is the biased one.
pub fn batch_norm(shape: &[usize], eps: f32, variant: Variant) -> Plan {
    let channels = shape.last().copied().unwrap_or(1);
    let pixels = shape.iter().product::<usize>() / channels.max(1);
    let b = Builder::new(pixels, channels, eps, variant);
    let (partial, mean, inv) = (Slot::Scratch(0), Slot::Output(1), Slot::Output(2));
    Plan {
        outputs: vec![shape.to_vec(), vec![channels], vec![channels]],
        scratch: vec![b.chunks * 2 * channels],
        dispatches: vec![
            b.launch(Kind::Moments, vec![Slot::Input(0), partial]),
            b.launch(Kind::Merge, vec![partial, mean, inv]),
            b.launch(
                Kind::Normalise,
                vec![
                    Slot::Input(0),
                    Slot::Input(1),
                    Slot::Input(2),
                    mean,
                    inv,
                    Slot::Output(0),
                ],
            ),
        ],
    }
}

/// Inputs x, gamma, mean, inv_std, gy; outputs gx, ggamma, gbeta.
pub fn batch_norm_grad(shape: &[usize], variant: Variant) -> Plan {
    let channels = shape.last().copied().unwrap_or(1);
    let pixels = shape.iter().product::<usize>() / channels.max(1);
    let b = Builder::new(pixels, channels, 0.0, variant);
    let [x, gamma, mean, inv, gy] = [0, 1, 2, 3, 4].map(Slot::Input);
    let (partial, gg, gb) = (Slot::Scratch(0), Slot::Output(1), Slot::Output(2));
    Plan {
        outputs: vec![shape.to_vec(), vec![channels], vec![channels]],
        scratch: vec![b.chunks * 2 * channels],
        dispatches: vec![
            b.launch(Kind::GradSums, vec![x, gy, mean, inv, partial]),
            b.launch(Kind::GradMerge, vec![partial, gg, gb]),
            b.launch(Kind::GradInput, vec![x, gy, gamma, mean, inv, gg, gb, Slot::Output(0)]),
        ],
    }
}

#[cfg(feature = "webgpu")]
impl NormOps for Cube {
    fn batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, beta) = (dense(x), dense(gamma), dense(beta));
        let plan = batch_norm(&sizes(&x), eps, variant());
        let [y, mean, inv_std] = run(plan, &[&x, &gamma, &beta]);
        (y, mean, inv_std)
    }
}

#[cfg(feature = "webgpu")]
impl NormGradOps for Cube {
    fn batch_norm_grad(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inv_std: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, gamma, mean, inv_std, gy] = [x, gamma, mean, inv_std, gy].map(dense);
        let plan = batch_norm_grad(&sizes(&x), variant());
        let [gx, ggamma, gbeta] = run(plan, &[&x, &gamma, &mean, &inv_std, &gy]);
        (gx, ggamma, gbeta)
    }
}
