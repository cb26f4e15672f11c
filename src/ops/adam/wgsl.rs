//! Adam, in place.

use super::{ARGS, Dispatch, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread};

/// The text of the optimizer kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdamShader {
    quads: bool,
}

impl AdamShader {
    /// The kernel's text.
    pub fn source(&self) -> String {
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
/// `scalars`: learning rate, beta1, beta2, epsilon, 1 / (1 - beta1^t), 1 / (1 - beta2^t).
pub fn adam(n: usize, scalars: [f32; 6]) -> Plan {
    let quads = n.is_multiple_of(4);
    let n = if quads { n / 4 } else { n };
    let mut params = vec![n as u32];
    params.extend(scalars.map(f32::to_bits));
    params.push(0);
    Plan {
        outputs: vec![],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::Adam(AdamShader { quads }),
            slots: (0..4).map(Slot::Input).collect(),
            params,
            workgroups: spread(n, LINE),
        }],
    }
}
