//! Models that other programs read, told from those that can be loaded here.

/// What a file is that cannot be loaded as a model, by its name or its first bytes; `None` if it may be one of ours or Keras's
/// weights (HDF5).
pub(in crate::engine) fn foreign_model(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    Some(match ending.as_str() {
        "onnx" => "onnx",
        "pt" | "pth" | "ckpt" => "pytorch",
        "tflite" => "tflite",
        "keras" => "keras",
        "npz" => "numpy",
        "pb" => "tensorflow",
        // Renamed ones: a zip of PyTorch or Keras 3, and TensorFlow Lite's mark.
        _ if bytes.starts_with(b"PK\x03\x04") => "zip",
        _ if bytes.get(4..8) == Some(b"TFL3") => "tflite",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_other_programs_are_told() {
        for (name, bytes, wanted) in [
            ("a.ONNX", &b"\x08\x09"[..], Some("onnx")),
            ("best.pth", b"PK\x03\x04", Some("pytorch")),
            ("a.tflite", b"", Some("tflite")),
            ("a.safetensors", b"\x1c\0\0\0TFL3", Some("tflite")),
            ("net.h5", b"PK\x03\x04", Some("zip")),
            ("net.h5", b"\x89HDF\r\n\x1a\n", None),
            ("a.safetensors", b"\x08\0\0\0\0\0\0\0{}      ", None),
            ("noname", b"", None),
        ] {
            assert_eq!(foreign_model(name, bytes), wanted, "{name}");
        }
    }
}
