//! Weight layouts a convolution kernel reads: padded, transposed for the data gradient, or summed into the phases of an up-convolution.
//! Weights are small beside activations, so making a second copy each step costs little and keeps one convolution kernel for all passes.

use crate::ops::gpu::plan::{ARGS, Dispatch, KernelText, LINE, Shader, Slot, bindings, fill, index, spread};

/// How the weights are rearranged. `a` is the input channel of the convolution that will read the result, `b` its output channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightLayout {
    /// Same taps, `b` padded with zeros.
    Pad,
    /// Taps mirrored, channels swapped: turns a convolution into its data gradient.
    Transpose,
    /// The nine phase taps of nearest upsampling by two followed by a 2x2 convolution.
    Phases,
    /// Those nine as a 3x3 convolution of stride two over the output gradient, channels swapped.
    PhasesTranspose,
}

/// Copies `[k, k, c_in, c_out]` weights into `[taps, a, b_pad]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WeightShader {
    layout: WeightLayout,
}

impl KernelText for WeightShader {
    fn source(&self) -> String {
        let swapped = matches!(self.layout, WeightLayout::Transpose | WeightLayout::PhasesTranspose);
        let at = if swapped { "b * p.a + a" } else { "a * p.b + b" };
        let value = match self.layout {
            WeightLayout::Pad => "v = w(tap, i);".to_owned(),
            WeightLayout::Transpose => "v = w(p.taps - 1u - tap, i);".to_owned(),
            WeightLayout::Phases => phase_switch([0, 1, 2, 3, 4, 5, 6, 7, 8]),
            // Row offset -1 of the gradient is reached by tap dy = 1 of phase 1, 0 by phase 0, +1 by tap dy = 0 of phase 1.
            WeightLayout::PhasesTranspose => phase_switch([8, 4, 7, 2, 0, 1, 6, 3, 5]),
        };
        fill(
            TEMPLATE,
            &[
                (
                    "BIND",
                    bindings(
                        &[("W", "read", "f32"), ("O", "read_write", "f32")],
                        &["taps", "a", "b", "b_pad"],
                    ),
                ),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("AT", at.to_owned()),
                ("VALUE", value),
            ],
        )
    }
}

const TEMPLATE: &str = "$BIND$
fn w(tap: u32, i: u32) -> f32 { return W[tap * (p.a * p.b) + i]; }
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.taps * p.a * p.b_pad) { return; }
  let b = t % p.b_pad;
  let a = (t / p.b_pad) % p.a;
  let tap = t / (p.b_pad * p.a);
  var v = 0.0;
  if (b < p.b) { let i = $AT$; $VALUE$ }
  O[t] = v;
}
";

/// The 2x2 taps (row-major) that fall on the same input pixel, for each of the nine phase taps: phase (0,0); (0,1) left, right;
/// (1,0) upper, lower; (1,1) all four.
const PHASE_SUMS: [&[u32]; 9] = [
    &[0, 1, 2, 3],
    &[0, 2],
    &[1, 3],
    &[0, 1],
    &[2, 3],
    &[0],
    &[1],
    &[2],
    &[3],
];

fn phase_switch(order: [usize; 9]) -> String {
    let cases: String = order
        .iter()
        .enumerate()
        .map(|(tap, &phase)| {
            let sum: Vec<String> = PHASE_SUMS[phase].iter().map(|k| format!("w({k}u, i)")).collect();
            format!("case {tap}u: {{ v = {}; }} ", sum.join(" + "))
        })
        .collect();
    format!("switch tap {{ {cases}default: {{}} }}")
}

/// The launch that rearranges `from` into `to` (`taps * a * b_pad` f32).
pub fn weight_dispatch(
    layout: WeightLayout,
    from: Slot,
    to: Slot,
    taps: usize,
    a: usize,
    b: usize,
    b_pad: usize,
) -> Dispatch {
    Dispatch {
        shader: Shader::new(WeightShader { layout }),
        slots: vec![from, to],
        params: vec![taps as u32, a as u32, b as u32, b_pad as u32],
        workgroups: spread(taps * a * b_pad, LINE),
    }
}
