//! Plain values that cross floors and the worker, each written once.
//!
//! | file | what |
//! |---|---|
//! | `settings`, `presets` | a run's settings: usual values, limits, presets; the rows that the form is drawn from |
//! | `choices`, `augment`, `field`, `field_error` | settings that are words, ranges of augmentation, what a row is, what can be wrong |
//! | `bands` | which bands of its files a network sees |
//! | `labels`, `boundary`, `pairs`, `range` | mask rules and classes, the class between objects, notes and findings, ranges of numbers |
//! | `metrics`, `run_report`, `run_end` | what is measured, what runs tell, why they end |
//! | `device` | the device and why it is that one |
//! | `image_formats` | the image formats that are read: names, endings |
//! | `fnv` | the hash of what is kept in files |
//! | `limits` | numbers and names that engine and page must agree on |
//!
//! The lowest floor: it imports nothing of this crate, so that the build tool compiles it too and writes
//! `www/generated/` from it (`cargo xtask generate`).

mod augment;
mod bands;
mod boundary;
mod choices;
mod device;
mod field;
mod field_error;
mod fnv;
mod image_formats;
mod labels;
mod limits;
mod metrics;
mod pairs;
mod presets;
mod range;
mod run_end;
mod run_report;
mod settings;

pub use augment::*;
pub use bands::*;
pub use boundary::*;
pub use choices::*;
pub use device::*;
pub use field::*;
pub use field_error::*;
pub use fnv::*;
pub use image_formats::*;
pub use labels::*;
pub use limits::*;
pub use metrics::*;
pub use pairs::*;
pub use range::*;
pub use run_end::*;
pub use run_report::*;
pub use settings::*;
