//! Tests of [`super`], the module `config`; a file of their own, compiled under `#[cfg(test)]` only.

use super::*;

/// Settings that can be used.
pub(in crate::train) fn good() -> TrainConfig {
    TrainConfig {
        base: 8.0,
        epochs: 3.0,
        ..TrainConfig::default()
    }
}

fn checked(config: &TrainConfig) -> Settings {
    Settings::checked(config, 1, |_, _| 20).expect("usable")
}

fn problem_of(classes: usize, change: impl FnOnce(&mut TrainConfig)) -> Vec<FieldError> {
    let mut config = good();
    change(&mut config);
    Settings::checked(&config, classes, |_, _| 20).expect_err("this cannot be used")
}

fn problem(change: impl FnOnce(&mut TrainConfig)) -> Vec<FieldError> {
    problem_of(1, change)
}

#[test]
fn steps_follow_from_epochs_unless_given() {
    assert_eq!(checked(&good()).steps_total, 60);
    assert_eq!(checked(&TrainConfig { steps: 7.0, ..good() }).steps_total, 7);
    let steps_per_epoch = 50.0;
    let longer = TrainConfig {
        steps_per_epoch,
        ..good()
    };
    assert_eq!(checked(&longer).steps_total, 150);
}

#[test]
fn nonsense_is_named_at_its_field() {
    let new = |field, code| vec![FieldError::new(field, code)];
    let out = |field, min, max| vec![FieldError::out_of_range(field, min, max)];
    let unit = |field, of| vec![FieldError::new(field, FieldErrorCode::NotAMultiple).with_value(of)];
    assert_eq!(problem(|r| r.lr = f64::NAN), new("lr", FieldErrorCode::NotANumber));
    assert_eq!(problem(|r| r.lr = 1e3), out("lr", 1e-8, 1.0));
    assert_eq!(problem(|r| r.lr = 0.0), out("lr", 1e-8, 1.0));
    assert_eq!(problem(|r| r.epochs = 0.0), out("epochs", 1.0, 1e5));
    assert_eq!(problem(|r| r.epochs = 1e9), out("epochs", 1.0, 1e5));
    assert_eq!(problem(|r| r.batch = -2.0), out("batch", 1.0, 64.0));
    assert_eq!(problem(|r| r.batch = 2.5), new("batch", FieldErrorCode::NotWhole));
    assert_eq!(problem(|r| r.tile_px = 100.0), unit("tile_px", 16.0));
    assert_eq!(problem(|r| r.base = 10.0), unit("base", 4.0));
    let two = problem(|r| {
        r.seed = -1.0;
        r.depth = f64::INFINITY;
    });
    assert_eq!(
        two.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(),
        ["depth", "seed"]
    );
}

#[test]
fn class_weights_are_counted_and_bounded() {
    let two = TrainConfig {
        class_weights: vec![1.0, 4.0],
        ..good()
    };
    assert_eq!(checked(&two).class_weights, [1.0, 4.0]);
    let wanted = |count| vec![FieldError::new("class_weights", FieldErrorCode::WrongCount).with_value(count)];
    assert_eq!(problem(|r| r.class_weights = vec![1.0; 3]), wanted(2.0));
    assert_eq!(problem_of(6, |r| r.class_weights = vec![1.0; 3]), wanted(6.0));
    let range = vec![FieldError::out_of_range("class_weights", 1e-3, 1e3)];
    assert_eq!(problem(|r| r.class_weights = vec![-1.0, 1.0]), range);
}

#[test]
fn ranges_of_ones_own_are_bounded_and_others_not_looked_at() {
    let broken = TrainConfig {
        turn_deg: f64::NAN,
        shift_share: 0.6,
        zoom_share: 1.5,
        shear_deg: -1.0,
        brightness: f64::INFINITY,
        contrast: 1.0,
        ..good()
    };
    checked(&broken);
    let own = problem(|r| {
        *r = TrainConfig {
            augmentation: crate::values::Augmentation::Own,
            ..broken.clone()
        };
    });
    let all = [
        "turn_deg",
        "shift_share",
        "zoom_share",
        "shear_deg",
        "brightness",
        "contrast",
    ];
    assert_eq!(own.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), all);
    checked(&TrainConfig {
        augmentation: crate::values::Augmentation::Own,
        ..good()
    });
}

#[test]
fn the_seeds_pipeline_takes_no_classes() {
    let wanted = vec![FieldError::new("sampling", FieldErrorCode::NeedsBinaryMasks)];
    assert_eq!(problem_of(3, |r| r.sampling = Sampling::Classic), wanted);
}

#[test]
fn the_small_network_has_two_levels_and_no_dropout() {
    let settings = checked(&TrainConfig {
        architecture: Architecture::UnetSmall,
        depth: 4.0,
        dropout: 0.5,
        ..good()
    });
    assert_eq!((settings.model.depth, settings.model.dropout), (2, 0.0));
}

#[test]
fn the_rate_follows_its_schedule() {
    let settings = checked(&TrainConfig {
        steps: 100.0,
        schedule: Schedule::Cosine,
        lr: 1e-3,
        ..good()
    });
    assert_eq!(settings.lr_at(0), 1e-3);
    assert!((settings.lr_at(50) / 1e-3 - 0.525).abs() < 1e-9);
    assert!((settings.lr_at(100) / 1e-3 - 0.05).abs() < 1e-9);
    let constant = checked(&TrainConfig {
        schedule: Schedule::Constant,
        lr: 1e-3,
        ..good()
    });
    assert_eq!(constant.lr_at(59), 1e-3);
    let warm = checked(&TrainConfig {
        steps: 100.0,
        warmup_steps: 9.0,
        schedule: Schedule::Cosine,
        lr: 1e-3,
        ..good()
    });
    assert!((warm.lr_at(0) / 1e-3 - 0.1).abs() < 1e-9);
    assert!((warm.lr_at(8) / 1e-3 - 0.9).abs() < 1e-9);
    assert_eq!(warm.lr_at(9), 1e-3);
    assert!((warm.lr_at(100) / 1e-3 - 0.05).abs() < 1e-9);
}

#[test]
fn one_cycle_climbs_for_a_tenth_of_the_run_and_comes_down_to_a_twentieth() {
    let of = |steps: f64, warmup_steps: f64| {
        checked(&TrainConfig {
            steps,
            warmup_steps,
            schedule: Schedule::OneCycle,
            lr: 1.0,
            ..good()
        })
    };
    let run = of(600.0, 0.0);
    assert!((run.lr_at(0) - 1.0 / 61.0).abs() < 1e-12);
    assert!((run.lr_at(60) - 1.0).abs() < 1e-12);
    assert!((0..60).all(|step| run.lr_at(step) < run.lr_at(step + 1)));
    assert!((60..599).all(|step| run.lr_at(step) > run.lr_at(step + 1)));
    assert!((run.lr_at(600) - 0.05).abs() < 1e-12);
    // A chosen warm-up counts, and that of a long run ends.
    assert!((of(600.0, 9.0).lr_at(9) - 1.0).abs() < 1e-12);
    assert!((of(100_000.0, 0.0).lr_at(500) - 1.0).abs() < 1e-12);
}
