//! Element-wise kernels over whole tensors.

use super::{ARGS, Dispatch, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread};

/// What is computed for each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    ReluMask,
    Affine,
}

/// The text of an element-wise kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElementwiseShader {
    kind: Kind,
    quads: bool,
}

impl ElementwiseShader {
    /// The kernel's text.
    pub fn source(&self) -> String {
        let t = element(self.quads);
        let (storage, value): (Vec<(&str, &str, &str)>, String) = match self.kind {
            Kind::ReluMask => (
                vec![("A", "read", t), ("B", "read", t), ("O", "read_write", t)],
                format!("select({t}(0.0), B[t], A[t] > {t}(0.0))"),
            ),
            Kind::Affine => (
                vec![
                    ("A", "read", t),
                    ("B", "read", t),
                    ("C", "read", t),
                    ("O", "read_write", t),
                ],
                "fma(A[t], B[t % p.c], C[t % p.c])".to_owned(),
            ),
        };
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  O[t] = $VALUE$;
}
",
            &[
                ("BIND", bindings(&storage, &["n", "c"])),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("VALUE", value),
            ],
        )
    }
}

fn plan(kind: Kind, shape: &[usize], channels: usize, inputs: usize, quads: bool) -> Plan {
    let lanes = if quads { 4 } else { 1 };
    let n = shape.iter().product::<usize>() / lanes;
    let mut slots: Vec<Slot> = (0..inputs).map(Slot::Input).collect();
    slots.push(Slot::Output(0));
    Plan {
        outputs: vec![shape.to_vec()],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::Elementwise(ElementwiseShader { kind, quads }),
            slots,
            params: vec![n as u32, (channels / lanes) as u32],
            workgroups: spread(n, LINE),
        }],
    }
}

/// Inputs y, gy of one shape; output gy where y > 0, else 0.
pub fn relu_mask(shape: &[usize]) -> Plan {
    plan(
        Kind::ReluMask,
        shape,
        4,
        2,
        shape.iter().product::<usize>().is_multiple_of(4),
    )
}

/// Inputs x `[.., c]`, scale `[c]`, shift `[c]`; output x * scale + shift.
pub fn affine(shape: &[usize]) -> Plan {
    let channels = shape.last().copied().unwrap_or(1);
    plan(Kind::Affine, shape, channels, 3, channels.is_multiple_of(4))
}
