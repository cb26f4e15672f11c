//! The run's validations: images or parts of them, one tile a call, metrics and previews at the end.

use std::collections::VecDeque;

use super::{
    crops::{Measured, Previews, ShownCrop},
    measure::{self, Piece},
    setup::RunSetup,
};
use crate::{
    data::{batches::Sampling, classes},
    infer::{Prediction, View},
    model::UNet,
    train::{
        checkpoint::best::BestState,
        config::Settings,
        report::{
            calibration::LogitCounts,
            curve::{CurvePoint, EVEN_ODDS, OperatingPoint},
            events::{ImageScore, Metrics, PreviewItem, SessionEvent, TrainError, ValidationFigures},
            score::{Score, Tally},
        },
    },
    values::Calibration,
};

/// Fewer painted pixels than this that are measured, or fewer of one class, are too few to judge by.
const FEW_PX: u64 = 4000;
const FEW_OF_A_CLASS_PX: u64 = 400;

/// The validations of a run.
#[derive(Default)]
pub(super) struct Validator {
    under_way: Option<Validation>,
    /// The run was stopped in a validation: if it goes on, then with that.
    is_due: bool,
    /// Step of the last one.
    step: u32,
    /// Where the last previews were cut out.
    shown_crops: Vec<ShownCrop>,
    history: Vec<ValidationFigures>,
}

/// A validation under way.
struct Validation {
    queue: VecDeque<Piece>,
    current: Option<(Piece, View, Prediction, Vec<f32>)>,
    held_out: Tally,
    training: Tally,
    /// Of the images held back, where probabilities are to be calibrated on them.
    logits: Option<LogitCounts>,
    /// Lowest and highest probability of each class.
    range: Vec<(f32, f32)>,
    previews: Previews,
    images: Vec<(Piece, Tally)>,
    /// Labels are painted, on some of the images at least.
    is_painted: bool,
    /// Pixels of each label, of the images trained on and of those held back.
    counts: [Vec<u64>; 2],
}

/// What a validation found.
pub(super) struct Found {
    step: u32,
    validation: Option<Metrics>,
    training: Metrics,
    images: Vec<ImageScore>,
    curve: Vec<CurvePoint>,
    calibrated: Option<OperatingPoint>,
    previews: Vec<PreviewItem>,
    /// Pixels with a label that the figures are of; whether they are too few to be relied on.
    labelled: (u64, bool),
    /// Of all images together.
    both: Score,
    spread: f32,
}

impl Found {
    /// Whether the loss is a number.
    pub(super) fn is_finite(&self) -> bool {
        self.both.metrics().loss.is_finite()
    }

    /// By which weights are compared: of the images held back, else of the others. Where IoU is not defined (no foreground
    /// at all) accuracy decides.
    pub(super) fn score(&self) -> f64 {
        let judged = self.validation.as_ref().unwrap_or(&self.training);
        judged.iou.or(judged.accuracy).unwrap_or(0.0)
    }

    /// The largest difference of probabilities between pixels, and whether every pixel got one answer although the truth
    /// has several.
    pub(super) fn contrast(&self) -> (f32, bool) {
        (self.spread, self.both.is_constant())
    }

    /// As a description of the weights that were validated.
    pub(super) fn of_weights(&self) -> BestState {
        BestState {
            score: self.score(),
            step: self.step,
            validation: self.validation.clone(),
            training: Some(self.training.clone()),
            curve: self.curve.clone(),
            calibrated: self.calibrated.clone(),
        }
    }
}

/// Whether a run's probabilities are calibrated: those of several classes are not.
fn is_calibrated(settings: &Settings) -> bool {
    settings.calibration == Calibration::Logistic && settings.model.classes == 1
}

impl Validator {
    /// As it was saved: the validations so far, and the step of the last one begun.
    pub(super) fn restore(history: Vec<ValidationFigures>, step: u32) -> Self {
        Self {
            history,
            step,
            ..Self::default()
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether a run that goes on from here begins with a validation.
    pub(super) fn is_unfinished(&self) -> bool {
        self.is_under_way() || self.is_due
    }

    /// Step of the last one begun.
    pub(super) fn step(&self) -> u32 {
        self.step
    }

    /// All so far.
    pub(super) fn history(&self) -> &[ValidationFigures] {
        &self.history
    }

    /// Breaks off; `is_resumable`: a run that goes on does it again.
    pub(super) fn break_off(&mut self, is_resumable: bool) {
        self.is_due = is_resumable && self.is_under_way();
        self.under_way = None;
    }

    pub(super) fn begin(&mut self, setup: &RunSetup, step: u32) {
        self.step = step;
        let (train, validation) = (setup.train(), setup.validation());
        let queue = measure::pieces(setup.data(), setup.settings(), train, validation);
        let shown = if validation.is_empty() { train } else { validation };
        let classes = setup.settings().model.classes;
        self.under_way = Some(Validation {
            queue,
            current: None,
            held_out: Tally::new(classes),
            training: Tally::new(classes),
            logits: is_calibrated(setup.settings()).then(LogitCounts::new),
            range: vec![(f32::INFINITY, f32::NEG_INFINITY); classes],
            previews: Previews::new(shown.len(), self.shown_crops.clone()),
            images: Vec::new(),
            is_painted: false,
            counts: [vec![0; classes.max(2)], vec![0; classes.max(2)]],
        });
    }

    /// One tile of one image; with the last one what was found.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn advance(&mut self, setup: &RunSetup, model: &UNet) -> Result<Option<Found>, TrainError> {
        let Some(under_way) = &mut self.under_way else {
            return Ok(None);
        };
        under_way.advance(setup, model).await?;
        if !under_way.is_done() {
            return Ok(None);
        }
        let Some(done) = self.under_way.take() else {
            return Ok(None);
        };
        let (found, crops) = done.finish(self.step, setup);
        self.shown_crops = crops;
        Ok(Some(found))
    }

    /// Adds a validation to the curve and tells of it. `is_best`: of the best weights so far, which are those of `best_step`.
    pub(super) fn tell(
        &mut self,
        found: Found,
        (is_best, best_step): (bool, u32),
        elapsed_ms: f64,
        events: &mut Vec<SessionEvent>,
    ) {
        let step = found.step;
        let figures = ValidationFigures {
            step,
            validation: found.validation,
            training: found.training,
            best: is_best,
            best_step,
            elapsed_ms,
            labelled_px: found.labelled.0,
            too_few_labels: found.labelled.1,
        };
        self.history.push(figures.clone());
        events.push(SessionEvent::Validation {
            figures,
            images: found.images,
            curve: found.curve,
        });
        let items = found.previews;
        if !items.is_empty() {
            events.push(SessionEvent::Preview { step, items });
        }
    }
}

impl Validation {
    fn is_done(&self) -> bool {
        self.queue.is_empty() && self.current.is_none()
    }

    async fn advance(&mut self, setup: &RunSetup, model: &UNet) -> Result<(), TrainError> {
        let (data, spec) = (setup.data(), setup.input_spec());
        let classes = setup.settings().model.classes;
        if self.current.is_none() {
            self.current = self.queue.pop_front().and_then(|piece| {
                let view = piece.view(data.image(piece.pair)?, &spec);
                let prediction = Prediction::new(&view, spec.stride_px, classes, false);
                Some((piece, view, prediction, Vec::new()))
            });
        }
        if let Some((piece, view, mut prediction, mut probability)) = self.current.take()
            && let Some(image) = data.image(piece.pair)
        {
            let step = prediction.step(model, &view, image, &mut probability);
            if !step.await? {
                self.current = Some((piece, view, prediction, probability));
                return Ok(());
            }
            let probability = piece.measured(probability, classes);
            let truth = piece.truth(&view, data, &spec).unwrap_or_default();
            let mut tally = Tally::new(classes);
            tally.add(&probability, &truth);
            self.is_painted |= data.layer(piece.pair).is_some();
            let counts = &mut self.counts[usize::from(piece.held_out)];
            for (sum, count) in counts.iter_mut().zip(classes::counts(&truth, classes.max(2))) {
                *sum += count;
            }
            let only_training = setup.validation().is_empty();
            if piece.held_out || only_training {
                self.previews.add(&Measured {
                    piece,
                    view: &view,
                    image,
                    map: &probability,
                    truth: &truth,
                });
            }
            if let Some(logits) = self.logits.as_mut().filter(|_| piece.held_out) {
                logits.add(&probability, &truth);
            }
            self.add(piece, tally, &probability);
        }
        Ok(())
    }

    /// Counts a piece.
    fn add(&mut self, piece: Piece, tally: Tally, probability: &[f32]) {
        let sum = if piece.held_out {
            &mut self.held_out
        } else {
            &mut self.training
        };
        sum.merge(&tally);
        for values in probability.chunks(self.range.len().max(1)) {
            for ((low, high), p) in self.range.iter_mut().zip(values) {
                (*low, *high) = (low.min(*p), high.max(*p));
            }
        }
        // The pieces of an image follow each other.
        match self.images.last_mut() {
            Some((last, sum)) if last.is_of_same_image(&piece) => sum.merge(&tally),
            _ => self.images.push((piece, tally)),
        }
    }

    /// What was found, and where the previews were cut out.
    fn finish(self, step: u32, setup: &RunSetup) -> (Found, Vec<ShownCrop>) {
        let settings = setup.settings();
        let is_held_out = self.held_out.score.pixels() > 0;
        let chosen_on = if is_held_out { &self.held_out } else { &self.training };
        // The original pipeline cuts at even odds. With weighted foreground the best cut lies elsewhere, and at 0.5 better
        // weights can look worse than others.
        let threshold = match settings.sampling {
            Sampling::Classic => None,
            _ if settings.held_back.is_some() && is_held_out => chosen_on.histogram.cautious_threshold(),
            Sampling::Crop | Sampling::Resize => chosen_on.histogram.best_threshold(),
        }
        .unwrap_or(EVEN_ODDS);
        let curve = chosen_on.histogram.curve();
        let cautious = settings.held_back.is_some();
        let calibrated = self.logits.as_ref().and_then(|logits| logits.operating_point(cautious));
        let validation = is_held_out.then(|| self.held_out.metrics(threshold));
        let training = self.training.metrics(threshold);
        let mut both = self.held_out.score.clone();
        both.merge(&self.training.score);
        let score = |(piece, tally): &(Piece, Tally)| image_score(piece, tally, threshold);
        let images: Vec<ImageScore> = self.images.iter().map(score).collect();
        let (mut previews, crops) = self.previews.finish();
        for item in &mut previews {
            item.name = setup.data().name(item.pair as usize).unwrap_or_default().to_owned();
        }
        // A crop shows the worst of an image, whose figure is not its own.
        for item in previews.iter_mut().filter(|item| item.corner.is_none()) {
            item.iou = images.iter().find(|one| one.pair == item.pair).and_then(|one| one.iou);
            item.threshold = validation.as_ref().unwrap_or(&training).threshold;
        }
        let counts = &self.counts[usize::from(is_held_out)];
        let labelled: u64 = counts.iter().sum();
        let is_few = labelled < FEW_PX || counts.iter().any(|count| *count < FEW_OF_A_CLASS_PX);
        let labelled = (labelled, self.is_painted && is_few);
        let spread = self.range.iter().map(|(low, high)| high - low).fold(0.0, f32::max);
        let found = Found {
            step,
            validation,
            training,
            images,
            curve,
            calibrated,
            previews,
            labelled,
            both,
            spread,
        };
        (found, crops)
    }
}

fn image_score(piece: &Piece, tally: &Tally, threshold: f64) -> ImageScore {
    let metrics = tally.metrics(threshold);
    ImageScore {
        pair: piece.pair as u32,
        validation: piece.held_out,
        iou: metrics.iou,
        accuracy: metrics.accuracy,
    }
}
