//! The gradient through a ReLU, element by element.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::ReluMaskOps;
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, run, sizes};
use crate::ops::gpu::plan::{
    ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread,
};

/// The text of the mask's kernel; `quads`: on `vec4`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MaskShader {
    quads: bool,
}

impl KernelText for MaskShader {
    fn source(&self) -> String {
        let t = element(self.quads);
        let storage = [("A", "read", t), ("B", "read", t), ("O", "read_write", t)];
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  O[t] = select($T$(0.0), B[t], A[t] > $T$(0.0));
}
",
            &[
                ("BIND", bindings(&storage, &["n"])),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("T", t.to_owned()),
            ],
        )
    }
}

/// Inputs y, gy of one shape; output gy where y > 0, else 0.
pub fn relu_mask(shape: &[usize]) -> Plan {
    let n: usize = shape.iter().product();
    let quads = n.is_multiple_of(4);
    let n = if quads { n / 4 } else { n };
    Plan {
        outputs: vec![shape.to_vec()],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::new(MaskShader { quads }),
            slots: vec![Slot::Input(0), Slot::Input(1), Slot::Output(0)],
            params: vec![n as u32],
            workgroups: spread(n, LINE),
        }],
    }
}

#[cfg(feature = "webgpu")]
impl ReluMaskOps for Cube {
    fn relu_mask(y: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        let (y, gy) = (dense(y), dense(gy));
        let [g] = run(relu_mask(&sizes(&y)), &[&y, &gy]);
        g
    }
}
