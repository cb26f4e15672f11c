//! One large scene as a data set: the part of it that is held back.

use std::borrow::Cow;

use super::settings::Split;
use crate::{
    data::{
        batches::Sampling,
        held_back::{HeldBack, Wanted},
    },
    engine::Engine,
    model::receptive_radius_px,
    protocol::{self, Finding, FindingCode, TrainConfig},
};

impl Engine {
    /// The part to hold back of the only image there is, where some is to be held back and the image is large enough.
    pub(super) fn hold_back(&self, config: &TrainConfig, split: &Split) -> Option<HeldBack> {
        let [pair] = split.train[..] else { return None };
        let chosen = !config.val_names.is_empty();
        let known = config.is_within("tile_px") && config.is_within("depth");
        if config.sampling != Sampling::Crop || chosen || !split.validation.is_empty() || !known {
            return None;
        }
        let tile_px = config.tile_px as usize;
        let wanted = Wanted {
            share: config.val_share,
            tile_px,
            // Beyond half a tile training sees nothing around a pixel but by chance.
            gap_px: receptive_radius_px(config.poolings()).min(tile_px / 2),
            seed: config.seed as u32,
        };
        HeldBack::choose(&self.data.set, pair, &wanted)
    }

    /// The labels by which a prediction of a pair is judged: of an image that was trained on but for a part, that part's.
    pub(in crate::engine) fn judged<'a>(&self, pair: usize, labels: &'a [u8]) -> Cow<'a, [u8]> {
        let held = self
            .prediction
            .last_held_back()
            .filter(|held| held.pair == pair && held.fits(&self.data.set));
        match (held, self.data.set.image(pair)) {
            (Some(held), Some(image)) => Cow::Owned(held.only_held(labels, image.width as usize)),
            _ => Cow::Borrowed(labels),
        }
    }

    /// A finding about large images with their area on the ground, where all of them are placed.
    pub(in crate::engine) fn with_ground(&self, mut finding: Finding) -> Finding {
        if finding.code == FindingCode::FewScenes {
            let area_m2 = |&pair: &u32| {
                let (image, path) = (
                    self.data.set.image(pair as usize)?,
                    self.data.set.image_path(pair as usize)?,
                );
                let side_m = self.data.vectors.pixel_m(std::iter::once(path))?;
                Some(image.pixels() as f64 * side_m * side_m)
            };
            finding.value = finding.pairs.iter().map(area_m2).sum();
        }
        finding
    }

    /// Whether rows of an image run from north to south and columns from west to east, as far as is known.
    fn is_north_up(&self, pair: usize) -> bool {
        let geo = self
            .data
            .set
            .image_path(pair)
            .and_then(|path| self.data.vectors.geo(path));
        geo.is_some_and(|geo| {
            let ([x, y], [right, _], [_, below]) = (geo.to_map(0.0, 0.0), geo.to_map(1.0, 0.0), geo.to_map(0.0, 1.0));
            !geo.is_rotated() && right > x && below < y
        })
    }

    /// What is held back of an image, for the page.
    pub(super) fn held_back_out(&self, held: &HeldBack) -> Option<protocol::HeldBackInfo> {
        let image = self.data.set.image(held.pair)?;
        Some(protocol::HeldBackInfo {
            pair: held.pair as u32,
            left: held.area.left,
            top: held.area.top,
            width: held.area.width,
            height: held.area.height,
            north_up: self.is_north_up(held.pair),
            share: held.area.pixels() as f64 / image.pixels().max(1) as f64,
        })
    }
}
