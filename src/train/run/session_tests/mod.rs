//! Whole runs of small networks: what the tests below have in common.

use std::rc::Rc;

use burn::tensor::Device;

use super::*;
use crate::{
    data::{batches::Sampling, builder::Builder, dataset::Dataset},
    formats::raster::Raster,
    model::{Architecture, NamedTensor, read_weights, write_weights},
    train::health::reinitialize::{self, OutputProbe},
    values::{Augmentation, BestBy, Channels, ForegroundWeight, Head, Loss, NormStatistics, Schedule, TrainConfig},
};

const SIDE: u32 = 96;

/// Squares on darker ground under noise of `32 - noise_shift` bits, as image and mask.
fn squares(bright: u8, dark: u8, noise_shift: u32) -> Rc<Dataset> {
    let mut builder = Builder::default();
    for k in 0..4u32 {
        let square = |i: u32| (i % SIDE / 12 + i / SIDE / 12 + k).is_multiple_of(3);
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761 + k) >> noise_shift) as u8;
        let image = (0..SIDE * SIDE)
            .map(|i| if square(i) { bright } else { dark } + noise(i))
            .collect();
        let mask = (0..SIDE * SIDE).map(|i| if square(i) { 255 } else { 0 }).collect();
        let raster = |values| Raster::from_u8(SIDE, SIDE, 1, values).expect("a raster");
        builder.add_raster(&format!("image/{k}.png"), raster(image));
        builder.add_raster(&format!("label/{k}.png"), raster(mask));
    }
    Rc::new(builder.finish())
}

fn data() -> Rc<Dataset> {
    squares(190, 60, 27)
}

/// Faint texture, as much imagery has: here unlucky weights leave Classic's head without a single positive value.
fn faint() -> Rc<Dataset> {
    squares(118, 100, 29)
}

/// Classic's own settings but for size: no batch normalisation, Adam 1e-4, plain cross-entropy, dropout, lowest loss kept.
fn classic_like(seed: u32) -> TrainConfig {
    TrainConfig {
        architecture: Architecture::Unet,
        base: 4.0,
        depth: 4.0,
        head: Head::TwoChannels,
        channels: Channels::Grey,
        tile_px: 48.0,
        sampling: Sampling::Crop,
        batch: 2.0,
        epochs: 1.0,
        steps_per_epoch: 50.0,
        steps: 0.0,
        lr: 1e-4,
        loss: Loss::Bce,
        foreground_weight: ForegroundWeight::Off,
        augmentation: Augmentation::Classic,
        dropout: 0.5,
        validate_every: 50.0,
        keep_best: BestBy::TrainingLoss,
        seed: f64::from(seed),
        val_share: 0.0,
        schedule: Schedule::Constant,
        warmup_steps: 0.0,
        patience: 0.0,
        class_weights: Vec::new(),
        norm_statistics: NormStatistics::Keras,
        ..TrainConfig::default()
    }
}

/// A network small and quick enough to learn the squares in a few dozen steps.
fn quick(seed: u32) -> TrainConfig {
    TrainConfig {
        depth: 2.0,
        tile_px: 32.0,
        steps: 120.0,
        lr: 3e-3,
        dropout: 0.0,
        validate_every: 10.0,
        keep_best: BestBy::ValidationIou,
        ..classic_like(seed)
    }
}

fn session(raw: &TrainConfig, data: &Rc<Dataset>) -> Session {
    let settings = Settings::checked(raw, 1, |_, _| 50).expect("usable settings");
    Session::new(settings, data.clone(), vec![0, 1, 2], vec![3], Device::flex(), true).expect("a session")
}

fn probe(session: &Session) -> OutputProbe {
    let found =
        pollster::block_on(reinitialize::probe(session.learner.setup(), session.learner.trainer())).expect("a device");
    found.expect("the images show something")
}

/// Runs until `steps` or the end; gives what was told.
fn advance(session: &mut Session, steps: u32) -> Vec<SessionEvent> {
    let mut told = Vec::new();
    while session.ended().is_none() && session.steps() < steps {
        told.extend(pollster::block_on(session.advance(0.0, &|| 0.0)).expect("a device"));
    }
    told
}

fn to_end(session: &mut Session) -> Vec<SessionEvent> {
    let mut told = Vec::new();
    while session.ended().is_none() {
        told.extend(pollster::block_on(session.advance(0.0, &|| 0.0)).expect("a device"));
    }
    told
}

fn end(told: &[SessionEvent]) -> Ended {
    let found = told.iter().find_map(|e| match e {
        SessionEvent::Ended(end) => Some(end.clone()),
        _ => None,
    });
    found.expect("the run ended")
}

fn reinitialized(told: &[SessionEvent]) -> Vec<(u32, u32)> {
    let all = told.iter().filter_map(|e| match e {
        SessionEvent::Reinitialized { step, tries, .. } => Some((*step, *tries)),
        _ => None,
    });
    all.collect()
}

/// Changes weights by name.
fn poison(session: &mut Session, change: impl Fn(&mut NamedTensor)) {
    let model = session.learner.trainer_mut().model_mut();
    let mut tensors = pollster::block_on(read_weights(model)).expect("weights");
    tensors.iter_mut().for_each(change);
    write_weights(model, &tensors).expect("they fit");
}

fn fill(name: &'static str, value: f32) -> impl Fn(&mut NamedTensor) {
    move |t| {
        if t.name == name {
            t.values.fill(value);
        }
    }
}

fn is_finite(session: Session) -> bool {
    let (model, _) = session.best_model().expect("some weights are sound");
    let kept = pollster::block_on(read_weights(model)).expect("weights");
    kept.iter().all(|t| t.values.iter().all(|v| v.is_finite()))
}

mod faults;
mod probe;
mod saved;
mod unlucky_seeds;
