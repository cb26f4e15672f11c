//! Two tensors side by side along the channels, and apart again.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::{ConcatGradOps, ConcatOps};
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, dims, run};
use crate::ops::gpu::plan::{
    ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, element, fill, index, spread,
};

/// The text of a concatenation, or of its inverse.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConcatShader {
    split: bool,
    quads: bool,
}

impl KernelText for ConcatShader {
    fn source(&self) -> String {
        let t = element(self.quads);
        let (parts, joined) = if self.split {
            ("read_write", "read")
        } else {
            ("read", "read_write")
        };
        let storage = [("A", parts, t), ("B", parts, t), ("J", joined, t)];
        let (left, right) = if self.split {
            ("A[row * p.ca + c] = J[t];", "B[row * p.cb + c - p.ca] = J[t];")
        } else {
            ("J[t] = A[row * p.ca + c];", "J[t] = B[row * p.cb + c - p.ca];")
        };
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let row = t / (p.ca + p.cb);
  let c = t % (p.ca + p.cb);
  if (c < p.ca) { $LEFT$ } else { $RIGHT$ }
}
",
            &[
                ("BIND", bindings(&storage, &["n", "ca", "cb", "unused"])),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("LEFT", left.to_owned()),
                ("RIGHT", right.to_owned()),
            ],
        )
    }
}

fn plan(split: bool, pixels: usize, ca: usize, cb: usize, outputs: Vec<Vec<usize>>, slots: Vec<Slot>) -> Plan {
    let quads = ca.is_multiple_of(4) && cb.is_multiple_of(4);
    let lanes = if quads { 4 } else { 1 };
    let n = pixels * (ca + cb) / lanes;
    Plan {
        outputs,
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::new(ConcatShader { split, quads }),
            slots,
            params: vec![n as u32, (ca / lanes) as u32, (cb / lanes) as u32, 0],
            workgroups: spread(n, LINE),
        }],
    }
}

/// Inputs a `[b, h, w, ca]` and b `[b, h, w, cb]`; output `[b, h, w, ca + cb]`.
pub fn concat(&[batch, height, width, ca]: &[usize; 4], cb: usize) -> Plan {
    let pixels = batch * height * width;
    let slots = vec![Slot::Input(0), Slot::Input(1), Slot::Output(0)];
    plan(false, pixels, ca, cb, vec![vec![batch, height, width, ca + cb]], slots)
}

/// The inverse: input `[b, h, w, c]`, outputs the first `ca` channels and the others.
pub fn split(&[batch, height, width, c]: &[usize; 4], ca: usize) -> Plan {
    let (pixels, cb) = (batch * height * width, c - ca);
    let slots = vec![Slot::Output(0), Slot::Output(1), Slot::Input(0)];
    let outputs = vec![vec![batch, height, width, ca], vec![batch, height, width, cb]];
    plan(true, pixels, ca, cb, outputs, slots)
}

#[cfg(feature = "webgpu")]
impl ConcatOps for Cube {
    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let (a, b) = (dense(a), dense(b));
        let [_, _, _, cb] = dims(&b);
        let [joined] = run(concat(&dims(&a), cb), &[&a, &b]);
        joined
    }
}

#[cfg(feature = "webgpu")]
impl ConcatGradOps for Cube {
    fn split(joined: FloatTensor<Self>, channels: usize) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let joined = dense(joined);
        let [a, b] = run(split(&dims(&joined), channels), &[&joined]);
        (a, b)
    }
}
