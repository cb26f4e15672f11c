//! Weights in Keras's older HDF5 layout: `model.save_weights("x.h5")` of Keras 1 and 2, and
//! `model.save("x.h5")` of Keras 1 to 3, which has the same below `model_weights`.
//!
//! The root (or that group) has an attribute `layer_names`; each layer is a group with an attribute
//! `weight_names`, the paths of its data sets below it (`conv2d_1/kernel:0`).

use hdf5_pure::{AttrValue, File, FileBuilder, Group};

use super::weights_file::FileTensor;

/// One layer that has weights, in the order of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct KerasLayer {
    pub name: String,
    /// Named by their last part without `:0`: `kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`.
    pub weights: Vec<FileTensor>,
}

#[derive(Debug, thiserror::Error)]
pub enum KerasFileError {
    #[error("damaged HDF5: {0}")]
    Corrupt(String),
    /// Keras 3's `.weights.h5`: names of Python attributes instead of layers.
    #[error("the layout of Keras 3's .weights.h5; save it with model.save(\"name.h5\")")]
    NewLayout,
    #[error("HDF5 without the attribute layer_names, so not written by Keras")]
    NotKeras,
}

/// Longest list of layers or weights that is looked at.
const MAX_NAMES: usize = 4096;

/// Whether the bytes begin as an HDF5 file does.
pub fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89HDF\r\n\x1a\n")
}

/// Reads all layers with weights; integer and 64-bit weights become `f32`.
///
/// # Errors
/// See [`KerasFileError`]. A data set that claims more values than the file has bytes is damage.
pub fn read(bytes: Vec<u8>) -> Result<Vec<KerasLayer>, KerasFileError> {
    let file_bytes = bytes.len() as u64;
    let file = File::from_bytes(bytes).map_err(corrupt)?;
    let root = file.root();
    let named = root.attrs().map_err(corrupt)?.contains_key("layer_names");
    let top = if named {
        root
    } else {
        let groups = root.groups().map_err(corrupt)?;
        if groups.iter().any(|g| g == "model_weights") {
            root.group("model_weights").map_err(corrupt)?
        } else if groups
            .iter()
            .any(|g| g == "layers" || g == "_layer_checkpoint_dependencies")
        {
            return Err(KerasFileError::NewLayout);
        } else {
            return Err(KerasFileError::NotKeras);
        }
    };
    let mut layers = Vec::new();
    for name in names(&top, "layer_names")? {
        let group = top.group(&name).map_err(corrupt)?;
        let mut weights = Vec::new();
        for path in names(&group, "weight_names")? {
            weights.push(dataset(&group, &path, file_bytes)?);
        }
        if !weights.is_empty() {
            layers.push(KerasLayer { name, weights });
        }
    }
    Ok(layers)
}

fn corrupt(error: hdf5_pure::Error) -> KerasFileError {
    KerasFileError::Corrupt(error.to_string())
}

/// A list of names. Keras splits lists over 64 KiB into `layer_names0`, `layer_names1`, ...
fn names(group: &Group, attribute: &str) -> Result<Vec<String>, KerasFileError> {
    let attributes = group.attrs().map_err(corrupt)?;
    let list = |value: &AttrValue| value.as_strings().map(<[String]>::to_vec);
    let mut all = match attributes.get(attribute) {
        // A list of none is written as an array of no strings, or of floats.
        Some(value) => list(value).unwrap_or_default(),
        None => Vec::new(),
    };
    for part in 0..MAX_NAMES {
        match attributes.get(&format!("{attribute}{part}")).and_then(list) {
            Some(more) => all.extend(more),
            None => break,
        }
    }
    if all.is_empty() && attribute == "layer_names" {
        return Err(KerasFileError::NotKeras);
    }
    if all.len() > MAX_NAMES {
        return Err(KerasFileError::Corrupt(format!("{} names in {attribute}", all.len())));
    }
    Ok(all)
}

fn dataset(group: &Group, path: &str, file_bytes: u64) -> Result<FileTensor, KerasFileError> {
    let dataset = group.dataset(path).map_err(corrupt)?;
    let shape = dataset.shape().map_err(corrupt)?;
    let values = shape.iter().try_fold(1u64, |n, side| n.checked_mul(*side));
    if values.is_none_or(|n| n > file_bytes) {
        return Err(KerasFileError::Corrupt(format!("{path} is said to be {shape:?} large")));
    }
    let last = path.rsplit('/').next().unwrap_or(path);
    Ok(FileTensor {
        name: last.split(':').next().unwrap_or(last).to_owned(),
        shape: shape.into_iter().map(|n| n as usize).collect(),
        values: dataset.read_f32().map_err(corrupt)?,
    })
}

/// Writes layers so that `model.load_weights("x.h5")` of Keras 2 and 3 takes them, by order.
///
/// # Errors
/// If a shape and its values contradict each other.
pub fn write(layers: &[KerasLayer]) -> Result<Vec<u8>, KerasFileError> {
    let ascii = |text: &str| AttrValue::AsciiString(text.to_owned());
    let mut file = FileBuilder::new();
    file.set_attr("backend", ascii("tensorflow"));
    file.set_attr("keras_version", ascii("2.3.1"));
    let names = layers.iter().map(|layer| layer.name.clone()).collect();
    file.set_attr("layer_names", AttrValue::AsciiStringArray(names));
    for layer in layers {
        let mut outer = file.create_group(&layer.name);
        let paths: Vec<String> = layer
            .weights
            .iter()
            .map(|w| format!("{}/{}:0", layer.name, w.name))
            .collect();
        outer.set_attr("weight_names", AttrValue::AsciiStringArray(paths));
        let mut inner = outer.create_group(&layer.name);
        for weight in &layer.weights {
            let shape: Vec<u64> = weight.shape.iter().map(|n| *n as u64).collect();
            inner
                .create_dataset(&format!("{}:0", weight.name))
                .with_f32_data(&weight.values)
                .with_shape(&shape);
        }
        outer.add_group(inner.finish());
        file.add_group(outer.finish());
    }
    // Keras 3 looks for it, empty where the model has no weights outside its layers.
    let mut top = file.create_group("top_level_model_weights");
    top.set_attr("weight_names", AttrValue::AsciiStringArray(Vec::new()));
    file.add_group(top.finish());
    file.finish().map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<KerasLayer> {
        let tensor = |name: &str, shape: &[usize], start: f32| FileTensor {
            name: name.into(),
            shape: shape.to_vec(),
            values: (0..shape.iter().product::<usize>()).map(|i| start + i as f32).collect(),
        };
        vec![
            KerasLayer {
                name: "conv2d_1".into(),
                weights: vec![tensor("kernel", &[3, 3, 1, 4], 0.5), tensor("bias", &[4], -1.0)],
            },
            KerasLayer {
                name: "batch_normalization_1".into(),
                weights: vec![tensor("gamma", &[4], 1.0), tensor("beta", &[4], 2.0)],
            },
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = write(&sample()).expect("written");
        assert!(is_hdf5(&bytes));
        assert_eq!(read(bytes).expect("read"), sample());
    }

    #[test]
    fn broken_files_are_errors() {
        assert!(matches!(read(Vec::new()), Err(KerasFileError::Corrupt(_))));
        assert!(matches!(
            read(b"\x89HDF\r\n\x1a\n".to_vec()),
            Err(KerasFileError::Corrupt(_))
        ));
        let mut file = FileBuilder::new();
        file.create_dataset("x").with_f32_data(&[1.0]);
        let other = file.finish().expect("written");
        assert!(matches!(read(other), Err(KerasFileError::NotKeras)));
        let bytes = write(&sample()).expect("written");
        for cut in (0..bytes.len()).step_by(97) {
            assert!(read(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
        }
    }

    /// Any byte changed: an error, or another file that reads; never a panic, never a huge allocation.
    #[test]
    fn damaged_bytes_never_panic() {
        let bytes = write(&sample()).expect("written");
        for at in 0..bytes.len() {
            for value in [0x00, 0x7f, 0xff, bytes[at] ^ 1] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                let _ = read(damaged);
            }
        }
    }
}
