//! Runs that outlive the page.

use serde::{Deserialize, Serialize};

use super::{DataSource, DeviceKind, EndReason, RangeChoice, TrainConfig};

/// What a saved run says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct SavedRun {
    /// Steps done.
    pub step: u32,
    pub steps_total: u32,
    /// Why the run had ended; none: it was under way.
    pub ended: Option<EndReason>,
    /// Unix time in milliseconds.
    pub saved_at_ms: f64,
    /// Counts the saves; of two slots the higher one is the newer.
    pub number: f64,
    pub config: TrainConfig,
    pub data: SavedData,
    pub best_step: Option<u32>,
    /// Of the best weights so far, on the validation set (else on the training images).
    pub best_iou: Option<f64>,
    /// The threshold it was taken at; `None` for several classes and runs from before it was chosen.
    pub best_threshold: Option<f64>,
    /// Mean of the last losses.
    pub loss: Option<f64>,
    pub elapsed_ms: f64,
    pub device: DeviceKind,
    pub adapter: String,
    /// Version of Groundmask that wrote it.
    pub version: String,
    /// Length of the file.
    pub bytes: f64,
}

/// The data set of a saved run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct SavedData {
    /// As in [`Dataset::fingerprint`](super::Dataset::fingerprint).
    pub fingerprint: String,
    pub pairs: u32,
    /// The first pairs' names, for people.
    pub names: Vec<String>,
    pub source: DataSource,
    /// Of the sample scenes.
    pub sample_seed: Option<u32>,
    /// Bands that were chosen, by number from 1; none for the usual ones.
    #[serde(default)]
    pub bands: Vec<u32>,
    /// How its images of more than 8 bits were seen: as chosen, and as it came out. Runs from before there was a choice
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges: Option<[RangeChoice; 2]>,
    /// What the user said of folders.
    #[serde(default)]
    pub folders: Vec<super::FolderRoles>,
    /// Pairs that the user made: paths of image and mask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<[String; 2]>,
}
