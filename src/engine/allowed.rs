//! Which command is answered when: one table for all of them.

use super::run_state::Activity;
use crate::protocol::{Command, Fault, FaultCode, Purpose, Stage};

/// What the engine is at, as far as commands depend on it. A paused run and a prediction may go on side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) run: Activity,
    pub(super) is_predicting: bool,
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// Neither a run, paused or not, nor a prediction is under way.
    Idle,
    /// No run is under way.
    NoRun,
    /// No prediction is under way.
    NotPredicting,
    /// The device is free: no run is at work, though one may be paused, and no prediction is under way.
    DeviceFree,
    /// A run is under way.
    Run,
    /// A prediction is under way.
    Predicting,
}

impl When {
    /// What is answered instead, if this is not the time.
    pub(super) fn check(self, state: State) -> Result<(), FaultCode> {
        let has_run = state.run != Activity::None;
        let (is_time, otherwise) = match self {
            Self::Always => (true, FaultCode::Busy),
            Self::Idle => (!has_run && !state.is_predicting, FaultCode::Busy),
            Self::NoRun => (!has_run, FaultCode::Busy),
            Self::NotPredicting => (!state.is_predicting, FaultCode::Busy),
            Self::DeviceFree => (state.run != Activity::Training && !state.is_predicting, FaultCode::Busy),
            Self::Run => (has_run, FaultCode::NotRunning),
            Self::Predicting => (state.is_predicting, FaultCode::NotRunning),
        };
        if is_time { Ok(()) } else { Err(otherwise) }
    }
}

/// A saved run is gone on with; no command, because its bytes come through functions.
pub(super) const RESUME_SAVED: (When, Stage) = (When::Idle, Stage::Train);

/// When a command is carried out, and the stage that is named where it is refused.
fn rule(command: &Command) -> (When, Stage) {
    match command {
        Command::Init { .. } => (When::Idle, Stage::Device),
        Command::AddFile { purpose, .. } => match purpose {
            Purpose::Train => (When::Idle, Stage::Read),
            Purpose::Predict => (When::NotPredicting, Stage::Read),
        },
        Command::FileUnreadable { .. } | Command::SetBands { .. } | Command::Picture { .. } => {
            (When::Always, Stage::Read)
        }
        Command::FilesDone { purpose } => match purpose {
            Purpose::Train => (When::NoRun, Stage::Train),
            Purpose::Predict => (When::Always, Stage::Read),
        },
        Command::SampleScenes { .. } => (When::Idle, Stage::Read),
        Command::SetRange { .. }
        | Command::SetMaskRule { .. }
        | Command::SetExcluded { .. }
        | Command::ShiftOutlines { .. }
        | Command::LeaveOutUnmapped { .. }
        | Command::SetFolderRoles { .. }
        | Command::PairByHand { .. } => (When::NoRun, Stage::Train),
        Command::Clear { purpose } => match purpose {
            Purpose::Train => (When::NoRun, Stage::Train),
            Purpose::Predict => (When::NotPredicting, Stage::Predict),
        },
        Command::PresetConfig { .. } | Command::CheckConfig { .. } | Command::ShowTiles { .. } => {
            (When::Always, Stage::Train)
        }
        Command::Start { .. } | Command::StartFromModel { .. } => (When::Idle, Stage::Train),
        Command::Pause | Command::Resume | Command::Stop => (When::Run, Stage::Train),
        Command::Predict { .. } | Command::PredictPart { .. } | Command::PredictMosaic { .. } => {
            (When::DeviceFree, Stage::Predict)
        }
        Command::CancelPredict => (When::Predicting, Stage::Predict),
        Command::Export { .. }
        | Command::ExportOutlines { .. }
        | Command::DrawOutlines { .. }
        | Command::ExportTable { .. } => (When::Always, Stage::Export),
        Command::ExportModel { .. } | Command::SaveModel => (When::Always, Stage::Model),
        Command::LoadModel { .. } => (When::Idle, Stage::Model),
        // Painting goes on while a network learns from it.
        Command::SetLabelClasses { .. } | Command::PaintLabels { .. } => (When::Always, Stage::Train),
        Command::ReadLabels { .. } => (When::Always, Stage::Read),
        // Both ask the run's weights, or the model, between two slices.
        Command::PredictView { .. } | Command::SuggestLabels { .. } => (When::Always, Stage::Predict),
        Command::ExportLabels { .. } => (When::Always, Stage::Export),
    }
}

/// Whether a command is carried out in a state.
///
/// # Errors
/// The fault that is answered instead.
pub(super) fn allowed(command: &Command, state: State) -> Result<(), Fault> {
    let (when, stage) = rule(command);
    when.check(state).map_err(|code| Fault {
        code,
        stage,
        file: match command {
            Command::AddFile { path, .. } => Some(path.clone()),
            Command::LoadModel { name, .. } => Some(name.clone()),
            _ => None,
        },
        detail: None,
    })
}

#[cfg(test)]
#[path = "allowed_tests.rs"]
mod tests;
