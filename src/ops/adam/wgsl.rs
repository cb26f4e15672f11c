//! Adam, in place.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::AdamOps;
use super::reference::AdamStep;
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, run, sizes};
use crate::ops::gpu::plan::{
    ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread,
};

/// The text of the optimizer kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdamShader {
    quads: bool,
}

impl KernelText for AdamShader {
    fn source(&self) -> String {
        let t = element(self.quads);
        let storage = [
            ("P", "read_write", t),
            ("G", "read", t),
            ("M", "read_write", t),
            ("V", "read_write", t),
        ];
        let fields = [
            "n",
            "lr: f32",
            "beta1: f32",
            "beta2: f32",
            "eps: f32",
            "c1: f32",
            "c2: f32",
            "unused",
        ];
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let g = G[t];
  let m = p.beta1 * M[t] + (1.0 - p.beta1) * g;
  let v = p.beta2 * V[t] + (1.0 - p.beta2) * g * g;
  M[t] = m;
  V[t] = v;
  P[t] = P[t] - p.lr * (m * p.c1) / (sqrt(v * p.c2) + $T$(p.eps));
}
",
            &[
                ("BIND", bindings(&storage, &fields)),
                ("T", t.to_owned()),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
            ],
        )
    }
}

/// Inputs p, g, m, v of `n` f32; p, m and v are updated in place, nothing is made.
pub fn adam(n: usize, s: &AdamStep) -> Plan {
    let quads = n.is_multiple_of(4);
    let n = if quads { n / 4 } else { n };
    let mut params = vec![n as u32];
    let scalars = [s.lr, s.beta1, s.beta2, s.eps, s.correction1, s.correction2];
    params.extend(scalars.map(f32::to_bits));
    params.push(0);
    Plan {
        outputs: vec![],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::new(AdamShader { quads }),
            slots: (0..4).map(Slot::Input).collect(),
            params,
            workgroups: spread(n, LINE),
        }],
    }
}

#[cfg(feature = "webgpu")]
impl AdamOps for Cube {
    fn adam(
        param: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [param, m, v] = [param, m, v].map(|tensor| {
            let tensor = dense(tensor);
            // Somebody else still reads this memory (a clone of the parameter, say): leave theirs as it is.
            if tensor.can_mut() { tensor } else { tensor.copy() }
        });
        let grad = dense(grad);
        let n = sizes(&param).iter().product();
        let [] = run(adam(n, &step), &[&param, &grad, &m, &v]);
        (param, m, v)
    }
}
