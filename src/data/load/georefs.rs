//! Images by path with what they say of themselves, and where they lie by that and by the files beside them.

use std::{cell::OnceCell, collections::BTreeMap};

use super::{sidecars::Sidecars, tile_names};
use crate::{
    data::alignment::Located,
    formats::{image::ImageFacts, sidecars::SidecarKind},
    geo::{GeoRef, GeoRefRemark},
};

/// The images of one purpose, training or prediction, and their sidecars.
#[derive(Default)]
pub struct GeoRefs {
    images: BTreeMap<String, ImageFacts>,
    sidecars: Sidecars,
    /// References by names alone, of all images together.
    by_name: OnceCell<BTreeMap<String, GeoRef>>,
    most_bands: usize,
    /// What the file with the most calls them.
    band_names: Vec<String>,
}

impl GeoRefs {
    /// Takes an image in; one of the same path is replaced.
    pub fn add(&mut self, path: &str, facts: ImageFacts) {
        if facts.bands > self.most_bands {
            self.most_bands = facts.bands;
            self.band_names = facts.band_names.clone();
        }
        self.images.insert(path.to_owned(), facts);
        self.by_name.take();
    }

    /// Takes in what lies beside an image, by the path of its owner as
    /// [`sidecar`](crate::formats::sidecars::sidecar) gives it.
    pub fn add_sidecar(&mut self, kind: SidecarKind, owner: String, bytes: &[u8]) {
        self.sidecars.add(kind, owner, bytes);
    }

    /// What the `.prj` beside a file says.
    pub fn projection_of(&self, path: &str) -> Option<&str> {
        self.sidecars.projection_of(path)
    }

    /// The value that means nothing, of each band of an image, by the auxiliary file beside it.
    pub fn nodata_of(&self, path: &str) -> &[f64] {
        self.sidecars.nodata_of(path)
    }

    /// Paths of the images, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.images.keys()
    }

    /// Most bands that an image had, alpha aside; 0 where no image had a choice.
    pub fn most_bands(&self) -> usize {
        self.most_bands
    }

    /// What the file with the most bands calls them, in their order; empty where it says nothing.
    pub fn band_names(&self) -> &[String] {
        &self.band_names
    }

    /// Width and height of an image in pixels, where its header says them.
    pub fn size(&self, path: &str) -> Option<[u32; 2]> {
        self.images.get(path)?.size
    }

    /// Where an image lies, by itself, by what lies beside it, or else by its name; `None` if there is no such image.
    pub fn located(&self, path: &str) -> Option<Located> {
        let facts = self.images.get(path)?;
        let mut located = self.sidecars.georef_of(path, facts.format, &facts.own_georef);
        if located == Located::default() {
            let sizes = || self.images.iter().map(|(path, facts)| (path.as_str(), facts.size));
            let by_name = self.by_name.get_or_init(|| tile_names::places(sizes()));
            located.geo = by_name.get(path).cloned();
        }
        Some(located)
    }

    pub fn geo(&self, path: &str) -> Option<GeoRef> {
        self.located(path)?.geo
    }

    /// Where each image lies, by path.
    pub fn all(&self) -> BTreeMap<String, Located> {
        let located = |path: &String| Some((path.clone(), self.located(path)?));
        self.images.keys().filter_map(located).collect()
    }

    /// Values that mean nothing by files beside the images, by path.
    pub fn nodata(&self) -> BTreeMap<String, Vec<f64>> {
        let all = self.images.keys().map(|path| (path, self.sidecars.nodata_of(path)));
        let some = all.filter(|(_, values)| !values.is_empty());
        some.map(|(path, values)| (path.clone(), values.to_vec())).collect()
    }

    /// Why there is no placed image, where one has control points.
    pub fn why_not_located(&self) -> String {
        let said = self.images.keys().find_map(|path| match self.located(path)?.remark? {
            GeoRefRemark::ControlPoints { residual_px } => Some(format!(
                "; the control points of {path} fit no plane: {residual_px:.1} pixels off"
            )),
            _ => None,
        });
        format!("no image with a place on the ground{}", said.unwrap_or_default())
    }
}
