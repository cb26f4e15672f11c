//! Whether a run can be made of what a person set.

use super::config::{RawSettings, Settings};
use crate::{
    data::{augment::Augmentation, batches::Sampling, preprocess::SEED_TILE_PX},
    model::{Architecture, ModelConfig},
};

/// Why a field cannot be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Problem {
    NotANumber,
    NotWhole,
    OutOfRange {
        min: f64,
        max: f64,
    },
    NotAMultiple {
        of: f64,
    },
    /// The seed's pipeline knows foreground and background only.
    NeedsBinaryMasks,
    /// One weight for each class, or none at all.
    WrongCount {
        wanted: f64,
    },
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldProblem {
    pub field: &'static str,
    pub problem: Problem,
}

struct Checker(Vec<FieldProblem>);

impl Checker {
    fn fail(&mut self, field: &'static str, problem: Problem) {
        self.0.push(FieldProblem { field, problem });
    }

    /// A finite number from `min` to `max`; `min` if it is not, so that checking can go on.
    fn real(&mut self, field: &'static str, value: f64, min: f64, max: f64) -> f64 {
        if !value.is_finite() {
            self.fail(field, Problem::NotANumber);
        } else if !(min..=max).contains(&value) {
            self.fail(field, Problem::OutOfRange { min, max });
        } else {
            return value;
        }
        min
    }

    fn whole(&mut self, field: &'static str, value: f64, min: f64, max: f64) -> usize {
        let checked = self.real(field, value, min, max);
        if checked == value && checked.fract() != 0.0 {
            self.fail(field, Problem::NotWhole);
            return min as usize;
        }
        checked as usize
    }

    fn multiple(&mut self, field: &'static str, value: f64, of: usize, min: f64, max: f64) -> usize {
        let checked = self.whole(field, value, min, max);
        if checked as f64 == value && !checked.is_multiple_of(of) {
            self.fail(field, Problem::NotAMultiple { of: of as f64 });
        }
        checked
    }
}

/// Steps between two validations where nobody chose: about twelve in a run, none too close or too far.
pub fn usual_interval(steps_total: u32) -> u32 {
    (steps_total / 12).clamp(10, 250)
}

impl RawSettings {
    /// Checks every field. `pass_steps` is how many steps one pass over the training pixels takes,
    /// given the tile and the batch; `train_pairs` of 0 means it is not known yet.
    ///
    /// # Errors
    /// All fields that cannot be used, in the order of the form.
    pub fn check(&self, pass_steps: impl FnOnce(usize, usize) -> u32) -> Result<Settings, Vec<FieldProblem>> {
        let mut c = Checker(Vec::new());
        let base = c.multiple("base", self.base, 4, 4.0, 64.0);
        let depth = match self.architecture {
            Architecture::UnetSmall => 2,
            _ => c.whole("depth", self.depth, 2.0, 5.0),
        };
        let tile_px = match self.sampling {
            Sampling::Seed => SEED_TILE_PX,
            _ => c.multiple("tile_px", self.tile_px, 1 << depth, 32.0, 1024.0),
        };
        let batch = c.whole("batch", self.batch, 1.0, 64.0);
        let epochs = c.whole("epochs", self.epochs, 1.0, 100_000.0);
        let per_epoch = c.whole("steps_per_epoch", self.steps_per_epoch, 0.0, 1_000_000.0);
        let steps = c.whole("steps", self.steps, 0.0, 10_000_000.0);
        let lr = c.real("lr", self.lr, 1e-8, 1.0);
        let dropout = c.real("dropout", self.dropout, 0.0, 0.9);
        let val_share = c.real("val_share", self.val_share, 0.0, 0.9);
        let validate_every = c.whole("validate_every", self.validate_every, 0.0, 1_000_000.0);
        let patience = c.whole("patience", self.patience, 0.0, 10_000.0);
        let warmup_steps = c.whole("warmup_steps", self.warmup_steps, 0.0, 1_000_000.0);
        let clip_norm = c.real("clip_norm", self.clip_norm, 0.0, 1e6);
        // Foreground and background are two, though the network has one output for them.
        let classes = self.classes.max(2);
        let class_weights: Vec<f32> = self
            .class_weights
            .iter()
            .map(|w| c.real("class_weights", *w, 1e-3, 1e3) as f32)
            .collect();
        if !class_weights.is_empty() && class_weights.len() != classes {
            c.fail("class_weights", Problem::WrongCount { wanted: classes as f64 });
        }
        if let Augmentation::Own(ranges) = self.augmentation {
            c.real("turn_deg", ranges.turn_deg, 0.0, 180.0);
            c.real("shift_share", ranges.shift_share, 0.0, 0.5);
            c.real("shear_deg", ranges.shear_deg, 0.0, 45.0);
            c.real("zoom_share", ranges.zoom_share, 0.0, 1.0);
            c.real("brightness", ranges.brightness, 0.0, 0.5);
            c.real("contrast", ranges.contrast, 0.0, 0.9);
        }
        let seed = c.whole("seed", self.seed, 0.0, f64::from(u32::MAX));
        if self.sampling == Sampling::Seed && self.classes > 1 {
            c.fail("sampling", Problem::NeedsBinaryMasks);
        }
        if !c.0.is_empty() {
            return Err(c.0);
        }
        let steps_per_epoch = if per_epoch > 0 {
            per_epoch as u32
        } else {
            pass_steps(tile_px, batch).max(1)
        };
        let steps_total = if steps > 0 {
            steps as u32
        } else {
            steps_per_epoch.saturating_mul(epochs as u32).min(10_000_000)
        };
        if warmup_steps >= steps_total as usize {
            // The rate set would never be reached.
            let max = f64::from(steps_total.saturating_sub(1));
            c.fail("warmup_steps", Problem::OutOfRange { min: 0.0, max });
            return Err(c.0);
        }
        let dropout = if self.architecture == Architecture::UnetSmall {
            0.0
        } else {
            dropout as f32
        };
        Ok(Settings {
            model: ModelConfig {
                architecture: self.architecture,
                base,
                depth,
                channels: self.channels.count(),
                dropout,
                classes: self.classes.max(1),
            },
            channels: self.channels,
            tile_px,
            sampling: self.sampling,
            batch,
            steps_total,
            steps_per_epoch,
            lr,
            loss: self.loss,
            weigh_foreground: self.weigh_foreground,
            augmentation: self.augmentation,
            validate_every: if validate_every > 0 {
                validate_every as u32
            } else {
                usual_interval(steps_total)
            },
            keep_best: self.keep_best,
            seed: seed as u32,
            val_share,
            schedule: self.schedule,
            warmup_steps: warmup_steps as u32,
            patience: patience as u32,
            clip_norm,
            class_weights,
            norm_statistics: self.norm_statistics,
            held_back: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::augment::Ranges, model::Architecture, train::config::tests::good};

    fn problem(change: impl FnOnce(&mut RawSettings)) -> Vec<FieldProblem> {
        let mut raw = good();
        change(&mut raw);
        raw.check(|_, _| 20).expect_err("this cannot be used")
    }

    #[test]
    fn steps_follow_from_epochs_unless_given() {
        assert_eq!(good().check(|_, _| 20).expect("usable").steps_total, 60);
        assert_eq!(
            RawSettings { steps: 7.0, ..good() }
                .check(|_, _| 20)
                .expect("usable")
                .steps_total,
            7
        );
        assert_eq!(
            RawSettings {
                steps_per_epoch: 50.0,
                ..good()
            }
            .check(|_, _| 20)
            .expect("usable")
            .steps_total,
            150
        );
    }

    #[test]
    fn nonsense_is_named_at_its_field() {
        let one = |field, problem| vec![FieldProblem { field, problem }];
        assert_eq!(problem(|r| r.lr = f64::NAN), one("lr", Problem::NotANumber));
        assert_eq!(
            problem(|r| r.lr = 1e3),
            one("lr", Problem::OutOfRange { min: 1e-8, max: 1.0 })
        );
        assert_eq!(
            problem(|r| r.lr = 0.0),
            one("lr", Problem::OutOfRange { min: 1e-8, max: 1.0 })
        );
        assert_eq!(
            problem(|r| r.epochs = 0.0),
            one("epochs", Problem::OutOfRange { min: 1.0, max: 1e5 })
        );
        assert_eq!(
            problem(|r| r.epochs = 1e9),
            one("epochs", Problem::OutOfRange { min: 1.0, max: 1e5 })
        );
        assert_eq!(
            problem(|r| r.batch = -2.0),
            one("batch", Problem::OutOfRange { min: 1.0, max: 64.0 })
        );
        assert_eq!(problem(|r| r.batch = 2.5), one("batch", Problem::NotWhole));
        assert_eq!(
            problem(|r| r.tile_px = 100.0),
            one("tile_px", Problem::NotAMultiple { of: 16.0 })
        );
        assert_eq!(
            problem(|r| r.base = 10.0),
            one("base", Problem::NotAMultiple { of: 4.0 })
        );
        let two = problem(|r| {
            r.seed = -1.0;
            r.depth = f64::INFINITY;
        });
        assert_eq!(two.iter().map(|p| p.field).collect::<Vec<_>>(), ["depth", "seed"]);
    }

    #[test]
    fn class_weights_are_counted_and_bounded() {
        let two = RawSettings {
            class_weights: vec![1.0, 4.0],
            ..good()
        };
        assert_eq!(two.check(|_, _| 1).expect("usable").class_weights, [1.0, 4.0]);
        let wanted = |wanted| {
            vec![FieldProblem {
                field: "class_weights",
                problem: Problem::WrongCount { wanted },
            }]
        };
        assert_eq!(problem(|r| r.class_weights = vec![1.0; 3]), wanted(2.0));
        let six = |r: &mut RawSettings| {
            r.classes = 6;
            r.class_weights = vec![1.0; 3];
        };
        assert_eq!(problem(six), wanted(6.0));
        let range = Problem::OutOfRange { min: 1e-3, max: 1e3 };
        let wanted = vec![FieldProblem {
            field: "class_weights",
            problem: range,
        }];
        assert_eq!(problem(|r| r.class_weights = vec![-1.0, 1.0]), wanted);
    }

    #[test]
    fn ranges_of_ones_own_are_bounded_and_others_not_looked_at() {
        let own = |ranges| {
            problem(|r| r.augmentation = Augmentation::Own(ranges))
                .into_iter()
                .map(|p| p.field)
                .collect::<Vec<_>>()
        };
        let broken = Ranges {
            turn_deg: f64::NAN,
            shift_share: 0.6,
            shear_deg: -1.0,
            zoom_share: 1.5,
            brightness: f64::INFINITY,
            contrast: 1.0,
            ..Ranges::STRONG
        };
        let all = [
            "turn_deg",
            "shift_share",
            "shear_deg",
            "zoom_share",
            "brightness",
            "contrast",
        ];
        assert_eq!(own(broken), all);
        let raw = RawSettings {
            augmentation: Augmentation::Own(Ranges::STRONG),
            ..good()
        };
        raw.check(|_, _| 1).expect("usable");
    }

    #[test]
    fn the_seeds_pipeline_takes_no_classes() {
        let wanted = vec![FieldProblem {
            field: "sampling",
            problem: Problem::NeedsBinaryMasks,
        }];
        let found = problem(|r| {
            r.sampling = Sampling::Seed;
            r.classes = 3;
        });
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_small_network_has_two_levels_and_no_dropout() {
        let raw = RawSettings {
            architecture: Architecture::UnetSmall,
            depth: 4.0,
            dropout: 0.5,
            ..good()
        };
        let settings = raw.check(|_, _| 1).expect("usable");
        assert_eq!((settings.model.depth, settings.model.dropout), (2, 0.0));
    }
}
