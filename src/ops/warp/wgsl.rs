//! Affine resampling of images, edges clamped, bilinear.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::WarpOps;
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, dims, run};
use crate::ops::gpu::plan::{ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, fill, index, spread};

/// The text of the resampling kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WarpShader;

impl KernelText for WarpShader {
    fn source(&self) -> String {
        fill(
            TEMPLATE,
            &[
                (
                    "BIND",
                    bindings(
                        &[("X", "read", "f32"), ("M", "read", "f32"), ("O", "read_write", "f32")],
                        &["h", "w", "c", "oh", "ow", "n"],
                    ),
                ),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
            ],
        )
    }
}

const TEMPLATE: &str = "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let j = t % p.ow;
  let i = (t / p.ow) % p.oh;
  let b = t / (p.ow * p.oh);
  let m = b * 6u;
  let row = clamp(M[m] * f32(i) + M[m + 1u] * f32(j) + M[m + 2u], 0.0, f32(p.h - 1u));
  let col = clamp(M[m + 3u] * f32(i) + M[m + 4u] * f32(j) + M[m + 5u], 0.0, f32(p.w - 1u));
  let r0 = u32(row);
  let c0 = u32(col);
  let r1 = min(r0 + 1u, p.h - 1u);
  let c1 = min(c0 + 1u, p.w - 1u);
  let fr = row - f32(r0);
  let fc = col - f32(c0);
  let upper = (b * p.h + r0) * p.w;
  let lower = (b * p.h + r1) * p.w;
  for (var k = 0u; k < p.c; k++) {
    let top = mix(X[(upper + c0) * p.c + k], X[(upper + c1) * p.c + k], fc);
    let bottom = mix(X[(lower + c0) * p.c + k], X[(lower + c1) * p.c + k], fc);
    O[t * p.c + k] = mix(top, bottom, fr);
  }
}
";

/// Inputs images `[b, h, w, c]` (`shape`), matrices `[b, 6]`; output `[b, out_h, out_w, c]`.
pub fn warp(shape: &[usize; 4], out_h: usize, out_w: usize) -> Plan {
    let [b, h, w, c] = *shape;
    let n = b * out_h * out_w;
    Plan {
        outputs: vec![vec![b, out_h, out_w, c]],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::new(WarpShader),
            slots: vec![Slot::Input(0), Slot::Input(1), Slot::Output(0)],
            params: [h, w, c, out_h, out_w, n].map(|v| v as u32).to_vec(),
            workgroups: spread(n, LINE),
        }],
    }
}

#[cfg(feature = "webgpu")]
impl WarpOps for Cube {
    fn warp(images: FloatTensor<Self>, matrices: FloatTensor<Self>, out_px: usize) -> FloatTensor<Self> {
        let (images, matrices) = (dense(images), dense(matrices));
        let [y] = run(warp(&dims(&images), out_px, out_px), &[&images, &matrices]);
        y
    }
}
