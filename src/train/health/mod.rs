//! Whether a run is worth going on with, and what is done where it is not.

pub(in crate::train) mod reinitialize;
pub(in crate::train) mod run_health;
pub(in crate::train) mod stopping;
pub(in crate::train) mod watch;
