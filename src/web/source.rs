//! Bytes behind a function of JavaScript.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::formats::run_file::Source;

/// `read(offset: number, length: number): Uint8Array`.
pub(super) struct JsSource {
    pub(super) length: u64,
    pub(super) read: Function,
}

impl Source for JsSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let (at, length) = (JsValue::from_f64(offset as f64), JsValue::from_f64(into.len() as f64));
        let read = self.read.call2(&JsValue::NULL, &at, &length).map_err(|e| words(&e))?;
        let bytes: Uint8Array = read.dyn_into().map_err(|_| "no bytes".to_owned())?;
        if bytes.length() as usize != into.len() {
            return Err(format!("{} of {} bytes", bytes.length(), into.len()));
        }
        bytes.copy_to(into);
        Ok(())
    }
}

pub(super) fn words(error: &JsValue) -> String {
    let text = error
        .dyn_ref::<js_sys::Error>()
        .map(|e| format!("{}: {}", String::from(e.name()), String::from(e.message())));
    text.or_else(|| error.as_string())
        .unwrap_or_else(|| "unknown".to_owned())
}
