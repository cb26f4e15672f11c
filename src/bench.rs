//! The benchmark's training problem: Classic's `unet` on made-up data.
//!
//! With `deterministic` the weights, the data and the optimizer are those of the peers' benchmark
//! (mulberry32, he-uniform weights from seed 1000 on, a noisy checkerboard), so that losses of
//! whole training steps can be compared with JAX and Keras to the last digits.

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};

use crate::{
    model::{Architecture, LossConfig, ModelConfig, NamedTensor, UNet, write_weights},
    ops::{
        ConvShape,
        read_back::read_back,
        timing::{self, Pass},
    },
    train::{AdamConfig, Batch, TrainError, Trainer, expected_bytes},
};

#[derive(Debug, Clone, Copy)]
pub struct BenchConfig {
    /// Base width.
    pub filters: usize,
    /// Side of the square images in pixels.
    pub size: usize,
    pub batch: usize,
    /// Channels of the images, all the same.
    pub channels: usize,
    pub dropout: f32,
    pub deterministic: bool,
}

/// A model and one batch, ready to step.
pub struct Bench {
    trainer: Trainer,
    batch: Batch,
}

/// The 32-bit generator of the peers' `common.js`, uniform in 0..1.
struct Mulberry32(u32);

impl Mulberry32 {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x6D2B_79F5);
        let a = self.0;
        let mut t = (a ^ (a >> 15)).wrapping_mul(1 | a);
        t = t.wrapping_add((t ^ (t >> 7)).wrapping_mul(61 | t)) ^ t;
        f64::from(t ^ (t >> 14)) / 4_294_967_296.0
    }
}

impl Bench {
    /// # Errors
    /// If the network cannot be built.
    pub fn new(config: BenchConfig, device: &Device) -> Result<Self, TrainError> {
        let shape = network(&config);
        let mut model = UNet::new(shape, 1, device)?;
        if config.deterministic {
            let tensors = deterministic_weights(&shape, &mut model);
            write_weights(&mut model, &tensors).map_err(|e| TrainError::Read(e.to_string()))?;
        }
        let loss = LossConfig::of(crate::values::Loss::Bce);
        let trainer = Trainer::new(model, loss, AdamConfig::default(), 1e-4, 1, true);
        let (size, batch) = (config.size, config.batch);
        let (x, y) = checkerboard(size, batch);
        let upload =
            |values, channels| Tensor::from_data(TensorData::new(values, [batch, size, size, channels]), device);
        let channels = config.channels;
        let x: Vec<f32> = x.into_iter().flat_map(|v| std::iter::repeat_n(v, channels)).collect();
        Ok(Self {
            trainer,
            batch: Batch {
                images: upload(x, channels),
                masks: upload(y, 1),
            },
        })
    }

    /// Bytes a training run of this size should take.
    pub fn memory_estimate(&self, gpu: bool) -> u64 {
        let [batch, side, ..] = self.batch.images.dims();
        expected_bytes(self.trainer.model().config(), side, batch, gpu)
    }

    /// Multiply-adds of one inference of the batch.
    pub fn forward_macs(&self) -> u64 {
        let [batch, height, width, _] = self.batch.images.dims();
        self.trainer.model().config().forward_macs(height, width) * batch as u64
    }

    pub fn parameters(&self) -> usize {
        self.trainer.model().config().parameters()
    }

    /// One training step, its loss read back.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn step(&mut self) -> Result<f64, TrainError> {
        let result = self.trainer.step(self.batch.clone());
        // The weights too: a step is done when its update is.
        let weight = self.trainer.model().out_bias();
        first_of(Tensor::cat(vec![result, weight], 0), "no loss").await
    }

    /// One inference of the batch; gives the first probability, read back with all others.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn infer(&self) -> Result<f64, TrainError> {
        first_of(
            sigmoid(self.trainer.model().forward(self.batch.images.clone())),
            "no output",
        )
        .await
    }
}

/// The first value, read back with all others; `missing`: what is said where there is none.
async fn first_of<const D: usize>(tensor: Tensor<D>, missing: &str) -> Result<f64, TrainError> {
    let values = read_back(tensor).await.map_err(TrainError::Read)?;
    let first = values.first().map(|&v| f64::from(v));
    first.ok_or_else(|| TrainError::Read(missing.into()))
}

/// One pass of one layer, timed alone.
#[derive(Debug, Clone)]
pub struct OperatorTime {
    /// `conv3 2x128x128 8->16`.
    pub layer: String,
    pub pass: &'static str,
    /// Of one call, counted as the plain operator's.
    pub gflop: f64,
    pub ms: f64,
}

/// Every pass of every different convolution of the benchmark's network, and the device's ceiling in GFLOP/s.
///
/// # Errors
/// If the device fails.
pub async fn operator_times(
    config: BenchConfig,
    device: &Device,
    now_ms: &dyn Fn() -> f64,
) -> Result<(f64, Vec<OperatorTime>), TrainError> {
    let ceiling = timing::ceiling_gflops(device, now_ms).await.map_err(TrainError::Read)?;
    let mut times: Vec<OperatorTime> = Vec::new();
    // The layer other libraries and the peers' notes are compared by comes first.
    let reference = ConvShape {
        batch: 1,
        height: 64,
        width: 64,
        c_in: 64,
        c_out: 64,
        k: 3,
    };
    let layers = network(&config).convolutions().into_iter().map(|conv| {
        let up = conv.k == 2;
        // After an upsampling the operator takes the small image.
        let side = config.size >> (conv.level + usize::from(up));
        let shape = ConvShape {
            batch: config.batch,
            height: side,
            width: side,
            c_in: conv.c_in,
            c_out: conv.c_out,
            k: conv.k,
        };
        (shape, up)
    });
    for (shape, up) in std::iter::once((reference, false)).chain(layers) {
        let layer = shape.layer_name(up);
        if times.iter().any(|t| t.layer == layer) {
            continue;
        }
        for pass in Pass::ALL {
            let ms = timing::time_pass(&shape, up, pass, device, (8, 4), now_ms).await;
            times.push(OperatorTime {
                layer: layer.clone(),
                pass: pass.name(),
                gflop: 2.0 * timing::macs(&shape, up) as f64 / 1e9,
                ms: ms.map_err(TrainError::Read)?,
            });
        }
    }
    Ok((ceiling, times))
}

/// Classic's `unet`.
fn network(config: &BenchConfig) -> ModelConfig {
    ModelConfig {
        architecture: Architecture::Unet,
        base: config.filters,
        depth: 4,
        channels: config.channels,
        head: crate::values::Head::TwoChannels,
        dropout: if config.deterministic { 0.0 } else { config.dropout },
        classes: 1,
    }
}

fn deterministic_weights(shape: &ModelConfig, model: &mut UNet) -> Vec<NamedTensor> {
    let names = model.parameter_sizes();
    let mut tensors = Vec::new();
    for (number, conv) in shape.convolutions().iter().enumerate() {
        let mut random = Mulberry32(1000 + number as u32);
        let limit = (6.0 / (conv.k * conv.k * conv.c_in) as f64).sqrt();
        let n = conv.k * conv.k * conv.c_in * conv.c_out;
        let values = (0..n).map(|_| ((2.0 * random.next() - 1.0) * limit) as f32).collect();
        let name = |i: usize| {
            names
                .get(2 * number + i)
                .map(|(name, _)| name.clone())
                .unwrap_or_default()
        };
        tensors.push(NamedTensor {
            name: name(0),
            shape: vec![conv.k, conv.k, conv.c_in, conv.c_out],
            values,
        });
        tensors.push(NamedTensor {
            name: name(1),
            shape: vec![conv.c_out],
            values: vec![0.0; conv.c_out],
        });
    }
    tensors
}

/// A checkerboard of 16 px squares as truth; half of it plus half noise as image.
fn checkerboard(size: usize, batch: usize) -> (Vec<f32>, Vec<f32>) {
    let mut random = Mulberry32(12345);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for b in 0..batch {
        for i in 0..size {
            for j in 0..size {
                let v = (((i >> 4) + (j >> 4) + b) & 1) as f64;
                y.push(v as f32);
                x.push((0.5 * v + 0.5 * random.next()) as f32);
            }
        }
    }
    (x, y)
}
