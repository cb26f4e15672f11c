//! Training: settings, the optimizer and the loop as a state machine.

mod checkpoint;
pub mod config;
mod device_read;
mod health;
mod memory;
mod report;
mod run;
mod tiles;
mod weights;

pub use checkpoint::state;
pub use config::{Settings, usual_interval};
pub use health::{
    stopping::Stopping,
    watch::{Failure, Health},
};
pub use memory::{Room, expected_bytes};
pub use report::{
    curve::{CurvePoint, EVEN_ODDS, OperatingPoint},
    events::{
        EndReason, Ended, ImageScore, Metrics, Phase, PreviewItem, RunFigures, SessionEvent, StepFigures, TrainError,
        ValidationFigures,
    },
    layers::layers,
    score::Score,
};
pub use run::{
    forecast,
    measure::usual_interval_for,
    optimizer::{Adam, AdamConfig},
    session::Session,
    step::{Batch, Trainer},
};
pub use tiles::{Tile, TilePicture, tiles};
