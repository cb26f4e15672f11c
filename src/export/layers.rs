//! The U-Net's layers by name, in the order they run: what every foreign model format is written from and read into.

use crate::model::{ConvPlan, ModelConfig, NamedTensor};

/// One convolution with the names of its tensors (see [`crate::model::weights`]).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// `enc1.conv1`, ..., `out`.
    pub conv: String,
    /// `enc1.norm1`, ...; `None` where no batch normalisation follows.
    pub norm: Option<String>,
    pub plan: ConvPlan,
}

impl Layer {
    /// Names of the layer's tensors and their shapes, kernel first.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let ConvPlan { k, c_in, c_out, .. } = self.plan;
        let mut all = vec![
            (format!("{}.weight", self.conv), vec![k, k, c_in, c_out]),
            (format!("{}.bias", self.conv), vec![c_out]),
        ];
        if let Some(norm) = &self.norm {
            let parts = ["gamma", "beta", "running_mean", "running_var"];
            all.extend(parts.map(|part| (format!("{norm}.{part}"), vec![c_out])));
        }
        all
    }
}

/// All layers of a network in the order of [`ModelConfig::convolutions`].
pub(super) fn layers(config: &ModelConfig) -> Vec<Layer> {
    let mut names = Vec::new();
    let block = |names: &mut Vec<[String; 2]>, part: String| {
        for i in 1..=2 {
            names.push([format!("{part}.conv{i}"), format!("{part}.norm{i}")]);
        }
    };
    for level in 1..=config.depth {
        block(&mut names, format!("enc{level}"));
    }
    block(&mut names, "mid".into());
    for level in (1..=config.depth).rev() {
        names.push([format!("up{level}.conv"), String::new()]);
        block(&mut names, format!("dec{level}"));
    }
    if config.head_channels().is_some() {
        names.push(["head.conv".into(), "head.norm".into()]);
    }
    names.push(["out".into(), String::new()]);
    let plans = config.convolutions();
    names
        .into_iter()
        .zip(plans)
        .map(|([conv, norm], plan)| Layer {
            conv,
            norm: plan.norm.then_some(norm),
            plan,
        })
        .collect()
}

/// A tensor by name and shape.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayerError {
    #[error("the model has no tensor {0}")]
    Missing(String),
    #[error("{name} has the shape {found:?}, wanted {wanted:?}")]
    Shape {
        name: String,
        found: Vec<usize>,
        wanted: Vec<usize>,
    },
}

/// # Errors
/// If the tensor is not there or of another shape.
pub(super) fn find<'a>(tensors: &'a [NamedTensor], name: &str, shape: &[usize]) -> Result<&'a [f32], LayerError> {
    let tensor = tensors
        .iter()
        .find(|t| t.name == name)
        .ok_or_else(|| LayerError::Missing(name.to_owned()))?;
    if tensor.shape != shape || tensor.values.len() != shape.iter().product::<usize>() {
        return Err(LayerError::Shape {
            name: name.to_owned(),
            found: tensor.shape.clone(),
            wanted: shape.to_vec(),
        });
    }
    Ok(&tensor.values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Architecture, Head, UNet, read_weights};

    #[test]
    fn the_names_and_shapes_are_those_of_the_model() {
        for (architecture, depth) in [
            (Architecture::UnetNorm, 4),
            (Architecture::Unet, 3),
            (Architecture::UnetSmall, 2),
        ] {
            let config = ModelConfig {
                architecture,
                base: 4,
                depth,
                channels: 3,
                head: if depth == 3 { Head::Direct } else { Head::TwoChannels },
                dropout: 0.0,
                classes: if depth == 3 { 5 } else { 1 },
            };
            let model = UNet::new(config, 1, &burn::tensor::Device::flex()).expect("a valid configuration");
            let own = pollster::block_on(read_weights(&model)).expect("readable");
            let own: Vec<_> = own.into_iter().map(|t| (t.name, t.shape)).collect();
            let ours: Vec<_> = layers(&config).iter().flat_map(Layer::tensors).collect();
            assert_eq!(ours, own);
        }
    }
}
