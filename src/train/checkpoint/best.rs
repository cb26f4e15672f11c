//! The weights worth keeping: the best so far, and before there are any those known to be numbers.

use serde::{Deserialize, Serialize};

use crate::{
    model::UNet,
    train::{
        device_read::read,
        report::{
            curve::{CurvePoint, OperatingPoint, rounded},
            events::{Metrics, TrainError},
        },
    },
};

/// Judged by a part of the very image they are trained on, later weights are kept where their score is this close to the
/// best: they come of a lower learning rate, and on other ground they jump about less.
const NEAR_TIE: f64 = 0.005;

/// Of the best weights so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestState {
    pub score: f64,
    pub step: u32,
    pub validation: Option<Metrics>,
    pub training: Option<Metrics>,
    /// Precision and recall of the images they were judged on, by threshold.
    #[serde(default)]
    pub curve: Vec<CurvePoint>,
    /// Their operating point once they are calibrated; the weights here are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrated: Option<OperatingPoint>,
}

impl BestState {
    /// Where the model that these weights become is cut.
    pub fn threshold(&self) -> Option<f64> {
        match &self.calibrated {
            Some(point) => Some(point.threshold),
            None => self.judged()?.threshold,
        }
    }

    /// Metrics of the images held back, else of those trained on that were looked at; `None` before a validation.
    fn judged(&self) -> Option<&Metrics> {
        self.validation.as_ref().or(self.training.as_ref())
    }
}

/// The weights to end with.
#[derive(Default)]
pub(in crate::train) struct Checkpoint {
    best: Option<(UNet, BestState)>,
    /// Weights known to be numbers, and of which step, to end with if there are no best ones yet.
    sound: Option<(UNet, u32)>,
}

impl Checkpoint {
    pub(super) fn new(best: Option<(UNet, BestState)>, sound: Option<(UNet, u32)>) -> Self {
        Self { best, sound }
    }

    /// Weights that were brought along are those to fall back on.
    pub(in crate::train) fn begin_with(&mut self, weights: UNet) {
        self.sound = Some((weights, 0));
    }

    /// The best weights and what is known of them.
    pub(in crate::train) fn best(&self) -> Option<(&UNet, &BestState)> {
        self.best.as_ref().map(|(model, state)| (model, state))
    }

    /// The weights to fall back on and their step.
    pub(in crate::train) fn sound(&self) -> Option<(&UNet, u32)> {
        self.sound.as_ref().map(|(model, step)| (model, *step))
    }

    /// Takes weights if they are the best so far; gives whether they are. `by_part`: a part of the very image they are
    /// trained on judges them (see [`is_best`]).
    pub(in crate::train) fn offer(&mut self, weights: &UNet, state: BestState, by_part: bool) -> bool {
        let largest = self.best.as_ref().map(|(_, best)| best.score);
        let kept = is_best(state.score, largest, by_part);
        if kept {
            let state = BestState {
                // Of all so far, so that near ties do not add up.
                score: largest.map_or(state.score, |largest| largest.max(state.score)),
                ..state
            };
            self.best = Some((weights.clone(), state));
        }
        kept
    }

    /// Notes the figures of a validation of the best weights; gives whether those validated are the best.
    pub(in crate::train) fn describe(&mut self, found: BestState) -> bool {
        let best = self.best.as_mut().filter(|(_, best)| best.step == found.step);
        let Some((_, best)) = best else { return false };
        *best = BestState {
            score: best.score,
            ..found
        };
        true
    }

    /// Keeps weights to fall back on, if they are numbers and the loss has not left them (`is_calm`). `false` if they are
    /// not numbers.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::train) async fn store_if_sound(
        &mut self,
        weights: &UNet,
        step: u32,
        is_calm: bool,
    ) -> Result<bool, TrainError> {
        let sum = read(weights.sum()).await?;
        let is_sound = sum.iter().all(|v| v.is_finite());
        if is_sound && self.best.is_none() && is_calm {
            self.sound = Some((weights.clone(), step));
        }
        Ok(is_sound)
    }

    /// Where the best weights' probabilities are to be cut, where a validation has chosen it, and how they are calibrated
    /// before.
    pub(in crate::train) fn operating_point(&self) -> Option<OperatingPoint> {
        let (_, best) = self.best.as_ref()?;
        if best.calibrated.is_some() {
            return best.calibrated.clone();
        }
        let metrics = best.judged()?;
        Some(OperatingPoint {
            threshold: metrics.threshold?,
            iou: metrics.iou.map(rounded),
            f1: metrics.f1.map(rounded),
            held_out: best.validation.is_some(),
            curve: best.curve.clone(),
            calibration: None,
        })
    }

    /// IoU of the best weights.
    pub(in crate::train) fn best_iou(&self) -> Option<f64> {
        self.best.as_ref()?.1.judged()?.iou
    }
}

/// Whether weights of this score replace those kept. `largest`: of all scores before.
fn is_best(score: f64, largest: Option<f64>, by_part: bool) -> bool {
    largest.is_none_or(|largest| {
        if by_part {
            score >= largest - NEAR_TIE
        } else {
            score > largest
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_weights_are_kept_on_near_ties_where_a_part_judges_them() {
        assert!([false, true].map(|by_part| is_best(0.0, None, by_part)) == [true; 2]);
        let kept = |score| [false, true].map(|by_part| is_best(score, Some(0.9), by_part));
        assert_eq!(kept(0.91), [true, true]);
        assert_eq!(kept(0.896), [false, true]);
        assert_eq!(kept(0.894), [false, false]);
    }
}
