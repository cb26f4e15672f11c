//! Labels that people paint: what changes them, and what they are.

use std::rc::Rc;

use crate::{
    data::{
        batches::Sampling,
        classes::{self, UNLABELLED},
        dataset::Pair,
        held_back::Area,
        label_layer::{PaintError, Patch},
        painted_classes::labelling_with,
    },
    engine::{Engine, fault, run_state::Run},
    protocol::{ClassInfo, Event, FaultCode, LabelPixels, LabelsTold, Stage},
};

/// Colours of background and foreground where nobody chose any.
const USUAL_RGB: [[u8; 3]; 2] = [[0; 3], [255, 96, 0]];

impl Engine {
    /// The classes that can be painted, by number.
    pub(super) fn label_classes(&self) -> Vec<ClassInfo> {
        let of_legend = self.data.set.classes();
        if !of_legend.is_empty() {
            return of_legend;
        }
        let chosen = self.data.builder.painted_classes();
        if !chosen.is_empty() {
            return chosen.to_vec();
        }
        let foreground = match self.suggested_class().as_str() {
            "" => "foreground".to_owned(),
            name => name.to_owned(),
        };
        let names = ["background".to_owned(), foreground].into_iter();
        names
            .zip(USUAL_RGB)
            .map(|(name, rgb)| ClassInfo { name, rgb })
            .collect()
    }

    pub(in crate::engine) fn set_label_classes(&mut self, classes: Vec<ClassInfo>) -> Vec<Event> {
        let classes = classes::bounded(classes);
        let labelling = match labelling_with(&self.data.set, &classes) {
            Ok(labelling) => labelling,
            Err(error) => return vec![fault(FaultCode::BadLegend, Stage::Pair, None, Some(error.to_string()))],
        };
        let Some(labelling) = labelling else {
            self.data.builder.set_painted_classes(classes);
            return self.data_event();
        };
        // The classic preset knows foreground and background alone.
        let is_classic = |run: &Run| run.session().settings().sampling == Sampling::Classic;
        if self.run.under_way().is_some_and(is_classic) {
            return vec![fault(FaultCode::Busy, Stage::Train, None, Some("classic".to_owned()))];
        }
        self.data.builder.set_labelling(labelling);
        self.pair_data();
        let mut events = self.data_event();
        let classes = self.data.set.classes();
        if let Some(run) = self.run.under_way_mut() {
            let run_id = run.id();
            events.push(match run.set_classes(classes.len().max(1)) {
                Ok(()) => Event::RunClasses { run_id, classes },
                Err(error) => fault(FaultCode::DeviceError, Stage::Train, None, Some(error.to_string())),
            });
        }
        events
    }

    pub(in crate::engine) fn paint_labels(&mut self, patch: &LabelPixels, is_correction: bool) -> Vec<Event> {
        let area = area_of([patch.left, patch.top, patch.width, patch.height]);
        let refused = |error: PaintError| vec![paint_fault(&error, &patch.image, area, Stage::Train)];
        let values = &patch.values;
        let painted = Patch {
            area,
            values,
            is_correction,
        };
        let is_new = !self.data.set.pairs.iter().any(|pair| pair.image_path == patch.image);
        if is_new {
            let size = self.data.builder.image(&patch.image);
            let begun = match size.map(|image| [image.width, image.height]) {
                None => Err(PaintError::NoImage),
                // Before there is a pair, which would stay.
                Some(size) => painted
                    .check(size)
                    .and_then(|()| self.data.builder.begin_layer(&patch.image)),
            };
            if let Err(error) = begun {
                return refused(error);
            }
            self.pair_data();
        }
        // Held by nobody else, the labels are changed where they are.
        if let Some(run) = self.run.savable() {
            run.session_mut().set_data(Rc::default());
        }
        let mut set = std::mem::take(&mut self.data.set);
        let painted = self.data.builder.paint(Rc::make_mut(&mut set), &patch.image, &painted);
        self.data.set = set;
        if let Some(run) = self.run.savable() {
            run.session_mut().set_data(self.data.set.clone());
        }
        let pair = match painted {
            Ok(pair) => pair,
            Err(error) => return refused(error),
        };
        self.data.painted_version += 1;
        self.join_run(pair);
        if is_new {
            return self.data_event();
        }
        vec![self.labels_told(pair)]
    }

    /// A run under way trains on a pair without a mask as soon as it has a label, however long it has been there without.
    fn join_run(&mut self, pair: usize) {
        let joins = |pair: &Pair| pair.is_only_painted() && pair.is_usable();
        if self.data.set.pairs.get(pair).is_some_and(joins)
            && let Some(run) = self.run.under_way_mut()
        {
            run.session_mut().add_pair(pair);
        }
    }

    fn labels_told(&self, pair: usize) -> Event {
        let told = self.data.set.pairs.get(pair).map(|pair| LabelsTold {
            image: pair.image_path.clone(),
            labelled_share: pair.tally.labelled as f64 / pair.image.pixels().max(1) as f64,
            foreground_share: pair.foreground_share,
            painted_version: self.data.painted_version,
        });
        match told {
            Some(told) => Event::Labels(told),
            None => fault(FaultCode::NoSuchImage, Stage::Train, None, None),
        }
    }

    pub(in crate::engine) fn read_labels(&self, image: String, rect: [u32; 4]) -> Vec<Event> {
        let area = area_of(rect);
        let pair = self.data.set.pairs.iter().find(|pair| pair.image_path == image);
        let raster = match pair {
            Some(pair) => Some(&pair.image),
            None => self.data.builder.image(&image),
        };
        let Some(size) = raster.map(|raster| [raster.width, raster.height]) else {
            return vec![paint_fault(&PaintError::NoImage, &image, area, Stage::Read)];
        };
        if area.is_empty() || !area.is_inside(&Area::whole(size[1], size[0])) {
            return vec![paint_fault(&PaintError::Outside(size), &image, area, Stage::Read)];
        }
        let labels = pair.map(|pair| &pair.labels).filter(|labels| !labels.is_empty());
        let values = match labels {
            Some(labels) => area.cut(labels, size[0] as usize),
            None => vec![UNLABELLED; area.pixels() as usize],
        };
        let [left, top, width, height] = rect;
        vec![Event::LabelPixels(LabelPixels {
            image,
            left,
            top,
            width,
            height,
            values,
        })]
    }

    /// What was painted on an image, to be kept; none if nothing was.
    pub fn label_layer(&self, image: &str) -> Option<Vec<u8>> {
        self.data.builder.layer(image).map(|layer| layer.encode())
    }

    /// Takes in a layer that [`label_layer`](Self::label_layer) gave, of an image of this path and size.
    pub fn restore_label_layer(&mut self, image: &str, bytes: &[u8]) -> Vec<Event> {
        match self.data.builder.restore_layer(image, bytes) {
            Ok(()) => {
                self.data.painted_version += 1;
                self.pair_data();
                let mut pairs = self.data.set.pairs.iter();
                if let Some(pair) = pairs.position(|pair| pair.image_path == image) {
                    self.join_run(pair);
                }
                self.data_event()
            }
            Err(error) => {
                let code = if error.is_none() {
                    FaultCode::NoSuchImage
                } else {
                    FaultCode::Corrupt
                };
                let detail = error.map(|error| error.to_string());
                vec![fault(code, Stage::Read, Some(image.to_owned()), detail)]
            }
        }
    }
}

pub(in crate::engine) fn area_of([left, top, width, height]: [u32; 4]) -> Area {
    Area {
        top,
        left,
        height,
        width,
    }
}

/// What is said of a place that cannot be painted, or looked at.
pub(in crate::engine) fn paint_fault(error: &PaintError, image: &str, area: Area, stage: Stage) -> Event {
    let (code, detail) = match error {
        PaintError::NoImage => (FaultCode::NoSuchImage, None),
        PaintError::Outside([width, height]) => {
            let Area { top, left, .. } = area;
            let place = format!("{} × {} at {left}, {top}", area.width, area.height);
            (
                FaultCode::OutsideImage,
                Some(format!("{place}, image {width} × {height}")),
            )
        }
        PaintError::BadValues => (FaultCode::BadCommand, Some("labels".to_owned())),
    };
    fault(code, stage, Some(image.to_owned()), detail)
}

#[cfg(test)]
#[path = "labels_tests.rs"]
mod tests;
