//! Training: settings, the optimizer and the loop as a state machine.

pub mod bench;
pub mod config;
mod memory;
mod news;
mod optimizer;
mod session;
mod step;
mod validate;

pub use config::{FieldProblem, KeepBest, Problem, RawSettings, Settings};
pub use memory::Room;
pub use news::{EndReason, Ended, ImageMetrics, Preview, SessionEvent, SessionPhase, StepNews, TrainError};
pub use optimizer::{Adam, AdamConfig};
pub use session::Session;
pub use step::{Batch, Trainer};
