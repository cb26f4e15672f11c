//! A session as a run file and back: weights, both Adam moments, curves, the best weights so far.
//!
//! Data order, crops, augmentation and dropout are functions of the seed and the step (`data::draw`, `step`), so
//! the step is all the random state there is. A restored session goes on with the very losses it would have had.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

pub use super::best::BestState;
use super::best::Checkpoint;
use crate::{
    formats::run_file::{Entry, RunFile, RunFileError, Sink, Writer},
    model::{NamedTensor, UNet, WeightsError, write_weights},
    ops::read_back::read_back,
    train::{
        health::{stopping::Stopping, watch::Health},
        report::events::{EndReason, TrainError, ValidationFigures},
        run::step::Trainer,
    },
    values::MAX_VALIDATIONS,
};

/// Version of [`SessionState`].
const STATE_VERSION: u32 = 1;
/// Values read from the device at once: each read waits for the device, and each value is held twice meanwhile.
const READ_VALUES: usize = 1 << 22;

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
    pub(in crate::train) version: u32,
    /// Steps done.
    pub steps: u32,
    pub(in crate::train) adam_steps: u32,
    pub(in crate::train) validated_at: u32,
    /// A validation was under way; it is done again.
    pub(in crate::train) validating: bool,
    pub elapsed_ms: f64,
    pub best: Option<BestState>,
    pub validations: Vec<ValidationFigures>,
    /// What the run's health check has seen.
    #[serde(default)]
    pub(in crate::train) health: Health,
    /// What early stopping and the schedule go by.
    #[serde(default, rename = "control")]
    pub(in crate::train) stopping: Stopping,
    /// Sets of fresh weights tried.
    #[serde(default, rename = "repairs")]
    pub(in crate::train) reinitialized: u32,
    /// The run began with weights of another one.
    #[serde(default)]
    pub(in crate::train) continued: bool,
    /// Weights to fall back on are there, and no best ones yet.
    #[serde(default, rename = "good")]
    pub(in crate::train) has_fallback: bool,
    /// Their step.
    #[serde(default, rename = "good_step")]
    pub(in crate::train) fallback_step: u32,
    /// The run had ended before its last step, and why.
    #[serde(default, rename = "verdict")]
    pub(in crate::train) early_end: Option<EndReason>,
}

/// The header's `meta`: the session's own part and the caller's.
#[derive(Serialize)]
struct MetaOut<'a, A> {
    session: &'a SessionState,
    about: &'a A,
}

#[derive(Deserialize)]
struct MetaIn<A> {
    session: SessionState,
    about: A,
}

/// What a run file says of its session and what whoever saved it added.
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

/// Bytes that lie in a run file beside the session's tensors, such as labels.
pub struct Bytes {
    /// Of the tensor that they become.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Bytes as numbers that 32-bit floats hold exactly, three in each, the lowest first.
fn as_values(bytes: &[u8]) -> Vec<f32> {
    let number = |part: &[u8]| part.iter().rev().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) as f32;
    bytes.chunks(3).map(number).collect()
}

/// The `length` bytes that lie in a run file under a name.
///
/// # Errors
/// If they are not there, or fewer.
pub fn read_bytes(file: &mut RunFile, name: &str, length: usize) -> Result<Vec<u8>, StateError> {
    let (_, values) = file.tensor(name)?;
    if values.len() != length.div_ceil(3) {
        return Err(StateError::Meta(format!("{name} holds {} numbers", values.len())));
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(3 * values.len());
    for value in values {
        let [a, b, c, _] = (value as u32).to_le_bytes();
        bytes.extend([a, b, c]);
    }
    bytes.truncate(length);
    Ok(bytes)
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

impl SessionState {
    /// Of a run that was not looked at and judged yet, and has worked for no time.
    pub(in crate::train) fn new(trainer: &Trainer, checkpoint: &Checkpoint, history: &[ValidationFigures]) -> Self {
        let (adam_steps, _) = trainer.adam().state();
        let fallback = fallback_weights(checkpoint);
        Self {
            version: STATE_VERSION,
            steps: trainer.steps(),
            adam_steps,
            validated_at: 0,
            validating: false,
            elapsed_ms: 0.0,
            best: checkpoint.best().map(|(_, state)| state.clone()),
            validations: thinned(history),
            health: Health::default(),
            stopping: Stopping::default(),
            reinitialized: 0,
            continued: false,
            has_fallback: fallback.is_some(),
            fallback_step: fallback.map_or(0, |(_, step)| step),
            early_end: None,
        }
    }

    /// Writes a run file, with `about` beside this state in the header and `beside` after its tensors. Gives the length in
    /// bytes.
    ///
    /// # Errors
    /// If the sink is full, the device fails, or the weights are not finite.
    pub(in crate::train) async fn write(
        &self,
        (sink, about, beside): (&mut dyn Sink, &impl Serialize, Vec<Bytes>),
        trainer: &mut Trainer,
        checkpoint: &Checkpoint,
        losses: &[f64],
    ) -> Result<u64, StateError> {
        let mut parts = Vec::new();
        let mut add = |prefix: &str, model: &UNet| {
            for (name, shape, tensor) in model.tensors() {
                parts.push((Entry::new(format!("{prefix}.{name}"), shape), Part::Device(tensor)));
            }
        };
        add("model", trainer.model());
        if let Some((best, _)) = checkpoint.best() {
            add("best", best);
        }
        if let Some((weights, _)) = fallback_weights(checkpoint) {
            add("good", weights);
        }
        let (_, moments) = trainer.adam().state();
        for ((name, length), (m, v)) in trainer.model_mut().parameter_sizes().into_iter().zip(moments) {
            parts.push((Entry::new(format!("adam.m.{name}"), [length]), Part::Device(m)));
            parts.push((Entry::new(format!("adam.v.{name}"), [length]), Part::Device(v)));
        }
        let losses: Vec<f32> = losses.iter().map(|&loss| loss as f32).collect();
        parts.push((Entry::new("losses", [losses.len()]), Part::Host(losses)));
        for Bytes { name, bytes } in beside {
            let values = as_values(&bytes);
            parts.push((Entry::new(name, [values.len()]), Part::Host(values)));
        }
        let entries = parts.iter().map(|(entry, _)| entry.clone()).collect();
        let mut writer = Writer::begin(sink, &MetaOut { session: self, about }, entries)?;
        write_parts(&mut writer, parts).await?;
        Ok(writer.finish()?)
    }

    /// Reads the tensors that this state comes with: weights and moments into `trainer`, and the rest.
    ///
    /// # Errors
    /// If the file is not whole or holds another network.
    pub(in crate::train) fn read_tensors(
        &self,
        trainer: &mut Trainer,
        file: &mut RunFile,
    ) -> Result<Tensors, StateError> {
        let device = trainer.model().device();
        read_model(trainer.model_mut(), "model", file)?;
        let mut moments = Vec::new();
        for (name, length) in trainer.model_mut().parameter_sizes() {
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
        trainer.restore(self.steps, self.adam_steps, moments);
        let mut kept = |prefix: &str| {
            let mut model = trainer.model().clone();
            read_model(&mut model, prefix, file).map(|()| model)
        };
        let best = match &self.best {
            Some(state) => Some((kept("best")?, state.clone())),
            None => None,
        };
        let sound = match self.has_fallback {
            true => Some((kept("good")?, self.fallback_step)),
            false => None,
        };
        Ok(Tensors {
            checkpoint: Checkpoint::new(best, sound),
            losses: file.tensor("losses")?.1.into_iter().map(f64::from).collect(),
        })
    }
}

/// What a run file's tensors hold beside the trainer's.
pub(in crate::train) struct Tensors {
    pub(in crate::train) checkpoint: Checkpoint,
    /// Of every step.
    pub(in crate::train) losses: Vec<f64>,
}

/// Weights to fall back on are saved only where there are no best ones.
fn fallback_weights(checkpoint: &Checkpoint) -> Option<(&UNet, u32)> {
    checkpoint.sound().filter(|_| checkpoint.best().is_none())
}

/// All validations, or every so many of them and the last where they are more than a chart can show.
fn thinned(history: &[ValidationFigures]) -> Vec<ValidationFigures> {
    let every = history.len().div_ceil(MAX_VALIDATIONS).max(1);
    let kept = history.iter().rev().step_by(every).cloned();
    let mut kept: Vec<ValidationFigures> = kept.collect();
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
    let values = read_back(Tensor::cat(tensors, 0)).await.map_err(failed)?;
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
