//! Predicting images and keeping results.

use std::collections::VecDeque;

use super::{
    Engine, Model, fault, file_faults::file_fault, gather::Gather, large::Large, outlines::result_place, target::Target,
};
use crate::{
    data::{class_order::order_of, classes::ClassInfo},
    export::{self, Bits, Kept, Labels},
    formats::raster::Raster,
    infer::{Prediction, Rescale, View},
    protocol::{Event, Fault, FaultCode, GroundResolution, Metrics, PredictionResult, Stage},
};

/// Longer side of a result's picture on the page in pixels.
pub(super) const VIEW_PX: usize = 1024;
/// Results kept for download, all together, in bytes.
const KEEP_BYTES: usize = 1 << 30;

/// Resolutions that differ by less than this factor count as the same.
const SAME_RESOLUTION: f64 = 1.1;
/// Images are resampled by this factor at most: beyond, nothing that the model knows is to be seen in them.
const MAX_RESAMPLING: f64 = 8.0;

/// A prediction of several images under way.
pub(super) struct Job {
    queue: VecDeque<Target>,
    total: u32,
    done: u32,
    current: Option<Current>,
    /// Tiles done and in all of the image at work.
    tiles: (usize, usize),
    started_ms: f64,
    threshold: f32,
    /// Mean over mirrored and turned tiles.
    averaged: bool,
    /// Images are seen at the model's resolution on the ground.
    match_resolution: bool,
}

/// The image at work.
struct Current {
    target: Target,
    view: View,
    prediction: Prediction,
    rows: Rescale<Gather>,
    resolution: Option<GroundResolution>,
    began_ms: f64,
}

/// A result that can be downloaded.
pub(super) struct Stored {
    name: String,
    kept: Kept,
    metrics: Option<Metrics>,
}

impl Stored {
    /// The image's name without ending.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Where the truth is known.
    pub(super) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.as_ref()
    }
}

impl Engine {
    pub(super) fn predict(
        &mut self,
        validation: bool,
        threshold: f32,
        averaged: bool,
        match_resolution: bool,
    ) -> Vec<Event> {
        if self.model.is_none() {
            return vec![fault(FaultCode::NoModel, Stage::Predict, None, None)];
        }
        let pairs = if validation {
            self.prediction.last_validation().to_vec()
        } else {
            Vec::new()
        };
        // What was dropped to be predicted is waited for; the pairs are a look back.
        let queue: VecDeque<Target> = (0..self.inputs.len())
            .map(Target::Input)
            .chain(pairs.into_iter().map(Target::Pair))
            .collect();
        if queue.is_empty() {
            return vec![fault(FaultCode::NoInputs, Stage::Predict, None, None)];
        }
        let total = queue.len() as u32;
        self.prediction.forget_results();
        let started_ms = (self.host.now_ms)();
        let threshold = if threshold.is_finite() {
            threshold.clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.prediction.set_job(Job {
            queue,
            total,
            done: 0,
            current: None,
            tiles: (0, 0),
            started_ms,
            threshold,
            averaged,
            match_resolution,
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
        let cancelled = self.prediction.take_job().map(|job| Event::PredictDone {
            total: job.done,
            cancelled: true,
        });
        cancelled.into_iter().collect()
    }

    pub(super) async fn advance_predict(&mut self, budget_ms: f64) -> Vec<Event> {
        let start = (self.host.now_ms)();
        let mut events = Vec::new();
        loop {
            let Some(mut job) = self.prediction.take_job() else {
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
                match self.begin(target, &job) {
                    Ok(current) => job.current = Some(current),
                    Err(refused) => {
                        job.done += 1;
                        events.push(Event::Fault(refused));
                    }
                }
            }
            if let Some(mut current) = job.current.take() {
                let target = current.target;
                let rows = match target {
                    Target::Input(input) => {
                        let rows = current.view.image_rows(current.prediction.next_rows());
                        self.inputs.rows(input, &mut current.view, rows)
                    }
                    Target::Pair(_) => Ok(None),
                };
                let image = match rows {
                    Ok(Some(rows)) => self.model.as_ref().map(|model| model.ranges.apply(rows)),
                    Ok(None) => self.raster(target),
                    Err(error) => {
                        let name = self.target_path(target);
                        events.push(Event::Fault(file_fault(&name, &error.into())));
                        job.done += 1;
                        None
                    }
                };
                let (Some(image), Some(model)) = (image, self.model.as_ref()) else {
                    self.prediction.set_job(job);
                    if events.is_empty() {
                        continue;
                    }
                    return events;
                };
                let Current {
                    view, prediction, rows, ..
                } = &mut current;
                let step = prediction.step(&model.unet, view, &image, rows).await;
                match step {
                    Ok(false) => {
                        job.tiles = current.prediction.progress();
                        job.current = Some(current);
                    }
                    Ok(true) => {
                        job.done += 1;
                        job.tiles = (0, 0);
                        events.push(self.keep(current));
                        let elapsed_ms = (self.host.now_ms)() - job.started_ms;
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
            let over = (self.host.now_ms)() - start >= budget_ms;
            if over && events.is_empty() && job.tiles.1 > 1 {
                events.push(Event::PredictProgress {
                    done: job.done,
                    total: job.total,
                    elapsed_ms: (self.host.now_ms)() - job.started_ms,
                    tiles_done: job.tiles.0 as u32,
                    tiles_total: job.tiles.1 as u32,
                });
            }
            self.prediction.set_job(job);
            if over || !events.is_empty() {
                return events;
            }
        }
    }

    /// Gets ready for an image.
    ///
    /// # Errors
    /// Why it cannot be predicted, for the page.
    fn begin(&self, target: Target, job: &Job) -> Result<Current, Fault> {
        let refused = |code, detail: String| Fault {
            code,
            stage: Stage::Predict,
            file: Some(self.target_path(target)),
            detail: Some(detail),
        };
        let Some(model) = &self.model else {
            return Err(refused(FaultCode::NoModel, String::new()));
        };
        let large = target.input().and_then(|input| self.inputs.large_size(input));
        if large.is_some() && !Large::fits(model.spec.sampling) {
            let detail = "too large for a model that looks at whole images at once".to_owned();
            return Err(refused(FaultCode::TooManyPixels, detail));
        }
        let Some(image) = self.raster(target) else {
            return Err(refused(FaultCode::NoInputs, String::new()));
        };
        let classes = model.unet.config().classes;
        let [height, width] = large.unwrap_or([image.height as usize, image.width as usize]);
        let held: usize = self.prediction.results().iter().map(|r| r.kept().bytes()).sum();
        let needed = Gather::bytes(height * width, classes);
        if held + needed > KEEP_BYTES {
            let mib = |bytes: usize| bytes.div_ceil(1 << 20);
            let detail = format!(
                "{} MiB of results and {} MiB more, limit {} MiB",
                mib(held),
                mib(needed),
                mib(KEEP_BYTES)
            );
            return Err(refused(FaultCode::OutOfMemory, detail));
        }
        let resolution = self.resolution(target, model, job.match_resolution);
        let view = match resolution.filter(|r| r.resampled) {
            Some(r) => View::at_resolution([height, width], model.spec.channels, r.model_m / r.image_m),
            None if large.is_some() => View::native([height, width], model.spec.channels),
            None => View::new(&image, &model.spec),
        };
        let truth = match target {
            // Labels are numbers of this data set's classes; another legend's model cannot be judged by them.
            Target::Pair(pair) if same_classes(&self.data.classes(), &model.classes) => self
                .data
                .mask(pair)
                .zip(self.data.mask_bits(pair))
                .map(|(mask, bits)| view.truth(mask, &self.judged(pair, bits), &model.spec)),
            _ => None,
        };
        let gather = Gather::new(&view, classes, truth.unwrap_or_default(), job.threshold, VIEW_PX)
            .ok_or_else(|| refused(FaultCode::OutOfMemory, format!("{} MiB for the result", needed >> 20)))?;
        Ok(Current {
            target,
            prediction: Prediction::new(&view, model.spec.stride_px, classes, job.averaged),
            rows: Rescale::new([view.height, view.width], view.map_size(), classes, gather),
            view,
            resolution,
            began_ms: (self.host.now_ms)(),
        })
    }

    /// The resolutions of an image and of what the model was trained on, where both are known and not the same.
    fn resolution(&self, target: Target, model: &Model, wanted: bool) -> Option<GroundResolution> {
        let (image_m, model_m) = (self.inputs.pixel_m(target.input()?)?, model.pixel_m?);
        let times = model_m / image_m;
        if !Large::fits(model.spec.sampling) || (1.0 / SAME_RESOLUTION..=SAME_RESOLUTION).contains(&times) {
            return None;
        }
        Some(GroundResolution {
            image_m,
            model_m,
            resampled: wanted && (1.0 / MAX_RESAMPLING..=MAX_RESAMPLING).contains(&times),
        })
    }

    /// Stores a finished map and describes it for the page.
    fn keep(&mut self, current: Current) -> Event {
        let Current {
            target,
            view,
            rows,
            resolution,
            ..
        } = current;
        let elapsed_ms = (self.host.now_ms)() - current.began_ms;
        let read_by_window = self.inputs.missing_of_large(target.input());
        let (Some(image), Some(model)) = (self.raster(target), self.model.as_ref()) else {
            return fault(FaultCode::NoInputs, Stage::Predict, None, None);
        };
        let [width, height] = self.target_size(target).unwrap_or([image.width, image.height]);
        let (rgba, [view_height, view_width]) = view.picture(&image, VIEW_PX);
        let missing = read_by_window.unwrap_or_else(|| Bits::from_flags(transparent(&image)));
        let map = rows.out.finish(&view);
        let seed = model.spec.sampling == crate::data::batches::Sampling::Seed;
        let seed_map = map.resized.as_ref().filter(|_| seed);
        let kept = Kept {
            width,
            height,
            probability: map.probability,
            labels: (!map.labels.is_empty()).then(|| Labels {
                numbers: map.labels,
                palette: model.classes.iter().map(|c| c.rgb).collect(),
            }),
            seed_map: seed_map.map(|map| (view.width as u32, view.height as u32, export::to_u16(map))),
            geo: self.target_geo(target),
            missing,
        };
        let metrics = map.metrics;
        let place = result_place(kept.geo.as_ref());
        let name = self.target_name(target);
        let result = self.prediction.results().len() as u32;
        self.prediction.add_result(Stored {
            name: name.clone(),
            kept,
            metrics: metrics.clone(),
        });
        Event::Result(PredictionResult {
            result,
            name,
            pair: target.pair().map(|pair| pair as u32),
            input: target.input().map(|input| input as u32),
            place,
            width,
            height,
            metrics,
            resolution,
            view_width: view_width as u32,
            view_height: view_height as u32,
            rgba,
            probability: map.shown,
            truth: map.shown_truth,
            elapsed_ms,
        })
    }
}

/// Which pixels are wholly transparent: nothing was measured there.
fn transparent(image: &Raster) -> impl Iterator<Item = bool> + '_ {
    let pixels = if image.any_transparent() { image.pixels() } else { 0 };
    let width = u64::from(image.width.max(1));
    (0..pixels).map(move |at| image.alpha8_at((at % width) as u32, (at / width) as u32) == 0)
}

/// Whether class numbers mean the same.
fn same_classes(data: &[ClassInfo], model: &[ClassInfo]) -> bool {
    order_of(data, model).is_some_and(|order| order.is_sorted())
}
