//! The losses of a run: those that wait on the device, and those that were read.

use std::collections::VecDeque;

use burn::tensor::Tensor;

use crate::train::{device_read::read, report::events::TrainError};

/// Losses are read back about this often on a GPU: each read waits for all work before it.
const READ_EVERY_MS: f64 = 150.0;
/// Most steps whose losses wait together.
const MOST_WAITING: usize = 16;
/// Steps that the median time is taken over.
const RECENT: usize = 15;
/// Of these, so many are needed to foretell by.
const ENOUGH: usize = 5;
/// Losses that the mean at a run's end is taken over: less noisy than the last one.
const LAST: usize = 10;

/// Losses of a run's steps.
pub(super) struct Losses {
    waiting: Vec<Tensor<1>>,
    waiting_since_ms: f64,
    /// Steps after which they are read.
    read_every: usize,
    reads_are_cheap: bool,
    /// Milliseconds a step, lately.
    step_ms: VecDeque<f64>,
    read: Vec<f64>,
}

/// What was read at once: of some steps in a row.
pub(super) struct Reading {
    losses: Vec<f64>,
    accuracy: f64,
    ms_per_step: f64,
}

impl Reading {
    /// One a step.
    pub(super) fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Share of pixels that are right, over the steps with something labelled.
    pub(super) fn accuracy(&self) -> f64 {
        self.accuracy
    }

    /// Milliseconds, the median of the last steps.
    pub(super) fn ms_per_step(&self) -> f64 {
        self.ms_per_step
    }

    pub(super) fn mean_loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len().max(1) as f64
    }
}

impl Losses {
    /// `reads_are_cheap`: the device is the CPU.
    pub(super) fn new(reads_are_cheap: bool) -> Self {
        Self {
            waiting: Vec::new(),
            waiting_since_ms: 0.0,
            read_every: 1,
            reads_are_cheap,
            step_ms: VecDeque::new(),
            read: Vec::new(),
        }
    }

    /// A step begins.
    pub(super) fn step_begins(&mut self, now_ms: f64) {
        if self.waiting.is_empty() {
            self.waiting_since_ms = now_ms;
        }
    }

    /// What [`Trainer::step`](super::step::Trainer::step) gave.
    pub(super) fn push(&mut self, told: Tensor<1>) {
        self.waiting.push(told);
    }

    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether it is time to read.
    pub(super) fn are_due(&self) -> bool {
        self.waiting.len() >= self.read_every
    }

    /// Drops what waits.
    pub(super) fn drop_waiting(&mut self) {
        self.waiting.clear();
    }

    /// Reads all that waits. `timed`: the steps' time says something about those to come; the first one's, which compiles
    /// shaders, does not.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn read(&mut self, now_ms: &dyn Fn() -> f64, timed: bool) -> Result<Reading, TrainError> {
        let count = self.waiting.len();
        let values = read(Tensor::cat(std::mem::take(&mut self.waiting), 0)).await?;
        let ms_per_step = (now_ms() - self.waiting_since_ms) / count.max(1) as f64;
        if timed {
            self.step_ms.push_back(ms_per_step);
            if self.step_ms.len() > RECENT {
                self.step_ms.pop_front();
            }
            if !self.reads_are_cheap {
                self.read_every = ((READ_EVERY_MS / ms_per_step) as usize).clamp(1, MOST_WAITING);
            }
        }
        // A loss of exactly 0: nothing in the batch is labelled, so nothing of it is right or wrong.
        let labelled = values.chunks_exact(2).filter(|v| v[0] != 0.0);
        let (n, right) = labelled.fold((0u32, 0.0), |(n, sum), v| (n + 1, sum + f64::from(v[1])));
        Ok(Reading {
            losses: values.iter().step_by(2).map(|&v| f64::from(v)).collect(),
            accuracy: right / f64::from(n.max(1)),
            ms_per_step: self.ms_per_step().unwrap_or(ms_per_step),
        })
    }

    /// Keeps losses for the curve.
    pub(super) fn record(&mut self, losses: impl IntoIterator<Item = f64>) {
        self.read.extend(losses);
    }

    /// The loss of every step so far, as far as they were read.
    pub(super) fn all(&self) -> &[f64] {
        &self.read
    }

    /// Mean of the last `n`; 0 if there are none.
    pub(super) fn mean_of_last(&self, n: usize) -> f64 {
        let recent = &self.read[self.read.len().saturating_sub(n)..];
        recent.iter().sum::<f64>() / recent.len().max(1) as f64
    }

    /// The first loss, and the mean of the last ten; NaN if there are none.
    pub(super) fn first_and_last(&self) -> [f64; 2] {
        match self.read.first() {
            Some(first) => [*first, self.mean_of_last(LAST)],
            None => [f64::NAN; 2],
        }
    }

    /// Median of the recent steps, milliseconds.
    pub(super) fn ms_per_step(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.step_ms.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// Whether there were steps enough to foretell by.
    pub(super) fn are_enough(&self) -> bool {
        self.step_ms.len() >= ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use pollster::block_on;

    use super::*;

    /// Losses and accuracies of steps, waiting.
    fn waiting(reads_are_cheap: bool, told: &[[f32; 2]]) -> Losses {
        let mut losses = Losses::new(reads_are_cheap);
        for told in told {
            losses.step_begins(0.0);
            losses.push(Tensor::from_data(TensorData::new(told.to_vec(), [2]), &Device::flex()));
        }
        losses
    }

    #[test]
    fn steps_without_labels_say_nothing_of_the_accuracy() {
        let mut losses = waiting(true, &[[0.5, 0.75], [0.0, 0.25], [0.75, 0.5]]);
        let reading = block_on(losses.read(&|| 30.0, true)).expect("a device");
        assert_eq!(reading.losses(), [0.5, 0.0, 0.75]);
        assert_eq!((reading.accuracy(), reading.ms_per_step()), (0.625, 10.0));
        assert!(!losses.are_waiting());
    }

    #[test]
    fn losses_of_a_quick_gpu_are_read_together_and_those_of_the_cpu_at_once() {
        for (reads_are_cheap, together) in [(true, 1), (false, 15)] {
            let mut losses = waiting(reads_are_cheap, &[[0.5, 0.5]]);
            block_on(losses.read(&|| 10.0, true)).expect("a device");
            let due = (1..=20).find(|_| {
                losses.push(Tensor::from_data(
                    TensorData::new(vec![0.5f32, 0.5], [2]),
                    &Device::flex(),
                ));
                losses.are_due()
            });
            assert_eq!(due, Some(together));
        }
    }

    #[test]
    fn means_are_of_the_last_losses() {
        let mut losses = Losses::new(true);
        assert!(losses.first_and_last().iter().all(|loss| loss.is_nan()));
        assert_eq!(losses.mean_of_last(3), 0.0);
        losses.record((1..=12).map(f64::from));
        assert_eq!(losses.mean_of_last(3), 11.0);
        assert_eq!(losses.first_and_last(), [1.0, 7.5]);
    }
}
