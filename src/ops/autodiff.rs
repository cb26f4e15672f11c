//! Hand-written backward passes of [`NetOps`].

use burn::backend::{
    Autodiff, Backend, TensorMetadata,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::FloatTensor,
};

use super::ops::{GradOps, NetOps};

/// Which of the two convolutions a backward step belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ConvKind {
    Plain,
    Up,
}

#[derive(Debug)]
struct ConvBackward(ConvKind);

#[derive(Debug, Clone)]
struct ConvState<B: Backend> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    /// The output, kept only if a ReLU followed.
    y: Option<FloatTensor<B>>,
}

impl<B: NetOps + GradOps> Backward<B, 3> for ConvBackward {
    type State = ConvState<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [node_x, node_weight, node_bias] = ops.parents;
        let gy = grads.consume::<B>(&ops.node);
        let ConvState { x, weight, y } = ops.state;
        let gy = match y {
            Some(y) => B::relu_mask(y, gy),
            None => gy,
        };
        let k = weight.shape()[0];
        if let Some(node) = node_x {
            let gx = match self.0 {
                ConvKind::Plain => B::conv2d_data_grad(gy.clone(), weight),
                ConvKind::Up => B::up_conv2d_data_grad(gy.clone(), weight),
            };
            grads.register::<B>(node.id, gx);
        }
        if node_weight.is_some() || node_bias.is_some() {
            let (gw, gb) = match self.0 {
                ConvKind::Plain => B::conv2d_weight_grad(x, gy, k),
                ConvKind::Up => B::up_conv2d_weight_grad(x, gy),
            };
            if let Some(node) = node_weight {
                grads.register::<B>(node.id, gw);
            }
            if let Some(node) = node_bias {
                grads.register::<B>(node.id, gb);
            }
        }
    }
}

fn conv<B: NetOps + GradOps, C: CheckpointStrategy>(
    kind: ConvKind,
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
    relu: bool,
) -> FloatTensor<Autodiff<B, C>> {
    let (x, x_node) = x.into_parts();
    let (weight, weight_node) = weight.into_parts();
    let (bias, bias_node) = bias.into_parts();
    let forward = |x, weight, bias| match kind {
        ConvKind::Plain => B::conv2d_same(x, weight, bias, relu),
        ConvKind::Up => B::up_conv2d(x, weight, bias, relu),
    };
    match ConvBackward(kind)
        .prepare::<C>([x_node, weight_node, bias_node])
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prep) => {
            let y = forward(x.clone(), weight.clone(), bias);
            let state = ConvState {
                x,
                weight,
                y: relu.then(|| y.clone()),
            };
            prep.finish(state, y)
        }
        OpsKind::UnTracked(prep) => prep.finish(forward(x, weight, bias)),
    }
}

#[derive(Debug)]
struct MaxPoolBackward;

impl<B: NetOps + GradOps> Backward<B, 1> for MaxPoolBackward {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [node_x] = ops.parents;
        let gy = grads.consume::<B>(&ops.node);
        let (x, y) = ops.state;
        if let Some(node) = node_x {
            grads.register::<B>(node.id, B::max_pool2x2_grad(x, y, gy));
        }
    }
}

#[derive(Debug)]
struct ConcatBackward;

impl<B: NetOps + GradOps> Backward<B, 2> for ConcatBackward {
    /// Channels of the first.
    type State = usize;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gy = grads.consume::<B>(&ops.node);
        let (ga, gb) = B::split(gy, ops.state);
        for (node, grad) in ops.parents.into_iter().zip([ga, gb]) {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

#[derive(Debug)]
struct BatchNormBackward;

#[derive(Debug, Clone)]
struct BatchNormState<B: Backend> {
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    mean: FloatTensor<B>,
    inv_std: FloatTensor<B>,
}

impl<B: NetOps + GradOps> Backward<B, 3> for BatchNormBackward {
    type State = BatchNormState<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gy = grads.consume::<B>(&ops.node);
        let BatchNormState {
            x,
            gamma,
            mean,
            inv_std,
        } = ops.state;
        let (gx, g_gamma, g_beta) = B::batch_norm_grad(x, gamma, mean, inv_std, gy);
        for (node, grad) in ops.parents.into_iter().zip([gx, g_gamma, g_beta]) {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

impl<B: NetOps + GradOps, C: CheckpointStrategy> NetOps for Autodiff<B, C> {
    fn conv2d_same(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        conv::<B, C>(ConvKind::Plain, x, weight, bias, relu)
    }

    fn up_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        conv::<B, C>(ConvKind::Up, x, weight, bias, relu)
    }

    fn max_pool2x2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        match MaxPoolBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let y = B::max_pool2x2(x.clone());
                prep.finish((x, y.clone()), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::max_pool2x2(x)),
        }
    }

    fn concat(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let (a, a_node) = a.into_parts();
        let (b, b_node) = b.into_parts();
        let channels = a.shape()[3];
        match ConcatBackward.prepare::<C>([a_node, b_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(channels, B::concat(a, b)),
            OpsKind::UnTracked(prep) => prep.finish(B::concat(a, b)),
        }
    }

    fn batch_norm_stats(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        eps: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, x_node) = x.into_parts();
        let (gamma, gamma_node) = gamma.into_parts();
        let (beta, beta_node) = beta.into_parts();
        let (y, mean, inv_std) = B::batch_norm_stats(x.clone(), gamma.clone(), beta, eps);
        let y = match BatchNormBackward
            .prepare::<C>([x_node, gamma_node, beta_node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let state = BatchNormState {
                    x,
                    gamma,
                    mean: mean.clone(),
                    inv_std: inv_std.clone(),
                };
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        (
            y,
            <Self as burn::backend::AutodiffBackend>::from_inner(mean),
            <Self as burn::backend::AutodiffBackend>::from_inner(inv_std),
        )
    }
}
