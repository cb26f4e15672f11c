//! Inference: an image of any size in, a probability map of its size out.
//!
//! A [`View`] is an image as the model is to see it (native, resized to one tile, or Classic's
//! crop); a [`Prediction`] goes over it tile by tile with overlap and blends the seams, one tile a
//! call, so that a caller can stop or paint in between, and gives away rows ([`Rows`]) as they are finished.

mod adapt;
mod crossings;
mod distance;
mod outlines;
mod pose;
mod resample;
mod rescale;
mod right_angles;
mod rows;
mod separate;
mod simplify;
mod tiles;
mod view;

pub use adapt::{Adaptation, is_mostly_missing, windows};
pub use outlines::{Region, regions};
pub use resample::{resize_bilinear, shrink_mean, shrink_nearest, shrunk};
pub use rescale::Rescale;
pub use right_angles::right_angled;
pub use rows::{Cut, Rows};
pub use separate::{Ground, objects};
pub use simplify::{Ring, signed_area, simplified};
pub use tiles::{InferError, Prediction};
pub use view::{InputSpec, View};
