//! What a run works with: settings, data and device. All but the labels stay the same from its first step to its last.

use std::rc::Rc;

use burn::tensor::Device;

use super::step::{Batch, Trainer};
use crate::{
    data::{
        batches::{CpuBatch, SampleSpec, make_batch},
        dataset::Dataset,
    },
    infer::InputSpec,
    model::UNet,
    train::{config::Settings, report::events::TrainError, weights},
    values::{ForegroundWeight, NormStatistics},
};

/// Settings, data and device of a run.
pub(in crate::train) struct RunSetup {
    settings: Settings,
    samples: SampleSpec,
    data: Rc<Dataset>,
    train: Vec<usize>,
    validation: Vec<usize>,
    device: Device,
}

impl RunSetup {
    /// `train` and `validation` are pair numbers of `data`.
    pub(super) fn new(
        settings: Settings,
        data: Rc<Dataset>,
        train: Vec<usize>,
        validation: Vec<usize>,
        device: Device,
    ) -> Self {
        Self {
            samples: settings.samples(),
            settings,
            data,
            train,
            validation,
            device,
        }
    }

    /// The network with fresh weights, its loss and its optimizer.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub(super) fn trainer(&self) -> Result<Trainer, TrainError> {
        let settings = &self.settings;
        let keras_momentum = settings.norm_statistics == NormStatistics::Keras;
        let model = self.fresh()?;
        let (loss, adam) = (settings.loss, settings.adam);
        let mut trainer = Trainer::new(model, loss, adam, settings.lr, settings.seed, keras_momentum);
        self.weigh(&mut trainer);
        Ok(trainer)
    }

    /// The network with fresh weights.
    ///
    /// # Errors
    /// If it cannot be built.
    pub(super) fn fresh(&self) -> Result<UNet, TrainError> {
        Ok(UNet::new(self.settings.model, self.settings.seed, &self.device)?)
    }

    /// Weighs foreground and classes in the loss by the labels as they are.
    pub(super) fn weigh(&self, trainer: &mut Trainer) {
        let Self {
            settings, data, train, ..
        } = self;
        trainer.set_foreground_weight(match settings.class_weights[..] {
            [background, foreground] if settings.model.classes == 1 => foreground / background,
            _ if settings.foreground_weight == ForegroundWeight::Auto => {
                weights::foreground(data, train, settings.held_back.as_ref())
            }
            _ => 1.0,
        });
        trainer.set_class_weights(match &settings.class_weights {
            given if !given.is_empty() => given.clone(),
            _ if settings.foreground_weight != ForegroundWeight::Off => {
                weights::by_class(data, train, settings.held_back.as_ref())
            }
            _ => Vec::new(),
        });
    }

    /// The same pairs with other labels, or more pairs after them.
    pub(super) fn set_data(&mut self, data: Rc<Dataset>) {
        self.data = data;
    }

    /// Trains on one more pair.
    pub(super) fn add_pair(&mut self, pair: usize) {
        if !self.train.contains(&pair) && !self.validation.contains(&pair) {
            self.train.push(pair);
        }
    }

    /// Tells so many classes apart; weights that were given for others do not hold.
    pub(super) fn set_classes(&mut self, classes: usize) {
        self.settings.model.classes = classes;
        self.settings.class_weights = Vec::new();
    }

    pub(in crate::train) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(in crate::train) fn data(&self) -> &Dataset {
        &self.data
    }

    /// Pairs trained on.
    pub(in crate::train) fn train(&self) -> &[usize] {
        &self.train
    }

    /// Pairs held back.
    pub(in crate::train) fn validation(&self) -> &[usize] {
        &self.validation
    }

    /// What the model expects as input.
    pub(super) fn input_spec(&self) -> InputSpec {
        InputSpec {
            channels: self.settings.channels,
            sampling: self.settings.sampling,
            tile_px: self.settings.tile_px,
            stride_px: self.settings.model.stride_px(),
        }
    }

    /// The samples of a step (from 0), on the host.
    pub(super) fn samples_of(&self, step: u64) -> CpuBatch {
        make_batch(&self.data, &self.train, &self.samples, step, self.settings.batch)
    }

    /// The samples of a step (from 0), augmented on the device.
    pub(in crate::train) fn batch(&self, step: u64) -> Batch {
        Batch::upload(self.samples_of(step), self.settings.channels.count(), &self.device)
    }

    /// Whether an epoch, or the run, ends after so many steps.
    pub(super) fn is_epochs_end(&self, steps: u32) -> bool {
        steps.is_multiple_of(self.settings.steps_per_epoch) || steps == self.settings.steps_total
    }

    /// Another learning rate.
    #[cfg(test)]
    pub(super) fn set_lr(&mut self, lr: f64) {
        self.settings.lr = lr;
    }
}
