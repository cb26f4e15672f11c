//! Classic's networks as Keras weights (`unetNorm`, `unet`, `unetSmall`), both ways.
//!
//! Keras and Groundmask lay kernels out alike (HWIO), so only names change. Layers go by their order, which in
//! a U-Net is the order in which they run; that is how Keras itself loads weights.

use super::layers::{LayerError, find, layers};
use crate::{
    formats::{
        keras_h5::{self, KerasFileError, KerasLayer},
        npz::{self, NpzError},
        weights_file::FileTensor,
    },
    model::{Architecture, ConfigError, Head, ModelConfig, NamedTensor},
};

/// Keras's names of what follows the kernel and bias of a convolution, in the order it stores them.
const NORM_PARTS: [(&str, &str); 4] = [
    ("gamma", "gamma"),
    ("beta", "beta"),
    ("running_mean", "moving_mean"),
    ("running_var", "moving_variance"),
];

#[derive(Debug, thiserror::Error)]
pub enum KerasError {
    #[error(transparent)]
    File(#[from] KerasFileError),
    #[error("no U-Net of Classic: {0}")]
    NotAUNet(String),
    #[error("a U-Net that is not supported: {0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error(transparent)]
    Npz(#[from] NpzError),
}

/// Reads Keras's weights; the configuration follows from the shapes.
///
/// # Errors
/// If the file is damaged, in another layout, or its layers are not those of one of Classic's networks.
pub fn read_keras(bytes: Vec<u8>) -> Result<(ModelConfig, Vec<NamedTensor>), KerasError> {
    let found = keras_h5::read(bytes)?;
    let (norms, convs): (Vec<_>, Vec<_>) = found.iter().partition(|l| l.weights.iter().any(|w| w.name == "gamma"));
    let config = configuration(&convs, norms.len())?;
    let (mut convs, mut norms) = (convs.into_iter(), norms.into_iter());
    let mut tensors = Vec::new();
    let mut take = |layer: Option<&KerasLayer>, from: &str, name: String, shape: &[usize]| {
        let layer = layer.ok_or_else(|| KerasError::NotAUNet(format!("nothing for {name}")))?;
        let weight = layer.weights.iter().find(|w| w.name == from);
        let weight = weight.ok_or_else(|| KerasError::NotAUNet(format!("{} has no {from}", layer.name)))?;
        if weight.shape != shape {
            return Err(KerasError::NotAUNet(format!(
                "{} of {} is {:?}, wanted {shape:?}",
                from, layer.name, weight.shape
            )));
        }
        tensors.push(NamedTensor {
            name,
            shape: shape.to_vec(),
            values: weight.values.clone(),
        });
        Ok(())
    };
    for layer in layers(&config) {
        let plan = layer.plan;
        let conv = convs.next();
        take(
            conv,
            "kernel",
            format!("{}.weight", layer.conv),
            &[plan.k, plan.k, plan.c_in, plan.c_out],
        )?;
        take(conv, "bias", format!("{}.bias", layer.conv), &[plan.c_out])?;
        if let Some(norm) = &layer.norm {
            let from = norms.next();
            for (ours, theirs) in NORM_PARTS {
                take(from, theirs, format!("{norm}.{ours}"), &[plan.c_out])?;
            }
        }
    }
    Ok((config, tensors))
}

/// What network these convolutions make up.
fn configuration(convs: &[&KerasLayer], norms: usize) -> Result<ModelConfig, KerasError> {
    let kernel = |layer: &KerasLayer| {
        layer
            .weights
            .iter()
            .find(|w| w.name == "kernel")
            .map(|w| w.shape.clone())
    };
    // Two a level and two in the middle, three a level on the way up, one or two at the end: 5 depth + 3 or 4.
    let n = convs.len();
    let head = match n % 5 {
        3 => Head::Direct,
        4 => Head::TwoChannels,
        _ => return Err(KerasError::NotAUNet(format!("{n} convolutions"))),
    };
    let depth = (n - 3) / 5;
    let first: Option<[usize; 4]> = convs.first().and_then(|l| kernel(l)?.try_into().ok());
    let Some([_, _, channels, base]) = first else {
        return Err(KerasError::NotAUNet("its first layer is no 2D convolution".into()));
    };
    let architecture = match (norms, depth) {
        (0, 2) => Architecture::UnetSmall,
        (0, _) => Architecture::Unet,
        _ => Architecture::UnetNorm,
    };
    let dropout = if architecture == Architecture::UnetSmall {
        0.0
    } else {
        0.5
    };
    let config = ModelConfig {
        architecture,
        base,
        depth,
        channels,
        head,
        dropout,
        classes: 1,
    };
    config.check()?;
    Ok(config)
}

/// The weights as a file for `model.load_weights("x.h5")` on Classic's own `model.py`.
///
/// # Errors
/// If a tensor is missing or of another shape than the configuration says.
pub fn keras_file(config: &ModelConfig, tensors: &[NamedTensor]) -> Result<Vec<u8>, KerasError> {
    Ok(keras_h5::write(&keras_layers(config, tensors)?)?)
}

/// The weights as NumPy's `.npz`: `conv2d_1/kernel`, `conv2d_1/bias`, `batch_normalization_1/gamma`, ... in the order in
/// which the layers run.
///
/// # Errors
/// If a tensor is missing or of another shape than the configuration says.
pub fn keras_npz(config: &ModelConfig, tensors: &[NamedTensor]) -> Result<Vec<u8>, KerasError> {
    let named = |layer: KerasLayer| {
        let name = layer.name;
        layer.weights.into_iter().map(move |weight| FileTensor {
            name: format!("{name}/{}", weight.name),
            ..weight
        })
    };
    let arrays: Vec<FileTensor> = keras_layers(config, tensors)?.into_iter().flat_map(named).collect();
    Ok(npz::write(&arrays)?)
}

fn keras_layers(config: &ModelConfig, tensors: &[NamedTensor]) -> Result<Vec<KerasLayer>, KerasError> {
    let mut file = Vec::new();
    let mut norms = 0;
    let tensor = |name: &str, from: String, shape: Vec<usize>| {
        let values = find(tensors, &from, &shape)?.to_vec();
        Ok::<_, LayerError>(FileTensor {
            name: name.to_owned(),
            shape,
            values,
        })
    };
    for (i, layer) in layers(config).into_iter().enumerate() {
        let plan = layer.plan;
        file.push(KerasLayer {
            name: format!("conv2d_{}", i + 1),
            weights: vec![
                tensor(
                    "kernel",
                    format!("{}.weight", layer.conv),
                    vec![plan.k, plan.k, plan.c_in, plan.c_out],
                )?,
                tensor("bias", format!("{}.bias", layer.conv), vec![plan.c_out])?,
            ],
        });
        if let Some(norm) = &layer.norm {
            norms += 1;
            let weights = NORM_PARTS
                .iter()
                .map(|(ours, theirs)| tensor(theirs, format!("{norm}.{ours}"), vec![plan.c_out]));
            file.push(KerasLayer {
                name: format!("batch_normalization_{norms}"),
                weights: weights.collect::<Result<_, _>>()?,
            });
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{UNet, read_weights};

    #[test]
    fn weights_go_to_keras_and_back() {
        for (architecture, depth, channels, head) in [
            (Architecture::UnetNorm, 4, 1, Head::TwoChannels),
            (Architecture::UnetNorm, 3, 3, Head::Direct),
            (Architecture::Unet, 4, 3, Head::TwoChannels),
            (Architecture::UnetSmall, 2, 1, Head::TwoChannels),
            (Architecture::UnetSmall, 2, 1, Head::Direct),
        ] {
            let config = ModelConfig {
                architecture,
                base: 4,
                depth,
                channels,
                head,
                dropout: if architecture == Architecture::UnetSmall {
                    0.0
                } else {
                    0.5
                },
                classes: 1,
            };
            let model = UNet::new(config, 7, &burn::tensor::Device::flex()).expect("a valid configuration");
            let tensors = pollster::block_on(read_weights(&model)).expect("readable");
            let bytes = keras_file(&config, &tensors).expect("written");
            let (config_back, tensors_back) = read_keras(bytes).expect("read");
            assert_eq!(config_back, config);
            assert_eq!(tensors_back, tensors);
        }
    }

    #[test]
    fn other_networks_are_named() {
        let layer = KerasLayer {
            name: "dense".into(),
            weights: vec![FileTensor {
                name: "kernel".into(),
                shape: vec![4, 2],
                values: vec![0.0; 8],
            }],
        };
        let bytes = keras_h5::write(&[layer]).expect("written");
        assert!(matches!(read_keras(bytes), Err(KerasError::NotAUNet(_))));
    }
}
