//! Weight and bias gradients: a split reduction. Stage one gives each invocation a few weights and a chunk of image rows; stage two
//! adds the chunks. A window of pixels slides along the row in registers, so each is loaded once for all taps of a row.

use crate::ops::{
    conv::shape::ConvShape,
    gpu::{
        plan::{ARGS, Dispatch, KernelText, Plan, Shader, Slot, bindings, each, element, fill, index, spread},
        reduce::{ReduceShader, channel_sum_into},
        variant::Variant,
    },
};

/// The text of stage one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvWeightShader {
    /// Taps in a row.
    columns: usize,
    /// The output gradient is twice as fine as x, and the window slides over it by two (three taps).
    upsampled: bool,
    /// Quads of input and output channels of one invocation.
    quads: (usize, usize),
    /// Input channels come in whole quads.
    quad_in: bool,
    /// Output channels come in whole quads.
    quad_out: bool,
    /// Invocations in a workgroup.
    workgroup: usize,
}

/// `h, w`: the grid of x; `ciq, coq`: padded quads; `ci, co`: f32 channels; `per`: image rows a chunk takes; `oy, ox`: offset of the
/// first tap, in the finer of the two grids.
const PARAMS: [&str; 13] = [
    "h", "w", "ci", "co", "ciq", "coq", "rows", "oy: i32", "ox: i32", "per", "images", "total", "unused",
];

const PARTS: [&str; 4] = ["x", "y", "z", "w"];

impl KernelText for ConvWeightShader {
    fn source(&self) -> String {
        let (nk, (na, nq)) = (self.columns, self.quads);
        let accumulators = nk * 4 * na * nq;
        let last = nk - 1;
        let fmas = each(accumulators, |s| {
            let (q, j, k) = (s % nq, (s / nq) % (4 * na), s / (nq * 4 * na));
            let part = PARTS[j % 4];
            // The window is over g when upsampled, else over x.
            let (v, g) = if self.upsampled {
                (format!("v{}", j / 4), format!("g{k}_{q}"))
            } else {
                (format!("v{k}_{}", j / 4), format!("g{q}"))
            };
            format!("s{s} = fma(vec4<f32>({v}.{part}), {g}, s{s}); ")
        });
        let (before, step, slide) = if self.upsampled {
            let before = each(nq, |q| format!("var g0_{q} = z; "));
            let step = each(na, |a| format!("let v{a} = {}; ", self.x_load("x", a)))
                + &each(nq, |q| {
                    let (even, odd) = (self.g_load("gx", q), self.g_load("gx + 1u", q));
                    format!("let g1_{q} = {even}; let g2_{q} = {odd}; ")
                });
            (before, step, each(nq, |q| format!("g0_{q} = g2_{q}; ")))
        } else {
            let before = each(last, |k| {
                let column = format!("u32(clamp(c{k}, 0, i32(p.w) - 1))");
                format!("let c{k} = p.ox + {k}; let in{k} = c{k} >= 0 && c{k} < i32(p.w); ")
                    + &each(na, |a| {
                        format!("var v{k}_{a} = select(z, {}, in{k}); ", self.x_load(&column, a))
                    })
            });
            let column = "u32(min(cn, i32(p.w) - 1))";
            let step = format!("let cn = i32(x) + p.ox + {last}; let inn = cn < i32(p.w); ")
                + &each(na, |a| {
                    format!("let v{last}_{a} = select(z, {}, inn); ", self.x_load(column, a))
                })
                + &each(nq, |q| format!("let g{q} = {}; ", self.g_load("gx", q)));
            let slide = each(last, |k| each(na, |a| format!("v{k}_{a} = v{}_{a}; ", k + 1)));
            (before, step, slide)
        };
        let sums = each(accumulators, |s| {
            format!("s{s}{}", if s + 1 < accumulators { ", " } else { "" })
        });
        fill(
            TEMPLATE,
            &[
                (
                    "BIND",
                    bindings(
                        &[
                            ("X", "read", element(self.quad_in)),
                            ("G", "read", element(self.quad_out)),
                            ("O", "read_write", "vec4<f32>"),
                        ],
                        &PARAMS,
                    ),
                ),
                ("WG", self.workgroup.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(self.workgroup)),
                ("NA", na.to_string()),
                ("NQ", nq.to_string()),
                ("NK", nk.to_string()),
                ("N", accumulators.to_string()),
                ("FINE", if self.upsampled { "2" } else { "1" }.to_owned()),
                (
                    "ROWS",
                    if self.upsampled { UPSAMPLED_ROWS } else { PLAIN_ROWS }.to_owned(),
                ),
                ("ZERO", each(accumulators, |s| format!("var s{s} = z; "))),
                ("BEFORE", before),
                ("STEP", step),
                ("FMAS", fmas),
                ("SLIDE", slide),
                ("SUMS", sums),
            ],
        )
    }
}

impl ConvWeightShader {
    /// Quad `a` of this invocation's input channels at a pixel of x's row. Channels past the last hold garbage, and so do their
    /// sums, which stage two leaves out.
    fn x_load(&self, pixel: &str, a: usize) -> String {
        if self.quad_in {
            return format!("X[(xr + {pixel}) * p.ciq + cq + {a}u]");
        }
        let parts = each(4, |j| {
            let comma = if j < 3 { ", " } else { "" };
            format!("X[min((xr + {pixel}) * p.ci + (cq + {a}u) * 4u + {j}u, xmax)]{comma}")
        });
        format!("vec4<f32>({parts})")
    }

    /// Quad `q` of this invocation's output channels at a pixel of the gradient.
    fn g_load(&self, pixel: &str, q: usize) -> String {
        if self.quad_out {
            return format!("G[({pixel}) * p.coq + oq + {q}u]");
        }
        let parts = each(4, |j| {
            let comma = if j < 3 { ", " } else { "" };
            format!("G[min(({pixel}) * p.co + (oq + {q}u) * 4u + {j}u, gmax)]{comma}")
        });
        format!("vec4<f32>({parts})")
    }
}

/// Row of x under tap row `ky`, and the gradient's row `r`.
const PLAIN_ROWS: &str = "let iy = i32(y + ky) + p.oy;
    if (iy < 0 || iy >= i32(p.h)) { continue; }
    let xr = (r - y + u32(iy)) * p.w;
    let gr = r * p.w;";

/// Row `r` of x, and the gradient's row that tap row `ky` reaches.
const UPSAMPLED_ROWS: &str = "let iy = i32(2u * y + ky) + p.oy;
    if (iy < 0) { continue; }
    let xr = r * p.w;
    let gr = ((r - y) * 2u + u32(iy)) * (p.w * 2u);";

const TEMPLATE: &str = "$BIND$
@compute @workgroup_size($WG$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.total) { return; }
  let groups = p.coq / $NQ$u;
  let oq = (t % groups) * $NQ$u;
  var rest = t / groups;
  let cq = (rest % (p.ciq / $NA$u)) * $NA$u;
  rest = rest / (p.ciq / $NA$u);
  let ky = rest % p.rows;
  let chunk = rest / p.rows;
  let z = vec4<f32>(0.0);
  let xmax = p.images * p.h * p.w * p.ci - 1u;
  let gmax = p.images * p.h * p.w * $FINE$u * $FINE$u * p.co - 1u;
  $ZERO$
  let end = min((chunk + 1u) * p.per, p.images * p.h);
  for (var r = chunk * p.per; r < end; r++) {
    let y = r % p.h;
    $ROWS$
    $BEFORE$
    for (var x = 0u; x < p.w; x++) {
      let gx = gr + x * $FINE$u;
      $STEP$
      $FMAS$
      $SLIDE$
    }
  }
  var sums = array<vec4<f32>, $N$>($SUMS$);
  for (var i = 0u; i < $N$u; i++) {
    let q = i % $NQ$u;
    let j = (i / $NQ$u) % ($NA$u * 4u);
    let k = i / ($NQ$u * $NA$u * 4u);
    let tap = (chunk * p.rows + ky) * $NK$u + k;
    O[((tap * p.ciq + cq) * 4u + j) * p.coq + oq + q] = sums[i];
  }
}
";

/// Both stages and the bias sum; with `upsampled` those of the convolution after an upsampling. Outputs: gw, gb. Inputs: x, gy.
pub(crate) fn plan(shape: &ConvShape, upsampled: bool, variant: Variant) -> Plan {
    let (in_quads, out_quads) = (shape.c_in.div_ceil(4), shape.c_out.div_ceil(4));
    let quads = (
        if in_quads.is_multiple_of(2) { 2 } else { 1 },
        if out_quads > 1 { 2 } else { 1 },
    );
    let (ciq, coq) = (in_quads, out_quads.next_multiple_of(quads.1));
    let taps_on_side = if upsampled { 3 } else { shape.k };
    let offset = if taps_on_side == 3 { -1_i32 } else { 0 } as u32;
    let image_rows = shape.batch * shape.height;
    // As many chunks as keep the device busy, but never so many that the partial sums outweigh the work.
    let per_chunk = taps_on_side * (ciq / quads.0) * (coq / quads.1);
    let chunks = variant.target_invocations().div_ceil(per_chunk).clamp(1, image_rows);
    let per = image_rows.div_ceil(chunks);
    let chunks = image_rows.div_ceil(per);
    let total = chunks * per_chunk;
    let workgroup = variant.workgroup();
    let words = [
        shape.height,
        shape.width,
        shape.c_in,
        shape.c_out,
        ciq,
        coq,
        taps_on_side,
    ];
    let mut params: Vec<u32> = words.iter().map(|v| *v as u32).collect();
    params.extend([offset, offset, per as u32, shape.batch as u32, total as u32, 0]);
    let shader = ConvWeightShader {
        columns: taps_on_side,
        upsampled,
        quads,
        quad_in: shape.c_in.is_multiple_of(4),
        quad_out: shape.c_out == coq * 4,
        workgroup,
    };
    let (partial, k, taps) = (Slot::Scratch(0), shape.k, taps_on_side * taps_on_side);
    let mut dispatches = vec![
        Dispatch {
            shader: Shader::new(shader),
            slots: vec![Slot::Input(0), Slot::Input(1), partial],
            params,
            workgroups: spread(total, workgroup),
        },
        ReduceShader::weights(upsampled).dispatch(
            partial,
            Slot::Output(0),
            [k * k, shape.c_in, shape.c_out],
            [taps, ciq * 4, coq * 4],
            chunks,
        ),
    ];
    let mut scratch = vec![chunks * taps * ciq * 4 * coq * 4];
    let pixels = image_rows * shape.width * if upsampled { 4 } else { 1 };
    let to = Slot::Output(1);
    channel_sum_into(
        &mut dispatches,
        &mut scratch,
        Slot::Input(1),
        to,
        pixels,
        shape.c_out,
        variant,
    );
    let outputs = vec![vec![k, k, shape.c_in, shape.c_out], vec![shape.c_out]];
    Plan {
        outputs,
        scratch,
        dispatches,
    }
}
