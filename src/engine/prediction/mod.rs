//! Images to predict, the prediction under way, its results and the files they become.

mod adapting;
mod exports;
pub(super) mod inputs;
mod job;
mod label_places;
mod label_views;
mod large;
mod map_builder;
mod mosaic;
mod noted;
mod outlines;
mod part;
mod predict;
pub(super) mod prediction_state;
mod target;
mod whole;
