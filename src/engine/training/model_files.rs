//! The model in memory: described, saved, loaded, moved between devices.

use burn::tensor::Device;

use super::{foreign_model::foreign_model, naming};
use crate::{
    data::{batches::Sampling, classes, preprocess::Channels, value_ranges, value_ranges::ValueRanges},
    engine::{Engine, Model, fault},
    export::{self, KerasError},
    formats::{
        keras_h5::{self, KerasFileError},
        raster::{ChosenBands, ReadBands},
        weights_file::WeightsFile,
    },
    infer::InputSpec,
    model::{ModelConfig, NamedTensor, UNet, read_weights, write_weights},
    protocol::{
        Band, ClassInfo, Event, FaultCode, LogitMap, ModelAbout, ModelInfo, OperatingPoint, RangeChoice, Stage,
    },
    values,
};

/// Side of Classic's tiles in pixels; Keras's file does not say.
const KERAS_TILE_PX: usize = 256;

/// What is written into a model file beside the weights.
#[derive(serde::Serialize, serde::Deserialize)]
struct FileConfig {
    model: ModelConfig,
    channels: values::Channels,
    /// Bands of the images it was trained on, in the order of its input; files of a network over the usual ones have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bands: Vec<Band>,
    sampling: Sampling,
    tile_px: usize,
    steps: u32,
    /// Files from before there were classes have none.
    #[serde(default)]
    classes: Vec<ClassInfo>,
    /// Ground resolution of what it was trained on, metres a pixel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pixel_m: Option<f64>,
    /// How it sees numbers of more than 8 bits. Files from before there was a choice have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ranges: Option<RangeChoice>,
    /// The same in metres of the map, where its units are metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    map_pixel_m: Option<f64>,
    /// Where its probabilities are cut, and the precision and recall that were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operating_point: Option<OperatingPoint>,
    #[serde(default)]
    about: ModelAbout,
}

impl Engine {
    /// Takes a model; images to predict are read from now on as it sees them.
    pub(super) fn take_model(&mut self, model: Model) {
        self.inputs.set_model_bands(Some(model.band_numbers()));
        self.model = Some(model);
    }

    pub(super) fn model_event(&self) -> Event {
        let info = self.model.as_ref().map(|m| {
            let config = m.unet.config();
            ModelInfo {
                architecture: config.architecture,
                base: config.base as u32,
                depth: config.depth as u32,
                head: config.head,
                channels: m.spec.channels.usual(),
                bands: m.bands.clone(),
                sampling: m.spec.sampling,
                tile_px: m.spec.tile_px as u32,
                parameters: config.parameters() as u32,
                steps: m.steps,
                name: m.name.clone(),
                classes: m.classes.clone(),
                pixel_m: m.pixel_m,
                ranges: RangeChoice::from(&m.ranges),
                map_pixel_m: m.map_pixel_m,
                operating_point: m.operating_point.clone(),
                about: m.about.clone(),
            }
        });
        Event::Model { model: info }
    }

    pub(in crate::engine) async fn save_model(&mut self) -> Vec<Event> {
        let Some(model) = &self.model else {
            return vec![fault(FaultCode::NoModel, Stage::Model, None, None)];
        };
        let config = FileConfig {
            model: *model.unet.config(),
            channels: model.spec.channels.usual(),
            bands: model.bands.clone(),
            sampling: model.spec.sampling,
            tile_px: model.spec.tile_px,
            steps: model.steps,
            classes: model.classes.clone(),
            pixel_m: model.pixel_m,
            ranges: Some(RangeChoice::from(&model.ranges)),
            map_pixel_m: model.map_pixel_m,
            operating_point: model.operating_point.clone(),
            about: model.about.clone(),
        };
        let failed = |detail: String| vec![fault(FaultCode::DeviceError, Stage::Model, None, Some(detail))];
        let tensors = match read_weights(&model.unet).await {
            Ok(tensors) => tensors,
            Err(error) => return failed(error.to_string()),
        };
        let json = match serde_json::to_string(&config) {
            Ok(json) => json,
            Err(error) => return failed(error.to_string()),
        };
        match export::model_file(tensors, json) {
            Ok(bytes) => {
                let name = format!("{}.safetensors", model.file_stem());
                vec![Event::File {
                    name,
                    mime: "application/octet-stream".to_owned(),
                    bytes,
                    parts: 0,
                    result: None,
                }]
            }
            Err(error) => failed(error.to_string()),
        }
    }

    /// Calls the model by another name, which is its files' too.
    pub(in crate::engine) fn rename_model(&mut self, name: Option<String>) -> Option<Event> {
        let model = self.model.as_mut()?;
        model.about.name = naming::file_stem(&name?);
        Some(self.model_event())
    }

    pub(in crate::engine) fn load_model(&mut self, name: String, bytes: &[u8]) -> Vec<Event> {
        if let Some(kind) = foreign_model(&name, bytes) {
            return vec![fault(
                FaultCode::ForeignModel,
                Stage::Model,
                Some(name),
                Some(kind.to_owned()),
            )];
        }
        let Some(ready) = &self.device.ready else {
            return vec![fault(FaultCode::DeviceError, Stage::Device, None, None)];
        };
        match read_model(&name, bytes, &ready.device) {
            Ok(model) => {
                self.take_model(model);
                vec![self.model_event()]
            }
            Err((code, detail)) => vec![fault(code, Stage::Model, Some(name), Some(detail))],
        }
    }

    /// Brings the model to `device` if it is on another.
    pub(in crate::engine) async fn move_model(&mut self, device: &Device) -> Option<Event> {
        let model = self.model.as_mut()?;
        if model.unet.device() == *device {
            return None;
        }
        let moved = async {
            let tensors = read_weights(&model.unet).await.map_err(|e| e.to_string())?;
            let mut unet = UNet::new(*model.unet.config(), 0, device).map_err(|e| e.to_string())?;
            write_weights(&mut unet, &tensors).map_err(|e| e.to_string())?;
            Ok::<UNet, String>(unet)
        };
        match moved.await {
            Ok(unet) => {
                model.unet = unet;
                None
            }
            Err(detail) => {
                self.model = None;
                Some(fault(FaultCode::DeviceError, Stage::Model, None, Some(detail)))
            }
        }
    }
}

impl Model {
    /// By number from 1, in its order.
    pub(in crate::engine) fn band_numbers(&self) -> Vec<u32> {
        self.bands.iter().map(|band| band.number).collect()
    }

    /// What stands in the way where an image was not read as it sees images: `chosen` bands of the `has` of its file.
    ///
    /// # Errors
    /// The words of the fault.
    pub(in crate::engine) fn check_bands(&self, read: ReadBands<'_>) -> Result<(), String> {
        let has = read.of_file;
        let held = read.chosen.map(|chosen| chosen.numbers.as_slice());
        let fits = match (self.bands.is_empty(), held) {
            (true, Some(held)) => !read.for_network && !ChosenBands::is_stack(held.len()),
            (true, None) => true,
            (false, Some(held)) => held == self.band_numbers(),
            // A picture is read as it is: grey, or red, green and blue.
            (false, None) => matches!(has, 1 | 3) && self.band_numbers().into_iter().eq(1..=has),
        };
        if fits {
            return Ok(());
        }
        let word = |band: &Band| match band.name.as_str() {
            "" => band.number.to_string(),
            name => format!("{} ({name})", band.number),
        };
        let wanted: Vec<String> = self.bands.iter().map(word).collect();
        let lacking: Vec<&String> = (wanted.iter().zip(&self.bands))
            .filter(|(_, band)| band.number > has)
            .map(|(word, _)| word)
            .collect();
        Err(match (lacking.as_slice(), wanted.as_slice()) {
            ([], []) => "it was read with the bands of another network".to_owned(),
            ([], _) => format!("the model sees bands {}, it was read with others", wanted.join(", ")),
            ([first, ..], _) => format!("the model sees bands {}; it has {has}, no {first}", wanted.join(", ")),
        })
    }

    /// Name of its files, without ending.
    pub(in crate::engine) fn file_stem(&self) -> String {
        match self.about.name.as_str() {
            "" => "groundmask-model".to_owned(),
            name => naming::file_stem(name),
        }
    }

    /// What the foreground is called; `foreground` where nobody said.
    pub(in crate::engine) fn class_name(&self) -> String {
        match self.about.class_name.as_str() {
            "" => "foreground".to_owned(),
            name => name.to_owned(),
        }
    }
}

/// What a file says of its model, as far as it can be shown; an older file's own name is the model's.
fn about_of(file: ModelAbout, path: &str) -> ModelAbout {
    let text = |text: &str| naming::clipped(text, naming::MAX_NAME);
    let base = path.rsplit('/').next().unwrap_or(path);
    ModelAbout {
        name: match file.name.as_str() {
            "" => naming::file_stem(base.rsplit_once('.').map_or(base, |(stem, _)| stem)),
            name => naming::file_stem(name),
        },
        class_name: text(&file.class_name),
        scene: text(&file.scene),
        date: text(&file.date),
        middle: file.middle.filter(|middle| middle.iter().all(|v| v.is_finite())),
        iou: file.iou.filter(|iou| (0.0..=1.0).contains(iou)),
        least_object_px: file.least_object_px.filter(|px| (1.0..=1e9).contains(px)),
        ..file
    }
}

/// A file written by [`Engine::save_model`].
fn read_model(name: &str, bytes: &[u8], device: &Device) -> Result<Model, (FaultCode, String)> {
    let corrupt = |e: &dyn std::fmt::Display| (FaultCode::ModelCorrupt, e.to_string());
    let mismatch = |e: &dyn std::fmt::Display| (FaultCode::ModelMismatch, e.to_string());
    if keras_h5::is_hdf5(bytes) {
        return read_keras_model(name, bytes, device);
    }
    let file = WeightsFile::read(bytes).map_err(|e| corrupt(&e))?;
    let version = file
        .metadata
        .get(export::VERSION_KEY)
        .and_then(|v| v.parse::<u32>().ok());
    match version {
        None => return Err((FaultCode::ModelMismatch, "not written by Groundmask".to_owned())),
        Some(v) if v > export::MODEL_FILE_VERSION => {
            return Err((FaultCode::ModelMismatch, format!("written by a newer version ({v})")));
        }
        Some(_) => {}
    }
    let json = file.metadata.get(export::CONFIG_KEY).map_or("", String::as_str);
    let config: FileConfig = serde_json::from_str(json).map_err(|e| corrupt(&e))?;
    let mut unet = UNet::new(config.model, 0, device).map_err(|e| mismatch(&e))?;
    let tensors: Vec<NamedTensor> = file
        .tensors
        .into_iter()
        .map(|t| NamedTensor {
            name: t.name,
            shape: t.shape,
            values: t.values,
        })
        .collect();
    write_weights(&mut unet, &tensors).map_err(|e| mismatch(&e))?;
    let channels = Channels::of(config.channels, config.bands.len());
    let spec = InputSpec {
        channels,
        sampling: config.sampling,
        tile_px: config.tile_px.clamp(32, 1024),
        stride_px: config.model.stride_px(),
    };
    if spec.channels.count() != config.model.channels {
        return Err((
            FaultCode::ModelMismatch,
            "its channels contradict each other".to_owned(),
        ));
    }
    let listed = &config.bands;
    let is_list = listed.len() <= values::MAX_BANDS
        && listed.iter().enumerate().all(|(at, band)| {
            (1..=64).contains(&band.number) && listed[..at].iter().all(|other| other.number != band.number)
        });
    if !is_list {
        return Err((FaultCode::ModelMismatch, "its bands contradict each other".to_owned()));
    }
    if config.classes.len()
        != if config.model.classes > 1 {
            config.model.classes
        } else {
            0
        }
    {
        return Err((FaultCode::ModelMismatch, "its classes contradict each other".to_owned()));
    }
    let ranges = match config.ranges {
        None => ValueRanges::AsBefore,
        Some(ranges) => match value_ranges::RangeChoice::try_from(ranges) {
            Ok(choice) => choice.resolve(&[]),
            Err(_) => return Err((FaultCode::ModelMismatch, "its range of numbers is none".to_owned())),
        },
    };
    Ok(Model {
        unet,
        spec,
        bands: config.bands.into_iter().map(bounded_band).collect(),
        ranges,
        steps: config.steps,
        name: name.to_owned(),
        classes: classes::bounded(config.classes),
        pixel_m: config.pixel_m.filter(|m| m.is_finite() && *m > 0.0),
        map_pixel_m: config.map_pixel_m.filter(|m| m.is_finite() && *m > 0.0),
        operating_point: config.operating_point.filter(is_usable_point),
        about: about_of(config.about, name),
    })
}

/// A band as a file names it, its name bounded.
fn bounded_band(band: Band) -> Band {
    Band {
        name: naming::clipped(&band.name, naming::MAX_NAME),
        ..band
    }
}

/// Whether a point that a file names can be one; what somebody wrote into it by hand is not believed.
fn is_usable_point(point: &OperatingPoint) -> bool {
    const MAX_POINTS: usize = 1000;
    let is_line = |map: &LogitMap| map.scale.is_finite() && map.offset.is_finite();
    point.threshold > 0.0
        && point.threshold < 1.0
        && point.curve.len() <= MAX_POINTS
        && point.calibration.as_ref().is_none_or(is_line)
}

/// Keras weights of one of Classic's networks; grey ones see images as Classic's pipeline does.
fn read_keras_model(name: &str, bytes: &[u8], device: &Device) -> Result<Model, (FaultCode, String)> {
    let (config, tensors) = export::read_keras(bytes.to_vec()).map_err(|e| match e {
        KerasError::File(KerasFileError::Corrupt(_)) => (FaultCode::ModelCorrupt, e.to_string()),
        other => (FaultCode::ModelMismatch, other.to_string()),
    })?;
    let mismatch = |e: &dyn std::fmt::Display| (FaultCode::ModelMismatch, e.to_string());
    let mut unet = UNet::new(config, 0, device).map_err(|e| mismatch(&e))?;
    write_weights(&mut unet, &tensors).map_err(|e| mismatch(&e))?;
    let grey = config.channels == 1;
    // The file has numbers of channels and no bands: the first ones of an image are meant.
    let bands: Vec<Band> = match config.channels {
        1 | 3 => Vec::new(),
        count => (1..=count as u32)
            .map(|number| Band {
                number,
                name: String::new(),
            })
            .collect(),
    };
    Ok(Model {
        unet,
        spec: InputSpec {
            channels: Channels::of(
                if grey {
                    values::Channels::Grey
                } else {
                    values::Channels::Rgb
                },
                bands.len(),
            ),
            sampling: if grey { Sampling::Classic } else { Sampling::Crop },
            tile_px: KERAS_TILE_PX,
            stride_px: config.stride_px(),
        },
        steps: 0,
        name: name.to_owned(),
        bands,
        classes: Vec::new(),
        ranges: ValueRanges::AsBefore,
        pixel_m: None,
        map_pixel_m: None,
        operating_point: None,
        about: about_of(ModelAbout::default(), name),
    })
}
