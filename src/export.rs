//! Results to files: what [`crate::infer`] gives, in the formats of [`crate::formats`].

mod coco;
mod keras;
mod layers;
mod onnx_model;
mod pixel_set;
mod prediction_map;
mod quantized_map;
mod results;
mod vector;

pub use coco::coco;
pub use keras::{KerasError, keras_file, keras_npz, read_keras};
pub use layers::LayerError;
pub use onnx_model::{OnnxFacts, onnx_file};
pub use pixel_set::PixelSet;
pub use prediction_map::{Labels, PredictionMap};
pub use quantized_map::QuantizedMap;
pub use results::{NODATA_CLASS, csv_cell};
pub use vector::{Between, Classes, Geojson, VectorOptions, has_place};

use crate::{
    formats::{
        Parts,
        encode::{self, EncodeError, PngKind},
        weights_file::{FileTensor, WeightsFile, WeightsFileError},
    },
    model::NamedTensor,
};

/// `round(p * 65535)`, NaN as 0.
pub fn to_u16(probability: &[f32]) -> Vec<u16> {
    probability
        .iter()
        .map(|p| (p.clamp(0.0, 1.0) * 65535.0).round() as u16)
        .collect()
}

/// 8-bit grey PNG of the input's size: 255 where the probability is at least `threshold`, else 0; of several classes
/// a palette PNG whose indices are the class numbers. Gives the file's beginning (see [`Parts::finish`]).
///
/// # Errors
/// If the encoder fails.
pub fn mask_png(map: &PredictionMap, threshold: f32, parts: Parts) -> Result<Vec<u8>, EncodeError> {
    let size = [map.width, map.height];
    if let Some(labels) = &map.labels {
        let largest = labels.numbers.iter().max().copied().unwrap_or(0);
        let mut colours = labels.palette.clone();
        colours.resize(colours.len().max(usize::from(largest) + 1), [0; 3]);
        let numbers = labels.numbers.iter().map(|n| u16::from(*n));
        return encode::stream_png(PngKind::Palette(&colours), size, numbers, parts);
    }
    let cut = PredictionMap::cut(threshold);
    let pixels = map.probability.iter().map(|p| if p >= cut { 255 } else { 0 });
    encode::stream_png(PngKind::Grey8, size, pixels, parts)
}

/// Classic's 16-bit grey PNG: neither thresholded nor, in its own pipeline, resized back. Of a scene so large that its
/// probabilities are held in coarse steps, 8-bit. Gives the file's beginning (see [`Parts::finish`]).
///
/// # Errors
/// If the encoder fails.
pub fn probability_png(map: &PredictionMap, parts: Parts) -> Result<Vec<u8>, EncodeError> {
    let size = [map.width, map.height];
    match (&map.classic_map, &map.probability) {
        (Some((width, height, map)), _) => {
            encode::stream_png(PngKind::Grey16, [*width, *height], map.iter().copied(), parts)
        }
        (None, QuantizedMap::Fine(map)) => encode::stream_png(PngKind::Grey16, size, map.iter().copied(), parts),
        (None, QuantizedMap::Coarse(map)) => {
            encode::stream_png(PngKind::Grey8, size, map.iter().map(|p| u16::from(*p)), parts)
        }
    }
}

/// Key of the configuration in a model file's metadata.
pub const CONFIG_KEY: &str = "groundmask.config";
/// Key of the file's version in its metadata.
pub const VERSION_KEY: &str = "groundmask.version";
/// Version of the model file this build writes, and the newest it reads.
pub const MODEL_FILE_VERSION: u32 = 1;

/// A safetensors file of weights with a configuration (JSON) inside.
///
/// # Errors
/// If the tensors do not fit their shapes.
pub fn model_file(tensors: Vec<NamedTensor>, config_json: String) -> Result<Vec<u8>, WeightsFileError> {
    let metadata = [
        (CONFIG_KEY.to_owned(), config_json),
        (VERSION_KEY.to_owned(), MODEL_FILE_VERSION.to_string()),
    ];
    let tensors = tensors
        .into_iter()
        .map(|t| FileTensor {
            name: t.name,
            shape: t.shape,
            values: t.values,
        })
        .collect();
    WeightsFile {
        metadata: metadata.into(),
        tensors,
    }
    .write()
}

/// A file name without path and without characters that some system refuses; never empty.
pub fn safe_file_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = base
        .chars()
        .map(|c| {
            if c.is_control() || "<>:\"|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .take(120)
        .collect();
    let clean = clean.trim_matches([' ', '.']).to_owned();
    if clean.is_empty() { "image".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_round_as_classic_does() {
        assert_eq!(
            to_u16(&[0.0, 1.0, 0.5, f32::NAN, -1.0, 2.0]),
            [0, 65535, 32768, 0, 0, 65535]
        );
    }

    #[test]
    fn a_mask_has_the_inputs_size_and_two_values() {
        let map = PredictionMap {
            width: 3,
            height: 2,
            probability: to_u16(&[0.0, 0.49, 0.5, 0.51, 1.0, 0.2]).into(),
            ..PredictionMap::default()
        };
        let png = mask_png(&map, 0.5, Parts::whole()).expect("encodes");
        let back = image::load_from_memory(&png).expect("decodes");
        assert_eq!(
            (back.width(), back.height(), back.color()),
            (3, 2, image::ColorType::L8)
        );
        assert_eq!(back.to_luma8().into_raw(), [0, 0, 255, 255, 255, 0]);
        let sixteen =
            image::load_from_memory(&probability_png(&map, Parts::whole()).expect("encodes")).expect("decodes");
        assert_eq!(sixteen.color(), image::ColorType::L16);
        assert_eq!(QuantizedMap::Fine(sixteen.to_luma16().into_raw()), map.probability);
    }

    #[test]
    fn several_classes_become_a_palette() {
        let palette = vec![[0x3C, 0x10, 0x98], [0x84, 0x29, 0xF6], [1, 2, 3]];
        let map = PredictionMap {
            width: 2,
            height: 2,
            probability: vec![65535; 4].into(),
            labels: Some(Labels {
                numbers: vec![0, 2, 1, 1],
                palette: palette.clone(),
            }),
            ..PredictionMap::default()
        };
        let png = mask_png(&map, 0.5, Parts::whole()).expect("encodes");
        // The header says: 8 bit, palette.
        assert_eq!(&png[24..26], &[8, 3]);
        let back = image::load_from_memory(&png).expect("decodes").to_rgb8().into_raw();
        let wanted: Vec<u8> = [0, 2, 1, 1].iter().flat_map(|i: &usize| palette[*i]).collect();
        assert_eq!(back, wanted);
    }

    #[test]
    fn names_are_safe_to_save() {
        assert_eq!(safe_file_name("images/../12"), "12");
        assert_eq!(safe_file_name("a<b>:c?"), "a_b__c_");
        assert_eq!(safe_file_name("../.."), "image");
        assert_eq!(safe_file_name("גן🌳"), "גן🌳");
    }
}
