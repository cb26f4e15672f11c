//! The benchmark as a class, for the page that `cargo xtask bench` drives; not in the released package.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{error, now_ms, objects::object, probe};
use crate::{
    bench::{Bench as BenchRun, BenchConfig, operator_times},
    device::{self, Choice},
    ops::timing::ceiling_gflops,
};

/// The benchmark's training problem.
#[wasm_bindgen]
pub struct Bench {
    inner: BenchRun,
    adapter: String,
    gpu: bool,
}

fn number(config: &JsValue, key: &str, default: f64) -> f64 {
    Reflect::get(config, &JsValue::from_str(key))
        .ok()
        .and_then(|v| v.as_f64())
        .unwrap_or(default)
}

/// The device and the problem of a benchmark's `config`.
async fn bench_setup(config: &JsValue) -> Result<(device::Ready, BenchConfig), JsValue> {
    let backend = Reflect::get(config, &JsValue::from_str("backend"))
        .ok()
        .and_then(|v| v.as_string());
    let choice = if backend.as_deref() == Some("webgpu") {
        Choice::WebGpu
    } else {
        Choice::Cpu
    };
    let start = device::Start {
        remembered: None,
        now_ms: &now_ms,
    };
    let ready = device::bring_up(choice, &probe::probe().await, &start)
        .await
        .map_err(error)?;
    let config = BenchConfig {
        channels: 1,
        filters: number(config, "filters", 8.0) as usize,
        size: number(config, "size", 128.0) as usize,
        batch: number(config, "batch", 2.0) as usize,
        dropout: number(config, "dropout", 0.5) as f32,
        deterministic: number(config, "det", 0.0) != 0.0,
    };
    Ok((ready, config))
}

#[wasm_bindgen]
impl Bench {
    /// `config`: `{ backend: "webgpu" | "cpu", filters, size, batch, dropout, det }`.
    pub async fn create(config: JsValue) -> Result<Bench, JsValue> {
        let (ready, config) = bench_setup(&config).await?;
        let inner = BenchRun::new(config, &ready.device).map_err(error)?;
        Ok(Self {
            inner,
            adapter: ready.adapter,
            gpu: ready.kind == device::Kind::WebGpu,
        })
    }

    #[wasm_bindgen(getter)]
    pub fn adapter(&self) -> String {
        self.adapter.clone()
    }

    /// `{ estimate, wasm, gpu_in_use, gpu_reserved }` in bytes; the GPU's are 0 on the CPU.
    pub fn memory(&self) -> JsValue {
        let (in_use, reserved) = crate::ops::gpu::memory_bytes().unwrap_or_default();
        let wasm = core::arch::wasm32::memory_size(0) as f64 * 65536.0;
        object(&[
            ("estimate", (self.inner.memory_estimate(self.gpu) as f64).into()),
            ("wasm", wasm.into()),
            ("gpu_in_use", (in_use as f64).into()),
            ("gpu_reserved", (reserved as f64).into()),
        ])
        .into()
    }

    #[wasm_bindgen(getter)]
    pub fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    /// Every pass of every different layer alone: `{ ceiling, operators: [{ layer, pass, gflop, ms }] }`.
    pub async fn operators(config: JsValue) -> Result<JsValue, JsValue> {
        let (ready, config) = bench_setup(&config).await?;
        let (ceiling, times) = operator_times(config, &ready.device, &now_ms).await.map_err(error)?;
        let rows: Array = times
            .into_iter()
            .map(|time| {
                JsValue::from(object(&[
                    ("layer", time.layer.into()),
                    ("pass", time.pass.into()),
                    ("gflop", time.gflop.into()),
                    ("ms", time.ms.into()),
                ]))
            })
            .collect();
        let result = object(&[
            ("adapter", ready.adapter.into()),
            ("ceiling", ceiling.into()),
            ("operators", rows.into()),
        ]);
        Ok(result.into())
    }

    /// GFLOP/s of multiply-adds on registers, the device's ceiling.
    pub async fn ceiling(config: JsValue) -> Result<f64, JsValue> {
        let (ready, _) = bench_setup(&config).await?;
        ceiling_gflops(&ready.device, &now_ms).await.map_err(error)
    }

    /// One training step; its loss.
    pub async fn step(&mut self) -> Result<f64, JsValue> {
        self.inner.step().await.map_err(error)
    }

    /// One inference; its first probability.
    pub async fn infer(&mut self) -> Result<f64, JsValue> {
        self.inner.infer().await.map_err(error)
    }
}
