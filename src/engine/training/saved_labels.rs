//! Painted labels in a saved run's file.

use super::{
    resume::Refusal,
    saved_run::{About, SavedLayer},
};
use crate::{
    engine::Engine,
    formats::run_file::RunFile,
    train::state::{Bytes, StateError, read_bytes},
};

impl Engine {
    /// What was painted: where it lies in the file, and what lies there.
    pub(super) fn saved_layers(&self) -> (Vec<SavedLayer>, Vec<Bytes>) {
        let builder = &self.data.builder;
        let layers = builder.layers().enumerate().filter_map(|(number, (path, layer))| {
            let (name, bytes) = (format!("labels.{number}"), layer.encode());
            let saved = SavedLayer {
                path: path.to_owned(),
                image_id: format!("{:016x}", builder.image_hash(path)?),
                entry: name.clone(),
                bytes: bytes.len(),
            };
            Some((saved, Bytes { name, bytes }))
        });
        layers.unzip()
    }

    /// Paints what the saved run learnt from, where nothing is painted here yet: labels that are here may be newer. Gives
    /// whether there was something.
    pub(super) fn restore_painted(&mut self, about: &About, file: &mut RunFile) -> Result<bool, Refusal> {
        if about.layers.is_empty() {
            return Ok(false);
        }
        let builder = &mut self.data.builder;
        let mut order = Vec::new();
        for saved in &about.layers {
            let is_own = |path: &str| {
                builder.image_hash(path).map(|hash| format!("{hash:016x}")) == Some(saved.image_id.clone())
            };
            let path = match is_own(&saved.path) {
                true => Some(saved.path.clone()),
                false => builder.path_of(&saved.image_id),
            };
            let Some(path) = path else {
                return Err(Refusal::OtherData(Box::new(about.data.clone())));
            };
            if builder.layer(&path).is_none() {
                let bytes = read_bytes(file, &saved.entry, saved.bytes)?;
                let restored = builder.restore_layer(&path, &bytes);
                restored.map_err(|error| {
                    StateError::Meta(error.map_or_else(|| "no image".to_owned(), |error| error.to_string()))
                })?;
            }
            order.push(path);
        }
        // Pairs are known by their numbers.
        builder.order_layers(&order);
        if !about.painted_classes.is_empty() {
            builder.set_painted_classes(about.painted_classes.clone());
        }
        self.data.painted_version += 1;
        self.pair_data();
        Ok(true)
    }
}
