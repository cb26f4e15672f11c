//! Settings checked against the data set, and what a run with them would be like.

use crate::{
    data::{
        augment::Augmentation,
        batches::{Sampling, epoch_samples},
        held_back::HeldBack,
        split, split_by_location,
    },
    engine::Engine,
    formats::raster::Raster,
    protocol::{ConfigReport, DataSource, Event, FieldError, FieldErrorCode, TrainConfig, ValBy, band_numbers},
    train::{Room, Settings, expected_bytes, forecast, usual_interval_for},
};

/// Which pairs train and which validate.
pub(in crate::engine) struct Split {
    pub(in crate::engine) train: Vec<usize>,
    /// A single image of which a part is held back is in both parts.
    pub(in crate::engine) validation: Vec<usize>,
    /// Places they were divided by, 0 if they were not.
    places: usize,
}

impl Engine {
    pub(in crate::engine) fn report_config(&self, config: TrainConfig) -> Vec<Event> {
        let (errors, settings, split) = self.check(&config);
        let gpu = self
            .device
            .ready
            .as_ref()
            .is_some_and(|r| r.kind == crate::device::Kind::WebGpu);
        let augment = Augmentation::from(&config).ranges();
        vec![Event::Config(ConfigReport {
            config,
            parameters: settings.as_ref().map_or(0.0, |s| s.model.parameters() as f64),
            memory_bytes: settings
                .as_ref()
                .map_or(0.0, |s| expected_bytes(&s.model, s.tile_px, s.batch, gpu) as f64),
            step_macs: settings.as_ref().map_or(0.0, forecast::step_macs),
            steps_total: settings.as_ref().map_or(0.0, |s| f64::from(s.steps_total)),
            validations: settings.as_ref().map_or(0.0, |s| f64::from(forecast::validations(s))),
            validation_macs: settings.as_ref().map_or(0.0, |s| self.validation_macs(s, &split)),
            classic_macs: self.classic_macs(),
            train_pairs: split.train.len() as u32,
            validation_pairs: split.validation.len() as u32,
            places: split.places as u32,
            held_back: settings
                .as_ref()
                .and_then(|s| self.held_back_out(s.held_back.as_ref()?)),
            augment,
            errors,
        })]
    }

    /// All that is wrong with the settings, the settings where nothing is, and the split.
    pub(in crate::engine) fn check(&self, config: &TrainConfig) -> (Vec<FieldError>, Option<Settings>, Split) {
        let usable = self.data.set.usable();
        let mut errors = Vec::new();
        let names = || -> Vec<(usize, String)> {
            let paths = usable
                .iter()
                .map(|&pair| (pair, self.data.set.image_path(pair).unwrap_or_default()));
            paths.map(|(pair, path)| (pair, path.to_owned())).collect()
        };
        let mut split = if config.val_names.is_empty() {
            let share = if config.val_share.is_finite() {
                config.val_share.clamp(0.0, 0.9)
            } else {
                0.0
            };
            match config.val_by {
                ValBy::Share => {
                    let (train, validation) = split::by_share(&usable, share, config.seed as u32);
                    Split {
                        train,
                        validation,
                        places: 0,
                    }
                }
                ValBy::Location => {
                    let split = split_by_location::split_by_location(&names(), share, config.seed as u32);
                    if split.locations == 0 && !usable.is_empty() {
                        errors.push(field_error("val_by", FieldErrorCode::NoPlaces, None));
                    }
                    Split {
                        train: split.train,
                        validation: split.validation,
                        places: split.locations,
                    }
                }
            }
        } else {
            let names = names();
            let (train, validation, unknown) = split::by_names(&names, &config.val_names);
            for name in unknown {
                errors.push(field_error("val_names", FieldErrorCode::UnknownName, Some(name)));
            }
            Split {
                train,
                validation,
                places: 0,
            }
        };
        if !usable.is_empty() && split.train.is_empty() {
            let field = if config.val_names.is_empty() {
                "val_share"
            } else {
                "val_names"
            };
            errors.push(field_error(field, FieldErrorCode::NoTrainingPairs, None));
        }
        let held = self.hold_back(config, &split);
        if held.is_some() {
            split.validation = split.train.clone();
            // By place it is.
            errors.retain(|error| error.code != FieldErrorCode::NoPlaces);
        }
        errors.extend(
            self.boundary_problem(config)
                .map(|code| field_error("boundary_px", code, None)),
        );
        let pass = |tile_px, batch| self.pass_steps(&split.train, config.sampling, tile_px, batch, held.as_ref());
        let settings = match Settings::checked(config, self.classes_for(config), pass) {
            Ok(mut settings) => {
                settings.held_back = held;
                if config.validate_every == 0.0 {
                    settings.validate_every =
                        usual_interval_for(&self.data.set, &settings, &split.train, &split.validation);
                }
                Some(settings)
            }
            Err(problems) => {
                errors.extend(problems);
                None
            }
        };
        // A list that is none is no list of images.
        if errors.iter().all(|error| error.field != "bands") {
            errors.extend(self.bands_problem(config, &usable));
        }
        if let Some(s) = &settings {
            let room = self.room();
            if !room.fits(&s.model, s.tile_px, s.batch) {
                let narrower = room.narrower(&s.model, s.tile_px, s.batch);
                let mut error = field_error("base", FieldErrorCode::DoesNotFit, None);
                error.value = narrower.map(|base| base as f64);
                errors.push(error);
            }
        }
        (errors, settings, split)
    }

    /// What is wrong between the bands of the settings and the images that are there.
    fn bands_problem(&self, config: &TrainConfig, usable: &[usize]) -> Option<FieldError> {
        let wanted = config.band_numbers();
        let is_for_network = self.data.builder.reads_for_network();
        let lists = |pair: &usize| {
            let image = self.data.set.image(*pair)?;
            let fits = match wanted.is_empty() {
                // What was read for a network is not what people chose to be shown.
                true => image.as_stack().is_none() && (image.chosen.is_none() || !is_for_network),
                false => image.holds_bands(&wanted),
            };
            (!fits).then_some((*pair, image))
        };
        let others: Vec<(usize, &Raster)> = usable.iter().filter_map(lists).collect();
        // The sample scenes are what they are.
        let is_read_so = self.data.source == DataSource::SampleScenes || wanted == self.inputs.chosen_bands();
        // One that has them may not be read yet: that was called off.
        let has_no_choice = |image: &Raster| image.chosen.is_none() && image.file_bands == 0;
        let lacks = |image: &Raster| {
            (is_read_so && has_no_choice(image)) || wanted.iter().any(|band| *band > image.bands_of_file())
        };
        // What another reading mends comes first: then those that lack bands are left out by name.
        let &(pair, image) = others.iter().find(|(_, image)| !lacks(image)).or(others.first())?;
        let has = image.bands_of_file();
        if lacks(image) && !wanted.is_empty() {
            let name = self.data.set.name(pair).map(str::to_owned);
            let error = field_error("bands", FieldErrorCode::MissingBands, name);
            return Some(error.with_value(f64::from(has)));
        }
        let read = image.chosen.as_ref().map(|chosen| chosen.numbers.as_slice());
        let read = band_numbers(read.unwrap_or_default().iter().copied());
        Some(field_error("bands", FieldErrorCode::OtherBands, Some(read)))
    }

    /// What the device in use has room for.
    fn room(&self) -> Room {
        match &self.device.ready {
            Some(ready) if ready.kind == crate::device::Kind::WebGpu => {
                let limit = |name: &str| ready.limits.iter().find(|(n, _)| n == name).map(|(_, v)| *v as u64);
                let limits = [limit("maxBufferSize"), limit("maxStorageBufferBindingSize")];
                Room {
                    total_bytes: None,
                    tensor_bytes: limits.into_iter().flatten().min(),
                }
            }
            _ => Room::of_wasm(self.data.builder.memory_bytes()),
        }
    }

    /// Steps of one epoch: of one visit to each training image, or to each tile's worth of it.
    pub(super) fn pass_steps(
        &self,
        train: &[usize],
        sampling: Sampling,
        tile_px: usize,
        batch: usize,
        held_back: Option<&HeldBack>,
    ) -> u32 {
        let samples = epoch_samples(&self.data.set, train, sampling, tile_px, held_back);
        samples.div_ceil(batch.max(1)).clamp(1, 1_000_000) as u32
    }
}

fn field_error(field: &str, code: FieldErrorCode, detail: Option<String>) -> FieldError {
    FieldError {
        detail,
        ..FieldError::new(field, code)
    }
}
