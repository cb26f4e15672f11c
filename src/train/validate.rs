//! The session's validation: images or parts of them, one tile a call, metrics and previews at the end.

use std::collections::VecDeque;

use super::{
    config::{KeepBest, NormStatistics, Schedule},
    crops::{Measured, Previews},
    curve::EVEN_ODDS,
    health::Ailment,
    measure::{self, Piece},
    news::{EndReason, ImageScore, SessionEvent, SessionPhase, TrainError, ValidationNews},
    score::Tally,
    session::{Best, Session},
};
use crate::{
    data::{batches::Sampling, classes::UNLABELLED},
    infer::{Prediction, View, shrink_mean, shrink_nearest},
    model::class_metrics::most_probable,
};

/// Probabilities this close do not depend on the image.
const DEAD_SPREAD: f32 = 1e-4;
/// Steps after which Keras's running statistics have forgotten their start.
const SETTLED_STEPS: u32 = 500;
/// Judged by a part of the very image they are trained on, later weights are kept where their score is this close to the
/// best: they come of a lower learning rate, and on other ground they jump about less.
const NEAR_TIE: f64 = 0.005;
/// A validation under way.
pub(super) struct Validation {
    queue: VecDeque<Piece>,
    current: Option<(Piece, View, Prediction, Vec<f32>)>,
    held_out: Tally,
    training: Tally,
    /// Lowest and highest probability of each class.
    range: Vec<(f32, f32)>,
    previews: Previews,
    images: Vec<(Piece, Tally)>,
}

impl Session {
    pub(super) fn begin_validation(&mut self, events: &mut Vec<SessionEvent>) {
        self.enter(SessionPhase::Validating, events);
        self.validated_at = self.steps();
        let queue = measure::pieces(&self.data, &self.settings, &self.train, &self.validation);
        let shown = if self.validation.is_empty() {
            self.train.len()
        } else {
            self.validation.len()
        };
        let classes = self.settings.model.classes;
        self.validating = Some(Validation {
            queue,
            current: None,
            held_out: Tally::new(classes),
            training: Tally::new(classes),
            range: vec![(f32::INFINITY, f32::NEG_INFINITY); classes],
            previews: Previews::new(shown, self.preview_places.clone()),
            images: Vec::new(),
        });
    }

    /// One tile of one image.
    pub(super) async fn validate_some(&mut self, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        let spec = self.input_spec();
        let Some(v) = &mut self.validating else { return Ok(()) };
        if v.current.is_none() {
            v.current = v.queue.pop_front().and_then(|piece| {
                let view = piece.view(self.data.image(piece.pair)?, &spec);
                let prediction = Prediction::new(&view, spec.stride_px, self.settings.model.classes, false);
                Some((piece, view, prediction, Vec::new()))
            });
        }
        if let Some((piece, view, mut prediction, mut probability)) = v.current.take()
            && let pair = piece.pair
            && let (Some(image), Some(mask), Some(bits)) =
                (self.data.image(pair), self.data.mask(pair), self.data.mask_bits(pair))
        {
            let step = prediction.step(&self.trainer.model, &view, image, &mut probability);
            if !step.await? {
                v.current = Some((piece, view, prediction, probability));
                return Ok(());
            }
            let probability = piece.measured(probability, self.settings.model.classes);
            let truth = piece.truth(&view, [image, mask], bits, &spec);
            let sum = if piece.held_out {
                &mut v.held_out
            } else {
                &mut v.training
            };
            let mut tally = Tally::new(self.settings.model.classes);
            tally.add(&probability, &truth);
            sum.merge(&tally);
            let classes = v.range.len().max(1);
            for (i, p) in probability.iter().enumerate() {
                let (low, high) = &mut v.range[i % classes];
                (*low, *high) = (low.min(*p), high.max(*p));
            }
            let only_training = self.validation.is_empty();
            if piece.held_out || only_training {
                v.previews.add(&Measured {
                    piece,
                    view: &view,
                    image,
                    map: &probability,
                    truth: &truth,
                });
            }
            // The pieces of an image follow each other.
            match v.images.last_mut() {
                Some((last, sum)) if last.is_of_same_image(&piece) => sum.merge(&tally),
                _ => v.images.push((piece, tally)),
            }
        }
        if v.queue.is_empty() && v.current.is_none() {
            self.finish_validation(events).await?;
        }
        Ok(())
    }

    async fn finish_validation(&mut self, events: &mut Vec<SessionEvent>) -> Result<(), TrainError> {
        let Some(v) = self.validating.take() else { return Ok(()) };
        let step = self.validated_at;
        let is_held_out = v.held_out.score.pixels() > 0;
        let chosen_on = if is_held_out { &v.held_out } else { &v.training };
        // The original pipeline cuts at even odds. With weighted foreground the best cut lies elsewhere, and at 0.5 better
        // weights can look worse than others.
        let threshold = match self.settings.sampling {
            Sampling::Seed => None,
            _ if self.settings.held_back.is_some() && is_held_out => chosen_on.histogram.cautious_threshold(),
            Sampling::Crop | Sampling::Resize => chosen_on.histogram.best_threshold(),
        }
        .unwrap_or(EVEN_ODDS);
        let curve = chosen_on.histogram.curve();
        let validation = is_held_out.then(|| v.held_out.metrics(threshold));
        let training = v.training.metrics(threshold);
        let mut both = v.held_out.score.clone();
        both.merge(&v.training.score);
        let score = |(piece, tally): &(Piece, Tally)| image_score(piece, tally, threshold);
        let images: Vec<ImageScore> = v.images.iter().map(score).collect();
        let (mut previews, places) = v.previews.finish();
        self.preview_places = places;
        // A crop shows the worst of an image, whose figure is not its own.
        for item in previews.iter_mut().filter(|item| item.corner.is_none()) {
            item.iou = images.iter().find(|one| one.pair == item.pair).and_then(|one| one.iou);
            item.threshold = validation.as_ref().unwrap_or(&training).threshold;
        }
        // ReLUs turn NaN into 0: broken weights may still give numbers.
        let sound = both.metrics().loss.is_finite() && self.keep_if_sound().await?;
        if !sound {
            self.end(EndReason::Ill(Ailment::NotFinite), events);
            return Ok(());
        }
        let mut best = false;
        let judged = validation.as_ref().unwrap_or(&training);
        // Where IoU is not defined (no foreground at all) accuracy decides.
        let score = judged.iou.or(judged.accuracy).unwrap_or(0.0);
        if self.settings.keep_best == KeepBest::ValidationIou {
            let largest = self.best.as_ref().map(|b| b.score);
            best = is_kept(score, largest, self.settings.held_back.is_some());
            if best {
                let model = self.trainer.model.clone();
                self.best = Some(Best {
                    model,
                    // Of all so far, so that near ties do not add up.
                    score: largest.map_or(score, |largest| largest.max(score)),
                    step,
                    validation: validation.clone(),
                    training: Some(training.clone()),
                    curve: curve.clone(),
                });
            }
        } else if let Some(kept) = self.best.as_mut().filter(|b| b.step == step) {
            (kept.validation, kept.training, best) = (validation.clone(), Some(training.clone()), true);
            kept.curve = curve.clone();
        }
        let best_step = self.best.as_ref().map_or(step, |b| b.step);
        let elapsed_ms = self.elapsed_ms;
        let news = ValidationNews {
            step,
            validation,
            training,
            best,
            best_step,
            elapsed_ms,
            images,
            curve,
        };
        self.history.push(ValidationNews {
            images: Vec::new(),
            curve: Vec::new(),
            ..news.clone()
        });
        events.push(SessionEvent::Validation(news));
        if !previews.is_empty() {
            events.push(SessionEvent::Preview { step, items: previews });
        }
        if self.steps() >= self.settings.steps_total {
            return Ok(());
        }
        let spread = v.range.iter().map(|(low, high)| high - low).fold(0.0, f32::max);
        if let Some(ailment) = self.ailment(spread, both.is_constant(), events).await? {
            self.end(EndReason::Ill(ailment), events);
        } else if self.control.judge(
            score,
            self.settings.schedule == Schedule::Plateau,
            self.settings.patience,
        ) {
            self.end(EndReason::EarlyStopped, events);
        } else {
            self.enter(SessionPhase::Training, events);
        }
        Ok(())
    }

    /// What is wrong with predictions of this spread, after trying to mend it.
    async fn ailment(
        &mut self,
        spread: f32,
        constant: bool,
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Ailment>, TrainError> {
        // Running statistics of Keras's momentum say nothing yet: training may be fine behind a flat prediction.
        let settling = self.settings.model.has_norm()
            && self.settings.norm_statistics == NormStatistics::Keras
            && self.steps() < SETTLED_STEPS;
        if settling {
            return Ok(None);
        }
        // Weights that were brought along are never replaced.
        if spread < DEAD_SPREAD
            && !self.continued
            && let Some(ailment) = self.mend_if_dead(events).await?
        {
            return Ok(Some(ailment));
        }
        let (step, steps_total) = (self.steps(), self.settings.steps_total);
        Ok(self.health.validation(step, steps_total, spread, constant))
    }
}

/// Truth of a pixel that nothing is known of, where there is foreground and background: below what counts as mask.
const UNKNOWN_TRUTH: u8 = 127;

/// Truth and prediction as bytes for the page, at most `max_px` on the longer side: 0, 255 or [`UNKNOWN_TRUTH`] and the
/// probability, or class numbers where the map has several classes. An empty truth stays empty.
pub fn layers(truth: &[u8], map: &[f32], size: [usize; 2], max_px: usize) -> (Vec<u8>, Vec<u8>) {
    let classes = map.len() / (size[0] * size[1]).max(1);
    let shrink = |labels: &[u8]| match labels.is_empty() {
        true => Vec::new(),
        false => shrink_nearest(labels, size, max_px).0,
    };
    if classes > 1 {
        return (shrink(truth), shrink(&most_probable(map, classes)));
    }
    let (probability, _) = shrink_mean(map, size, max_px);
    (
        shrink(truth)
            .into_iter()
            .map(|t| match t {
                1 => 255,
                UNLABELLED => UNKNOWN_TRUTH,
                _ => 0,
            })
            .collect(),
        probability.iter().map(|p| (p * 255.0).round() as u8).collect(),
    )
}

/// Whether weights of this score replace those kept. `largest`: of all scores before.
fn is_kept(score: f64, largest: Option<f64>, by_part: bool) -> bool {
    largest.is_none_or(|largest| {
        if by_part {
            score >= largest - NEAR_TIE
        } else {
            score > largest
        }
    })
}

fn image_score(piece: &Piece, tally: &Tally, threshold: f64) -> ImageScore {
    let metrics = tally.metrics(threshold);
    ImageScore {
        pair: piece.pair,
        validation: piece.held_out,
        iou: metrics.iou,
        accuracy: metrics.accuracy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_weights_are_kept_on_near_ties_where_a_part_judges_them() {
        assert!([false, true].map(|by_part| is_kept(0.0, None, by_part)) == [true; 2]);
        let kept = |score| [false, true].map(|by_part| is_kept(score, Some(0.9), by_part));
        assert_eq!(kept(0.91), [true, true]);
        assert_eq!(kept(0.896), [false, true]);
        assert_eq!(kept(0.894), [false, false]);
    }
}
