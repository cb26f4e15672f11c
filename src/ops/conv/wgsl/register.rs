//! Convolution by register tiles: one invocation makes a run of pixels times a few quads of output channels and shares nothing.

use super::job::{CONV_PARAMS, Job, Window, conv_params, padded_out, tile};
use crate::ops::gpu::plan::{ARGS, Dispatch, KernelText, Shader, Slot, bindings, each, element, fill, index, spread};

/// The text of a register-tile convolution.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvShader {
    /// Pixels of a row one invocation makes.
    pub(crate) pixels: usize,
    /// Quads of output channels one invocation makes.
    pub(crate) quads: usize,
    /// Taps in a row.
    pub(crate) columns: usize,
    /// Input pixels between neighbouring output pixels.
    pub(crate) stride: usize,
    /// Input channels come in whole quads.
    pub(crate) quad_in: bool,
    /// Output channels come in whole quads.
    pub(crate) quad_out: bool,
    /// Adds a bias.
    pub(crate) bias: bool,
    /// Clamps at zero.
    pub(crate) relu: bool,
    /// Then scales and shifts each channel.
    pub(crate) affine: bool,
    /// Invocations in a workgroup.
    pub(crate) workgroup: usize,
}

impl KernelText for ConvShader {
    fn source(&self) -> String {
        let (np, nq, lanes) = (self.pixels, self.quads, if self.quad_in { 4 } else { 1 });
        let span = (np - 1) * self.stride + self.columns;
        // Inner columns are always inside the image: a run never starts past width - pixels.
        let loads = each(span, |c| {
            if span > 1 && self.columns > 1 && c == 0 {
                format!("let v0 = select({z}, X[first + c], in_first); ", z = self.zero())
            } else if span > 1 && self.columns > 1 && c == span - 1 {
                format!("let v{c} = select({z}, X[last + c], in_last); ", z = self.zero())
            } else if !self.used(c) {
                String::new()
            } else {
                format!("let v{c} = X[base + {c}u * p.ci + c]; ")
            }
        });
        let taps = each(self.columns * lanes, |k| {
            let (kx, lane) = (k / lanes, k % lanes);
            let ws = each(nq, |q| format!("let w{q} = W[at + {q}u]; "));
            let part = if lanes == 4 { [".x", ".y", ".z", ".w"][lane] } else { "" };
            let sums = each(np * nq, |s| {
                let v = (s / nq) * self.stride + kx;
                format!("s{s} = fma(vec4<f32>(v{v}{part}), w{}, s{s}); ", s % nq)
            });
            format!("{{ let at = wb + {kx}u * row_w + {lane}u * p.cop; {ws}{sums}}}\n      ")
        });
        let mut storage = vec![("X", "read", element(self.quad_in)), ("W", "read", "vec4<f32>")];
        if self.bias {
            storage.push(("B", "read", "f32"));
        }
        if self.affine {
            storage.extend([("S", "read", "f32"), ("T", "read", "f32")]);
        }
        storage.push(("Y", "read_write", element(self.quad_out)));
        fill(
            TEMPLATE,
            &[
                ("BIND", bindings(&storage, &CONV_PARAMS)),
                ("WG", self.workgroup.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(self.workgroup)),
                ("NP", np.to_string()),
                ("NQ", nq.to_string()),
                ("STRIDE", self.stride.to_string()),
                ("SPAN", (span - 1).to_string()),
                ("LANES", lanes.to_string()),
                ("ZERO", each(np * nq, |s| format!("var s{s} = vec4<f32>(0.0); "))),
                ("LOADS", loads),
                ("TAPS", taps),
                (
                    "OQ",
                    if self.quad_out {
                        String::new()
                    } else {
                        " * 4u".to_owned()
                    },
                ),
                ("STORE", self.stores()),
            ],
        )
    }
}

impl ConvShader {
    fn zero(&self) -> &'static str {
        if self.quad_in { "vec4<f32>(0.0)" } else { "0.0" }
    }

    /// Whether column `c` of the run is under any tap (with stride 2 and one tap, every other one is not).
    fn used(&self, c: usize) -> bool {
        (0..self.columns).any(|kx| c >= kx && (c - kx).is_multiple_of(self.stride))
    }

    /// A loop over the tile, through an array: unrolled stores would be almost half of the text a driver has to compile.
    fn stores(&self) -> String {
        let (np, nq) = (self.pixels, self.quads);
        let sums = each(np * nq, |s| format!("s{s}{}", if s + 1 < np * nq { ", " } else { "" }));
        let of_channels = |name: &str| {
            let values = each(4, |j| {
                let comma = if j < 3 { ", " } else { "" };
                // Padded channels take whatever the last one has: they are never stored.
                if self.quad_out {
                    format!("{name}[c + {j}u]{comma}")
                } else {
                    format!("{name}[min(c + {j}u, p.co - 1u)]{comma}")
                }
            });
            format!("vec4<f32>({values})")
        };
        let bias = if self.bias {
            format!("r += {}; ", of_channels("B"))
        } else {
            String::new()
        };
        let affine = if self.affine {
            format!("r = r * {} + {}; ", of_channels("S"), of_channels("T"))
        } else {
            String::new()
        };
        let relu = if self.relu { "r = max(r, vec4<f32>(0.0)); " } else { "" };
        let write = if self.quad_out {
            "Y[o + q] = r; ".to_owned()
        } else {
            each(4, |j| {
                let part = ["x", "y", "z", "w"][j];
                format!("if (c + {j}u < p.co) {{ Y[o + q * 4u + {j}u] = r.{part}; }} ")
            })
        };
        format!(
            "var sums = array<vec4<f32>, {n}>({sums});
  for (var i = 0u; i < {n}u; i++) {{
    let q = i % {nq}u;
    let c = (oq + q) * 4u;
    let o = ob + (i / {nq}u) * p.scale * p.co;
    var r = sums[i];
    {bias}{relu}{affine}{write}
  }}",
            n = np * nq
        )
    }
}

const TEMPLATE: &str = "$BIND$
@compute @workgroup_size($WG$)
fn main($ARGS$) {
  $INDEX$
  let run = t % p.runs;
  let oq = (t / p.runs) * $NQ$u;
  if (oq >= p.cop) { return; }
  let row = run / p.per_row;
  let y = row % p.h;
  let b = row / p.h;
  // The last run of a row is shifted back so that it ends with the row; shared pixels are computed twice, equally.
  let x0 = min((run % p.per_row) * $NP$u, p.w - $NP$u);
  let cx = i32(x0 * $STRIDE$u) + p.ox;
  let in_first = cx >= 0;
  let in_last = cx + $SPAN$ < i32(p.iw);
  let row_w = p.ci * $LANES$u * p.cop;
  $ZERO$
  for (var ky = 0u; ky < p.rows; ky++) {
    let iy = i32(y * $STRIDE$u + ky) + p.oy;
    if (iy < 0 || iy >= i32(p.ih)) { continue; }
    let line = (b * p.ih + u32(iy)) * p.iw;
    let base = (line + u32(cx)) * p.ci;
    let first = (line + u32(max(cx, 0))) * p.ci;
    let last = (line + u32(min(cx + $SPAN$, i32(p.iw) - 1))) * p.ci;
    var wb = (p.tap + ky * p.columns) * row_w + oq;
    for (var c = 0u; c < p.ci; c++) {
      $LOADS$
      $TAPS$
      wb += $LANES$u * p.cop;
    }
  }
  let ob = ((b * p.h + y) * p.scale + p.py) * (p.w * p.scale) * p.co + (x0 * p.scale + p.px) * p.co + oq$OQ$;
  $STORE$
}
";

/// The launch of one window; `slots` are input, weights, bias if any, scale and shift if any, output.
pub(crate) fn dispatch(job: &Job, window: &Window, slots: Vec<Slot>) -> Dispatch {
    let (pixels, quads) = tile(job, window.stride);
    let quad_in = job.c_in.is_multiple_of(4);
    let quad_out = job.c_out.is_multiple_of(4 * quads);
    let workgroup = job.variant.workgroup();
    let shader = ConvShader {
        pixels,
        quads,
        columns: window.columns,
        stride: window.stride,
        quad_in,
        quad_out,
        bias: job.bias,
        relu: job.relu,
        affine: job.affine,
        workgroup,
    };
    let per_row = job.width.div_ceil(pixels);
    let runs = job.batch * job.height * per_row;
    let out_quads = padded_out(job) / 4;
    let params = conv_params(job, window, out_quads, runs, per_row, quad_in, quad_out);
    Dispatch {
        shader: Shader::new(shader),
        slots,
        params,
        workgroups: spread(runs * (out_quads / quads), workgroup),
    }
}
