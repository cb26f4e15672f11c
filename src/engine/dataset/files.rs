//! Files in, data set and inputs out.

use std::rc::Rc;

use super::{cutting::Cutting, map_faults, others::Others, unpaired::unpaired, vector_masks::VectorMasks};
use crate::{
    data::{
        builder::Builder,
        classes::UNLABELLED,
        dataset,
        load::{self, Incoming},
        mask_numbers::NumberKind,
        mask_value, preprocess, scenes, value_ranges,
    },
    engine::{Engine, fault, file_faults::file_fault, prediction::inputs::THUMB_PX, training::resume},
    formats::{
        raster::{ChosenBands, Raster},
        sidecars::SidecarKind,
    },
    protocol::{
        DataSource, Dataset as DatasetEvent, Event, FaultCode, MAX_BANDS, MaskRule, Pair, Picture, PictureOf, Purpose,
        RangeChoice, RangeInfo, Stage,
    },
};

/// Largest picture the viewer gets in pixels a side.
const PICTURE_PX: u32 = 4096;

impl Engine {
    pub(in crate::engine) fn add_file(&mut self, path: String, bytes: Vec<u8>, purpose: Purpose) -> Vec<Event> {
        match purpose {
            Purpose::Train => {
                self.prepare_for_files();
                self.take_in(path.clone(), bytes);
                vec![self.one_read(path)]
            }
            Purpose::Predict => {
                let refused = self.inputs.add(path.clone(), bytes);
                let done = self.inputs.files_read();
                refused
                    .into_iter()
                    .chain([Event::Reading { purpose, done, path }])
                    .collect()
            }
        }
    }

    /// A file to train on goes to where it is needed. One that is refused is kept in the builder and named in the next
    /// `dataset` event.
    fn take_in(&mut self, path: String, bytes: Vec<u8>) {
        let incoming = load::sort(&path, bytes, true, self.data.builder.limits());
        if matches!(incoming, Incoming::Junk) {
            return;
        }
        self.data.vectors.note_change();
        if matches!(incoming, Incoming::Image(_) | Incoming::Refused(_)) {
            self.data.others.forget(&path);
            self.forget_squares(&path);
        }
        match incoming {
            Incoming::Junk => {}
            Incoming::Sidecar {
                kind: SidecarKind::MissingMask,
                owner,
                bytes,
            } => drop(self.data.builder.add_mask_file(&path, owner, bytes)),
            Incoming::Sidecar { kind, owner, bytes } => self.data.vectors.add_sidecar(kind, owner, bytes),
            Incoming::Outlines(read) => self.data.vectors.add_layer(path, read),
            Incoming::Layers(layers) => self.data.vectors.add_layers(&path, layers),
            Incoming::Shapefile(bytes) => self.data.vectors.add_shapefile(path, bytes),
            Incoming::PassedOver => self.data.others.add_passed_over(path),
            Incoming::Annotations(kind) => self.data.others.add_annotations(path, kind),
            Incoming::Annotated(read) => self.data.vectors.add_annotated(path, read),
            Incoming::Image(file) => {
                self.data.vectors.add_image(&path, file.facts());
                let _ = self.data.builder.add_image(&path, &file);
            }
            Incoming::Refused(error) => drop(self.data.builder.refuse(&path, error)),
        }
    }

    pub(in crate::engine) fn files_done(&mut self, purpose: Purpose) -> Vec<Event> {
        match purpose {
            Purpose::Train => {
                self.plan_parts();
                while self.add_part() {}
                let faults = self.draw_vector_masks();
                let events = self.change_data(|_| {});
                events.into_iter().chain(faults).chain(self.report_bands()).collect()
            }
            Purpose::Predict => {
                self.inputs.attach_georefs();
                self.report_inputs().into_iter().chain(self.report_bands()).collect()
            }
        }
    }

    /// TIFFs that take more bytes decoded are read by window: for tests, which want small files.
    pub fn read_by_window_from(&mut self, bytes: u64) {
        self.inputs.read_by_window_from(bytes);
    }

    /// Which bands of TIFFs are read from the next file on, by number from 1; none for the usual ones. The page sends
    /// its files again. `for_network`: a network sees exactly these.
    pub(in crate::engine) fn set_bands(&mut self, bands: &[u32], for_network: bool) -> Vec<Event> {
        let known = bands.len() <= MAX_BANDS && bands.iter().all(|band| (1..=64).contains(band));
        if !known {
            let detail = Some(format!("bands {bands:?}"));
            return vec![fault(FaultCode::BadCommand, Stage::Read, None, detail)];
        }
        let from_zero = bands.iter().map(|band| *band as usize - 1);
        // None chosen are the usual ones, whoever says so.
        self.inputs
            .set_bands(from_zero.collect(), for_network && !bands.is_empty());
        self.report_bands().into_iter().collect()
    }

    pub(in crate::engine) fn set_range(&mut self, range: RangeChoice) -> Vec<Event> {
        match value_ranges::RangeChoice::try_from(range) {
            Ok(choice) => self.change_data(|builder| builder.set_ranges(choice)),
            Err(_) => vec![fault(
                FaultCode::BadCommand,
                Stage::Read,
                None,
                Some("range".to_owned()),
            )],
        }
    }

    /// Told where there is a choice: some file has more bands than three.
    fn report_bands(&self) -> Option<Event> {
        let most = self.inputs.most_bands().max(self.data.vectors.places().most_bands());
        let places = self.data.vectors.places();
        let images = self.data.set.pairs.iter().map(|pair| pair.image.bands_of_file());
        let names = match places.band_names() {
            [] => self.inputs.band_names(),
            names => names,
        };
        (most > 3 || ChosenBands::is_stack(self.inputs.bands().len())).then(|| Event::Bands {
            most: most as u32,
            shown: self.inputs.chosen_bands(),
            common: images.min().unwrap_or(0),
            names: names.to_vec(),
        })
    }

    pub(in crate::engine) fn sample_scenes(&mut self, seed: u32) -> Vec<Event> {
        self.data.source = DataSource::SampleScenes;
        // Extracts of before would be drawn on the files that come next.
        self.data.vectors = VectorMasks::default();
        self.data.others = Others::default();
        self.data.cutting = Cutting::default();
        self.data.sample_seed = seed;
        self.change_data(|builder| {
            *builder = Builder::default();
            for scene in scenes::scenes(seed) {
                builder.add_raster(&scene.image_path, scene.image);
                builder.add_raster(&scene.mask_path, scene.mask);
            }
        })
    }

    /// Pairs what the builder holds and tells the page.
    pub(in crate::engine) fn report_data(&mut self) -> Vec<Event> {
        self.pair_data();
        self.prediction.forget_split();
        self.data_event()
    }

    /// Pairs what the builder holds, where only painted labels have changed: the pairs that were there have kept their
    /// numbers, and a run under way goes on with them.
    pub(in crate::engine) fn pair_data(&mut self) {
        self.data.builder.set_georefs(self.data.vectors.places().all());
        self.data.builder.set_nodata(&self.data.vectors.places().nodata());
        self.find_objects();
        self.data.set = Rc::new(self.data.builder.finish());
        if let Some(run) = self.run.under_way_mut() {
            run.session_mut().set_data(self.data.set.clone());
        }
    }

    /// The data set as it is told to the page.
    pub(in crate::engine) fn data_event(&mut self) -> Vec<Event> {
        let findings = self.begin_examination();
        let data = &self.data.set;
        let nothing_else = data.pairs.is_empty() && data.unpaired.is_empty() && data.faults.is_empty();
        let (said, passed_over) = self.data.others.report(nothing_else && self.data.vectors.is_empty());
        let classes = data.classes().len();
        let pairs = data
            .pairs
            .iter()
            .enumerate()
            .map(|(index, pair)| Pair {
                pixel_m: self.data.vectors.pixel_m(std::iter::once(pair.image_path.as_str())),
                north_up: self.data.vectors.is_north_up(&pair.image_path),
                ..describe_pair(index, pair, classes)
            })
            .collect();
        vec![Event::Dataset(DatasetEvent {
            source: self.data.source,
            pairs,
            rule: (&data.labelling).into(),
            suggested_rule: match data.detected.suggested {
                true => MaskRule::Classes {
                    legend: (&data.detected.legend).into(),
                    rest: None,
                    boundary: None,
                },
                false => data.suggested_rule.into(),
            },
            detected: (&data.detected.legend).into(),
            strays: mask_value::shares(data.strays()),
            classes: data.classes(),
            colours: mask_value::shares(&data.colours),
            label_classes: self.label_classes(),
            painted_version: self.data.painted_version,
            suggested_class: self.suggested_class(),
            findings,
            ranges: range_info(data),
            objects: match data.numbers.kind {
                NumberKind::Objects { most } => Some(most),
                _ => None,
            },
            foreground_share: data.foreground_share(),
            faults: data
                .faults
                .iter()
                .map(|f| file_fault(&f.path, &f.kind))
                .chain(said)
                .chain(self.data.cutting.report())
                .collect(),
            question: data.question.clone(),
            unpaired: unpaired(&data.unpaired),
            by_hand: self.data.builder.pairs_by_hand().to_vec(),
            vectors: self.data.vectors.told.clone(),
            passed_over,
            memory_bytes: self.data.builder.memory_bytes() as f64,
            fingerprint: resume::fingerprint(data),
            fingerprint_before: Some(resume::fingerprint_before(data)).filter(|old| *old != resume::fingerprint(data)),
        })]
    }

    pub(in crate::engine) fn report_inputs(&self) -> Vec<Event> {
        vec![Event::Inputs {
            inputs: self.inputs.describe(),
            mosaic: self.inputs.mosaic(),
        }]
    }

    pub(in crate::engine) fn picture(&self, of: PictureOf, index: u32, max_px: u32) -> Vec<Event> {
        let (image, labels) = match of {
            PictureOf::Pair => (
                self.data.set.image(index as usize),
                self.data.set.mask_labels(index as usize),
            ),
            PictureOf::Input => (self.inputs.raster(index as usize), None),
            PictureOf::Unpaired => (
                self.data.set.unpaired.get(index as usize).map(|file| &*file.raster),
                None,
            ),
        };
        let Some(image) = image else {
            return vec![fault(
                FaultCode::NoSuchResult,
                Stage::Read,
                None,
                Some(index.to_string()),
            )];
        };
        let max_px = max_px.clamp(16, PICTURE_PX);
        let (width, height, rgba) = preprocess::thumbnail(image, max_px);
        let classes = self.data.set.classes().len();
        let mask = labels.map_or_else(Vec::new, |labels| small_mask(labels, image, max_px, classes));
        vec![Event::Picture(Picture {
            of,
            index,
            width,
            height,
            rgba,
            mask,
        })]
    }
}

fn range_info(data: &dataset::Dataset) -> Option<RangeInfo> {
    let images = data.pairs.iter().filter(|pair| pair.image.is_wide()).count() as u32;
    (images > 0).then(|| RangeInfo {
        choice: RangeChoice::from(&data.range_choice),
        used: RangeChoice::from(&data.ranges),
        images,
    })
}

/// Labels at a picture's size: 0 or 255, or class numbers.
fn small_mask(labels: &[u8], image: &Raster, max_px: u32, classes: usize) -> Vec<u8> {
    if classes == 0 {
        return preprocess::thumbnail_mask(labels, image.width, image.height, max_px).2;
    }
    let (width, height) = preprocess::fit(image.width, image.height, max_px);
    let [w, h] = [image.width, image.height].map(|n| n as usize);
    preprocess::resize_nearest_mask(labels, w, h, width as usize, height as usize)
}

fn describe_pair(index: usize, pair: &dataset::Pair, classes: usize) -> Pair {
    let image = pair.image.as_ref();
    let (thumb_width, thumb_height, thumb_rgba) = preprocess::thumbnail(image, THUMB_PX);
    let thumb_mask = match pair.labels.is_empty() {
        false => small_mask(&pair.labels, image, THUMB_PX, classes),
        true => vec![if classes == 0 { 0 } else { UNLABELLED }; thumb_width as usize * thumb_height as usize],
    };
    Pair {
        index: index as u32,
        name: pair.name.clone(),
        image_path: pair.image_path.clone(),
        mask_path: pair.mask_path.clone(),
        width: image.width,
        height: image.height,
        bands: u32::from(image.bands),
        bits: u32::from(image.source_bits),
        foreground_share: pair.foreground_share,
        excluded: pair.excluded,
        blocked: pair.blocked.as_ref().map(|kind| file_fault(&pair.image_path, kind)),
        notes: pair.notes.clone(),
        moved_px: pair.adjustment.shift_px,
        left_out: map_faults::parts_out(index, &pair.adjustment.left_out),
        painted: pair.layer.is_some(),
        labelled_share: pair.tally.labelled as f64 / image.pixels().max(1) as f64,
        image_id: format!("{:016x}", pair.image_hash()),
        pixel_m: None,
        north_up: false,
        thumb_width,
        thumb_height,
        thumb_rgba,
        thumb_mask,
    }
}
