//! What a run tells: events, metrics, curves and pictures.

pub(in crate::train) mod calibration;
pub(in crate::train) mod curve;
pub(in crate::train) mod events;
pub(in crate::train) mod layers;
pub(in crate::train) mod score;
