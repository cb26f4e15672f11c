//! All settings of a run: each with its usual value, its limits and its place in the form.
//!
//! A new setting is a field of [`TrainConfig`], its usual value in [`TrainConfig::default`] and its row in [`FIELDS`];
//! its label and help stand in `www/ui/field-strings.js`. The form, the address, the settings' file and the check of
//! its limits follow from the row.

use serde::{Deserialize, Serialize};

use super::{
    Architecture, AugmentRanges, Augmentation, BestBy, Calibration, Channels, Field, ForegroundWeight, Group, Head,
    Loss, NormStatistics, ObjectsBy, Poses, Preset, Sampling, Schedule, ValBy,
};

/// All settings of a run. Numbers arrive as the page typed them: any may be anything until it is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct TrainConfig {
    pub preset: Preset,
    pub architecture: Architecture,
    /// Filters of the first level.
    pub base: f64,
    /// Number of poolings (`unet_small` is always 2).
    pub depth: f64,
    #[serde(default)]
    pub head: Head,
    pub channels: Channels,
    /// Bands of the files that the network sees, by number from 1, in this order; empty: as `channels` says. Runs saved
    /// before it have none.
    #[serde(default)]
    pub bands: Vec<f64>,
    /// Side of a square training tile in pixels, a multiple of `2^depth`.
    pub tile_px: f64,
    pub sampling: Sampling,
    /// Tiles per step.
    pub batch: f64,
    pub epochs: f64,
    /// Steps of one epoch; 0 = as many as one pass over the training pixels takes.
    pub steps_per_epoch: f64,
    /// Total steps; 0 = `epochs * steps_per_epoch`.
    pub steps: f64,
    pub lr: f64,
    pub loss: Loss,
    /// Share of each label that is spread over all classes in the cross-entropy. Runs saved before it have none.
    #[serde(default)]
    pub label_smoothing: f64,
    pub foreground_weight: ForegroundWeight,
    pub augmentation: Augmentation,
    /// The largest turn either way, degrees. This field and those to `poses` count where `augmentation` is `own`; runs
    /// saved by versions that had none of them read as 0.
    #[serde(default)]
    pub turn_deg: f64,
    /// Largest shift along an axis, of the tile's side.
    #[serde(default)]
    pub shift_share: f64,
    /// Largest lean of upright lines either way, degrees.
    #[serde(default)]
    pub shear_deg: f64,
    /// 0.25: from 1 / 1.25 to 1.25 times the size.
    #[serde(default)]
    pub zoom_share: f64,
    /// Most that values of 0 to 1 rise or fall.
    #[serde(default)]
    pub brightness: f64,
    /// Share by which differences from mid-grey grow or shrink.
    #[serde(default)]
    pub contrast: f64,
    #[serde(default)]
    pub poses: Poses,
    pub dropout: f64,
    /// Share of pairs held back for validation. Ignored if `val_names` is not empty.
    pub val_share: f64,
    pub val_by: ValBy,
    /// Image file names (with or without folder) that make up the validation set.
    pub val_names: Vec<String>,
    /// Validate every so many steps; 0 = chosen from the run's length.
    pub validate_every: f64,
    pub keep_best: BestBy,
    /// Validations without improvement after which the run stops; 0 = never.
    pub patience: f64,
    pub schedule: Schedule,
    /// Steps over which the rate climbs from 0.
    pub warmup_steps: f64,
    /// Largest norm of all gradients together; 0 = any.
    pub clip_norm: f64,
    /// Weight of a pixel by its class, background first; empty = as `foreground_weight` says.
    pub class_weights: Vec<f64>,
    /// Width of the class between objects that touch, pixels; 0: there is none.
    #[serde(default)]
    pub boundary_px: f64,
    /// What an object is, where `boundary_px` is not 0.
    #[serde(default)]
    pub objects_by: ObjectsBy,
    pub norm_statistics: NormStatistics,
    /// Of a network of one class, where images are held back.
    #[serde(default)]
    pub calibration: Calibration,
    /// Seed of split, initial weights, crops, augmentation and dropout.
    pub seed: f64,
    /// What the foreground is ("building"), for files and their names; empty: as the data suggest
    /// (`Dataset::suggested_class` of the protocol). Runs saved before it have none.
    #[serde(default)]
    pub class_name: String,
}

impl Default for TrainConfig {
    /// The usual values, those of [`Preset::Balanced`]. Where one's own augmentation begins is what `strong` draws from.
    fn default() -> Self {
        let strong = AugmentRanges::STRONG;
        Self {
            preset: Preset::Balanced,
            architecture: Architecture::UnetNorm,
            base: 16.0,
            depth: 4.0,
            head: Head::Direct,
            channels: Channels::Rgb,
            bands: Vec::new(),
            tile_px: 128.0,
            sampling: Sampling::Crop,
            batch: 4.0,
            epochs: 30.0,
            steps_per_epoch: 0.0,
            steps: 0.0,
            lr: 2e-3,
            loss: Loss::BceDice,
            label_smoothing: 0.0,
            foreground_weight: ForegroundWeight::Several,
            augmentation: Augmentation::Flips,
            turn_deg: strong.turn_deg,
            shift_share: strong.shift_share,
            shear_deg: strong.shear_deg,
            zoom_share: strong.zoom_share,
            brightness: strong.brightness,
            contrast: strong.contrast,
            poses: strong.poses,
            dropout: 0.0,
            val_share: 0.2,
            val_by: ValBy::Share,
            val_names: Vec::new(),
            validate_every: 0.0,
            keep_best: BestBy::ValidationIou,
            patience: 0.0,
            schedule: Schedule::OneCycle,
            warmup_steps: 0.0,
            clip_norm: 0.0,
            class_weights: Vec::new(),
            boundary_px: 0.0,
            objects_by: ObjectsBy::Outlines,
            norm_statistics: NormStatistics::Adaptive,
            calibration: Calibration::Logistic,
            seed: 1.0,
            class_name: String::new(),
        }
    }
}

/// A setting's name and the number in it.
macro_rules! number {
    ($field:ident) => {
        (stringify!($field), |config: &TrainConfig| config.$field)
    };
}

/// Every setting but the preset, in the order of the form.
pub const FIELDS: &[Field<TrainConfig>] = &[
    Field::word("class_name", Group::Name),
    Field::whole(number!(epochs), Group::Main, 1.0, 1e5),
    Field::choice("augmentation", Group::Main, || spellings(Augmentation::ALL)),
    Field::real(number!(val_share), Group::Main, 0.0, 0.9),
    Field::real(number!(turn_deg), Group::Augment, 0.0, 180.0).step(1.0),
    Field::real(number!(shift_share), Group::Augment, 0.0, 0.5).step(0.01),
    Field::real(number!(zoom_share), Group::Augment, 0.0, 1.0).step(0.01),
    Field::real(number!(shear_deg), Group::Augment, 0.0, 45.0).step(1.0),
    Field::real(number!(brightness), Group::Augment, 0.0, 0.5).step(0.01),
    Field::real(number!(contrast), Group::Augment, 0.0, 0.9).step(0.01),
    Field::choice("poses", Group::Augment, || spellings(Poses::ALL)),
    Field::choice("architecture", Group::Network, || spellings(Architecture::ALL)),
    Field::whole(number!(base), Group::Network, 4.0, 64.0).multiple_of(4.0),
    Field::whole(number!(depth), Group::Network, 2.0, 5.0),
    Field::choice("head", Group::Network, || spellings(Head::ALL)),
    Field::choice("channels", Group::Network, || spellings(Channels::ALL)),
    Field::wholes("bands", |config| &config.bands, Group::Network, 1.0, 64.0),
    Field::whole(number!(tile_px), Group::Tiles, 32.0, 1024.0),
    Field::choice("sampling", Group::Tiles, || spellings(Sampling::ALL)),
    Field::whole(number!(batch), Group::Tiles, 1.0, 64.0),
    Field::whole(number!(steps_per_epoch), Group::Length, 0.0, 1e6),
    Field::whole(number!(steps), Group::Length, 0.0, 1e7),
    Field::real(number!(lr), Group::Learning, 1e-8, 1.0),
    Field::choice("schedule", Group::Learning, || spellings(Schedule::ALL)),
    Field::whole(number!(warmup_steps), Group::Learning, 0.0, 1e6),
    Field::real(number!(clip_norm), Group::Learning, 0.0, 1e6),
    Field::choice("loss", Group::Learning, || spellings(Loss::ALL)),
    Field::real(number!(label_smoothing), Group::Learning, 0.0, 0.2),
    Field::choice("foreground_weight", Group::Learning, || {
        spellings(ForegroundWeight::ALL)
    }),
    Field::reals(
        "class_weights",
        |config| &config.class_weights,
        Group::Learning,
        1e-3,
        1e3,
    ),
    Field::whole(
        number!(boundary_px),
        Group::Learning,
        0.0,
        super::MAX_BOUNDARY_PX as f64,
    )
    .multiple_of(2.0),
    Field::choice("objects_by", Group::Learning, || spellings(ObjectsBy::ALL)),
    Field::real(number!(dropout), Group::Learning, 0.0, 0.9),
    Field::choice("norm_statistics", Group::Learning, || spellings(NormStatistics::ALL)),
    Field::choice("val_by", Group::Validation, || spellings(ValBy::ALL)),
    Field::names("val_names", Group::Validation),
    Field::whole(number!(validate_every), Group::Validation, 0.0, 1e6),
    Field::choice("keep_best", Group::Validation, || spellings(BestBy::ALL)),
    Field::whole(number!(patience), Group::Validation, 0.0, 1e4),
    Field::choice("calibration", Group::Validation, || spellings(Calibration::ALL)),
    Field::whole(number!(seed), Group::Validation, 0.0, u32::MAX as f64),
];

/// The words by which the wire and the address write these.
fn spellings<T: Serialize>(all: &[T]) -> Vec<String> {
    let word = |value: &T| serde_json::to_value(value).ok()?.as_str().map(str::to_owned);
    all.iter().filter_map(word).collect()
}

impl TrainConfig {
    /// Whether the number of this name can be used, as far as its row says.
    pub fn is_within(&self, name: &str) -> bool {
        let row = FIELDS.iter().find(|field| field.name() == name);
        row.is_some_and(|field| field.problem(self).is_none())
    }

    /// Ranges of one's own.
    pub fn own_ranges(&self) -> AugmentRanges {
        AugmentRanges {
            turn_deg: self.turn_deg,
            shift_share: self.shift_share,
            shear_deg: self.shear_deg,
            zoom_share: self.zoom_share,
            brightness: self.brightness,
            contrast: self.contrast,
            poses: self.poses,
        }
    }

    /// Numbers of the bands that the network sees, meant for checked ones; empty: as `channels` says.
    pub fn band_numbers(&self) -> Vec<u32> {
        self.bands.iter().map(|band| *band as u32).collect()
    }

    /// Poolings of its network, whatever `depth` says of the small one; meant for a checked depth.
    pub fn poolings(&self) -> usize {
        match self.architecture {
            Architecture::UnetSmall => 2,
            _ => self.depth as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_row_and_its_usual_value_is_within_its_limits() {
        let usual = TrainConfig::default();
        let json = serde_json::to_value(&usual).expect("JSON");
        let mut names: Vec<&str> = json
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut rows: Vec<&str> = FIELDS.iter().map(Field::name).chain(["preset"]).collect();
        names.sort_unstable();
        rows.sort_unstable();
        assert_eq!(names, rows);
        for field in FIELDS {
            assert_eq!(field.problem(&usual), None, "{}", field.name());
            if let Some(words) = field.options() {
                let word = json[field.name()].as_str().expect("a word");
                assert!(words.iter().any(|other| other == word), "{word} is none of {words:?}");
            }
        }
    }
}
