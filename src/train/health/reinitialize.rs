//! Finding an output that does not depend on the image, and giving it new weights.
//!
//! Classic's head ends in two ReLUs. Where both are negative for every pixel, no gradient passes and the output stays
//! one grey for ever: the most reported fault of this family of networks (`zhixuhao/unet` issues 31, 80, 98, 148). It is
//! looked for before the first step, when new weights cost nothing, and at times after it.

use super::watch::Failure;
use crate::train::{
    device_read::read,
    report::events::TrainError,
    run::{setup::RunSetup, step::Trainer},
};

/// Sets of weights tried before the run gives up.
pub(in crate::train) const MAX_REINITIALIZATIONS: u32 = 16;
/// Of these, how many replace only the head once there is something learnt below it.
const HEAD_REINITIALIZATIONS: u32 = 3;
/// Share of pixels that must get through the head before the first step.
pub(in crate::train) const ALIVE_AT_START: f64 = 0.05;
/// The same for weights that replace others: with a choice, weights on the verge are not taken (with 0.05 here, one of
/// ten unlucky seeds was back at 0.04 after 50 steps).
const ALIVE_AFTER_REINITIALIZATION: f64 = 0.5;
/// Batches looked through for one with something on it: an image without contrast has a flat output by right.
const MOST_PROBED: u64 = 16;
/// Batches that have to be flat once there is something learnt: a batch of background alone may silence a sound head.
const FLAT_BATCHES: usize = 4;
/// Values closer than this are one grey: less than a step of 16 bits.
const NO_CONTRAST: f32 = 1e-5;
/// Logits closer than this, relative to their size, do not depend on the image.
const SAME: f32 = 1e-6;

/// What a look at the output found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::train) struct OutputProbe {
    /// No logit differs from another of its class.
    pub flat: bool,
    /// All logits are numbers.
    pub finite: bool,
    /// Share of pixels whose logits are more than the last layer's bias, of those that are not black: before the first
    /// step all biases are 0, and so is everything on black ground.
    pub alive: f64,
}

impl OutputProbe {
    pub(in crate::train) fn is_dead(&self, at_start: bool, norm: bool) -> bool {
        // Behind batch normalisation a dead head gives its shift, not the bias.
        self.finite && (self.flat || at_start && !norm && self.alive < ALIVE_AT_START)
    }
}

/// The seed of try `n`: far from the seeds people type, the same on every run.
fn derived_seed(seed: u32, n: u32) -> u32 {
    let mut x = seed ^ n.wrapping_mul(0x9E37_79B9);
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    x ^ (x >> 16)
}

/// Smallest and largest.
fn range<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
        (low.min(*v), high.max(*v))
    })
}

/// What the output does on the coming batches that show something; `None` if none does. Before the first step one of them
/// is enough, because new weights cost nothing then.
pub(in crate::train) async fn probe(setup: &RunSetup, trainer: &Trainer) -> Result<Option<OutputProbe>, TrainError> {
    let step = u64::from(trainer.steps());
    let (mut flat, mut last) = (0, None);
    for ahead in 0..MOST_PROBED {
        let Some(probed) = probe_batch(setup, trainer, step + ahead).await? else {
            continue;
        };
        flat += 1;
        last = Some(probed);
        if step == 0 || !probed.flat || !probed.finite || flat == FLAT_BATCHES {
            break;
        }
    }
    Ok(last)
}

/// Logits of a step's batch, by its own statistics and without dropout; `None` if its images are of one grey.
pub(in crate::train) async fn probe_batch(
    setup: &RunSetup,
    trainer: &Trainer,
    step: u64,
) -> Result<Option<OutputProbe>, TrainError> {
    let channels = setup.settings().channels.count();
    let batch = setup.batch(step);
    let image = read(batch.images.clone()).await?;
    let (low, high) = range(image.iter());
    if high - low <= NO_CONTRAST {
        return Ok(None);
    }
    let (logits, _) = trainer.model().forward_train(batch.images, &mut |_| None);
    let classes = setup.settings().model.classes;
    let bias = read(trainer.model().out_bias()).await?;
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
    Ok(Some(OutputProbe { flat, finite, alive }))
}

/// Fresh weights for a dead output.
#[derive(Default)]
pub(super) struct Reinitializer {
    /// Sets tried in this run.
    tried: u32,
}

impl Reinitializer {
    pub(super) fn restore(tried: u32) -> Self {
        Self { tried }
    }

    pub(super) fn tried(&self) -> u32 {
        self.tried
    }

    /// The seed of the last set.
    pub(super) fn last_seed(&self, setup: &RunSetup) -> u32 {
        derived_seed(setup.settings().seed, self.tried)
    }

    /// Looks at the output; gives new weights as long as it is dead. `Some` if that did not help.
    pub(super) async fn reinitialize_if_dead(
        &mut self,
        setup: &RunSetup,
        trainer: &mut Trainer,
    ) -> Result<Option<Failure>, TrainError> {
        let at_start = trainer.steps() == 0;
        let norm = setup.settings().model.has_norm();
        let before = self.tried;
        while let Some(probed) = probe(setup, trainer).await? {
            if !probed.finite {
                return Ok(Some(Failure::NotFinite));
            }
            let weak = at_start && !norm && self.tried > before && probed.alive < ALIVE_AFTER_REINITIALIZATION;
            if !weak && !probed.is_dead(at_start, norm) {
                break;
            }
            if self.tried >= MAX_REINITIALIZATIONS {
                if probed.is_dead(at_start, norm) {
                    return Ok(Some(Failure::DeadOutput));
                }
                break;
            }
            self.tried += 1;
            let whole = at_start || self.tried - before > HEAD_REINITIALIZATIONS;
            trainer.reinitialize(self.last_seed(setup), whole)?;
        }
        Ok(None)
    }
}
