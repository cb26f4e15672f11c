//! What a model is made of, before any tensor exists.

use serde::{Deserialize, Serialize};

use crate::values::MAX_BANDS;
pub use crate::values::{Architecture, Head, MAX_CLASSES};

/// Keras's default epsilon of `BatchNormalization`.
pub const BATCH_NORM_EPS: f32 = 1e-3;

/// Shape of a U-Net.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    pub architecture: Architecture,
    /// Filters of the first level; each level below has twice as many.
    pub base: usize,
    /// Number of poolings.
    pub depth: usize,
    /// Bands of the input: 1 (grey), 3 (RGB), or up to 16 of a stack.
    pub channels: usize,
    /// What makes the output from the decoder's features. Files from before there was a choice have the classic one.
    #[serde(default)]
    pub head: Head,
    /// Dropout rate of the two deepest levels while training.
    pub dropout: f32,
    /// Classes told apart by a softmax; 1 is Classic's sigmoid. Files from before there were classes have 1.
    #[serde(default = "one")]
    pub classes: usize,
}

fn one() -> usize {
    1
}

/// A configuration no model can be built from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error("base width {0} is not a multiple of 4 from 4 to 64")]
    Base(usize),
    #[error("depth {0} is not from 2 to 5")]
    Depth(usize),
    #[error("{0} input channels; 1 to {MAX_BANDS} are possible")]
    Channels(usize),
    #[error("{0} classes; 1 to {MAX_CLASSES} are possible")]
    Classes(usize),
    #[error("dropout {0} is not from 0 to below 1")]
    Dropout(f32),
}

/// One convolution of the network: kernel side, channels in and out, level (0 = full resolution).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvPlan {
    pub k: usize,
    pub c_in: usize,
    pub c_out: usize,
    pub level: usize,
    pub norm: bool,
}

/// Pixels around a pixel that a network of so many poolings can see at most: two convolutions of 3 on each level down
/// and up, poolings and up-convolutions of 2 between them.
pub fn receptive_radius_px(depth: usize) -> usize {
    8 << depth
}

impl ModelConfig {
    /// # Errors
    /// If a field is outside what the kernels and Classic's layout allow.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.base.is_multiple_of(4) || !(4..=64).contains(&self.base) {
            return Err(ConfigError::Base(self.base));
        }
        if !(2..=5).contains(&self.depth) {
            return Err(ConfigError::Depth(self.depth));
        }
        if !(1..=MAX_BANDS).contains(&self.channels) {
            return Err(ConfigError::Channels(self.channels));
        }
        if !(1..=MAX_CLASSES).contains(&self.classes) {
            return Err(ConfigError::Classes(self.classes));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(ConfigError::Dropout(self.dropout));
        }
        Ok(())
    }

    /// Whether convolutions are followed by batch normalisation.
    pub fn has_norm(&self) -> bool {
        self.architecture == Architecture::UnetNorm
    }

    /// Channels of the last hidden layer, where there is one: two for each class, as the classic networks have two for
    /// their one.
    pub fn head_channels(&self) -> Option<usize> {
        match self.head {
            Head::Direct => None,
            Head::TwoChannels => Some(2 * self.classes),
        }
    }

    /// Filters at `level`.
    pub fn filters(&self, level: usize) -> usize {
        self.base << level
    }

    /// Width and height must be multiples of this many pixels.
    pub fn stride_px(&self) -> usize {
        1 << self.depth
    }

    /// All convolutions in the order they run, which is Keras's creation order.
    pub fn convolutions(&self) -> Vec<ConvPlan> {
        let norm = self.has_norm();
        let mut plans = Vec::new();
        let mut push = |k, c_in, c_out, level, norm| {
            plans.push(ConvPlan {
                k,
                c_in,
                c_out,
                level,
                norm,
            })
        };
        let mut c_in = self.channels;
        for level in 0..=self.depth {
            let filters = self.filters(level);
            push(3, c_in, filters, level, norm);
            push(3, filters, filters, level, norm);
            c_in = filters;
        }
        for level in (0..self.depth).rev() {
            let filters = self.filters(level);
            push(2, 2 * filters, filters, level, false);
            push(3, 2 * filters, filters, level, norm);
            push(3, filters, filters, level, norm);
        }
        let head = self.head_channels();
        if let Some(head) = head {
            push(3, self.base, head, 0, norm);
        }
        push(1, head.unwrap_or(self.base), self.classes, 0, false);
        plans
    }

    /// Trainable parameters: weights, biases, gammas and betas.
    pub fn parameters(&self) -> usize {
        self.convolutions()
            .iter()
            .map(|c| c.k * c.k * c.c_in * c.c_out + c.c_out + if c.norm { 2 * c.c_out } else { 0 })
            .sum()
    }

    /// Parameters that training does not touch by gradient: running means and variances.
    pub fn statistics(&self) -> usize {
        self.convolutions().iter().filter(|c| c.norm).map(|c| 2 * c.c_out).sum()
    }

    /// Multiply-adds of one forward pass over an image of `height` x `width` pixels.
    pub fn forward_macs(&self, height: usize, width: usize) -> u64 {
        self.convolutions()
            .iter()
            .map(|c| (height >> c.level) as u64 * (width >> c.level) as u64 * (c.k * c.k * c.c_in * c.c_out) as u64)
            .sum()
    }

    /// Estimated bytes of one training step: weights, gradients and Adam's moments, the tensors the
    /// backward pass keeps (an input and an output for every operator) and the widest gradients in flight.
    pub fn training_bytes(&self, tile_px: usize, batch: usize) -> u64 {
        let pixels = |level: usize| ((tile_px >> level) as u64).pow(2) * batch as u64;
        let kept: u64 = self
            .convolutions()
            .iter()
            .map(|c| {
                let outputs = 1 + u64::from(c.norm);
                pixels(c.level) * c.c_out as u64 * outputs
            })
            .sum();
        let joined: u64 = (0..self.depth)
            .map(|level| pixels(level) * 2 * self.filters(level) as u64)
            .sum();
        let pooled: u64 = (1..=self.depth)
            .map(|level| pixels(level) * self.filters(level - 1) as u64)
            .sum();
        let in_flight = 4 * pixels(0) * 2 * self.base as u64;
        4 * (4 * self.parameters() as u64 + kept + joined + pooled + in_flight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(architecture: Architecture, depth: usize) -> ModelConfig {
        ModelConfig {
            architecture,
            base: 64,
            depth,
            channels: 1,
            head: crate::values::Head::TwoChannels,
            dropout: 0.5,
            classes: 1,
        }
    }

    /// Counts of the classic pipeline's `model.summary()` in Keras (docs/classic-pipeline.md).
    #[test]
    fn parameter_counts_are_those_of_keras() {
        let norm = seed(Architecture::UnetNorm, 4);
        assert_eq!(norm.parameters(), 31_043_465);
        assert_eq!(norm.statistics(), 11_780);
        assert_eq!(seed(Architecture::Unet, 4).parameters(), 31_031_685);
        assert_eq!(seed(Architecture::Unet, 4).statistics(), 0);
        assert_eq!(seed(Architecture::UnetSmall, 2).parameters(), 1_862_789);
    }

    #[test]
    fn multiply_adds_are_those_of_the_classic_network() {
        let giga = |c: ModelConfig| (c.forward_macs(256, 256) as f64 / 1e9 * 100.0).round() / 100.0;
        assert_eq!(giga(seed(Architecture::Unet, 4)), 54.61);
        assert_eq!(giga(seed(Architecture::UnetSmall, 2)), 28.57);
    }

    #[test]
    fn nonsense_is_refused() {
        let good = ModelConfig {
            architecture: Architecture::Unet,
            base: 8,
            depth: 4,
            channels: 3,
            head: crate::values::Head::TwoChannels,
            dropout: 0.0,
            classes: 1,
        };
        assert_eq!(good.check(), Ok(()));
        assert_eq!(ModelConfig { base: 6, ..good }.check(), Err(ConfigError::Base(6)));
        assert_eq!(ModelConfig { base: 68, ..good }.check(), Err(ConfigError::Base(68)));
        assert_eq!(ModelConfig { depth: 6, ..good }.check(), Err(ConfigError::Depth(6)));
        assert_eq!(ModelConfig { classes: 0, ..good }.check(), Err(ConfigError::Classes(0)));
        assert_eq!(
            ModelConfig { channels: 17, ..good }.check(),
            Err(ConfigError::Channels(17))
        );
        assert!(
            ModelConfig {
                dropout: f32::NAN,
                ..good
            }
            .check()
            .is_err()
        );
    }
}
