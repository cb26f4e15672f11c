//! What a prediction looks at: the image of a pair, or an image dropped to be predicted.

use super::Engine;
use crate::formats::{geo::GeoRef, raster::Raster};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// By its number in the data set.
    Pair(usize),
    /// By its number in the engine's inputs.
    Input(usize),
}

impl Target {
    pub(super) fn pair(self) -> Option<usize> {
        match self {
            Self::Pair(pair) => Some(pair),
            Self::Input(_) => None,
        }
    }

    pub(super) fn input(self) -> Option<usize> {
        match self {
            Self::Input(input) => Some(input),
            Self::Pair(_) => None,
        }
    }
}

impl Engine {
    /// The image, numbers of more than 8 bits as the model sees them.
    pub(super) fn raster(&self, target: Target) -> Option<Raster> {
        let image = match target {
            Target::Pair(pair) => self.data.image(pair),
            Target::Input(input) => self.inputs.raster(input),
        };
        Some(self.model.as_ref()?.ranges.apply(image?))
    }

    /// Width and height.
    pub(super) fn target_size(&self, target: Target) -> Option<[u32; 2]> {
        match target {
            Target::Pair(_) => None,
            Target::Input(input) => self.inputs.size(input),
        }
    }

    pub(super) fn target_path(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.image_path(pair),
            Target::Input(input) => self.inputs.path(input),
        }
        .unwrap_or_default()
        .to_owned()
    }

    /// Where the image lies on the ground. Of a pair only if it is its file's whole picture.
    pub(super) fn target_geo(&self, target: Target) -> Option<GeoRef> {
        match target {
            Target::Pair(pair) => {
                let (path, image) = (self.data.image_path(pair)?, self.data.image(pair)?);
                let whole = self.vectors.size(path) == Some([image.width, image.height]);
                self.vectors.geo(path).filter(|_| whole)
            }
            Target::Input(input) => self.inputs.geo(input).cloned(),
        }
    }

    pub(super) fn target_name(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.image_path(pair).map(file_stem).unwrap_or_default(),
            Target::Input(input) => self.inputs.path(input).map(file_stem).unwrap_or_default(),
        }
    }
}

/// `images/12.png` -> `12`.
fn file_stem(path: &str) -> String {
    let base = path.rsplit('/').next().unwrap_or(path);
    match base.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => base.to_owned(),
    }
}
