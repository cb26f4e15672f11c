//! What is being predicted, what came of it, and which pairs of the last run it looks back at.

use super::job::Job;
use crate::{data::held_back::HeldBack, export::PredictionMap};

/// The prediction under way, the results so far, and the split of the last run.
#[derive(Default)]
pub(in crate::engine) struct PredictionState {
    job: Option<Job>,
    results: Vec<PredictionMap>,
    /// Validation pairs of the last run, to predict after it.
    last_validation: Vec<usize>,
    /// What of them was held back, where that is a part of an image.
    last_held_back: Option<HeldBack>,
}

impl PredictionState {
    pub(in crate::engine) fn is_under_way(&self) -> bool {
        self.job.is_some()
    }

    /// A prediction begins, or goes on with its next slice.
    pub(super) fn set_job(&mut self, job: Job) {
        self.job = Some(job);
    }

    /// Takes the prediction out: for the time of a slice, so that a failing device leaves no half-done one behind, or for
    /// good.
    pub(super) fn take_job(&mut self) -> Option<Job> {
        self.job.take()
    }

    pub(super) fn results(&self) -> &[PredictionMap] {
        &self.results
    }

    pub(super) fn add_result(&mut self, result: PredictionMap) {
        self.results.push(result);
    }

    pub(in crate::engine) fn forget_results(&mut self) {
        self.results.clear();
    }

    pub(super) fn last_validation(&self) -> &[usize] {
        &self.last_validation
    }

    pub(in crate::engine) fn last_held_back(&self) -> Option<HeldBack> {
        self.last_held_back
    }

    /// A run has begun with these pairs held back, or with this part of its only image.
    pub(in crate::engine) fn remember_split(&mut self, validation: Vec<usize>, held_back: Option<HeldBack>) {
        self.last_validation = validation;
        self.last_held_back = held_back;
    }

    /// The data set has changed: its pairs have other numbers.
    pub(in crate::engine) fn forget_split(&mut self) {
        self.remember_split(Vec::new(), None);
    }
}
