//! The arithmetic ceiling: fused multiply-adds on registers, no memory.

#[cfg(feature = "webgpu")]
use burn::backend::{Cube, tensor::FloatTensor};

#[cfg(feature = "webgpu")]
use super::reference::MultiplyAddsOps;
#[cfg(feature = "webgpu")]
use crate::ops::gpu::launch::{dense, run, sizes};
use crate::ops::gpu::plan::{
    ARGS, Dispatch, KernelText, LINE, Plan, Shader, Slot, bindings, each, fill, index, spread,
};

/// Sums of four lanes an invocation keeps: enough to hide an FMA's latency.
const CHAINS: usize = 8;
/// Multiply-adds of every chain in a turn of the loop.
const UNROLLED: usize = 8;

/// The text of the ceiling kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeakShader;

impl KernelText for PeakShader {
    fn source(&self) -> String {
        let turn = each(UNROLLED * CHAINS, |i| {
            let s = i % CHAINS;
            format!("s{s} = fma(s{s}, a, b); ")
        });
        fill(
            "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.n) { return; }
  let a = vec4<f32>(X[t] * 0.0 + 0.999);
  let b = vec4<f32>(1e-3);
  $ZERO$
  for (var i = 0u; i < p.turns; i++) { $TURN$ }
  let sum = $SUM$;
  Y[t] = sum.x + sum.y + sum.z + sum.w;
}
",
            &[
                (
                    "BIND",
                    bindings(
                        &[("X", "read", "f32"), ("Y", "read_write", "f32")],
                        &["n", "turns", "u0", "u1"],
                    ),
                ),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("ZERO", each(CHAINS, |s| format!("var s{s} = vec4<f32>({s}.0); "))),
                ("TURN", turn),
                (
                    "SUM",
                    each(CHAINS, |s| format!("s{s}{}", if s + 1 < CHAINS { " + " } else { "" })),
                ),
            ],
        )
    }
}

/// Input x `[n]`, output `[n]`: about `flop` operations shared by `n` invocations.
pub fn multiply_adds(n: usize, flop: u64) -> Plan {
    let turn = (n * CHAINS * UNROLLED * 4 * 2) as u64;
    Plan {
        outputs: vec![vec![n]],
        scratch: vec![],
        dispatches: vec![Dispatch {
            shader: Shader::new(PeakShader),
            slots: vec![Slot::Input(0), Slot::Output(0)],
            params: vec![n as u32, (flop / turn.max(1)).max(1) as u32, 0, 0],
            workgroups: spread(n, LINE),
        }],
    }
}

#[cfg(feature = "webgpu")]
impl MultiplyAddsOps for Cube {
    fn multiply_adds(x: FloatTensor<Self>, flop: u64) -> FloatTensor<Self> {
        let x = dense(x);
        let n = sizes(&x).iter().product();
        let [y] = run(multiply_adds(n, flop), &[&x]);
        y
    }
}
