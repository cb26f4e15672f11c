//! How far augmentation goes.

use serde::{Deserialize, Serialize};

use super::Poses;

/// How far a tile's pose and light may be off, either way; each sample draws evenly from all of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct AugmentRanges {
    pub turn_deg: f64,
    /// Of the tile's side, along each axis.
    pub shift_share: f64,
    pub shear_deg: f64,
    /// 0.25: from 1 / 1.25 to 1.25 times the size, the same along both axes.
    pub zoom_share: f64,
    /// Added to values of 0 to 1.
    pub brightness: f64,
    /// Differences from mid-grey grow or shrink by this share.
    pub contrast: f64,
    pub poses: Poses,
}

impl AugmentRanges {
    /// What nothing goes through.
    pub const NONE: AugmentRanges = AugmentRanges {
        turn_deg: 0.0,
        shift_share: 0.0,
        shear_deg: 0.0,
        zoom_share: 0.0,
        brightness: 0.0,
        contrast: 0.0,
        poses: Poses::One,
    };

    /// The eight poses alone: no pixel is blended, no light changed.
    pub const FLIPS: AugmentRanges = AugmentRanges {
        poses: Poses::Eight,
        ..AugmentRanges::NONE
    };

    pub const STRONG: AugmentRanges = AugmentRanges {
        turn_deg: 15.0,
        shift_share: 0.1,
        shear_deg: 5.0,
        zoom_share: 0.25,
        brightness: 0.2,
        contrast: 0.2,
        poses: Poses::Eight,
    };

    /// The classic pipeline's numbers. Its own zoom is of each axis by itself, from 1 - 0.05 to 1 + 0.05.
    pub const CLASSIC: AugmentRanges = AugmentRanges {
        turn_deg: 0.2,
        shift_share: 0.05,
        shear_deg: 0.05,
        zoom_share: 0.05,
        poses: Poses::Mirrored,
        ..AugmentRanges::NONE
    };
}
