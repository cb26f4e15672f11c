//! The engine's run: none, under way, paused, or over and not saved yet.

use crate::{
    protocol::TrainConfig,
    train::{Session, TrainError},
};

/// A run from its start until its end is saved.
pub(super) struct Run {
    id: u32,
    config: TrainConfig,
    session: Session,
}

impl Run {
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The settings it was started with, but for those that [`set_classes`](Self::set_classes) made void.
    pub(super) fn config(&self) -> &TrainConfig {
        &self.config
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// As [`Session::set_classes`]. Weights that were given for other classes are no setting of the run any more: it could
    /// not be gone on with by them.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub(super) fn set_classes(&mut self, classes: usize) -> Result<(), TrainError> {
        self.session.set_classes(classes)?;
        if self.session.settings().class_weights.is_empty() {
            self.config.class_weights.clear();
        }
        Ok(())
    }
}

/// What the run does, as far as commands depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// There is none, or it is over.
    None,
    Training,
    Paused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Training,
    Paused,
    Ended,
}

/// The run, and how many there were.
#[derive(Default)]
pub(super) struct RunState {
    run: Option<(Run, Stage)>,
    /// Runs that have begun.
    begun: u32,
}

impl RunState {
    pub(super) fn activity(&self) -> Activity {
        match &self.run {
            None | Some((_, Stage::Ended)) => Activity::None,
            Some((_, Stage::Training)) => Activity::Training,
            Some((_, Stage::Paused)) => Activity::Paused,
        }
    }

    /// The run under way, at work or paused.
    pub(super) fn under_way(&self) -> Option<&Run> {
        let under_way = self.run.as_ref().filter(|(_, stage)| *stage != Stage::Ended);
        under_way.map(|(run, _)| run)
    }

    /// The same, to work on.
    pub(super) fn under_way_mut(&mut self) -> Option<&mut Run> {
        let under_way = self.run.as_mut().filter(|(_, stage)| *stage != Stage::Ended);
        under_way.map(|(run, _)| run)
    }

    /// The run, under way or over.
    pub(super) fn last(&self) -> Option<&Run> {
        self.run.as_ref().map(|(run, _)| run)
    }

    /// The run that can be saved: under way, or over and not [released](Self::release) yet.
    pub(super) fn savable(&mut self) -> Option<&mut Run> {
        self.run.as_mut().map(|(run, _)| run)
    }

    /// Whether there is one [to save](Self::savable).
    pub(super) fn can_save(&self) -> bool {
        self.run.is_some()
    }

    /// A session becomes the run under way; the last one is forgotten. Gives its number.
    pub(super) fn begin(&mut self, session: Session, config: TrainConfig) -> u32 {
        self.begun += 1;
        let id = self.begun;
        let run = Run { id, config, session };
        self.run = Some((run, Stage::Training));
        id
    }

    /// Pauses the run under way or lets it go on; gives its number, if there is one.
    pub(super) fn set_paused(&mut self, is_paused: bool) -> Option<u32> {
        let (run, stage) = self.run.as_mut().filter(|(_, stage)| *stage != Stage::Ended)?;
        *stage = if is_paused { Stage::Paused } else { Stage::Training };
        Some(run.id)
    }

    /// The run under way is over; it stays until it is [released](Self::release).
    pub(super) fn end(&mut self) {
        if let Some((_, stage)) = &mut self.run {
            *stage = Stage::Ended;
        }
    }

    /// Forgets a run that is over.
    pub(super) fn release(&mut self) {
        self.run.take_if(|(_, stage)| *stage == Stage::Ended);
    }
}
