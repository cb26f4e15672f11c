//! Loss and gradients of one batch, for who trains the same network elsewhere.

use std::fs;

use burn::tensor::{Device, Tensor, TensorData};
use groundmask::{
    formats::weights_file::{FileTensor, WeightsFile},
    model::{LossConfig, UNet, loss_from_logits, write_weights},
};

use super::{Outcome, load};

/// Writes `loss` [1], the gradient of every trainable tensor under its name, flat, and each batch norm's mean and variance
/// as `mean.N` and `var.N`.
pub fn gradients(model: &str, batch: &str, loss: &str, out: &str) -> Outcome<()> {
    let (config, tensors) = load(model)?;
    let device = Device::flex();
    let mut net = UNet::new(config, 0, &device)?;
    write_weights(&mut net, &tensors)?;
    let file = WeightsFile::read(&fs::read(batch)?)?;
    let tensor = |name: &str| -> Outcome<Tensor<4>> {
        let found = file.tensors.iter().find(|t| t.name == name).ok_or("no such tensor")?;
        let shape: [usize; 4] = found.shape.as_slice().try_into()?;
        Ok(Tensor::from_data(TensorData::new(found.values.clone(), shape), &device))
    };
    let kind = LossConfig::of(serde_json::from_value(loss.into())?);
    let mut tracked = net.tracked();
    let (logits, stats) = tracked.forward_train(tensor("x")?, &mut |_| None);
    let loss = loss_from_logits(logits, tensor("y")?, kind);
    let mut grads = loss.backward();
    let mut tensors = vec![host("loss", loss.inner())?];
    let names = net.parameter_sizes();
    for ((name, _), gradient) in names.iter().zip(tracked.take_gradients(&mut grads)) {
        tensors.push(host(name, gradient.ok_or("a parameter without gradient")?)?);
    }
    for (number, stats) in stats.into_iter().enumerate() {
        tensors.push(host(&format!("mean.{number}"), stats.mean)?);
        tensors.push(host(&format!("var.{number}"), stats.var)?);
    }
    let file = WeightsFile {
        tensors,
        ..WeightsFile::default()
    };
    Ok(fs::write(out, file.write()?)?)
}

fn host(name: &str, tensor: Tensor<1>) -> Outcome<FileTensor> {
    let data = pollster::block_on(tensor.into_data_async()).map_err(|e| format!("{e:?}"))?;
    let values = data.try_into_vec::<f32>().map_err(|e| format!("{e:?}"))?;
    Ok(FileTensor {
        name: name.into(),
        shape: vec![values.len()],
        values,
    })
}
