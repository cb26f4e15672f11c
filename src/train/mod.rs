//! Training: settings, the optimizer and the loop as a state machine.

pub mod bench;
pub mod config;
mod news;
mod optimizer;
mod session;
pub mod state;
mod step;
mod validate;

pub use config::{FieldProblem, KeepBest, Problem, RawSettings, Settings};
pub use news::{
    EndReason, Ended, ImageMetrics, Preview, SessionEvent, SessionPhase, StepNews, TrainError, ValidationNews,
};
pub use optimizer::{Adam, AdamConfig};
pub use session::Session;
pub use step::{Batch, Trainer};
