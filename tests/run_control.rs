//! Splits, schedules, early stopping, clipping and weights, through the engine as the page drives it.

mod common;

use common::{add, checked, drawn, engine, send, small, train};
use groundmask::protocol::{Command, EndReason, Event, FieldErrorCode, ForegroundWeight, Schedule, TrainConfig, ValBy};

fn squares(names: &[String]) -> Vec<(String, Vec<u8>)> {
    let scene = |(k, name): (usize, &String)| {
        drawn(name, 48, |x, y| {
            let on = (x / 9 + y / 11 + k as u32).is_multiple_of(3);
            let noise = ((x * 7919 + y * 104_729 + k as u32 * 31) % 29) as u8;
            let value = if on { 180 } else { 70 } + noise;
            ([value, value / 2, 90], if on { [255; 3] } else { [0; 3] })
        })
    };
    names.iter().enumerate().flat_map(scene).collect()
}

fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("s{i}")).collect()
}

#[test]
fn a_run_without_progress_stops_after_its_patience() {
    let mut engine = engine();
    add(&mut engine, squares(&numbered(4)));
    let config = TrainConfig {
        lr: 1e-8,
        steps: 400.0,
        validate_every: 5.0,
        patience: 3.0,
        ..small(&mut engine)
    };
    let run = train(&mut engine, config);
    assert_eq!(run.end.reason, EndReason::EarlyStopped);
    assert!(run.end.retry.is_none());
    let reports = run.validations();
    assert_eq!(reports.len() as u32 * 5, run.end.figures.steps);
    assert!(run.end.figures.steps < 200, "{}", run.end.figures.steps);
    assert!(run.end.figures.best_step < run.end.figures.steps);
}

#[test]
fn every_schedule_and_clipped_gradients_learn() {
    let mut engine = engine();
    add(&mut engine, squares(&numbered(4)));
    for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Plateau] {
        let config = TrainConfig {
            schedule,
            warmup_steps: 10.0,
            clip_norm: 0.5,
            class_weights: vec![1.0, 2.0],
            steps: 80.0,
            ..small(&mut engine)
        };
        let losses = train(&mut engine, config).losses();
        let last = losses[losses.len() - 10..].iter().sum::<f64>() / 10.0;
        println!("{schedule:?}: {:.3} -> {last:.3}", losses[0]);
        assert!(last < 0.8 * losses[0]);
    }
}

/// A weight a hundred times higher makes the network say foreground where it is in doubt.
#[test]
fn class_weights_move_the_prediction() {
    let mut engine = engine();
    add(&mut engine, squares(&numbered(4)));
    let mut recall = |class_weights: Vec<f64>| {
        let config = TrainConfig {
            class_weights,
            foreground_weight: ForegroundWeight::Off,
            steps: 30.0,
            validate_every: 30.0,
            ..small(&mut engine)
        };
        let run = train(&mut engine, config);
        let item = run.events.iter().find_map(|e| match e {
            Event::Preview { items, .. } => items.first().cloned(),
            _ => None,
        });
        let item = item.expect("a preview");
        item.probability.iter().map(|p| u64::from(*p)).sum::<u64>()
    };
    assert!(recall(vec![1.0, 100.0]) > recall(vec![100.0, 1.0]));
}

#[test]
fn what_cannot_be_used_is_named_at_its_field() {
    let mut engine = engine();
    add(&mut engine, squares(&numbered(4)));
    let good = small(&mut engine);
    let mut at = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = good.clone();
        change(&mut config);
        let report = checked(send(&mut engine, Command::CheckConfig { config }));
        let errors = report.errors.into_iter().map(|e| (e.field, e.code));
        errors.collect::<Vec<_>>()
    };
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(at(&|c| c.patience = 1.5), one("patience", FieldErrorCode::NotWhole));
    assert_eq!(
        at(&|c| c.warmup_steps = -1.0),
        one("warmup_steps", FieldErrorCode::OutOfRange)
    );
    // As long as the run: the rate set would never be reached.
    let mut warm = |warmup_steps| at(&|c| (c.steps, c.warmup_steps) = (50.0, warmup_steps));
    assert_eq!(warm(50.0), one("warmup_steps", FieldErrorCode::OutOfRange));
    assert_eq!(warm(49.0), Vec::new());
    assert_eq!(
        at(&|c| c.clip_norm = f64::NAN),
        one("clip_norm", FieldErrorCode::NotANumber)
    );
    assert_eq!(
        at(&|c| c.class_weights = vec![1.0]),
        one("class_weights", FieldErrorCode::WrongCount)
    );
    assert_eq!(
        at(&|c| c.class_weights = vec![f64::NAN, 1.0]),
        one("class_weights", FieldErrorCode::NotANumber)
    );
    assert_eq!(
        at(&|c| c.val_by = ValBy::Location),
        one("val_by", FieldErrorCode::NoPlaces)
    );
    assert_eq!(at(&|_| ()), []);
}

#[test]
fn neighbouring_tiles_stay_on_one_side() {
    let mut engine = engine();
    let names: Vec<String> = [(10, 10), (40, 40), (80, 10)]
        .iter()
        .flat_map(|(x, y)| (0..4).map(move |i| format!("{}-{}-9", x + i % 2, y + i / 2)))
        .collect();
    let data = add(&mut engine, squares(&names));
    let config = TrainConfig {
        val_by: ValBy::Location,
        val_share: 0.3,
        steps: 1.0,
        ..small(&mut engine)
    };
    let report = checked(send(&mut engine, Command::CheckConfig { config: config.clone() }));
    assert_eq!((report.places, report.train_pairs, report.validation_pairs), (3, 8, 4));
    let run = train(&mut engine, config);
    let Some(Event::RunStarted { validation, .. }) = run.events.first() else {
        panic!("no start")
    };
    let sheet = |pair: &u32| data.pairs[*pair as usize].name.chars().next();
    assert!(
        validation.iter().all(|pair| sheet(pair) == sheet(&validation[0])),
        "{validation:?}"
    );
}

/// Tiles named as a survey was, some places beside each other: every tile of zoom 20 in one tile of zoom 19 is on one side.
#[test]
fn tiles_of_a_survey_are_divided_by_place() {
    let mut engine = engine();
    let tile = |x: u32, y: u32| format!("{x}-{y}-20");
    let corner = (619_212..619_214).flat_map(|x| (523_272..523_274).map(move |y| tile(x, y)));
    let block = (619_224..619_230).flat_map(|x| (523_264..523_268).map(move |y| tile(x, y)));
    let data = add(&mut engine, squares(&corner.chain(block).collect::<Vec<_>>()));
    assert_eq!(data.pairs.len(), 28);
    for seed in 1..6 {
        let config = TrainConfig {
            val_by: ValBy::Location,
            val_share: 0.3,
            seed: f64::from(seed),
            steps: 1.0,
            ..small(&mut engine)
        };
        let report = checked(send(&mut engine, Command::CheckConfig { config: config.clone() }));
        println!(
            "seed {seed}: {} places, {} + {}",
            report.places, report.train_pairs, report.validation_pairs
        );
        let events = send(&mut engine, Command::Start { config });
        let Some(Event::RunStarted { train, validation, .. }) = events.first() else {
            panic!("{events:?}")
        };
        let place = |pair: &u32| {
            let name = &data.pairs[*pair as usize].name;
            let numbers: Vec<u64> = name.split('-').filter_map(|n| n.parse().ok()).collect();
            (numbers[0] >> 1, numbers[1] >> 1)
        };
        assert!(!validation.is_empty() && train.len() > validation.len());
        assert!(train.iter().all(|t| validation.iter().all(|v| place(t) != place(v))));
        send(&mut engine, Command::Stop);
    }
}
