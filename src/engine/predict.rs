//! Predicting images and keeping results.

use std::{borrow::Cow, collections::VecDeque};

use super::{Engine, convert, fault, large::Large};
use crate::{
    data::classes::Class,
    export::{self, Bits, Kept, Labels},
    formats::raster::Raster,
    infer::{Prediction, View},
    model::class_metrics::most_probable,
    protocol::{Event, FaultCode, Metrics, PredictionResult, Stage},
    train::{Score, layers},
};

/// Longer side of a result's picture on the page in pixels.
pub(super) const VIEW_PX: usize = 1024;
/// Probabilities of one image while it is predicted, in bytes.
const MAP_BYTES: u64 = 2 << 30;
/// Probabilities kept for download, all results together, in bytes.
const KEEP_BYTES: usize = 1 << 30;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    Pair(usize),
    Input(usize),
}

/// A prediction of several images under way.
pub(super) struct Job {
    queue: VecDeque<Target>,
    total: u32,
    done: u32,
    current: Option<(Target, View, Prediction, f64)>,
    /// Tiles done and in all of the image at work.
    tiles: (usize, usize),
    started_ms: f64,
    threshold: f32,
    /// Mean over mirrored and turned tiles.
    averaged: bool,
}

/// A result that can be downloaded.
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) kept: Kept,
    pub(super) metrics: Option<Metrics>,
}

impl Engine {
    pub(super) fn predict(&mut self, validation: bool, threshold: f32, averaged: bool) -> Vec<Event> {
        if self.run.as_ref().is_some_and(|run| !run.paused) || self.predicting.is_some() {
            return vec![fault(FaultCode::Busy, Stage::Predict, None, None)];
        }
        if self.model.is_none() {
            return vec![fault(FaultCode::NoModel, Stage::Predict, None, None)];
        }
        let pairs = if validation {
            self.last_validation.clone()
        } else {
            Vec::new()
        };
        let queue: VecDeque<Target> = pairs
            .into_iter()
            .map(Target::Pair)
            .chain((0..self.inputs.len()).map(Target::Input))
            .collect();
        if queue.is_empty() {
            return vec![fault(FaultCode::NoInputs, Stage::Predict, None, None)];
        }
        let total = queue.len() as u32;
        self.results.clear();
        let started_ms = (self.now_ms)();
        let threshold = if threshold.is_finite() {
            threshold.clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.predicting = Some(Job {
            queue,
            total,
            done: 0,
            current: None,
            tiles: (0, 0),
            started_ms,
            threshold,
            averaged,
        });
        vec![Event::PredictProgress {
            done: 0,
            total,
            elapsed_ms: 0.0,
            tiles_done: 0,
            tiles_total: 0,
        }]
    }

    pub(super) fn cancel_predict(&mut self) -> Vec<Event> {
        match self.predicting.take() {
            Some(job) => vec![Event::PredictDone {
                total: job.done,
                cancelled: true,
            }],
            None => vec![fault(FaultCode::NotRunning, Stage::Predict, None, None)],
        }
    }

    pub(super) async fn advance_predict(&mut self, budget_ms: f64) -> Vec<Event> {
        let start = (self.now_ms)();
        let mut events = Vec::new();
        loop {
            // Taken out for the slice, so that a failing device leaves no half-done job behind.
            let (Some(mut job), Some(model)) = (self.predicting.take(), self.model.as_ref()) else {
                return events;
            };
            if job.current.is_none() {
                let Some(target) = job.queue.pop_front() else {
                    events.push(Event::PredictDone {
                        total: job.done,
                        cancelled: false,
                    });
                    return events;
                };
                let large = match target {
                    Target::Input(input) => self.inputs.large_size(input),
                    Target::Pair(_) => None,
                };
                let classes = model.unet.config().classes;
                let [height, width] = large.unwrap_or_default();
                let needed = height as u64 * width as u64 * (4 * classes as u64 + 4);
                if needed > MAP_BYTES {
                    job.done += 1;
                    let detail = Some(format!(
                        "{} MiB of probabilities, limit {} MiB",
                        needed >> 20,
                        MAP_BYTES >> 20
                    ));
                    let path = Some(self.target_path(target));
                    events.push(fault(FaultCode::OutOfMemory, Stage::Predict, path, detail));
                } else if large.is_some() && !Large::fits(model.spec.sampling) {
                    job.done += 1;
                    let detail = Some("too large for a model that looks at whole images at once".to_owned());
                    let path = Some(self.target_path(target));
                    events.push(fault(FaultCode::TooManyPixels, Stage::Predict, path, detail));
                } else if let Some(image) = self.raster(target) {
                    let view = match large {
                        Some(size) => View::native(size, model.spec.channels),
                        None => View::new(image, &model.spec),
                    };
                    let prediction = Prediction::new(&view, model.spec.stride_px, classes, job.averaged);
                    job.current = Some((target, view, prediction, (self.now_ms)()));
                }
            }
            if let Some((target, mut view, mut prediction, began_ms)) = job.current.take() {
                let rows = match target {
                    Target::Input(input) => self.inputs.rows(input, &mut view, prediction.next_rows()),
                    Target::Pair(_) => Ok(None),
                };
                let image = match rows {
                    Ok(Some(rows)) => Some(rows),
                    Ok(None) => self.raster(target),
                    Err(error) => {
                        let name = self.target_path(target);
                        events.push(Event::Fault(convert::file_fault(&name, &error.into())));
                        job.done += 1;
                        None
                    }
                };
                let Some(image) = image else {
                    self.predicting = Some(job);
                    if events.is_empty() {
                        continue;
                    }
                    return events;
                };
                match prediction.step(&model.unet, &view, image).await {
                    Ok(false) => {
                        job.tiles = prediction.progress();
                        job.current = Some((target, view, prediction, began_ms));
                    }
                    Ok(true) => {
                        job.done += 1;
                        job.tiles = (0, 0);
                        let map = prediction.finish();
                        let elapsed_ms = (self.now_ms)() - began_ms;
                        events.push(self.keep(target, &view, &map, job.threshold, elapsed_ms));
                        let elapsed_ms = (self.now_ms)() - job.started_ms;
                        events.push(Event::PredictProgress {
                            done: job.done,
                            total: job.total,
                            elapsed_ms,
                            tiles_done: 0,
                            tiles_total: 0,
                        });
                    }
                    Err(error) => {
                        events.push(fault(
                            FaultCode::DeviceError,
                            Stage::Predict,
                            None,
                            Some(error.to_string()),
                        ));
                        events.push(Event::PredictDone {
                            total: job.done,
                            cancelled: true,
                        });
                        return events;
                    }
                }
            }
            let over = (self.now_ms)() - start >= budget_ms;
            if over && events.is_empty() && job.tiles.1 > 1 {
                events.push(Event::PredictProgress {
                    done: job.done,
                    total: job.total,
                    elapsed_ms: (self.now_ms)() - job.started_ms,
                    tiles_done: job.tiles.0 as u32,
                    tiles_total: job.tiles.1 as u32,
                });
            }
            self.predicting = Some(job);
            if over || !events.is_empty() {
                return events;
            }
        }
    }

    fn raster(&self, target: Target) -> Option<&crate::formats::raster::Raster> {
        match target {
            Target::Pair(pair) => self.data.image(pair),
            Target::Input(input) => self.inputs.raster(input),
        }
    }

    /// Stores a finished map and describes it for the page.
    fn keep(&mut self, target: Target, view: &View, map: &[f32], threshold: f32, elapsed_ms: f64) -> Event {
        let held: usize = self.results.iter().map(|r| 2 * r.kept.probability.len()).sum();
        let read_by_window = self.inputs.missing_of_large(target_input(target));
        let (Some(image), Some(model)) = (self.raster(target), self.model.as_ref()) else {
            return fault(FaultCode::NoInputs, Stage::Predict, None, None);
        };
        let [width, height] = self.target_size(target).unwrap_or([image.width, image.height]);
        if held + 2 * (width as usize * height as usize) > KEEP_BYTES {
            let detail = Some(format!("{} MiB of results, limit {} MiB", held >> 20, KEEP_BYTES >> 20));
            return fault(
                FaultCode::OutOfMemory,
                Stage::Predict,
                Some(self.target_name(target)),
                detail,
            );
        }
        let size = [view.height, view.width];
        let truth = match target {
            Target::Pair(pair) => self
                .data
                .mask(pair)
                .zip(self.data.mask_bits(pair))
                .map(|(mask, bits)| view.truth(mask, bits, &model.spec)),
            Target::Input(_) => None,
        };
        let classes = model.unet.config().classes;
        // Labels are numbers of this data set's classes; another legend's model cannot be judged by them.
        let truth = truth.filter(|_| same_classes(&model.classes, &self.data.classes()));
        let metrics = truth.as_ref().map(|truth| {
            let mut score = Score::new(classes);
            score.add(map, truth, threshold);
            convert::metrics(score.metrics())
        });
        let (rgba, [view_height, view_width]) = view.picture(image, VIEW_PX);
        let missing = read_by_window.unwrap_or_else(|| Bits::from_flags(transparent(image)));
        let (truth, probability) = layers(&truth.unwrap_or_default(), map, size, VIEW_PX);
        let labels = (classes > 1).then(|| Labels {
            numbers: view.labels_to_image(&most_probable(map, classes), 0),
            palette: model.classes.iter().map(|c| c.rgb).collect(),
        });
        // Of several classes the probability of the one that was chosen.
        let map: Cow<[f32]> = match classes {
            1 => Cow::Borrowed(map),
            _ => map
                .chunks_exact(classes)
                .map(|p| p.iter().copied().fold(0.0, f32::max))
                .collect(),
        };
        let map = map.as_ref();
        let seed = model.spec.sampling == crate::data::batches::Sampling::Seed;
        let kept = Kept {
            width,
            height,
            probability: export::to_u16(&view.to_image(map)),
            labels,
            seed_map: seed.then(|| (view.width as u32, view.height as u32, export::to_u16(map))),
            geo: self.target_geo(target).cloned(),
            missing,
        };
        let name = self.target_name(target);
        let result = self.results.len() as u32;
        self.results.push(Stored {
            name: name.clone(),
            kept,
            metrics: metrics.clone(),
        });
        Event::Result(PredictionResult {
            result,
            name,
            pair: if let Target::Pair(pair) = target {
                Some(pair as u32)
            } else {
                None
            },
            input: if let Target::Input(input) = target {
                Some(input as u32)
            } else {
                None
            },
            width,
            height,
            metrics,
            view_width: view_width as u32,
            view_height: view_height as u32,
            rgba,
            probability,
            truth,
            elapsed_ms,
        })
    }

    /// Width and height.
    fn target_size(&self, target: Target) -> Option<[u32; 2]> {
        match target {
            Target::Pair(_) => None,
            Target::Input(input) => self.inputs.size(input),
        }
    }

    fn target_path(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.image_path(pair),
            Target::Input(input) => self.inputs.path(input),
        }
        .unwrap_or_default()
        .to_owned()
    }

    fn target_geo(&self, target: Target) -> Option<&crate::formats::geo::GeoRef> {
        match target {
            Target::Pair(_) => None,
            Target::Input(input) => self.inputs.geo(input),
        }
    }

    fn target_name(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.image_path(pair).map(file_stem).unwrap_or_default(),
            Target::Input(input) => self.inputs.path(input).map(file_stem).unwrap_or_default(),
        }
    }
}

fn target_input(target: Target) -> Option<usize> {
    match target {
        Target::Input(input) => Some(input),
        Target::Pair(_) => None,
    }
}

/// Which pixels are wholly transparent: nothing was measured there.
fn transparent(image: &Raster) -> impl Iterator<Item = bool> + '_ {
    let pixels = if image.any_transparent() { image.pixels() } else { 0 };
    let width = u64::from(image.width.max(1));
    (0..pixels).map(move |at| image.rgba8_at((at % width) as u32, (at / width) as u32)[3] == 0)
}

/// Whether class numbers mean the same: as many classes, of the same names.
fn same_classes(a: &[Class], b: &[Class]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name)
}

/// `images/12.png` -> `12`.
fn file_stem(path: &str) -> String {
    let base = path.rsplit('/').next().unwrap_or(path);
    match base.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => base.to_owned(),
    }
}
