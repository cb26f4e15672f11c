//! A saved run as it is described: what lies beside the session in its file, and what is wrong with it.

use serde::{Deserialize, Serialize};

use crate::{
    data::held_back::HeldBack,
    formats::run_file::RunFileError,
    protocol::{
        ClassInfo, DeviceKind, EndReason, Fault, FaultCode, MaskRule, OutlineShift, SavedData, SavedRun, Stage,
        TrainConfig, UnmappedPart,
    },
    train::state::{BestState, StateError},
};

/// Points of a resumed run's loss curve: more than a chart has pixels.
const CURVE_POINTS: usize = 4000;

/// What a run file holds beside the session. Fields that later versions add need `#[serde(default)]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct About {
    pub version: String,
    pub saved_at_ms: f64,
    pub number: f64,
    pub config: TrainConfig,
    pub steps_total: u32,
    pub steps_per_epoch: u32,
    pub loss: Option<f64>,
    pub data: SavedData,
    pub rule: MaskRule,
    /// Pair numbers.
    pub excluded: Vec<usize>,
    /// Masks that were laid elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<OutlineShift>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<UnmappedPart>,
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
    pub device: DeviceKind,
    pub adapter: String,
    #[serde(default)]
    pub ended: Option<EndReason>,
    /// The part of the only image that is held back.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
    /// Steps between two validations; 0 in files of versions that did not say.
    #[serde(default)]
    pub validate_every: u32,
    /// What was painted, in the order of the first strokes; the layers lie after the tensors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<SavedLayer>,
    /// Names and colours of background and foreground, where somebody chose them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub painted_classes: Vec<ClassInfo>,
}

/// Where the labels lie that were painted on an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedLayer {
    /// Of the image.
    pub path: String,
    /// As [`crate::protocol::Pair::image_id`].
    pub image_id: String,
    /// Of its entry in the file, and its length.
    pub entry: String,
    pub bytes: usize,
}

pub(in crate::engine) fn describe(
    step: u32,
    elapsed_ms: f64,
    best: Option<BestState>,
    about: About,
    bytes: u64,
) -> SavedRun {
    let judged = best
        .as_ref()
        .and_then(|b| b.validation.as_ref().or(b.training.as_ref()));
    SavedRun {
        step,
        steps_total: about.steps_total,
        ended: about.ended,
        saved_at_ms: about.saved_at_ms,
        number: about.number,
        config: about.config,
        data: about.data,
        best_step: best.as_ref().map(|b| b.step),
        best_iou: judged.and_then(|m| m.iou),
        best_threshold: best.as_ref().and_then(BestState::threshold),
        loss: about.loss,
        elapsed_ms,
        device: about.device,
        adapter: about.adapter,
        version: about.version,
        bytes: bytes as f64,
    }
}

/// Step and mean loss of at most [`CURVE_POINTS`] equal stretches.
pub(super) fn curve(losses: &[f64]) -> Vec<[f64; 2]> {
    let stretch = losses.len().div_ceil(CURVE_POINTS).max(1);
    let mut step = 0;
    let mean = |part: &[f64]| {
        step += part.len();
        [step as f64, part.iter().sum::<f64>() / part.len() as f64]
    };
    losses.chunks(stretch).map(mean).collect()
}

/// `20 pairs: a, b, c`
pub(super) fn data_words(data: &SavedData) -> String {
    let pairs = if data.pairs == 1 { "pair" } else { "pairs" };
    format!("{} {pairs}: {}", data.pairs, data.names.join(", "))
}

pub(in crate::engine) fn plain(code: FaultCode, detail: Option<String>) -> Fault {
    let stage = Stage::Train;
    let file = None;
    Fault {
        code,
        stage,
        file,
        detail,
    }
}

pub(super) fn run_fault(error: &StateError, name: Option<&str>) -> Fault {
    let code = match error {
        StateError::File(RunFileError::Foreign) => FaultCode::RunForeign,
        StateError::File(RunFileError::Newer(_)) | StateError::Version(_) => FaultCode::RunNewer,
        StateError::File(RunFileError::Truncated { .. }) => FaultCode::RunTruncated,
        StateError::File(RunFileError::Write(_)) => FaultCode::SaveFailed,
        StateError::File(RunFileError::Read(_)) => FaultCode::Unreadable,
        StateError::Meta(_) => FaultCode::RunOtherVersion,
        StateError::File(_) | StateError::Weights(_) => FaultCode::RunCorrupt,
        StateError::Train(_) | StateError::Device(_) => FaultCode::DeviceError,
        StateError::NotFinite(_) => FaultCode::NotFinite,
    };
    Fault {
        file: name.map(str::to_owned),
        ..plain(code, Some(error.to_string()))
    }
}
