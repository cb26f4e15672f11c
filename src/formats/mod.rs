//! Ground floor: bytes <-> plain structs.
//!
//! Pure codecs without knowledge of pairs, tiles or models. Everything here works on untrusted
//! bytes: sizes are checked from the header before anything is allocated, a broken file is a
//! [`DecodeError`] and never a panic or half an image.

pub mod annotations;
pub mod bytes;
mod chosen_bands;
pub mod encode;
pub mod image;
pub mod jpeg;
pub mod keras_h5;
pub mod npz;
pub mod onnx;
pub mod parts;
pub mod raster;
mod raster_hash;
pub mod run_file;
pub mod samples;
pub mod sidecars;
pub mod tiff;
pub mod vector;
pub mod weights_file;
pub mod zip;

pub use self::image::{DecodeError, ImageFile, Limits, decode, is_image};
pub use encode::{EncodeError, grey8_png, grey16_png, rgba8_png};
pub use parts::Parts;
pub use raster::{Raster, Samples};
