//! What can be wrong with a dropped file.

use crate::formats::decode::DecodeError;

/// What is wrong with a file or pair; one to one with the protocol's fault codes.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    EmptyFile,
    UnknownFormat,
    UnsupportedFormat(String),
    Corrupt(String),
    TooManyPixels {
        megapixels: f64,
        limit_megapixels: f64,
    },
    FileTooLarge {
        mebibytes: f64,
        limit_mebibytes: f64,
    },
    OutOfMemory {
        needed_bytes: u64,
        available_bytes: u64,
    },
    NoMask,
    NoImage,
    /// The file it belongs to was refused.
    PartnerRefused {
        other: String,
    },
    /// Path of the file that has its place.
    Ambiguous {
        other: String,
    },
    /// Image and mask lie at different places. How far apart, and in which systems.
    OtherPlace(String),
    /// Image and mask lie on grids that cannot be laid onto each other. How they differ.
    OtherGrid(String),
    /// Width and height of image and mask.
    SizeMismatch {
        image: [u32; 2],
        mask: [u32; 2],
    },
}

impl FaultKind {
    /// The numbers or names that a sentence about it needs.
    pub fn detail(&self) -> Option<String> {
        match self {
            FaultKind::EmptyFile | FaultKind::UnknownFormat | FaultKind::NoMask | FaultKind::NoImage => None,
            FaultKind::UnsupportedFormat(what)
            | FaultKind::Corrupt(what)
            | FaultKind::OtherPlace(what)
            | FaultKind::OtherGrid(what) => Some(what.clone()),
            FaultKind::TooManyPixels {
                megapixels,
                limit_megapixels,
            } => Some(format!("{megapixels:.0} MP, limit {limit_megapixels:.0} MP")),
            FaultKind::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            } => Some(format!("{mebibytes:.0} MiB, limit {limit_mebibytes:.0} MiB")),
            FaultKind::OutOfMemory {
                needed_bytes,
                available_bytes,
            } => {
                const MIB: f64 = (1u64 << 20) as f64;
                let (needed, left) = (*needed_bytes as f64 / MIB, *available_bytes as f64 / MIB);
                Some(format!("needs {needed:.1} MiB, {left:.1} MiB left"))
            }
            FaultKind::Ambiguous { other } | FaultKind::PartnerRefused { other } => Some(other.clone()),
            FaultKind::SizeMismatch { image, mask } => {
                Some(format!("{} × {} and {} × {}", image[0], image[1], mask[0], mask[1]))
            }
        }
    }
}

impl From<DecodeError> for FaultKind {
    fn from(error: DecodeError) -> FaultKind {
        match error {
            DecodeError::EmptyFile => FaultKind::EmptyFile,
            DecodeError::UnknownFormat => FaultKind::UnknownFormat,
            DecodeError::UnsupportedFormat(what) => FaultKind::UnsupportedFormat(what),
            DecodeError::Corrupt(what) => FaultKind::Corrupt(what),
            DecodeError::TooManyPixels {
                megapixels,
                limit_megapixels,
            } => FaultKind::TooManyPixels {
                megapixels,
                limit_megapixels,
            },
            DecodeError::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            } => FaultKind::FileTooLarge {
                mebibytes,
                limit_mebibytes,
            },
            DecodeError::OutOfMemory {
                needed_bytes,
                available_bytes,
            } => FaultKind::OutOfMemory {
                needed_bytes,
                available_bytes,
            },
        }
    }
}

/// A fault with the file it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFault {
    pub path: String,
    pub kind: FaultKind,
}
