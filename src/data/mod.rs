//! Floor between files and tensors: plain Rust, no device.
//!
//! Dropped files are told apart ([`load`]), decoded ones become pairs by name ([`pair`]), masks become 0 and 1 by a rule ([`mask`];
//! what their pixels hold is in [`mask_value`], what their numbers mean in [`mask_numbers`])
//! or class numbers by a legend ([`classes`], found by [`class_detect`]; a model's may be in another order, [`class_order`]), touching objects may have a class between them ([`objects`]), people paint labels over images and masks ([`label_layer`], [`painted_classes`]), pairs
//! make ([`builder`]) a [`dataset`] with remarks ([`pair_notes`], [`findings`], [`map_faults`]), adjusted by hand ([`adjustment`]), which is divided ([`split`]; a single large image by a part of it, [`held_back`]), cut to tiles
//! ([`preprocess`]), given a random pose ([`augment`]) and handed out as batches ([`batches`]).
//! [`scenes`] makes a data set out of nothing. Everything random is a pure function of a seed
//! ([`draw`]), with the same result on every platform ([`trig`]).
//!
//! Imports `formats` and `values` (and, in tests, the plain warp of `ops`), nothing above.

pub mod adjustment;
pub mod alignment;
mod area;
pub mod augment;
pub mod batches;
pub mod builder;
pub mod class_detect;
pub mod class_order;
pub mod classes;
pub mod dataset;
pub mod draw;
pub mod fault;
pub mod finding_codes;
pub mod findings;
mod gaps;
mod grid;
pub mod held_back;
pub mod label_layer;
mod likeness;
pub mod load;
pub mod map_faults;
pub mod mask;
pub mod mask_files;
pub mod mask_numbers;
pub mod mask_value;
pub mod objects;
pub mod painted_classes;
pub mod pair;
pub mod pair_notes;
pub mod preprocess;
pub mod scenes;
pub mod split;
pub mod split_by_location;
mod thumbprint;
pub mod trig;
pub mod value_ranges;
