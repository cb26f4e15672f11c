//! The data set: files in, labels, outlines and their masks, and what is wrong with them.

mod annotated;
mod boundary;
pub(super) mod cutting;
mod files;
mod label_files;
pub(super) mod labels;
mod large;
pub(super) mod map_faults;
pub(super) mod others;
mod unpaired;
mod vector_areas;
mod vector_codes;
mod vector_draw;
pub(super) mod vector_masks;
mod vector_objects;
