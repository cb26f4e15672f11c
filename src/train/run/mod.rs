//! The loop of a run: its steps, its validations, and how long it will take.

mod clip;
mod crops;
pub mod forecast;
mod learner;
mod losses;
pub(in crate::train) mod measure;
pub(in crate::train) mod optimizer;
pub(in crate::train) mod session;
pub(in crate::train) mod setup;
pub(in crate::train) mod step;
mod validator;
