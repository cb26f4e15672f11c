//! Finding an output that does not depend on the image, and giving it new weights.
//!
//! The seed's head ends in two ReLUs. Where both are negative for every pixel, no gradient passes and the output stays
//! one grey for ever: the most reported fault of this family of networks (`zhixuhao/unet` issues 31, 80, 98, 148). It is
//! looked for before the first step, when new weights cost nothing, and at times after it.

use burn::tensor::Tensor;

use super::watch::Ailment;
use crate::{
    data::batches::make_batch,
    train::{
        report::news::{SessionEvent, TrainError},
        run::{session::Session, step::Batch},
    },
};

/// Sets of weights tried before the run gives up.
pub const MAX_REPAIRS: u32 = 16;
/// Of these, how many replace only the head once there is something learnt below it.
const HEAD_REPAIRS: u32 = 3;
/// Share of pixels that must get through the head before the first step.
const ALIVE_AT_START: f64 = 0.05;
/// The same for weights that replace others: with a choice, weights on the verge are not taken (with 0.05 here, one of
/// ten unlucky seeds was back at 0.04 after 50 steps).
const ALIVE_AFTER_REPAIR: f64 = 0.5;
/// Batches looked through for one with something on it: an image without contrast has a flat output by right.
const LOOK_AHEAD: u64 = 16;
/// Batches that have to be flat once there is something learnt: a batch of background alone may silence a sound head.
const FLAT_BATCHES: usize = 4;
/// Values closer than this are one grey: less than a step of 16 bits.
const NO_CONTRAST: f32 = 1e-5;
/// Logits closer than this, relative to their size, do not depend on the image.
const SAME: f32 = 1e-6;
/// Steps after which the output is looked at besides validations: heads die early or not at all.
const LOOK_AT: [u32; 6] = [5, 10, 20, 40, 80, 160];

/// What a look at the output found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::train) struct Look {
    /// No logit differs from another of its class.
    pub flat: bool,
    /// All logits are numbers.
    pub finite: bool,
    /// Share of pixels whose logits are more than the last layer's bias, of those that are not black: before the first
    /// step all biases are 0, and so is everything on black ground.
    pub alive: f64,
}

impl Look {
    fn is_dead(&self, at_start: bool, norm: bool) -> bool {
        // Behind batch normalisation a dead head gives its shift, not the bias.
        self.finite && (self.flat || at_start && !norm && self.alive < ALIVE_AT_START)
    }
}

/// The seed of try `n`: far from the seeds people type, the same on every run.
pub(in crate::train) fn derived_seed(seed: u32, n: u32) -> u32 {
    let mut x = seed ^ n.wrapping_mul(0x9E37_79B9);
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    x ^ (x >> 16)
}

pub(in crate::train) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    let data = tensor.into_data_async().await;
    let data = data.map_err(|e| TrainError::Read(format!("{e:?}")))?;
    data.try_into_vec::<f32>()
        .map_err(|e| TrainError::Read(format!("{e:?}")))
}

/// Smallest and largest.
fn range<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
        (low.min(*v), high.max(*v))
    })
}

impl Session {
    /// Whether this is a time to look at the output. Weights that were brought along are never replaced: an output of
    /// theirs may well be flat where there is nothing to find.
    pub(in crate::train) fn time_to_look(&self) -> bool {
        let step = self.steps();
        !self.continued && (step == 0 || LOOK_AT.contains(&step) && step < self.settings.steps_total)
    }

    /// What the output does on the coming batches that show something; `None` if none does. Before the first step one
    /// of them is enough, because new weights cost nothing then.
    async fn look(&self) -> Result<Option<Look>, TrainError> {
        let step = u64::from(self.steps());
        let (mut flat, mut last) = (0, None);
        for ahead in 0..LOOK_AHEAD {
            let Some(look) = self.look_at(step + ahead).await? else {
                continue;
            };
            flat += 1;
            last = Some(look);
            if step == 0 || !look.flat || !look.finite || flat == FLAT_BATCHES {
                break;
            }
        }
        Ok(last)
    }

    /// Logits of a step's batch, by its own statistics and without dropout; `None` if its images are of one grey.
    async fn look_at(&self, step: u64) -> Result<Option<Look>, TrainError> {
        let cpu = make_batch(&self.data, &self.train, &self.spec, step, self.settings.batch);
        let channels = self.settings.channels.count();
        let batch = Batch::upload(cpu, channels, &self.device);
        let image = read(batch.images.clone()).await?;
        let (low, high) = range(image.iter());
        if high - low <= NO_CONTRAST {
            return Ok(None);
        }
        let (logits, _) = self.trainer.model.forward_train(batch.images, &mut |_| None);
        let classes = self.settings.model.classes;
        let bias = read(self.trainer.model.out_bias()).await?;
        let logits = read(logits).await?;
        let passes = |p: &[f32]| p.iter().zip(&bias).any(|(l, b)| (l - b).abs() > SAME * (1.0 + b.abs()));
        let lit = image.chunks_exact(channels).map(|p| p.iter().any(|v| *v > NO_CONTRAST));
        let shown = logits.chunks_exact(classes).zip(lit).filter(|(_, lit)| *lit);
        let (n, passed) = shown.fold((0u32, 0u32), |(n, passed), (p, _)| {
            (n + 1, passed + u32::from(passes(p)))
        });
        let alive = f64::from(passed) / f64::from(n.max(1));
        let flat = (0..classes).all(|c| {
            let (low, high) = range(logits.iter().skip(c).step_by(classes));
            high - low <= SAME * (1.0 + high.abs())
        });
        let finite = logits.iter().all(|l| l.is_finite());
        Ok(Some(Look { flat, finite, alive }))
    }

    /// Looks at the output; gives new weights as long as it is dead. `Some` if that did not help.
    pub(in crate::train) async fn mend_if_dead(
        &mut self,
        events: &mut Vec<SessionEvent>,
    ) -> Result<Option<Ailment>, TrainError> {
        let at_start = self.steps() == 0;
        let norm = self.settings.model.has_norm();
        let before = self.repairs;
        loop {
            let Some(look) = self.look().await? else { break };
            if !look.finite {
                return Ok(Some(Ailment::NotFinite));
            }
            let weak = at_start && !norm && self.repairs > before && look.alive < ALIVE_AFTER_REPAIR;
            if !weak && !look.is_dead(at_start, norm) {
                break;
            }
            if self.repairs >= MAX_REPAIRS {
                if look.is_dead(at_start, norm) {
                    return Ok(Some(Ailment::DeadOutput));
                }
                break;
            }
            self.repairs += 1;
            let seed = derived_seed(self.settings.seed, self.repairs);
            let whole = at_start || self.repairs - before > HEAD_REPAIRS;
            self.trainer.reinitialise(seed, whole)?;
        }
        if self.repairs > before {
            self.health.repaired(self.steps());
            events.push(SessionEvent::Mended {
                step: self.steps(),
                tries: self.repairs - before,
                seed: derived_seed(self.settings.seed, self.repairs),
            });
        }
        Ok(None)
    }

    /// Keeps the present weights to fall back on, if they are numbers and the loss has not left them. `false` if they are
    /// not numbers.
    pub(in crate::train) async fn keep_if_sound(&mut self) -> Result<bool, TrainError> {
        let sum = read(self.trainer.model.sum()).await?;
        let sound = sum.iter().all(|v| v.is_finite());
        if sound && self.best.is_none() && self.health.is_calm() {
            self.good = Some((self.trainer.model.clone(), self.steps()));
        }
        Ok(sound)
    }
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
