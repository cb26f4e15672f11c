//! A prediction under way, as data.

use std::collections::VecDeque;

use super::{
    inputs::Inputs,
    map_builder::MapBuilder,
    mosaic::{Places, Surroundings},
    noted::Noted,
};
use crate::{
    data::{held_back::Area, value_ranges::ValueRanges},
    formats::{DecodeError, raster::Raster},
    infer::{Adaptation, Cut, InferError, Prediction, Rescale, View},
    model::UNet,
    protocol::{Event, GroundResolution},
};

/// What a prediction looks at: the image of a pair, or an image dropped to be predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// By its number in the data set.
    Pair(usize),
    /// By its number in the engine's inputs.
    Input(usize),
    /// All of the inputs as one map.
    Mosaic,
}

impl Target {
    pub(in crate::engine) fn pair(self) -> Option<usize> {
        match self {
            Self::Pair(pair) => Some(pair),
            Self::Input(_) | Self::Mosaic => None,
        }
    }

    pub(in crate::engine) fn input(self) -> Option<usize> {
        match self {
            Self::Input(input) => Some(input),
            Self::Pair(_) | Self::Mosaic => None,
        }
    }
}

/// Windows looked at, all images together.
const WINDOWS: usize = 64;
/// ... and of one image: its own ground is not to speak for all.
const WINDOWS_OF_IMAGE: usize = 8;

/// Windows to look at, and what was seen so far.
pub(super) struct Adapting {
    queue: VecDeque<Target>,
    windows_each: usize,
    seen: Adaptation,
}

impl Adapting {
    /// To these images; of very many to every n-th.
    pub(in crate::engine) fn new(targets: &VecDeque<Target>) -> Self {
        let every = targets.len().div_ceil(WINDOWS).max(1);
        let queue: VecDeque<Target> = targets.iter().copied().step_by(every).collect();
        Self {
            windows_each: (WINDOWS / queue.len().max(1)).clamp(1, WINDOWS_OF_IMAGE),
            queue,
            seen: Adaptation::default(),
        }
    }

    /// The next image to look at; `None` when all were.
    pub(super) fn next_target(&mut self) -> Option<Target> {
        self.queue.pop_front()
    }

    /// Windows to look at in each image.
    pub(super) fn windows_each(&self) -> usize {
        self.windows_each
    }

    pub(super) fn seen_mut(&mut self) -> &mut Adaptation {
        &mut self.seen
    }

    /// All that was seen.
    pub(super) fn take_seen(&mut self) -> Adaptation {
        std::mem::take(&mut self.seen)
    }
}

/// A prediction of several images under way.
pub(super) struct Job {
    queue: VecDeque<Target>,
    total: u32,
    done: u32,
    current: Option<ImageJob>,
    /// Tiles done and in all of the image at work.
    tiles: (usize, usize),
    started_ms: f64,
    options: JobOptions,
    /// The image is predicted as the part of a mosaic, or the whole of it.
    places: Option<Places>,
    /// Under way before the first image.
    adapting: Option<Adapting>,
    /// The network, where it is not the model's as it is.
    adapted: Option<UNet>,
}

/// How the images of a prediction are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobOptions {
    pub(in crate::engine) threshold: f32,
    /// Mean over mirrored and turned tiles.
    pub(in crate::engine) averaged: bool,
    /// Images are seen at the model's resolution on the ground.
    pub(in crate::engine) match_resolution: bool,
}

impl JobOptions {
    /// A threshold that is none is 0.5.
    pub(super) fn new(threshold: f32, averaged: bool, match_resolution: bool) -> Self {
        let threshold = if threshold.is_finite() {
            threshold.clamp(0.0, 1.0)
        } else {
            0.5
        };
        Self {
            threshold,
            averaged,
            match_resolution,
        }
    }
}

impl Job {
    pub(in crate::engine) fn new(
        queue: VecDeque<Target>,
        options: JobOptions,
        adapting: Option<Adapting>,
        places: Option<Places>,
        started_ms: f64,
    ) -> Self {
        Self {
            places,
            adapting,
            adapted: None,
            total: queue.len() as u32,
            queue,
            done: 0,
            current: None,
            tiles: (0, 0),
            started_ms,
            options,
        }
    }

    /// Takes out what adapts the network, for the time of an image.
    pub(super) fn take_adapting(&mut self) -> Option<Adapting> {
        self.adapting.take()
    }

    pub(super) fn go_on_adapting(&mut self, adapting: Adapting) {
        self.adapting = Some(adapting);
    }

    /// The images are predicted by this network.
    pub(super) fn begin_with(&mut self, adapted: UNet) {
        self.adapted = Some(adapted);
    }

    /// The network, where it was adapted.
    pub(in crate::engine) fn adapted(&self) -> Option<&UNet> {
        self.adapted.as_ref()
    }

    pub(in crate::engine) fn options(&self) -> JobOptions {
        self.options
    }

    /// Where an image lies in a mosaic. Pairs have nothing to do with it.
    pub(super) fn places(&self, target: Target) -> Option<&Places> {
        self.places.as_ref().filter(|_| target.pair().is_none())
    }

    /// Images done.
    pub(in crate::engine) fn done(&self) -> u32 {
        self.done
    }

    pub(super) fn has_image(&self) -> bool {
        self.current.is_some()
    }

    /// The next image in turn; `None` if all are done.
    pub(super) fn next_target(&mut self) -> Option<Target> {
        self.queue.pop_front()
    }

    /// Takes the image at work out, for the time of a tile.
    pub(super) fn take_image(&mut self) -> Option<ImageJob> {
        self.current.take()
    }

    /// An image is begun, or goes on with its next tile.
    pub(super) fn go_on(&mut self, image: ImageJob) {
        self.tiles = image.prediction.progress();
        self.current = Some(image);
    }

    /// The image at work is done, or cannot be.
    pub(super) fn end_image(&mut self) {
        self.done += 1;
        self.tiles = (0, 0);
    }

    /// Whether the image at work has several tiles.
    pub(super) fn has_tiles(&self) -> bool {
        self.tiles.1 > 1
    }

    pub(super) fn progress(&self, now_ms: f64) -> Event {
        Event::PredictProgress {
            done: self.done,
            total: self.total,
            elapsed_ms: now_ms - self.started_ms,
            tiles_done: self.tiles.0 as u32,
            tiles_total: self.tiles.1 as u32,
        }
    }
}

/// The image at work: what is predicted of it, and the rows done so far.
pub(super) struct ImageJob {
    target: Target,
    view: View,
    /// What lies around the image where that is seen too, and how the network sees it.
    around: Option<(Surroundings, View)>,
    prediction: Prediction,
    rows: Cut<Rescale<MapBuilder>>,
    resolution: Option<GroundResolution>,
    began_ms: f64,
}

impl ImageJob {
    /// `view`: the image itself. `classes`: what the model tells apart. `resolution`: of the image and of the model, where
    /// they differ.
    #[expect(clippy::too_many_arguments, reason = "each is known at another place")]
    pub(super) fn new(
        target: Target,
        view: View,
        around: Option<(Surroundings, View)>,
        prediction: Prediction,
        classes: usize,
        map: MapBuilder,
        resolution: Option<GroundResolution>,
        began_ms: f64,
    ) -> Self {
        let size = [view.height, view.width];
        let rows = Rescale::new(size, view.map_size(), classes, map);
        let (width, wanted) = match &around {
            Some((around, seen)) => (seen.width, around.wanted()),
            None => (size[1], Area::whole(size[0] as u32, size[1] as u32)),
        };
        Self {
            target,
            prediction,
            rows: Cut::new(width, wanted, classes, rows),
            view,
            around,
            resolution,
            began_ms,
        }
    }

    pub(super) fn target(&self) -> Target {
        self.target
    }

    /// Where image and model differ in resolution.
    pub(super) fn resolution(&self) -> Option<GroundResolution> {
        self.resolution
    }

    pub(super) fn began_ms(&self) -> f64 {
        self.began_ms
    }

    /// Reads the rows that the next tile sees; `None` of an image that is held whole. They are what the next
    /// [`step`](Self::step) is to be given.
    ///
    /// # Errors
    /// The file that is damaged there, and how.
    pub(super) fn read_rows(
        &mut self,
        inputs: &mut Inputs,
        ranges: &ValueRanges,
    ) -> Result<Option<Raster>, (Target, DecodeError)> {
        let next = self.prediction.next_rows();
        if let Some((around, seen)) = &mut self.around {
            seen.begin_at(next[0]);
            let rows = around.rows(inputs, ranges, next);
            return rows.map(Some).map_err(|(input, error)| (Target::Input(input), error));
        }
        let Target::Input(input) = self.target else {
            return Ok(None);
        };
        let rows = self.view.image_rows(next);
        let read = inputs.rows(input, &mut self.view, rows);
        let read = read.map_err(|error| (Target::Input(input), error))?;
        Ok(read.map(|rows| ranges.apply(rows)))
    }

    /// Predicts the next tile of `image`; whether it was the last.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn step(&mut self, unet: &UNet, image: &Raster) -> Result<bool, InferError> {
        let view = self.around.as_ref().map_or(&self.view, |(_, seen)| seen);
        self.prediction.step(unet, view, image, &mut self.rows).await
    }

    /// What was noted of the image while it was read, where it is not held.
    pub(super) fn take_noted(&mut self) -> Option<Noted> {
        self.around.as_mut()?.0.take_noted()
    }

    /// The map, once [`step`](Self::step) said that all is done.
    pub(super) fn into_map(self) -> (View, MapBuilder) {
        (self.view, self.rows.out.out)
    }
}
