//! Training: settings, the optimizer and the loop as a state machine.

pub mod bench;
mod clip;
pub mod config;
mod control;
mod crops;
mod curve;
pub mod forecast;
mod health;
mod measure;
mod memory;
mod news;
mod optimizer;
mod repair;
mod score;
mod session;
pub mod state;
mod step;
mod tiles;
mod validate;
mod weights;

pub use config::{Settings, usual_interval};
pub use control::Control;
pub use curve::{CurvePoint, EVEN_ODDS, OperatingPoint};
pub use health::{Ailment, Health};
pub use measure::usual_interval_for;
pub use memory::{Room, expected_bytes};
pub use news::{
    EndReason, Ended, ImageScore, Metrics, Preview, SessionEvent, SessionPhase, StepNews, TrainError, ValidationNews,
};
pub use optimizer::{Adam, AdamConfig};
pub use score::Score;
pub use session::Session;
pub use step::{Batch, Trainer};
pub use tiles::{Tile, TilePicture, tiles};
pub use validate::layers;
