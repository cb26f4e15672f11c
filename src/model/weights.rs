//! The model's tensors by name: tracking, gradients, export and import.
//!
//! Names: `enc1.conv1.weight`, `enc1.norm1.gamma`, ..., `mid.conv2.bias`, `up4.conv.weight`,
//! `dec4.conv1.weight`, ..., `head.conv.weight`, `head.norm.beta`, `out.weight`; levels count from 1
//! at full resolution. Convolution weights are HWIO, as in Keras.

use burn::tensor::{Gradients, Tensor, TensorData};

use super::{
    layers::{Conv, Norm},
    unet::{Block, ConvUnit, UNet},
};
use crate::ops::read_back::read_back;

/// A tensor on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("the model needs the tensor {0}, which is missing")]
    Missing(String),
    #[error("{name} has the shape {found:?}, the model needs {wanted:?}")]
    Shape {
        name: String,
        found: Vec<usize>,
        wanted: Vec<usize>,
    },
    #[error("reading {name} from the device failed: {cause}")]
    Read { name: String, cause: String },
}

/// Whether gradient descent changes a tensor or the batches' statistics do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trainable,
    Statistic,
}

enum Slot<'a> {
    Four(&'a mut Tensor<4>),
    One(&'a mut Tensor<1>),
}

impl Slot<'_> {
    fn shape(&self) -> Vec<usize> {
        match self {
            Slot::Four(t) => t.dims().to_vec(),
            Slot::One(t) => t.dims().to_vec(),
        }
    }

    fn flat(&self) -> Tensor<1> {
        match self {
            Slot::Four(t) => (*t).clone().reshape([t.dims().iter().product::<usize>()]),
            Slot::One(t) => (*t).clone(),
        }
    }

    fn set_flat(&mut self, flat: Tensor<1>) {
        match self {
            Slot::Four(t) => **t = flat.reshape(t.dims()),
            Slot::One(t) => **t = flat,
        }
    }

    fn track(&mut self) {
        match self {
            Slot::Four(t) => **t = t.clone().autodiff().require_grad(),
            Slot::One(t) => **t = t.clone().autodiff().require_grad(),
        }
    }

    fn take_grad(&self, grads: &mut Gradients) -> Option<Tensor<1>> {
        match self {
            Slot::Four(t) => t.grad_remove(grads).map(|g| {
                let n = g.dims().iter().product::<usize>();
                g.reshape([n])
            }),
            Slot::One(t) => t.grad_remove(grads),
        }
    }
}

type Slots<'a> = Vec<(String, Kind, Slot<'a>)>;

fn conv_slots<'a>(slots: &mut Slots<'a>, name: &str, conv: &'a mut Conv) {
    slots.push((format!("{name}.weight"), Kind::Trainable, Slot::Four(&mut conv.weight)));
    slots.push((format!("{name}.bias"), Kind::Trainable, Slot::One(&mut conv.bias)));
}

fn norm_slots<'a>(slots: &mut Slots<'a>, name: &str, norm: &'a mut Norm) {
    slots.push((format!("{name}.gamma"), Kind::Trainable, Slot::One(&mut norm.gamma)));
    slots.push((format!("{name}.beta"), Kind::Trainable, Slot::One(&mut norm.beta)));
    slots.push((
        format!("{name}.running_mean"),
        Kind::Statistic,
        Slot::One(&mut norm.running_mean),
    ));
    slots.push((
        format!("{name}.running_var"),
        Kind::Statistic,
        Slot::One(&mut norm.running_var),
    ));
}

fn unit_slots<'a>(slots: &mut Slots<'a>, conv: &str, norm: &str, unit: &'a mut ConvUnit) {
    conv_slots(slots, conv, &mut unit.conv);
    if let Some(n) = &mut unit.norm {
        norm_slots(slots, norm, n);
    }
}

fn block_slots<'a>(slots: &mut Slots<'a>, name: &str, block: &'a mut Block) {
    unit_slots(
        slots,
        &format!("{name}.conv1"),
        &format!("{name}.norm1"),
        &mut block.first,
    );
    unit_slots(
        slots,
        &format!("{name}.conv2"),
        &format!("{name}.norm2"),
        &mut block.second,
    );
}

impl UNet {
    fn slots(&mut self) -> Slots<'_> {
        let depth = self.config().depth;
        let mut slots = Vec::new();
        for (level, block) in self.encoder.iter_mut().enumerate() {
            let name = if level == depth {
                "mid".to_owned()
            } else {
                format!("enc{}", level + 1)
            };
            block_slots(&mut slots, &name, block);
        }
        for (i, (up, block)) in self.ups.iter_mut().zip(&mut self.decoder).enumerate() {
            conv_slots(&mut slots, &format!("up{}.conv", depth - i), up);
            block_slots(&mut slots, &format!("dec{}", depth - i), block);
        }
        if let Some(head) = &mut self.head {
            unit_slots(&mut slots, "head.conv", "head.norm", head);
        }
        conv_slots(&mut slots, "out", &mut self.out);
        slots
    }

    /// Names and lengths of the trainable tensors, in the order of all lists of parameters.
    pub fn parameter_sizes(&mut self) -> Vec<(String, usize)> {
        self.slots()
            .into_iter()
            .filter(|(_, kind, _)| *kind == Kind::Trainable)
            .map(|(name, _, slot)| (name, slot.shape().iter().product()))
            .collect()
    }

    /// The sum of all weights and statistics, `[1]`: a number if and only if every one of them is (or they overflow it).
    pub fn sum(&self) -> Tensor<1> {
        let mut copy = self.clone();
        let sums = copy.slots().into_iter().map(|(_, _, slot)| slot.flat().sum()).collect();
        Tensor::cat(sums, 0).sum()
    }

    /// Takes the last layers, which make the output from features, from another model of the same shape.
    pub fn take_head(&mut self, other: UNet) {
        self.head = other.head;
        self.out = other.out;
    }

    /// Whether a parameter of this name belongs to the last layers.
    pub fn is_head(name: &str) -> bool {
        name.starts_with("head.") || name.starts_with("out.")
    }

    /// All tensors by name: shape and values, flat and still on the device.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>, Tensor<1>)> {
        let mut copy = self.clone();
        let slots = copy.slots().into_iter();
        slots.map(|(name, _, slot)| (name, slot.shape(), slot.flat())).collect()
    }

    /// A copy whose trainable tensors record gradients.
    pub fn tracked(&self) -> Self {
        let mut copy = self.clone();
        for (_, kind, mut slot) in copy.slots() {
            if kind == Kind::Trainable {
                slot.track();
            }
        }
        copy
    }

    /// Takes the gradients of a [`tracked`](Self::tracked) model out of `grads`, flat; `None` where a tensor had none.
    pub fn take_gradients(&mut self, grads: &mut Gradients) -> Vec<Option<Tensor<1>>> {
        self.slots()
            .into_iter()
            .filter(|(_, kind, _)| *kind == Kind::Trainable)
            .map(|(_, _, slot)| slot.take_grad(grads))
            .collect()
    }

    /// Replaces every trainable tensor by what `update` makes of it (number, flat tensor).
    pub fn update_parameters(&mut self, mut update: impl FnMut(usize, Tensor<1>) -> Tensor<1>) {
        let trainable = self.slots().into_iter().filter(|(_, kind, _)| *kind == Kind::Trainable);
        for (number, (_, _, mut slot)) in trainable.enumerate() {
            let flat = slot.flat();
            slot.set_flat(update(number, flat));
        }
    }
}

/// Reads all tensors from the device.
///
/// # Errors
/// If the device fails while reading.
pub async fn read_weights(model: &UNet) -> Result<Vec<NamedTensor>, WeightsError> {
    let mut copy = model.clone();
    let mut tensors = Vec::new();
    for (name, _, slot) in copy.slots() {
        let values = read_back(slot.flat()).await.map_err(|cause| WeightsError::Read {
            name: name.clone(),
            cause,
        })?;
        tensors.push(NamedTensor {
            shape: slot.shape(),
            name,
            values,
        });
    }
    Ok(tensors)
}

/// Replaces the model's tensors by those of the same names.
///
/// # Errors
/// If one is missing or of another shape; the model is then unchanged.
pub fn write_weights(model: &mut UNet, tensors: &[NamedTensor]) -> Result<(), WeightsError> {
    let device = model.device();
    let mut copy = model.clone();
    for (name, _, mut slot) in copy.slots() {
        let tensor = tensors
            .iter()
            .find(|t| t.name == name)
            .ok_or_else(|| WeightsError::Missing(name.clone()))?;
        let wanted = slot.shape();
        let length: usize = wanted.iter().product();
        if tensor.shape != wanted || tensor.values.len() != length {
            return Err(WeightsError::Shape {
                name,
                found: tensor.shape.clone(),
                wanted,
            });
        }
        slot.set_flat(Tensor::from_data(
            TensorData::new(tensor.values.clone(), [length]),
            &device,
        ));
    }
    *model = copy;
    Ok(())
}
