//! Stage two of split reductions, and sums over pixels per channel.

use super::{
    plan::{ARGS, Dispatch, KernelText, LINE, Shader, Slot, bindings, element, fill, index, spread},
    variant::Variant,
};

/// Which reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// Adds chunks of `[chunk][tap][a_pad][b_pad]` into `[tap][a][b]`.
    Weights,
    /// The same, and folds nine phase taps into 2x2 weights.
    Phases,
    /// Adds a chunk of pixels per channel.
    Channels {
        /// Channels come in whole quads.
        quads: bool,
    },
}

/// The text of a reduction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReduceShader {
    kind: Kind,
}

impl KernelText for ReduceShader {
    fn source(&self) -> String {
        let (bind, template) = match self.kind {
            Kind::Channels { quads } => (
                bindings(
                    &[("X", "read", element(quads)), ("O", "read_write", element(quads))],
                    &["c", "pixels", "per", "chunks"],
                ),
                CHANNELS.replace("$T$", element(quads)),
            ),
            _ => (
                bindings(
                    &[("X", "read", "f32"), ("O", "read_write", "f32")],
                    &["taps", "a", "b", "taps_in", "a_pad", "b_pad", "chunks", "unused"],
                ),
                WEIGHTS.to_owned(),
            ),
        };
        let sum = match self.kind {
            // The taps of the 3x3 window over the finer gradient that a weight took part in: see WeightLayout::PhasesTranspose.
            Kind::Phases => {
                "let lo = 2u * (tap % 2u); let hi = 6u * (tap / 2u); v += at(chunk, 4u, i) + at(chunk, 5u - lo, i) + at(chunk, 7u - hi, i) + at(chunk, 8u - lo - hi, i);"
            }
            _ => "v += at(chunk, tap, i);",
        };
        fill(
            &template,
            &[
                ("BIND", bind),
                ("LINE", LINE.to_string()),
                ("ARGS", ARGS.to_owned()),
                ("INDEX", index(LINE)),
                ("SUM", sum.to_owned()),
            ],
        )
    }
}

impl ReduceShader {
    /// Stage two of a weight gradient; `phases` folds the nine taps of an up-convolution.
    pub(crate) fn weights(phases: bool) -> Self {
        Self {
            kind: if phases { Kind::Phases } else { Kind::Weights },
        }
    }

    /// The launch that reduces `[chunks][from_taps, a_pad, b_pad]` to `[taps, a, b]`.
    pub(crate) fn dispatch(
        self,
        from: Slot,
        to: Slot,
        sizes: [usize; 3],
        padded: [usize; 3],
        chunks: usize,
    ) -> Dispatch {
        let words = [sizes[0], sizes[1], sizes[2], padded[0], padded[1], padded[2], chunks, 0];
        Dispatch {
            shader: Shader::new(self),
            slots: vec![from, to],
            params: words.map(|v| v as u32).to_vec(),
            workgroups: spread(sizes.iter().product(), LINE),
        }
    }
}

const WEIGHTS: &str = "$BIND$
fn at(chunk: u32, tap: u32, i: u32) -> f32 { return X[(chunk * p.taps_in + tap) * (p.a_pad * p.b_pad) + i]; }
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.taps * p.a * p.b) { return; }
  let b = t % p.b;
  let a = (t / p.b) % p.a;
  let tap = t / (p.a * p.b);
  let i = a * p.b_pad + b;
  var v = 0.0;
  for (var chunk = 0u; chunk < p.chunks; chunk++) { $SUM$ }
  O[t] = v;
}
";

const CHANNELS: &str = "$BIND$
@compute @workgroup_size($LINE$)
fn main($ARGS$) {
  $INDEX$
  if (t >= p.chunks * p.c) { return; }
  let c = t % p.c;
  let chunk = t / p.c;
  let end = min((chunk + 1u) * p.per, p.pixels);
  var v = $T$(0.0);
  for (var i = chunk * p.per; i < end; i++) { v += X[i * p.c + c]; }
  O[t] = v;
}
";

/// Pixels split into chunks so that `channels` (or quads of them) times chunks keeps the device busy: (chunks, pixels a chunk).
pub(crate) fn split(pixels: usize, lanes: usize, variant: Variant) -> (usize, usize) {
    let wanted = (variant.target_invocations() / 2)
        .div_ceil(lanes)
        .clamp(1, pixels.div_ceil(16));
    let per = pixels.div_ceil(wanted);
    (pixels.div_ceil(per), per)
}

/// Adds the launches that sum `x` (`pixels * channels`) over pixels into `to` (`channels`).
pub(crate) fn channel_sum_into(
    dispatches: &mut Vec<Dispatch>,
    scratch: &mut Vec<usize>,
    x: Slot,
    to: Slot,
    pixels: usize,
    channels: usize,
    variant: Variant,
) {
    let quads = channels.is_multiple_of(4);
    let lanes = if quads { channels / 4 } else { channels };
    let (chunks, per) = split(pixels, lanes, variant);
    let partial = Slot::Scratch(scratch.len());
    scratch.push(chunks * channels);
    dispatches.push(Dispatch {
        shader: Shader::new(ReduceShader {
            kind: Kind::Channels { quads },
        }),
        slots: vec![x, partial],
        params: [lanes, pixels, per, chunks].map(|v| v as u32).to_vec(),
        workgroups: spread(chunks * lanes, LINE),
    });
    dispatches.push(ReduceShader::weights(false).dispatch(partial, to, [1, 1, channels], [1, 1, channels], chunks));
}
