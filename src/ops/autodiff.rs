//! An operator with a hand-written gradient as a step of Burn's graph.
//!
//! [`parts`] takes the inputs apart, the operator runs on what is inside, and [`step`] hangs the output into the graph.

use std::fmt::Debug;

use burn::backend::{
    Autodiff, Backend,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, NodeGuard, Ops, OpsKind},
    },
    tensor::FloatTensor,
};

/// From what the forward pass kept, the gradient of the output, and which inputs want theirs: one gradient an input.
type Gradient<B, S, const N: usize> = fn(S, FloatTensor<B>, [bool; N]) -> [Option<FloatTensor<B>>; N];

struct Step<B: Backend, S, const N: usize>(Gradient<B, S, N>);

impl<B: Backend, S, const N: usize> Debug for Step<B, S, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step of {N} inputs")
    }
}

impl<B: Backend, S: Clone + Send + Debug + 'static, const N: usize> Backward<B, N> for Step<B, S, N> {
    type State = S;

    fn backward(self, ops: Ops<S, N>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        for (node, gradient) in ops.parents.into_iter().zip(self.0(ops.state, gradient, wanted)) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// The tensors inside, and where they are in the graph.
pub fn parts<B: Backend, C: CheckpointStrategy, const N: usize>(
    inputs: [FloatTensor<Autodiff<B, C>>; N],
) -> ([FloatTensor<B>; N], [NodeGuard; N]) {
    let mut nodes = Vec::with_capacity(N);
    let tensors = inputs.map(|input| {
        let (tensor, node) = input.into_parts();
        nodes.push(node);
        tensor
    });
    let nodes = nodes.try_into().unwrap_or_else(|_| unreachable!("one node an input"));
    (tensors, nodes)
}

/// `y`, computed from the inputs at `nodes`, as a step whose gradients come from `saved` by `gradient`.
pub fn step<B: Backend, C: CheckpointStrategy, S: Clone + Send + Debug + 'static, const N: usize>(
    nodes: [NodeGuard; N],
    y: FloatTensor<B>,
    saved: S,
    gradient: Gradient<B, S, N>,
) -> FloatTensor<Autodiff<B, C>> {
    match Step(gradient).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(saved, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}
