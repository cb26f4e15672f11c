//! The classic faults of map data: outlines that lie beside what they mark ([`shift`]), and outlines on a part of the scene
//! only ([`part`]); what both find in a data set is in [`examine`].

pub mod examine;
pub mod part;
pub mod shift;
mod squares;
mod view;

pub use view::{MAX_PX, UNKNOWN, View};
