//! The device, and why it is that one.

use serde::{Deserialize, Serialize};

/// The device that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    #[serde(rename = "webgpu")]
    WebGpu,
    Cpu,
}

/// Why the CPU was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum DeviceReason {
    #[serde(rename = "no_webgpu")]
    NoWebGpu,
    NoAdapter,
    SoftwareAdapter,
    MissingTimestampQuery,
    SelfTestFailed,
    InsecureContext,
    AskedForCpu,
}
