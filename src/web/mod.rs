//! The only floor that knows JavaScript: the engine as a class, the WebGPU probe, the panic hook.

#[cfg(feature = "checks")]
mod bench;
#[cfg(feature = "checks")]
mod checks;
mod memory;
mod objects;
#[cfg(feature = "threads")]
mod pool;
mod probe;
mod saved_run;
mod source;

use self::source::JsSource;

use js_sys::{Array, Function, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    data::pair,
    engine,
    protocol::{Command, DeviceChoice, Event, Fault, FaultCode, Stage},
};

unsafe extern "C" {
    /// The linker's: runs the constructors of all static registries (cubecl's `inventory` entries, by the thousand).
    fn __wasm_call_ctors();
}

/// Runs when the module is instantiated: a panicking async export never settles its promise
/// (wasm-bindgen#2724), so the hook itself tells the page that this worker is finished.
#[wasm_bindgen(start)]
pub fn start() {
    // Named here, the constructors run once. Otherwise the linker takes the module for a command and wraps every export
    // in a call of them all: half of a training step on WebGPU went there, and the registries grew with each call.
    // SAFETY: the first call into the module, and the only one of this function.
    unsafe { __wasm_call_ctors() };
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let event = Event::Fatal {
            message: info.to_string(),
        };
        if let Ok(scope) = js_sys::global().dyn_into::<web_sys::DedicatedWorkerGlobalScope>() {
            // Nothing is left to do if even this fails; the page's heartbeat notices.
            let _ = scope.post_message(&to_js(&event));
        }
    }));
}

fn to_js<T: Serialize>(value: &T) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}

fn now_ms() -> f64 {
    let performance = Reflect::get(&js_sys::global(), &JsValue::from_str("performance"));
    match performance.ok().and_then(|p| p.dyn_into::<web_sys::Performance>().ok()) {
        Some(performance) => performance.now(),
        None => js_sys::Date::now(),
    }
}

/// The day of today where the user is.
fn today() -> String {
    let now = js_sys::Date::new_0();
    format!(
        "{:04}-{:02}-{:02}",
        now.get_full_year(),
        now.get_month() + 1,
        now.get_date()
    )
}

fn to_array(events: Vec<Event>) -> Array {
    events.iter().map(to_js).collect()
}

/// The engine behind the page. Calls must not overlap: await each before the next.
#[wasm_bindgen]
pub struct Engine {
    inner: engine::Engine,
}

#[wasm_bindgen]
impl Engine {
    /// `post` gets the parts of large files while they are made (`file_part`), in the middle of a command: it must not call
    /// the engine. Without it files come whole.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "(event: Event) => void")] post: Option<Function>,
    ) -> Self {
        let mut inner = engine::Engine::new(Box::new(now_ms));
        inner.set_today(Box::new(today));
        if let Some(post) = post {
            inner.set_post(Box::new(move |event| {
                // A part that gets lost here is missed at the end: `file` tells their number.
                let _ = post.call1(&JsValue::NULL, &to_js(&event));
            }));
        }
        Self { inner }
    }

    /// Carries out one `Command`; gives its `Event[]`.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub async fn command(&mut self, #[wasm_bindgen(unchecked_param_type = "Command")] command: JsValue) -> Array {
        let command: Command = match serde_wasm_bindgen::from_value(command) {
            Ok(command) => command,
            Err(error) => {
                let detail = Some(error.to_string());
                let fault = Fault {
                    code: FaultCode::BadCommand,
                    stage: Stage::Protocol,
                    file: None,
                    detail,
                };
                return to_array(vec![Event::Fault(fault)]);
            }
        };
        // A GPU that never answers must not hold up the CPU that was asked for in its place.
        if let Command::Init { device, .. } = &command
            && *device != DeviceChoice::Cpu
        {
            self.inner.set_probe(probe::probe().await);
        }
        to_array(self.inner.command(command).await)
    }

    /// Takes in a file that stays where it is, of `length` bytes behind `read(offset, length): Uint8Array`, which may be
    /// called for as long as the file is in use. Gives an `Event[]`; nothing if its bytes are wanted whole.
    #[wasm_bindgen(unchecked_return_type = "Event[] | undefined")]
    pub fn open_file(
        &mut self,
        path: String,
        length: f64,
        read: Function,
        #[wasm_bindgen(unchecked_param_type = "Purpose")] purpose: JsValue,
    ) -> Option<Array> {
        let purpose = serde_wasm_bindgen::from_value(purpose).ok()?;
        let length = length as u64;
        let source = JsSource { length, read };
        self.inner.open_file(path, Box::new(source), purpose).map(to_array)
    }

    /// How many parts are to be taken in of the images to train on that are too large to be held.
    pub fn plan_parts(&mut self) -> u32 {
        self.inner.plan_parts()
    }

    /// Takes in the next of them; `false` where none is left.
    pub fn add_part(&mut self) -> bool {
        self.inner.add_part()
    }

    /// Does about `budget_ms` of whatever is under way; gives its `Event[]`.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub async fn advance(&mut self, budget_ms: f64) -> Array {
        to_array(self.inner.advance(budget_ms).await)
    }

    /// Whether `advance` has something to do.
    pub fn is_busy(&self) -> bool {
        self.inner.is_busy()
    }

    /// Whether `advance` has something left to look at in the data set.
    pub fn is_examining(&self) -> bool {
        self.inner.is_examining()
    }

    /// Bytes of wasm memory.
    pub fn memory_bytes(&self) -> f64 {
        core::arch::wasm32::memory_size(0) as f64 * 65536.0
    }
}

/// Whether a path is one that systems leave behind, or hidden: it is not read at all.
#[wasm_bindgen]
pub fn is_junk(path: &str) -> bool {
    pair::is_junk(path)
}

/// Whether a file lies beside the data of a data set by its name: an archive so called (`.docx`) is no archive of images.
#[wasm_bindgen]
pub fn is_beside(path: &str) -> bool {
    pair::is_beside(path)
}

#[cfg(feature = "checks")]
fn error(cause: impl std::fmt::Display) -> JsValue {
    js_sys::Error::new(&cause.to_string()).into()
}
