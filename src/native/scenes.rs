//! The images of a prediction: which there are, what lies beside them, and what their results are called.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    args::{PredictArgs, Shard},
    files::{self, Listed},
    stop::Stop,
};
use groundmask::{
    export::safe_file_name,
    formats::sidecars::{sidecar, stem_of},
    protocol::ExportKind,
    values::{TIFF, image_format_of_ending},
};

/// What the results of all images of a mosaic together are called.
const MOSAIC: &str = "mosaic";

/// An image to predict.
#[derive(Debug, Clone)]
pub struct Scene {
    pub image: Listed,
    /// World files, masks of missing pixels and the like.
    pub beside: Vec<Listed>,
    /// Results that are wanted, and their places.
    pub results: Vec<(ExportKind, PathBuf)>,
}

impl Scene {
    /// All images of a mosaic as one.
    pub fn of_all(job: &PredictArgs) -> Self {
        Self {
            image: Listed {
                path: MOSAIC.to_owned(),
                at: job.out.clone(),
            },
            beside: Vec::new(),
            // Its place is known, so that its mask is a GeoTIFF unless something else is wanted.
            results: results(&format!("{MOSAIC}.tif"), job),
        }
    }

    /// Whether every result is there. Results appear under their names when they are whole.
    pub fn is_done(&self) -> bool {
        self.results.iter().all(|(_, at)| at.exists())
    }
}

/// The scenes of a command, in order of their paths.
///
/// # Errors
/// If nothing is an image, or two images would have results of one name.
pub fn scenes(job: &PredictArgs) -> Result<Vec<Scene>, Stop> {
    let mut listed: Vec<Listed> = Vec::new();
    for path in &job.images {
        let found = files::listed(std::slice::from_ref(path))?;
        if path.is_dir() {
            // Results lie as the images did, below the folder that was named.
            listed.extend(found.into_iter().map(|file| Listed {
                path: without_first(&file.path).to_owned(),
                at: file.at,
            }));
        } else {
            listed.extend(found.into_iter().flat_map(with_neighbours));
        }
    }
    let mut beside: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    let mut images = Vec::new();
    for file in listed {
        match sidecar(&file.path) {
            Some((_, owner)) => beside.entry(owner).or_default().push(file),
            None if ending(&file.path).is_some_and(|ending| image_format_of_ending(&ending).is_some()) => {
                images.push(file);
            }
            None => {}
        }
    }
    images.sort_by(|a, b| a.path.cmp(&b.path));
    images.dedup_by(|a, b| a.at == b.at);
    let all: Vec<Scene> = images
        .into_iter()
        .map(|image| {
            let lower = image.path.to_lowercase();
            let of = |owner: &str| beside.get(owner).cloned().unwrap_or_default();
            Scene {
                beside: [of(&lower), of(&stem_of(&lower))].concat(),
                results: results(&image.path, job),
                image,
            }
        })
        .collect();
    if all.is_empty() {
        return Err(Stop::failed("no image among the files"));
    }
    refuse_same_names(&all)?;
    Ok(all)
}

/// Which of so many scenes are a shard's, by number.
pub fn share(scenes: usize, shard: Option<Shard>) -> Vec<usize> {
    match shard {
        None => (0..scenes).collect(),
        Some(Shard { number, of }) => (number - 1..scenes).step_by(of).collect(),
    }
}

/// A file, and those of its folder that belong to it.
fn with_neighbours(file: Listed) -> Vec<Listed> {
    let (lower, stem) = (file.path.to_lowercase(), stem_of(&file.path));
    let folder = file.at.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
    let names = entries.into_iter().flatten().flatten();
    let neighbours = names.filter_map(|entry| {
        let path = entry.file_name().to_string_lossy().into_owned();
        let (_, owner) = sidecar(&path)?;
        (owner == lower || owner == stem).then(|| Listed { path, at: entry.path() })
    });
    let neighbours: Vec<Listed> = neighbours.collect();
    std::iter::once(file).chain(neighbours).collect()
}

fn without_first(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, rest)| rest)
}

fn ending(path: &str) -> Option<String> {
    path.rsplit_once('.').map(|(_, ending)| ending.to_lowercase())
}

/// The wanted results of an image and their places.
fn results(path: &str, job: &PredictArgs) -> Vec<(ExportKind, PathBuf)> {
    let usual = match ending(path).and_then(|ending| image_format_of_ending(&ending)) {
        Some(format) if *format == TIFF => ExportKind::MaskTif,
        _ => ExportKind::MaskPng,
    };
    let kinds = match job.format.is_empty() {
        true => vec![usual],
        false => job.format.clone(),
    };
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = safe_file_name(stem);
    let folder = job.out.join(folder);
    kinds
        .into_iter()
        .map(|kind| (kind, folder.join(format!("{stem}{}", kind.ending()))))
        .collect()
}

fn refuse_same_names(all: &[Scene]) -> Result<(), Stop> {
    let mut seen: BTreeMap<&Path, &str> = BTreeMap::new();
    for scene in all {
        for (_, at) in &scene.results {
            if let Some(other) = seen.insert(at, &scene.image.path) {
                return Err(Stop::usage(format!(
                    "{other} and {} would both become {}",
                    scene.image.path,
                    at.display()
                )));
            }
        }
    }
    Ok(())
}
