//! The U-Net, forward in training and in inference.

use burn::tensor::{Device, Tensor};

use super::{
    config::{ConfigError, ModelConfig},
    init::Init,
    layers::{Conv, Norm, NormStats},
};
use crate::ops;

/// A 3x3 convolution with ReLU, and batch normalisation after it in `unetNorm`.
#[derive(Debug, Clone)]
pub(super) struct ConvUnit {
    pub conv: Conv,
    pub norm: Option<Norm>,
}

impl ConvUnit {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        match (&self.norm, pass) {
            (None, _) => self.conv.forward(x, true),
            (Some(norm), Pass::Infer { affines }) => {
                let affine = affines.next().cloned().unwrap_or_else(|| norm.affine());
                self.conv.forward_norm(x, affine)
            }
            (Some(norm), Pass::Train { stats, .. }) => {
                let (y, batch) = norm.forward_train(self.conv.forward(x, true));
                stats.push(batch);
                y
            }
        }
    }
}

/// Two 3x3 units.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub first: ConvUnit,
    pub second: ConvUnit,
}

impl Block {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let x = self.first.forward(x, pass);
        self.second.forward(x, pass)
    }
}

/// What a forward pass does besides computing.
enum Pass<'a> {
    Infer {
        /// Scale and shift of every batch norm, in the order of the units.
        affines: std::slice::Iter<'a, (Tensor<1>, Tensor<1>)>,
    },
    Train {
        stats: &'a mut Vec<NormStats>,
        dropout: &'a mut dyn FnMut([usize; 4]) -> Option<Tensor<4>>,
    },
}

/// A U-Net over `[batch, height, width, channels]` in 0..1, giving logits `[batch, height, width, classes]`.
#[derive(Debug, Clone)]
pub struct UNet {
    config: ModelConfig,
    pub(super) encoder: Vec<Block>,
    /// Up-convolutions, deepest first.
    pub(super) ups: Vec<Conv>,
    /// Decoder blocks, deepest first.
    pub(super) decoder: Vec<Block>,
    /// The hidden layer before the output; see [`Head`](crate::values::Head).
    pub(super) head: Option<ConvUnit>,
    pub(super) out: Conv,
}

/// A network prepared for inference.
pub struct Inference<'a> {
    net: &'a UNet,
    affines: Vec<(Tensor<1>, Tensor<1>)>,
}

impl Inference<'_> {
    /// Logits, as [`UNet::forward`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let affines = self.affines.iter();
        self.net.run(x, &mut Pass::Infer { affines })
    }
}

impl UNet {
    /// Fresh weights: `he_normal` everywhere, `glorot_uniform` in the last layer, biases 0.
    ///
    /// # Errors
    /// If the configuration cannot be built.
    pub fn new(config: ModelConfig, seed: u32, device: &Device) -> Result<Self, ConfigError> {
        config.check()?;
        let init = &mut Init::new(seed);
        let unit = |init: &mut Init, c_in: usize, c_out: usize| ConvUnit {
            conv: Conv::he_normal(init, [3, 3, c_in, c_out], device),
            norm: config.has_norm().then(|| Norm::new(c_out, device)),
        };
        let mut encoder = Vec::new();
        let mut c_in = config.channels;
        for level in 0..=config.depth {
            let filters = config.filters(level);
            encoder.push(Block {
                first: unit(init, c_in, filters),
                second: unit(init, filters, filters),
            });
            c_in = filters;
        }
        let (mut ups, mut decoder) = (Vec::new(), Vec::new());
        for level in (0..config.depth).rev() {
            let filters = config.filters(level);
            ups.push(Conv::he_normal(init, [2, 2, 2 * filters, filters], device));
            decoder.push(Block {
                first: unit(init, 2 * filters, filters),
                second: unit(init, filters, filters),
            });
        }
        let head_channels = config.head_channels();
        let head = head_channels.map(|channels| unit(init, config.base, channels));
        let features = head_channels.unwrap_or(config.base);
        let out = Conv::glorot_uniform(init, [1, 1, features, config.classes], device);
        Ok(Self {
            config,
            encoder,
            ups,
            decoder,
            head,
            out,
        })
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The same weights with another dropout rate for training.
    pub fn with_dropout(mut self, dropout: f32) -> Self {
        self.config.dropout = dropout;
        self
    }

    pub fn device(&self) -> Device {
        self.out.bias.device()
    }

    /// Logits by the running statistics, without dropout. Height and width must be multiples of [`ModelConfig::stride_px`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.inference().forward(x)
    }

    /// The network with its batch norms reduced to a scale and a shift each, for many images in a row.
    pub fn inference(&self) -> Inference<'_> {
        let affines = self.units().filter_map(|unit| Some(unit.norm.as_ref()?.affine()));
        Inference {
            net: self,
            affines: affines.collect(),
        }
    }

    /// Logits by the batch's statistics, and those statistics.
    ///
    /// `dropout` is asked for a multiplier of the given shape at the two deepest levels; `None` leaves the tensor alone.
    pub fn forward_train(
        &self,
        x: Tensor<4>,
        dropout: &mut dyn FnMut([usize; 4]) -> Option<Tensor<4>>,
    ) -> (Tensor<4>, Vec<NormStats>) {
        let mut stats = Vec::new();
        let logits = self.run(
            x,
            &mut Pass::Train {
                stats: &mut stats,
                dropout,
            },
        );
        (logits, stats)
    }

    fn run(&self, mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let depth = self.config.depth;
        let mut skips = Vec::with_capacity(depth);
        for (level, block) in self.encoder.iter().enumerate() {
            x = block.forward(x, pass);
            // Classic drops out before the skip is taken.
            if level + 1 >= depth
                && let Pass::Train { dropout, .. } = pass
                && let Some(mask) = dropout(x.dims())
            {
                x = x * mask;
            }
            if level < depth {
                skips.push(x.clone());
                x = ops::max_pool2d(x);
            }
        }
        for (up, block) in self.ups.iter().zip(&self.decoder) {
            let up = up.forward_up(x);
            x = match skips.pop() {
                Some(skip) => ops::concat(skip, up),
                None => up,
            };
            x = block.forward(x, pass);
        }
        if let Some(head) = &self.head {
            x = head.forward(x, pass);
        }
        self.out.forward(x, false)
    }

    /// Blends a batch's statistics into the running ones, in the order `forward_train` gave them.
    pub fn blend_statistics(&mut self, stats: Vec<NormStats>, momentum: f32) {
        let mut stats = stats.into_iter();
        for unit in self.units_mut() {
            if let Some(norm) = &mut unit.norm
                && let Some(batch) = stats.next()
            {
                norm.blend(batch, momentum);
            }
        }
    }

    /// The bias of the last layer, `[classes]`: the smallest tensor every training step changes.
    pub fn out_bias(&self) -> Tensor<1> {
        self.out.bias.clone()
    }

    /// The same network with its outputs in another order: output `i` becomes what `order[i]` was.
    pub fn with_outputs(mut self, order: &[usize]) -> Self {
        let Conv { weight, bias } = &self.out;
        let weights = order.iter().map(|&c| weight.clone().narrow(3, c, 1)).collect();
        let biases = order.iter().map(|&c| bias.clone().narrow(0, c, 1)).collect();
        self.out = Conv {
            weight: Tensor::cat(weights, 3),
            bias: Tensor::cat(biases, 0),
        };
        self
    }

    /// The same network whose logits are `scale` times what they were, and `offset` more.
    pub fn with_logits_mapped(mut self, scale: f32, offset: f32) -> Self {
        let Conv { weight, bias } = &self.out;
        self.out = Conv {
            weight: weight.clone().mul_scalar(scale),
            bias: bias.clone().mul_scalar(scale).add_scalar(offset),
        };
        self
    }

    /// Every 3x3 unit in the order of the forward pass.
    fn units(&self) -> impl Iterator<Item = &ConvUnit> {
        self.encoder
            .iter()
            .chain(self.decoder.iter())
            .flat_map(|block| [&block.first, &block.second])
            .chain(&self.head)
    }

    /// Every 3x3 unit in the order of the forward pass.
    pub(super) fn units_mut(&mut self) -> impl Iterator<Item = &mut ConvUnit> {
        self.encoder
            .iter_mut()
            .chain(self.decoder.iter_mut())
            .flat_map(|block| [&mut block.first, &mut block.second])
            .chain(&mut self.head)
    }
}
