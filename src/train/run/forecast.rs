//! How long a run still takes: the steps and the validations to come.

use std::collections::VecDeque;

use super::{measure, setup::RunSetup};
use crate::{
    data::dataset::Dataset,
    infer::{InputSpec, Prediction},
    train::config::Settings,
};

/// Validations that the mean is taken over.
const RECENT: usize = 3;
/// Time of a multiply-add of a validation as parts of one of a training step, before one was measured: no gradients and
/// no optimizer, but the metrics of every pixel.
const FORWARD_SHARE: f64 = 1.0;

/// Multiply-adds of one training step, forward and backward.
pub fn step_macs(settings: &Settings) -> f64 {
    3.0 * settings.model.forward_macs(settings.tile_px, settings.tile_px) as f64 * settings.batch as f64
}

/// Validations of a run: at every multiple of the interval, and at its end.
pub fn validations(settings: &Settings) -> u32 {
    validations_from(0, settings)
}

/// Validations still to come when `step` steps are done and, if one is due then, it has not begun.
fn validations_from(step: u32, settings: &Settings) -> u32 {
    let every = settings.validate_every.max(1);
    let until = |step: u32| step / every;
    let ends_apart = u32::from(!settings.steps_total.is_multiple_of(every));
    until(settings.steps_total).saturating_sub(until(step.saturating_sub(1))) + ends_apart
}

/// Multiply-adds of one validation. `sides`: pairs trained on and pairs held back.
pub fn validation_macs(settings: &Settings, data: &Dataset, sides: [&[usize]; 2]) -> f64 {
    let spec = InputSpec {
        channels: settings.channels,
        sampling: settings.sampling,
        tile_px: settings.tile_px,
        stride_px: settings.model.stride_px(),
    };
    let [train, held_back] = sides;
    let macs = |piece: measure::Piece| {
        let image = data.image(piece.pair)?;
        let seen = piece.seen([image.height as usize, image.width as usize], &spec);
        let ([height, width], tiles) = Prediction::tiles_of(seen, spec.stride_px);
        Some(settings.model.forward_macs(height, width) as f64 * tiles as f64)
    };
    let pieces = measure::pieces(data, settings, train, held_back);
    pieces.into_iter().filter_map(macs).sum()
}

/// Steps that the mean is taken over, roughly: older ones count ever less.
const STEPS: f64 = 200.0;

/// What steps and validations took so far.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// Work on `steps` steps, with all that is done between them.
    trained_ms: f64,
    steps: f64,
    under_way_ms: f64,
    recent_ms: VecDeque<f64>,
}

impl Forecast {
    /// Work on so many steps.
    pub(super) fn trained(&mut self, ms: f64, steps: u32) {
        self.trained_ms += ms;
        self.steps += f64::from(steps);
        if self.steps > STEPS {
            self.trained_ms /= 2.0;
            self.steps /= 2.0;
        }
    }

    /// Milliseconds of one step: the mean, which is what adds up; the median hides what is slow now and then.
    fn step_ms(&self) -> Option<f64> {
        (self.steps >= 4.0).then(|| self.trained_ms / self.steps)
    }

    /// Work on a validation; `done`: that was the last of it.
    pub(super) fn worked(&mut self, ms: f64, done: bool) {
        self.under_way_ms += ms;
        if done {
            self.recent_ms.push_back(std::mem::take(&mut self.under_way_ms));
            if self.recent_ms.len() > RECENT {
                self.recent_ms.pop_front();
            }
        }
    }

    /// Milliseconds of one validation, once there was one.
    fn measured_ms(&self) -> Option<f64> {
        let n = self.recent_ms.len();
        (n > 0).then(|| self.recent_ms.iter().sum::<f64>() / n as f64)
    }

    /// Milliseconds until the end, from `step` on; `median_ms`: of a step, for as long as there is no mean.
    pub(super) fn left_ms(&self, setup: &RunSetup, step: u32, median_ms: f64) -> f64 {
        let settings = setup.settings();
        let ms_per_step = self.step_ms().unwrap_or(median_ms);
        let one = self.measured_ms().unwrap_or_else(|| {
            let macs = validation_macs(settings, setup.data(), [setup.train(), setup.validation()]);
            FORWARD_SHARE * ms_per_step * macs / step_macs(settings).max(1.0)
        });
        let steps = f64::from(settings.steps_total.saturating_sub(step));
        steps * ms_per_step + f64::from(validations_from(step, settings)) * one
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{train::config::tests::good, values::TrainConfig};

    fn settings(steps: f64, every: f64) -> Settings {
        let raw = TrainConfig {
            steps,
            validate_every: every,
            ..good()
        };
        Settings::checked(&raw, 1, |_, _| 20).expect("usable")
    }

    #[test]
    fn validations_to_come_are_counted() {
        let even = settings(200.0, 20.0);
        assert_eq!(validations(&even), 10);
        // That of step 20 is due when its losses are read, and over at step 21.
        assert_eq!(
            [19, 20, 21, 199, 200].map(|step| validations_from(step, &even)),
            [10, 10, 9, 1, 1]
        );
        let odd = settings(50.0, 20.0);
        assert_eq!(validations(&odd), 3);
        assert_eq!([20, 21, 41, 50].map(|step| validations_from(step, &odd)), [3, 2, 1, 1]);
    }

    #[test]
    fn the_mean_is_of_the_last_validations() {
        let mut forecast = Forecast::default();
        assert_eq!(forecast.measured_ms(), None);
        forecast.worked(100.0, false);
        assert_eq!(forecast.measured_ms(), None);
        assert_eq!(forecast.step_ms(), None);
        (0..2).for_each(|_| forecast.trained(30.0, 2));
        assert_eq!(forecast.step_ms(), Some(15.0));
        // A device that has become slower is believed in time.
        (0..1000).for_each(|_| forecast.trained(100.0, 1));
        assert!(forecast.step_ms().is_some_and(|ms| ms > 99.0));
        forecast.worked(100.0, true);
        assert_eq!(forecast.measured_ms(), Some(200.0));
        (0..3).for_each(|_| forecast.worked(50.0, true));
        assert_eq!(forecast.measured_ms(), Some(50.0));
    }
}
