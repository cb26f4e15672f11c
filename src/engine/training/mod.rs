//! Runs, from settings to a model: started, saved, gone on with; the model in memory, named and described.

mod advice;
mod foreign_model;
mod model_files;
mod naming;
mod object_sizes;
pub(super) mod resume;
mod run;
mod saved_labels;
mod saved_run;
mod scene;
mod settings;
mod tiles;
mod work;
