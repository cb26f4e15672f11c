//! Named tensors and string metadata as a safetensors file.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// What a weights file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightsFile {
    pub metadata: BTreeMap<String, String>,
    pub tensors: Vec<FileTensor>,
}

/// One `f32` tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct FileTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

#[derive(Debug, thiserror::Error)]
pub enum WeightsFileError {
    #[error("not a valid safetensors file: {0}")]
    Corrupt(String),
    #[error("tensor {name} is of type {found}; only F32 is read")]
    Type { name: String, found: String },
}

impl WeightsFile {
    /// # Errors
    /// If the header lies, the file is cut short or a tensor is not `F32`.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsFileError> {
        let corrupt = |e: safetensors::SafeTensorError| WeightsFileError::Corrupt(e.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(corrupt)?;
        let file = SafeTensors::deserialize(bytes).map_err(corrupt)?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let mut tensors = Vec::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(WeightsFileError::Type {
                    name,
                    found: format!("{:?}", view.dtype()),
                });
            }
            let values = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            tensors.push(FileTensor {
                name,
                shape: view.shape().to_vec(),
                values,
            });
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { metadata, tensors })
    }

    /// # Errors
    /// If a tensor's length does not fit its shape.
    pub fn write(&self) -> Result<Vec<u8>, WeightsFileError> {
        let corrupt = |e: safetensors::SafeTensorError| WeightsFileError::Corrupt(e.to_string());
        let bytes: Vec<Vec<u8>> = self
            .tensors
            .iter()
            .map(|t| t.values.iter().flat_map(|v| v.to_le_bytes()).collect())
            .collect();
        let mut views = Vec::new();
        for (tensor, data) in self.tensors.iter().zip(&bytes) {
            views.push((
                tensor.name.clone(),
                TensorView::new(Dtype::F32, tensor.shape.clone(), data).map_err(corrupt)?,
            ));
        }
        let file = if views.is_empty() {
            // The crate refuses nothing here, and yet 0.8 cannot read what it writes with metadata and no tensor.
            [&8u64.to_le_bytes()[..], b"{}      "].concat()
        } else {
            safetensors::serialize(views, None).map_err(corrupt)?
        };
        self.put_metadata_in(&file)
            .ok_or_else(|| WeightsFileError::Corrupt("a header that is no JSON object".to_owned()))
    }

    /// `file` with the metadata at the head of its header, in the order of their names: the crate takes them from a `HashMap`,
    /// whose order is another one each time, so that one model would have many files.
    fn put_metadata_in(&self, file: &[u8]) -> Option<Vec<u8>> {
        let length = usize::try_from(u64::from_le_bytes(*file.first_chunk()?)).ok()?;
        let (header, data) = file.get(8..)?.split_at_checked(length)?;
        let tensors = str::from_utf8(header).ok()?.trim_end().strip_prefix('{')?;
        let comma = if tensors == "}" { "" } else { "," };
        let metadata = serde_json::to_string(&self.metadata).ok()?;
        let mut header = format!("{{\"__metadata__\":{metadata}{comma}{tensors}").into_bytes();
        // As that crate does: the data begin at a multiple of eight bytes.
        header.resize(header.len().next_multiple_of(8), b' ');
        let length = u64::try_from(header.len()).ok()?;
        Some([&length.to_le_bytes()[..], &header, data].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> WeightsFile {
        WeightsFile {
            metadata: BTreeMap::from([("format".to_owned(), "groundmask".to_owned())]),
            tensors: vec![
                FileTensor {
                    name: "a.bias".into(),
                    shape: vec![2],
                    values: vec![1.5, -2.0],
                },
                FileTensor {
                    name: "a.weight".into(),
                    shape: vec![1, 1, 2, 1],
                    values: vec![0.25, f32::MIN_POSITIVE],
                },
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = sample();
        let bytes = file.write().expect("a valid file");
        assert_eq!(WeightsFile::read(&bytes).expect("readable"), file);
    }

    #[test]
    fn one_model_is_one_file() {
        let mut file = sample();
        file.metadata
            .extend((0..12).map(|i| (format!("key {i}"), "\"value\"".to_owned())));
        let bytes = file.write().expect("a valid file");
        assert_eq!(WeightsFile::read(&bytes).expect("readable"), file);
        for _ in 0..20 {
            assert!(file.write().expect("a valid file") == bytes);
        }
    }

    #[test]
    fn a_file_without_a_tensor_keeps_its_metadata() {
        for metadata in [BTreeMap::new(), sample().metadata] {
            let file = WeightsFile {
                metadata,
                tensors: Vec::new(),
            };
            let bytes = file.write().expect("a valid file");
            assert_eq!(bytes.len() % 8, 0);
            assert_eq!(WeightsFile::read(&bytes).expect("readable"), file);
        }
    }

    #[test]
    fn broken_files_are_named_and_never_allocate_what_the_header_claims() {
        let bytes = sample().write().expect("a valid file");
        for cut in [0, 1, 7, 8, 20, bytes.len() - 1] {
            assert!(
                matches!(WeightsFile::read(&bytes[..cut]), Err(WeightsFileError::Corrupt(_))),
                "cut at {cut}"
            );
        }
        let mut huge = (1u64 << 60).to_le_bytes().to_vec();
        huge.extend_from_slice(b"{}");
        assert!(WeightsFile::read(&huge).is_err());
        assert!(WeightsFile::read(b"PK\x03\x04 not a model at all").is_err());
    }
}
