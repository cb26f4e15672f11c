//! Takes commands, owns device, data set, model and run, gives events. Knows no JavaScript.
//!
//! [`Engine::command`] answers at once; long work (training, validation, prediction) is done in
//! slices by [`Engine::advance`], so that the caller stays in charge between them.

mod allowed;
mod dataset;
mod file_faults;
mod file_parts;
mod georef;
mod host;
mod prediction;
mod run_state;
mod training;

use std::rc::Rc;

pub use self::host::{Clock, Post, Today};
use self::{
    allowed::State,
    dataset::{cutting, others, vector_masks},
    file_faults::fault,
    prediction::{inputs, prediction_state::PredictionState},
    run_state::{Activity, RunState},
};
use crate::{
    data::{
        builder::Builder,
        classes::{ClassInfo, Labelling},
        dataset::Dataset,
        map_faults::examine::MapFaults,
        pair::FolderRoles,
        value_ranges::ValueRanges,
    },
    device::{self, Probe, Ready, Reason},
    infer::InputSpec,
    model::UNet,
    protocol::{
        Band, Command, DataSource, DeviceChoice, DeviceInfo, Event, FaultCode, LabelPixels, MaskRule, ModelAbout,
        OperatingPoint, PROTOCOL_VERSION, Purpose, Stage, TrainConfig,
    },
};

/// A model in memory: trained here or loaded.
pub(crate) struct Model {
    unet: UNet,
    spec: InputSpec,
    steps: u32,
    name: String,
    /// Empty for foreground and background.
    classes: Vec<ClassInfo>,
    /// Bands of its images, in the order in which it sees them; empty: the usual ones.
    bands: Vec<Band>,
    /// How it sees numbers of more than 8 bits.
    ranges: ValueRanges,
    /// Ground resolution of what it was trained on, metres a pixel.
    pixel_m: Option<f64>,
    /// The same in metres of the map: Web Mercator's are shorter than those of the ground.
    map_pixel_m: Option<f64>,
    /// Where its probabilities are cut, if something chose that.
    operating_point: Option<OperatingPoint>,
    /// What it is of, for people.
    about: ModelAbout,
}

/// What the engine is told of the world it runs in.
struct Host {
    now_ms: Clock,
    early: Option<Post>,
    today: Option<Today>,
}

/// What training and prediction run on.
struct DeviceState {
    /// What the browser says about WebGPU.
    probe: Probe,
    ready: Option<Ready>,
}

/// The data set and what it is made from.
struct DataState {
    builder: Builder,
    /// Georeferences of the images to train on, and GeoJSON to draw masks from.
    vectors: vector_masks::VectorMasks,
    /// Files of the drops that are neither.
    others: others::Others,
    /// Images of which squares are taken.
    cutting: cutting::Cutting,
    source: DataSource,
    /// Seed of the sample scenes, where they are the source.
    sample_seed: u32,
    set: Rc<Dataset>,
    /// What is known of its pairs, and whether something is left to look at.
    map_faults: MapFaults,
    is_examined: bool,
    files_read: u32,
    /// Patches of labels taken in.
    painted_version: u32,
}

impl Default for DataState {
    fn default() -> Self {
        Self {
            builder: Builder::default(),
            vectors: vector_masks::VectorMasks::default(),
            others: others::Others::default(),
            cutting: cutting::Cutting::default(),
            source: DataSource::None,
            sample_seed: 0,
            set: Rc::new(Dataset::default()),
            map_faults: MapFaults::default(),
            is_examined: true,
            files_read: 0,
            painted_version: 0,
        }
    }
}

/// Everything behind the page.
pub struct Engine {
    host: Host,
    device: DeviceState,
    data: DataState,
    /// The images to predict.
    inputs: inputs::Inputs,
    run: RunState,
    model: Option<Model>,
    prediction: PredictionState,
}

impl Engine {
    pub fn new(now_ms: Clock) -> Self {
        Self {
            host: Host {
                now_ms,
                early: None,
                today: None,
            },
            device: DeviceState {
                probe: Probe::Absent(Reason::NoWebGpu),
                ready: None,
            },
            data: DataState::default(),
            inputs: inputs::Inputs::default(),
            run: RunState::default(),
            model: None,
            prediction: PredictionState::default(),
        }
    }

    /// Large files are handed to `post` in [parts](Event::FilePart) while they are made. Without it they come whole.
    pub fn set_post(&mut self, post: Post) {
        self.host.early = Some(post);
    }

    /// Models carry the day they were trained. Without it they have none.
    pub fn set_today(&mut self, today: Today) {
        self.host.today = Some(today);
    }

    /// What the browser says about WebGPU; to be set before [`Command::Init`].
    pub fn set_probe(&mut self, probe: Probe) {
        self.device.probe = probe;
    }

    /// Whether [`advance`](Self::advance) has something to do.
    pub fn is_busy(&self) -> bool {
        let state = self.state();
        state.is_predicting || state.run == Activity::Training
    }

    /// Whether the data set is still being looked at for faults of map data: [`advance`](Self::advance) goes on with that
    /// where nothing else is to be done.
    pub fn is_examining(&self) -> bool {
        !self.data.is_examined
    }

    /// The data set as it was last reported.
    pub fn dataset(&self) -> &Dataset {
        &self.data.set
    }

    /// An image to predict as a model trained on the present data set would get it.
    pub fn input_as_trained(&self, index: usize) -> Option<crate::formats::raster::Raster> {
        self.inputs
            .raster(index)
            .map(|raster| self.data.set.ranges.apply(raster))
    }

    /// What it is at, as far as commands depend on it.
    fn state(&self) -> State {
        State {
            run: self.run.activity(),
            is_predicting: self.prediction.is_under_way(),
        }
    }

    /// Carries out one command, if this is the time for it.
    pub async fn command(&mut self, command: Command) -> Vec<Event> {
        if let Err(refusal) = allowed::allowed(&command, self.state()) {
            return vec![Event::Fault(refusal)];
        }
        match command {
            Command::Init { device, calibration } => self.init(device, calibration.as_deref()).await,
            Command::AddFile { path, bytes, purpose } => self.add_file(path, bytes, purpose),
            Command::FileUnreadable { path, detail } => {
                vec![fault(FaultCode::Unreadable, Stage::Read, Some(path), Some(detail))]
            }
            Command::SetBands { bands, network } => self.set_bands(&bands, network),
            Command::SetRange { range } => self.set_range(range),
            Command::FilesDone { purpose } => self.files_done(purpose),
            Command::SampleScenes { seed } => self.sample_scenes(seed),
            Command::SetMaskRule { rule } => self.set_mask_rule(rule),
            Command::SetExcluded { pairs, excluded } => self.change_data(|builder| {
                pairs
                    .iter()
                    .for_each(|&pair| builder.set_excluded(pair as usize, excluded))
            }),
            Command::ShiftOutlines { shifts } => self.shift_outlines(&shifts),
            Command::LeaveOutUnmapped { parts, on } => self.leave_out_unmapped(&parts, on),
            Command::SetFolderRoles { images, masks } => {
                self.change_data(|builder| builder.set_folder_roles(FolderRoles { images, masks }))
            }
            Command::PairByHand { pairs } => self.change_data(|builder| builder.set_pairs_by_hand(pairs)),
            Command::Clear { purpose } => self.clear(purpose),
            Command::PresetConfig { preset } => self.report_config(TrainConfig::of(preset)),
            Command::CheckConfig { config } => self.report_config(config),
            Command::ShowTiles { config, row } => self.show_tiles(&config, row).await,
            Command::Start { config } => self.start(config, false),
            Command::StartFromModel { config } => self.start(config, true),
            Command::Pause => self.pause(true),
            Command::Resume => self.pause(false),
            Command::Stop => self.stop().await,
            Command::Predict {
                validation,
                threshold,
                averaged,
                match_resolution,
                adapted,
            } => self.predict(validation, threshold, averaged, match_resolution, adapted),
            Command::PredictPart {
                mosaic,
                image,
                threshold,
                averaged,
            } => self.predict_part(&mosaic, &image, threshold, averaged),
            Command::PredictMosaic {
                validation,
                threshold,
                averaged,
                adapted,
            } => self.predict_mosaic(validation, threshold, averaged, adapted),
            Command::CancelPredict => self.cancel_predict(),
            Command::Export {
                result,
                kind,
                threshold,
                outlines,
            } => self.export(result, kind, threshold, outlines),
            Command::ExportOutlines { threshold, outlines } => self.export_outlines(threshold, outlines),
            Command::DrawOutlines {
                result,
                threshold,
                outlines,
            } => self.draw_outlines(result, threshold, outlines),
            Command::ExportTable { threshold } => self.export_table(threshold),
            Command::ExportModel {
                format,
                threshold,
                name,
            } => {
                let renamed = self.rename_model(name);
                let events = self.export_model(format, threshold).await;
                renamed.into_iter().chain(events).collect()
            }
            Command::SaveModel => self.save_model().await,
            Command::LoadModel { name, bytes } => self.load_model(name, &bytes),
            Command::Picture { of, index, max_px } => self.picture(of, index, max_px),
            Command::SetLabelClasses { classes } => self.set_label_classes(classes),
            Command::PaintLabels {
                image,
                left,
                top,
                width,
                height,
                values,
                corrected,
            } => {
                let patch = LabelPixels {
                    image,
                    left,
                    top,
                    width,
                    height,
                    values,
                };
                self.paint_labels(&patch, corrected)
            }
            Command::ReadLabels {
                image,
                left,
                top,
                width,
                height,
            } => self.read_labels(image, [left, top, width, height]),
            Command::PredictView {
                image,
                left,
                top,
                width,
                height,
            } => self.predict_view(image, [left, top, width, height]).await,
            Command::SuggestLabels { count } => self.suggest_labels(count).await,
            Command::ExportLabels { kind, image } => self.export_labels(kind, image.as_deref()),
        }
    }

    /// Does about `budget_ms` of training, validation or prediction.
    pub async fn advance(&mut self, budget_ms: f64) -> Vec<Event> {
        let state = self.state();
        if state.run == Activity::Training {
            self.advance_run(budget_ms).await
        } else if state.is_predicting {
            self.advance_predict(budget_ms).await
        } else if self.is_examining() {
            self.advance_examination(budget_ms)
        } else {
            Vec::new()
        }
    }

    async fn init(&mut self, choice: DeviceChoice, remembered: Option<&str>) -> Vec<Event> {
        let start_ms = (self.host.now_ms)();
        let now_ms = &*self.host.now_ms;
        let start = device::Start { remembered, now_ms };
        match device::bring_up(choice, &self.device.probe, &start).await {
            Ok(ready) => {
                // A model stays on the device it was made on; it has to move with the choice.
                let moved = self.move_model(&ready.device).await;
                let info = DeviceInfo {
                    kind: ready.kind,
                    adapter: ready.adapter.clone(),
                    software: ready.software,
                    reason: ready.reason,
                    self_test_error: ready.self_test_error,
                    self_test_ms: (self.host.now_ms)() - start_ms,
                    kernels: ready.calibration.as_ref().map(|c| c.variant.name().to_owned()),
                    calibration: ready.calibration.as_ref().map(|c| c.record.clone()),
                    calibration_ms: ready
                        .calibration
                        .iter()
                        .flat_map(|c| &c.ms)
                        .map(|(variant, ms)| (variant.name().to_owned(), *ms))
                        .collect(),
                    limits: ready.limits.iter().cloned().collect(),
                    protocol: PROTOCOL_VERSION,
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                };
                self.device.ready = Some(ready);
                std::iter::once(Event::Device(info)).chain(moved).collect()
            }
            Err(error) => {
                let code = match &error {
                    device::DeviceError::Unavailable(_) => FaultCode::NoWebgpu,
                    device::DeviceError::SelfTest(_) => FaultCode::SelfTestFailed,
                    device::DeviceError::Start(_) => FaultCode::DeviceError,
                };
                vec![fault(code, Stage::Device, None, Some(error.to_string()))]
            }
        }
    }

    fn set_mask_rule(&mut self, rule: MaskRule) -> Vec<Event> {
        match Labelling::of(rule, self.data.set.detected.legend.lossy) {
            Ok(labelling) => {
                let labelling = labelling.after(&self.data.set.labelling);
                self.change_data(|builder| builder.set_labelling(labelling))
            }
            Err(error) => vec![fault(FaultCode::BadLegend, Stage::Pair, None, Some(error.to_string()))],
        }
    }

    /// A change of the data set; no run may hold it.
    fn change_data(&mut self, change: impl FnOnce(&mut Builder)) -> Vec<Event> {
        change(&mut self.data.builder);
        self.report_data()
    }

    fn clear(&mut self, purpose: Purpose) -> Vec<Event> {
        match purpose {
            Purpose::Train => {
                self.data.source = DataSource::None;
                self.data.vectors = vector_masks::VectorMasks::default();
                self.data.others = others::Others::default();
                self.data.cutting = cutting::Cutting::default();
                self.change_data(|builder| *builder = Builder::default())
            }
            Purpose::Predict => {
                self.inputs = self.inputs.emptied();
                self.prediction.forget_results();
                self.report_inputs()
            }
        }
    }
}
