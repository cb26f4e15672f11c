//! Everything that crosses the worker boundary: commands in, events out, faults in both senses.
//!
//! The page and the worker exchange plain JavaScript objects of these shapes; byte fields are
//! `Uint8Array`s whose buffers the worker transfers. `tsify` writes the TypeScript types from the
//! definitions below into the wasm package, so the page is checked against this file.
//!
//! Values that floors below the engine know too stand in [`crate::values`].
//!
//! Faults are a code plus data. Sentences live in one place, `www/ui/strings.js`.

mod command;
mod data;
mod event;
mod fault;
mod files;
mod geo;
mod labels;
mod outlines;
mod run;
mod saved_run;

pub use command::*;
pub use data::*;
pub use event::*;
pub use fault::*;
pub use files::*;
pub use geo::*;
pub use labels::*;
pub use outlines::*;
pub use run::*;
pub use saved_run::*;

pub use crate::values::*;
