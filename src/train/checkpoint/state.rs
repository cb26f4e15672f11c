//! A session as a run file and back: weights, both Adam moments, curves, the best weights so far.
//!
//! Data order, crops, augmentation and dropout are functions of the seed and the step (`data::draw`, `step`), so
//! the step is all the random state there is. A restored session goes on with the very losses it would have had.

use std::rc::Rc;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::{
    data::dataset::Dataset,
    formats::run_file::{Entry, RunFile, RunFileError, Sink, Writer},
    model::{NamedTensor, UNet, WeightsError, write_weights},
    train::{
        config::Settings,
        health::{control::Control, watch::Health},
        report::{
            curve::CurvePoint,
            news::{EndReason, ImageMetrics, SessionEvent, TrainError, ValidationNews},
        },
        run::session::{Best, Session},
    },
};

/// Version of [`SessionState`].
const STATE_VERSION: u32 = 1;
/// Values read from the device at once: each read waits for the device, and each value is held twice meanwhile.
const READ_VALUES: usize = 1 << 22;

/// Validations that a run file tells of: of 16 classes they are some kilobytes each, and its header is bounded.
const MAX_VALIDATIONS: usize = 4000;

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error(transparent)]
    File(#[from] RunFileError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Whole, but nothing that this version understands.
    #[error("{0}")]
    Meta(String),
    #[error("its state has version {0}, this Groundmask reads {STATE_VERSION}")]
    Version(u32),
    #[error("reading the weights from the device failed: {0}")]
    Device(String),
    /// Nothing worth keeping: the last state saved is better.
    #[error("{0} holds numbers that are not finite")]
    NotFinite(String),
}

/// What is not a tensor. Fields that later versions add need `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    version: u32,
    /// Steps done.
    pub steps: u32,
    adam_steps: u32,
    validated_at: u32,
    /// A validation was under way; it is done again.
    validating: bool,
    pub elapsed_ms: f64,
    pub best: Option<BestState>,
    pub validations: Vec<ValidationNews>,
    /// What the run's health check has seen.
    #[serde(default)]
    health: Health,
    /// What early stopping and the schedule go by.
    #[serde(default)]
    control: Control,
    /// Sets of fresh weights tried.
    #[serde(default)]
    repairs: u32,
    /// The run began with weights of another one.
    #[serde(default)]
    continued: bool,
    /// Weights to fall back on are there, and no best ones yet.
    #[serde(default)]
    good: bool,
    /// Their step.
    #[serde(default)]
    good_step: u32,
    /// The run had ended before its last step, and why.
    #[serde(default)]
    verdict: Option<EndReason>,
}

/// Of the best weights so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestState {
    pub score: f64,
    pub step: u32,
    pub validation: Option<ImageMetrics>,
    pub training: Option<ImageMetrics>,
    /// Precision and recall by threshold.
    #[serde(default)]
    pub curve: Vec<CurvePoint>,
}

/// The header's `meta`: the session's own part and the caller's.
#[derive(Serialize)]
struct MetaOut<'a, A> {
    session: SessionState,
    about: &'a A,
}

#[derive(Deserialize)]
struct MetaIn<A> {
    session: SessionState,
    about: A,
}

/// What a run file says of its session and what the caller of [`Session::save`] added.
///
/// # Errors
/// If it is of another version or makes no sense.
pub fn read_meta<A: for<'de> Deserialize<'de>>(file: &RunFile) -> Result<(SessionState, A), StateError> {
    let version = file
        .meta
        .pointer("/session/version")
        .and_then(serde_json::Value::as_u64);
    if let Some(version) = version.filter(|&v| v != u64::from(STATE_VERSION)) {
        return Err(StateError::Version(u32::try_from(version).unwrap_or(u32::MAX)));
    }
    let meta = MetaIn::deserialize(&file.meta).map_err(|e| StateError::Meta(e.to_string()))?;
    Ok((meta.session, meta.about))
}

/// A tensor to be written: still on the device, or on the host.
#[allow(
    clippy::large_enum_variant,
    reason = "a handle of burn's; there are some dozens of them, for one save"
)]
enum Part {
    Device(Tensor<1>),
    Host(Vec<f32>),
}

impl Session {
    /// Reads the losses that wait on the device. To be called before [`save`](Self::save).
    ///
    /// # Errors
    /// If the device fails.
    pub async fn settle(&mut self, now_ms: &dyn Fn() -> f64) -> Result<Vec<SessionEvent>, TrainError> {
        let mut events = Vec::new();
        if self.ended.is_none() && !self.pending.is_empty() {
            self.read_losses(now_ms, &mut events).await?;
        }
        Ok(events)
    }

    /// Whether a validation is under way.
    pub fn is_validating(&self) -> bool {
        self.validating.is_some()
    }

    /// All validations so far.
    pub fn validations(&self) -> &[ValidationNews] {
        &self.history
    }

    /// The loss of every step so far.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Milliseconds of work so far.
    pub fn elapsed_ms(&self) -> f64 {
        self.elapsed_ms
    }

    /// Score and step of the best weights so far, with their metrics.
    pub fn best_state(&self) -> Option<BestState> {
        self.best.as_ref().map(|best| BestState {
            score: best.score,
            step: best.step,
            validation: best.validation.clone(),
            training: best.training.clone(),
            curve: best.curve.clone(),
        })
    }

    /// Writes the whole state as a run file, with `about` beside it in the header. Gives the length in bytes.
    ///
    /// # Errors
    /// If the sink is full, the device fails, or the weights are not finite.
    pub async fn save(&mut self, sink: &mut dyn Sink, about: &impl Serialize) -> Result<u64, StateError> {
        let (adam_steps, moments) = self.trainer.adam().state();
        let fallback = self.good.as_ref().filter(|_| self.best.is_none());
        let session = SessionState {
            version: STATE_VERSION,
            steps: self.steps(),
            adam_steps,
            validated_at: self.validated_at,
            validating: self.validating.is_some() || self.is_validation_due,
            elapsed_ms: self.elapsed_ms,
            best: self.best_state(),
            validations: thinned(&self.history),
            health: self.health.clone(),
            control: self.control.clone(),
            repairs: self.repairs,
            continued: self.continued,
            good: fallback.is_some(),
            good_step: fallback.map_or(0, |(_, step)| *step),
            verdict: self.verdict,
        };
        let mut parts = Vec::new();
        let mut add = |prefix: &str, model: &UNet| {
            for (name, shape, tensor) in model.tensors() {
                parts.push((Entry::new(format!("{prefix}.{name}"), shape), Part::Device(tensor)));
            }
        };
        add("model", &self.trainer.model);
        if let Some(best) = &self.best {
            add("best", &best.model);
        }
        if let Some((good, _)) = fallback {
            add("good", good);
        }
        for ((name, length), (m, v)) in self.trainer.model.parameter_sizes().into_iter().zip(moments) {
            parts.push((Entry::new(format!("adam.m.{name}"), [length]), Part::Device(m)));
            parts.push((Entry::new(format!("adam.v.{name}"), [length]), Part::Device(v)));
        }
        let losses: Vec<f32> = self.losses.iter().map(|&loss| loss as f32).collect();
        parts.push((Entry::new("losses", [losses.len()]), Part::Host(losses)));
        let entries = parts.iter().map(|(entry, _)| entry.clone()).collect();
        let mut writer = Writer::begin(sink, &MetaOut { session, about }, entries)?;
        write_parts(&mut writer, parts).await?;
        Ok(writer.finish()?)
    }

    /// A session that goes on where the saved one was. Settings and data must be those it was saved with, but
    /// that the batch may differ.
    ///
    /// # Errors
    /// If the file is not whole or holds another network.
    pub fn restore(
        settings: Settings,
        data: Rc<Dataset>,
        train: Vec<usize>,
        validation: Vec<usize>,
        device: Device,
        reads_are_cheap: bool,
        file: &mut RunFile,
    ) -> Result<Self, StateError> {
        let (state, _) = read_meta::<serde_json::Value>(file)?;
        let mut session = Self::new(settings, data, train, validation, device.clone(), reads_are_cheap)?;
        read_model(&mut session.trainer.model, "model", file)?;
        let mut moments = Vec::new();
        for (name, length) in session.trainer.model.parameter_sizes() {
            let mut moment = |which: &str| {
                let (_, values) = file.tensor(&format!("adam.{which}.{name}"))?;
                if values.len() == length {
                    Ok(Tensor::from_data(TensorData::new(values, [length]), &device))
                } else {
                    let (found, wanted) = (vec![values.len()], vec![length]);
                    Err(StateError::from(WeightsError::Shape {
                        name: name.clone(),
                        found,
                        wanted,
                    }))
                }
            };
            moments.push((moment("m")?, moment("v")?));
        }
        session.trainer.restore(state.steps, state.adam_steps, moments);
        if let Some(best) = state.best {
            let mut model = session.trainer.model.clone();
            read_model(&mut model, "best", file)?;
            session.best = Some(Best {
                model,
                score: best.score,
                step: best.step,
                validation: best.validation,
                training: best.training,
                curve: best.curve,
            });
        }
        if state.good {
            let mut model = session.trainer.model.clone();
            read_model(&mut model, "good", file)?;
            session.good = Some((model, state.good_step));
        }
        session.losses = file.tensor("losses")?.1.into_iter().map(f64::from).collect();
        session.history = state.validations;
        session.health = state.health;
        session.control = state.control;
        session.repairs = state.repairs;
        session.continued = state.continued;
        session.verdict = state.verdict;
        session.elapsed_ms = state.elapsed_ms;
        session.validated_at = state.validated_at;
        if state.validating {
            session.begin_validation(&mut Vec::new());
        }
        Ok(session)
    }
}

/// All validations, or every so many of them and the last where they are more than a chart can show.
fn thinned(history: &[ValidationNews]) -> Vec<ValidationNews> {
    let every = history.len().div_ceil(MAX_VALIDATIONS).max(1);
    let kept = history.iter().rev().step_by(every).cloned();
    let mut kept: Vec<ValidationNews> = kept.collect();
    kept.reverse();
    kept
}

/// Reads device tensors a group at a time and writes all parts in their order.
async fn write_parts(writer: &mut Writer<'_>, parts: Vec<(Entry, Part)>) -> Result<(), StateError> {
    let length = |entry: &Entry| entry.shape.iter().product::<usize>();
    let mut group: Vec<(Entry, Tensor<1>)> = Vec::new();
    let mut held = 0;
    for (entry, part) in parts {
        match part {
            Part::Device(tensor) => {
                if !group.is_empty() && held + length(&entry) > READ_VALUES {
                    write_group(writer, std::mem::take(&mut group)).await?;
                    held = 0;
                }
                held += length(&entry);
                group.push((entry, tensor));
            }
            Part::Host(values) => {
                write_group(writer, std::mem::take(&mut group)).await?;
                held = 0;
                writer.tensor(&values)?;
            }
        }
    }
    write_group(writer, group).await
}

/// One read of the device for all of a group.
async fn write_group(writer: &mut Writer<'_>, group: Vec<(Entry, Tensor<1>)>) -> Result<(), StateError> {
    let (entries, tensors): (Vec<Entry>, Vec<Tensor<1>>) = group.into_iter().unzip();
    if tensors.is_empty() {
        return Ok(());
    }
    let failed = |e: String| StateError::Device(e);
    let data = Tensor::cat(tensors, 0)
        .into_data_async()
        .await
        .map_err(|e| failed(format!("{e:?}")))?;
    let values = data.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))?;
    let mut left = values.as_slice();
    for entry in entries {
        let n = entry.shape.iter().product::<usize>();
        let (own, rest) = left
            .split_at_checked(n)
            .ok_or_else(|| failed(format!("{} is too short", entry.name)))?;
        if own.iter().any(|v| !v.is_finite()) {
            return Err(StateError::NotFinite(entry.name));
        }
        writer.tensor(own)?;
        left = rest;
    }
    Ok(())
}

fn read_model(model: &mut UNet, prefix: &str, file: &mut RunFile) -> Result<(), StateError> {
    let mut tensors = Vec::new();
    for (name, ..) in model.tensors() {
        let (shape, values) = file.tensor(&format!("{prefix}.{name}"))?;
        tensors.push(NamedTensor { name, shape, values });
    }
    Ok(write_weights(model, &tensors)?)
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
