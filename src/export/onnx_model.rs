//! A trained U-Net as an ONNX file, for onnxruntime and for QGIS's Deepness plugin.
//!
//! The graph takes `image` `[batch, channels, height, width]` in 0..1 (NCHW, as Deepness gives it) and returns
//! `probability` of the same size: sigmoid for one output channel, softmax over the channels for several.

use super::layers::{self, Layer, LayerError, find};
use crate::{
    formats::onnx::{Attribute, Constant, Dim, Node, OnnxModel, Port},
    model::{BATCH_NORM_EPS, ConvPlan, ModelConfig, NamedTensor},
    values::{Band, Sampling},
};

/// What the file says beside the network.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxFacts {
    /// Names of the classes, background first. One output channel has two classes.
    pub class_names: Vec<String>,
    /// Side of the tiles it was trained on, in pixels.
    pub tile_px: usize,
    /// Side of a pixel of the training images in hundredths of the map's metre; `None` where the map is in degrees or feet,
    /// which Deepness does not take, or not known. Not centimetres on the ground: Deepness compares it with the layer's
    /// own units.
    pub resolution_cm: Option<f64>,
    /// Probability from which a pixel counts as foreground.
    pub threshold: f32,
    /// Of a model of images of more than 8 bits: for each band the number that is 0 to it and the one that is 1, in that
    /// order, and clamped beyond. Deepness divides by 255 and then standardises: its mean and deviation are set so that the
    /// same comes out (without the clamping).
    pub value_ranges: Option<Vec<[f64; 2]>>,
    /// How its tiles were cut from images; others than crops see whole images made smaller.
    pub sampling: Sampling,
    /// Which bands of an image the channels are; empty for grey and RGB.
    pub bands: Vec<Band>,
    /// Height and width fixed to `tile_px`. Deepness 0.7 asks for that: it reads the tile's size from the shape.
    pub fixed_size: bool,
}

/// Share of a tile, in percent, that Deepness lets neighbours overlap.
const OVERLAP_PERCENT: u32 = 15;

/// Height and width of an input of any size have to be multiples of [`ModelConfig::stride_px`].
///
/// # Errors
/// If a tensor is missing or of another shape than the configuration says.
pub fn onnx_file(config: &ModelConfig, tensors: &[NamedTensor], facts: &OnnxFacts) -> Result<Vec<u8>, LayerError> {
    let mut graph = Graph {
        tensors,
        model: OnnxModel {
            graph_name: "groundmask_unet".into(),
            doc: format!(
                "U-Net trained with Groundmask. image: [batch, channels, height, width], values 0..1; \
                 height and width are multiples of {}.",
                config.stride_px()
            ),
            producer: "groundmask".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            ..OnnxModel::default()
        },
    };
    let classes = graph.unet(config)?;
    graph.model.metadata = metadata(config, facts, classes);
    let (height, width) = if facts.fixed_size {
        (Dim::Fixed(facts.tile_px), Dim::Fixed(facts.tile_px))
    } else {
        (Dim::Named("height"), Dim::Named("width"))
    };
    let port = |name: &str, channels| Port {
        name: name.into(),
        shape: vec![Dim::Named("batch"), Dim::Fixed(channels), height.clone(), width.clone()],
    };
    graph.model.inputs = vec![port("image", config.channels)];
    graph.model.outputs = vec![port("probability", classes)];
    Ok(graph.model.to_bytes())
}

/// Keys and JSON values as Deepness reads them ("Model metadata" in its documentation).
fn metadata(config: &ModelConfig, facts: &OnnxFacts, channels: usize) -> Vec<(String, String)> {
    let classes: serde_json::Map<String, serde_json::Value> = (0..channels.max(2))
        .map(|i| {
            let unnamed = || {
                if i == 0 {
                    "_background".to_owned()
                } else {
                    format!("class_{i}")
                }
            };
            let name = facts.class_names.get(i).cloned().unwrap_or_else(unnamed);
            (i.to_string(), name.into())
        })
        .collect();
    // Of a model of 8 bits 0 to 255 is black to white.
    let standard = |of: &dyn Fn([f64; 2]) -> f64| -> Vec<f64> {
        let ranges = facts.value_ranges.as_deref().unwrap_or(&[[0.0, 255.0]]);
        let band = |i: usize| ranges.get(i).or(ranges.last()).copied().unwrap_or([0.0, 255.0]);
        (0..config.channels).map(|i| of(band(i))).collect()
    };
    let mut all = vec![
        ("model_type", serde_json::json!("Segmentor")),
        ("class_names", classes.into()),
        ("tile_size", facts.tile_px.into()),
        // The plugin's documentation names it so, its code the other way.
        ("tiles_size", facts.tile_px.into()),
        ("tiles_overlap", OVERLAP_PERCENT.into()),
        ("seg_thresh", facts.threshold.into()),
        ("sampling", serde_json::json!(facts.sampling)),
        ("seg_small_segment", 0.into()),
        ("standardization_mean", standard(&|[low, _]| low / 255.0).into()),
        (
            "standardization_std",
            standard(&|[low, high]| (high - low) / 255.0).into(),
        ),
    ];
    if let Some(ranges) = &facts.value_ranges {
        all.push(("value_ranges", serde_json::json!(ranges)));
    }
    if !facts.bands.is_empty() {
        all.push(("bands", serde_json::json!(facts.bands)));
    }
    if let Some(resolution) = facts.resolution_cm {
        all.push(("resolution", resolution.into()));
    }
    all.into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_string()))
        .collect()
}

struct Graph<'a> {
    tensors: &'a [NamedTensor],
    model: OnnxModel,
}

impl Graph<'_> {
    /// Adds all operators; gives the number of output channels.
    fn unet(&mut self, config: &ModelConfig) -> Result<usize, LayerError> {
        let mut layers = layers::layers(config).into_iter();
        let mut value = "image".to_owned();
        let mut skips = Vec::new();
        let mut classes = 1;
        // Encoder and middle: two units a level, pooled in between.
        for level in 0..=config.depth {
            for layer in layers.by_ref().take(2) {
                value = self.unit(&layer, value, true)?;
            }
            if level < config.depth {
                skips.push(value.clone());
                value = self.node("MaxPool", vec![value], format!("pool{}", level + 1), pool_attributes());
            }
        }
        for level in (1..=config.depth).rev() {
            value = self.enlarge(value, level);
            for (i, layer) in layers.by_ref().take(3).enumerate() {
                if i == 1 {
                    let skip = skips.pop().unwrap_or_default();
                    let axis = vec![("axis", Attribute::Int(1))];
                    value = self.node("Concat", vec![skip, value], format!("cat{level}"), axis);
                }
                value = self.unit(&layer, value, true)?;
            }
        }
        for layer in layers {
            let last = layer.conv == "out";
            value = self.unit(&layer, value, !last)?;
            if last {
                classes = layer.plan.c_out;
            }
        }
        if classes == 1 {
            self.node("Sigmoid", vec![value], "probability".into(), vec![]);
        } else {
            let axis = vec![("axis", Attribute::Int(1))];
            self.node("Softmax", vec![value], "probability".into(), axis);
        }
        Ok(classes)
    }

    fn node(
        &mut self,
        op: &'static str,
        inputs: Vec<String>,
        output: String,
        attributes: Vec<(&'static str, Attribute)>,
    ) -> String {
        self.model.nodes.push(Node {
            op,
            inputs,
            output: output.clone(),
            attributes,
        });
        output
    }

    fn constant(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) -> String {
        self.model.constants.push(Constant {
            name: name.clone(),
            shape,
            values,
        });
        name
    }

    /// Convolution, ReLU and, where the layer has one, batch normalisation by the running statistics.
    fn unit(&mut self, layer: &Layer, value: String, relu: bool) -> Result<String, LayerError> {
        let ConvPlan { k, c_in, c_out, .. } = layer.plan;
        let mut shapes = layer.tensors().into_iter();
        let mut inputs = vec![value];
        for (name, shape) in shapes.by_ref().take(2) {
            let values = find(self.tensors, &name, &shape)?;
            let (shape, values) = if shape.len() == 4 {
                (vec![c_out, c_in, k, k], hwio_to_oihw(values, layer.plan))
            } else {
                (shape, values.to_vec())
            };
            inputs.push(self.constant(name, shape, values));
        }
        // Keras's 'same': an even kernel gets its odd row and column of zeros at the bottom and the right.
        let (before, after) = (((k - 1) / 2) as i64, (k / 2) as i64);
        let attributes = vec![
            ("kernel_shape", Attribute::Ints(vec![k as i64; 2])),
            ("pads", Attribute::Ints(vec![before, before, after, after])),
        ];
        let mut value = self.node("Conv", inputs, layer.conv.clone(), attributes);
        if relu {
            value = self.node("Relu", vec![value], format!("{}.relu", layer.conv), vec![]);
        }
        if let Some(norm) = &layer.norm {
            let mut inputs = vec![value];
            for (name, shape) in shapes {
                let values = find(self.tensors, &name, &shape)?.to_vec();
                inputs.push(self.constant(name, shape, values));
            }
            let epsilon = vec![("epsilon", Attribute::Float(BATCH_NORM_EPS))];
            value = self.node("BatchNormalization", inputs, norm.clone(), epsilon);
        }
        Ok(value)
    }

    /// Each pixel becomes two by two equal ones.
    fn enlarge(&mut self, value: String, level: usize) -> String {
        let scales = "scales".to_owned();
        if !self.model.constants.iter().any(|c| c.name == scales) {
            self.constant(scales.clone(), vec![4], vec![1.0, 1.0, 2.0, 2.0]);
        }
        let attributes = vec![
            ("mode", Attribute::Text("nearest")),
            ("coordinate_transformation_mode", Attribute::Text("asymmetric")),
            ("nearest_mode", Attribute::Text("floor")),
        ];
        // The second input, a region of interest, is left out.
        self.node(
            "Resize",
            vec![value, String::new(), scales],
            format!("big{level}"),
            attributes,
        )
    }
}

fn pool_attributes() -> Vec<(&'static str, Attribute)> {
    vec![
        ("kernel_shape", Attribute::Ints(vec![2, 2])),
        ("strides", Attribute::Ints(vec![2, 2])),
    ]
}

/// `[k, k, c_in, c_out]` to `[c_out, c_in, k, k]`.
fn hwio_to_oihw(values: &[f32], ConvPlan { k, c_in, c_out, .. }: ConvPlan) -> Vec<f32> {
    let taps = k * k;
    let mut out = Vec::with_capacity(values.len());
    for o in 0..c_out {
        for i in 0..c_in {
            out.extend((0..taps).map(|tap| values[(tap * c_in + i) * c_out + o]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_transposed() {
        let plan = ConvPlan {
            k: 2,
            c_in: 3,
            c_out: 5,
            level: 0,
            norm: false,
        };
        let values: Vec<f32> = (0..60).map(|v| v as f32).collect();
        let out = hwio_to_oihw(&values, plan);
        for (y, x, i, o) in [(0, 0, 0, 0), (1, 0, 2, 4), (0, 1, 1, 3)] {
            assert_eq!(
                out[((o * 3 + i) * 2 + y) * 2 + x],
                values[((y * 2 + x) * 3 + i) * 5 + o]
            );
        }
    }

    #[test]
    fn a_missing_tensor_is_named() {
        let config = ModelConfig {
            architecture: crate::model::Architecture::Unet,
            base: 4,
            depth: 2,
            channels: 1,
            head: crate::model::Head::TwoChannels,
            dropout: 0.0,
            classes: 1,
        };
        let facts = OnnxFacts {
            class_names: vec![],
            tile_px: 64,
            resolution_cm: None,
            value_ranges: Some(vec![[0.0, 10_000.0]]),
            threshold: 0.5,
            fixed_size: false,
            sampling: Sampling::Crop,
            bands: Vec::new(),
        };
        let error = onnx_file(&config, &[], &facts).expect_err("nothing to write");
        assert_eq!(error, LayerError::Missing("enc1.conv1.weight".into()));
    }
}
