//! The U-Nets of the classic pipeline: configuration, layers, initial weights, loss and metrics.
//!
//! A model is a plain tree of named tensors. Training takes a *tracked* copy of it
//! ([`UNet::tracked`]), so the weights themselves never carry an autodiff graph.

pub mod class_metrics;
mod config;
mod grow;
mod init;
mod layers;
mod loss;
pub mod metrics;
mod unet;
mod weights;

pub use config::{
    Architecture, BATCH_NORM_EPS, ConfigError, ConvPlan, Head, MAX_CLASSES, ModelConfig, receptive_radius_px,
};
pub use init::Init;
pub use layers::{Conv, Norm, NormStats};
pub use loss::{LossConfig, loss_from_class_logits, loss_from_logits};
pub use unet::UNet;
pub use weights::{NamedTensor, WeightsError, read_weights, write_weights};
