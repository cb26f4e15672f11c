//! Convolution through workgroup memory: 64 invocations make 8x8 pixels times eight quads of output channels together.
//! For GPUs only: on a software adapter its two barriers for each four input channels cost more than the arithmetic.

use super::job::{CONV_PARAMS, Job, Window, conv_params, padded_out};
use crate::ops::gpu::plan::{Dispatch, KernelText, Shader, Slot, bindings, each, element, fill};

/// Output pixels on a side of a workgroup's tile.
const SIDE: usize = 8;
/// Quads of output channels of a workgroup.
const TILE_QUADS: usize = 8;
/// Pixels of a row and quads of output channels of one invocation.
const PIXELS: usize = 4;
const QUADS: usize = 2;
const INVOCATIONS: usize = (SIDE * SIDE / PIXELS) * (TILE_QUADS / QUADS);

/// The text of a workgroup-memory convolution.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvSharedShader {
    rows: usize,
    columns: usize,
    stride: usize,
    quad_out: bool,
    bias: bool,
    relu: bool,
    affine: bool,
}

impl KernelText for ConvSharedShader {
    fn source(&self) -> String {
        let patch_w = (SIDE - 1) * self.stride + self.columns;
        let patch_h = (SIDE - 1) * self.stride + self.rows;
        let taps = self.rows * self.columns;
        let mut storage = vec![("X", "read", "vec4<f32>"), ("W", "read", "vec4<f32>")];
        if self.bias {
            storage.push(("B", "read", "f32"));
        }
        if self.affine {
            storage.extend([("S", "read", "f32"), ("T", "read", "f32")]);
        }
        storage.push(("Y", "read_write", element(self.quad_out)));
        let fmas = each(4, |lane| {
            let ws = each(QUADS, |q| {
                format!("let w{q} = ws[(tap * 4u + {lane}u) * {TILE_QUADS}u + lq + {q}u]; ")
            });
            let part = ["x", "y", "z", "w"][lane];
            let sums = each(PIXELS, |px| {
                each(QUADS, |q| {
                    format!("s{s} = fma(vec4<f32>(v{px}.{part}), w{q}, s{s}); ", s = px * QUADS + q)
                })
            });
            format!("{{ {ws}{sums}}}\n        ")
        });
        let loads = each(PIXELS, |px| format!("let v{px} = xs[at + {}u]; ", px * self.stride));
        fill(
            TEMPLATE,
            &[
                ("BIND", bindings(&storage, &CONV_PARAMS)),
                ("N", INVOCATIONS.to_string()),
                ("PATCH", (patch_w * patch_h).to_string()),
                ("PW", patch_w.to_string()),
                ("WEIGHTS", (taps * 4 * TILE_QUADS).to_string()),
                ("TQ", TILE_QUADS.to_string()),
                ("NQ", QUADS.to_string()),
                ("SIDE", SIDE.to_string()),
                ("STRIDE", self.stride.to_string()),
                ("KH", self.rows.to_string()),
                ("KW", self.columns.to_string()),
                ("ZERO", each(PIXELS * QUADS, |s| format!("var s{s} = vec4<f32>(0.0); "))),
                ("LOADS", loads),
                ("FMAS", fmas),
                ("STORE", self.stores()),
            ],
        )
    }
}

impl ConvSharedShader {
    /// Whether the job suits this kernel: whole input quads, enough output channels to share the input.
    pub(crate) fn fits(job: &Job, _window: &Window) -> bool {
        job.c_in.is_multiple_of(4) && job.c_out >= 16
    }

    fn stores(&self) -> String {
        each(PIXELS, |px| {
            let quads = each(QUADS, |q| {
                let mut value = format!("s{}", px * QUADS + q);
                let of_channels = |name: &str| {
                    let last = if self.quad_out { "p.co * 4u - 1u" } else { "p.co - 1u" };
                    let values = each(4, |j| {
                        format!("{name}[min(c + {j}u, {last})]{}", if j < 3 { ", " } else { "" })
                    });
                    format!("vec4<f32>({values})")
                };
                if self.bias {
                    value = format!("{value} + {}", of_channels("B"));
                }
                if self.relu {
                    value = format!("max({value}, vec4<f32>(0.0))");
                }
                if self.affine {
                    value = format!("{value} * {} + {}", of_channels("S"), of_channels("T"));
                }
                let write = if self.quad_out {
                    format!("if (oq + {q}u < p.co) {{ Y[o * p.co + oq + {q}u] = r; }} ")
                } else {
                    each(4, |j| {
                        format!(
                            "if (c + {j}u < p.co) {{ Y[o * p.co + c + {j}u] = r.{}; }} ",
                            ["x", "y", "z", "w"][j]
                        )
                    })
                };
                format!("{{ let c = (oq + {q}u) * 4u; let r = {value}; {write}}} ")
            });
            format!(
                "if (x + {px}u < p.w) {{ let o = ((b * p.h + y) * p.scale + p.py) * (p.w * p.scale) + (x + {px}u) * p.scale + p.px; {quads}}}\n  "
            )
        })
    }
}

const TEMPLATE: &str = "$BIND$
var<workgroup> xs: array<vec4<f32>, $PATCH$>;
var<workgroup> ws: array<vec4<f32>, $WEIGHTS$>;
@compute @workgroup_size($N$)
fn main(@builtin(workgroup_id) wg: vec3<u32>, @builtin(local_invocation_index) li: u32) {
  let tile_x = wg.x % p.per_row;
  let tile_y = wg.x / p.per_row;
  let b = wg.z;
  let oq0 = wg.y * $TQ$u;
  let lq = (li % ($TQ$u / $NQ$u)) * $NQ$u;
  let group = li / ($TQ$u / $NQ$u);
  let lx = (group % 2u) * 4u;
  let ly = group / 2u;
  let x0 = i32(tile_x * $SIDE$u * $STRIDE$u) + p.ox;
  let y0 = i32(tile_y * $SIDE$u * $STRIDE$u) + p.oy;
  $ZERO$
  for (var c = 0u; c < p.ci; c++) {
    for (var i = li; i < $PATCH$u; i += $N$u) {
      let ix = x0 + i32(i % $PW$u);
      let iy = y0 + i32(i / $PW$u);
      let inside = ix >= 0 && iy >= 0 && ix < i32(p.iw) && iy < i32(p.ih);
      let cx = u32(clamp(ix, 0, i32(p.iw) - 1));
      let cy = u32(clamp(iy, 0, i32(p.ih) - 1));
      xs[i] = select(vec4<f32>(0.0), X[((b * p.ih + cy) * p.iw + cx) * p.ci + c], inside);
    }
    for (var i = li; i < $WEIGHTS$u; i += $N$u) {
      let q = min(oq0 + i % $TQ$u, p.cop - 1u);
      let lane = (i / $TQ$u) % 4u;
      let tap = p.tap + i / ($TQ$u * 4u);
      ws[i] = W[((tap * p.ci + c) * 4u + lane) * p.cop + q];
    }
    workgroupBarrier();
    for (var ky = 0u; ky < $KH$u; ky++) {
      for (var kx = 0u; kx < $KW$u; kx++) {
        let at = (ly * $STRIDE$u + ky) * $PW$u + lx * $STRIDE$u + kx;
        let tap = ky * $KW$u + kx;
        $LOADS$
        $FMAS$
      }
    }
    workgroupBarrier();
  }
  let oq = oq0 + lq;
  let x = tile_x * $SIDE$u + lx;
  let y = tile_y * $SIDE$u + ly;
  if (y >= p.h || oq >= p.cop) { return; }
  $STORE$
}
";

/// The launch of one window; `slots` as for the register-tile kernel.
pub(crate) fn dispatch(job: &Job, window: &Window, slots: Vec<Slot>) -> Dispatch {
    let quad_out = job.c_out.is_multiple_of(4);
    let per_row = job.width.div_ceil(SIDE);
    let tiles = per_row * job.height.div_ceil(SIDE);
    let out_quads = padded_out(job) / 4;
    let shader = ConvSharedShader {
        rows: window.rows,
        columns: window.columns,
        stride: window.stride,
        quad_out,
        bias: job.bias,
        relu: job.relu,
        affine: job.affine,
    };
    Dispatch {
        shader: Shader::new(shader),
        slots,
        params: conv_params(job, window, out_quads, tiles, per_row, true, quad_out),
        workgroups: [tiles as u32, out_quads.div_ceil(TILE_QUADS) as u32, job.batch as u32],
    }
}
