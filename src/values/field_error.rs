//! What can be wrong with a setting.

use serde::{Deserialize, Serialize};

/// A setting that cannot be used, for the message at its field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct FieldError {
    /// Name of the [`TrainConfig`](super::TrainConfig) field.
    pub field: String,
    pub code: FieldErrorCode,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// The multiple asked for, or another number the sentence needs.
    pub value: Option<f64>,
    /// A name the sentence needs (an unknown validation file, say).
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FieldErrorCode {
    NotANumber,
    NotWhole,
    OutOfRange,
    NotAMultiple,
    /// A name in `val_names` matches no pair.
    UnknownName,
    /// No pair is left for training.
    NoTrainingPairs,
    /// The device has no room for this model, tile and batch; `value` is a width that fits, if one does.
    DoesNotFit,
    /// Classic's pipeline knows foreground and background only.
    NeedsBinaryMasks,
    /// A list must have as many entries as there are classes. value: how many
    WrongCount,
    /// `val_by` place: no image name holds the numbers of a tile.
    NoPlaces,
    /// Not with Classic.
    NotInClassic,
    /// A class is called so already.
    NameTaken,
    /// More bands than a network sees; `value`: how many it does.
    TooManyBands,
    /// `value`: a band that is there twice.
    SameBand,
    /// An image, `detail`, has not all bands; `value`: how many it has.
    MissingBands,
    /// The images were read with other bands; `detail`: `1, 2, 8`, empty for the usual ones.
    OtherBands,
}

impl FieldError {
    /// A problem that needs no numbers.
    pub fn new(field: &str, code: FieldErrorCode) -> Self {
        Self {
            field: field.to_owned(),
            code,
            min: None,
            max: None,
            value: None,
            detail: None,
        }
    }

    pub fn out_of_range(field: &str, min: f64, max: f64) -> Self {
        Self {
            min: Some(min),
            max: Some(max),
            ..Self::new(field, FieldErrorCode::OutOfRange)
        }
    }

    /// With the number that the sentence needs.
    pub fn with_value(self, value: f64) -> Self {
        Self {
            value: Some(value),
            ..self
        }
    }
}
