//! Asks the browser about WebGPU before Burn touches it, because Burn panics where something is missing.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::objects::object;
use crate::device::{Adapter, Probe, Reason};

/// Limits shown in the device panel.
const LIMITS: [&str; 5] = [
    "maxBufferSize",
    "maxStorageBufferBindingSize",
    "maxComputeWorkgroupStorageSize",
    "maxComputeInvocationsPerWorkgroup",
    "maxComputeWorkgroupsPerDimension",
];
/// Words by which software adapters name themselves.
const SOFTWARE: [&str; 6] = [
    "swiftshader",
    "llvmpipe",
    "lavapipe",
    "software",
    "basic render",
    "warp",
];

fn get(target: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(target, &JsValue::from_str(key))
        .ok()
        .filter(|v| !v.is_undefined() && !v.is_null())
}

fn text(target: &JsValue, key: &str) -> String {
    get(target, key).and_then(|v| v.as_string()).unwrap_or_default()
}

pub(super) async fn probe() -> Probe {
    let global: JsValue = js_sys::global().into();
    let Some(gpu) = get(&global, "navigator").and_then(|n| get(&n, "gpu")) else {
        let secure = get(&global, "isSecureContext")
            .and_then(|v| v.as_bool())
            .unwrap_or(true);
        return Probe::Absent(if secure {
            Reason::NoWebGpu
        } else {
            Reason::InsecureContext
        });
    };
    match request_adapter(&gpu).await {
        Some(adapter) => describe(&adapter),
        None => Probe::Absent(Reason::NoAdapter),
    }
}

async fn request_adapter(gpu: &JsValue) -> Option<JsValue> {
    let request: Function = get(gpu, "requestAdapter")?.dyn_into().ok()?;
    let options = object(&[("powerPreference", JsValue::from_str("high-performance"))]);
    let promise: Promise = request.call1(gpu, &options).ok()?.dyn_into().ok()?;
    JsFuture::from(promise)
        .await
        .ok()
        .filter(|a| !a.is_null() && !a.is_undefined())
}

fn describe(adapter: &JsValue) -> Probe {
    let info = get(adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let (vendor, architecture) = (text(&info, "vendor"), text(&info, "architecture"));
    let name = [
        text(&info, "description"),
        text(&info, "device"),
        format!("{vendor} {architecture}"),
    ]
    .into_iter()
    .map(|s| s.trim().to_owned())
    .find(|s| !s.is_empty())
    .unwrap_or_else(|| "unnamed adapter".to_owned());
    let fallback = [&info, adapter]
        .iter()
        .any(|o| get(o, "isFallbackAdapter").and_then(|v| v.as_bool()) == Some(true));
    let all = format!("{name} {vendor} {architecture}").to_lowercase();
    let software = fallback || SOFTWARE.iter().any(|word| all.contains(word));
    let limits = get(adapter, "limits").map_or_else(Vec::new, |limits| {
        LIMITS
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), get(&limits, key)?.as_f64()?)))
            .collect()
    });
    let timestamp_query = get(adapter, "features").is_some_and(|f| has(&f, "timestamp-query"));
    Probe::Adapter(Adapter {
        name,
        software,
        timestamp_query,
        limits,
    })
}

fn has(set: &JsValue, key: &str) -> bool {
    let has = get(set, "has").and_then(|h| h.dyn_into::<Function>().ok());
    has.and_then(|h| h.call1(set, &JsValue::from_str(key)).ok())
        .and_then(|v| v.as_bool())
        == Some(true)
}
