//! A network that learns to tell more classes apart than it did.

use burn::tensor::Tensor;

use super::{
    layers::{Conv, Norm},
    unet::{ConvUnit, UNet},
};

impl UNet {
    /// This network with the outputs of `fresh`, which has more classes and is else of the same shape: what was learnt
    /// stays, and the outputs that were there answer as before. A network of one class, the foreground, becomes one of two
    /// and more, the first the background.
    pub fn grown_to(self, mut fresh: UNet) -> UNet {
        let (old, new) = (self.config().classes, fresh.config().classes);
        let first = usize::from(old == 1);
        if new < old + first {
            return self;
        }
        let features = self.out.weight.dims()[2];
        fresh.encoder = self.encoder;
        fresh.ups = self.ups;
        fresh.decoder = self.decoder;
        if let (Some(unit), Some(inherited)) = (&mut fresh.head, self.head) {
            unit.inherit(inherited);
        }
        fresh.out.inherit(self.out, features, first);
        fresh
    }
}

impl ConvUnit {
    fn inherit(&mut self, inherited: ConvUnit) {
        let inputs = inherited.conv.weight.dims()[2];
        self.conv.inherit(inherited.conv, inputs, 0);
        if let (Some(norm), Some(inherited)) = (&mut self.norm, inherited.norm) {
            norm.inherit(inherited);
        }
    }
}

impl Conv {
    /// Takes the first `inputs` rows of weights from another convolution for the outputs from `first` on; they have no part
    /// in the outputs before, which begin with 0.
    fn inherit(&mut self, inherited: Conv, inputs: usize, first: usize) {
        let [.., all_inputs, outputs] = self.weight.dims();
        let count = inherited.weight.dims()[3];
        let fresh = |from_input: usize, n_inputs: usize, from: usize, n: usize| {
            self.weight.clone().narrow(2, from_input, n_inputs).narrow(3, from, n)
        };
        let mut columns = Vec::new();
        if first > 0 {
            columns.push(fresh(0, inputs, 0, first).mul_scalar(0.0));
        }
        columns.push(inherited.weight);
        if outputs > first + count {
            let rest = first + count;
            columns.push(fresh(0, inputs, rest, outputs - rest));
        }
        let mut rows = vec![Tensor::cat(columns, 3)];
        if all_inputs > inputs {
            // What the outputs of before do not know of says nothing to them.
            let more = all_inputs - inputs;
            let known = fresh(inputs, more, 0, first + count).mul_scalar(0.0);
            let mut columns = vec![known];
            if outputs > first + count {
                columns.push(fresh(inputs, more, first + count, outputs - first - count));
            }
            rows.push(Tensor::cat(columns, 3));
        }
        self.weight = Tensor::cat(rows, 2);
        self.bias = beside(self.bias.clone(), inherited.bias, first);
    }
}

impl Norm {
    fn inherit(&mut self, inherited: Norm) {
        self.gamma = beside(self.gamma.clone(), inherited.gamma, 0);
        self.beta = beside(self.beta.clone(), inherited.beta, 0);
        self.running_mean = beside(self.running_mean.clone(), inherited.running_mean, 0);
        self.running_var = beside(self.running_var.clone(), inherited.running_var, 0);
    }
}

/// Values with those of `inherited` from `first` on.
fn beside(fresh: Tensor<1>, inherited: Tensor<1>, first: usize) -> Tensor<1> {
    let ([all], [count]) = (fresh.dims(), inherited.dims());
    let mut parts = Vec::new();
    if first > 0 {
        parts.push(fresh.clone().narrow(0, 0, first));
    }
    parts.push(inherited);
    if all > first + count {
        parts.push(fresh.narrow(0, first + count, all - first - count));
    }
    Tensor::cat(parts, 0)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData, activation::sigmoid, activation::softmax};

    use super::*;
    use crate::model::{Architecture, Head, ModelConfig};

    fn net(classes: usize, head: Head, seed: u32) -> UNet {
        let config = ModelConfig {
            architecture: Architecture::UnetNorm,
            base: 4,
            depth: 2,
            channels: 1,
            head,
            dropout: 0.0,
            classes,
        };
        UNet::new(config, seed, &Device::flex()).expect("a network")
    }

    fn values(t: Tensor<4>) -> Vec<f32> {
        t.into_data().try_to_vec::<f32>().expect("numbers")
    }

    #[test]
    fn what_was_told_apart_is_told_apart_as_before() {
        let pixels: Vec<f32> = (0..256).map(|i| (i % 13) as f32 / 13.0).collect();
        let image = Tensor::<4>::from_data(TensorData::new(pixels, [1, 16, 16, 1]), &Device::flex());
        for head in [Head::Direct, Head::TwoChannels] {
            let old = net(1, head, 1);
            let wanted = values(sigmoid(old.forward(image.clone())));
            let grown = old.grown_to(net(3, head, 2));
            assert_eq!(grown.config().classes, 3);
            let logits = grown.forward(image.clone());
            // The class that came has no say yet in what the first two are to each other.
            let two = values(softmax(logits.narrow(3, 0, 2), 3));
            for (p, wanted) in two.chunks_exact(2).zip(&wanted) {
                assert!((p[1] - wanted).abs() < 1e-5, "{} {wanted}", p[1]);
            }

            let old = net(3, head, 3);
            let wanted = values(old.forward(image.clone()));
            let grown = old.grown_to(net(4, head, 4));
            let logits = values(grown.forward(image.clone()));
            for (p, wanted) in logits.chunks_exact(4).zip(wanted.chunks_exact(3)) {
                assert!(p.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5));
            }
            assert_eq!(net(3, head, 5).grown_to(net(3, head, 6)).config().classes, 3);
        }
    }
}
