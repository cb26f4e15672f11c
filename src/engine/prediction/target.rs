//! What a prediction looks at: the image of a pair, or an image dropped to be predicted.

use super::job::Target;
use crate::{engine::Engine, formats::raster::Raster, geo::GeoRef};

/// What the result of all images together is called.
const MOSAIC_NAME: &str = "mosaic";

impl Engine {
    /// The image, numbers of more than 8 bits as the model sees them.
    pub(super) fn raster(&self, target: Target) -> Option<Raster> {
        let image = match target {
            Target::Pair(pair) => self.data.set.image(pair),
            Target::Input(input) => self.inputs.raster(input),
            // Its rows are put together when they are looked at.
            Target::Mosaic => None,
        };
        Some(self.model.as_ref()?.ranges.apply(image?))
    }

    /// Width and height.
    pub(super) fn target_size(&self, target: Target) -> Option<[u32; 2]> {
        match target {
            Target::Pair(pair) => self.data.set.image(pair).map(|image| [image.width, image.height]),
            Target::Input(input) => self.inputs.size(input),
            Target::Mosaic => self.inputs.layout().ok().map(|layout| layout.size),
        }
    }

    pub(super) fn target_path(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.set.image_path(pair),
            Target::Input(input) => self.inputs.path(input),
            Target::Mosaic => Some(MOSAIC_NAME),
        }
        .unwrap_or_default()
        .to_owned()
    }

    /// Of its file: `images/12.png` -> `12.png`.
    pub(super) fn target_file_name(&self, target: Target) -> String {
        let path = self.target_path(target);
        path.rsplit('/').next().unwrap_or(&path).to_owned()
    }

    /// Where the image lies on the ground. Of a pair only if it is its file's whole picture.
    pub(super) fn target_geo(&self, target: Target) -> Option<GeoRef> {
        match target {
            Target::Pair(pair) => {
                let (path, image) = (self.data.set.image_path(pair)?, self.data.set.image(pair)?);
                let whole = self.data.vectors.size(path) == Some([image.width, image.height]);
                self.data.vectors.geo(path).filter(|_| whole)
            }
            Target::Input(input) => self.inputs.geo(input).cloned(),
            Target::Mosaic => self.inputs.layout().ok().map(|layout| layout.geo),
        }
    }

    pub(super) fn target_name(&self, target: Target) -> String {
        match target {
            Target::Pair(pair) => self.data.set.image_path(pair).map(file_stem).unwrap_or_default(),
            Target::Input(input) => self.inputs.path(input).map(file_stem).unwrap_or_default(),
            Target::Mosaic => MOSAIC_NAME.to_owned(),
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
