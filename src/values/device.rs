//! The device, and why it is that one.

use serde::{Deserialize, Serialize};

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// A hardware WebGPU adapter with the needed features, else the CPU.
    Auto,
    /// WebGPU even on a software adapter; a fault if there is none.
    #[serde(rename = "webgpu")]
    WebGpu,
    Cpu,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of messages, saved runs and the page's strings.
    #[test]
    fn devices_are_written_as_ever() {
        let word = |json: Result<String, serde_json::Error>| json.expect("JSON");
        assert_eq!(word(serde_json::to_string(&DeviceChoice::WebGpu)), "\"webgpu\"");
        assert_eq!(word(serde_json::to_string(&DeviceKind::WebGpu)), "\"webgpu\"");
        assert_eq!(word(serde_json::to_string(&DeviceReason::NoWebGpu)), "\"no_webgpu\"");
        assert_eq!(
            word(serde_json::to_string(&DeviceReason::AskedForCpu)),
            "\"asked_for_cpu\""
        );
    }
}
