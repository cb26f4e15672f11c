//! Why runs end.

use serde::{Deserialize, Serialize};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    Finished,
    Stopped,
    /// Validation did not improve for as long as `patience` allows.
    EarlyStopped,
    /// The loss or a weight became NaN or infinite; the last good weights were kept, as in the three below.
    NotFinite,
    /// The loss climbed far and stayed there.
    Diverged,
    /// The output did not depend on the image, and fresh weights did not help.
    DeadOutput,
    /// One answer for every pixel, validation after validation.
    Constant,
    /// The device failed; the fault event says how.
    DeviceFailed,
}
