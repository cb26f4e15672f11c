//! 2x2 max pooling, stride 2; an odd last row or column is left out.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::{PoolGradOps, PoolOps};
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, dims, run};
use crate::ops::gpu::plan::{
    ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread,
};

/// The text of a pooling kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PoolShader {
    backward: bool,
    quads: bool,
}

impl KernelText for PoolShader {
    fn source(&self) -> String {
        let t = element(self.quads);
        let storage = if self.backward {
            vec![
                ("X", "read", t),
                ("Y", "read", t),
                ("G", "read", t),
                ("O", "read_write", t),
            ]
        } else {
            vec![("X", "read", t), ("O", "read_write", t)]
        };
        fill(
            if self.backward { BACKWARD } else { FORWARD },
            &[
                ("BIND", bindings(&storage, &["h", "w", "c", "n"])),
                ("T", t.to_owned()),
                ("BOOL", if self.quads { "vec4<bool>" } else { "bool" }.to_owned()),
                ("AND", if self.quads { "&" } else { "&&" }.to_owned()),
                ("OR", if self.quads { "|" } else { "||" }.to_owned()),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
            ],
        )
    }
}

const FORWARD: &str = "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let c = t % p.c;
  let x = (t / p.c) % (p.w / 2u);
  let row = t / (p.c * (p.w / 2u));
  let y = row % (p.h / 2u);
  let b = row / (p.h / 2u);
  let i = ((b * p.h + 2u * y) * p.w + 2u * x) * p.c + c;
  let j = i + p.w * p.c;
  O[t] = max(max(X[i], X[i + p.c]), max(X[j], X[j + p.c]));
}
";

/// One invocation for each window of the input, the incomplete ones at the edge included: those get zeros.
const BACKWARD: &str = "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let ww = (p.w + 1u) / 2u;
  let hh = (p.h + 1u) / 2u;
  let c = t % p.c;
  let x = (t / p.c) % ww;
  let row = t / (p.c * ww);
  let y = row % hh;
  let b = row / hh;
  let i = ((b * p.h + 2u * y) * p.w + 2u * x) * p.c + c;
  let j = i + p.w * p.c;
  let right = 2u * x + 1u < p.w;
  let below = 2u * y + 1u < p.h;
  let z = $T$(0.0);
  if (right && below) {
    let o = ((b * (p.h / 2u) + y) * (p.w / 2u) + x) * p.c + c;
    let m = Y[o];
    let g = G[o];
    let e0 = X[i] == m;
    let e1 = X[i + p.c] == m;
    let e2 = X[j] == m;
    let t1 = e0 $OR$ e1;
    let t2 = t1 $OR$ e2;
    O[i] = select(z, g, e0);
    O[i + p.c] = select(z, g, e1 $AND$ !e0);
    O[j] = select(z, g, e2 $AND$ !t1);
    // Whatever no earlier pixel took, so that the gradient is handed on even if the maximum is a NaN.
    O[j + p.c] = select(g, z, t2);
  } else {
    O[i] = z;
    if (right) { O[i + p.c] = z; }
    if (below) { O[j] = z; }
  }
}
";

fn dispatch(backward: bool, slots: Vec<Slot>, shape: &[usize; 4], windows: usize) -> Dispatch {
    let [_, h, w, c] = *shape;
    let quads = c.is_multiple_of(4);
    let lanes = if quads { c / 4 } else { c };
    let n = windows * lanes;
    Dispatch {
        shader: Shader::new(PoolShader { backward, quads }),
        slots,
        params: [h, w, lanes, n].map(|v| v as u32).to_vec(),
        workgroups: spread(n, LINE),
    }
}

/// Input x `[b, h, w, c]`, h and w at least 2; output `[b, h / 2, w / 2, c]`.
pub fn max_pool2d(shape: &[usize; 4]) -> Plan {
    let [b, h, w, c] = *shape;
    Plan {
        outputs: vec![vec![b, h / 2, w / 2, c]],
        scratch: vec![],
        dispatches: vec![dispatch(
            false,
            vec![Slot::Input(0), Slot::Output(0)],
            shape,
            b * (h / 2) * (w / 2),
        )],
    }
}

/// Inputs x, y, gy; output gx of x's shape (`shape`). The first maximum in row-major order takes the whole gradient.
pub fn max_pool2d_grad(shape: &[usize; 4]) -> Plan {
    let [b, h, w, _] = *shape;
    let slots = vec![Slot::Input(0), Slot::Input(1), Slot::Input(2), Slot::Output(0)];
    Plan {
        outputs: vec![shape.to_vec()],
        scratch: vec![],
        dispatches: vec![dispatch(true, slots, shape, b * h.div_ceil(2) * w.div_ceil(2))],
    }
}

#[cfg(feature = "webgpu")]
impl PoolOps for Cube {
    fn max_pool2d(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = dense(x);
        let [y] = run(max_pool2d(&dims(&x)), &[&x]);
        y
    }
}

#[cfg(feature = "webgpu")]
impl PoolGradOps for Cube {
    fn max_pool2d_grad(x: FloatTensor<Self>, y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, y, gy) = (dense(x), dense(y), dense(gy));
        let [gx] = run(max_pool2d_grad(&dims(&x)), &[&x, &y, &gy]);
        gx
    }
}
