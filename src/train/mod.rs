//! Training: settings, the optimizer and the loop as a state machine.

pub mod bench;
pub mod config;
mod memory;
mod news;
mod optimizer;
mod score;
mod session;
pub mod state;
mod step;
mod validate;
mod weights;

pub use config::{FieldProblem, KeepBest, Problem, RawSettings, Settings};
pub use memory::Room;
pub use news::{
    EndReason, Ended, ImageMetrics, Preview, SessionEvent, SessionPhase, StepNews, TrainError, ValidationNews,
};
pub use optimizer::{Adam, AdamConfig};
pub use score::Score;
pub use session::Session;
pub use step::{Batch, Trainer};
pub use validate::layers;
