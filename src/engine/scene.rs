//! One large scene as a data set: the part of it that is held back.

use std::borrow::Cow;

use super::{Engine, run::Sides};
use crate::{
    data::{
        batches::Sampling,
        held_back::{HeldBack, Wanted},
    },
    model::{Architecture, receptive_radius_px},
    protocol::{self, TrainConfig},
    train::RawSettings,
};

impl Engine {
    /// The part to hold back of the only image there is, where some is to be held back and the image is large enough.
    pub(super) fn hold_back(&self, config: &TrainConfig, raw: &RawSettings, sides: &Sides) -> Option<HeldBack> {
        let [pair] = sides.train[..] else { return None };
        let chosen = !config.val_names.is_empty();
        let known = (32.0..=1024.0).contains(&raw.tile_px) && (2.0..=5.0).contains(&raw.depth);
        if raw.sampling != Sampling::Crop || chosen || !sides.validation.is_empty() || !known {
            return None;
        }
        let depth = match raw.architecture {
            Architecture::UnetSmall => 2,
            _ => raw.depth as usize,
        };
        let tile_px = raw.tile_px as usize;
        let wanted = Wanted {
            share: config.val_share,
            tile_px,
            // Beyond half a tile training sees nothing around a pixel but by chance.
            gap_px: receptive_radius_px(depth).min(tile_px / 2),
            seed: config.seed as u32,
        };
        HeldBack::choose(&self.data, pair, &wanted)
    }

    /// The labels by which a prediction of a pair is judged: of an image that was trained on but for a part, that part's.
    pub(super) fn judged<'a>(&self, pair: usize, labels: &'a [u8]) -> Cow<'a, [u8]> {
        let held = self
            .last_held_back
            .filter(|held| held.pair == pair && held.fits(&self.data));
        match (held, self.data.image(pair)) {
            (Some(held), Some(image)) => Cow::Owned(held.only_held(labels, image.width as usize)),
            _ => Cow::Borrowed(labels),
        }
    }

    /// What is held back of an image, for the page.
    pub(super) fn held_back_out(&self, held: &HeldBack) -> Option<protocol::HeldBack> {
        let image = self.data.image(held.pair)?;
        Some(protocol::HeldBack {
            pair: held.pair as u32,
            left: held.area.left,
            top: held.area.top,
            width: held.area.width,
            height: held.area.height,
            share: held.area.pixels() as f64 / image.pixels().max(1) as f64,
        })
    }
}
