//! Predicting images and holding their results.

use std::collections::VecDeque;

use super::{
    inputs::VIEW_PX,
    job::{Adapting, ImageJob, Job, JobOptions, Target},
    large::{LOOKS_AT_WHOLE_IMAGES, Large},
    map_builder::MapBuilder,
    mosaic::Places,
    noted::Noted,
    outlines::result_place,
};
use crate::{
    data::{batches::Sampling, class_order::order_of, classes::ClassInfo},
    engine::{Engine, Model, fault, file_faults::file_fault},
    export::{PixelSet, PredictionMap},
    formats::raster::{Raster, ReadBands},
    infer::{Prediction, View},
    protocol::{Event, Fault, FaultCode, GroundResolution, PredictionResult, Stage},
};

/// Results held for download, all together, in bytes.
const RESULT_BYTES: usize = 1 << 30;

/// Resolutions that differ by less than this factor count as the same.
const SAME_RESOLUTION: f64 = 1.1;
/// Images are resampled by this factor at most: beyond, nothing that the model knows is to be seen in them.
const MAX_RESAMPLING: f64 = 8.0;

impl Engine {
    pub(in crate::engine) fn predict(
        &mut self,
        validation: bool,
        threshold: f32,
        averaged: bool,
        match_resolution: bool,
        adapted: bool,
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
        let options = JobOptions::new(threshold, averaged, match_resolution);
        let adapting = adapted.then(|| Adapting::new(&queue));
        self.begin_predicting(queue, options, adapting, None)
    }

    /// `places`: what of the queue is no pair is predicted as the part of a mosaic, or the whole of it.
    pub(super) fn begin_predicting(
        &mut self,
        queue: VecDeque<Target>,
        options: JobOptions,
        adapting: Option<Adapting>,
        places: Option<Places>,
    ) -> Vec<Event> {
        self.prediction.forget_results();
        let started_ms = (self.host.now_ms)();
        let job = Job::new(queue, options, adapting, places, started_ms);
        let begun = job.progress(started_ms);
        self.prediction.set_job(job);
        vec![begun]
    }

    pub(in crate::engine) fn cancel_predict(&mut self) -> Vec<Event> {
        for input in 0..self.inputs.len() {
            self.inputs.missing_of_large(Some(input));
        }
        let cancelled = self.prediction.take_job().map(|job| Event::PredictDone {
            total: job.done(),
            cancelled: true,
        });
        cancelled.into_iter().collect()
    }

    pub(in crate::engine) async fn advance_predict(&mut self, budget_ms: f64) -> Vec<Event> {
        let start = (self.host.now_ms)();
        let mut events = Vec::new();
        loop {
            let Some(mut job) = self.prediction.take_job() else {
                return events;
            };
            if let Some(mut adapting) = job.take_adapting() {
                match self.adapt(&mut adapting, job.options()) {
                    Some(unet) => job.begin_with(unet),
                    None => job.go_on_adapting(adapting),
                }
                self.prediction.set_job(job);
                if (self.host.now_ms)() - start >= budget_ms {
                    return events;
                }
                continue;
            }
            if !job.has_image() {
                let Some(target) = job.next_target() else {
                    events.push(Event::PredictDone {
                        total: job.done(),
                        cancelled: false,
                    });
                    return events;
                };
                match self.begin(target, &job) {
                    Ok(current) => job.go_on(current),
                    Err(refused) => {
                        job.end_image();
                        events.push(Event::Fault(refused));
                    }
                }
            }
            if let Some(mut current) = job.take_image() {
                let target = current.target();
                let ranges = self.model.as_ref().map(|model| &model.ranges);
                let read = ranges.map(|ranges| current.read_rows(&mut self.inputs, ranges));
                let image = match read.transpose() {
                    Ok(rows) => rows.flatten().or_else(|| self.raster(target)),
                    Err((damaged, error)) => {
                        let name = self.target_path(damaged);
                        events.push(Event::Fault(file_fault(&name, &error.into())));
                        job.end_image();
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
                let unet = job.adapted().unwrap_or(&model.unet);
                match current.step(unet, &image).await {
                    Ok(false) => job.go_on(current),
                    Ok(true) => {
                        job.end_image();
                        events.push(self.finish_image(current));
                        events.push(job.progress((self.host.now_ms)()));
                    }
                    Err(error) => {
                        events.push(fault(
                            FaultCode::DeviceError,
                            Stage::Predict,
                            None,
                            Some(error.to_string()),
                        ));
                        events.push(Event::PredictDone {
                            total: job.done(),
                            cancelled: true,
                        });
                        return events;
                    }
                }
            }
            let over = (self.host.now_ms)() - start >= budget_ms;
            if over && events.is_empty() && job.has_tiles() {
                events.push(job.progress((self.host.now_ms)()));
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
    fn begin(&self, target: Target, job: &Job) -> Result<ImageJob, Fault> {
        let refused = |code, detail: String| Fault {
            code,
            stage: Stage::Predict,
            file: Some(self.target_path(target)),
            detail: Some(detail),
        };
        let Some(model) = &self.model else {
            return Err(refused(FaultCode::NoModel, String::new()));
        };
        let Some([width, height]) = self.target_size(target).map(|size| size.map(|n| n as usize)) else {
            return Err(refused(FaultCode::NoInputs, String::new()));
        };
        model
            .check_bands(self.bands_of(target))
            .map_err(|detail| refused(FaultCode::MissingBands, detail))?;
        let classes = model.unet.config().classes;
        let view = self
            .view_of(target, model, job.options().match_resolution)
            .map_err(|detail| refused(FaultCode::TooManyPixels, detail))?;
        let held: usize = self.prediction.results().iter().map(|r| r.bytes()).sum();
        let needed = MapBuilder::bytes(height * width, classes);
        if held + needed > RESULT_BYTES {
            let mib = |bytes: usize| bytes.div_ceil(1 << 20);
            let detail = format!(
                "{} MiB of results and {} MiB more, limit {} MiB",
                mib(held),
                mib(needed),
                mib(RESULT_BYTES)
            );
            return Err(refused(FaultCode::OutOfMemory, detail));
        }
        let resolution = self.resolution(target, model, job.options().match_resolution);
        let truth = match target {
            // Labels are numbers of this data set's classes; another legend's model cannot be judged by them.
            Target::Pair(pair) if same_classes(&self.data.set.classes(), &model.classes) => {
                let set = &self.data.set;
                let classic_mask = || set.classic_mask(pair).unwrap_or_default();
                let labels = set.mask_labels(pair);
                labels.map(|labels| view.truth(&self.judged(pair, labels), &model.spec, classic_mask))
            }
            _ => None,
        };
        let map = MapBuilder::new(
            &view,
            classes,
            truth.unwrap_or_default(),
            job.options().threshold,
            VIEW_PX,
        )
        .ok_or_else(|| refused(FaultCode::OutOfMemory, format!("{} MiB for the result", needed >> 20)))?;
        let (stride_px, averaged) = (model.spec.stride_px, job.options().averaged);
        let (prediction, around) = match job.places(target) {
            Some(places) => {
                let (prediction, around) = places.prediction(stride_px, classes, averaged);
                let seen = around.view(model.spec.channels);
                (prediction, Some((around, seen)))
            }
            None => (Prediction::new(&view, stride_px, classes, averaged), None),
        };
        let began_ms = (self.host.now_ms)();
        Ok(ImageJob::new(
            target, view, around, prediction, classes, map, resolution, began_ms,
        ))
    }

    /// An image as the model is to see it.
    ///
    /// # Errors
    /// If it is read by window and the model looks at whole images.
    pub(super) fn view_of(&self, target: Target, model: &Model, match_resolution: bool) -> Result<View, String> {
        let large = target.input().and_then(|input| self.inputs.large_size(input));
        if large.is_some() && !Large::fits(model.spec.sampling) {
            return Err(LOOKS_AT_WHOLE_IMAGES.to_owned());
        }
        let gone = "it is not here any more";
        if target == Target::Mosaic {
            let [width, height] = self.inputs.layout().map_err(|_| gone)?.size.map(|n| n as usize);
            return Ok(View::native([height, width], model.spec.channels));
        }
        let image = self.raster(target).ok_or(gone)?;
        let size = large.unwrap_or([image.height as usize, image.width as usize]);
        let resolution = self.resolution(target, model, match_resolution);
        Ok(match resolution.filter(|r| r.resampled) {
            Some(r) => View::at_resolution(size, model.spec.channels, r.model_m / r.image_m),
            None if large.is_some() => View::native(size, model.spec.channels),
            None => View::new(&image, &model.spec),
        })
    }

    /// Which bands of an image were read.
    pub(super) fn bands_of(&self, target: Target) -> ReadBands<'_> {
        match target {
            Target::Input(input) => self.inputs.bands_of(input),
            // They were checked each.
            Target::Mosaic => self.inputs.bands_of(0),
            Target::Pair(pair) => ReadBands {
                chosen: self.data.set.image(pair).and_then(|image| image.chosen.as_deref()),
                of_file: self.data.set.image(pair).map_or(0, Raster::bands_of_file),
                for_network: self.data.builder.reads_for_network(),
            },
        }
    }

    /// The resolutions of an image and of what the model was trained on, where both are known and not the same.
    fn resolution(&self, target: Target, model: &Model, wanted: bool) -> Option<GroundResolution> {
        // All images of a map have one.
        let input = target.input().or((target == Target::Mosaic).then_some(0))?;
        let (image_m, model_m) = (self.inputs.pixel_m(input)?, model.pixel_m?);
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

    /// Holds a finished map and describes it for the page.
    fn finish_image(&mut self, mut done: ImageJob) -> Event {
        let (target, resolution) = (done.target(), done.resolution());
        let elapsed_ms = (self.host.now_ms)() - done.began_ms();
        let (picture, read_by_window) = match done.take_noted().map(Noted::finish) {
            Some((picture, missing)) => {
                for input in 0..self.inputs.len() {
                    self.inputs.missing_of_large(Some(input));
                }
                (picture, Some(missing))
            }
            None => (None, self.inputs.missing_of_large(target.input())),
        };
        let image = picture.or_else(|| self.raster(target));
        let (Some(image), Some(model)) = (image, self.model.as_ref()) else {
            return fault(FaultCode::NoInputs, Stage::Predict, None, None);
        };
        let (view, mut builder) = done.into_map();
        let (rgba, [view_height, view_width]) = view.picture(&image, VIEW_PX);
        let [probability, truth] = builder.take_shown();
        let palette = model.classes.iter().map(|c| c.rgb).collect();
        let map = PredictionMap {
            name: self.target_name(target),
            file_name: self.target_file_name(target),
            geo: self.target_geo(target),
            missing: read_by_window.unwrap_or_else(|| PixelSet::from_flags(transparent(&image))),
            ..builder.finish(&view, palette, model.spec.sampling == Sampling::Classic)
        };
        let result = PredictionResult {
            result: self.prediction.results().len() as u32,
            name: map.name.clone(),
            pair: target.pair().map(|pair| pair as u32),
            input: target.input().map(|input| input as u32),
            place: result_place(map.geo.as_ref()),
            width: map.width,
            height: map.height,
            metrics: map.metrics.clone(),
            resolution,
            view_width: view_width as u32,
            view_height: view_height as u32,
            rgba,
            probability,
            truth,
            elapsed_ms,
        };
        self.prediction.add_result(map);
        Event::Result(result)
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
