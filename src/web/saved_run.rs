//! Saved runs over the worker's boundary: bytes go through two JavaScript functions, piece by piece, because a state
//! of hundreds of megabytes must not lie in wasm memory, which never shrinks.

use js_sys::{Function, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{
    Engine,
    source::{JsSource, words},
    to_array, to_js,
};
use crate::{
    engine,
    formats::run_file::Sink,
    protocol::{Event, Fault, SavedRun},
};

/// What came of saving or describing a run.
#[derive(Serialize, tsify::Tsify)]
pub struct SaveOutcome {
    /// News that came up on the way.
    pub events: Vec<Event>,
    pub saved: Option<SavedRun>,
    pub fault: Option<Fault>,
}

impl SaveOutcome {
    fn new(events: Vec<Event>, outcome: Result<SavedRun, Fault>) -> JsValue {
        let (saved, fault) = match outcome {
            Ok(saved) => (Some(saved), None),
            Err(fault) => (None, Some(fault)),
        };
        to_js(&Self { events, saved, fault })
    }
}

/// `write(bytes: Uint8Array): number`, which gives how many it took.
struct JsSink(Function);

impl Sink for JsSink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let taken = self
            .0
            .call1(&JsValue::NULL, &Uint8Array::from(bytes))
            .map_err(|e| words(&e))?;
        // A storage that is full says so by nothing but this number.
        match taken.as_f64() {
            Some(n) if n == bytes.len() as f64 => Ok(()),
            n => Err(format!(
                "no space left ({} of {} bytes taken)",
                n.unwrap_or(0.0),
                bytes.len()
            )),
        }
    }
}

#[wasm_bindgen]
impl Engine {
    /// Whether there is a run to save: one under way, or one that has ended and was not released.
    pub fn can_save(&self) -> bool {
        self.inner.can_save()
    }

    /// Forgets the run that has ended.
    pub fn release_run(&mut self) {
        self.inner.release_run();
    }

    /// Writes the run's state through `write(bytes: Uint8Array): number`; `number` counts the saves.
    #[wasm_bindgen(unchecked_return_type = "SaveOutcome")]
    pub async fn save_run(&mut self, number: f64, write: Function) -> JsValue {
        let mut sink = JsSink(write);
        let (events, saved) = self.inner.save_run(number, js_sys::Date::now(), &mut sink).await;
        SaveOutcome::new(events, saved)
    }

    /// What was painted on the image at `path`, to be kept; undefined if nothing was.
    pub fn label_layer(&self, path: &str) -> Option<Vec<u8>> {
        self.inner.label_layer(path)
    }

    /// Takes in what `label_layer` gave of this image; gives its `Event[]`.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub fn restore_label_layer(&mut self, path: &str, bytes: &[u8]) -> js_sys::Array {
        to_array(self.inner.restore_label_layer(path, bytes))
    }

    /// Goes on with a saved run; gives its `Event[]`.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub fn resume_run(
        &mut self,
        name: Option<String>,
        length: f64,
        read: Function,
        batch: Option<f64>,
    ) -> js_sys::Array {
        let length = length as u64;
        let mut source = JsSource { length, read };
        to_array(self.inner.resume_run(name.as_deref(), &mut source, batch))
    }
}

/// Checks a saved run of `length` bytes behind `read(offset, length): Uint8Array`. No method: it may be called while
/// the engine is at work.
#[wasm_bindgen(unchecked_return_type = "SaveOutcome")]
pub fn describe_run(name: Option<String>, length: f64, read: Function) -> JsValue {
    let length = length as u64;
    let mut source = JsSource { length, read };
    SaveOutcome::new(Vec::new(), engine::Engine::describe_run(name.as_deref(), &mut source))
}
